/* test_httpd.c - Apache httpd as a balancer: how it serves, when workers and backlog run out, and
 * what its health checks see, against mod_proxy_hcheck's rules ("mod_proxy_hcheck" in the
 * reference of the front door) and measured runs. */
#include "tests/support/suite.h"
#include "tests/support/web_bed.h"

/* --- on a good day ------------------------------------------------------------------------------
 */

START_TEST(requests_go_to_both_members_in_turn)
{
    g_auto(Bed) bed = bed_new(1, "");

    bed_stream(&bed, 10, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 10);
    ck_assert_uint_eq(probe_count_heard(bed.a), 5);
    ck_assert_uint_eq(probe_count_heard(bed.b), 5);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "answers_ok"), 10);
}
END_TEST

/* 20 ms to the client, a LAN round trip (two with the connect), 90 us of CPU, and the ports. */
START_TEST(a_request_costs_its_ways_and_its_cpu)
{
    g_auto(Bed) bed = bed_new(2, ONE_PROCESS);
    const ProbeAsked *fresh, *pooled;

    fresh = bed_ask(&bed, 0);
    rig_run(bed.rig, SIM_S);
    ck_assert_int_ge(bed_latency(fresh), 20 * SIM_MS + 600 * SIM_US + 90 * SIM_US);
    ck_assert_int_le(bed_latency(fresh), 20 * SIM_MS + 600 * SIM_US + 150 * SIM_US);
    bed_ask(&bed, 0);
    rig_run(bed.rig, SIM_S);
    pooled = bed_ask(&bed, 0);
    rig_run(bed.rig, SIM_S);
    ck_assert_int_ge(bed_latency(pooled), 20 * SIM_MS + 300 * SIM_US + 90 * SIM_US);
    ck_assert_int_le(bed_latency(pooled), 20 * SIM_MS + 300 * SIM_US + 150 * SIM_US);
}
END_TEST

START_TEST(tls_handshakes_cost_cpu)
{
    g_auto(Bed) bed = bed_new(3, "");
    const ProbeAsked *asked[3];
    static const uint32_t flags[] = {0, HTTP_TLS_FULL, HTTP_TLS_RESUMED};

    bed_stream(&bed, 2, SIM_S);
    for (int i = 0; i < 3; i++) {
        asked[i] = bed_ask(&bed, flags[i]);
        rig_run(bed.rig, SIM_S);
    }
    ck_assert_int_eq(bed_latency(asked[1]) - bed_latency(asked[0]), 350 * SIM_US);
    ck_assert_int_eq(bed_latency(asked[2]) - bed_latency(asked[0]), 120 * SIM_US);
}
END_TEST

START_TEST(a_shallow_health_path_says_nothing_of_the_members)
{
    g_auto(Bed) bed = bed_new(4, "");
    const ProbeAsked *shallow, *deep;

    rig_down(bed.rig, A, SIM_NEVER);
    rig_down(bed.rig, B, SIM_NEVER);
    shallow = bed_ask(&bed, HTTP_SHALLOW);
    deep = bed_ask(&bed, HTTP_HEALTH);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(bed_code(shallow), 200);
    ck_assert_uint_eq(bed_code(deep), 503);
}
END_TEST

/* --- workers and backlog ------------------------------------------------------------------------
 */

START_TEST(a_request_beyond_the_workers_waits_for_one)
{
    g_auto(Bed) bed = bed_new(17, ", 'ThreadsPerChild': 2, 'MaxRequestWorkers': 2");
    const ProbeAsked *third;

    bed.a->answer_delay = 10 * SIM_S;
    bed.b->answer_delay = 20 * SIM_S;
    bed_ask(&bed, 0);
    bed_ask(&bed, 0);
    rig_run(bed.rig, SIM_S);
    third = bed_ask(&bed, HTTP_SHALLOW);
    rig_run(bed.rig, 5 * SIM_S);
    ck_assert_uint_eq(third->ends, 0);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, HTTPD, "connections_waiting"), 1.0, 1e-9);
    rig_run(bed.rig, 5 * SIM_S);
    ck_assert_uint_eq(bed_code(third), 200);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, HTTPD, "connections_waiting"), 0.0, 1e-9);
}
END_TEST

