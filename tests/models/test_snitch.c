/* test_snitch.c - the dynamic snitch (Cassandra reference 5): medians, scores and when they change
 * the order. */
#include "models/data/cassandra/snitch.h"
#include "sim/base/fixed_math.h"
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

#define ON "\"dynamic_snitch\": true, \"dclocal_read_repair_chance\": 0"

/* Test list 8, the example of reference 5: values 10, 20, 30 with weights 1, 2, 1. */
START_TEST(the_median_is_that_of_the_weights)
{
    SnitchReservoir reservoir = {0};

    ck_assert_int_eq(snitch_reservoir_median(&reservoir), 0);
    snitch_reservoir_add(&reservoir, 30, 0, 0.5);
    snitch_reservoir_add(&reservoir, 10, 0, 0.5);
    snitch_reservoir_add(&reservoir, 20, 0, 0.5);
    snitch_reservoir_add(&reservoir, 20, 0, 0.5);
    ck_assert_int_eq(snitch_reservoir_median(&reservoir), 20);
}
END_TEST

static int by_value(const void *one, const void *other)
{
    const SnitchSample *a = one, *b = other;

    return (a->value_ms > b->value_ms) - (a->value_ms < b->value_ms);
}

/* Stands at each value in turn and adds up all that is smaller. */
static int64_t find_median_naively(SnitchReservoir reservoir)
{
    double sum = 0, newest = 0;
    int64_t median = 0;

    qsort(reservoir.samples, reservoir.count, sizeof *reservoir.samples, by_value);
    for (guint i = 0; i < reservoir.count; i++) {
        newest = MAX(newest, reservoir.samples[i].second);
    }
    for (guint i = 0; i < reservoir.count; i++) {
        sum += exp(0.75 * (reservoir.samples[i].second - newest));
    }
    for (guint i = 0; i < reservoir.count; i++) {
        double before = 0;

        for (guint k = 0; reservoir.samples[k].value_ms < reservoir.samples[i].value_ms; k++) {
            before += exp(0.75 * (reservoir.samples[k].second - newest));
        }
        median = before <= sum / 2 ? reservoir.samples[i].value_ms : median;
    }
    return median;
}

/* Small and large values, alike and apart, of one second and of many. */
START_TEST(the_median_is_what_a_naive_twin_finds)
{
    for (uint64_t seed = 1; seed <= 300; seed++) {
        SnitchReservoir reservoir = {0};
        Rng rng;
        int64_t values = seed % 3 == 0 ? 20 : seed % 3 == 1 ? 200 : 5000;

        rng_init(&rng, seed, "snitch");
        for (guint i = 0; i < 10 + seed; i++) {
            snitch_reservoir_add(&reservoir, (int64_t)(rng_uniform(&rng) * (double)values), i / 7,
                                 1 - rng_uniform(&rng));
        }
        ck_assert_int_eq(snitch_reservoir_median(&reservoir), find_median_naively(reservoir));
    }
}
END_TEST

START_TEST(what_a_sample_weighs_falls_with_its_age)
{
    for (guint age_s = 0; age_s < 60; age_s++) {
        double weight = snitch_weight(age_s), expected = fixed_exp(-0.75 * age_s);

        ck_assert_mem_eq(&weight, &expected, sizeof weight);
        ck_assert_double_eq_tol(weight, exp(-0.75 * age_s), 1e-12);
    }
}
END_TEST

/* With equal weights q[i] = i/n: the last i with q[i] <= 1/2. */
START_TEST(equal_weights_give_the_upper_median)
{
    SnitchReservoir reservoir = {0};

    for (int i = 1; i <= 4; i++) {
        snitch_reservoir_add(&reservoir, i, 0, 0.5);
    }
    ck_assert_int_eq(snitch_reservoir_median(&reservoir), 3);
}
END_TEST

/* One value a second outweighs all before it within two seconds: e^-0.75 + e^-1.5 + ... < 1. */
START_TEST(the_median_follows_the_last_seconds)
{
    SnitchReservoir reservoir = {0};
    Rng rng;

    rng_init(&rng, 1, "snitch");
    for (int i = 0; i < 1000; i++) {
        snitch_reservoir_add(&reservoir, 1, i / 20, 1 - rng_uniform(&rng));
    }
    ck_assert_uint_eq(reservoir.count, SNITCH_SAMPLES);
    ck_assert_int_eq(snitch_reservoir_median(&reservoir), 1);
    for (int i = 0; i < 40; i++) {
        snitch_reservoir_add(&reservoir, 50, 50 + i / 20, 1 - rng_uniform(&rng));
    }
    ck_assert_int_eq(snitch_reservoir_median(&reservoir), 50);
}
END_TEST

/* The reservoir keeps the samples of the highest priorities: against sorting all. */
START_TEST(the_reservoir_keeps_the_highest_priorities)
{
    enum { ALL = 700 };
    SnitchReservoir reservoir = {0};
    double priorities[ALL], kept = 0, expected = 0;
    Rng rng;

    rng_init(&rng, 2, "snitch");
    for (int i = 0; i < ALL; i++) {
        double u = 1 - rng_uniform(&rng);

        priorities[i] = 0.75 * (i / 100) - fixed_log(u);
        snitch_reservoir_add(&reservoir, i, i / 100, u);
    }
    for (int i = 0; i < ALL; i++) {
        int above = 0;

        for (int k = 0; k < ALL; k++) {
            above += priorities[k] > priorities[i] ? 1 : 0;
        }
        expected += above < SNITCH_SAMPLES ? priorities[i] : 0;
    }
    for (guint i = 0; i < SNITCH_SAMPLES; i++) {
        kept += reservoir.log_priorities[i];
    }
    ck_assert_double_eq_tol(kept, expected, 1e-6);
}
END_TEST

