/* test_pool.c - items are zeroed, distinct, aligned and used again. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/pool.h"
#include "sim/base/rng.h"
#include "tests/support/suite.h"

START_TEST(an_item_is_zeroed_even_when_used_before)
{
    static const char zeros[40];
    Pool *pool = pool_new("items", sizeof(zeros));
    void *item = pool_take(pool);

    ck_assert_mem_eq(item, zeros, sizeof(zeros));
    memset(item, 0xff, sizeof(zeros));
    pool_give(pool, item);
    ck_assert_mem_eq(pool_take(pool), zeros, sizeof(zeros));
    pool_free(pool);
}
END_TEST

START_TEST(the_newest_given_is_taken_first)
{
    Pool *pool = pool_new("items", 24);
    void *first = pool_take(pool);
    void *second = pool_take(pool);

    pool_give(pool, first);
    pool_give(pool, second);
    ck_assert_ptr_eq(pool_take(pool), second);
    ck_assert_ptr_eq(pool_take(pool), first);
    pool_free(pool);
}
END_TEST

START_TEST(items_out_are_counted)
{
    Pool *pool = pool_new("items", 1);
    void *item = pool_take(pool);

    pool_take(pool);
    ck_assert_uint_eq(pool_count_out(pool), 2);
    pool_give(pool, item);
    pool_give(pool, NULL);
    ck_assert_uint_eq(pool_count_out(pool), 1);
    pool_free(pool);
}
END_TEST

START_TEST(a_pool_frees_nothing_when_there_is_none)
{
    pool_free(NULL);
}
END_TEST

/* Takes and gives at random and keeps a mark in each item: an item handed out twice would carry
 * two. */
START_TEST(no_item_is_out_twice)
{
    enum { MOST = 5000, STEPS = 200000 };
    static const size_t sizes[] = {1, 8, 17, 64, 1000};
    size_t size = sizes[_i];
    Pool *pool = pool_new("items", size);
    unsigned char **out = calloc(MOST, sizeof(*out));
    size_t count = 0;
    size_t wrong = 0;
    Rng rng;

    rng_init(&rng, 9, "pool");
    for (int i = 0; i < STEPS; i++) {
        if (count < MOST && rng_below(&rng, 100) < (i < STEPS / 2 ? 60u : 40u)) {
            out[count] = pool_take(pool);
            wrong += (uintptr_t)out[count] % 16 != 0 || out[count][0] != 0;
            memset(out[count], 0xa5, size);
            count++;
        } else if (count > 0) {
            size_t victim = (size_t)rng_below(&rng, count);

            wrong += out[victim][0] != 0xa5 || out[victim][size - 1] != 0xa5;
            pool_give(pool, out[victim]);
            out[victim] = out[--count];
        }
        wrong += pool_count_out(pool) != count;
    }
    ck_assert_uint_eq(wrong, 0);
    free(out);
    pool_free(pool);
}
END_TEST

/* GLib's last words would be read as part of the test report. */
static void silence(void)
{
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
}

/* Our own bug, caught: more items come back than went out. */
START_TEST(giving_back_too_much_stops_the_program)
{
    Pool *pool = pool_new("items", 16);
    void *item = pool_take(pool);

    silence();
    pool_give(pool, item);
    pool_give(pool, item);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("pool");
    TCase *tests = tcase_create("pool");

    tcase_add_test(tests, an_item_is_zeroed_even_when_used_before);
    tcase_add_test(tests, the_newest_given_is_taken_first);
    tcase_add_test(tests, items_out_are_counted);
    tcase_add_test(tests, a_pool_frees_nothing_when_there_is_none);
    tcase_add_loop_test(tests, no_item_is_out_twice, 0, 5);
    tcase_add_test_raise_signal(tests, giving_back_too_much_stops_the_program, SIGABRT);
    suite_add_tcase(suite, tests);
    return suite;
}