START_TEST(kept_connections_are_closed_while_requests_wait)
{
    g_auto(Bed) bed = bed_new(18, ", 'ThreadsPerChild': 1, 'MaxRequestWorkers': 1");
    const ProbeAsked *asked[3];

    for (int i = 0; i < 3; i++) {
        asked[i] = bed_ask(&bed, 0);
    }
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(asked[0]->reply.flags & HTTP_CLOSE, HTTP_CLOSE);
    ck_assert_uint_eq(asked[1]->reply.flags & HTTP_CLOSE, HTTP_CLOSE);
    ck_assert_uint_eq(asked[2]->reply.flags & HTTP_CLOSE, 0);
}
END_TEST

START_TEST(answers_say_how_long_their_connection_is_kept)
{
    g_auto(Bed) stock = bed_new(81, "");
    g_auto(Bed) tuned = bed_new(82, ", 'KeepAliveTimeout': '15s', 'MaxKeepAliveRequests': 7");
    const ProbeAsked *first = bed_ask(&stock, 0);
    const ProbeAsked *second = bed_ask(&tuned, 0);

    rig_run(stock.rig, SIM_S);
    rig_run(tuned.rig, SIM_S);
    ck_assert_int_eq(first->reply.time_to_live, 5 * SIM_S);
    ck_assert_uint_eq(first->reply.count, 100);
    ck_assert_int_eq(second->reply.time_to_live, 15 * SIM_S);
    ck_assert_uint_eq(second->reply.count, 7);
}
END_TEST

/* --- health checks ------------------------------------------------------------------------------
 */

#define CHECKED ", 'hcmethod': 'GET', 'hcinterval': '5s', 'hcfails': 2, 'hcpasses': 2, "

/* Seconds until the member is out, without any traffic. */
static double out_after_s(Bed *bed, const char *whom, SimSpan at)
{
    rig_run(bed->rig, at);
    rig_down(bed->rig, whom, SIM_NEVER);
    rig_run(bed->rig, 120 * SIM_S);
    ck_assert_int_ne(bed_noted_at(bed, "httpd.member-out"), SIM_NEVER);
    return (double)(bed_noted_at(bed, "httpd.member-out") - at) / 1e9;
}

/* U(0, I) + (F - 1) I, and up to 0.1 s of the watchdog for each. */
START_TEST(checks_notice_a_dead_process)
{
    g_auto(Bed) bed = bed_new(30 + (uint64_t)_i, CHECKED "'timeout': '3s'");
    double after_s = out_after_s(&bed, A, 31 * SIM_S);

    ck_assert_double_ge(after_s, 5.0);
    ck_assert_double_le(after_s, 10.3);
}
END_TEST

/* U(0, I) + F C + (F - 1) I: each check takes the connect timeout. */
START_TEST(checks_notice_a_dark_host)
{
    g_auto(Bed) bed = bed_new(40 + (uint64_t)_i, CHECKED "'connectiontimeout': '2s'");
    double after_s = out_after_s(&bed, "host@DC01-app1", 31 * SIM_S);

    ck_assert_double_ge(after_s, 9.0);
    ck_assert_double_le(after_s, 14.3);
}
END_TEST

/* U(0, I) + F T + (F - 1) I. */
START_TEST(checks_notice_a_hung_process)
{
    g_auto(Bed) bed = bed_new(50 + (uint64_t)_i, CHECKED "'timeout': '3s'");
    double after_s;

    rig_run(bed.rig, 31 * SIM_S);
    bed.a->manner = PROBE_KEEPS;
    rig_run(bed.rig, 60 * SIM_S);
    after_s = (double)(bed_noted_at(&bed, "httpd.member-out") - 31 * SIM_S) / 1e9;
    ck_assert_double_ge(after_s, 11.0);
    ck_assert_double_le(after_s, 16.3);
}
END_TEST

