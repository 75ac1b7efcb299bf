/* Transactions: what each changes in Redis, what the engine goes on with, and what may become of it. */

#define ACCEPT 1
#define JOURNAL 2        /* the intent */
#define NOT_SENT 3
#define SETTLE 4         /* accepted by the operator: awaits its receipt */
#define REJECT 5
#define DETACH 6
#define INTO_DOUBT 7
#define TAKE_DOUBT 8     /* a former owner's intent */
#define UNKNOWN 9
#define RESEND 10
#define RECALL 11        /* the first copy was accepted after all, the second is not written yet: in doubt again */
#define LATE_ACCEPTED 12
#define LATE_REJECTED 13
#define RECEIPT_FINAL 14
#define ORPHAN_FINAL 15  /* evidence for a message in doubt */
#define CORRECTION 16
#define HEARTBEAT 17
#define TRIM 18
#define RELEASE 19

#define IN_JOB_STREAM(x) (place[x] == STREAM || (!moved[x] && (place[x] == OPEN || place[x] == INTENT)))

inline end_message(m) {
  place[m] = SETTLED;
  finals[m]++;
  assert(finals[m] == 1) /* LAW one final outcome */
}

/* After every transaction: accepted = final + waiting, and the ledger says where. */
inline check_ledger() {
  i = 0;
  do
  :: i < MESSAGES ->
    if
    :: place[i] == UNANSWERED || place[i] == DOUBT -> in_doubt++
    :: place[i] == SETTLED && finals[i] == 0 -> awaiting++
    :: else
    fi;
    if
    :: place[i] != STREAM -> known++
    :: else
    fi;
    i++
  :: else -> break
  od;
  assert(accepted == known && w_doubt == in_doubt && w_awaiting == awaiting); /* LAW the ledger is even */
  i = 0; in_doubt = 0; awaiting = 0; known = 0
}

/* The message leaves the doubt hash. The record stays where a former owner may have left ids. */
inline out_of_doubt(e, m) {
  w_doubt--;
  if
  :: memory[OF(e, m)] == DOUBTED_BEFORE -> below[m] = own_fence[e]
  :: else
  fi
}

inline leave_place(e, m) {
  if
  :: place[m] == UNANSWERED -> out_of_doubt(e, m)
  :: else
  fi
}

inline write_record(who) {
  record = who;
  changed[0] = (state[0] == LOOKED);
  changed[1] = (state[1] == LOOKED)
}

