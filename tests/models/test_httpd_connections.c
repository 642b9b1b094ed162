/* test_httpd_connections.c - how many connections the event MPM takes, and what those meet that
 * come after, against the rules of "MPM event: capacity of one httpd" (event.c,
 * connections_above_limit) and of "connect phase when something is wrong". */
#include "tests/support/suite.h"
#include "tests/support/web_bed.h"

/* 4 workers, factor 2: 4 + 2 x 4 idle = 12 connections. */
#define SMALL ", 'ThreadsPerChild': 2, 'ServerLimit': 2, 'MaxRequestWorkers': 4"

#define ONE_CHILD ", 'ThreadsPerChild': 4, 'ServerLimit': 1, 'MaxRequestWorkers': 4"

static double connections(const Bed *bed)
{
    return rig_gauge(bed->rig, HTTPD, "connections");
}

static double waiting(const Bed *bed)
{
    return rig_gauge(bed->rig, HTTPD, "connections_waiting");
}

/* Opens `count` at once and lets them be. */
static void fill(Bed *bed, guint count)
{
    for (guint i = 0; i < count; i++) {
        bed_connect(bed, SIM_MIN);
    }
    rig_run(bed->rig, 100 * SIM_MS);
}

/* Opens `count` at once and asks once over each; the connections are kept afterwards. */
static void fill_kept(Bed *bed, guint count)
{
    guint first = bed->client->asked->len;

    fill(bed, count);
    for (guint i = 0; i < count; i++) {
        bed_ask_over(bed, bed_asked(bed, first + i), HTTP_SHALLOW);
        rig_run(bed->rig, 10 * SIM_MS);
    }
    rig_run(bed->rig, 100 * SIM_MS);
}

static guint count_closes(const Bed *bed)
{
    guint count = 0;

    for (guint i = 0; i < probe_count_heard(bed->client); i++) {
        count += probe_heard(bed->client, i)->message.op == MESSAGE_CLOSE;
    }
    return count;
}

START_TEST(stock_httpd_accepts_1200_idle_connections)
{
    g_auto(Bed) bed = bed_new(1, "");

    fill(&bed, 1300);
    ck_assert_double_eq(connections(&bed), 1200.0);
    ck_assert_double_eq(waiting(&bed), 100.0);
}
END_TEST

/* Workers + factor x idle workers: 4 busy of 8 leave 8 + 2 x 4. */
START_TEST(busy_workers_lower_the_limit)
{
    g_auto(Bed) bed = bed_new(2, ", 'ThreadsPerChild': 4, 'MaxRequestWorkers': 8");
    guint first;

    bed.a->manner = PROBE_KEEPS;
    bed.b->manner = PROBE_KEEPS;
    fill(&bed, 4);
    first = bed.client->asked->len;
    for (guint i = first - 4; i < first; i++) {
        bed_ask_over(&bed, bed_asked(&bed, i), 0);
    }
    rig_run(bed.rig, 100 * SIM_MS);
    fill(&bed, 30);
    ck_assert_double_eq(connections(&bed), 16.0);
    ck_assert_double_eq(waiting(&bed), 18.0);
}
END_TEST

START_TEST(the_factor_may_be_broken)
{
    g_auto(Bed) bed = bed_new(3, SMALL ", 'AsyncRequestWorkerFactor': 0.5");

    fill(&bed, 20);
    ck_assert_double_eq(connections(&bed), 6.0);
}
END_TEST

/* Connecting succeeds, the answer comes when a place is free: here when a kept connection ends. */
START_TEST(a_connection_beyond_the_limit_waits_until_a_kept_one_ends)
{
    g_auto(Bed) bed = bed_new(4, SMALL ", 'KeepAliveTimeout': '5s'");
    const ProbeAsked *late, *asked;

    fill_kept(&bed, 12);
    late = bed_connect(&bed, SIM_S);
    rig_run(bed.rig, 100 * SIM_MS);
    asked = bed_ask_over(&bed, late, 0);
    rig_run(bed.rig, 4500 * SIM_MS);
    ck_assert_uint_eq(asked->ends, 0);
    ck_assert_double_eq(waiting(&bed), 1.0);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(bed_code(asked), 200);
    ck_assert_double_eq(waiting(&bed), 0.0);
}
END_TEST

START_TEST(a_full_backlog_drops_syns_until_there_is_room)
{
    g_auto(Bed) bed = bed_new(5, SMALL ", 'ListenBacklog': 3, 'KeepAliveTimeout': '2500ms'");
    const ProbeAsked *impatient, *patient;

    fill_kept(&bed, 12);
    fill(&bed, 3);
    impatient = bed_connect(&bed, SIM_S);
    patient = bed_connect(&bed, SIM_MIN);
    rig_run(bed.rig, 500 * SIM_MS);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "syns_dropped"), 2);
    rig_run(bed.rig, 30 * SIM_S);
    ck_assert_int_eq(impatient->connected, CONNECT_TIMEOUT);
    /* SYNs at 0 and 1 s met a full queue, the one at 3 s a place */
    ck_assert_int_eq(patient->connected, CONNECTED);
    ck_assert_int_eq(bed_latency(patient) / SIM_MS, 3020);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "syns_dropped"), 3);
}
END_TEST

