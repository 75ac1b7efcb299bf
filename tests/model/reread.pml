/* One job stream of a Redis that forgets its last writes and gives ids anew: below the cursor, as long as its clock is
 * behind. README.md says what stands for what.
 *
 * Two engines, one partition, three jobs; a job is settled as soon as it is accepted. Whoever wrote what Redis forgets
 * lives, and tells it before anybody takes the partition (forget.pml is about that).
 *
 * The preprocessor chooses:
 *   IDS        how many ids the stream gives
 *   NO_KEYS    idempotency_h = 0: no producer keys; the journal lists what was taken
 *   HANDOVERS, CRASHES   how often the partition is given up, an engine killed
 *   WRONG_...  one thing done wrong. spin must find it.
 */

#ifndef IDS
#define IDS 5
#endif
#ifndef HANDOVERS
#define HANDOVERS 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif

#define JOBS 3
#define NOBODY 2
#define BIT(j) (1 << (j))
#define PAIR(e, id) ((e) * (IDS + 1) + (id))

typedef Store {
  byte entry[IDS + 1]; /* by id, from 1: which job; 0: none */
  byte top;            /* the last id given */
  byte cursor;         /* in the journal: accepted up to here */
  byte seen;           /* producer keys of jobs */
#ifdef NO_KEYS
  byte taken[IDS + 1]; /* in the journal: jobs, by id */
#endif
  byte mark            /* in the ledger: up to here the stream is to be read again; 0: not */
};
Store redis, copy;

inline become(to, from) {
  i = 1;
  do
  :: i <= IDS ->
    to.entry[i] = from.entry[i];
#ifdef NO_KEYS
    to.taken[i] = from.taken[i];
#endif
    i++
  :: else -> break
  od;
  i = 0;
  to.top = from.top; to.cursor = from.cursor; to.seen = from.seen; to.mark = from.mark
}

#define IDLE 0
#define OWNED 1
#define UNTOLD 2  /* owner, of a Redis that lacks its last writes */
#define REMINDS 3 /* was the owner; so does what it wrote */
byte state[2];
byte cursor[2], recovered_to[2];
byte reread_to[2], reread_at[2]; /* 0: nothing */
byte keys[2];                    /* recently_seen_: jobs that it has taken */
#ifdef NO_KEYS
byte taken[2 * (IDS + 1)];       /* Stream::taken: jobs, by id */
byte told[2 * (IDS + 1)];        /* of those, what it wrote itself, and would tell again */
#endif
byte trimmed[2];                 /* what it trimmed, and would trim again */
bit has_log[2];

byte pushed, lost, sent[JOBS + 1];
bit forgot;
byte owner = NOBODY, handovers, crashes;
byte i; /* within a step only, 0 between */

inline next_after(from, id) { /* 0: none */
  id = from + 1;
  do
  :: id <= IDS && redis.entry[id] == 0 -> id++
  :: else -> break
  od;
  id = (id > IDS -> 0 : id)
}

inline take(e, id, job) {
  sent[job]++;
  assert(sent[job] == 1); /* LAW a job is taken once */
  printf("%d: takes job %d, entry %d\n", e, job, id);
  note(e, id, job)
}

inline note(e, id, job) {
#ifdef NO_KEYS
  taken[PAIR(e, id)] = taken[PAIR(e, id)] | BIT(job);
  told[PAIR(e, id)] = told[PAIR(e, id)] | BIT(job);
  redis.taken[id] = redis.taken[id] | BIT(job)
#else
  keys[e] = keys[e] | BIT(job); redis.seen = redis.seen | BIT(job)
#endif
}

inline trim_to(e, id) { /* XTRIM MINID: what is below goes */
  i = 1;
  do
  :: i < id && i <= IDS ->
    redis.entry[i] = 0;
#ifdef WRONG_TAKEN_TRIMMED
    redis.taken[i] = 0; taken[PAIR(e, i)] = 0; told[PAIR(e, i)] = 0;
#endif
    i++
  :: else -> break
  od;
  i = 0
}

inline clear(e) {
#ifdef NO_KEYS
  i = 0;
  do
  :: i <= IDS -> taken[PAIR(e, i)] = 0; i++
  :: else -> break
  od;
  i = 0;
#endif
  reread_to[e] = 0; reread_at[e] = 0; recovered_to[e] = 0
}

