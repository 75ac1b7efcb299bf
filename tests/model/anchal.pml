/* Intent, settle, crash and takeover of one partition, as engine/core does them. README.md says what stands for what.
 *
 * Two engines, one Redis, one operator with a ledger. Every step is atomic; whatever may come between two steps of an
 * engine (a crash, a cut, a pause, the other engine) may come between two steps here.
 *
 * The preprocessor chooses:
 *   MESSAGES   1 or 2
 *   RULES      bit m set: message m may be sent once more when in doubt; clear: it is at most once
 *   TAKEOVERS  how often a partition is taken, the first time included
 *   CUTS       connections to Redis lost;  CRASHES  engines killed or drained
 *   BARE       no refusals, late answers, detached messages and inboxes: for two messages
 *   CLOCKS_LIE leases mean nothing, and nothing is asserted that needs them
 *   UNCOUNTED  the ledger is looked at only at rest, so that a wrong one shows what else it breaks
 *   WRONG_...  one thing done wrong. spin must find it.
 */

#ifndef MESSAGES
#define MESSAGES 1
#endif
#ifndef RULES
#define RULES 1
#endif
#ifndef TAKEOVERS
#define TAKEOVERS 3
#endif
#ifndef CUTS
#define CUTS 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif

#define ENGINES 2
#define COPIES 2 /* the first, and the one that is sent after a doubt */
#define OF(e, m) ((e) * MESSAGES + (m))
#define AT(m, c) ((m) * COPIES + (c))
#define OTHER (1 - e)
#define RESENDABLE(m) ((RULES >> (m)) & 1)
#if MESSAGES == 1
#define ANY(what) (what(0))
#else
#define ANY(what) (what(0) || what(1))
#endif

/* Who: an engine's number, or */
#define DEAD 2 /* an engine of an earlier life */
#define NOBODY 3

/* --- Redis: the keys of one partition ----------------------------------------------------------------------------- */

/* Where the journal and the doubt hash say that a message is. */
#define STREAM 0     /* not accepted yet */
#define OPEN 1       /* accepted, no intent */
#define INTENT 2     /* about to be written, or written */
#define UNANSWERED 3 /* doubt hash: written long ago, the answer may still come */
#define DOUBT 4      /* doubt hash: reported in_doubt, evidence is awaited */
#define SETTLED 5    /* final, or awaiting its receipt */
byte place[MESSAGES];
bit moved[MESSAGES];    /* its text lies in a backlog, the retry set or the doubt hash, no longer in the job stream */
bit copy[MESSAGES];     /* which copy is to be written */
bit reported[MESSAGES]; /* the hub was told in_doubt */
byte finals[MESSAGES];  /* final outcomes in the outcomes stream */
byte below[MESSAGES];   /* Doubt::orphans_below: ids put under older fences are of a copy that is not awaited */
byte trimmed;           /* entries before this are gone from the job stream */
byte raised_by = NOBODY; /* anchal:{p}:fence: who raised it last */
byte record = NOBODY;    /* anchal:{p}:owner */
byte accepted;           /* the ledger hash */
short w_doubt, w_awaiting;

/* By copy. */
byte map[MESSAGES * COPIES];         /* the receipt map: the fence its id was put under; 0: no entry */
byte straggler[MESSAGES * COPIES];   /* an HSETNX of an engine that is no more, still to be read by Redis */
bit final_record[MESSAGES * COPIES]; /* journal: its receipt has counted, the map entry is to go */
bit inbox[MESSAGES * COPIES];

/* --- the operator, by copy ---------------------------------------------------------------------------------------- */

#define UNWRITTEN 0
#define ACCEPTED 1
#define REFUSED 2
#define THROTTLED 3 /* refused for now */
#define LOST 4      /* written, and never seen by the operator */
byte wire[MESSAGES * COPIES];

/* Where submit_sm_resp goes, if it still comes: to the pump of an engine, or to its on_late. */
#define PUMP(e) (1 + (e))
#define LATE(e) (3 + (e))
byte answer[MESSAGES * COPIES];
bit receipt[MESSAGES * COPIES]; /* deliver_sm, again and again until it is answered */

/* --- the engines --------------------------------------------------------------------------------------------------- */

#define IDLE 0
#define LOOKED 1  /* holds the owner for dead */
#define CLAIMED 2 /* has raised the fence and read; its first transaction is still to come */
#define OWNED 3
#define AWAY 4    /* cut, or fenced: must resync */
byte state[ENGINES];
byte own_fence[ENGINES]; /* Partition::fence_at_own; it is only compared, so takeovers are counted, not raises */
bit lease[ENGINES];      /* valid, by its own clock */
bit changed[ENGINES];    /* the owner record, since this engine held the owner for dead */
bit first[ENGINES];      /* AWAY with no transaction of this takeover confirmed */

/* What an engine knows of a message. */
#define GONE 0
#define NEW 1                  /* behind the cursor */
#define RECOVERED 2            /* open; its text has not been read again */
#define RECOVERED_INTENT 3
#define RECOVERED_UNANSWERED 4
#define QUEUED 5
#define READY 6                /* its intent is durable */
#define ON_WIRE 7
#define STORING 8              /* HSETNX of unknown fate: asked again */
#define STORED 9
#define DOUBTED 10
#define DOUBTED_BEFORE 11      /* by a former owner: whatever id there is was put under an older fence */
#define LATE_STORING 12
#define LATE_STORED 13
byte memory[ENGINES * MESSAGES];
bit memory_copy[ENGINES * MESSAGES];
bit recalls[ENGINES * MESSAGES]; /* Shard::Impl::resends_: an answer to the first copy can still stop the second */

/* Partition::outstanding, while its fate is unknown or it is fenced. */
byte unknown_op[ENGINES]; /* 0: none */
byte unknown_at[ENGINES];
bit unknown_done[ENGINES];

byte takeovers, cuts, crashes; /* so far */
byte i, in_doubt, awaiting, known; /* within a step only, 0 between */

#include "transaction.pml"
#include "message.pml"
#include "engine.pml"

/* --- at rest -------------------------------------------------------------------------------------------------------- */

#define OWNER_THERE (raised_by < DEAD && state[raised_by] == OWNED)

init {
  atomic {
    do
    :: i < MESSAGES ->
      run Message(0, i);
      run Message(1, i);
      run Stragglers(i, 0);
      if
      :: RESENDABLE(i) -> run Stragglers(i, 1)
      :: else
      fi;
      i++
    :: else -> break
    od;
    i = 0;
    run Engine(0);
    run Engine(1)
  };
  timeout -> d_step {
    assert(OWNER_THERE || takeovers == TAKEOVERS || !ANY(UNFINISHED)); /* LAW somebody takes over */
    do
    :: i < MESSAGES ->
      assert(!OWNER_THERE || (finals[i] == 1 && place[i] == SETTLED)); /* LAW every message ends */
      i++
    :: else -> break
    od;
    assert(!OWNER_THERE || (accepted == MESSAGES && w_doubt == 0 && w_awaiting == 0)); /* LAW the ledger is even at rest */
    i = 0
  }
}