inline apply(e, op, m, c) {
  if
  :: op == ACCEPT -> place[m] = OPEN; accepted++; printf("%d: accepts message %d\n", e, m)
  :: op == JOURNAL -> place[m] = INTENT; printf("%d: journals its intent to send message %d\n", e, m)
  :: op == NOT_SENT ->
    moved[m] = moved[m] || place[m] == UNANSWERED;
    leave_place(e, m); place[m] = OPEN; printf("%d: takes its intent back, message %d\n", e, m)
  :: op == SETTLE ->
    leave_place(e, m); place[m] = SETTLED; w_awaiting++; printf("%d: settles message %d, which awaits its receipt\n", e, m)
  :: op == REJECT -> leave_place(e, m); end_message(m); printf("%d: message %d ends rejected\n", e, m)
  :: op == DETACH -> place[m] = UNANSWERED; w_doubt++; printf("%d: message %d is unanswered, moves to the doubt hash\n", e, m)
  :: op == INTO_DOUBT || op == TAKE_DOUBT ->
    if
    :: place[m] == UNANSWERED
    :: else -> w_doubt++
    fi;
    if
    :: op == TAKE_DOUBT -> below[m] = own_fence[e]; printf("%d: message %d of a former owner is in doubt\n", e, m)
    :: else -> printf("%d: message %d is in doubt\n", e, m)
    fi;
    place[m] = DOUBT;
#ifndef WRONG_SILENT_RESEND
    reported[m] = 1
#endif
  :: op == UNKNOWN -> out_of_doubt(e, m); end_message(m); printf("%d: message %d ends unknown\n", e, m)
  :: op == RESEND ->
    out_of_doubt(e, m); place[m] = OPEN; copy[m] = 1; moved[m] = 1; printf("%d: message %d is to be sent once more\n", e, m)
  :: op == RECALL ->
    place[m] = DOUBT; copy[m] = 0; w_doubt++; printf("%d: message %d is not sent once more, but in doubt again\n", e, m)
  :: op == LATE_ACCEPTED ->
    out_of_doubt(e, m); place[m] = SETTLED; w_awaiting++;
    printf("%d: message %d was accepted after all, awaits its receipt\n", e, m)
  :: op == LATE_REJECTED -> out_of_doubt(e, m); end_message(m); printf("%d: message %d was refused after all\n", e, m)
  :: op == RECEIPT_FINAL ->
#ifndef UNCOUNTED
    assert(place[m] == SETTLED); /* LAW no outcome while it waits elsewhere */
#endif
    w_awaiting--; end_message(m); final_record[AT(m, c)] = 1; inbox[AT(m, c)] = 0;
    printf("%d: a receipt of copy %d, or its deadline, ends message %d\n", e, c, m)
  :: op == ORPHAN_FINAL ->
    out_of_doubt(e, m); end_message(m); final_record[AT(m, c)] = 1; inbox[AT(m, c)] = 0;
    printf("%d: a receipt of copy %d ends message %d, which was in doubt\n", e, c, m)
  :: op == CORRECTION ->
    final_record[AT(m, c)] = 1; inbox[AT(m, c)] = 0; printf("%d: a receipt of copy %d changes nothing, message %d\n", e, c, m)
  :: op == HEARTBEAT -> write_record(e); printf("%d: writes its heartbeat\n", e)
  :: op == TRIM ->
    i = trimmed;
    do
    :: i < m -> assert(!IN_JOB_STREAM(i)); i++ /* LAW the watermark passes nothing unsettled */
    :: else -> break
    od;
    i = 0; trimmed = m; printf("%d: trims the stream before entry %d\n", e, m)
  :: op == RELEASE -> write_record(NOBODY); printf("%d: hands over\n", e)
  fi;
#ifndef UNCOUNTED
  if
  :: op < HEARTBEAT -> check_ledger()
  :: else
  fi
#endif
}

inline forget_message(e, m) {
  memory[OF(e, m)] = GONE; memory_copy[OF(e, m)] = 0; recalls[OF(e, m)] = 0
}

/* What the engine goes on with once it knows that the transaction is committed. */
inline committed(e, op, m, c) {
  if
  :: op == ACCEPT || op == NOT_SENT -> memory[OF(e, m)] = QUEUED
  :: op == JOURNAL ->
#ifndef WRONG_LATE_INTENT
    memory[OF(e, m)] = READY
#endif
  :: op == SETTLE || op == REJECT || op == UNKNOWN || op == LATE_ACCEPTED || op == LATE_REJECTED ->
#if defined(WRONG_SETTLE_FIRST)
    if
    :: op == SETTLE
    :: else -> forget_message(e, m)
    fi
#elif defined(WRONG_MAP_LAST)
    if
    :: op == SETTLE -> memory[OF(e, m)] = STORING
    :: else -> forget_message(e, m)
    fi
#elif defined(WRONG_LATE_COPY)
    if
    :: op == LATE_ACCEPTED && memory[OF(e, m)] == ON_WIRE
    :: else -> forget_message(e, m)
    fi
#else
    forget_message(e, m)
#endif
  :: op == INTO_DOUBT || op == TAKE_DOUBT -> memory[OF(e, m)] = DOUBTED
  :: op == RESEND -> memory[OF(e, m)] = QUEUED; memory_copy[OF(e, m)] = 1; recalls[OF(e, m)] = 1
  :: op == RECALL -> memory[OF(e, m)] = DOUBTED; memory_copy[OF(e, m)] = 0; recalls[OF(e, m)] = 0
  :: op == RECEIPT_FINAL || op == CORRECTION -> receipt[AT(m, c)] = 0 /* deliver_sm_resp only now */
  :: op == ORPHAN_FINAL -> receipt[AT(m, c)] = 0; forget_message(e, m)
#ifdef WRONG_LEASE_START
  :: op == HEARTBEAT -> lease[e] = 1
#endif
  :: op == RELEASE -> lose(e)
  :: else /* DETACH: only its place has changed; HEARTBEAT, TRIM */
  fi
}

