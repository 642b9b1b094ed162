/* test_driver_policies.c - the policies that drivers 3.x and 4.x ship (Cassandra reference 10):
 * whom they ask, what they repeat, when they reconnect and how much a connection carries. */
#include "models/app/driver_inside.h"
#include "tests/support/app_bed.h"
#include "tests/support/suite.h"

#define ONE(driver) ", 'statements': '1', 'cpu': '100us', 'driver': { " driver " }"

/* --- versions --- */

START_TEST(a_version_gives_what_its_line_ships)
{
    DriverSettings three = {.version = VERSION_3}, four = {.version = VERSION_4};

    driver_apply_version(&three, NULL);
    driver_apply_version(&four, NULL);
    ck_assert_int_eq(three.load_balancing, BALANCE_TOKEN_AWARE);
    ck_assert_int_eq(three.request_timeout, 0);
    ck_assert_int_eq(three.reconnect_most, 600 * SIM_S);
    ck_assert_double_eq(three.reconnect_jitter, 0);
    ck_assert_int_eq(three.queue_most, 256);
    ck_assert_int_eq(three.requests_per_remote, 256);
    ck_assert(three.cluster_events);
    ck_assert_int_eq(four.load_balancing, BALANCE_DEFAULT);
    ck_assert_int_eq(four.request_timeout, 2 * SIM_S);
    ck_assert_int_eq(four.heartbeat_timeout, 5 * SIM_S);
    ck_assert_int_eq(four.reconnect_most, 60 * SIM_S);
    ck_assert_double_eq(four.reconnect_jitter, 0.15);
    ck_assert_int_eq(four.queue_most, 0);
    ck_assert_int_eq(four.timestamp_generator, STAMP_BY_DRIVER);
}
END_TEST

START_TEST(what_is_given_stays_whatever_the_version)
{
    g_auto(AppBed) bed = app_bed_new(
        1, ONE("'version': '4.x', 'request_timeout': '300ms', 'cluster_events': false"), "");
    const ProbeAsked *asked;

    app_bed_stores(&bed, PROBE_KEEPS, STORE_OK);
    asked = app_bed_ask(&bed, 0, 1, 60 * SIM_S);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_code(asked), 500);
    ck_assert_int_ge(app_bed_latency(asked), 320 * SIM_MS);
    ck_assert_int_le(app_bed_latency(asked), 325 * SIM_MS);
    ck_assert_uint_eq(app_bed_count_statements(&bed), 1); /* nobody was asked for events */
}
END_TEST

/* --- whom it asks --- */

/* Each datum is held by three of the four: not by number `key` % 4. */
static guint hold_three(void *context, uint64_t key, Component **found, guint most)
{
    AppBed *bed = context;
    guint count = 0;

    for (guint i = 1; i < STORES && count < most; i++) {
        found[count++] = &bed->stores[(key + i) % STORES]->component;
    }
    return count;
}

static void offer_ring(AppBed *bed)
{
    *token_map_of(bed->rig->world) = (TokenMap){hold_three, bed};
}

static guint count_heard_of(const Probe *store, uint64_t key)
{
    guint count = 0;

    for (guint i = 0; i < probe_count_heard(store); i++) {
        count += probe_heard(store, i)->message.key == key ? 1 : 0;
    }
    return count;
}

static void ask_many(AppBed *bed, uint64_t key, guint count, SimSpan gap)
{
    for (guint i = 0; i < count; i++) {
        app_bed_ask(bed, 0, key, 60 * SIM_S);
        rig_run(bed->rig, gap);
    }
}

/* A third of the statements each: 200 +- 4 standard deviations of 11.5. */
START_TEST(a_token_aware_driver_asks_replicas_in_random_order)
{
    g_auto(AppBed) bed = app_bed_new(2, ONE("'load_balancing': 'TokenAwarePolicy'"), "");

    offer_ring(&bed);
    ask_many(&bed, 8, 600, 5 * SIM_MS);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(probe_count_heard(bed.stores[0]), 0);
    for (int i = 1; i < STORES; i++) {
        ck_assert_uint_ge(count_heard_of(bed.stores[i], 8), 154);
        ck_assert_uint_le(count_heard_of(bed.stores[i], 8), 246);
    }
}
END_TEST

