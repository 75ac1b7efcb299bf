/* One message as one engine handles it. */

#define KNOWS(x) (memory[OF(e, m)] == x)
#define MINE memory_copy[OF(e, m)]
#define IN_DOUBT (KNOWS(DOUBTED) || KNOWS(DOUBTED_BEFORE))
#define WORKS (state[e] == OWNED)
#define HEARD(who, what) (answer[AT(m, MINE)] == who && wire[AT(m, MINE)] == what)

/* Time passes only where somebody waits for it: until the other engine's lease has run out. What that engine would
 * still do under its lease, it does before. */
#if defined(WRONG_LEASE) || defined(CLOCKS_LIE)
#define HAS_LEASE 1
inline outwait_lease(e) { skip }
#else
#define HAS_LEASE (lease[e])
inline outwait_lease(e) {
  if
  :: lease[OTHER] -> lease[OTHER] = 0; printf("%d: pauses, its lease runs out\n", OTHER)
  :: else
  fi
}
#endif

/* receipts.cpp, found(): not before a former owner's intents are all in doubt, and not while the id is being put. */
#define RECOVERING(m) (memory[OF(e, m)] == RECOVERED_INTENT || memory[OF(e, m)] == RECOVERED_UNANSWERED)
#ifdef WRONG_RECOVERY
#define MAY_COUNT 1
#else
#define MAY_COUNT (!ANY(RECOVERING))
#endif
#ifdef WRONG_RECEIPT_ORDER
#define BEING_PUT(c) (MINE == c && (KNOWS(STORED) || KNOWS(LATE_STORED)))
#else
#define BEING_PUT(c) (MINE == c && (KNOWS(STORING) || KNOWS(STORED) || KNOWS(LATE_STORING) || KNOWS(LATE_STORED)))
#endif
#define FINDS(c) (WORKS && MAY_COUNT && map[AT(m, c)] != 0 && !BEING_PUT(c) && !final_record[AT(m, c)])
#define OVERDUE(c) (!receipt[AT(m, c)] && !inbox[AT(m, c)])
#ifdef WRONG_ORPHANS
#define ORPHAN(c) 0
#else
#define ORPHAN(c) (map[AT(m, c)] < (KNOWS(DOUBTED_BEFORE) -> own_fence[e] : below[m]))
#endif

#ifdef WRONG_ACT
#define MAY_ACT (IN_DOUBT || KNOWS(LATE_STORING))
#else
#define MAY_ACT IN_DOUBT /* not while a late answer is being put */
#endif
#define MAY_RECALL (recalls[OF(e, m)] && (KNOWS(QUEUED) || KNOWS(READY)))
#define RECALLED (MAY_RECALL && answer[AT(m, 0)] == LATE(e) && wire[AT(m, 0)] == ACCEPTED)
#ifdef WRONG_RECALL
#define MAY_STORE (KNOWS(QUEUED) || KNOWS(READY))
#else
#define MAY_STORE KNOWS(READY) /* no id is put while the journal knows of no copy that may have one */
#endif
#ifdef WRONG_SETTLE_FIRST
#define MAY_WRITE (place[m] == SETTLED)
#else
#define MAY_WRITE 1
#endif

/* HSETNX */
inline put_id(c) {
  if
  :: map[AT(m, c)] == 0 -> map[AT(m, c)] = own_fence[e]
  :: else
  fi;
  printf("%d: puts the id of message %d, copy %d\n", e, m, c)
}

/* An accepted copy: its id goes into the receipt map before anything is settled. Done; done, and nobody heard of it;
 * or lost on the way. */
inline store_id(storing, stored) {
  if
  :: d_step { answer[AT(m, MINE)] = 0; put_id(MINE); memory[OF(e, m)] = stored }
  :: d_step { cuts < CUTS ->
      answer[AT(m, MINE)] = 0; put_id(MINE); memory[OF(e, m)] = storing;
      cuts++; state[e] = AWAY; printf("%d: loses its connection, and the answer to that\n", e) }
  :: d_step { cuts < CUTS ->
      answer[AT(m, MINE)] = 0; memory[OF(e, m)] = storing;
      cuts++; state[e] = AWAY; printf("%d: loses its connection, and with it the id of message %d, copy %d\n", e, m, MINE) }
  fi
}

