/*
 * push: one order, all or none, never waiting -- a model of src/ring, with the draining of a ring
 * and the stop. Names of its steps stand in brackets there.
 *
 * Two workers, each the only consumer of its ring and the home of one network publisher; up to two
 * outside producers (any other threads); perhaps a thread that calls stop. A step is one access to
 * shared memory, sequentially consistent (what seq_cst promises). A credit is a slot, bytes are
 * left out, and a timer "may fire whenever somebody waits for it".
 *
 * Sizes:    -DCAP= slots a ring (1, 2); -DPUB0= -DPUB1= -DOUT0= -DOUT1= messages a producer (0..3).
 * Variants: -DSTOP; -DBEHIND a worker may postpone its ring for a lagging member; -DCLOSING the
 *           connection of a parked publisher may close; -DONEKEY one stripe; -DFAR publisher 0
 *           uses the other worker's ring only; -DLOOP outside producers never rest and never wait
 *           (for the property `served`).
 * Faults:   -DFAULT=x, one of the names below; ./run shows that each is caught, but NO_EMPTY and
 *           STOP_SILENT, which turn out to be harmless.
 */
#ifndef CAP
#define CAP 1
#endif
#ifndef PUB0
#define PUB0 1
#endif
#ifndef PUB1
#define PUB1 1
#endif
#ifndef OUT0
#define OUT0 1
#endif
#ifndef OUT1
#define OUT1 0
#endif
#ifndef FAULT
#define FAULT NONE
#endif
mtype = { NONE,
    NO_STRIPE, HOLD, CLOSED_EARLY, PARTIAL, LEAK, SIGNAL_EARLY,                /* the push */
    CLEAR_FIRST, CLEAR_LATE, NO_LEFTOVER, BEHIND_SLEEPS, QUARTER, NO_EMPTY,    /* the wake-up */
    NO_SECOND_TRY, SILENT_GIVE, SKIP_SELF, NO_TIMER, ACK_PARKED,               /* parking */
    NO_PRIORITY, NO_PEEK, SILENT_CLEAR, OUTSIDE_REFUSES,                       /* the masks */
    NO_BARRIER, END_LATE, DROP_KEEPS_BIT, STOP_SILENT };                       /* stop */

#ifdef ONEKEY
#define KEY(p, n) 0
#else
#define KEY(p, n) (((p) + (n)) & 1)
#endif
#ifdef FAR
#define WANTS(p, r) ((p) != 0 || (r) == 1)
#else
#define WANTS(p, r) true
#endif

#define BIT(w)   (1 << (w))     /* a waiter mask holds one bit for each worker ... */
#define WORKERS  3
#define OUTSIDE  4              /* ... and one for all threads outside, which refuses nobody */
#define REFUSED(r, own) ((mask[r] & (FAULT == OUTSIDE_REFUSES -> 7 : WORKERS)) && !(mask[r] & (own)))
#define WRITTEN(r) (slot[2 * (r) + head[r]])    /* something to pop */

#define OK      0               /* what a push answers */
#define AGAIN   1
#define CLOSED  2

#define RUNNING   0             /* phases of stop; STOPPING: publishers are no longer read */
#define STOPPING  1
#define HALF      2             /* half the deadline is over: parked messages are given up */
#define REFUSING  3             /* pushes answer CLOSED */
#define DRAINING  4             /* no push is in flight: drain, then end */

byte phase;
bit  stripe[2];                 /* the lock of a key */
byte seq[2];                    /* ... and its counter */
byte credit[2] = CAP;           /* free slots of a ring */
byte mask[2];                   /* who waits for credits of a ring */
byte slot[4], slot_seq[4];      /* ring r has slots 2r .. 2r+CAP-1; 0: not (yet) written */
bit  head[2], tail[2];
bit  flag[2], efd[2];           /* `signalled` and the eventfd of a worker */
bit  parked[2];                 /* a worker keeps a message of its publisher */
bit  listed[2];                 /* ... which met a busy stripe: retry list and timer */
bit  woken[2];                  /* stands for the generation that an outside thread sleeps on */
byte ended;                     /* workers and outside producers that have returned */

/* What the monitor knows: by producer (0, 1: publishers; 2, 3: outside), by ring, by key. */
byte sent[4], accepted[4], acked[2], dropped[2], got[8], next_seq[4];

/* Wake a worker: write the eventfd only if the exchange finds the flag clear. */
inline signal(w) {
    if :: flag[w] :: atomic { !flag[w] -> flag[w] = 1 }; efd[w] = 1 fi
}

