/* test_httpd_faults.c - Apache httpd when its members refuse, hang, break or vanish: what clients
 * see, against the table of mod_proxy_http's results ("what the handler returns" and
 * "request life cycle and fail-over" in the reference of the front door) and measured runs. */
#include "tests/support/suite.h"
#include "tests/support/web_bed.h"

/* --- a member refuses ---------------------------------------------------------------------------
 */

START_TEST(a_refused_request_is_repeated_on_the_other_member)
{
    g_auto(Bed) bed = bed_new(5, "");

    rig_down(bed.rig, B, SIM_NEVER);
    bed_stream(&bed, 2, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 2);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "failovers"), 1);
    ck_assert_uint_eq(bed_count_slower(&bed, 22 * SIM_MS, SIM_HOUR), 0);
}
END_TEST

START_TEST(a_refusing_member_is_probed_by_one_request_a_minute)
{
    g_auto(Bed) bed = bed_new(6, "");

    rig_down(bed.rig, B, SIM_NEVER);
    bed_stream(&bed, 590, 100 * SIM_MS);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "failovers"), 1);
    bed_stream(&bed, 600, 100 * SIM_MS);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "failovers"), 2);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 1190);
}
END_TEST

/* Measured with retry=5: a member restarted at 7 s returns at 10.0 s, its second trial. */
START_TEST(a_member_returns_at_the_first_trial_after_its_restart)
{
    g_auto(Bed) bed = bed_new(7, ", 'retry': '5s'");
    guint before;

    rig_down(bed.rig, B, 7 * SIM_S);
    bed_stream(&bed, 995, 10 * SIM_MS);
    before = probe_count_heard(bed.b);
    ck_assert_uint_eq(before, 0);
    bed_stream(&bed, 20, 10 * SIM_MS);
    ck_assert_uint_gt(probe_count_heard(bed.b), 0);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "failovers"), 2);
}
END_TEST

START_TEST(without_attempts_left_a_refusal_is_a_503)
{
    g_auto(Bed) bed = bed_new(8, ", 'maxattempts': 0");

    rig_down(bed.rig, B, SIM_NEVER);
    bed_stream(&bed, 2, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 503), 1);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "answers_503"), 1);
}
END_TEST

START_TEST(all_refusing_members_are_tried_for_each_request)
{
    g_auto(Bed) bed = bed_new(9, "");

    rig_down(bed.rig, A, SIM_NEVER);
    rig_down(bed.rig, B, 10 * SIM_S);
    bed_stream(&bed, 10, SIM_S - 1);
    ck_assert_uint_eq(bed_count_code(&bed, 503), 10);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "failovers"), 10);
    bed_stream(&bed, 5, SIM_S); /* back: at once, the errors are forgiven at each request */
    ck_assert_uint_eq(bed_count_code(&bed, 200), 5);
}
END_TEST

START_TEST(without_forced_recovery_all_wait_for_retry)
{
    g_auto(Bed) bed = bed_new(10, ", 'forcerecovery': false");

    rig_down(bed.rig, A, 10 * SIM_S);
    rig_down(bed.rig, B, 10 * SIM_S);
    bed_stream(&bed, 61, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 503), 61);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "failovers"), 1);
    bed_stream(&bed, 5, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 5);
}
END_TEST

/* --- a member is dark ---------------------------------------------------------------------------
 */

/* Half of what comes before the first connect times out waits for its own; then nothing until a
 * minute after the last of them, and then half of the traffic again, not one probe. */
START_TEST(a_dark_member_delays_its_share_until_the_first_connect_times_out)
{
    g_auto(Bed) bed = bed_new(11, ", 'connectiontimeout': '2s'");

    rig_down(bed.rig, "host@DC01-app2", SIM_NEVER);
    bed_stream(&bed, 100, 100 * SIM_MS);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 100);
    ck_assert_uint_eq(bed_count_slower(&bed, 2 * SIM_S, 2100 * SIM_MS), 10);
    ck_assert_uint_eq(bed_count_slower(&bed, 30 * SIM_MS, 2 * SIM_S), 0);
    bed_stream(&bed, 520, 100 * SIM_MS); /* the last failure was at 4.0 s: quiet until 62 s */
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "failovers"), 10);
    bed_stream(&bed, 100, 100 * SIM_MS);
    ck_assert_uint_eq(bed_count_slower(&bed, 2 * SIM_S, 2100 * SIM_MS), 20);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 720);
}
END_TEST

