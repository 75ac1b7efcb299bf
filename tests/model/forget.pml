/* A Redis that forgets, and what engines do about it: they tell it again, or say how far they had come, or wait for
 * each other. README.md says what stands for what.
 *
 * Two engines, one partition, one message whose job is in the job stream of every copy of Redis. Redis forgets by
 * becoming its copy: all that it was at some instant, whichever.
 *
 * The preprocessor chooses:
 *   RESENDS    1: the message may be sent once more when in doubt; 0: it is at most once
 *   FORGETS    how often Redis becomes its copy
 *   SET_BACK   the copy may be older than what engines remember to tell again (a backup; otherwise a replica that lags)
 *   TAKEOVERS, HANDOVERS, CRASHES, CUTS   how often a partition is taken, given up, an engine killed, a connection lost
 * What is taken for granted, and need not be (each is a required counterexample):
 *   DOUBLE_FAULT  whoever wrote what Redis forgets may be dead by then
 *   LATE          whoever lives may reach Redis later than two leases after it forgot
 *   WRONG_...  one thing done wrong. spin must find it.
 */

#ifndef RESENDS
#define RESENDS 0
#endif
#ifndef FORGETS
#define FORGETS 1
#endif
#ifndef TAKEOVERS
#define TAKEOVERS 3
#endif
#ifndef HANDOVERS
#define HANDOVERS 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef CUTS
#define CUTS 0
#endif

#define OTHER (1 - e)
#define DEAD 2 /* an engine of an earlier life */
#define NOBODY 3

/* --- Redis, and its copy ------------------------------------------------------------------------------------------- */

#define STREAM 0 /* not accepted yet */
#define OPEN 1   /* accepted, no intent */
#define INTENT 2 /* about to be written, or written */
#define DOUBT 3  /* reported in_doubt */
#define FINAL 4

typedef Store {
  byte fence;
  byte record;   /* anchal:{p}:owner */
  byte holder;   /* who raised the fence last; nobody reads that, the laws apart */
  short last;    /* the newest transaction of the journal: NAME of fence and number */
  bit done[2];   /* the journal holds the transaction of unknown fate of that engine */
  byte place;
  bit again;     /* it is the second copy that is to be written: its text lies in the retry set */
  short known;   /* in the ledger: how far somebody had come, */
  byte reached;  /* and up to which copy that had been read (known:<stream>); 0: none */
  byte suspect   /* in the ledger: up to which copy it may have been sent (suspect:<stream>) */
};
Store redis, copy;
#define NAME(fence, number) ((fence) * 16 + (number))
#define FENCE_OF(name) ((name) / 16)

inline become(to, from) {
  to.fence = from.fence; to.record = from.record; to.holder = from.holder; to.last = from.last;
  to.done[0] = from.done[0]; to.done[1] = from.done[1];
  to.place = from.place; to.again = from.again;
  to.known = from.known; to.reached = from.reached; to.suspect = from.suspect
}

/* --- the engines --------------------------------------------------------------------------------------------------- */

#define IDLE 0
#define CLAIMED 1 /* has raised the fence and read; its first transaction is still to come */
#define OWNED 2
#define AWAY 3    /* owner; must resync */
#define WAITS 4   /* owner; Redis forgot more than it can tell: somebody else may be about to */
#define REMINDS 5 /* owner no more; Redis may have forgotten what it wrote while it was */
#define STANDS 6  /* says the record; but its time was over, and Redis may have forgotten who took it: others tell first */
byte state[2];
bit old_history[2]; /* its connection was to a Redis that is no more */
bit lease[2];       /* valid, by its own clock */
byte fence[2], raised[2], number[2];
byte seen_owner[2] = NOBODY;
bit taken_back[2];  /* this takeover met a Redis that had forgotten */
byte suspects[2];   /* Partition::forgotten_to */
short journal_end[2]; /* as it was read */
short known[2];     /* Partition::known.newest */
byte reached[2];    /* Partition::known.cursors, and where its own reading is */