/* Shard::Impl::lose: the partition is someone else's. Answers may still come; should it be ours again, they are
 * evidence. */
inline lose(e) {
  i = 0;
  do
  :: i < MESSAGES ->
    if
    :: memory[OF(e, i)] == STORING || memory[OF(e, i)] == LATE_STORING ->
      straggler[AT(i, memory_copy[OF(e, i)])] = own_fence[e]
    :: else
    fi;
    forget_message(e, i);
    i++
  :: else -> break
  od;
  i = 0;
  do
  :: i < MESSAGES * COPIES ->
    if
    :: answer[i] == PUMP(e) -> answer[i] = LATE(e)
    :: else
    fi;
    i++
  :: else -> break
  od;
  i = 0;
  clear(e);
  printf("%d: gives up the partition\n", e)
}

inline clear(e) {
  state[e] = IDLE; own_fence[e] = 0; lease[e] = 0; first[e] = 0;
  unknown_op[e] = 0; unknown_at[e] = 0; unknown_done[e] = 0
}

#ifdef WRONG_FENCING
#define UNDER_FENCE 1
#else
#define UNDER_FENCE (raised_by == e)
#endif

inline be_away(e, op, m, c) {
  first[e] = (op == HEARTBEAT && state[e] == CLAIMED);
  state[e] = AWAY;
  unknown_op[e] = op; unknown_at[e] = AT(m, c)
}

/* Done, refused because the fence was raised, or unknown. That an unknown one is executed late needs no step of its
 * own: until the fence is raised again nobody else may change what it changes. */
inline transact(e, op, m, c) {
  if
  :: UNDER_FENCE -> d_step {
      apply(e, op, m, c);
      if
      :: state[e] == CLAIMED -> state[e] = OWNED
      :: else
      fi;
      lease[e] = lease[e] || op == HEARTBEAT; /* it counts from the sending: not of one that is only found in the journal */
      committed(e, op, m, c) }
  :: cuts < CUTS && UNDER_FENCE -> d_step {
      cuts++; apply(e, op, m, c); be_away(e, op, m, c); unknown_done[e] = 1;
      printf("%d: loses its connection, and the answer to that\n", e) }
  :: cuts < CUTS -> d_step {
      cuts++; be_away(e, op, m, c); carry(e, op, m, c);
      printf("%d: loses its connection, and transaction %d (message %d) may be lost or late\n", e, op, m) }
  :: !UNDER_FENCE -> d_step {
      if
      :: state[e] == CLAIMED -> lose(e) /* another claimant was quicker */
      :: else -> printf("%d: is fenced off\n", e); be_away(e, op, m, c)
      fi }
  fi
}

inline raise_fence(e) {
  raised_by = e;
  carry_nothing()
}

#ifdef WRONG_RESYNC
/* What the old connection still carries: void as soon as the fence is raised. */
byte late_op, late_at, late_from;
inline carry(e, op, m, c) { late_op = op; late_at = AT(m, c); late_from = e }
inline carry_nothing() { late_op = 0; late_at = 0; late_from = 0 }
#else
inline carry(e, op, m, c) { skip }
inline carry_nothing() { skip }
#endif