proctype Message(byte e; byte m) {
  byte op, c;
end:
  do
  /* intake.cpp: what a former owner accepted is read again. */
  :: d_step { WORKS && HAS_LEASE && KNOWS(RECOVERED) ->
      assert(moved[m] || m >= trimmed); /* LAW its text is still there */
      memory[OF(e, m)] = QUEUED }
#if defined(WRONG_NO_INTENT) || defined(WRONG_LATE_INTENT)
  :: d_step { WORKS && KNOWS(QUEUED) -> memory[OF(e, m)] = READY }
#endif
  /* pump.cpp, write_part: only under a valid lease; a lost connection is noticed by the next transaction only. */
  :: atomic { (WORKS || (state[e] == AWAY && unknown_op[e] == 0)) && HAS_LEASE && KNOWS(READY) && MAY_WRITE ->
      d_step {
        printf("%d: writes message %d, copy %d\n", e, m, MINE);
        assert(wire[AT(m, MINE)] == UNWRITTEN || wire[AT(m, MINE)] == THROTTLED); /* LAW each copy is written once */
        assert(MINE == 0 || (RESENDABLE(m) && reported[m])); /* LAW a second copy only where it may be, and was said */
#ifndef CLOCKS_LIE
        assert(finals[m] == 0 && MINE == copy[m]); /* LAW nothing is written after its outcome or its resend */
#endif
        answer[AT(m, MINE)] = PUMP(e);
        memory[OF(e, m)] = ON_WIRE
      };
      /* What the operator makes of it. Nobody hears of that before an answer or a receipt. */
      if
      :: d_step { wire[AT(m, MINE)] = ACCEPTED; receipt[AT(m, MINE)] = 1; printf("operator: accepts it, a receipt will come\n") }
#ifndef BARE
      :: d_step { wire[AT(m, MINE)] = ACCEPTED; printf("operator: accepts it, no receipt will come\n") }
      :: d_step { wire[AT(m, MINE)] = REFUSED; printf("operator: refuses it\n") }
      :: d_step { wire[AT(m, MINE)] = THROTTLED; printf("operator: refuses it for now\n") }
#endif
      :: d_step { wire[AT(m, MINE)] = LOST; printf("operator: never sees it\n") }
      fi }
#ifndef WRONG_MAP_LAST
  :: atomic { WORKS && HAS_LEASE && KNOWS(ON_WIRE) && HEARD(PUMP(e), ACCEPTED) -> store_id(STORING, STORED) }
#endif
  :: atomic { WORKS && HAS_LEASE && IN_DOUBT && HEARD(LATE(e), ACCEPTED) -> store_id(LATE_STORING, LATE_STORED) }
  /* resends.cpp: so it goes for the first copy, too, while the second is not written. */
  :: atomic { WORKS && HAS_LEASE && RECALLED && MAY_STORE ->
      MINE = 0;
      store_id(STORING, STORED) }
  /* ask() asks until it has an answer. */
  :: d_step { (WORKS || state[e] == AWAY) && KNOWS(STORING) -> put_id(MINE); memory[OF(e, m)] = STORED }
  :: d_step { (WORKS || state[e] == AWAY) && KNOWS(LATE_STORING) -> put_id(MINE); memory[OF(e, m)] = LATE_STORED }
#if defined(WRONG_SETTLE_FIRST) || defined(WRONG_MAP_LAST)
  :: d_step { WORKS && KNOWS(STORED) -> forget_message(e, m) }
#endif
  /* A late answer that nobody waits for any more. */
  :: d_step { answer[AT(m, 0)] == LATE(e) && !(IN_DOUBT && MINE == 0) && !RECALLED -> answer[AT(m, 0)] = 0 }
  :: d_step { answer[AT(m, 1)] == LATE(e) && !(IN_DOUBT && MINE == 1) -> answer[AT(m, 1)] = 0 }
#ifndef BARE
  /* Not the owner: the receipt goes into the owner's inbox, and is answered. */
  :: d_step { state[e] < CLAIMED && receipt[AT(m, 0)] && map[AT(m, 0)] != 0 -> inbox[AT(m, 0)] = 1; receipt[AT(m, 0)] = 0 }
  :: d_step { state[e] < CLAIMED && receipt[AT(m, 1)] && map[AT(m, 1)] != 0 -> inbox[AT(m, 1)] = 1; receipt[AT(m, 1)] = 0 }
  :: d_step { WORKS && inbox[AT(m, 0)] && map[AT(m, 0)] == 0 -> inbox[AT(m, 0)] = 0 }
  :: d_step { WORKS && inbox[AT(m, 1)] && map[AT(m, 1)] == 0 -> inbox[AT(m, 1)] = 0 }
#endif
  /* The map entry goes once its receipt has counted. */
  :: d_step { WORKS && final_record[AT(m, 0)] -> map[AT(m, 0)] = 0; final_record[AT(m, 0)] = 0 }
  :: d_step { WORKS && final_record[AT(m, 1)] -> map[AT(m, 1)] = 0; final_record[AT(m, 1)] = 0 }
#ifdef WRONG_DROP
  /* The doubt record goes at its deadline, before the map was swept for receipts that did not come. */
  :: d_step { WORKS && below[m] != 0 && finals[m] == 1 && OVERDUE(0) && OVERDUE(1) -> below[m] = 0 }
#endif

  :: atomic {
      if
      :: WORKS && HAS_LEASE && KNOWS(NEW) && (m == 0 || memory[OF(e, 0)] != NEW) ->
        assert(m >= trimmed); /* LAW its text is still there */
        op = ACCEPT
#if !defined(WRONG_NO_INTENT) && !defined(WRONG_LATE_INTENT)
      :: WORKS && KNOWS(QUEUED) -> op = JOURNAL
#endif
#ifdef WRONG_LATE_INTENT
      :: WORKS && KNOWS(ON_WIRE) && place[m] == OPEN -> op = JOURNAL
#endif
#ifdef WRONG_SETTLE_FIRST
      :: WORKS && KNOWS(READY) && place[m] == INTENT -> op = SETTLE
#elif !defined(BARE)
      :: WORKS && KNOWS(READY) -> op = NOT_SENT /* it drains, or the operator went away */
#endif
#if !defined(WRONG_SETTLE_FIRST) && !defined(WRONG_MAP_LAST)
      :: WORKS && KNOWS(STORED) -> op = SETTLE
#endif
#ifdef WRONG_MAP_LAST
      :: WORKS && KNOWS(ON_WIRE) && HEARD(PUMP(e), ACCEPTED) -> op = SETTLE; answer[AT(m, MINE)] = 0
#endif
      :: WORKS && KNOWS(ON_WIRE) && HEARD(PUMP(e), THROTTLED) -> op = NOT_SENT; answer[AT(m, MINE)] = 0
      :: WORKS && KNOWS(ON_WIRE) && HEARD(PUMP(e), REFUSED) -> op = REJECT; answer[AT(m, MINE)] = 0
#ifndef WRONG_SETTLE_FIRST
      :: WORKS && KNOWS(ON_WIRE) -> op = INTO_DOUBT; answer[AT(m, MINE)] = 0 /* the link is gone */
#endif
#ifndef BARE
      :: WORKS && KNOWS(ON_WIRE) && answer[AT(m, MINE)] == PUMP(e) && wire[AT(m, MINE)] != LOST ->
        op = INTO_DOUBT; answer[AT(m, MINE)] = LATE(e) /* no answer in time */
      :: WORKS && KNOWS(ON_WIRE) && place[m] == INTENT -> op = DETACH
#endif
      :: WORKS && KNOWS(RECOVERED_UNANSWERED) -> op = TAKE_DOUBT
      :: WORKS && HAS_LEASE && KNOWS(RECOVERED_INTENT) ->
        assert(moved[m] || m >= trimmed); /* LAW its text is still there */
        op = TAKE_DOUBT
      :: WORKS && KNOWS(LATE_STORED) -> op = LATE_ACCEPTED
      :: WORKS && IN_DOUBT && (HEARD(LATE(e), REFUSED) || HEARD(LATE(e), THROTTLED)) -> op = LATE_REJECTED; answer[AT(m, MINE)] = 0
#ifdef WRONG_LATE_COPY
      :: WORKS && HAS_LEASE && KNOWS(ON_WIRE) && place[m] == UNANSWERED && MINE == 1 && answer[AT(m, 0)] == LATE(e) &&
          wire[AT(m, 0)] == ACCEPTED ->
        put_id(0); op = LATE_ACCEPTED; answer[AT(m, 0)] = 0
#endif
#ifndef WRONG_RECALL
      :: WORKS && RECALLED && KNOWS(QUEUED) -> op = RECALL
#endif
      :: WORKS && MAY_ACT ->
        op = (RESENDABLE(m) && MINE == 0 -> RESEND : UNKNOWN)
      /* Receipts, and the deadlines of those that never came. */
      :: FINDS(0) ->
        op = (ORPHAN(0) -> (IN_DOUBT && !OVERDUE(0) -> ORPHAN_FINAL : CORRECTION) : RECEIPT_FINAL)
      :: FINDS(1) ->
        c = 1;
        op = (ORPHAN(1) -> (IN_DOUBT && !OVERDUE(1) -> ORPHAN_FINAL : CORRECTION) : RECEIPT_FINAL)
      fi;
      transact(e, op, m, c);
      op = 0; c = 0 }
  od
}

/* Redis, in the end, reads what the connection of a dead engine carried. */
proctype Stragglers(byte m; byte c) {
end:
  do
  :: d_step { straggler[AT(m, c)] != 0 ->
      if
      :: map[AT(m, c)] == 0 -> map[AT(m, c)] = straggler[AT(m, c)]
      :: else
      fi;
      straggler[AT(m, c)] = 0;
      printf("redis: reads, late, the id of message %d, copy %d\n", m, c) }
  od
}