/* What it knows of the message. */
#define NOTHING 0
#define UNREAD 1
#define UNREAD_INTENT 2 /* of a former owner */
#define QUEUED 3
#define READY 4         /* its intent is durable */
#define ON_WIRE 5
#define DOUBTED 6
#define DONE 7
byte memory[2];
bit memory_again[2];

/* Partition::outstanding, while its fate is unknown. */
byte unknown_op[2];

/* Partition::log: what came before it, the names of its transactions, and what Redis was after the last. */
#define LOG 8
#define AT(e, i) ((e) * LOG + (i))
short before[2], log[2 * LOG];
byte length[2], log_place[2], log_record[2], log_suspect[2];
bit log_again[2];
#define NEWEST(e) (length[e] == 0 -> before[e] : log[AT(e, length[e] - 1)])

/* The world. */
bit barrier;  /* Redis forgot less than two leases ago */
byte written; /* copies on the wire */
bit wrote[2]; /* by whom, in this life */
bit said;     /* in_doubt was reported */
byte forgets, takeovers, handovers, crashes, cuts;
byte i, least; /* within a step only, 0 between */
bit found;

#ifdef SET_BACK
#define REMEMBERED 0
#else
#define REMEMBERED (CUTS == 0) /* what a transaction was answered that nobody heard cannot be told again, nor what was before */
#endif
#define UNTOLD (REMEMBERED -> 0 : forgets) /* what nobody remembers may be done once more */

#define UNFINISHED (redis.place != FINAL)
#define MAY_BE_UNFINISHED (UNFINISHED || forgets < FORGETS)

/* --- transactions --------------------------------------------------------------------------------------------------- */

#define HEARTBEAT 1 /* the first one of a takeover */
#define ACCEPTS 2
#define INTENDS 3
#define SETTLES 4
#define DOUBTS 5
#define RESEND 6
#define GIVES_UP 7  /* the outcome of a message in doubt: unknown */
#define RELEASE 8

inline apply(e, op) {
  if
  :: op == HEARTBEAT ->
    redis.record = e;
    /* settle_forgotten: what may have been sent is written down; what reading has passed goes. */
    if
#ifndef WRONG_NO_SUSPECT
    :: taken_back[e] -> redis.suspect = (suspects[e] > redis.suspect -> suspects[e] : redis.suspect)
#endif
#ifdef WRONG_SUSPECT_DROPPED
    :: !taken_back[e] -> redis.suspect = 0
#else
    :: !taken_back[e] && redis.place >= DOUBT -> redis.suspect = 0
#endif
    :: else
    fi;
    printf("%d: owns the partition, fence %d\n", e, redis.fence)
  :: op == ACCEPTS -> redis.place = OPEN; printf("%d: accepts the message\n", e)
  :: op == INTENDS -> redis.place = INTENT; printf("%d: journals its intent\n", e)
  :: op == SETTLES -> redis.place = FINAL; printf("%d: settles the message\n", e)
  :: op == DOUBTS -> redis.place = DOUBT; said = 1; printf("%d: reports the message in doubt\n", e)
  :: op == RESEND -> redis.place = OPEN; redis.again = 1; printf("%d: is to send the message once more\n", e)
  :: op == GIVES_UP -> redis.place = FINAL; printf("%d: the message ends unknown\n", e)
  :: op == RELEASE -> redis.record = NOBODY; printf("%d: hands over\n", e)
  fi
}

/* What the engine goes on with once it knows that it is done. */
inline committed(e, op) {
  if
  :: op == ACCEPTS -> memory[e] = QUEUED; reached[e] = (reached[e] == 0 -> 1 : reached[e])
  :: op == INTENDS -> memory[e] = READY
  :: op == SETTLES || op == GIVES_UP -> memory[e] = DONE
  :: op == DOUBTS -> memory[e] = DOUBTED; reached[e] = (reached[e] == 0 -> 1 : reached[e])
  :: op == RESEND -> memory[e] = QUEUED; memory_again[e] = 1; reached[e] = 2
  :: op == RELEASE -> lose(e)
  :: else
  fi
}

inline remember_place(e) {
  log_place[e] = redis.place; log_again[e] = redis.again; log_record[e] = redis.record; log_suspect[e] = redis.suspect
}