/* Wake every thread in tickcast_wait: take the bit away, and only then advance the generation. */
inline wake_outside(r) {
    mask[r] = mask[r] & ~OUTSIDE;
    d_step { woken[0] = 1; woken[1] = 1 }
}

/* After giving credits back to ring r: wake those who wait for them. */
inline look(r, except) {
    seen = mask[r] & ~(except);
    do
    :: seen & BIT(0) -> seen = seen - BIT(0); signal(0)
    :: !(seen & BIT(0)) && (seen & BIT(1)) -> seen = seen - BIT(1); signal(1)
    :: seen == OUTSIDE -> seen = 0; wake_outside(r)
    :: seen == 0 -> break
    od
}

/* Before the stripe is taken: must ring r refuse? Takes nothing. */
inline peek(me, own, r) {
    atomic {
        if
        :: FAULT == NO_PEEK || res != OK || !WANTS(me, r)
        :: FAULT != NO_PEEK && FAULT != NO_PRIORITY && res == OK && WANTS(me, r) && REFUSED(r, own) ->
            res = AGAIN; short_of = r
        :: else -> may = 1
        fi
    };
    atomic {
        if
        :: may && credit[r] == 0 -> res = AGAIN; short_of = r
        :: else
        fi;
        may = 0
    }
}

inline reserve(me, own, r) {
    atomic {                    /* a mask that is not empty is for those who wait there */
        if
        :: res != OK || !WANTS(me, r)
        :: FAULT != NO_PRIORITY && res == OK && WANTS(me, r) && REFUSED(r, own) ->
            res = AGAIN; short_of = r
        :: else -> may = 1
        fi
    };
    atomic {
        if
        :: !may
        :: may && credit[r] > 0 -> credit[r]--; held = held | BIT(r); may = 0
        :: else -> res = AGAIN; short_of = r; may = 0
        fi
    }
}

inline enqueue(me, r) {
    if
    :: !(held & BIT(r))
    :: else ->
        atomic { at = 2 * (r) + tail[r]; tail[r] = (tail[r] + 1) % CAP };
        atomic {                /* claimed above, written here: another key may come between */
            assert(slot[at] == 0);
#ifdef LOOP
            slot[at] = 1;
#else
            slot[at] = 1 + 4 * (me) + accepted[me]; slot_seq[at] = seq[k];
#endif
            at = 0
        }
    fi
}

inline signal_held() {
    if :: held & BIT(0) -> signal(0) :: else fi;
    if :: held & BIT(1) -> signal(1) :: else fi
}

/* The push, with stripe k held. Answers in `res`; `short_of` is the ring that lacked a credit. */
inline push_locked(me, own) {
    if :: FAULT != CLOSED_EARLY && phase >= REFUSING -> res = CLOSED :: else fi;
    reserve(me, own, 0); reserve(me, own, 1);       /* in ascending order */
    if :: FAULT == PARTIAL && res == AGAIN && held -> res = OK :: else fi;
    if :: FAULT == SIGNAL_EARLY && res == OK -> signal_held() :: else fi;
    if
    :: res == OK -> enqueue(me, 0); enqueue(me, 1)
    :: res == AGAIN && FAULT != LEAK ->
        if :: held & BIT(0) -> credit[0]++ :: else fi;
        if :: held & BIT(1) -> credit[1]++ :: else fi
    :: else
    fi;
    atomic {                    /* the last store under the stripe; the counters are its holder's */
#ifndef LOOP
        if :: res == OK -> seq[k]++; accepted[me]++ :: else fi;
#endif
        stripe[k] = 0
    };
    if                          /* wake-ups are written after unlocking */
    :: res == OK && FAULT != SIGNAL_EARLY -> signal_held()
    :: res == AGAIN && FAULT != SILENT_GIVE ->
        if :: held & BIT(0) -> look(0, 0) :: else fi;
        if :: held & BIT(1) -> look(1, 0) :: else fi
    :: else
    fi;
    held = 0
}

/* The worker waits for ring r no longer; somebody may have been refused because of its bit. */
inline clear_bit(r, own) {
    if
    :: mask[r] & (own) ->
        mask[r] = mask[r] & ~(own);
        if :: FAULT != SILENT_CLEAR && (mask[r] & OUTSIDE) -> wake_outside(r) :: else fi
    :: else
    fi
}

