/* test_client_load.c - when requests come, where from, and that each of them ends exactly once. */
#include <math.h>

#include "tests/support/client_bed.h"
#include "tests/support/suite.h"

#define POISSON ", 'arrivals': 'poisson', 'users': 10000"

static uint64_t asked_between(const ClientBed *bed, uint32_t first, uint32_t end)
{
    Felt felt = client_bed_felt(bed, first, end);

    return felt.ok + felt.failed;
}

/* --- arrivals -----------------------------------------------------------------------------------
 */

/* Counts of 100 seconds: the mean is the rate, the variance of counts is the mean (index of
 * dispersion: chi-square with 99 degrees of freedom, 0.1 % on either side). */
START_TEST(poisson_arrivals_have_the_rate_and_its_variance)
{
    g_auto(ClientBed) bed = client_bed_new(1, POISSON ", 'rate': 12000, 'timeUnit': '1min'");
    double mean, chi_square = 0.0;

    client_bed_start(&bed);
    rig_run(bed.rig, 102 * SIM_S);
    mean = (double)asked_between(&bed, 0, 100) / 100.0;
    ck_assert_double_eq_tol(mean, 200.0, 4.0 * sqrt(200.0 / 100.0));
    for (uint32_t second = 0; second < 100; second++) {
        double off = (double)asked_between(&bed, second, second + 1) - mean;

        chi_square += off * off / mean;
    }
    ck_assert_double_ge(chi_square, 61.1);
    ck_assert_double_le(chi_square, 148.2);
}
END_TEST

START_TEST(deterministic_arrivals_come_evenly)
{
    g_auto(ClientBed) bed = client_bed_new(2, ", 'rate': 50, 'users': 100");

    client_bed_start(&bed);
    rig_run(bed.rig, 21 * SIM_S);
    for (uint32_t second = 1; second < 20; second++) {
        ck_assert_uint_eq(asked_between(&bed, second, second + 1), 50);
    }
}
END_TEST

/* Gaps from 0 to twice the mean: variance a third of the Poisson process's. */
START_TEST(uniform_arrivals_vary_less_than_poisson)
{
    g_auto(ClientBed) bed =
        client_bed_new(3, ", 'rate': 100, 'users': 1000, 'arrivals': 'uniform'");
    double mean, variance = 0.0;

    client_bed_start(&bed);
    rig_run(bed.rig, 202 * SIM_S);
    mean = (double)asked_between(&bed, 0, 200) / 200.0;
    ck_assert_double_eq_tol(mean, 100.0, 4.0 * sqrt(100.0 / 3.0 / 200.0));
    for (uint32_t second = 0; second < 200; second++) {
        double off = (double)asked_between(&bed, second, second + 1) - mean;

        variance += off * off / 199.0;
    }
    ck_assert_double_eq_tol(variance / mean, 1.0 / 3.0, 0.14);
}
END_TEST

/* 0 to 200/s in 50 s, 200/s for 30 s, down to 40/s in 40 s, and then on at 40/s. */
START_TEST(a_ramping_rate_follows_its_stages)
{
    static const double targets[] = {200.0, 200.0, 40.0};
    static const double lengths[] = {50.0, 30.0, 40.0};
    g_auto(ClientBed) bed =
        client_bed_new(4, POISSON ", 'executor': 'ramping-arrival-rate', 'rate': 0, 'stages': "
                                  "[{'target': 200, 'duration': '50s'}, "
                                  "{'target': 200, 'duration': '30s'}, "
                                  "{'target': 40, 'duration': '40s'}]");
    double chi_square = 0.0;

    client_bed_start(&bed);
    rig_run(bed.rig, 142 * SIM_S);
    for (uint32_t bin = 0; bin < 14; bin++) {
        double middle = bin * 10.0 + 5.0, rate = 0.0, begin = 0.0, expected, off;

        for (int i = 0; i < 3; i++) {
            double done = fmin(fmax((middle - begin) / lengths[i], 0.0), 1.0);

            rate += (targets[i] - (i == 0 ? 0.0 : targets[i - 1])) * done;
            begin += lengths[i];
        }
        expected = rate * 10.0;
        off = (double)asked_between(&bed, bin * 10, bin * 10 + 10) - expected;
        chi_square += off * off / expected;
    }
    ck_assert_double_ge(chi_square, 2.4); /* 14 degrees of freedom, 0.1 % above, 0.05 % below */
    ck_assert_double_le(chi_square, 36.1);
}
END_TEST

