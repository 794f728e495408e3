/*
 * unwanted: keys that nobody wants -- a model of the argument in src/ring/unwanted.c.
 *
 * One key, one shard with its ring, two threads that push, and a client that subscribes and goes away
 * by turns. A step is one access to shared memory, sequentially consistent. Credits are left out (see
 * push.pml), and the table is one bit: that its entries are read whole is what unwanted.c, (1), says
 * and tests/stress/unwanted.c checks.
 *
 * Sizes:    -DTURNS= changes of the client's mind; -DN0= -DN1= messages of each thread.
 * Variants: -DOTHER another shard takes every message, so that each is numbered; -DNONE the shard has
 *           no other subscription, so that its ring wants nothing while the client is away.
 * Faults:   -DFAULT=x, one of the names below; ./run shows that each is caught.
 */
#ifndef TURNS
#define TURNS 3
#endif
#ifndef N0
#define N0 2
#endif
#ifndef N1
#define N1 1
#endif
#ifndef FAULT
#define FAULT NONE_AT_ALL
#endif
mtype = { NONE_AT_ALL,
    NO_FENCE, NO_SINCE, SINCE_FIRST,                        /* the worker: what was on the ring */
    NO_STRIPE_TO_PUT, PUT_AFTER_STRIPE, LATE_DROP,          /* the worker: its table */
    NO_ANNOUNCEMENT, NO_NUMBER,                             /* the word of changes */
    NO_SECOND_LOOK, TRUST_CHANGING, LOOK_FIRST };           /* the push */

#define SLOTS 4                 /* of the ring: more than all messages */

bit  stripe;
byte seq;                       /* of the key: the order of what was numbered */
byte changes;                   /* ... of who wants what */
bit  changing;                  /* one word with `changes`: read at once */
bit  unwanted;                  /* the key is in the shard's table */
bit  wanted = 1;                /* the shard wants pushes at all */
byte head, tail;                /* of the ring; slot n is written when used[n] */
bit  used[SLOTS];
byte slot_seq[SLOTS], slot_by[SLOTS], slot_nth[SLOTS], slot_echo[SLOTS];

/* The worker's own. */
byte fence, since;              /* messages before them are for nobody */
bit  subscribed;

/* The client, and what it knows. */
byte asked;                     /* changes of its mind; odd: it subscribes */
byte done;                      /* those that the worker has served */
byte echoed;                    /* the `asked` whose echo it has read; 0: none, or it is leaving */

/* The monitor. */
byte skipped[2];                /* of each thread: its last message that passed by the ring */
byte skipped_seq;               /* of the key: the last such one */
byte delivered_in[2], delivered;/* the subscription that got a message, of each thread and of any */

/* A message passes by the ring: nobody who has read its echo misses it, and nobody who got the one
 * before it. */
inline passes_by() {
    assert(!(echo && echo == echoed));
    assert(!(subscribed && delivered_in[me] == done));
    skipped[me] = nth
}

inline change_begins() {
    if :: FAULT != NO_ANNOUNCEMENT -> changing = 1 :: else fi
}

inline change_over() {
    atomic { changing = 0; if :: FAULT != NO_NUMBER -> changes++ :: else fi }
}

/* Who takes it: the number first, then the ring, then the table. */
inline ask() {
    if
    :: FAULT != LOOK_FIRST ->
        atomic { number = changes; trusted = !changing || FAULT == TRUST_CHANGING }
    :: else
    fi;
    takes = wanted;
    if :: takes -> takes = !unwanted :: else fi;
    if
    :: FAULT == LOOK_FIRST -> atomic { number = changes; trusted = !changing }
    :: else
    fi
}

inline ask_again() {
    if
    :: atomic { trusted && number == changes && (!changing || FAULT == TRUST_CHANGING) -> skip }
    :: else -> ask()
    fi
}

