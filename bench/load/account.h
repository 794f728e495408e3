/*
 * What one connection is owed, and what came. Each key's messages have numbers that rise by one; a
 * number that is skipped is a hole, which is loss until it comes late. Holes are kept as ranges, so
 * that duplicates and late messages are told apart however late they are.
 *
 * Each key is owed from a number on: the one that was published when the subscription was in force.
 * Older messages may come as well if they were under way; from the first on there must be no hole.
 * Each key is also counted from a number on, which is that of its first message after the warm-up:
 * what is wrong with older ones is kept, but not counted. Pure. One thread.
 */
#ifndef BENCH_LOAD_ACCOUNT_H
#define BENCH_LOAD_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#define ACCOUNT_HOLES_MAX 65536 /**< ranges; beyond, what is lost is not known to come late */

struct account_hole {
    uint32_t symbol;
    uint64_t from, to;
};

struct account {
    const uint32_t *symbols; /**< that it wants, rising */
    uint32_t count;
    uint32_t publishers;
    uint64_t *next;    /**< by place among `symbols`; see account.c */
    uint64_t *highest; /**< by publisher: 1 + the highest number that came */
    struct account_hole *holes;
    uint32_t hole_count, hole_room;
    uint64_t received;   /**< each message once, warm-up included */
    uint64_t duplicated; /**< came again */
    uint64_t reordered;  /**< came after a later message of its publisher */
    uint64_t missing;    /**< in holes */
    uint64_t excused;    /**< not owed, because the connection was away */
};

enum account_event { ACCOUNT_NEW, ACCOUNT_DUPLICATE };

/** `symbols` must outlive it. Nothing is owed yet. 0, or -1 without memory. */
int account_init(struct account *account, const uint32_t *symbols, uint32_t count,
                 uint32_t publishers);
void account_fini(struct account *account);

/** The symbol at `place` is owed from `number` on. What came of it before that, without a hole up
 * to now, stays as it is. */
void account_owe(struct account *account, uint32_t place, uint64_t number);
/** The connection is away: nothing more is owed; what is published until account_owe is excused. */
void account_pause(struct account *account);

/** The place of a symbol; `count` if it is not wanted. */
uint32_t account_place(const struct account *account, uint32_t symbol);

/** What is not the next number of its key. False: it came before. */
bool account_take_other(struct account *account, uint32_t place, uint64_t number, uint64_t counted);

/** A message came; those of its key are counted from `counted` on. */
static inline enum account_event account_take(struct account *account, uint32_t place,
                                              uint64_t number, uint32_t publisher, uint64_t total,
                                              uint64_t counted) {
    if (account->next[place] == number) {
        account->next[place] = number + 1;
    } else if (!account_take_other(account, place, number, counted)) {
        account->duplicated += number >= counted;
        return ACCOUNT_DUPLICATE;
    }
    account->received++;
    if (total < account->highest[publisher])
        account->reordered += number >= counted;
    else
        account->highest[publisher] = total + 1;
    return ACCOUNT_NEW;
}

/** `count` messages of one key came, numbered from `number` and `total` on. False, and nothing was
 * done, unless these are just the next ones. */
static inline bool account_take_run(struct account *account, uint32_t place, uint64_t number,
                                    uint32_t count, uint32_t publisher, uint64_t total) {
    if (account->next[place] != number || total < account->highest[publisher]) return false;
    account->next[place] = number + count;
    account->highest[publisher] = total + count;
    account->received += count;
    return true;
}

/** Messages of the symbol at `place` that are owed and have not come, apart from holes, when
 * `published` have been published and are counted from `counted` on. */
uint64_t account_tail(const struct account *account, uint32_t place, uint64_t published,
                      uint64_t counted);

/** Takes another set in place of the old: `symbols` replaces `account->symbols`, and keys in both
 * go on as they were; new ones are not owed yet. 0, or -1 without memory. */
int account_change(struct account *account, const uint32_t *symbols, uint32_t count);

#endif