START_TEST(a_load_begins_and_ends_when_it_says)
{
    g_auto(ClientBed) bed =
        client_bed_new(5, ", 'rate': 50, 'users': 100, 'startTime': '10s', 'duration': '5s'");

    client_bed_start(&bed);
    rig_run(bed.rig, 40 * SIM_S);
    ck_assert_uint_eq(asked_between(&bed, 0, 10), 0);
    ck_assert_uint_eq(asked_between(&bed, 10, 15), 249);
    ck_assert_uint_eq(asked_between(&bed, 15, 40), 0);
}
END_TEST

START_TEST(a_surge_multiplies_arrivals_as_long_as_it_lasts)
{
    g_auto(ClientBed) bed = client_bed_new(6, POISSON ", 'rate': 100");
    Effect effect = EFFECT_NONE;

    client_bed_start(&bed);
    rig_run(bed.rig, 20 * SIM_S);
    effect.load_factor = _i == 0 ? 3.0 : 0.0;
    rig_effect(bed.rig, CLIENT, effect, 20 * SIM_S);
    rig_run(bed.rig, 42 * SIM_S);
    ck_assert_double_eq_tol((double)asked_between(&bed, 0, 20), 2000.0, 180.0);
    ck_assert_double_eq_tol((double)asked_between(&bed, 20, 40), _i == 0 ? 6000.0 : 0.0, 310.0);
    ck_assert_double_eq_tol((double)asked_between(&bed, 40, 60), 2000.0, 180.0);
}
END_TEST

/* --- who asks -----------------------------------------------------------------------------------
 */

/* The rate is of all regions together; shares are relative to their sum. */
START_TEST(a_region_has_its_share_of_the_rate_and_the_users)
{
    g_auto(ClientBed) bed = client_bed_new(
        7, ", 'rate': 100, 'users': 1000, 'regions': { 'EU': 15, 'NA': 45 }, 'keep_alive': '1h', "
           "'arrivals': 'poisson', 'own_key': 1");

    client_bed_start(&bed);
    rig_run(bed.rig, 200 * SIM_S);
    ck_assert_double_eq_tol((double)asked_between(&bed, 0, 199), 25.0 * 199.0, 300.0);
    /* each of 250 users has looked up once (e^-20 have not asked yet) */
    ck_assert_double_eq_tol((double)bed.resolver->asked, 250.0, 0.1);
}
END_TEST

START_TEST(reads_and_writes_come_in_their_mix)
{
    g_auto(ClientBed) bed = client_bed_new(8, POISSON ", 'rate': 100, 'mix': { 'read': 3, 'write': "
                                                      "1 }, 'own_key': 0.5, 'keys': 500");
    guint writes = 0;

    client_bed_start(&bed);
    rig_run(bed.rig, 60 * SIM_S);
    for (guint i = 0; i < probe_count_heard(bed.one); i++) {
        writes += probe_heard(bed.one, i)->message.flags & HTTP_WRITE;
        ck_assert_uint_lt(probe_heard(bed.one, i)->message.key, 500);
    }
    ck_assert_double_eq_tol((double)writes / probe_count_heard(bed.one), 0.25, 0.023);
}
END_TEST

