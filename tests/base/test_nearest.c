#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "base/nearest.h"

Test(nearest, a_misspelt_name_finds_its_neighbour) {
    static const char *const names[] = {"slow_time", "slow_memory", "workers", NULL};
    cr_assert(eq(str, (char *)nearest("slow_tmie", names), "slow_time"));
    cr_assert(eq(str, (char *)nearest("worker", names), "workers"));
    cr_assert(eq(str, (char *)nearest("wokrres", names), "workers"));
    cr_assert(nearest("", names) == NULL);
    cr_assert(nearest("elephant", names) == NULL);
    char longer[200];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    cr_assert(nearest(longer, names) == NULL);
}
