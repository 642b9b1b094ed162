/* test_key_place.c - keys lie close to their neighbours, and a search for any of them is short. */
#include "sim/base/key_place.h"

#include <glib.h>
#include <stdbool.h>

#include "tests/support/suite.h"

enum { CAPACITY = 1 << 14, FREE = 0 };

/* Places looked at until the one for `key` in a table that holds keys + 1, or FREE. */
static guint search(uint64_t *table, uint64_t key)
{
    uint64_t at = key_place(key, CAPACITY);
    guint looks = 1;

    while (table[at] != FREE && table[at] != key + 1) {
        at = (at + KEY_STEP) & (CAPACITY - 1);
        looks++;
    }
    table[at] = key + 1;
    return looks;
}

/* As many stretches of `length` numbers, `apart` from one another, as fill half of the table. */
static void check_stretches(uint64_t length, uint64_t apart)
{
    g_autofree uint64_t *table = g_new0(uint64_t, CAPACITY);
    guint all = 0, longest = 0;

    for (uint64_t i = 0; i < CAPACITY / 2; i++) {
        search(table, i / length * apart + i % length);
    }
    for (uint64_t i = 0; i < CAPACITY / 2; i++) {
        guint looks = search(table, i / length * apart + i % length);

        all += looks;
        longest = MAX(longest, looks);
    }
    /* Half full, places picked at random one by one: 1.5 (Knuth, 6.4). */
    ck_assert_uint_lt(all, 2 * CAPACITY / 2);
    ck_assert_uint_lt(longest, 64);
}

START_TEST(searches_are_short_however_keys_are_numbered)
{
    check_stretches(CAPACITY, 0);
    check_stretches(1000, 1 << 24);
    check_stretches(1000, 1 << 14);
    check_stretches(100, 1 << 10);
    check_stretches(8, 1 << 5);
}
END_TEST

START_TEST(eight_neighbours_lie_side_by_side)
{
    for (uint64_t key = 0; key < 8000; key++) {
        uint64_t first = key_place(key & ~UINT64_C(7), CAPACITY);

        ck_assert_uint_eq(first % 8, 0);
        ck_assert_uint_eq(key_place(key, CAPACITY), first + key % 8);
    }
}
END_TEST

START_TEST(a_search_comes_to_each_place)
{
    g_autofree bool *was_at = g_new0(bool, CAPACITY);
    uint64_t at = key_place(41, CAPACITY);

    for (guint i = 0; i < CAPACITY; i++) {
        ck_assert(!was_at[at]);
        was_at[at] = true;
        at = (at + KEY_STEP) & (CAPACITY - 1);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("key_place");
    TCase *cases = tcase_create("key_place");

    tcase_add_test(cases, searches_are_short_however_keys_are_numbered);
    tcase_add_test(cases, eight_neighbours_lie_side_by_side);
    tcase_add_test(cases, a_search_comes_to_each_place);
    suite_add_tcase(suite, cases);
    return suite;
}