/* Test list 8: a re-sort triggers just above 10 % and not below; a host without a score counts as
 * 0 and comes first, but does not trigger by itself. */
START_TEST(the_order_changes_just_above_the_threshold)
{
    uint8_t hosts[3] = {0, 1, 2};
    double near[3] = {0.1099, 0.1, 0.5}, over[3] = {0.1101, 0.1, 0.5};
    double unknown[3] = {0.1, 0.5, -1}, both[3] = {0.5, 0.1, -1};

    ck_assert(!snitch_sort(hosts, near, 3, 0.1));
    ck_assert_uint_eq(hosts[0], 0);
    ck_assert(!snitch_sort(hosts, unknown, 3, 0.1));
    ck_assert(snitch_sort(hosts, over, 3, 0.1));
    ck_assert_uint_eq(hosts[0], 1);
    ck_assert_uint_eq(hosts[1], 0);
    hosts[0] = 0;
    hosts[1] = 1;
    ck_assert(snitch_sort(hosts, both, 3, 0.1));
    ck_assert_uint_eq(hosts[0], 2);
    ck_assert_uint_eq(hosts[1], 1);
    ck_assert_uint_eq(hosts[2], 0);
}
END_TEST

static void read_many(CassandraRig *rig, guint node, guint count)
{
    for (guint i = 0; i < count; i++) {
        cassandra_rig_read(rig, node, i % 50 + 1, CONSISTENCY_LOCAL_QUORUM);
        rig_run(rig->rig, 10 * SIM_MS);
    }
}

/* Consequence 4: a slow replica is avoided after a second or two of samples, and asked again only
 * after the reset. */
START_TEST(a_slow_replica_is_avoided_until_the_reset)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(3, ON ", \"dynamic_snitch_reset_interval\": \"60s\"");
    Effect slow = EFFECT_NONE;
    uint64_t before, avoided, fair;

    slow.slowdown = 200;
    rig_run(rig->rig, SIM_S);
    read_many(rig, 0, 300);
    before = cassandra_rig_counter(rig, 1, "replica_reads");
    read_many(rig, 0, 300);
    fair = cassandra_rig_counter(rig, 1, "replica_reads") - before;
    rig_effect(rig->rig, cassandra_rig_host(1), slow, SIM_NEVER);
    read_many(rig, 0, 400);
    before = cassandra_rig_counter(rig, 1, "replica_reads");
    read_many(rig, 0, 300);
    avoided = cassandra_rig_counter(rig, 1, "replica_reads") - before;
    ck_assert_uint_gt(fair, 50);
    ck_assert_uint_lt(avoided, fair / 4);
    ck_assert_uint_gt(cassandra_rig_counter(rig, 0, "snitch_sorts"), 0);
    rig_run(rig->rig, SIM_MIN);
    before = cassandra_rig_counter(rig, 1, "replica_reads");
    read_many(rig, 0, 20);
    ck_assert_uint_gt(cassandra_rig_counter(rig, 1, "replica_reads"), before);
}
END_TEST

/* LOCAL_* stays at home whatever the scores: hosts never read from score 0 and sort first. */
START_TEST(local_levels_never_read_far_away)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, ON ", \"speculative_retry\": \"NONE\"");
    uint64_t far = 0;

    rig_run(rig->rig, SIM_S);
    read_many(rig, 0, 500);
    for (guint node = 4; node < 20; node++) {
        far += cassandra_rig_counter(rig, node, "replica_reads");
    }
    ck_assert_uint_eq(far, 0);
}
END_TEST

/* Consequence 3: hosts without a score sort first, even across an ocean, as soon as a re-sort is
 * triggered, as by a slow neighbour. Not before one whose median is below a millisecond: that
 * scores 0 too. */
START_TEST(unscored_hosts_are_read_first_even_far_away)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, ON);
    Effect slow = EFFECT_NONE;
    uint64_t far = 0;

    slow.slowdown = 40;
    rig_run(rig->rig, SIM_S);
    for (guint node = 0; node < 4; node++) {
        rig_effect(rig->rig, cassandra_rig_host(node), slow, SIM_NEVER);
    }
    for (guint i = 0; i < 500; i++) {
        cassandra_rig_read(rig, 0, i % 50 + 1, CONSISTENCY_TWO);
        rig_run(rig->rig, 5 * SIM_MS);
    }
    for (guint node = 4; node < 20; node++) {
        far += cassandra_rig_counter(rig, node, "replica_reads");
    }
    ck_assert_uint_gt(far, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("snitch");
    TCase *tests = tcase_create("snitch");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, the_median_is_that_of_the_weights);
    tcase_add_test(tests, the_median_is_what_a_naive_twin_finds);
    tcase_add_test(tests, what_a_sample_weighs_falls_with_its_age);
    tcase_add_test(tests, equal_weights_give_the_upper_median);
    tcase_add_test(tests, the_median_follows_the_last_seconds);
    tcase_add_test(tests, the_reservoir_keeps_the_highest_priorities);
    tcase_add_test(tests, the_order_changes_just_above_the_threshold);
    tcase_add_test(tests, a_slow_replica_is_avoided_until_the_reset);
    tcase_add_test(tests, local_levels_never_read_far_away);
    tcase_add_test(tests, unscored_hosts_are_read_first_even_far_away);
    suite_add_tcase(suite, tests);
    return suite;
}
