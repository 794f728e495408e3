#include "load/account.h"

#include <stdlib.h>
#include <string.h>

/* The number of a key that comes next, and above it what is known of the key. */
#define NOT_OWED UINT64_C(0x8000000000000000) /* nothing of it is owed, but it may come */
#define FRESH    UINT64_C(0x4000000000000000) /* owed from the number on; nothing has come yet */
#define AWAY     UINT64_C(0x2000000000000000) /* what is published until it is owed is excused */
#define NUMBER   (AWAY - 1)

int account_init(struct account *account, const uint32_t *symbols, uint32_t count,
                 uint32_t publishers) {
    *account = (struct account){.symbols = symbols, .count = count, .publishers = publishers};
    account->next = malloc(((size_t)count + 1) * sizeof *account->next);
    account->highest = calloc(publishers, sizeof *account->highest);
    if (!account->next || !account->highest) {
        account_fini(account);
        return -1;
    }
    for (uint32_t i = 0; i < count; i++) account->next[i] = NOT_OWED | FRESH;
    return 0;
}

void account_fini(struct account *account) {
    free(account->next);
    free(account->highest);
    free(account->holes);
    account->next = account->highest = NULL;
    account->holes = NULL;
}

uint32_t account_place(const struct account *account, uint32_t symbol) {
    uint32_t low = 0, count = account->count;
    while (count > 1) {
        uint32_t half = count / 2;
        if (account->symbols[low + half] <= symbol) low += half;
        count -= half;
    }
    return count && account->symbols[low] == symbol ? low : account->count;
}

void account_owe(struct account *account, uint32_t place, uint64_t number) {
    uint64_t *next = &account->next[place];
    if (!(*next & NOT_OWED)) return;
    uint64_t came = *next & NUMBER;
    if (*next & FRESH) {
        if (*next & AWAY && number > came) account->excused += number - came;
        *next = number | FRESH | (*next & AWAY);
    } else { /* it came before the subscription was known to be in force */
        *next = came;
    }
}

void account_pause(struct account *account) {
    for (uint32_t i = 0; i < account->count; i++) {
        uint64_t away = account->next[i] & NOT_OWED ? account->next[i] & AWAY : AWAY;
        account->next[i] = (account->next[i] & NUMBER) | NOT_OWED | FRESH | away;
    }
}

/* The first hole of `symbol` that ends behind `number`, or where it would be. */
static uint32_t find_hole(const struct account *account, uint32_t symbol, uint64_t number) {
    uint32_t low = 0, high = account->hole_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct account_hole *hole = &account->holes[middle];
        if (hole->symbol < symbol || (hole->symbol == symbol && hole->to <= number))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert_hole(struct account *account, uint32_t at, struct account_hole hole) {
    if (account->hole_count == account->hole_room) {
        uint32_t room = account->hole_room ? 2 * account->hole_room : 16;
        struct account_hole *holes =
            room > ACCOUNT_HOLES_MAX ? NULL : realloc(account->holes, room * sizeof *holes);
        if (!holes) return;
        account->holes = holes;
        account->hole_room = room;
    }
    memmove(account->holes + at + 1, account->holes + at,
            (account->hole_count - at) * sizeof *account->holes);
    account->holes[at] = hole;
    account->hole_count++;
}

/* All from `from` to before `to` are missing so far. */
static void make_hole(struct account *account, uint32_t symbol, uint64_t from, uint64_t to,
                      uint64_t counted) {
    if (to > counted) account->missing += to - (from > counted ? from : counted);
    insert_hole(account, find_hole(account, symbol, from), (struct account_hole){symbol, from, to});
}

/* True if `number` was missing; it is no more. */
static bool fill_hole(struct account *account, uint32_t symbol, uint64_t number, uint64_t counted) {
    uint32_t at = find_hole(account, symbol, number);
    if (at == account->hole_count) return false;
    struct account_hole *hole = &account->holes[at];
    if (hole->symbol != symbol || hole->from > number) return false;
    account->missing -= number >= counted;
    struct account_hole rest = {symbol, number + 1, hole->to};
    if (hole->from == number) {
        hole->from++;
        if (hole->from < hole->to) return true;
        account->hole_count--;
        memmove(hole, hole + 1, (account->hole_count - at) * sizeof *hole);
        return true;
    }
    hole->to = number;
    if (rest.from < rest.to) insert_hole(account, at + 1, rest);
    return true;
}

bool account_take_other(struct account *account, uint32_t place, uint64_t number,
                        uint64_t counted) {
    uint64_t *next = &account->next[place], expected = *next & NUMBER;
    uint32_t symbol = account->symbols[place];
    if (*next & FRESH) {
        bool owed = !(*next & NOT_OWED);
        if (owed && *next & AWAY && number < expected) { /* it was under way, and needs no excuse */
            uint64_t came = expected - number;
            account->excused -= came < account->excused ? came : account->excused;
        }
        if (owed && number > expected) make_hole(account, symbol, expected, number, counted);
        *next = (number + 1) | (*next & NOT_OWED);
        return true;
    }
    if (number < expected) return fill_hole(account, symbol, number, counted);
    if (number > expected) make_hole(account, symbol, expected, number, counted);
    *next = (number + 1) | (*next & NOT_OWED);
    return true;
}

uint64_t account_tail(const struct account *account, uint32_t place, uint64_t published,
                      uint64_t counted) {
    uint64_t next = account->next[place];
    if (next & NOT_OWED) return 0;
    next &= NUMBER;
    if (next < counted) next = counted;
    return published > next ? published - next : 0;
}

int account_change(struct account *account, const uint32_t *symbols, uint32_t count) {
    uint64_t *next = malloc(((size_t)count + 1) * sizeof *next);
    if (!next) return -1;
    for (uint32_t i = 0, old = 0; i < count; i++) {
        while (old < account->count && account->symbols[old] < symbols[i]) old++;
        bool both = old < account->count && account->symbols[old] == symbols[i];
        next[i] = both ? account->next[old] : NOT_OWED | FRESH;
    }
    free(account->next);
    account->next = next;
    account->symbols = symbols;
    account->count = count;
    return 0;
}