inline remember(e, name) {
  assert(length[e] < LOG);
  log[AT(e, length[e])] = name; length[e]++;
  remember_place(e)
}

inline begin_log(e, name) {
  i = 0;
  do
  :: i < LOG -> log[AT(e, i)] = 0; i++
  :: else -> break
  od;
  i = 0;
  length[e] = 0; before[e] = name;
  log_place[e] = 0; log_again[e] = 0; log_record[e] = 0; log_suspect[e] = 0
}

inline know(e) { /* found: the log knows the journal's end */
  found = (redis.last == before[e]); i = 0;
  do
  :: i < length[e] -> found = found || redis.last == log[AT(e, i)]; i++
  :: else -> break
  od;
  i = 0
}

inline forget_after_last(e) {
  do
  :: length[e] > 0 && log[AT(e, length[e] - 1)] != redis.last -> length[e]--; log[AT(e, length[e])] = 0
  :: else -> break
  od
}

inline lose(e) {
  memory[e] = NOTHING; memory_again[e] = 0; unknown_op[e] = 0; redis.done[e] = 0; copy.done[e] = 0;
  state[e] = IDLE; lease[e] = 0; seen_owner[e] = NOBODY; taken_back[e] = 0; suspects[e] = 0; raised[e] = 0; journal_end[e] = 0
}

inline raise(e, above) {
  redis.fence = (redis.fence < above -> above + 1 : redis.fence + 1);
  redis.holder = e
}

/* Done; of unknown fate; or fenced. */
inline transact(e, op) {
  if
  :: redis.fence == fence[e] -> d_step {
      assert(redis.holder == e); /* LAW nobody writes under a fence that is another's */
      number[e]++;
      if
      :: op == HEARTBEAT -> begin_log(e, journal_end[e]); journal_end[e] = 0
      :: else
      fi;
      apply(e, op);
      redis.last = NAME(fence[e], number[e]);
      known[e] = redis.last;
      remember(e, redis.last);
      if
      :: op == HEARTBEAT ->
        state[e] = OWNED; lease[e] = 1
      :: else
      fi;
      committed(e, op) }
  :: redis.fence == fence[e] && cuts < CUTS && op != HEARTBEAT -> d_step {
      assert(redis.holder == e); /* LAW nobody writes under a fence that is another's */
      cuts++; number[e]++;
      apply(e, op);
      redis.last = NAME(fence[e], number[e]); redis.done[e] = 1;
      state[e] = AWAY; unknown_op[e] = op;
      printf("%d: loses its connection, and the answer to that\n", e) }
  :: redis.fence == fence[e] && cuts < CUTS && op != HEARTBEAT -> d_step {
      cuts++; number[e]++;
      state[e] = AWAY; unknown_op[e] = op;
      printf("%d: loses its connection, and transaction %d was not done\n", e, op) }
  :: redis.fence != fence[e] -> d_step {
      if
      :: state[e] == CLAIMED -> begin_log(e, journal_end[e]); lose(e); printf("%d: was not quick enough\n", e)
      :: else -> number[e]++; state[e] = AWAY; unknown_op[e] = op; printf("%d: is fenced off\n", e)
      fi }
  fi
}

/* --- resync ----------------------------------------------------------------------------------------------------------- */

inline tell_known(e) {
  redis.known = (known[e] > redis.known -> known[e] : redis.known);
  redis.reached = (reached[e] > redis.reached -> reached[e] : redis.reached);
  printf("%d: says how far it had come\n", e)
}

inline tell_suspect(e) { /* redis_forgot; not fenced */
  redis.suspect = (reached[e] > redis.suspect -> reached[e] : redis.suspect);
  printf("%d: says what may have been sent\n", e)
}

#define OURS(e) (redis.record == e || redis.record == seen_owner[e])

