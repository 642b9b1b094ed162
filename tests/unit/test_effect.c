/* test_effect.c - effects fold: they commute, none is neutral, and what is left after any order of
 * ends is exactly what is still on. */
#include "sim/world/effect.h"

#include <glib.h>
#include <string.h>

#include "sim/base/rng.h"
#include "tests/support/suite.h"

static Effect effect_random(Rng *rng)
{
    Effect effect = {
        .down = rng_chance(rng, 0.2),
        .unsynced_lost = rng_chance(rng, 0.2),
        .caches_cold = rng_chance(rng, 0.2),
        .paused = rng_chance(rng, 0.2),
        .slowdown = 1 + 20 * rng_uniform(rng),
        .steal_ratio = rng_chance(rng, 0.1) ? 1 : rng_uniform(rng),
        .loss_ratio = rng_chance(rng, 0.1) ? 0 : rng_uniform(rng),
        .load_factor = 5 * rng_uniform(rng),
        .delay_added = (SimSpan)rng_below(rng, SIM_S),
        .jitter_added = (SimSpan)rng_below(rng, SIM_S),
        .clock_ahead = (SimSpan)rng_below(rng, SIM_S) - SIM_S / 2,
        .disk_read_added = (SimSpan)rng_below(rng, SIM_S),
        .disk_flush_added = (SimSpan)rng_below(rng, SIM_S),
        .disk_jitter_added = (SimSpan)rng_below(rng, SIM_S),
        .disk_slow_ratio = rng_uniform(rng),
        .disk_filled_ratio = rng_uniform(rng),
        .disk_rate_limit = (double)rng_below(rng, 3),
        .disk_ops_limit = (double)rng_below(rng, 3),
        .answer_limit_bytes = (int64_t)rng_below(rng, 3),
        .pool_size = (int64_t)rng_below(rng, 3),
        .pool_leak_per_s = (double)rng_below(rng, 3),
        .address = (uint32_t)rng_below(rng, 5),
        .about_mark = rng_next(rng),
    };

    for (guint i = 0; i < EFFECT_SHARES; i++) {
        effect.shares[i] = rng_chance(rng, 0.3) ? rng_uniform(rng) : 0;
    }
    for (guint i = 0; i < EFFECT_SPANS; i++) {
        effect.spans[i] = (SimSpan)rng_below(rng, SIM_S);
    }
    return effect;
}

START_TEST(both_commutes_to_the_last_bit)
{
    Rng rng;

    rng_init(&rng, 1, "test/effect");
    for (int i = 0; i < 20000; i++) {
        Effect a = effect_random(&rng);
        Effect b = effect_random(&rng);

        ck_assert(effect_is_same(effect_both(a, b), effect_both(b, a)));
    }
}
END_TEST

START_TEST(none_is_neutral)
{
    Rng rng;

    rng_init(&rng, 2, "test/effect");
    for (int i = 0; i < 1000; i++) {
        Effect a = effect_random(&rng);

        ck_assert(effect_is_same(effect_both(a, EFFECT_NONE), a));
        ck_assert(effect_is_same(effect_both(EFFECT_NONE, a), a));
    }
}
END_TEST