/* read_journal, own */
inline recover(e) {
#if defined(NO_KEYS) && !defined(WRONG_TAKER_UNTOLD)
  i = 0;
  do
  :: i <= IDS -> taken[PAIR(e, i)] = redis.taken[i]; i++
  :: else -> break
  od;
  i = 0;
#endif
  cursor[e] = redis.cursor; recovered_to[e] = redis.cursor; reread_to[e] = redis.mark
}

inline die(e) {
#ifdef NO_KEYS
  i = 0;
  do
  :: i <= IDS -> told[PAIR(e, i)] = 0; i++
  :: else -> break
  od;
  i = 0;
#endif
  has_log[e] = 0; keys[e] = 0; cursor[e] = 0; trimmed[e] = 0
}

/* tell_again, remind: the writes that Redis lacks, and in front of them what is to be read again. */
inline tell(e) {
  redis.cursor = (cursor[e] > redis.cursor -> cursor[e] : redis.cursor);
  redis.seen = redis.seen | keys[e];
#ifdef NO_KEYS
  i = 0;
  do
  :: i <= IDS -> redis.taken[i] = redis.taken[i] | told[PAIR(e, i)]; i++
  :: else -> break
  od;
  i = 0;
#endif
#ifdef WRONG_TOLD_TRIMS
  trim_to(e, trimmed[e]);
#endif
}

#ifdef WRONG_FORGETS_TAKEN
#define IS_TAKEN(e, id, job) 0
#else
#define IS_TAKEN(e, id, job) (taken[PAIR(e, id)] & BIT(job))
#endif
#if defined(NO_KEYS) && defined(WRONG_ALL_BELOW)
#define IS_KNOWN(e, id, job) (IS_TAKEN(e, id, job) || (id) <= recovered_to[e])
#elif defined(NO_KEYS)
#define IS_KNOWN(e, id, job) IS_TAKEN(e, id, job)
#elif defined(WRONG_NO_KEYS)
#define IS_KNOWN(e, id, job) 0
#else
#define IS_KNOWN(e, id, job) ((redis.seen | keys[e]) & BIT(job))
#endif

/* Stream::watermark */
#ifdef WRONG_TRIM_UNREAD
#define BEHIND(e) 0
#else
#define BEHIND(e) (reread_to[e] != 0 && reread_at[e] < cursor[e])
#endif

#define MORE (pushed != (BIT(1) | BIT(2) | BIT(3)) || redis.top > redis.cursor || redis.mark != 0)

