#include "net/rates.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"

/* A bucket as one number: when it will be whole again. */
struct bucket {
    uint64_t key;
    uint64_t whole_ns; /* 0: free */
};

struct rates {
    pthread_mutex_t lock;
    uint64_t seed, step_ns;
    struct bucket buckets[RATES_ADDRESSES];
};

/* IPv4 addresses are where no IPv6 unicast address begins: ffff:ffff. */
static uint64_t key_of(const struct address *address) {
    uint64_t key = 0;
    if (address_is_ipv4(address)) {
        uint32_t ipv4;
        memcpy(&ipv4, address->bytes + 12, sizeof ipv4);
        return UINT64_C(0xffffffff) << 32 | ipv4;
    }
    memcpy(&key, address->bytes, sizeof key);
    return key;
}

struct rates *rates_new(uint32_t a_second, uint64_t seed) {
    struct rates *rates = calloc(1, sizeof *rates);
    if (rates == NULL) return NULL;
    pthread_mutex_init(&rates->lock, NULL);
    rates->seed = seed;
    rates->step_ns = NS_PER_S / a_second;
    return rates;
}

void rates_free(struct rates *rates) {
    if (rates == NULL) return;
    pthread_mutex_destroy(&rates->lock);
    free(rates);
}

/* The bucket of a key; if it has none, a whole one in the place of whoever owes least. */
static struct bucket *find(struct rates *rates, uint64_t key) {
    uint64_t hash = hash_bytes(&key, sizeof key, rates->seed);
    struct bucket *set = &rates->buckets[hash % (RATES_ADDRESSES / RATES_WAYS) * RATES_WAYS];
    struct bucket *least = set;
    for (struct bucket *bucket = set; bucket < set + RATES_WAYS; bucket++) {
        if (bucket->key == key && bucket->whole_ns != 0) return bucket;
        if (bucket->whole_ns < least->whole_ns) least = bucket;
    }
    *least = (struct bucket){.key = key};
    return least;
}

bool rates_take(struct rates *rates, const struct address *address, uint64_t now_ns) {
    uint64_t key = key_of(address);
    pthread_mutex_lock(&rates->lock);
    struct bucket *bucket = find(rates, key);
    uint64_t whole_ns = bucket->whole_ns > now_ns ? bucket->whole_ns : now_ns;
    bool has_one = whole_ns + rates->step_ns <= now_ns + NS_PER_S;
    if (has_one) bucket->whole_ns = whole_ns + rates->step_ns;
    pthread_mutex_unlock(&rates->lock);
    return has_one;
}