START_TEST(each_member_folds_by_its_own_rule)
{
    Effect a = {.down = true, .caches_cold = true, .slowdown = 2, .steal_ratio = 0.5};
    Effect b = {.unsynced_lost = true, .caches_cold = true, .slowdown = 5, .steal_ratio = 0.5};
    Effect both;

    a.loss_ratio = 0.2;
    b.loss_ratio = 0.5;
    a.load_factor = 3;
    b.load_factor = 0.5;
    a.delay_added = 10;
    b.delay_added = 5;
    a.jitter_added = 1;
    b.jitter_added = 2;
    a.clock_ahead = -7;
    b.clock_ahead = 3;
    a.disk_read_added = 8;
    b.disk_read_added = 4;
    a.disk_flush_added = 1;
    a.disk_jitter_added = b.disk_jitter_added = 2;
    a.disk_slow_ratio = 0.25;
    b.disk_slow_ratio = 0.5;
    a.disk_filled_ratio = 0.9;
    b.disk_filled_ratio = 0.5;
    a.disk_rate_limit = 7;
    b.disk_rate_limit = 5;
    b.disk_ops_limit = 3;
    a.shares[SHARE_DNS_DROP] = b.shares[SHARE_DNS_DROP] = 0.5;
    a.spans[SPAN_DNS_FLOOR] = 7;
    b.spans[SPAN_DNS_FLOOR] = 9;
    a.answer_limit_bytes = 100;
    b.address = 5;
    effect_set_about(&a, "DC01");
    effect_set_about(&b, "DC02");
    a.order = ORDER_STOP;
    a.order_about = "x";
    b.order = ORDER_REPLACE;
    b.order_about = "y";
    both = effect_both(a, b);
    ck_assert_double_eq(both.shares[SHARE_DNS_DROP], 0.75);
    ck_assert_int_eq(both.spans[SPAN_DNS_FLOOR], 9);
    ck_assert_int_eq(both.answer_limit_bytes, 100);
    ck_assert_uint_eq(both.address, 5);
    ck_assert(!effect_is_same(both, effect_both(a, a)));

    ck_assert(both.down && both.unsynced_lost && both.caches_cold && !both.paused);
    ck_assert_double_eq(both.slowdown, 10);
    ck_assert_double_eq(both.steal_ratio, 0.75);
    ck_assert_double_eq_tol(both.loss_ratio, 0.6, 1e-15);
    ck_assert_double_eq(both.load_factor, 1.5);
    ck_assert_int_eq(both.delay_added, 15);
    ck_assert_int_eq(both.jitter_added, 3);
    ck_assert_int_eq(both.clock_ahead, -4);
    ck_assert_int_eq(both.disk_read_added, 12);
    ck_assert_int_eq(both.disk_flush_added, 1);
    ck_assert_int_eq(both.disk_jitter_added, 4);
    ck_assert_double_eq(both.disk_slow_ratio, 0.5);
    ck_assert_double_eq(both.disk_filled_ratio, 0.9);
    ck_assert_double_eq(both.disk_rate_limit, 5);
    ck_assert_double_eq(both.disk_ops_limit, 3);
    ck_assert_int_eq(both.order, ORDER_REPLACE);
    ck_assert_str_eq(both.order_about, "y");
    a.order = ORDER_REPLACE;
    ck_assert_str_eq(effect_both(a, b).order_about, "x");
    ck_assert_str_eq(effect_both(b, a).order_about, "x");
}
END_TEST

START_TEST(a_share_of_everything_stays_everything)
{
    Rng rng;

    rng_init(&rng, 3, "test/effect");
    for (int i = 0; i < 10000; i++) {
        Effect all = EFFECT_NONE;
        Effect some = EFFECT_NONE;

        all.loss_ratio = 1;
        some.loss_ratio = rng_uniform(&rng);
        ck_assert_double_eq(effect_both(all, some).loss_ratio, 1);
        ck_assert_double_le(effect_both(some, some).loss_ratio, 1);
    }
}
END_TEST

START_TEST(a_share_of_an_effect_has_that_share_of_its_strength)
{
    Effect whole = EFFECT_NONE;
    Effect half;

    whole.slowdown = 3;
    whole.load_factor = 0.5;
    whole.loss_ratio = 0.4;
    whole.delay_added = 100;
    whole.disk_read_added = 10;
    half = effect_scale(whole, 0.5);
    ck_assert_double_eq(half.slowdown, 2);
    ck_assert_double_eq(half.load_factor, 0.75);
    ck_assert_double_eq(half.loss_ratio, 0.2);
    ck_assert_int_eq(half.delay_added, 50);
    ck_assert_int_eq(half.disk_read_added, 5);
    ck_assert(effect_is_same(effect_scale(whole, 1), whole));
    ck_assert(effect_is_same(effect_scale(whole, 0), EFFECT_NONE));
    ck_assert(effect_is_gradual(whole));
    whole.down = true;
    ck_assert(!effect_is_gradual(whole));
    ck_assert(!effect_is_gradual(EFFECT_NONE));
}
END_TEST

