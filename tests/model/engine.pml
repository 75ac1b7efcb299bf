/* What an engine does apart from messages, and what happens to it. */

#define HEARD_OF(m) (wire[AT(m, memory_copy[OF(e, m)])] == ACCEPTED && \
  (answer[AT(m, memory_copy[OF(e, m)])] == PUMP(e) || answer[AT(m, memory_copy[OF(e, m)])] == LATE(e)))
#define UNSTORED(m) ((memory[OF(e, m)] == ON_WIRE || memory[OF(e, m)] == DOUBTED || memory[OF(e, m)] == DOUBTED_BEFORE) && HEARD_OF(m))
#define NEEDS_LEASE(m) (memory[OF(e, m)] == NEW || memory[OF(e, m)] == RECOVERED || memory[OF(e, m)] == RECOVERED_INTENT || \
  memory[OF(e, m)] == READY || UNSTORED(m))
#define MAY_STRAGGLE(m) (memory[OF(e, m)] == STORING || memory[OF(e, m)] == LATE_STORING || \
  (state[e] == OWNED && lease[e] && UNSTORED(m)))
#define BUSY(m) (memory[OF(e, m)] >= READY && memory[OF(e, m)] != DOUBTED && memory[OF(e, m)] != DOUBTED_BEFORE)
#define UNFINISHED(m) (finals[m] == 0 || map[AT(m, 0)] != 0 || map[AT(m, 1)] != 0)

#ifdef WRONG_FIRST_RESYNC
#define OUSTED (!first[e] && record != e)
#else
#define OUSTED (record != e)
#endif

#ifdef WRONG_CLAIM
#define RECORD_CHANGED 0
#else
#define RECORD_CHANGED changed[e]
#endif

/* kill -9. `late`: what it had given the kernel reaches Redis, in the end; otherwise it never does. */
inline die(e, late) {
  printf("%d: is killed\n", e);
  crashes++;
  do
  :: i < MESSAGES ->
    if
    :: late && MAY_STRAGGLE(i) -> straggler[AT(i, memory_copy[OF(e, i)])] = own_fence[e]
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
    :: answer[i] == PUMP(e) || answer[i] == LATE(e) -> answer[i] = 0
    :: else
    fi;
    i++
  :: else -> break
  od;
  i = 0;
  record = (record == e -> DEAD : record); changed[e] = 0;
  raised_by = (raised_by == e -> DEAD : raised_by);
  clear(e)
}

proctype Engine(byte e) {
  byte op, m, c;
end:
  do
  /* watch_leases, look_at_owner: the record has not changed for longer than two leases. */
  :: d_step { state[e] == IDLE && takeovers < TAKEOVERS && ANY(UNFINISHED) && (takeovers > 0 || e == 0) ->
      if
      :: record != NOBODY -> outwait_lease(e)
      :: else
      fi;
      state[e] = LOOKED;
      printf("%d: holds the owner for dead\n", e) }
  :: d_step { state[e] == LOOKED && takeovers == TAKEOVERS -> state[e] = IDLE; changed[e] = 0 }
  /* claim: raise the fence. The owner may have beaten since the last look, or there may be another one by now: then it
   * is left alone. */
  :: d_step { state[e] == LOOKED && takeovers < TAKEOVERS && RECORD_CHANGED ->
      raise_fence(e); state[e] = IDLE; changed[e] = 0;
      printf("%d: raises the fence, sees that the owner lives\n", e) }
  /* Otherwise journal and doubt hash are read. */
  :: d_step { state[e] == LOOKED && takeovers < TAKEOVERS && !RECORD_CHANGED ->
      raise_fence(e); changed[e] = 0;
      takeovers++;
      own_fence[e] = takeovers;
      state[e] = CLAIMED;
      printf("%d: raises the fence and reads\n", e);
      do
      :: m < MESSAGES ->
        if
        :: place[m] == STREAM -> memory[OF(e, m)] = NEW
        :: place[m] == OPEN -> memory[OF(e, m)] = RECOVERED
        :: place[m] == INTENT -> memory[OF(e, m)] = RECOVERED_INTENT
        :: place[m] == UNANSWERED -> memory[OF(e, m)] = RECOVERED_UNANSWERED
        :: place[m] == DOUBT -> memory[OF(e, m)] = DOUBTED_BEFORE
        :: place[m] == SETTLED
        fi;
        memory_copy[OF(e, m)] = (place[m] == SETTLED -> 0 : copy[m]);
        m++
      :: else -> break
      od;
      m = 0 }

  :: d_step { state[e] == OWNED && cuts < CUTS && ANY(UNFINISHED) ->
      cuts++; state[e] = AWAY; printf("%d: loses its connection\n", e) }
  :: d_step { state[e] != IDLE && crashes < CRASHES && ANY(UNFINISHED) -> die(e, 0) }
  :: d_step { state[e] != IDLE && crashes < CRASHES && ANY(MAY_STRAGGLE) -> die(e, 1) }
#ifdef WRONG_RESYNC
  :: d_step { late_op != 0 && late_from == e ->
      printf("redis: reads late, from the old connection:\n");
      m = late_at / COPIES; c = late_at % COPIES;
      apply(e, late_op, m, c);
      carry_nothing();
      m = 0; c = 0 }
#endif

  :: atomic {
      if
      /* heartbeat: the lease counts from its sending. The first transaction holds one. */
      :: state[e] == CLAIMED -> op = HEARTBEAT
      :: state[e] == OWNED && !lease[e] && ANY(NEEDS_LEASE) -> op = HEARTBEAT
#if MESSAGES > 1
      /* trim, behind the oldest unsettled entry */
      :: state[e] == OWNED && trimmed < MESSAGES && !IN_JOB_STREAM(trimmed) -> d_step {
          op = TRIM;
          m = trimmed;
          do
          :: m < MESSAGES && !IN_JOB_STREAM(m) -> m++
          :: else -> break
          od;
#ifdef WRONG_TRIM
          m = (m < MESSAGES -> m + 1 : m)
#endif
        }
#endif
      /* drain: nothing on the wire, no intent, no id under way. A new process takes its place. */
      :: state[e] == OWNED && crashes < CRASHES && ANY(UNFINISHED) && !ANY(BUSY) -> crashes++; op = RELEASE
      /* resync: raise the fence, which voids what the old connection may still carry; whose record is it? Then look for
       * the transaction in the journal: done, or to be done again. */
      :: state[e] == AWAY -> d_step {
#ifndef WRONG_RESYNC
          raise_fence(e);
#endif
          printf("%d: is back\n", e);
          if
          :: OUSTED -> lose(e)
          :: else ->
            state[e] = OWNED;
            op = unknown_op[e]; m = unknown_at[e] / COPIES; c = unknown_at[e] % COPIES;
            if
            :: op != 0 && unknown_done[e] -> committed(e, op, m, c); op = 0
#ifdef WRONG_HAND_OVER
            :: op == RELEASE && !unknown_done[e] -> apply(e, op, m, c); op = 0 /* done again, and forgotten */
#endif
            :: else
            fi;
            first[e] = 0; unknown_op[e] = 0; unknown_at[e] = 0; unknown_done[e] = 0
          fi
        }
      fi;
      if
      :: op != 0 -> transact(e, op, m, c)
      :: else
      fi;
      op = 0; m = 0; c = 0 }
  od
}
