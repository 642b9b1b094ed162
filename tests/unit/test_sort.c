/* test_sort.c - order without ties. */
#include "sim/base/sort.h"

#include <signal.h>

#include "sim/base/rng.h"
#include "tests/support/suite.h"

typedef struct Thing {
    uint32_t rank, number;
} Thing;

static gint compare_ranks(gconstpointer a, gconstpointer b)
{
    const Thing *one = a, *other = b;

    return (one->rank > other->rank) - (one->rank < other->rank);
}

START_TEST(any_order_of_the_same_things_is_sorted_into_one)
{
    Rng rng;

    rng_init(&rng, 7, "sort");
    for (guint round = 0; round < 200; round++) {
        g_autoptr(GArray) things = g_array_new(false, false, sizeof(Thing));

        for (uint32_t i = 0; i < round; i++) {
            Thing thing = {.rank = i, .number = 1000 + i};

            g_array_insert_val(things, (guint)rng_below(&rng, i + 1), thing);
        }
        sort_array(things, compare_ranks);
        for (uint32_t i = 0; i < round; i++) {
            ck_assert_uint_eq(g_array_index(things, Thing, i).rank, i);
            ck_assert_uint_eq(g_array_index(things, Thing, i).number, 1000 + i);
        }
    }
}
END_TEST

START_TEST(the_same_thing_may_be_there_twice)
{
    Thing things[] = {{2, 5}, {1, 4}, {2, 5}};

    sort_items(things, G_N_ELEMENTS(things), sizeof *things, compare_ranks);
    ck_assert_uint_eq(things[0].number, 4);
    ck_assert_uint_eq(things[2].number, 5);
}
END_TEST

START_TEST(two_things_that_compare_as_equal_end_the_program)
{
    Thing things[] = {{3, 0}, {1, 1}, {2, 2}, {1, 3}};

    sort_items(things, G_N_ELEMENTS(things), sizeof *things, compare_ranks);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sort");
    TCase *tests = tcase_create("sort");

    tcase_add_test(tests, any_order_of_the_same_things_is_sorted_into_one);
    tcase_add_test(tests, the_same_thing_may_be_there_twice);
    tcase_add_test_raise_signal(tests, two_things_that_compare_as_equal_end_the_program, SIGABRT);
    suite_add_tcase(suite, tests);
    return suite;
}