START_TEST(topological_order_asks_the_first_replica_alone)
{
    g_auto(AppBed) bed = app_bed_new(
        3, ONE("'load_balancing': 'TokenAwarePolicy', 'replica_ordering': 'TOPOLOGICAL'"), "");

    offer_ring(&bed);
    ask_many(&bed, 9, 50, 5 * SIM_MS);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(count_heard_of(bed.stores[2], 9), 50);
}
END_TEST

/* The replicas first, then the one coordinator left. */
START_TEST(when_replicas_are_down_the_others_are_asked)
{
    g_auto(AppBed) bed = app_bed_new(4, ONE("'load_balancing': 'TokenAwarePolicy'"), "");

    offer_ring(&bed);
    for (int i = 1; i < STORES; i++) {
        rig_down(bed.rig, bed.stores[i]->component.name, SIM_NEVER);
    }
    ask_many(&bed, 8, 10, 100 * SIM_MS);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_count_code(&bed, 200), 10);
    ck_assert_uint_eq(count_heard_of(bed.stores[0], 8), 10);
    ck_assert_uint_eq(rig_counter(bed.rig, WILDFLY, "statements_retried"), 3);
    ck_assert_uint_ge(rig_counter(bed.rig, WILDFLY, "statements_astray"), 7);
}
END_TEST

START_TEST(without_a_ring_a_token_aware_driver_takes_turns)
{
    g_auto(AppBed) bed = app_bed_new(5, ONE("'load_balancing': 'TokenAwarePolicy'"), "");

    ask_many(&bed, 8, 40, 10 * SIM_MS);
    rig_run(bed.rig, SIM_S);
    for (int i = 0; i < STORES; i++) {
        ck_assert_uint_eq(probe_count_heard(bed.stores[i]), 10);
    }
}
END_TEST

/* Ten of its requests hang, the others answer at once: after them it is asked no more. */
START_TEST(a_slow_replica_is_asked_last_by_4_x)
{
    g_auto(AppBed) avoids = app_bed_new(
        6, ONE("'version': '4.x', 'request_timeout': '60s'") ", 'task-max-threads': 1000", "");
    g_auto(AppBed) plain =
        app_bed_new(6,
                    ONE("'version': '4.x', 'request_timeout': '60s', 'slow_replica_avoidance': "
                        "false") ", 'task-max-threads': 1000",
                    "");

    offer_ring(&avoids);
    offer_ring(&plain);
    avoids.stores[1]->manner = plain.stores[1]->manner = PROBE_KEEPS;
    ask_many(&avoids, 8, 300, 20 * SIM_MS);
    ask_many(&plain, 8, 300, 20 * SIM_MS);
    ck_assert_uint_le(count_heard_of(avoids.stores[1], 8), 12);
    ck_assert_uint_ge(count_heard_of(plain.stores[1], 8), 75);
}
END_TEST

/* One that has just come up gets the fourth part of what would have been its own. Of 600 statements
 * it stands first or second in 400 and is sent to the back in three of four, so it begins 50, and
 * fewer by the comparison of what is in flight. */
START_TEST(a_replica_that_came_up_is_mostly_asked_last_for_a_minute)
{
    g_auto(AppBed) bed = app_bed_new(7, ONE("'version': '4.x'"), "");
    guint before, young;

    offer_ring(&bed);
    rig_down(bed.rig, "probe@DC01-db2", 500 * SIM_MS);
    ask_many(&bed, 8, 20, 10 * SIM_MS);
    rig_run(bed.rig, 3 * SIM_S);
    before = count_heard_of(bed.stores[1], 8);
    ask_many(&bed, 8, 600, 10 * SIM_MS);
    young = count_heard_of(bed.stores[1], 8) - before;
    ck_assert_uint_ge(young, 25);
    ck_assert_uint_le(young, 75);
    rig_run(bed.rig, 60 * SIM_S);
    before = count_heard_of(bed.stores[1], 8);
    ask_many(&bed, 8, 600, 10 * SIM_MS);
    ck_assert_uint_ge(count_heard_of(bed.stores[1], 8) - before, 150);
}
END_TEST