START_TEST(all_that_a_request_may_do_comes_in_its_mix)
{
    g_auto(ClientBed) bed =
        client_bed_new(8, POISSON ", 'rate': 100, 'mix': { 'read': 4, 'write': 0, 'delete': 1, "
                                  "'cas': 2, 'batch': 0, 'counter': 3 }");
    const uint32_t flags[] = {HTTP_DELETE, HTTP_CAS, HTTP_BATCH, HTTP_COUNTER};
    const double shares[] = {0.1, 0.2, 0, 0.3};
    guint seen[4] = {0}, writes = 0, all;

    client_bed_start(&bed);
    rig_run(bed.rig, 60 * SIM_S);
    all = probe_count_heard(bed.one);
    for (guint i = 0; i < all; i++) {
        uint32_t change = probe_heard(bed.one, i)->message.flags;

        writes += (change & HTTP_WRITE) != 0 ? 1 : 0;
        for (guint k = 0; k < 4; k++) {
            seen[k] += (change & flags[k]) != 0 ? 1 : 0;
        }
    }
    ck_assert_uint_eq(writes, seen[0] + seen[1] + seen[2] + seen[3]);
    for (guint k = 0; k < 4; k++) { /* four standard errors of 6000 draws */
        ck_assert_double_eq_tol((double)seen[k] / all, shares[k], 0.024);
    }
}
END_TEST

/* Median of the round trip of cable: 12 ms; lognormal with sigma 0.4. */
START_TEST(access_networks_differ_by_user_as_their_law_says)
{
    g_auto(ClientBed) bed =
        client_bed_new(9, POISSON ", 'rate': 200, 'access': { 'cable': 1 }, 'keep_alive': '1ms', "
                                  "'caches': { 'forever': 1 }");
    g_autoptr(Histogram) added = histogram_new();

    client_bed_start(&bed);
    rig_run(bed.rig, 50 * SIM_S);
    for (guint i = 0; i < probe_count_heard(bed.one); i++) {
        histogram_add(added, 2 * probe_heard(bed.one, i)->message.access_delay);
    }
    ck_assert_double_eq_tol((double)histogram_quantile(added, 0.5) / 1e6, 12.0, 0.3);
    ck_assert_double_eq_tol((double)histogram_quantile(added, 0.8413) / 1e6, 12.0 * exp(0.4), 0.7);
    ck_assert_double_eq_tol(probe_heard(bed.one, 0)->message.access_loss, 0.0005, 1e-9);
}
END_TEST

/* 1 % lost in each direction: a SYN or its answer take 1 s more with probability 1 - 0.99^2, a
 * question or its answer 200 ms and more. */
START_TEST(a_lossy_access_network_shows_its_steps)
{
    g_auto(ClientBed) bed =
        client_bed_new(10, POISSON ", 'rate': 200, 'access': { '3g': 1 }, 'keep_alive': '1ms', "
                                   "'caches': { 'forever': 1 }, 'patience': '60s'");
    History *history;
    uint64_t slow = 0, all = 0;

    client_bed_start(&bed);
    rig_run(bed.rig, 300 * SIM_S);
    history = world_history(bed.rig->world);
    for (guint i = 0; i < history_count_cells(history); i++) {
        const HistoryCell *cell = history_cell(history, i);

        if (cell->second >= 200) { /* everybody has looked up */
            slow += histogram_count_above(cell->latency, SIM_S);
            all += histogram_count(cell->latency);
        }
    }
    /* SYN lost: 1.99 %; two round trips above 1 s: 0.35 % of users */
    ck_assert_double_ge((double)slow / (double)all, 0.018);
    ck_assert_double_le((double)slow / (double)all, 0.030);
}
END_TEST

