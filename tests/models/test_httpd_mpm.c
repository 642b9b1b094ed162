/* test_httpd_mpm.c - processes of the event MPM: spawning, leaving, and what each keeps to itself,
 * against "MPM event: capacity of one httpd" (event.c, perform_idle_server_maintenance) and
 * measured runs. */
#include "tests/support/suite.h"
#include "tests/support/web_bed.h"

#define STOCK ", 'StartServers': 3, 'MinSpareThreads': 75, 'MaxSpareThreads': 250"

static double alive(const Bed *bed)
{
    return rig_gauge(bed->rig, HTTPD, "processes_alive");
}

/* Requests that nobody answers, on connections of their own, at once. */
static void hold(Bed *bed, guint count)
{
    bed->a->manner = PROBE_KEEPS;
    bed->b->manner = PROBE_KEEPS;
    for (guint i = 0; i < count; i++) {
        bed_ask(bed, 0);
    }
}

/* 1, 2, 4 ... each second while fewer than MinSpareThreads are idle. */
START_TEST(children_are_started_at_a_doubling_rate)
{
    static const double expected[] = {3, 4, 6, 10, 16, 16};
    g_auto(Bed) bed = bed_new(1, STOCK);

    hold(&bed, 500);
    rig_run(bed.rig, 500 * SIM_MS);
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        ck_assert_double_eq(alive(&bed), expected[i]);
        rig_run(bed.rig, SIM_S);
    }
    ck_assert_double_eq(rig_gauge(bed.rig, HTTPD, "workers_busy"), 400.0);
}
END_TEST

START_TEST(three_idle_children_are_enough)
{
    g_auto(Bed) bed = bed_new(2, STOCK);

    rig_run(bed.rig, SIM_MIN);
    ck_assert_double_eq(alive(&bed), 3.0);
}
END_TEST

/* A process that accepts nothing more does not count as idle: others are started. */
START_TEST(full_processes_make_room_by_new_ones)
{
    g_auto(Bed) bed = bed_new(3, STOCK ", 'RequestReadTimeout': '1h'");

    for (guint i = 0; i < 1000; i++) {
        bed_connect(&bed, SIM_MIN);
    }
    rig_run(bed.rig, 10 * SIM_S);
    ck_assert_double_eq(alive(&bed), 16.0); /* 14 are full, and 75 idle workers in reserve */
    ck_assert_double_eq(rig_gauge(bed.rig, HTTPD, "connections"), 1000.0);
}
END_TEST

START_TEST(one_child_leaves_each_second_while_too_many_are_idle)
{
    g_auto(Bed) bed = bed_new(4, ", 'StartServers': 16, 'MaxSpareThreads': 250");

    rig_run(bed.rig, 1500 * SIM_MS);
    ck_assert_double_eq(alive(&bed), 15.0);
    rig_run(bed.rig, 2 * SIM_S);
    ck_assert_double_eq(alive(&bed), 13.0);
    rig_run(bed.rig, SIM_MIN);
    ck_assert_double_eq(alive(&bed), 10.0); /* 250 threads */
}
END_TEST

START_TEST(a_child_that_leaves_finishes_its_requests)
{
    g_auto(Bed) bed = bed_new(5, ", 'StartServers': 16, 'MaxSpareThreads': 250");

    bed.a->answer_delay = 8 * SIM_S;
    bed.b->answer_delay = 8 * SIM_S;
    for (guint i = 0; i < 100; i++) {
        bed_ask(&bed, 0);
    }
    rig_run(bed.rig, SIM_MIN);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 100);
    ck_assert_double_eq(alive(&bed), 10.0);
}
END_TEST

START_TEST(a_child_that_leaves_closes_kept_connections)
{
    g_auto(Bed) bed = bed_new(6, ", 'StartServers': 16, 'MaxSpareThreads': 250, "
                                 "'KeepAliveTimeout': '1h'");

    for (guint i = 0; i < 160; i++) {
        bed_connect(&bed, SIM_MIN);
    }
    rig_run(bed.rig, 100 * SIM_MS);
    for (guint i = 0; i < 160; i++) {
        bed_ask_over(&bed, bed_asked(&bed, i), HTTP_SHALLOW);
    }
    rig_run(bed.rig, SIM_MIN);
    /* about 10 a process, 6 of 16 processes */
    ck_assert_uint_ge(rig_counter(bed.rig, HTTPD, "connections_closed_early"), 30);
    ck_assert_uint_le(rig_counter(bed.rig, HTTPD, "connections_closed_early"), 95);
    ck_assert_double_eq(rig_gauge(bed.rig, HTTPD, "connections") +
                            (double)rig_counter(bed.rig, HTTPD, "connections_closed_early"),
                        160.0);
}
END_TEST

/* Measured: 10.7 s without any health check after the process that made them had left. */
START_TEST(checks_pause_when_their_process_leaves)
{
    g_auto(Bed) bed = bed_new(7, ", 'StartServers': 11, 'MaxSpareThreads': 250, "
                                 "'hcmethod': 'GET', 'hcinterval': '1s'");
    SimSpan longest = 0;

    rig_run(bed.rig, SIM_MIN);
    for (guint i = 1; i < probe_count_heard(bed.a); i++) {
        longest = MAX(longest, probe_heard(bed.a, i)->time - probe_heard(bed.a, i - 1)->time);
    }
    ck_assert_int_ge(longest, 10 * SIM_S);
    ck_assert_int_le(longest, 12 * SIM_S);
    ck_assert_uint_ge(probe_count_heard(bed.a), 40);
}
END_TEST