/* others_may_tell: nobody is left who has not told this Redis what it lacks, or what it can tell it. */
#define OTHERS_TOLD(e) (!barrier || (!old_history[1 - e] && state[1 - e] != AWAY && state[1 - e] != WAITS && state[1 - e] != REMINDS))
#if defined(WRONG_LAPSED)
#define MAY_BE_TAKEN(e) 0
#elif defined(WRONG_GIVEN_UP)
#define MAY_BE_TAKEN(e) (OURS(e) && !lease[e] && !OTHERS_TOLD(e))
#else
#define MAY_BE_TAKEN(e) (OURS(e) && (!lease[e] || unknown_op[e] == RELEASE) && !OTHERS_TOLD(e))
#endif

/* Behind the raised fence: look_for_transaction. */
inline look(e) {
  know(e);
  if
  :: MAY_BE_TAKEN(e) ->
    known[e] = NEWEST(e);
#ifndef WRONG_STANDS_SILENT
    tell_known(e);
#endif
    state[e] = STANDS
  :: !MAY_BE_TAKEN(e) && OURS(e) && redis.known > NEWEST(e) ->
    printf("%d: somebody else had come further\n", e);
    known[e] = NEWEST(e);
    forgotten(e)
  :: !MAY_BE_TAKEN(e) && !(OURS(e) && redis.known > NEWEST(e)) -> look_at_journal(e)
  fi;
  found = 0
}

inline look_at_journal(e) {
  if
  :: redis.done[e] || redis.last == NEWEST(e) ->
    if
    :: redis.record == e -> go_on(e)
    :: else -> lose(e); printf("%d: is the owner no more\n", e)
    fi
  :: !redis.done[e] && redis.last != NEWEST(e) && found && OURS(e) ->
#ifdef WRONG_NO_TELLING
    go_on(e)
#else
    tell_again(e)
#endif
  :: !redis.done[e] && !(found && OURS(e)) && redis.last < NEWEST(e) ->
    known[e] = NEWEST(e);
#if !defined(WRONG_NO_KNOWN) && !defined(WRONG_KNOWN_LATE)
    tell_known(e);
#endif
    if
    :: barrier -> state[e] = WAITS
    :: else -> forgotten(e)
    fi
  :: !redis.done[e] && !(found && OURS(e)) && redis.last > NEWEST(e) ->
    lose(e); printf("%d: was taken over meanwhile\n", e)
  fi
}

/* resynced, again */
inline go_on(e) {
  fence[e] = raised[e]; state[e] = OWNED;
  lease[e] = lease[e] || redis.fence == raised[e]; /* with its next heartbeat, if that is not fenced off */
  if
  :: !lease[e] -> state[e] = AWAY
  :: lease[e] && unknown_op[e] != 0 && redis.fence == fence[e] ->
    if
    :: redis.done[e] -> begin_log(e, NAME(fence[e], number[e])) /* what Redis answered is not known */
    :: else -> apply(e, unknown_op[e])
    fi;
    redis.last = NAME(fence[e], number[e]);
    if
    :: redis.done[e] -> before[e] = redis.last; remember_place(e)
    :: else -> remember(e, redis.last)
    fi;
    redis.done[e] = 0; copy.done[e] = 0;
    known[e] = redis.last;
    i = unknown_op[e]; unknown_op[e] = 0;
    committed(e, i);
    i = 0
  :: lease[e] && unknown_op[e] != 0 && redis.fence != fence[e] -> state[e] = AWAY
  :: else -> printf("%d: is back\n", e)
  fi
}

inline tell_again(e) {
  if
  :: redis.fence == raised[e] ->
    fence[e] = raised[e]; state[e] = OWNED; lease[e] = 1;
    forget_after_last(e);
    redis.place = log_place[e]; redis.again = log_again[e]; redis.record = e;
    redis.suspect = (log_suspect[e] > redis.suspect -> log_suspect[e] : redis.suspect);
    printf("%d: tells Redis again what it forgot\n", e);
    number[e]++;
    redis.last = NAME(fence[e], number[e]);
    known[e] = redis.last;
    if
    :: unknown_op[e] != 0 ->
      apply(e, unknown_op[e]);
      remember(e, redis.last);
      i = unknown_op[e]; unknown_op[e] = 0;
      committed(e, i);
      i = 0
    :: else -> remember(e, redis.last)
    fi
  :: else -> state[e] = AWAY
  fi
}

