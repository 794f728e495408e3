#include "load/choice.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"

int choice_init(struct choice *choice, enum load_keys keys, double zipf, uint32_t symbols,
                uint32_t publisher, uint32_t publishers) {
    *choice = (struct choice){.keys = keys, .first = publisher, .step = publishers};
    choice->count = publisher < symbols ? (symbols - publisher - 1) / publishers + 1 : 0;
    if (keys != LOAD_KEYS_ZIPF) return 0;
    choice->up_to = malloc(((size_t)choice->count + 1) * sizeof *choice->up_to);
    if (!choice->up_to) return -1;
    double sum = 0;
    for (uint32_t i = 0; i < choice->count; i++) {
        sum += pow((double)publisher + (double)i * publishers + 1, -zipf);
        choice->up_to[i] = sum;
    }
    for (uint32_t i = 0; i < choice->count; i++) choice->up_to[i] /= sum;
    return 0;
}

void choice_fini(struct choice *choice) {
    free(choice->up_to);
    choice->up_to = NULL;
}

static uint32_t draw_zipf(const struct choice *choice, uint64_t *random) {
    double chance = random_unit(random);
    uint32_t low = 0, high = choice->count - 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (choice->up_to[middle] < chance)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t choice_next(struct choice *choice, uint64_t *random) {
    uint32_t i = 0;
    switch (choice->keys) {
    case LOAD_KEYS_HOT:
        break;
    case LOAD_KEYS_UNIFORM:
        i = random_below(random, choice->count);
        break;
    case LOAD_KEYS_ZIPF:
        i = draw_zipf(choice, random);
        break;
    case LOAD_KEYS_ALL:
        i = choice->next;
        choice->next = i + 1 < choice->count ? i + 1 : 0;
        break;
    }
    return choice->first + i * choice->step;
}