/* Measured, connectiontimeout=1 timeout=3, 100 requests/s of 10 ms: 47 answered after 1.01 s, those
 * that took an idle pooled connection 502 after 3.0 s, the member out after 1.1 s. */
START_TEST(idle_pooled_connections_to_a_dark_member_end_as_502)
{
    g_auto(Bed) bed = bed_new(12, ONE_PROCESS ", 'connectiontimeout': '1s', 'timeout': '3s'");
    SimTime fault;

    bed.a->answer_delay = 10 * SIM_MS;
    bed.b->answer_delay = 10 * SIM_MS;
    bed_stream(&bed, 100, 10 * SIM_MS);
    rig_down(bed.rig, "host@DC01-app2", SIM_NEVER);
    fault = rig_now(bed.rig);
    bed_stream(&bed, 600, 10 * SIM_MS);
    rig_run(bed.rig, 5 * SIM_S);
    ck_assert_uint_ge(bed_count_code(&bed, 502), 1);
    ck_assert_uint_le(bed_count_code(&bed, 502), 3);
    ck_assert_uint_eq(bed_count_slower(&bed, 3 * SIM_S, 3100 * SIM_MS), bed_count_code(&bed, 502));
    ck_assert_uint_ge(bed_count_slower(&bed, SIM_S, 1100 * SIM_MS), 46);
    ck_assert_uint_le(bed_count_slower(&bed, SIM_S, 1100 * SIM_MS), 51);
    ck_assert_int_ge(bed_noted_at(&bed, "httpd.member-error") - fault, SIM_S);
    ck_assert_int_le(bed_noted_at(&bed, "httpd.member-error") - fault, 1150 * SIM_MS);
}
END_TEST

START_TEST(the_connect_timeout_is_the_timeout_when_not_given)
{
    g_auto(Bed) bed = bed_new(13, ", 'timeout': '7s'");

    rig_down(bed.rig, "host@DC01-app1", SIM_NEVER);
    bed_ask(&bed, 0);
    rig_run(bed.rig, 10 * SIM_S);
    ck_assert_uint_eq(bed_count_slower(&bed, 7 * SIM_S, 7100 * SIM_MS), 1);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 1);
}
END_TEST

/* --- a member hangs -----------------------------------------------------------------------------
 */

START_TEST(a_hung_member_costs_the_timeout_and_stays_in_service)
{
    g_auto(Bed) bed = bed_new(14, "");

    bed.b->manner = PROBE_KEEPS;
    bed_stream(&bed, 20, SIM_S);
    rig_run(bed.rig, 70 * SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 502), 10);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 10);
    ck_assert_uint_eq(bed_count_slower(&bed, 60 * SIM_S, 60100 * SIM_MS), 10);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "failovers"), 0);
    ck_assert_uint_eq(rig_noted(bed.rig, "httpd.member-error"), 0);
}
END_TEST

/* Measured: timeout=3 failontimeout=On, 50 requests/s: 76 failed, the member out after 3.05 s. */
START_TEST(failontimeout_takes_a_hung_member_out)
{
    g_auto(Bed) bed = bed_new(15, ", 'timeout': '3s', 'failontimeout': true");

    bed_stream(&bed, 50, 20 * SIM_MS);
    bed.b->manner = PROBE_KEEPS;
    bed_stream(&bed, 500, 20 * SIM_MS);
    rig_run(bed.rig, 5 * SIM_S);
    ck_assert_uint_ge(bed_count_code(&bed, 502), 74);
    ck_assert_uint_le(bed_count_code(&bed, 502), 78);
    ck_assert_int_le(bed_noted_at(&bed, "httpd.member-error") - SIM_S, 3100 * SIM_MS);
}
END_TEST

