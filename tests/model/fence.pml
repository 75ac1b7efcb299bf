/* Fences of one partition while Redis forgets: the number that a key holds, which is all that keeps two owners apart.
 * README.md says what stands for what.
 *
 * Two engines, one key, seconds. Redis may be emptied (FLUSHALL: nobody's connection breaks), or fail over to a replica
 * that lacks its last writes (everybody must connect anew).
 *
 * The preprocessor chooses:
 *   RAISES     how often the fence is raised;  SECONDS  how long it goes on
 *   FLUSHES    how often Redis is emptied;     FAILOVERS  how often it forgets its last writes
 *   QUICK      the fence may be raised more often than once a second
 *   SET_BACK   an engine's clock may be behind the one by which the fence began
 *   WRONG_...  one thing done wrong. spin must find it.
 */

#ifndef RAISES
#define RAISES 6
#endif
#ifndef SECONDS
#define SECONDS 7
#endif
#ifndef FLUSHES
#define FLUSHES 1
#endif
#ifndef FAILOVERS
#define FAILOVERS 1
#endif

#define OTHER (1 - e)
#define NOBODY 2

/* Redis, and its replica: all of it up to some instant. The key is missing: 0. */
byte fence, replica_fence;
/* Who raised it last, or wrote last; nobody reads that, the laws apart. */
byte holder = NOBODY, replica_holder = NOBODY;
byte record = NOBODY, replica_record = NOBODY; /* anchal:{p}:owner */

#define IDLE 0
#define CLAIMED 1 /* has raised the fence and reads; nothing of it is written yet */
#define OWNED 2
byte state[2];
byte mine[2];      /* Partition::fence */
byte at_most[2];   /* Partition::known.newest.fence: the newest that it has written under */
bit away[2];       /* its connection broke with the old primary */

byte second = 1, raises, flushes, failovers;
bit raised_now; /* in this second */

byte back[2];   /* by how many seconds its clock is behind */

#ifdef QUICK
#define MAY_RAISE (raises < RAISES)
#else
#define MAY_RAISE (raises < RAISES && !raised_now)
#endif

/* Shard::Impl::raise: SET NX, then INCR until it is above `above`, in one request. */
inline raise(e, above) {
  if
  :: fence == 0 ->
#ifndef WRONG_FROM_ONE
    fence = second - back[e]; /* the time of day, and at least what is known */
    fence = (mine[e] > fence -> mine[e] : fence);
    fence = (at_most[e] > fence -> at_most[e] : fence)
#else
    skip
#endif
  :: else
  fi;
  fence++;
  if
  :: fence <= above -> fence = above + 1
  :: else
  fi;
  mine[e] = fence; holder = e;
  raises++; raised_now = 1;
  printf("%d: raises the fence to %d\n", e, fence)
}

inline resync(e) {
  raise(e, mine[e]);
  if
  :: record == OTHER -> state[e] = IDLE; printf("%d: is the owner no more\n", e)
  :: else
  fi
}

proctype Engine(byte e) {
end:
  do
  /* look_at_owner, claim: the owner is held for dead, or there is none. That it lives all the same is what fences are
   * for. */
  :: d_step { state[e] == IDLE && !away[e] && MAY_RAISE -> raise(e, at_most[e]); state[e] = CLAIMED }
  /* A transaction. The first one writes the owner record. */
  :: d_step { state[e] != IDLE && !away[e] && fence == mine[e] ->
      assert(holder == e); /* LAW nobody writes under a fence that is another's */
      record = e; state[e] = OWNED; at_most[e] = mine[e];
      printf("%d: writes under fence %d\n", e, fence) }
  /* Fenced: a claimant gives up; an owner raises the fence, and only then asks whose the record is. */
  :: d_step { state[e] == CLAIMED && !away[e] && fence != mine[e] -> state[e] = IDLE; printf("%d: was not quick enough\n", e) }
  :: d_step { state[e] == OWNED && !away[e] && fence != mine[e] && MAY_RAISE -> resync(e) }
  /* Its connection comes back, to a Redis with another history. */
  :: d_step { away[e] && state[e] == IDLE -> away[e] = 0 }
  :: d_step { away[e] && state[e] == CLAIMED ->
      away[e] = 0;
#ifndef WRONG_CLAIM_GOES_ON
      state[e] = IDLE; printf("%d: begins its claim anew\n", e)
#endif
    }
  :: d_step { away[e] && state[e] == OWNED && MAY_RAISE ->
      away[e] = 0;
#ifdef WRONG_NO_RESYNC
      printf("%d: goes on as before\n", e)
#else
      resync(e)
#endif
    }
  od
}

proctype Redis() {
end:
  do
  :: d_step { second < SECONDS -> second++; raised_now = 0 }
  :: d_step { failovers < FAILOVERS && (replica_fence != fence || replica_record != record) ->
      replica_fence = fence; replica_holder = holder; replica_record = record }
  :: d_step { failovers < FAILOVERS && replica_fence != fence && replica_fence != 0 ->
      failovers++;
      fence = replica_fence; holder = replica_holder; record = replica_record;
      away[0] = 1; away[1] = 1;
      printf("redis: fails over, the fence is %d again\n", fence) }
  :: d_step { flushes < FLUSHES && fence != 0 ->
      flushes++; fence = 0; holder = NOBODY; record = NOBODY; replica_fence = 0; replica_holder = NOBODY; replica_record = NOBODY;
      printf("redis: is emptied\n") }
#ifdef SET_BACK
  :: d_step { back[0] == 0 && back[1] == 0 && second > 2 -> back[1] = 2; printf("the clock of 1 is set back\n") }
#endif
  od
}

init {
  atomic {
    run Engine(0);
    run Engine(1);
    run Redis()
  }
}