/* The probe far away stands for a coordinator of another data centre. */
START_TEST(remote_hosts_are_asked_last_and_not_at_local_levels)
{
    g_auto(AppBed) wide =
        app_bed_new(8,
                    ONE("'used_hosts_per_remote_dc': 1, 'read_consistency': 'QUORUM', "
                        "'next_hosts': 9"),
                    "");
    g_auto(AppBed) local =
        app_bed_new(8,
                    ONE("'used_hosts_per_remote_dc': 1, 'read_consistency': 'LOCAL_QUORUM', "
                        "'next_hosts': 9"),
                    "");

    for (int i = 0; i < STORES; i++) {
        rig_down(wide.rig, wide.stores[i]->component.name, SIM_NEVER);
        rig_down(local.rig, local.stores[i]->component.name, SIM_NEVER);
    }
    app_bed_ask(&wide, 0, 1, 60 * SIM_S);
    app_bed_ask(&local, 0, 1, 60 * SIM_S);
    rig_run(wide.rig, SIM_S);
    rig_run(local.rig, SIM_S);
    ck_assert_uint_eq(app_bed_count_code(&wide, 200), 1);
    ck_assert_uint_eq(count_heard_of(wide.client, 1), 1);
    ck_assert_uint_eq(app_bed_count_code(&local, 500), 1);
    ck_assert_uint_eq(count_heard_of(local.client, 1), 0);
}
END_TEST

/* --- what it repeats --- */

/* ReadTimeout with answers enough and no data: once on the same coordinator. */
START_TEST(a_read_that_lacks_only_the_data_is_repeated_on_the_same_coordinator)
{
    g_auto(AppBed) bed = app_bed_new(10, ONE(""), "");

    app_bed_stores(&bed, PROBE_ANSWERS, STORE_TIMEOUT);
    bed.stores[0]->answer.flags = STORE_NO_DATA;
    app_bed_ask(&bed, 0, 1, 60 * SIM_S);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(probe_count_heard(bed.stores[0]), 2);
    ck_assert_uint_eq(app_bed_count_statements(&bed), 2);
    app_bed_ask(&bed, 0, 1, 60 * SIM_S); /* the next coordinator says nothing of the kind */
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(probe_count_heard(bed.stores[1]), 1);
    ck_assert_uint_eq(rig_counter(bed.rig, WILDFLY, "statements_repeated"), 1);
}
END_TEST

static guint batches_sent(const char *settings)
{
    g_auto(AppBed) bed = app_bed_new(11, settings, "");

    app_bed_stores(&bed, PROBE_ANSWERS, STORE_TIMEOUT);
    bed.stores[0]->answer.flags = STORE_NO_LOG;
    app_bed_ask(&bed, HTTP_WRITE | HTTP_BATCH, 1, 60 * SIM_S);
    rig_run(bed.rig, SIM_S);
    return count_heard_of(bed.stores[0], 1);
}

START_TEST(a_batch_whose_log_was_not_written_is_repeated_on_the_same_coordinator)
{
    ck_assert_uint_eq(batches_sent(ONE("")), 2);
    ck_assert_uint_eq(batches_sent(ONE("'retry_writes': false")), 1);
    ck_assert_uint_eq(batches_sent(ONE("'retry_policy': 'FallthroughRetryPolicy'")), 1);
    ck_assert_uint_eq(batches_sent(ONE("'version': '4.x', 'load_balancing': "
                                       "'DCAwareRoundRobinPolicy', 'retry_writes': false, "
                                       "'cluster_events': false")),
                      2);
}
END_TEST

static guint asked_when(const char *settings, uint32_t code, uint32_t flags)
{
    g_auto(AppBed) bed = app_bed_new(12, settings, "");

    app_bed_stores(&bed, PROBE_ANSWERS, code);
    app_bed_ask(&bed, flags, 1, 60 * SIM_S);
    rig_run(bed.rig, SIM_S);
    return app_bed_count_statements(&bed);
}