proctype push(bit me; byte count) {
    byte nth, number, echo, at;
    bit takes, trusted;

    do
    :: nth == count -> break
    :: else ->
        d_step { nth++; echo = echoed };
#ifdef OTHER
        ask();
#else
        /* rings_skip: if none takes it, that is all; it is as if it were made when it looked */
        atomic { number = changes; trusted = !changing || FAULT == TRUST_CHANGING };
        atomic { takes = wanted; if :: !takes -> passes_by() :: else fi };
        if
        :: takes -> atomic { takes = !unwanted; if :: !takes -> passes_by() :: else fi }
        :: else
        fi;
        if :: !takes -> goto next :: else fi;
        if :: FAULT == LOOK_FIRST -> atomic { number = changes; trusted = !changing } :: else fi;
#endif
        atomic { stripe == 0 -> stripe = 1 };
        if :: FAULT != NO_SECOND_LOOK -> ask_again() :: else fi;
        if
        :: takes ->
            atomic { at = tail; tail++ };
            d_step {
                slot_seq[at] = seq + 1; slot_by[at] = me; slot_nth[at] = nth; slot_echo[at] = echo;
                used[at] = 1
            }
        :: else ->
            d_step {
                passes_by();
                assert(!(subscribed && delivered == done));
                skipped_seq = seq + 1
            }
        fi;
        atomic { seq++; at = 0; stripe = 0 };
next:   atomic { takes = 0; number = 0; trusted = 0; echo = 0 }
    od
}

/* rings_want, when the first subscription of the shard comes. */
inline want() {
    if :: FAULT == SINCE_FIRST -> since = tail :: else fi;
    wanted = 1;
    changes++;
    if :: FAULT != SINCE_FIRST && FAULT != NO_SINCE -> since = tail :: else fi
}

inline drop() {
    if
    :: unwanted -> change_begins(); unwanted = 0; change_over()
    :: else
    fi
}

inline serve() {
    if
    :: (done + 1) % 2 == 1 ->   /* subscribe: first the table, then the echo */
#ifdef NONE
        want();
#endif
        if :: FAULT != LATE_DROP -> drop() :: else fi;
        atomic { subscribed = 1; done++ };
        if :: FAULT == LATE_DROP -> drop() :: else fi
    :: else ->
        atomic { subscribed = 0; done++ };
#ifdef NONE
        wanted = 0;
        changes++
#endif
    fi
}

/* rings_unwant_key, for a message that reached nobody. */
inline put() {
    atomic {
        if
        :: unwanted || (stripe && FAULT != NO_STRIPE_TO_PUT)
        :: else -> mine = 1; if :: FAULT != NO_STRIPE_TO_PUT -> stripe = 1 :: else fi
        fi
    };
    if
    :: mine ->
        fence = tail;
        change_begins();
        unwanted = 1;
        if :: FAULT == PUT_AFTER_STRIPE -> stripe = 0 :: else fi;
        change_over();
        if
        :: FAULT != NO_STRIPE_TO_PUT && FAULT != PUT_AFTER_STRIPE -> stripe = 0
        :: else
        fi;
        mine = 0
    :: else
    fi
}

/* A message comes from the ring. */
inline look_at_message() {
    d_step {
        early = (head < fence && FAULT != NO_FENCE) || head < since;
        reached = subscribed && !early;
        if
        :: reached ->
            assert(slot_nth[head] > skipped[slot_by[head]]);    /* none after it has passed by */
            assert(slot_seq[head] > skipped_seq);
            delivered_in[slot_by[head]] = done;
            delivered = done
        :: else ->
            assert(!(slot_echo[head] && slot_echo[head] == echoed));
            assert(!(subscribed && delivered_in[slot_by[head]] == done));
            assert(!(subscribed && delivered == done))
        fi;
        head++
    }
}

proctype worker() {
    bit early, reached, mine;
end:
    do
    :: done < asked -> serve()
    :: head < tail && used[head] ->
        look_at_message();
        if :: !early && !reached -> put() :: else fi;
        d_step { early = 0; reached = 0 }
    od
}

proctype client() {
    do
    :: asked == TURNS -> break
    :: else ->
        d_step { echoed = 0; asked++ };
        done == asked;
        if :: asked % 2 == 1 -> echoed = asked :: else fi
    od
}

init {
    atomic {
#ifdef NONE
        wanted = 0;
#endif
        run worker(); run client(); run push(0, N0); run push(1, N1)
    };
    timeout;
    assert(head == tail && !stripe && !changing)
}