/* U(0, I) + (P - 1) I after it works again. */
START_TEST(checks_bring_a_member_back)
{
    g_auto(Bed) bed = bed_new(60 + (uint64_t)_i, CHECKED "'timeout': '3s'");
    double after_s;

    rig_down(bed.rig, A, 60 * SIM_S);
    rig_run(bed.rig, 120 * SIM_S);
    after_s = (double)(bed_noted_at(&bed, "httpd.member-back") - 60 * SIM_S) / 1e9;
    ck_assert_double_ge(after_s, 5.0);
    ck_assert_double_le(after_s, 10.3);
}
END_TEST

/* Different servers were started at different times. */
START_TEST(the_first_check_comes_anywhere_in_the_interval)
{
    double least = 1e9, most = 0.0;

    for (uint64_t seed = 1; seed <= 12; seed++) {
        g_auto(Bed) bed = bed_new(seed, ", 'hcmethod': 'TCP', 'hcinterval': '10s'");
        double after_s = out_after_s(&bed, A, 0);

        least = MIN(least, after_s);
        most = MAX(most, after_s);
    }
    ck_assert_double_le(least, 3.0);
    ck_assert_double_ge(most, 7.0);
    ck_assert_double_le(most, 10.2);
}
END_TEST

START_TEST(tcp_checks_cannot_see_a_hang)
{
    g_auto(Bed) bed = bed_new(70, ", 'hcmethod': 'TCP', 'hcinterval': '1s', 'hcfails': 2");

    bed.a->manner = PROBE_KEEPS;
    rig_run(bed.rig, 60 * SIM_S);
    ck_assert_uint_eq(rig_noted(bed.rig, "httpd.member-out"), 0);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "checks_failed"), 0);
}
END_TEST

/* The application works, its health page says 503. */
static void hear_draining(Probe *self, const Message *message)
{
    Message answer = {.op = MESSAGE_HTTP, .size_bytes = 100, .code = 200};

    answer.code = (message->flags & HTTP_HEALTH) != 0 ? 503 : 200;
    call_reply(&self->component, &message->ticket, &answer);
}

START_TEST(a_member_is_drained_through_its_health_page)
{
    g_auto(Bed) bed = bed_new(71, ", 'hcmethod': 'GET', 'hcinterval': '1s', 'hcfails': 2");
    guint heard;

    bed.b->hear = hear_draining;
    bed_stream(&bed, 1000, 5 * SIM_MS);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 1000);
    ck_assert_uint_eq(rig_noted(bed.rig, "httpd.member-out"), 1);
    heard = probe_count_heard(bed.a);
    bed_stream(&bed, 50, 5 * SIM_MS);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_ge(probe_count_heard(bed.a), heard + 50);
}
END_TEST

/* Measured: both health pages 503, application fine: clients get 503 although all works. */
START_TEST(checks_can_take_down_a_working_pair)
{
    g_auto(Bed) bed = bed_new(72, ", 'hcmethod': 'GET', 'hcinterval': '1s'");

    bed.a->hear = hear_draining;
    bed.b->hear = hear_draining;
    rig_run(bed.rig, 5 * SIM_S);
    bed_stream(&bed, 100, 10 * SIM_MS);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 503), 100);
    bed.a->hear = NULL;
    rig_run(bed.rig, 1300 * SIM_MS);
    bed_stream(&bed, 10, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 10);
}
END_TEST

/* --- life ---------------------------------------------------------------------------------------
 */

