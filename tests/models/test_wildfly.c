/* test_wildfly.c - WildFly: threads and queue, CPU shared by all requests, boot and warm-up. */
#include <math.h>

#include "tests/support/app_bed.h"
#include "tests/support/suite.h"

#define ONE_STATEMENT ", 'statements': '1'"

/* Ways and ports of a request with one statement: 20 ms to the client, 0.3 ms to the store. */
#define WAYS (20300 * SIM_US)
#define PORTS (100 * SIM_US)

/* --- threads and queue --------------------------------------------------------------------------
 */

START_TEST(requests_beyond_the_threads_wait_without_limit)
{
    g_auto(AppBed) bed = app_bed_new(1, ONE_STATEMENT, "");

    app_bed_stores(&bed, PROBE_KEEPS, STORE_OK);
    app_bed_stream(&bed, 500, SIM_MS);
    rig_run(bed.rig, SIM_S);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, WILDFLY, "threads_busy"), 32.0, 1e-9);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, WILDFLY, "queue"), 468.0, 1e-9);
    ck_assert_uint_eq(app_bed_count_statements(&bed), 32);
}
END_TEST

/* The backup sites' hosts have one. */
START_TEST(a_host_with_one_vcpu_has_half_the_threads)
{
    g_auto(AppBed) bed = app_bed_new(1, ONE_STATEMENT, ", 'vcpu': 1");

    app_bed_stores(&bed, PROBE_KEEPS, STORE_OK);
    app_bed_stream(&bed, 100, 5 * SIM_MS);
    rig_run(bed.rig, SIM_S);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, WILDFLY, "threads_busy"), 16.0, 1e-9);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, WILDFLY, "queue"), 84.0, 1e-9);
}
END_TEST

START_TEST(the_queue_is_served_in_order_of_arrival)
{
    g_auto(AppBed) bed = app_bed_new(2, ONE_STATEMENT ", 'task-max-threads': 1", "");

    app_bed_stream(&bed, 20, 10 * SIM_US);
    rig_run(bed.rig, SIM_S);
    for (guint i = 1; i < 20; i++) {
        const ProbeAsked *before = g_ptr_array_index(bed.client->asked, i - 1);
        const ProbeAsked *after = g_ptr_array_index(bed.client->asked, i);

        ck_assert_int_lt(before->ended, after->ended);
    }
}
END_TEST

/* 32 threads that each wait 2 s for a stalled store: 16 requests/s, whatever is offered. */
START_TEST(a_stalled_store_sets_the_threads_ceiling)
{
    g_auto(AppBed) bed =
        app_bed_new(3, ONE_STATEMENT ", 'driver': { 'read_timeout': '2s', 'next_hosts': 0 }", "");

    app_bed_stores(&bed, PROBE_KEEPS, STORE_OK);
    app_bed_stream(&bed, 800, 25 * SIM_MS); /* 40/s for 20 s */
    ck_assert_uint_ge(app_bed_count_code(&bed, 500), 15 * 18);
    ck_assert_uint_le(app_bed_count_code(&bed, 500), 16 * 20);
    ck_assert_uint_eq(app_bed_count_code(&bed, 200), 0);
}
END_TEST

START_TEST(work_for_a_client_that_left_is_done_anyway)
{
    g_auto(AppBed) bed = app_bed_new(4, ONE_STATEMENT ", 'task-max-threads': 1", "");
    const ProbeAsked *gone;

    bed.stores[0]->answer_delay = 5 * SIM_S;
    app_bed_ask(&bed, 0, 1, 60 * SIM_S);
    gone = app_bed_ask(&bed, 0, 2, SIM_S);
    rig_run(bed.rig, 10 * SIM_S);
    ck_assert_int_eq(gone->outcome, OUTCOME_TIMEOUT);
    ck_assert_uint_eq(app_bed_count_statements(&bed), 2);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, WILDFLY, "threads_busy"), 0.0, 1e-9);
}
END_TEST

/* --- CPU ----------------------------------------------------------------------------------------
 */