START_TEST(each_error_is_repeated_as_the_policy_says)
{
    const char *strict = ONE("'retry_writes': false");
    const char *never = ONE("'retry_policy': 'FallthroughRetryPolicy'");

    ck_assert_uint_eq(asked_when(ONE(""), STORE_UNAVAILABLE, 0), 2);
    ck_assert_uint_eq(asked_when(strict, STORE_UNAVAILABLE, HTTP_WRITE), 2);
    ck_assert_uint_eq(asked_when(never, STORE_UNAVAILABLE, 0), 1);
    ck_assert_uint_eq(asked_when(ONE(""), STORE_OVERLOADED, HTTP_WRITE), 4);
    ck_assert_uint_eq(asked_when(strict, STORE_OVERLOADED, HTTP_WRITE), 1);
    ck_assert_uint_eq(asked_when(ONE(""), STORE_TIMEOUT, HTTP_WRITE), 1);
    ck_assert_uint_eq(asked_when(ONE(""), STORE_FAILURE, 0), 1); /* ReadFailure: rethrow */
}
END_TEST

/* 4.x: two seconds in all, and an answer that comes later frees its place but ends nothing. */
START_TEST(a_request_of_4_x_ends_after_two_seconds_in_all)
{
    g_auto(AppBed) bed = app_bed_new(13, ONE("'version': '4.x', 'cluster_events': false"), "");
    const ProbeAsked *asked;

    bed.stores[0]->manner = PROBE_KEEPS;
    asked = app_bed_ask(&bed, 0, 1, 60 * SIM_S);
    rig_run(bed.rig, 5 * SIM_S);
    ck_assert_uint_eq(app_bed_code(asked), 500);
    ck_assert_int_ge(app_bed_latency(asked), 2020 * SIM_MS);
    ck_assert_int_le(app_bed_latency(asked), 2025 * SIM_MS);
    ck_assert_uint_eq(app_bed_count_statements(&bed), 1);
    probe_answer(bed.stores[0], 0, &(Message){.version = 5});
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(asked->ends, 1);
}
END_TEST

/* --- connections --- */

START_TEST(a_full_connection_holds_requests_until_a_place_is_free)
{
    g_auto(AppBed) bed =
        app_bed_new(14, ONE("'max_requests_per_connection': 1, 'next_hosts': 0"), "");

    for (int i = 0; i < STORES; i++) {
        bed.stores[i]->answer_delay = SIM_S;
    }
    for (int i = 0; i < 8; i++) {
        app_bed_ask(&bed, 0, 1, 60 * SIM_S);
    }
    rig_run(bed.rig, 1500 * SIM_MS);
    ck_assert_uint_eq(app_bed_count_code(&bed, 200), 4);
    ck_assert_uint_eq(rig_counter(bed.rig, WILDFLY, "statements_held"), 4);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_count_code(&bed, 200), 8);
}
END_TEST

START_TEST(who_waits_too_long_for_a_place_goes_on_to_the_next_coordinator)
{
    g_auto(AppBed) bed =
        app_bed_new(15, ONE("'max_requests_per_connection': 1, 'pool_timeout': '1s'"), "");
    const ProbeAsked *asked = NULL;

    bed.stores[0]->manner = PROBE_KEEPS;
    for (int i = 0; i < 5; i++) { /* the fifth begins at db1 again */
        asked = app_bed_ask(&bed, 0, 1, 60 * SIM_S);
        rig_run(bed.rig, 50 * SIM_MS);
    }
    rig_run(bed.rig, 2 * SIM_S);
    ck_assert_uint_eq(app_bed_code(asked), 200);
    ck_assert_int_ge(app_bed_latency(asked), 1020 * SIM_MS);
    ck_assert_uint_eq(probe_count_heard(bed.stores[0]), 1);
    ck_assert_uint_eq(probe_count_heard(bed.stores[1]), 2);
}
END_TEST

START_TEST(without_a_queue_a_full_connection_sends_to_the_next_coordinator_at_once)
{
    g_auto(AppBed) bed =
        app_bed_new(16, ONE("'max_requests_per_connection': 1, 'max_queue_size': 0"), "");

    app_bed_stores(&bed, PROBE_KEEPS, STORE_OK);
    for (int i = 0; i < 5; i++) { /* one more than there are places */
        app_bed_ask(&bed, 0, 1, 60 * SIM_S);
        rig_run(bed.rig, 50 * SIM_MS);
    }
    ck_assert_uint_eq(app_bed_count_statements(&bed), 4);
    ck_assert_uint_eq(app_bed_count_code(&bed, 500), 1); /* NoHostAvailable */
}
END_TEST