proctype Engine(byte e) {
  byte id, job;
end:
  do
  :: d_step { owner == NOBODY && state[e] == IDLE && state[1 - e] != REMINDS && MORE ->
      owner = e; state[e] = OWNED; clear(e);
      recover(e); has_log[e] = 1; trimmed[e] = 0;
      printf("%d: owns the partition\n", e) }
  /* read_jobs, admit */
  :: d_step { state[e] == OWNED && cursor[e] < redis.top ->
      next_after(cursor[e], id);
      if
      :: id == 0 -> skip
      :: id != 0 ->
        job = redis.entry[id];
        cursor[e] = id; redis.cursor = id;
        if
#ifndef NO_KEYS
        :: redis.seen & BIT(job) -> printf("%d: entry %d repeats job %d\n", e, id, job)
#endif
        :: else -> take(e, id, job)
        fi
      fi;
      id = 0; job = 0 }
#ifndef WRONG_NO_REREAD
  /* reread, take_reread */
  :: d_step { state[e] == OWNED && reread_to[e] != 0 ->
      next_after(reread_at[e], id);
      if
#ifdef WRONG_ENDS_EARLY
      :: id == 0 ->
#else
      :: id > reread_to[e] ->
#endif
        reread_to[e] = 0; redis.mark = 0; printf("%d: has read the stream again\n", e)
      :: id != 0 && id <= reread_to[e] ->
        job = redis.entry[id];
        reread_at[e] = id;
        if
        :: IS_KNOWN(e, id, job)
        :: else -> take(e, id, job)
        fi
      :: else
      fi;
      id = 0; job = 0 }
#endif
  :: d_step { state[e] == OWNED && !BEHIND(e) && trimmed[e] <= cursor[e] && cursor[e] > 0 ->
      trimmed[e] = cursor[e] + 1; trim_to(e, trimmed[e]) }
  :: d_step { state[e] == OWNED && BEHIND(e) && trimmed[e] <= reread_at[e] && reread_at[e] > 0 ->
      trimmed[e] = reread_at[e] + 1; trim_to(e, trimmed[e]) }
  :: d_step { state[e] == OWNED && handovers < HANDOVERS && MORE ->
      handovers++;
      owner = NOBODY; state[e] = IDLE; clear(e);
      printf("%d: hands over\n", e) }
  :: d_step { state[e] == OWNED && crashes < CRASHES && MORE ->
      /* Redis keeps what it wrote. */
      if
      :: !forgot -> become(copy, redis)
      :: else
      fi;
      crashes++;
      owner = NOBODY; state[e] = IDLE; clear(e);
      die(e);
      printf("%d: is killed\n", e) }
  :: d_step { state[e] == REMINDS ->
      tell(e);
#ifndef WRONG_REMIND_UNREAD
      redis.mark = (cursor[e] > redis.mark -> cursor[e] : redis.mark);
#endif
      has_log[e] = 0; state[e] = IDLE;
      printf("%d: reminds Redis\n", e) }
  :: d_step { state[e] == UNTOLD && state[1 - e] != REMINDS ->
      tell(e);
      reread_to[e] = (cursor[e] > reread_to[e] -> cursor[e] : reread_to[e]); reread_at[e] = 0; trimmed[e] = 0;
#ifndef WRONG_UNNOTED
      redis.mark = reread_to[e];
#endif
      state[e] = OWNED;
      printf("%d: tells Redis again\n", e) }
  od
}

inline push(id) {
  redis.top = id; redis.entry[redis.top] = job; pushed = pushed | BIT(job);
  printf("redis: job %d is entry %d\n", job, redis.top)
}

proctype Hub(byte job) {
end:
  do
  :: d_step { !(pushed & BIT(job)) && redis.top < IDS -> push(redis.top + 1) }
  /* Its clock may also have come farther: ids are left out. */
  :: d_step { !(pushed & BIT(job)) && redis.top + 1 < IDS -> push(redis.top + 2) }
#ifndef NO_KEYS
  /* Pushed again after it was forgotten: the producer key makes that harmless. */
  :: d_step { (lost & BIT(job)) && redis.top < IDS ->
      redis.top++; redis.entry[redis.top] = job; lost = lost - BIT(job);
      printf("redis: job %d, once more, is entry %d\n", job, redis.top) }
#endif
  od
}

proctype Redis() {
end:
  do
  :: d_step { !forgot -> become(copy, redis) }
  :: d_step { !forgot && copy.top != redis.top ->
      forgot = 1;
      i = 1;
      do
      :: i <= IDS ->
        if
        :: redis.entry[i] != 0 && copy.entry[i] == 0 && i > copy.top -> lost = lost | BIT(redis.entry[i])
        :: else
        fi;
        i++
      :: else -> break
      od;
      i = 0;
      become(redis, copy);
      if
      :: owner != NOBODY -> state[owner] = UNTOLD
      :: else
      fi;
      state[0] = (state[0] == IDLE && has_log[0] && cursor[0] > redis.cursor -> REMINDS : state[0]);
      state[1] = (state[1] == IDLE && has_log[1] && cursor[1] > redis.cursor -> REMINDS : state[1]);
      printf("redis: forgets what came after entry %d\n", redis.top) }
  od
}

#define IS_DONE(job) (!(pushed & BIT(job)) || (lost & BIT(job)) || sent[job] == 1)

init {
  atomic {
    run Engine(0);
    run Engine(1);
    run Hub(1);
    run Hub(2);
    run Hub(3);
    run Redis()
  };
  timeout -> d_step {
    assert(owner != NOBODY || !MORE); /* LAW somebody takes over */
    assert(IS_DONE(1) && IS_DONE(2) && IS_DONE(3)) /* LAW no job is lost */
  }
}