START_TEST(a_request_costs_its_cpu_once_in_two_parts)
{
    g_auto(AppBed) bed = app_bed_new(5, ONE_STATEMENT ", 'cpu': '1.6ms', 'cpu_before': 0.75", "");
    const ProbeAsked *asked = app_bed_ask(&bed, 0, 1, SIM_S);
    const ProbeHeard *heard;

    rig_run(bed.rig, SIM_S);
    ck_assert_int_ge(app_bed_latency(asked), WAYS + 1600 * SIM_US);
    ck_assert_int_le(app_bed_latency(asked), WAYS + 1600 * SIM_US + PORTS);
    heard = probe_heard(bed.stores[0], 0);
    ck_assert_int_ge(heard->time, 10150 * SIM_US + 1200 * SIM_US);
    ck_assert_int_le(heard->time, 10150 * SIM_US + 1200 * SIM_US + PORTS);
}
END_TEST

START_TEST(the_default_cpu_is_1600_us_in_the_mean)
{
    g_auto(AppBed) bed = app_bed_new(6, ONE_STATEMENT, "");
    double sum = 0.0;
    const guint count = 4000;

    app_bed_stream(&bed, count, 100 * SIM_MS);
    for (guint i = 0; i < count; i++) {
        sum += (double)(app_bed_latency(g_ptr_array_index(bed.client->asked, i)) - WAYS);
    }
    /* sigma 0.6: 4 standard errors are 4.2 %; the ports' time is up to 0.06 ms */
    ck_assert_double_eq_tol(sum / count / 1e6, 1.63, 0.08);
}
END_TEST

/* M/G/1 processor sharing: the mean stay is E[S] / (1 - rho), whatever the law; statements in
 * between are a delay that changes nothing of it. */
START_TEST(cpu_is_shared_as_in_mg1_ps)
{
    static const char *const laws[] = {"exponential(mean=2ms)", "2ms",
                                       "hyperexponential(mean=2ms, scv=4)"};
    g_autofree char *settings =
        g_strdup_printf(ONE_STATEMENT ", 'cpu': '%s', 'task-max-threads': 10000", laws[_i]);
    g_auto(AppBed) bed = app_bed_new(7, settings, ", 'vcpu': 1");
    double sum = 0.0;
    const guint count = 60000;
    Rng rng;

    rng_init(&rng, 7, "arrivals");
    for (guint i = 0; i < count; i++) { /* 300/s: rho = 0.6 */
        app_bed_ask(&bed, 0, i, 60 * SIM_S);
        rig_run(bed.rig, draw_exponential_span(SIM_S / 300, &rng));
    }
    rig_run(bed.rig, SIM_S);
    for (guint i = 0; i < count; i++) {
        sum += (double)(app_bed_latency(g_ptr_array_index(bed.client->asked, i)) - WAYS);
    }
    ck_assert_double_eq_tol(sum / count / 1e6, 2.0 / (1.0 - 0.6) + 0.04, 0.3);
}
END_TEST

/* Its clients reach it at a port of its own; the data is taken to be elsewhere. */
START_TEST(without_a_store_requests_cost_cpu_only)
{
    g_auto(AppBed) bed = app_bed_new(8, ", 'store': 'none', 'Listen': 8443", "");

    app_bed_stores(&bed, PROBE_KEEPS, STORE_OK);
    app_bed_stream(&bed, 50, SIM_MS);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_count_statements(&bed), 0);
    ck_assert_uint_eq(rig_counter(bed.rig, WILDFLY, "requests"), 50);
    for (guint i = 0; i < 50; i++) {
        const ProbeAsked *asked = g_ptr_array_index(bed.client->asked, i);

        ck_assert_uint_eq(asked->reply.code, 200);
        ck_assert_int_gt(asked->reply.version, 0);
    }
}
END_TEST

START_TEST(a_request_takes_one_to_four_statements)
{
    g_auto(AppBed) bed = app_bed_new(8, "", "");

    app_bed_stream(&bed, 4000, 10 * SIM_MS);
    rig_run(bed.rig, SIM_S);
    /* 0.5 x 1 + 0.3 x 2 + 0.15 x 3 + 0.05 x 4 = 1.75, sigma 0.89: 4 standard errors */
    ck_assert_double_eq_tol((double)app_bed_count_statements(&bed) / 4000.0, 1.75, 0.057);
    ck_assert_uint_eq(rig_counter(bed.rig, WILDFLY, "statements_sent"),
                      app_bed_count_statements(&bed));
}
END_TEST