/* A fixed number of processes: the same checks without a pause. */
START_TEST(checks_do_not_pause_while_all_processes_stay)
{
    g_auto(Bed) bed = bed_new(8, ", 'hcmethod': 'GET', 'hcinterval': '1s'");

    rig_run(bed.rig, SIM_MIN);
    ck_assert_uint_ge(probe_count_heard(bed.a), 53);
}
END_TEST

START_TEST(a_kept_connection_waits_for_its_own_process)
{
    g_auto(Bed) bed = bed_new(9, ", 'ThreadsPerChild': 1, 'ServerLimit': 2, "
                                 "'MaxRequestWorkers': 2");
    const ProbeAsked *first, *second, *third;

    for (guint i = 0; i < 4; i++) { /* three a process at most, so two on one of them */
        bed_connect(&bed, SIM_MIN);
        rig_run(bed.rig, 50 * SIM_MS);
    }
    for (guint i = 0; i < 4; i++) {
        bed_ask_over(&bed, bed_asked(&bed, i), 0);
        rig_run(bed.rig, 50 * SIM_MS);
    }
    bed.a->answer_delay = SIM_S;
    bed.b->answer_delay = SIM_S;
    first = bed_ask_over(&bed, bed_asked(&bed, 0), 0);
    rig_run(bed.rig, 10 * SIM_MS);
    second = bed_ask_over(&bed, bed_asked(&bed, 1), 0);
    third = bed_ask_over(&bed, bed_asked(&bed, 2), 0);
    rig_run(bed.rig, 10 * SIM_S);
    ck_assert_uint_eq(bed_code(first), 200);
    /* at least two of three share a process, and one of them waited for the other */
    ck_assert_int_ge(MAX(bed_latency(second), bed_latency(third)), 1900 * SIM_MS);
}
END_TEST

/* Linux hands a connection over with its first request (AcceptFilter http data): two that came
 * together do not wait for one worker while another process has an idle one, whatever is drawn. */
START_TEST(a_new_connection_goes_to_a_process_with_an_idle_worker)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        g_auto(Bed) bed = bed_new(seed, ", 'ThreadsPerChild': 1, 'ServerLimit': 2, "
                                        "'MaxRequestWorkers': 2");
        const ProbeAsked *both[2];

        bed.a->answer_delay = SIM_S;
        bed.b->answer_delay = SIM_S;
        bed_connect(&bed, SIM_MIN);
        bed_connect(&bed, SIM_MIN);
        rig_run(bed.rig, 50 * SIM_MS);
        both[0] = bed_ask_over(&bed, bed_asked(&bed, 0), 0);
        both[1] = bed_ask_over(&bed, bed_asked(&bed, 1), 0);
        rig_run(bed.rig, 10 * SIM_S);
        for (int i = 0; i < 2; i++) {
            ck_assert_uint_eq(bed_code(both[i]), 200);
            ck_assert_int_le(bed_latency(both[i]), 1100 * SIM_MS);
        }
    }
}
END_TEST

/* And when none has, it waits in the kernel for whichever is idle first. */
START_TEST(a_new_connection_waits_for_the_first_idle_worker_of_all)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        g_auto(Bed) bed = bed_new(seed, ", 'ThreadsPerChild': 1, 'ServerLimit': 2, "
                                        "'MaxRequestWorkers': 2");

        bed.a->answer_delay = SIM_S;
        bed.b->answer_delay = 3 * SIM_S;
        for (guint i = 0; i < 3; i++) {
            bed_connect(&bed, SIM_MIN);
        }
        rig_run(bed.rig, 50 * SIM_MS);
        for (guint i = 0; i < 3; i++) {
            bed_ask_over(&bed, bed_asked(&bed, i), 0);
        }
        rig_run(bed.rig, 10 * SIM_S);
        /* a after 1 s, and the third one there again; b after 3 s */
        ck_assert_uint_eq(bed_count_slower(&bed, 1900 * SIM_MS, 2200 * SIM_MS), 1);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("httpd_mpm");
    TCase *tests = tcase_create("processes");

    tcase_add_test(tests, children_are_started_at_a_doubling_rate);
    tcase_add_test(tests, three_idle_children_are_enough);
    tcase_add_test(tests, full_processes_make_room_by_new_ones);
    tcase_add_test(tests, one_child_leaves_each_second_while_too_many_are_idle);
    tcase_add_test(tests, a_child_that_leaves_finishes_its_requests);
    tcase_add_test(tests, a_child_that_leaves_closes_kept_connections);
    tcase_add_test(tests, checks_pause_when_their_process_leaves);
    tcase_add_test(tests, checks_do_not_pause_while_all_processes_stay);
    tcase_add_test(tests, a_kept_connection_waits_for_its_own_process);
    tcase_add_test(tests, a_new_connection_goes_to_a_process_with_an_idle_worker);
    tcase_add_test(tests, a_new_connection_waits_for_the_first_idle_worker_of_all);
    suite_add_tcase(suite, tests);
    return suite;
}