inline forgotten(e) {
  printf("%d: cannot tell what Redis forgot\n", e);
  begin_log(e, 0);
  lose(e);
#ifndef WRONG_NO_SUSPECT
  tell_suspect(e)
#endif
}

/* remind(): under whatever fence there is. */
inline remind(e) {
  know(e);
  if
  :: found && redis.last != NEWEST(e) ->
    redis.place = log_place[e]; redis.again = log_again[e]; redis.record = log_record[e];
    redis.suspect = (log_suspect[e] > redis.suspect -> log_suspect[e] : redis.suspect);
    redis.last = NEWEST(e);
    printf("%d: reminds Redis of what it wrote before it handed over\n", e);
    begin_log(e, 0); state[e] = IDLE
  :: !found && redis.last < NEWEST(e) && barrier -> skip /* somebody who wrote before may be about to */
  :: else -> begin_log(e, 0); state[e] = IDLE
  fi;
  found = 0
}

/* --- what an engine does ----------------------------------------------------------------------------------------------- */


/* Can tell now what nobody else can. */
#define LAST_IN(e) (redis.last == before[e] || \
  (length[e] > 0 && redis.last == log[AT(e, 0)]) || (length[e] > 1 && redis.last == log[AT(e, 1)]) || \
  (length[e] > 2 && redis.last == log[AT(e, 2)]) || (length[e] > 3 && redis.last == log[AT(e, 3)]) || \
  (length[e] > 4 && redis.last == log[AT(e, 4)]) || (length[e] > 5 && redis.last == log[AT(e, 5)]) || \
  (length[e] > 6 && redis.last == log[AT(e, 6)]) || (length[e] > 7 && redis.last == log[AT(e, 7)]))
#define CAN_TELL(e) (LAST_IN(e) && (state[e] == REMINDS || OURS(e)))
#define SEES_MORE(e) (CAN_TELL(e) || !barrier || redis.last > NEWEST(e))
#define HAS_TOLD(e) ((!old_history[e] && state[e] != AWAY && !(state[e] == WAITS && SEES_MORE(e)) && !(state[e] == REMINDS && (CAN_TELL(e) || redis.last >= NEWEST(e))) && !(state[e] == STANDS && !MAY_BE_TAKEN(e))))

#define WORKS (state[e] == OWNED && !old_history[e])
#define COPY_OF_IT (memory_again[e] + 1)

/* on_store_up, of a partition that is not its own. */
inline meet_another_history(e) {
  if
#ifndef WRONG_NO_REMIND
  :: length[e] > 0 && barrier ->
    state[e] = REMINDS;
    if
#ifndef WRONG_REMIND_SILENT
    :: !LAST_IN(e) && redis.last < NEWEST(e) -> tell_known(e)
#endif
    :: else
    fi
#endif
#ifndef WRONG_IDLE_SILENT
  :: length[e] == 0 && redis.last < known[e] -> tell_known(e); tell_suspect(e)
#endif
  :: else
  fi
}

inline die(e) {
  printf("%d: is killed\n", e);
  lose(e); begin_log(e, 0);
  fence[e] = 0; number[e] = 0; wrote[e] = 0; known[e] = 0; reached[e] = 0;
  old_history[e] = 0;
  redis.record = (redis.record == e -> DEAD : redis.record);
  copy.record = (copy.record == e -> DEAD : copy.record);
  seen_owner[OTHER] = (seen_owner[OTHER] == e -> DEAD : seen_owner[OTHER])
}

/* Whoever starts knows of no other history. */
#if defined(WRONG_NO_BARRIER)
#define MAY_TAKE 1
#elif defined(WRONG_STARTS)
#define MAY_TAKE (!barrier || (redis.record == NOBODY && fence[e] == 0 && known[e] == 0))
#else
#define MAY_TAKE (!barrier || (redis.record == NOBODY && fence[e] == 0 && known[e] == 0 && OTHERS_TOLD(e)))
#endif