/* Measured: 400 workers, 100 requests/s of which 50 hang: full after 8.1 s; 150: 3.0 s. */
START_TEST(a_hung_member_takes_all_workers)
{
    g_auto(Bed) bed = bed_new(16, _i == 0 ? "" : ", 'MaxRequestWorkers': 150");
    double workers = _i == 0 ? 400.0 : 150.0;
    SimTime full = SIM_NEVER;

    bed.b->manner = PROBE_KEEPS;
    for (int i = 0; i < 1000 && full == SIM_NEVER; i++) {
        bed_stream(&bed, 1, 10 * SIM_MS);
        full = rig_gauge(bed.rig, HTTPD, "workers_busy") >= workers ? rig_now(bed.rig) : full;
    }
    ck_assert_double_eq_tol((double)full / 1e9, workers / 50.0, 0.1);
    /* from now on even the healthy member's requests wait */
    const ProbeAsked *late = bed_ask(&bed, 0);
    rig_run(bed.rig, 10 * SIM_S);
    ck_assert_uint_eq(late->ends, 0);
}
END_TEST

/* --- a member breaks, or answers badly ----------------------------------------------------------
 */

START_TEST(a_broken_answer_on_a_fresh_client_connection_is_a_502)
{
    g_auto(Bed) bed = bed_new(20, "");
    const ProbeAsked *asked;

    bed.a->manner = PROBE_BREAKS;
    asked = bed_ask(&bed, 0);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(bed_code(asked), 502);
    ck_assert_uint_eq(rig_noted(bed.rig, "httpd.member-error"), 0);
    ck_assert_uint_eq(probe_count_heard(bed.b), 0);
}
END_TEST

START_TEST(a_broken_answer_on_kept_connections_closes_the_clients)
{
    g_auto(Bed) bed = bed_new(21, ONE_PROCESS);
    const ProbeAsked *asked;

    bed_stream(&bed, 2, SIM_S); /* both members have a pooled connection */
    bed.a->manner = PROBE_BREAKS;
    asked = bed_ask_again(&bed);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(asked->ends, 1);
    ck_assert_int_eq(asked->outcome, OUTCOME_FAILED);
    ck_assert_uint_eq(rig_noted(bed.rig, "httpd.member-error"), 0);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "connections_cut"), 1);
}
END_TEST

START_TEST(a_broken_fresh_connection_marks_the_member_for_a_kept_client)
{
    g_auto(Bed) bed = bed_new(22, ONE_PROCESS);
    const ProbeAsked *asked;

    bed.a->manner = PROBE_BREAKS;
    asked = bed_ask_again(&bed);
    rig_run(bed.rig, SIM_S);
    ck_assert_int_eq(asked->outcome, OUTCOME_FAILED);
    ck_assert_uint_eq(rig_noted(bed.rig, "httpd.member-error"), 1);
    bed_stream(&bed, 4, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 4); /* all on b */
    ck_assert_uint_eq(probe_count_heard(bed.b), 4);
}
END_TEST

/* Measured: as many as are in flight fail, the next one to the member fails over. */
START_TEST(a_killed_member_fails_only_what_is_in_flight)
{
    g_auto(Bed) bed = bed_new(23, "");

    bed.a->answer_delay = 50 * SIM_MS;
    bed.b->answer_delay = 50 * SIM_MS;
    bed_stream(&bed, 400, 5 * SIM_MS);
    rig_down(bed.rig, B, SIM_NEVER);
    bed_stream(&bed, 2000, 5 * SIM_MS);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_ge(bed_count_code(&bed, 502), 4); /* 200/s / 2 x 50 ms = 5 */
    ck_assert_uint_le(bed_count_code(&bed, 502), 6);
    ck_assert_uint_eq(bed_count_code(&bed, 200) + bed_count_code(&bed, 502), 2400);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "failovers"), 1);
}
END_TEST

START_TEST(a_members_own_503_is_passed_on_and_it_stays_in_service)
{
    g_auto(Bed) bed = bed_new(24, "");

    bed.b->answer.code = 503;
    bed_stream(&bed, 20, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 503), 10);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 10);
    ck_assert_uint_eq(rig_noted(bed.rig, "httpd.member-error"), 0);
}
END_TEST

/* Measured at 200 requests/s: 2 failed, then out for 60 s. */
START_TEST(failonstatus_takes_a_member_out)
{
    g_auto(Bed) bed = bed_new(25, ", 'failonstatus': '503'");

    bed.b->answer.code = 503;
    bed.b->answer_delay = 10 * SIM_MS;
    bed_stream(&bed, 1000, 5 * SIM_MS);
    ck_assert_uint_ge(bed_count_code(&bed, 503), 1);
    ck_assert_uint_le(bed_count_code(&bed, 503), 2);
    ck_assert_uint_gt(rig_noted(bed.rig, "httpd.member-error"), 0);
}
END_TEST