/* --- reconnections --- */

/* The coordinator is gone for ever; when it is tried again is when its host hears a SYN. */
static uint64_t reconnections_within(const char *settings, SimSpan span)
{
    g_auto(AppBed) bed = app_bed_new(17, settings, "");

    rig_down(bed.rig, "probe@DC01-db1", SIM_NEVER);
    app_bed_stream(&bed, 4, 10 * SIM_MS);
    rig_run(bed.rig, span);
    return rig_counter(bed.rig, WILDFLY, "reconnections");
}

/* 1, 3, 7, 15, ... 1023, 1623, 2223 s with 600 s at most; 1, 3, ... 63, 123, 183 s with 60 s. */
START_TEST(waits_double_up_to_their_limit_or_stay)
{
    ck_assert_uint_eq(reconnections_within(ONE(""), 64 * SIM_S), 6);
    ck_assert_uint_eq(reconnections_within(ONE(""), 2300 * SIM_S), 12);
    ck_assert_uint_eq(reconnections_within(ONE("'reconnect_most': '60s'"), 190 * SIM_S), 8);
    ck_assert_uint_eq(
        reconnections_within(ONE("'reconnection_policy': 'ConstantReconnectionPolicy', "
                                 "'reconnect_first': '5s'"),
                             61 * SIM_S),
        12);
}
END_TEST

/* 15 % more or less each: of 20 waits of 10 s the sum differs from 200 s, and by less than 30 s. */
START_TEST(waits_of_4_x_are_not_all_alike)
{
    const char *constant = ONE("'reconnection_policy': 'ConstantReconnectionPolicy', "
                               "'reconnect_first': '10s', 'reconnect_jitter': 0.15");
    uint64_t early = reconnections_within(constant, 173 * SIM_S);
    uint64_t late = reconnections_within(constant, 236 * SIM_S);

    ck_assert_uint_le(early, 20);
    ck_assert_uint_ge(late, 20);
    ck_assert_uint_eq(reconnections_within(constant, 8400 * SIM_MS), 0);
    ck_assert_uint_eq(reconnections_within(constant, 11600 * SIM_MS), 1);
}
END_TEST

static void tell_up(AppBed *bed, int teller, int about)
{
    probe_send(
        bed->stores[teller], bed->wildfly,
        &(Message){.op = MESSAGE_NOTICE, .code = 1, .subject = &bed->stores[about]->component});
}

/* The third reconnection would come after 7 s; UP at 4 s brings one a second later. */
START_TEST(an_event_of_the_cluster_ends_the_wait_after_a_second)
{
    g_auto(AppBed) bed = app_bed_new(18, ONE("'cluster_events': true"), "");

    rig_run(bed.rig, SIM_S);
    ck_assert_int_eq(probe_heard(bed.stores[0], 0)->message.op, MESSAGE_NOTICE); /* REGISTER */
    rig_down(bed.rig, "probe@DC01-db2", 3500 * SIM_MS);
    app_bed_stream(&bed, 4, 10 * SIM_MS);
    rig_run(bed.rig, 4 * SIM_S);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, WILDFLY, "coordinators_down"), 1.0, 1e-9);
    tell_up(&bed, 0, 1);
    rig_run(bed.rig, 900 * SIM_MS);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, WILDFLY, "coordinators_down"), 1.0, 1e-9);
    rig_run(bed.rig, 200 * SIM_MS);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, WILDFLY, "coordinators_down"), 0.0, 1e-9);
}
END_TEST

/* Each new event starts the second anew; the twentieth is looked at with all before it at once. */
START_TEST(events_are_looked_at_together)
{
    g_auto(AppBed) bed = app_bed_new(19, ONE("'cluster_events': true"), "");

    rig_run(bed.rig, SIM_S);
    rig_down(bed.rig, "probe@DC01-db2", 100 * SIM_MS);
    app_bed_stream(&bed, 4, 2 * SIM_MS);
    rig_run(bed.rig, 50 * SIM_MS);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, WILDFLY, "coordinators_down"), 1.0, 1e-9);
    for (int i = 0; i < 19; i++) {
        tell_up(&bed, 0, 1);
        rig_run(bed.rig, 10 * SIM_MS);
    }
    ck_assert_double_eq_tol(rig_gauge(bed.rig, WILDFLY, "coordinators_down"), 1.0, 1e-9);
    tell_up(&bed, 0, 1);
    rig_run(bed.rig, 10 * SIM_MS);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, WILDFLY, "coordinators_down"), 0.0, 1e-9);
}
END_TEST