START_TEST(sums_stop_at_the_end_of_the_range)
{
    Effect long_one = EFFECT_NONE;

    long_one.delay_added = INT64_MAX - 1;
    long_one.clock_ahead = INT64_MIN + 1;
    ck_assert_int_eq(effect_both(long_one, long_one).delay_added, INT64_MAX);
    ck_assert_int_eq(effect_both(long_one, long_one).clock_ahead, INT64_MIN);
}
END_TEST

static Effect fold(const Effect *effects, const bool *is_on, int count)
{
    Effect sum = EFFECT_NONE;

    for (int i = 0; i < count; i++) {
        if (is_on[i]) {
            sum = effect_both(sum, effects[i]);
        }
    }
    return sum;
}

/* Five overlapping faults that end in a random order: after each end the fold of the list equals
 * the fold of those that never had the ended ones for company, and at last nothing is left. */
START_TEST(overlaps_end_in_any_order_without_a_remainder)
{
    enum { FAULTS = 5 };
    Rng rng;

    rng_init(&rng, 4, "test/effect");
    for (int round = 0; round < 2000; round++) {
        Effect effects[FAULTS];
        bool is_on[FAULTS] = {true, true, true, true, true};
        int left = FAULTS;

        for (int i = 0; i < FAULTS; i++) {
            effects[i] = effect_random(&rng);
        }
        while (left > 1) {
            int ended = (int)rng_below(&rng, FAULTS);

            left -= is_on[ended];
            is_on[ended] = false;
        }
        for (int i = 0; i < FAULTS; i++) {
            if (is_on[i]) {
                ck_assert(effect_is_same(fold(effects, is_on, FAULTS), effects[i]));
                is_on[i] = false;
            }
        }
        ck_assert(effect_is_same(fold(effects, is_on, FAULTS), EFFECT_NONE));
    }
}
END_TEST

START_TEST(any_differing_member_makes_a_difference)
{
    Effect changed[] = {EFFECT_NONE, EFFECT_NONE, EFFECT_NONE, EFFECT_NONE,
                        EFFECT_NONE, EFFECT_NONE, EFFECT_NONE, EFFECT_NONE,
                        EFFECT_NONE, EFFECT_NONE, EFFECT_NONE};

    changed[0].down = true;
    changed[1].unsynced_lost = true;
    changed[2].caches_cold = true;
    changed[3].paused = true;
    changed[4].slowdown = 1.5;
    changed[5].steal_ratio = 0.1;
    changed[6].loss_ratio = 0.1;
    changed[7].load_factor = 2;
    changed[8].delay_added = 1;
    changed[9].jitter_added = 1;
    changed[10].clock_ahead = -1;
    for (size_t i = 0; i < G_N_ELEMENTS(changed); i++) {
        ck_assert(!effect_is_same(changed[i], EFFECT_NONE));
        ck_assert(effect_is_same(changed[i], changed[i]));
    }
}
END_TEST

/* The neutral effect is what an empty section of a scenario says. */
START_TEST(the_defaults_of_the_rows_are_the_neutral_effect)
{
    Effect effect;

    memset(&effect, 0, sizeof(effect));
    field_defaults(effect_fields, &effect);
    ck_assert(effect_is_same(effect, EFFECT_NONE));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("effect");
    TCase *tests = tcase_create("effect");

    tcase_add_test(tests, both_commutes_to_the_last_bit);
    tcase_add_test(tests, none_is_neutral);
    tcase_add_test(tests, each_member_folds_by_its_own_rule);
    tcase_add_test(tests, a_share_of_everything_stays_everything);
    tcase_add_test(tests, a_share_of_an_effect_has_that_share_of_its_strength);
    tcase_add_test(tests, sums_stop_at_the_end_of_the_range);
    tcase_add_test(tests, overlaps_end_in_any_order_without_a_remainder);
    tcase_add_test(tests, any_differing_member_makes_a_difference);
    tcase_add_test(tests, the_defaults_of_the_rows_are_the_neutral_effect);
    suite_add_tcase(suite, tests);
    return suite;
}