START_TEST(the_own_datum_comes_first_and_gives_the_version)
{
    g_auto(AppBed) bed = app_bed_new(9, ", 'statements': '3'", "");
    const ProbeAsked *asked;

    bed.stores[0]->answer.version = 4711;
    asked = app_bed_ask(&bed, HTTP_WRITE, 42, SIM_S);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_code(asked), 200);
    ck_assert_int_eq(asked->reply.version, 4711);
    ck_assert_uint_eq(asked->reply.key, 42);
    ck_assert_int_eq(probe_heard(bed.stores[0], 0)->message.op, MESSAGE_WRITE);
    ck_assert_uint_eq(probe_heard(bed.stores[0], 0)->message.key, 42);
    ck_assert_int_eq(probe_heard(bed.stores[1], 0)->message.op, MESSAGE_READ);
    ck_assert_int_eq(probe_heard(bed.stores[2], 0)->message.op, MESSAGE_READ);
}
END_TEST

/* A CAS compares with what was read just before, and says when that had changed. */
START_TEST(a_cas_reads_its_datum_and_then_compares_with_it)
{
    g_auto(AppBed) bed = app_bed_new(9, ", 'statements': '1'", "");
    const ProbeAsked *asked;
    const Message *second;

    bed.stores[0]->answer.version = 4711;
    bed.stores[1]->answer.version = 4712;
    bed.stores[1]->answer.flags = STORE_REFUSED;
    asked = app_bed_ask(&bed, HTTP_WRITE | HTTP_CAS, 42, SIM_S);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_code(asked), 200);
    ck_assert_uint_eq(app_bed_count_statements(&bed), 2);
    ck_assert_int_eq(probe_heard(bed.stores[0], 0)->message.op, MESSAGE_READ);
    second = &probe_heard(bed.stores[1], 0)->message;
    ck_assert_int_eq(second->op, MESSAGE_WRITE);
    ck_assert_uint_eq(second->flags, STORE_CAS);
    ck_assert_uint_eq(second->detail, 4711);
    ck_assert_int_eq(asked->reply.version, 4712);
    ck_assert_uint_eq(asked->reply.flags & HTTP_REFUSED, HTTP_REFUSED);
}
END_TEST

START_TEST(a_health_request_takes_little_cpu_and_one_statement)
{
    g_auto(AppBed) bed = app_bed_new(10, ", 'statements': '4', 'cpu': '10ms'", "");
    const ProbeAsked *asked = app_bed_ask(&bed, HTTP_HEALTH, 0, SIM_S);

    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_code(asked), 200);
    ck_assert_int_le(app_bed_latency(asked), WAYS + 200 * SIM_US + PORTS);
    ck_assert_uint_eq(app_bed_count_statements(&bed), 1);
}
END_TEST

/* --- boot ---------------------------------------------------------------------------------------
 */

#define BOOT ONE_STATEMENT ", 'boot': '5s', 'deploy': '4s', 'pools': '1s', 'warm_block': '0s'"

/* What a client meets at `at` after the process is started again. */
static void expect_at(AppBed *bed, SimTime at, ConnectOutcome connected, uint32_t code)
{
    const ProbeAsked *connection, *asked;

    rig_run(bed->rig, at - rig_now(bed->rig));
    connection = probe_connect_to(bed->client, bed->wildfly, SIM_S);
    asked = app_bed_ask(bed, 0, 1, SIM_S);
    rig_run(bed->rig, 100 * SIM_MS);
    ck_assert_int_eq(connection->connected, connected);
    if (connected == CONNECTED) {
        ck_assert_uint_eq(app_bed_code(asked), code);
    }
}

START_TEST(a_start_refuses_then_says_503_then_serves)
{
    g_auto(AppBed) bed = app_bed_new(11, BOOT, "");

    rig_down(bed.rig, WILDFLY, SIM_S);
    expect_at(&bed, 1500 * SIM_MS, CONNECT_REFUSED, 0);
    expect_at(&bed, 5800 * SIM_MS, CONNECT_REFUSED, 0);
    expect_at(&bed, 6100 * SIM_MS, CONNECTED, 503);
    expect_at(&bed, 10800 * SIM_MS, CONNECTED, 503);
    expect_at(&bed, 11200 * SIM_MS, CONNECTED, 200);
    ck_assert_uint_eq(rig_noted(bed.rig, "wildfly.running"), 1);
    ck_assert_uint_ge(rig_counter(bed.rig, WILDFLY, "refused_booting"), 2);
}
END_TEST