START_TEST(mistakes_in_mixes_are_reported)
{
    static const char *const mistakes[] = {
        ", 'access': { 'fiber': 1 }",    ", 'caches': { 'ttl': 1 }",
        ", 'access': { 'fibre': -1 }",   ", 'mix': { 'read': 0, 'write': 0 }",
        ", 'regions': { 'EU': 'much' }", ", 'executor': 'ramping-arrival-rate'",
        ", 'stages': [{ 'target': 5 }]", ", 'stages': [{ 'duration': '5s' }]"};
    g_auto(ClientBed) bed = client_bed_new(11, mistakes[_i]);

    world_wire(bed.rig->world, bed.rig->diags);
    ck_assert_uint_eq(diag_count_errors(bed.rig->diags), 1);
}
END_TEST

START_TEST(a_region_without_a_resolver_is_reported)
{
    g_auto(ClientBed) bed = client_bed_new(12, "");

    rig_site_of(bed.rig, "NA", SITE_REGION);
    rig_add(bed.rig, "client", "web/NA", "{ \"rate\": 1, \"regions\": { \"NA\": 1 } }");
    world_wire(bed.rig->world, bed.rig->diags);
    ck_assert_uint_eq(diag_count_errors(bed.rig->diags), 1);
}
END_TEST

/* --- each request ends exactly once -------------------------------------------------------------
 */

START_TEST(what_the_end_of_the_run_cuts_off_is_counted_once)
{
    g_auto(ClientBed) bed = client_bed_new(13, ", 'patience': '60s', 'read_timeout': '60s'");

    bed.one->manner = PROBE_KEEPS;
    client_bed_start(&bed);
    rig_run(bed.rig, 10500 * SIM_MS);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, CLIENT, "in_flight"), 10.0, 1e-9);
    ck_assert_uint_eq(asked_between(&bed, 0, 20), 0);
    world_judge(bed.rig->world);
    world_judge(bed.rig->world);
    ck_assert_uint_eq(client_bed_felt(&bed, 0, 20).failed, 10);
    ck_assert_str_eq(client_bed_felt(&bed, 0, 20).reason, "unfinished");
    ck_assert_double_eq_tol(rig_gauge(bed.rig, CLIENT, "in_flight"), 0.0, 1e-9);
}
END_TEST

START_TEST(clients_that_are_killed_take_their_requests_along)
{
    g_auto(ClientBed) bed = client_bed_new(14, ", 'patience': '60s', 'read_timeout': '60s'");

    client_bed_start(&bed);
    rig_run(bed.rig, 2500 * SIM_MS);
    bed.one->manner = PROBE_KEEPS;
    rig_run(bed.rig, 3 * SIM_S);
    rig_down(bed.rig, CLIENT, SIM_S);
    ck_assert_uint_eq(client_bed_felt(&bed, 0, 20).failed, 3);
    bed.one->manner = PROBE_ANSWERS;
    rig_run(bed.rig, 10 * SIM_S);
    ck_assert_uint_ge(client_bed_felt(&bed, 7, 16).ok, 8);
    ck_assert_uint_eq(client_bed_felt(&bed, 7, 16).failed, 0);
}
END_TEST

static void bring_trouble(ClientBed *bed, Rng *rng)
{
    static const char *const victims[] = {SERVER_ONE,     SERVER_TWO,     HOST_ONE,     HOST_TWO,
                                          "link@EU-DC01", "link@DC02-EU", "resolver@EU"};
    Effect effect = EFFECT_NONE;

    if (rng_chance(rng, 0.5)) {
        effect.down = true;
    } else {
        effect.loss_ratio = rng_uniform(rng);
        effect.delay_added = (SimSpan)rng_below(rng, SIM_S);
    }
    rig_effect(bed->rig, victims[rng_below(rng, G_N_ELEMENTS(victims))], effect,
               (SimSpan)rng_below(rng, 6 * SIM_S) + 1);
    bed->one->manner = (ProbeManner)rng_below(rng, 3);
    bed->two->manner = (ProbeManner)rng_below(rng, 3);
    bed->one->answer.code = rng_chance(rng, 0.5) ? 200 : 503;
    bed->resolver->is_silent = rng_chance(rng, 0.3);
    bed->resolver->code = rng_chance(rng, 0.8) ? DNS_NOERROR : DNS_SERVFAIL;
    bed->resolver->count = (uint32_t)rng_below(rng, 3);
    bed->resolver->time_to_live = (SimSpan)rng_below(rng, 10 * SIM_S);
}