proctype worker(byte w) {
    byte k, res, short_of, held, at, seen, taken;
    bit may, again, to_pop, behind, last;

end_idle:
    do
    :: atomic {                 /* the event: written, or re-activated by a leftover */
        efd[w] || again -> again = 0;
        if :: FAULT == CLEAR_FIRST -> flag[w] = 0 :: else -> efd[w] = 0 fi };
        atomic { if :: FAULT == CLEAR_FIRST -> efd[w] = 0
                    :: FAULT == CLEAR_LATE
                    :: else -> flag[w] = 0 fi };
        last = (phase == DRAINING && FAULT != END_LATE);        /* read before the last pop */
        if
        :: parked[w] && !last -> to_pop = 1; goto try
        :: parked[w] && last -> to_pop = 1; goto drop           /* nothing stays parked */
        :: else -> goto pop
        fi
    :: atomic {                 /* the publisher's socket is readable */
        phase == RUNNING && !parked[w] && sent[w] < (w == 0 -> PUB0 : PUB1) ->
        parked[w] = 1; sent[w]++; k = KEY(w, sent[w] - 1); goto try }
    :: listed[w] && FAULT != NO_TIMER -> goto try
    :: phase >= HALF && parked[w] -> goto drop
#ifdef CLOSING
    :: parked[w] && !listed[w] -> goto drop
#endif
    od;

try:
    if :: FAULT == CLOSED_EARLY && phase >= REFUSING -> goto drop :: else fi;
    peek(w, BIT(w), 0); peek(w, BIT(w), 1);
    if
    :: res == AGAIN -> listed[w] = 0; if :: phase >= REFUSING -> res = CLOSED :: else fi; goto answered
    :: else
    fi;
    atomic {                    /* never waits: 64 tries stand for one */
        if
        :: FAULT == NO_STRIPE -> listed[w] = 0
        :: FAULT != NO_STRIPE && stripe[k] == 0 -> stripe[k] = 1; listed[w] = 0
        :: FAULT != NO_STRIPE && FAULT != HOLD && stripe[k] -> listed[w] = 1; goto tried
        fi
    };
    push_locked(w, BIT(w));
answered:
    if
    :: res == OK ->
        atomic { parked[w] = 0; acked[w]++ };
        clear_bit(0, BIT(w)); clear_bit(1, BIT(w))
    :: res == CLOSED -> goto drop
    :: res == AGAIN && (mask[short_of] & BIT(w))    /* the bit was set before this try: parked */
    :: res == AGAIN && !(mask[short_of] & BIT(w)) ->
        /* set this bit too (bits stay until the message is placed), then try once more */
        if :: FAULT == ACK_PARKED -> acked[w]++ :: else fi;
        mask[short_of] = mask[short_of] | BIT(w);
        if :: FAULT != NO_SECOND_TRY -> res = OK; goto try :: else fi
    fi;
tried:
    atomic { res = OK; short_of = 0; if :: to_pop -> to_pop = 0; goto pop :: else -> goto end_idle fi };

drop:                           /* counted, answered with an error, never acknowledged */
    atomic { parked[w] = 0; listed[w] = 0; dropped[w]++ };
    if :: FAULT != DROP_KEEPS_BIT -> clear_bit(0, BIT(w)); clear_bit(1, BIT(w)) :: else fi;
    goto tried;

pop:
#ifdef BEHIND                   /* flush first */
    if :: !behind && WRITTEN(w) -> behind = 1; goto leftover :: behind = 0 fi;
#endif
    do
    :: atomic {
        taken < CAP && WRITTEN(w) -> at = 2 * w + head[w];
#ifndef LOOP
        held = (slot[at] - 1) / 4; seen = (slot[at] - 1) % 4;
        assert(seen == got[4 * w + held]);          /* once, and in the publisher's order */
        got[4 * w + held]++;
        seen = 2 * w + KEY(held, seen);
        assert(slot_seq[at] >= next_seq[seen]);     /* in the order of the key */
        next_seq[seen] = slot_seq[at] + 1;
#endif
        slot[at] = 0; slot_seq[at] = 0; head[w] = (head[w] + 1) % CAP; taken++;
        held = 0; seen = 0; at = 0;
        if :: FAULT == NO_LEFTOVER -> break :: else fi }
    :: else -> break
    od;
    if
    :: taken ->                 /* QUARTER: free slots are counted before giving back */
        if :: FAULT == QUARTER -> may = (credit[w] > 0) :: else fi;
        atomic { credit[w] = credit[w] + taken; taken = 0 };
        if :: FAULT != QUARTER -> may = (credit[w] > 0) :: else fi;
        if :: FAULT != QUARTER && FAULT != NO_EMPTY && !WRITTEN(w) -> may = 1 :: else fi;
        if :: may -> look(w, BIT(w) * (FAULT == SKIP_SELF)) :: else fi;
        may = 0
    :: else
    fi;
leftover:
    if :: FAULT == CLEAR_LATE -> flag[w] = 0 :: else fi;
    if
    :: WRITTEN(w) ->
        again = !(FAULT == NO_LEFTOVER || (FAULT == BEHIND_SLEEPS && behind)); goto end_idle
    :: else -> if :: FAULT == END_LATE -> last = (phase == DRAINING) :: else fi;
        if :: last && !parked[w] -> ended++ :: else -> goto end_idle fi
    fi
}