/* Two boot threads share the one vCPU. */
START_TEST(a_boot_takes_twice_as_long_on_one_vcpu)
{
    g_auto(AppBed) bed = app_bed_new(12, BOOT, ", 'vcpu': 1");

    rig_down(bed.rig, WILDFLY, SIM_S);
    expect_at(&bed, 10800 * SIM_MS, CONNECT_REFUSED, 0);
    expect_at(&bed, 11200 * SIM_MS, CONNECTED, 503);
    expect_at(&bed, 20200 * SIM_MS, CONNECTED, 200);
}
END_TEST

/* The host boots in 1 s; the JVM then takes 10 s instead of 5. */
START_TEST(a_boot_from_a_cold_page_cache_takes_twice_as_long)
{
    g_auto(AppBed) bed = app_bed_new(13, BOOT, "");
    Effect effect = EFFECT_NONE;

    effect.down = true;
    effect.caches_cold = true;
    rig_effect(bed.rig, APP_HOST, effect, SIM_S);
    expect_at(&bed, 11800 * SIM_MS, CONNECT_REFUSED, 0);
    expect_at(&bed, 12300 * SIM_MS, CONNECTED, 503);
}
END_TEST

START_TEST(a_run_begins_with_servers_that_are_warm)
{
    g_auto(AppBed) bed = app_bed_new(14, ONE_STATEMENT ", 'cpu': '1ms'", "");
    const ProbeAsked *asked = app_bed_ask(&bed, 0, 1, SIM_S);

    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_code(asked), 200);
    ck_assert_int_le(app_bed_latency(asked), WAYS + SIM_MS + PORTS);
}
END_TEST

START_TEST(a_stop_loses_what_was_under_way)
{
    g_auto(AppBed) bed = app_bed_new(15, BOOT, "");
    const ProbeAsked *asked;

    app_bed_stores(&bed, PROBE_KEEPS, STORE_OK);
    asked = app_bed_ask(&bed, 0, 1, 60 * SIM_S);
    rig_run(bed.rig, SIM_S);
    rig_down(bed.rig, WILDFLY, SIM_S);
    rig_run(bed.rig, 30 * SIM_S);
    ck_assert_uint_eq(asked->ends, 1);
    ck_assert_int_eq(asked->outcome, OUTCOME_FAILED);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, WILDFLY, "threads_busy"), 0.0, 1e-9);
    app_bed_stores(&bed, PROBE_ANSWERS, STORE_OK);
    asked = app_bed_ask(&bed, 0, 1, 60 * SIM_S);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_code(asked), 200);
}
END_TEST

/* --- warm-up ------------------------------------------------------------------------------------
 */

#define QUICK_BOOT ONE_STATEMENT ", 'boot': '1ms', 'deploy': '1ms', 'pools': '1ms', 'cpu': '1ms'"

static void restart(AppBed *bed)
{
    rig_down(bed->rig, WILDFLY, 10 * SIM_MS);
    rig_run(bed->rig, SIM_S);
}

START_TEST(nothing_completes_until_the_first_classes_are_loaded)
{
    g_auto(AppBed) bed = app_bed_new(16, QUICK_BOOT, "");
    const ProbeAsked *first, *second;

    restart(&bed);
    first = app_bed_ask(&bed, 0, 1, 60 * SIM_S);
    rig_run(bed.rig, SIM_S);
    second = app_bed_ask(&bed, 0, 1, 60 * SIM_S);
    rig_run(bed.rig, 2 * SIM_S);
    ck_assert_int_ge(app_bed_latency(first), WAYS + 2 * SIM_S);
    ck_assert_int_le(app_bed_latency(first), WAYS + 2 * SIM_S + 25 * SIM_MS);
    ck_assert_int_ge(app_bed_latency(second), WAYS + SIM_S);
}
END_TEST

/* The factor of request n at t after the first: 1 + 8 exp(-min(t / 10 s, n / 1000)). The compiler
 * has a vCPU of its own here, so that a request alone runs at full speed. */