START_TEST(kept_connections_count_and_end_after_their_time)
{
    g_auto(Bed) bed = bed_new(6, SMALL ", 'KeepAliveTimeout': '5s'");

    fill_kept(&bed, 7);
    ck_assert_double_eq(connections(&bed), 7.0);
    rig_run(bed.rig, 5 * SIM_S);
    fill(&bed, 1); /* expiry is noticed when the next one comes */
    ck_assert_double_eq(connections(&bed), 1.0);
}
END_TEST

/* event.c: "All workers are busy, will close n keep-alive connections"; their clients hear it. */
START_TEST(idle_connections_are_closed_when_no_worker_is_left)
{
    g_auto(Bed) bed = bed_new(7, ONE_CHILD);
    guint first;

    fill_kept(&bed, 5);
    bed.a->manner = PROBE_KEEPS;
    bed.b->manner = PROBE_KEEPS;
    fill(&bed, 4);
    first = bed.client->asked->len - 4;
    for (guint i = first; i < first + 4; i++) {
        bed_ask_over(&bed, bed_asked(&bed, i), 0);
    }
    rig_run(bed.rig, 100 * SIM_MS);
    ck_assert_uint_eq(count_closes(&bed), 0); /* all are busy, but nobody needs one */
    fill(&bed, 1);
    ck_assert_uint_eq(count_closes(&bed), 5);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "connections_closed_early"), 5);
    ck_assert_double_eq(connections(&bed), 4.0);
    ck_assert_double_eq(waiting(&bed), 1.0);
}
END_TEST

START_TEST(a_request_over_a_closed_connection_meets_a_reset)
{
    g_auto(Bed) bed = bed_new(8, ", 'KeepAliveTimeout': '5s'");
    const ProbeAsked *connection, *in_time, *late;

    fill(&bed, 1);
    connection = bed_asked(&bed, 0);
    bed_ask_over(&bed, connection, 0);
    rig_run(bed.rig, 4 * SIM_S);
    in_time = bed_ask_over(&bed, connection, 0);
    rig_run(bed.rig, 6 * SIM_S);
    late = bed_ask_over(&bed, connection, 0);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(bed_code(in_time), 200);
    ck_assert_int_eq(late->outcome, OUTCOME_REFUSED);
    ck_assert_int_eq(bed_latency(late) / SIM_MS, 20);
}
END_TEST

/* mod_reqtimeout: a client that connects and says nothing. */
START_TEST(a_silent_connection_is_closed_after_its_time)
{
    g_auto(Bed) bed = bed_new(9, SMALL ", 'RequestReadTimeout': '20s'");
    const ProbeAsked *late;

    fill(&bed, 13);
    rig_run(bed.rig, 19 * SIM_S);
    ck_assert_double_eq(waiting(&bed), 1.0);
    rig_run(bed.rig, 2 * SIM_S);
    ck_assert_double_eq(waiting(&bed), 0.0);
    late = bed_ask_over(&bed, bed_asked(&bed, 0), 0);
    rig_run(bed.rig, SIM_S);
    ck_assert_int_eq(late->outcome, OUTCOME_REFUSED);
}
END_TEST

START_TEST(a_connection_that_its_client_closes_makes_room)
{
    g_auto(Bed) bed = bed_new(10, SMALL);

    fill(&bed, 13);
    ck_assert_double_eq(waiting(&bed), 1.0);
    network_close(&bed.client->component, bed.httpd, bed_asked(&bed, 3)->connection, 0, 0);
    rig_run(bed.rig, 100 * SIM_MS);
    ck_assert_double_eq(waiting(&bed), 0.0);
    ck_assert_double_eq(connections(&bed), 12.0);
}
END_TEST

/* The kernel keeps a closed connection in its queue until the process takes it. */
START_TEST(who_gives_up_in_the_kernels_queue_keeps_his_place_there)
{
    g_auto(Bed) bed = bed_new(11, SMALL ", 'ListenBacklog': 2");
    const ProbeAsked *connection, *asked;

    fill(&bed, 13);
    connection = bed_asked(&bed, 12);
    asked = bed_ask_over(&bed, connection, 0);
    rig_run(bed.rig, 100 * SIM_MS);
    network_close(&bed.client->component, bed.httpd, connection->connection, 0, 0);
    rig_run(bed.rig, 100 * SIM_MS);
    ck_assert_double_eq(waiting(&bed), 1.0);
    fill(&bed, 2);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "syns_dropped"), 1);
    rig_run(bed.rig, 25 * SIM_S);
    ck_assert_double_eq(waiting(&bed), 0.0);
    ck_assert_uint_eq(probe_count_heard(bed.a), 0); /* its request was never served */
    ck_assert_uint_eq(asked->ends, 0);
}
END_TEST