proctype outside(byte o) {
    byte k, res, short_of, held, at, seen;
    bit may;

    do
#ifdef LOOP
    :: true ->
#else
    :: res == CLOSED || sent[2 + o] == (o == 0 -> OUT0 : OUT1) -> break
    :: else ->
#endif
        k = KEY(2 + o, sent[2 + o]);
        peek(2 + o, 0, 0); peek(2 + o, 0, 1);
        if                      /* a refusal does not need the stripe */
        :: res == AGAIN -> if :: phase >= REFUSING -> res = CLOSED :: else fi; goto refused
        :: else
        fi;
        if :: FAULT == CLOSED_EARLY && phase >= REFUSING -> break :: else fi;
        atomic { FAULT == NO_STRIPE || stripe[k] == 0 -> stripe[k] = 1 };
        /* HOLD: "only one more credit", waits with the stripe in its hand */
        FAULT != HOLD || (credit[0] > 0 && credit[1] > 0) || phase >= REFUSING;
        push_locked(2 + o, 0);
refused:
        if
#ifdef LOOP
        :: res == OK
#else
        :: res == OK -> sent[2 + o]++
#endif
        :: res == CLOSED
        :: res == AGAIN ->
            atomic { res = OK; short_of = 0 };
#ifndef LOOP
            woken[o] = 0;                           /* tickcast_wait: reads the generation */
            mask[0] = mask[0] | OUTSIDE;
            mask[1] = mask[1] | OUTSIDE;
            if                                      /* would a push succeed? */
            :: phase >= REFUSING
            :: else ->
                if
                :: credit[0] == 0 || REFUSED(0, 0) -> woken[o]
                :: else -> if :: credit[1] == 0 || REFUSED(1, 0) -> woken[o] :: else fi
                fi
            fi
#endif
        fi
    od;
    ended++
}

#ifdef STOP
proctype stop() {
    phase = STOPPING;
    phase = HALF;                                   /* each worker's own timer */
    phase = REFUSING;
    if
    :: FAULT != NO_BARRIER ->
        atomic { stripe[0] == 0 -> stripe[0] = 1 }; stripe[0] = 0;
        atomic { stripe[1] == 0 -> stripe[1] = 1 }; stripe[1] = 0
    :: else
    fi;
    if :: FAULT != STOP_SILENT -> wake_outside(0) :: else fi;
    phase = DRAINING; signal(0); signal(1)
}
#endif

/* Nothing can move any more: then everything has to be in its place. */
init {
    byte p;
    atomic {
        run worker(0); run worker(1); run outside(0);
        if :: OUT1 > 0 -> run outside(1) :: else -> ended++ fi;
#ifdef STOP
        run stop()
#endif
    };
    timeout;
    d_step {
        assert(!parked[0] && !parked[1]);           /* nobody sleeps beside a free ring */
        assert(credit[0] == CAP && credit[1] == CAP);
        assert(!(mask[0] & WORKERS) && !(mask[1] & WORKERS) && !stripe[0] && !stripe[1]);
        for (p : 0 .. 3) {                          /* all or none, and nothing lost */
            assert((!WANTS(p, 0) || got[p] == accepted[p]) && (!WANTS(p, 1) || got[4 + p] == accepted[p]))
        }
        for (p : 0 .. 1) {                          /* an answer is true */
            assert(acked[p] == accepted[p] && sent[p] == acked[p] + dropped[p])
        }
#ifdef STOP
        assert(ended == 4)
#else
        assert(ended == 2 && sent[0] == PUB0 && sent[1] == PUB1)
#endif
    }
}

#ifdef LOOP
#define WAITS ((mask[0] | mask[1]) & BIT(0))
ltl served { [] (WAITS -> <> !WAITS) }              /* under weak fairness: pan -a -f */
#endif