START_TEST(a_restart_forgets_errors_and_what_was_under_way)
{
    g_auto(Bed) bed = bed_new(80, "");
    const ProbeAsked *lost;

    bed.a->manner = PROBE_KEEPS;
    lost = bed_ask(&bed, 0);
    rig_run(bed.rig, SIM_S);
    rig_down(bed.rig, HTTPD, SIM_S);
    rig_run(bed.rig, 2 * SIM_S);
    ck_assert_int_eq(lost->outcome, OUTCOME_FAILED);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, HTTPD, "workers_busy"), 0.0, 1e-9);
    bed.a->manner = PROBE_ANSWERS;
    bed_stream(&bed, 4, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 4);
}
END_TEST

/* Whatever happens to members and hosts, each request ends once and gives its worker back. */
START_TEST(each_request_ends_exactly_once)
{
    g_auto(Bed) bed =
        bed_new(90 + (uint64_t)_i,
                ", 'timeout': '2s', 'retry': '3s', 'ThreadsPerChild': 20, 'MaxRequestWorkers': 20, "
                "'hcmethod': 'GET', 'hcinterval': '2s'");
    static const char *const victims[] = {
        A, B, "host@DC01-app1", "host@DC01-app2", "link@DC01-DC01", HTTPD};
    Rng rng;

    rng_init(&rng, 90 + (uint64_t)_i, "faults");
    for (int i = 0; i < 400; i++) {
        if (rng_chance(&rng, 0.05)) {
            rig_down(bed.rig, victims[rng_below(&rng, G_N_ELEMENTS(victims))],
                     (SimSpan)rng_below(&rng, 4 * SIM_S) + 1);
        }
        bed.a->manner = (ProbeManner)rng_below(&rng, 3);
        bed.b->manner = (ProbeManner)rng_below(&rng, 3);
        bed_ask(&bed, 0);
        rig_run(bed.rig, (SimSpan)rng_below(&rng, 100 * SIM_MS));
    }
    rig_run(bed.rig, 400 * SIM_S);
    for (guint i = 0; i < bed.client->asked->len; i++) {
        ck_assert_uint_eq(bed_asked(&bed, i)->ends, 1);
    }
    ck_assert_double_eq_tol(rig_gauge(bed.rig, HTTPD, "workers_busy"), 0.0, 1e-9);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, HTTPD, "waiting"), 0.0, 1e-9);
}
END_TEST

static TCase *checks_case(void)
{
    TCase *tests = tcase_create("checks");

    tcase_add_loop_test(tests, checks_notice_a_dead_process, 0, 5);
    tcase_add_loop_test(tests, checks_notice_a_dark_host, 0, 5);
    tcase_add_loop_test(tests, checks_notice_a_hung_process, 0, 5);
    tcase_add_loop_test(tests, checks_bring_a_member_back, 0, 5);
    tcase_add_test(tests, the_first_check_comes_anywhere_in_the_interval);
    tcase_add_test(tests, tcp_checks_cannot_see_a_hang);
    tcase_add_test(tests, a_member_is_drained_through_its_health_page);
    tcase_add_test(tests, checks_can_take_down_a_working_pair);
    return tests;
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("httpd");
    TCase *tests = tcase_create("service");

    tcase_add_test(tests, requests_go_to_both_members_in_turn);
    tcase_add_test(tests, a_request_costs_its_ways_and_its_cpu);
    tcase_add_test(tests, tls_handshakes_cost_cpu);
    tcase_add_test(tests, a_shallow_health_path_says_nothing_of_the_members);
    tcase_add_test(tests, a_request_beyond_the_workers_waits_for_one);
    tcase_add_test(tests, kept_connections_are_closed_while_requests_wait);
    tcase_add_test(tests, answers_say_how_long_their_connection_is_kept);
    tcase_add_test(tests, a_restart_forgets_errors_and_what_was_under_way);
    tcase_add_loop_test(tests, each_request_ends_exactly_once, 0, 4);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, checks_case());
    return suite;
}