START_TEST(requests_cost_less_with_each_one_that_was_served)
{
    g_auto(AppBed) bed = app_bed_new(17, QUICK_BOOT ", 'warm_block': '0s'", "");

    restart(&bed);
    app_bed_stream(&bed, 3000, 100 * SIM_MS);
    rig_run(bed.rig, SIM_S);
    for (guint n = 0; n < 3000; n += 250) {
        const ProbeAsked *asked = g_ptr_array_index(bed.client->asked, n);
        double expected = 1.0 + 8.0 * exp(-(double)n / 1000.0);

        ck_assert_double_eq_tol((double)(app_bed_latency(asked) - WAYS) / 1e6, expected,
                                0.08 + 0.001 * expected);
    }
}
END_TEST

/* At a high rate time sets the pace: after 10 s a third of the extra cost is left. */
START_TEST(time_limits_how_fast_a_server_gets_warm)
{
    g_auto(AppBed) bed =
        app_bed_new(18, QUICK_BOOT ", 'warm_block': '0s', 'jit_cpu': '0s', 'cpu': '100us'", "");

    restart(&bed);
    app_bed_stream(&bed, 15000, 2 * SIM_MS);
    for (guint second = 2; second < 30; second += 4) {
        const ProbeAsked *asked = g_ptr_array_index(bed.client->asked, second * 500);
        double expected = 0.1 * (1.0 + 8.0 * exp(-(double)second / 10.0));

        ck_assert_double_eq_tol((double)(app_bed_latency(asked) - WAYS) / 1e6, expected, 0.08);
    }
}
END_TEST

/* 40 CPU seconds of compiling beside the requests: on one vCPU they take twice as long. */
START_TEST(compiling_takes_cpu_from_requests)
{
    g_auto(AppBed) bed = app_bed_new(
        19, QUICK_BOOT ", 'warm_block': '0s', 'warm_factor': 1, 'jit_cpu': '10s'", ", 'vcpu': 1");
    const ProbeAsked *during, *after;

    restart(&bed);
    app_bed_ask(&bed, 0, 1, SIM_S);
    rig_run(bed.rig, SIM_S);
    during = app_bed_ask(&bed, 0, 1, SIM_S);
    rig_run(bed.rig, 12 * SIM_S);
    after = app_bed_ask(&bed, 0, 1, SIM_S);
    rig_run(bed.rig, SIM_S);
    ck_assert_int_ge(app_bed_latency(during), WAYS + 2 * SIM_MS);
    ck_assert_int_le(app_bed_latency(after), WAYS + SIM_MS + PORTS);
}
END_TEST

static TCase *life_case(void)
{
    TCase *tests = tcase_create("life");

    tcase_add_test(tests, a_start_refuses_then_says_503_then_serves);
    tcase_add_test(tests, a_boot_takes_twice_as_long_on_one_vcpu);
    tcase_add_test(tests, a_boot_from_a_cold_page_cache_takes_twice_as_long);
    tcase_add_test(tests, a_run_begins_with_servers_that_are_warm);
    tcase_add_test(tests, a_stop_loses_what_was_under_way);
    tcase_add_test(tests, nothing_completes_until_the_first_classes_are_loaded);
    tcase_add_test(tests, requests_cost_less_with_each_one_that_was_served);
    tcase_add_test(tests, time_limits_how_fast_a_server_gets_warm);
    tcase_add_test(tests, compiling_takes_cpu_from_requests);
    return tests;
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("wildfly");
    TCase *tests = tcase_create("requests");

    tcase_add_test(tests, requests_beyond_the_threads_wait_without_limit);
    tcase_add_test(tests, a_host_with_one_vcpu_has_half_the_threads);
    tcase_add_test(tests, the_queue_is_served_in_order_of_arrival);
    tcase_add_test(tests, a_stalled_store_sets_the_threads_ceiling);
    tcase_add_test(tests, work_for_a_client_that_left_is_done_anyway);
    tcase_add_test(tests, a_request_costs_its_cpu_once_in_two_parts);
    tcase_add_test(tests, the_default_cpu_is_1600_us_in_the_mean);
    tcase_add_loop_test(tests, cpu_is_shared_as_in_mg1_ps, 0, 3);
    tcase_add_test(tests, without_a_store_requests_cost_cpu_only);
    tcase_add_test(tests, a_request_takes_one_to_four_statements);
    tcase_add_test(tests, the_own_datum_comes_first_and_gives_the_version);
    tcase_add_test(tests, a_cas_reads_its_datum_and_then_compares_with_it);
    tcase_add_test(tests, a_health_request_takes_little_cpu_and_one_statement);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, life_case());
    return suite;
}