START_TEST(a_connection_ends_after_its_last_request)
{
    g_auto(Bed) bed = bed_new(12, ", 'MaxKeepAliveRequests': 3");
    const ProbeAsked *asked[4];

    fill(&bed, 1);
    for (int i = 0; i < 4; i++) {
        asked[i] = bed_ask_over(&bed, bed_asked(&bed, 0), 0);
        rig_run(bed.rig, SIM_S);
    }
    ck_assert_uint_eq(asked[1]->reply.flags & HTTP_CLOSE, 0);
    ck_assert_uint_eq(asked[2]->reply.flags & HTTP_CLOSE, HTTP_CLOSE);
    ck_assert_int_eq(asked[3]->outcome, OUTCOME_REFUSED);
    ck_assert_double_eq(connections(&bed), 0.0);
}
END_TEST

START_TEST(a_closing_request_leaves_no_connection)
{
    g_auto(Bed) bed = bed_new(13, "");

    fill(&bed, 1);
    bed_ask_over(&bed, bed_asked(&bed, 0), HTTP_CLOSE);
    rig_run(bed.rig, SIM_S);
    ck_assert_double_eq(connections(&bed), 0.0);
}
END_TEST

START_TEST(a_client_that_keeps_shorter_frees_its_place_sooner)
{
    g_auto(Bed) bed = bed_new(14, ", 'KeepAliveTimeout': '60s'");
    Message request = {.op = MESSAGE_HTTP, .size_bytes = 500, .time_to_live = 2 * SIM_S};

    fill_kept(&bed, 3); /* for 60 s */
    fill(&bed, 1);
    request.connection = bed_asked(&bed, bed.client->asked->len - 1)->connection;
    probe_call(bed.client, bed.httpd, &request, SIM_MIN);
    rig_run(bed.rig, SIM_S);
    ck_assert_double_eq(connections(&bed), 4.0);
    rig_run(bed.rig, 2 * SIM_S);
    fill(&bed, 1);
    ck_assert_double_eq(connections(&bed), 4.0);
}
END_TEST

/* A SYN-ACK lost on its way: the second SYN belongs to the same connection. */
START_TEST(a_repeated_syn_is_one_connection)
{
    g_auto(Bed) bed = bed_new(15, "");
    const ProbeAsked *asked;

    rig_down(bed.rig, "link@DC01-far", 500 * SIM_MS);
    asked = bed_connect(&bed, SIM_MIN);
    rig_run(bed.rig, 2 * SIM_S);
    ck_assert_int_eq(asked->connected, CONNECTED);
    ck_assert_double_eq(connections(&bed), 1.0);
}
END_TEST

START_TEST(who_connects_too_late_leaves_no_connection)
{
    g_auto(Bed) bed = bed_new(16, "");
    const ProbeAsked *asked = bed_connect(&bed, 15 * SIM_MS);

    rig_run(bed.rig, SIM_S);
    ck_assert_int_eq(asked->connected, CONNECT_TIMEOUT);
    ck_assert_double_eq(connections(&bed), 0.0);
}
END_TEST

START_TEST(a_restart_closes_all_connections)
{
    g_auto(Bed) bed = bed_new(17, SMALL);
    const ProbeAsked *asked;

    fill(&bed, 20);
    rig_down(bed.rig, HTTPD, SIM_S);
    rig_run(bed.rig, 2 * SIM_S);
    ck_assert_double_eq(connections(&bed), 0.0);
    ck_assert_double_eq(waiting(&bed), 0.0);
    asked = bed_ask_over(&bed, bed_asked(&bed, 0), 0);
    rig_run(bed.rig, SIM_S);
    ck_assert_int_eq(asked->outcome, OUTCOME_REFUSED);
    fill(&bed, 20);
    ck_assert_double_eq(connections(&bed), 12.0);
}
END_TEST

/* Its kernel takes connections until the queue is full, and serves them afterwards. */
START_TEST(a_frozen_process_accepts_into_its_kernels_queue)
{
    g_auto(Bed) bed = bed_new(18, SMALL ", 'ListenBacklog': 3");
    Effect paused = EFFECT_NONE;

    paused.paused = true;
    rig_effect(bed.rig, HTTPD, paused, 2 * SIM_S);
    fill(&bed, 5);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "syns_dropped"), 2);
    ck_assert_double_eq(connections(&bed), 0.0);
    rig_run(bed.rig, 2 * SIM_S);
    ck_assert_double_eq(waiting(&bed), 0.0);
    ck_assert_double_ge(connections(&bed), 3.0);
}
END_TEST