START_TEST(the_control_connection_moves_when_its_coordinator_falls)
{
    g_auto(AppBed) bed = app_bed_new(20, ONE("'cluster_events': true"), "");

    rig_run(bed.rig, SIM_S);
    rig_down(bed.rig, "probe@DC01-db1", SIM_NEVER);
    app_bed_stream(&bed, 1, 100 * SIM_MS);
    ck_assert_int_eq(probe_heard(bed.stores[1], 0)->message.op, MESSAGE_READ);
    ck_assert_int_eq(probe_heard(bed.stores[1], 1)->message.op, MESSAGE_NOTICE);
    ck_assert_uint_eq(app_bed_count_code(&bed, 200), 1);
}
END_TEST

/* --- all together --- */

/* Whatever the store does, each request ends once and gives its thread back. */
START_TEST(each_request_ends_exactly_once_under_any_policy)
{
    g_autofree char *settings = g_strdup_printf(
        ", 'task-max-threads': 8, 'boot': '1ms', 'deploy': '1ms', 'driver': { 'version': '%s', "
        "'read_timeout': '1s', 'request_timeout': '%s', 'heartbeat': '2s', 'heartbeat_timeout': "
        "'1s', 'speculative_delay': '200ms', 'speculative_executions': %d, "
        "'max_requests_per_connection': %d, 'max_queue_size': %d, 'pool_timeout': '300ms' }",
        _i % 2 == 0 ? "3.x" : "4.x", _i % 4 < 2 ? "0s" : "700ms", _i % 3, _i % 5 + 1, _i % 3);
    g_auto(AppBed) bed = app_bed_new(40 + (uint64_t)_i, settings, "");

    offer_ring(&bed);
    app_bed_live_through_faults(&bed, 40 + (uint64_t)_i);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("driver policies");
    TCase *tests = tcase_create("driver policies");

    tcase_add_test(tests, a_version_gives_what_its_line_ships);
    tcase_add_test(tests, what_is_given_stays_whatever_the_version);
    tcase_add_test(tests, a_token_aware_driver_asks_replicas_in_random_order);
    tcase_add_test(tests, topological_order_asks_the_first_replica_alone);
    tcase_add_test(tests, when_replicas_are_down_the_others_are_asked);
    tcase_add_test(tests, without_a_ring_a_token_aware_driver_takes_turns);
    tcase_add_test(tests, a_slow_replica_is_asked_last_by_4_x);
    tcase_add_test(tests, a_replica_that_came_up_is_mostly_asked_last_for_a_minute);
    tcase_add_test(tests, remote_hosts_are_asked_last_and_not_at_local_levels);
    tcase_add_test(tests, a_read_that_lacks_only_the_data_is_repeated_on_the_same_coordinator);
    tcase_add_test(tests, a_batch_whose_log_was_not_written_is_repeated_on_the_same_coordinator);
    tcase_add_test(tests, each_error_is_repeated_as_the_policy_says);
    tcase_add_test(tests, a_request_of_4_x_ends_after_two_seconds_in_all);
    tcase_add_test(tests, a_full_connection_holds_requests_until_a_place_is_free);
    tcase_add_test(tests, who_waits_too_long_for_a_place_goes_on_to_the_next_coordinator);
    tcase_add_test(tests, without_a_queue_a_full_connection_sends_to_the_next_coordinator_at_once);
    tcase_add_test(tests, waits_double_up_to_their_limit_or_stay);
    tcase_add_test(tests, waits_of_4_x_are_not_all_alike);
    tcase_add_test(tests, an_event_of_the_cluster_ends_the_wait_after_a_second);
    tcase_add_test(tests, events_are_looked_at_together);
    tcase_add_test(tests, the_control_connection_moves_when_its_coordinator_falls);
    tcase_add_loop_test(tests, each_request_ends_exactly_once_under_any_policy, 0, 12);
    suite_add_tcase(suite, tests);
    return suite;
}