#ifdef SET_BACK
#define MAY_FORGET(e) 1
#else
#define MAY_FORGET(e) (copy.last >= log[AT(e, 0)])
#endif

#ifdef DOUBLE_FAULT
#define MAY_DIE(e) 1
#else
#define MAY_DIE(e) (!wrote[e] || (!barrier && !old_history[e]))
#endif

#ifdef LATE
#define TIME_PASSES 1
#else
#define TIME_PASSES (HAS_TOLD(0) && HAS_TOLD(1))
#endif

proctype Engine(byte e) {
  byte op;
end:
  do
  /* watch_leases, claim, read_journal … own. The owner was outwaited: its lease is out. */
  :: d_step { state[e] == IDLE && !old_history[e] && takeovers < TAKEOVERS && MAY_BE_UNFINISHED && MAY_TAKE && (takeovers > 0 || e == 0) ->
      takeovers++;
      if
      :: redis.record < DEAD -> lease[redis.record] = 0
      :: else
      fi;
      seen_owner[e] = redis.record;
#if RESENDS && !defined(SET_BACK)
      /* Two leases have passed: a replica has what was written before them. */
      if
      :: redis.record != NOBODY -> become(copy, redis)
      :: else
      fi;
#endif
      /* Above what it knows, and above what the journal names. */
      least = FENCE_OF(known[e]);
#ifndef WRONG_JOURNAL_FENCE
      if
      :: FENCE_OF(redis.last) > least -> least = FENCE_OF(redis.last)
      :: else
      fi;
#endif
      raise(e, least); least = 0;
      known[e] = (redis.known > known[e] -> redis.known : known[e]);
      reached[e] = (redis.reached > reached[e] -> redis.reached : reached[e]);
      if
      :: redis.fence <= FENCE_OF(known[e]) -> redis.fence = FENCE_OF(known[e]) + 1
      :: else
      fi;
      fence[e] = redis.fence; number[e] = 0;
      taken_back[e] = (redis.last < known[e]);
      suspects[e] = redis.suspect;
      if
      :: taken_back[e] ->
        suspects[e] = (reached[e] > suspects[e] -> reached[e] : suspects[e])
      :: else
      fi;
      journal_end[e] = redis.last;
      if
      :: redis.place == STREAM || redis.place == OPEN -> memory[e] = UNREAD
      :: redis.place == INTENT -> memory[e] = UNREAD_INTENT
      :: redis.place == DOUBT -> memory[e] = DOUBTED
      :: redis.place == FINAL -> memory[e] = DONE
      fi;
      memory_again[e] = redis.again;
      if
      :: redis.again -> reached[e] = 2
      :: !redis.again && redis.place != STREAM && reached[e] == 0 -> reached[e] = 1
      :: else
      fi;
      state[e] = CLAIMED;
      printf("%d: raises the fence to %d and reads\n", e, fence[e]) }

  :: d_step { state[e] == OWNED && lease[e] && memory[e] == READY ->
      assert(written == 0 || (RESENDS && said && memory_again[e] && written < 2 + UNTOLD)); /* LAW nothing is written again unless it may be and was said */
      written++; wrote[e] = 1;
      memory[e] = ON_WIRE;
      printf("%d: writes the message\n", e) }

  /* Reading it again: what may have been sent is in doubt. */
  :: d_step { WORKS && lease[e] && memory[e] == UNREAD && redis.place == OPEN && COPY_OF_IT > suspects[e] ->
      memory[e] = QUEUED }

  /* Its connection comes back, to a Redis with another history. */
  :: d_step { old_history[e] ->
      old_history[e] = 0;
      if
      :: state[e] == OWNED || state[e] == AWAY || state[e] == WAITS || state[e] == STANDS -> state[e] = AWAY
#ifdef WRONG_CLAIM_GOES_ON
      :: state[e] == CLAIMED
#else
      :: state[e] == CLAIMED -> lose(e); printf("%d: begins its claim anew\n", e); meet_another_history(e)
#endif
      :: state[e] == IDLE || state[e] == REMINDS -> meet_another_history(e)
      fi }
  :: d_step { (state[e] == AWAY) && !old_history[e] ->
      raise(e, fence[e]); raised[e] = redis.fence;
      look(e) }
  :: d_step { state[e] == WAITS && !old_history[e] && SEES_MORE(e) -> look(e) }
  :: d_step { state[e] == STANDS && !old_history[e] && !MAY_BE_TAKEN(e) -> look(e) }
  :: d_step { state[e] == REMINDS && !old_history[e] -> remind(e) }
#ifdef WRONG_KNOWN_LATE
  :: d_step { state[e] == IDLE && !old_history[e] && known[e] > redis.known && known[e] > redis.last -> tell_known(e) }
#endif
  :: d_step { length[e] > 0 && state[e] == OWNED && MAY_FORGET(e) && forgets < FORGETS ->
      before[e] = log[AT(e, 0)];
      i = 1;
      do
      :: i < length[e] -> log[AT(e, i - 1)] = log[AT(e, i)]; i++
      :: else -> break
      od;
      length[e]--; log[AT(e, length[e])] = 0; i = 0 }

  /* kill -9. Redis keeps what it wrote, unless we are to see what becomes of it otherwise. */
  :: d_step { crashes < CRASHES && MAY_BE_UNFINISHED && state[e] != IDLE && MAY_DIE(e) ->
      crashes++;
#ifndef DOUBLE_FAULT
      if
      :: wrote[e] -> become(copy, redis)
      :: else
      fi;
#endif
      die(e) }

  :: atomic {
      if
      :: state[e] == CLAIMED && !old_history[e] -> op = HEARTBEAT
      :: WORKS && lease[e] && memory[e] == UNREAD && redis.place == STREAM && COPY_OF_IT > suspects[e] -> op = ACCEPTS
      :: WORKS && lease[e] && memory[e] == UNREAD && COPY_OF_IT <= suspects[e] -> op = DOUBTS
      :: WORKS && lease[e] && memory[e] == UNREAD_INTENT -> op = DOUBTS
      :: WORKS && memory[e] == QUEUED -> op = INTENDS
      :: WORKS && memory[e] == ON_WIRE -> op = SETTLES
      :: WORKS && memory[e] == DOUBTED -> op = (RESENDS && !memory_again[e] -> RESEND : GIVES_UP)
      :: WORKS && handovers < HANDOVERS && MAY_BE_UNFINISHED && memory[e] != READY && memory[e] != ON_WIRE -> handovers++; op = RELEASE
      fi;
      transact(e, op);
      op = 0 }
  od
}