START_TEST(answers_of_any_status_are_passed_on)
{
    static const uint32_t codes[] = {200, 302, 404, 500, 501, 502, 503, 504, 599};
    g_auto(Bed) bed = bed_new(26, "");
    const ProbeAsked *asked;

    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        bed.a->answer.code = codes[i];
        bed.b->answer.code = codes[i];
        asked = bed_ask(&bed, 0);
        rig_run(bed.rig, SIM_S);
        ck_assert_uint_eq(bed_code(asked), codes[i]);
    }
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "answers_ok"), 3);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "answers_500"), 1);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "answers_502"), 1);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "answers_503"), 1);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "answers_504"), 1);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "answers_5xx"), 2);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "failovers"), 0);
}
END_TEST

START_TEST(a_stale_pooled_connection_is_replaced_without_a_sign)
{
    g_auto(Bed) bed = bed_new(27, ONE_PROCESS);
    const ProbeAsked *asked;

    bed_stream(&bed, 2, SIM_S);
    rig_down(bed.rig, A, SIM_S);
    rig_run(bed.rig, 2 * SIM_S);
    asked = bed_ask(&bed, 0);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(bed_code(asked), 200);
    ck_assert_uint_eq(probe_count_heard(bed.a), 2);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "failovers"), 0);
}
END_TEST

/* Nothing closed it: the request is sent over it and answered by a reset. */
START_TEST(a_pooled_connection_to_a_host_that_lost_its_power_ends_as_502)
{
    g_auto(Bed) bed = bed_new(28, ONE_PROCESS);

    bed_stream(&bed, 2, SIM_S);
    rig_down(bed.rig, "host@DC01-app1", 10 * SIM_S);
    rig_run(bed.rig, 60 * SIM_S);
    bed_stream(&bed, 4, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 502), 1);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 5);
    ck_assert_uint_eq(rig_noted(bed.rig, "httpd.member-error"), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("httpd_faults");
    TCase *tests = tcase_create("faults");

    tcase_add_test(tests, a_refused_request_is_repeated_on_the_other_member);
    tcase_add_test(tests, a_refusing_member_is_probed_by_one_request_a_minute);
    tcase_add_test(tests, a_member_returns_at_the_first_trial_after_its_restart);
    tcase_add_test(tests, without_attempts_left_a_refusal_is_a_503);
    tcase_add_test(tests, all_refusing_members_are_tried_for_each_request);
    tcase_add_test(tests, without_forced_recovery_all_wait_for_retry);
    tcase_add_test(tests, a_dark_member_delays_its_share_until_the_first_connect_times_out);
    tcase_add_test(tests, idle_pooled_connections_to_a_dark_member_end_as_502);
    tcase_add_test(tests, the_connect_timeout_is_the_timeout_when_not_given);
    tcase_add_test(tests, a_hung_member_costs_the_timeout_and_stays_in_service);
    tcase_add_test(tests, failontimeout_takes_a_hung_member_out);
    tcase_add_loop_test(tests, a_hung_member_takes_all_workers, 0, 2);
    tcase_add_test(tests, a_broken_answer_on_a_fresh_client_connection_is_a_502);
    tcase_add_test(tests, a_broken_answer_on_kept_connections_closes_the_clients);
    tcase_add_test(tests, a_broken_fresh_connection_marks_the_member_for_a_kept_client);
    tcase_add_test(tests, a_killed_member_fails_only_what_is_in_flight);
    tcase_add_test(tests, a_members_own_503_is_passed_on_and_it_stays_in_service);
    tcase_add_test(tests, failonstatus_takes_a_member_out);
    tcase_add_test(tests, answers_of_any_status_are_passed_on);
    tcase_add_test(tests, a_stale_pooled_connection_is_replaced_without_a_sign);
    tcase_add_test(tests, a_pooled_connection_to_a_host_that_lost_its_power_ends_as_502);
    suite_add_tcase(suite, tests);
    return suite;
}