START_TEST(whatever_happens_each_request_ends_exactly_once)
{
    static const char *const settings[] = {
        "", ", 'fallback': 'fast', 'connect_timeout': '700ms'",
        ", 'fallback': 'none', 'tls': '1.2', 'retry_budget': 0.2, 'read_timeout': '1s'",
        (", 'tls': '1.3', 'idempotent_writes': false, 'patience': 'exponential(mean=2s)', "
         "'caches': { 'none': 1, 'forever': 1, 'honours': 1 }")};
    g_autofree char *all = g_strdup_printf(", 'rate': 50, 'users': 30, 'duration': '100s', 'mix': "
                                           "{ 'read': 1, 'write': 1 }, 'backoff': '100ms'%s",
                                           settings[_i % 4]);
    g_auto(ClientBed) bed = client_bed_new(20 + (uint64_t)_i, all);
    HistoryTally tally;
    Felt felt;
    Rng rng;

    rng_init(&rng, 20 + (uint64_t)_i, "trouble");
    client_bed_start(&bed);
    for (int i = 0; i < 60; i++) {
        bring_trouble(&bed, &rng);
        rig_run(bed.rig, (SimSpan)rng_below(&rng, 3 * SIM_S) + 1);
    }
    rig_run(bed.rig, 200 * SIM_S);
    tally = history_tally(world_history(bed.rig->world));
    felt = client_bed_felt(&bed, 0, 400);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, CLIENT, "in_flight"), 0.0, 1e-9);
    ck_assert_uint_eq(tally.requests, 4999); /* 50/s for 100 s, none at the very ends */
    ck_assert_uint_eq(felt.ok + felt.failed, tally.requests);
    ck_assert_uint_eq(felt.failed, tally.failed);
    ck_assert_uint_gt(felt.failed, 50);
    ck_assert_uint_gt(felt.ok, 50);
    world_judge(bed.rig->world);
    ck_assert_uint_eq(history_tally(world_history(bed.rig->world)).requests, tally.requests);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("client_load");
    TCase *tests = tcase_create("arrivals");

    tcase_add_test(tests, poisson_arrivals_have_the_rate_and_its_variance);
    tcase_add_test(tests, deterministic_arrivals_come_evenly);
    tcase_add_test(tests, uniform_arrivals_vary_less_than_poisson);
    tcase_add_test(tests, a_ramping_rate_follows_its_stages);
    tcase_add_test(tests, a_load_begins_and_ends_when_it_says);
    tcase_add_loop_test(tests, a_surge_multiplies_arrivals_as_long_as_it_lasts, 0, 2);
    tcase_add_test(tests, a_region_has_its_share_of_the_rate_and_the_users);
    tcase_add_test(tests, reads_and_writes_come_in_their_mix);
    tcase_add_test(tests, all_that_a_request_may_do_comes_in_its_mix);
    tcase_add_test(tests, access_networks_differ_by_user_as_their_law_says);
    tcase_add_test(tests, a_lossy_access_network_shows_its_steps);
    tcase_add_loop_test(tests, mistakes_in_mixes_are_reported, 0, 8);
    tcase_add_test(tests, a_region_without_a_resolver_is_reported);
    tcase_add_test(tests, what_the_end_of_the_run_cuts_off_is_counted_once);
    tcase_add_test(tests, clients_that_are_killed_take_their_requests_along);
    tcase_add_loop_test(tests, whatever_happens_each_request_ends_exactly_once, 0, 8);
    suite_add_tcase(suite, tests);
    return suite;
}