#define BEHIND (copy.last != redis.last || copy.known != redis.known || copy.suspect != redis.suspect)

proctype Redis() {
end:
  do
  :: d_step { forgets < FORGETS && BEHIND -> become(copy, redis) }
  :: d_step { forgets < FORGETS && BEHIND && takeovers > 0 ->
      forgets++;
      become(redis, copy);
      barrier = 1;
      old_history[0] = 1; old_history[1] = 1;
      printf("redis: is what it was at transaction %d of fence %d\n", redis.last % 16, FENCE_OF(redis.last)) }
  /* Two leases later. Whoever lives has reached Redis and told what it could; leases of before are out. */
  :: d_step { barrier && TIME_PASSES ->
      barrier = 0;
      lease[0] = lease[0] && state[0] == OWNED && !old_history[0];
      lease[1] = lease[1] && state[1] == OWNED && !old_history[1];
      printf("redis: two leases have passed since, %d %d %d %d\n", state[0], state[1], length[0], length[1]) }
  od
}

#define OWNS(e) (state[e] == OWNED && redis.holder == e)

init {
  redis.record = NOBODY; redis.holder = NOBODY; copy.record = NOBODY; copy.holder = NOBODY;
  atomic {
    run Engine(0);
    run Engine(1);
    run Redis()
  };
  timeout -> d_step {
    assert(OWNS(0) || OWNS(1) || takeovers == TAKEOVERS || !UNFINISHED); /* LAW somebody takes over */
    assert(!(OWNS(0) || OWNS(1)) || !UNFINISHED) /* LAW every message ends */
  }
}