START_TEST(max_request_workers_is_cut_as_httpd_cuts_it)
{
    static const struct {
        const char *settings;
        double connections;
    } cases[] = {
        {", 'MaxRequestWorkers': 430", 1200.0}, /* ServerLimit 16 x 25 */
        {", 'MaxRequestWorkers': 110", 300.0},  /* a multiple of 25 */
        {", 'MaxRequestWorkers': 10", 75.0},    /* at least one process */
        {", 'MaxRequestWorkers': 500, 'ServerLimit': 20", 1500.0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Bed) bed = bed_new(19, cases[i].settings);

        fill(&bed, 1600);
        ck_assert_double_eq(connections(&bed), cases[i].connections);
    }
}
END_TEST

/* Whatever clients do, the limit holds, and in the end nothing is left. */
START_TEST(connections_are_neither_lost_nor_counted_twice)
{
    g_auto(Bed) bed =
        bed_new(100 + (uint64_t)_i, SMALL ", 'ListenBacklog': 5, 'timeout': '2s', "
                                          "'KeepAliveTimeout': '3s', 'RequestReadTimeout': '4s'");
    Rng rng;

    rng_init(&rng, 100 + (uint64_t)_i, "clients");
    for (int step = 0; step < 600; step++) {
        guint some = (guint)rng_below(&rng, bed.client->asked->len + 1);
        const ProbeAsked *old = some < bed.client->asked->len ? bed_asked(&bed, some) : NULL;

        bed.a->manner = (ProbeManner)rng_below(&rng, 3);
        if (rng_chance(&rng, 0.02)) {
            rig_down(bed.rig, rng_chance(&rng, 0.5) ? HTTPD : "link@DC01-far",
                     (SimSpan)rng_below(&rng, 2 * SIM_S) + 1);
        }
        if (old == NULL || old->connection == 0 || rng_chance(&rng, 0.5)) {
            bed_connect(&bed, 5 * SIM_S);
        } else if (rng_chance(&rng, 0.7)) {
            bed_ask_over(&bed, old, rng_chance(&rng, 0.2) ? HTTP_CLOSE : 0);
        } else {
            network_close(&bed.client->component, bed.httpd, old->connection, 0, 0);
        }
        rig_run(bed.rig, (SimSpan)rng_below(&rng, 100 * SIM_MS));
        ck_assert_double_le(connections(&bed), 12.0);
        ck_assert_double_le(waiting(&bed), 5.0);
        ck_assert_double_le(rig_gauge(bed.rig, HTTPD, "workers_busy"), 4.0);
    }
    rig_heal(bed.rig);
    rig_run(bed.rig, SIM_MIN);
    fill(&bed, 1);
    ck_assert_double_eq(connections(&bed), 1.0);
    ck_assert_double_eq(waiting(&bed), 0.0);
    ck_assert_double_eq(rig_gauge(bed.rig, HTTPD, "workers_busy"), 0.0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("httpd_connections");
    TCase *tests = tcase_create("capacity");

    tcase_add_test(tests, stock_httpd_accepts_1200_idle_connections);
    tcase_add_test(tests, busy_workers_lower_the_limit);
    tcase_add_test(tests, the_factor_may_be_broken);
    tcase_add_test(tests, a_connection_beyond_the_limit_waits_until_a_kept_one_ends);
    tcase_add_test(tests, a_full_backlog_drops_syns_until_there_is_room);
    tcase_add_test(tests, kept_connections_count_and_end_after_their_time);
    tcase_add_test(tests, idle_connections_are_closed_when_no_worker_is_left);
    tcase_add_test(tests, a_request_over_a_closed_connection_meets_a_reset);
    tcase_add_test(tests, a_silent_connection_is_closed_after_its_time);
    tcase_add_test(tests, a_connection_that_its_client_closes_makes_room);
    tcase_add_test(tests, who_gives_up_in_the_kernels_queue_keeps_his_place_there);
    tcase_add_test(tests, a_connection_ends_after_its_last_request);
    tcase_add_test(tests, a_closing_request_leaves_no_connection);
    tcase_add_test(tests, a_client_that_keeps_shorter_frees_its_place_sooner);
    tcase_add_test(tests, a_repeated_syn_is_one_connection);
    tcase_add_test(tests, who_connects_too_late_leaves_no_connection);
    tcase_add_test(tests, a_restart_closes_all_connections);
    tcase_add_test(tests, a_frozen_process_accepts_into_its_kernels_queue);
    tcase_add_test(tests, max_request_workers_is_cut_as_httpd_cuts_it);
    tcase_add_loop_test(tests, connections_are_neither_lost_nor_counted_twice, 0, 4);
    suite_add_tcase(suite, tests);
    return suite;
}
