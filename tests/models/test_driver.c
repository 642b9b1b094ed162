/* test_driver.c - the Cassandra driver in WildFly: whom it asks next, whom it leaves out, and when
 * it gives up. Source: DataStax Java driver 3.x. */
#include "sim/world/version.h"
#include "tests/support/app_bed.h"
#include "tests/support/suite.h"

extern const Kind wildfly_kind;

#define ONE ", 'statements': '1', 'cpu': '100us'"

START_TEST(coordinators_take_turns)
{
    g_auto(AppBed) bed = app_bed_new(1, ONE, "");

    app_bed_stream(&bed, 40, 10 * SIM_MS);
    rig_run(bed.rig, SIM_S);
    for (int i = 0; i < STORES; i++) {
        ck_assert_uint_eq(probe_count_heard(bed.stores[i]), 10);
    }
}
END_TEST

START_TEST(a_coordinator_that_refuses_is_left_out_without_an_error)
{
    g_auto(AppBed) bed = app_bed_new(2, ONE, "");

    rig_down(bed.rig, "probe@DC01-db2", SIM_NEVER);
    app_bed_stream(&bed, 300, 10 * SIM_MS);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_count_code(&bed, 200), 300);
    ck_assert_uint_eq(rig_counter(bed.rig, WILDFLY, "statements_retried"), 1);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, WILDFLY, "coordinators_down"), 1.0, 1e-9);
    /* the others share its part evenly */
    ck_assert_uint_ge(probe_count_heard(bed.stores[0]), 99);
    ck_assert_uint_ge(probe_count_heard(bed.stores[2]), 99);
    ck_assert_uint_ge(probe_count_heard(bed.stores[3]), 99);
}
END_TEST

/* All but the last of 101 refuse, so that each is tried in turn and none twice. */
START_TEST(a_site_may_have_more_coordinators_than_a_word_has_bits)
{
    enum { MANY = 101 };
    g_autoptr(Rig) rig = rig_new(2, &wildfly_kind, NULL);
    Probe *client, *last = NULL;
    Component *wildfly;
    const ProbeAsked *asked;
    const Message request = {.op = MESSAGE_HTTP, .size_bytes = 500};

    rig_site(rig, "DC01");
    rig_site(rig, "far");
    rig_host(rig, "DC01-app1", NULL, "{ \"steal\": \"none\" }");
    client = rig_probe(rig, "far");
    for (int i = 1; i <= MANY; i++) {
        g_autofree char *place = g_strdup_printf("DC01-db%d", i);

        rig_host(rig, place, NULL, "{}");
        last = rig_probe(rig, place);
    }
    last->answer = (Message){.op = MESSAGE_READ, .size_bytes = 300, .version = 77};
    wildfly = rig_add(rig, "wildfly", "DC01-app1",
                      "{ \"store\": \"probe\", \"statements\": \"1\", \"cpu\": \"100us\", "
                      "\"driver\": { \"next_hosts\": 100 } }");
    rig_link_all(rig, "20ms");
    rig_start(rig);
    for (int i = 1; i < MANY; i++) {
        g_autofree char *name = g_strdup_printf("probe@DC01-db%d", i);

        rig_down(rig, name, SIM_NEVER);
    }
    asked = probe_call(client, wildfly, &request, 60 * SIM_S);
    rig_run(rig, SIM_S);
    ck_assert_uint_eq(app_bed_code(asked), 200);
    ck_assert_uint_eq(probe_count_heard(last), 1);
    ck_assert_uint_eq(rig_counter(rig, WILDFLY, "statements_retried"), MANY - 1);
}
END_TEST

/* Reconnections 1, 3, 7, 15 s after the loss: one that is back after 4 s is used from 7 s on. */
START_TEST(a_coordinator_returns_with_the_next_reconnection)
{
    g_auto(AppBed) bed = app_bed_new(3, ONE, "");
    guint before;

    rig_down(bed.rig, "probe@DC01-db1", 4 * SIM_S);
    app_bed_stream(&bed, 690, 10 * SIM_MS);
    before = probe_count_heard(bed.stores[0]);
    ck_assert_uint_eq(before, 0);
    app_bed_stream(&bed, 100, 10 * SIM_MS);
    ck_assert_uint_ge(probe_count_heard(bed.stores[0]), 15);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, WILDFLY, "coordinators_down"), 0.0, 1e-9);
}
END_TEST

START_TEST(a_statement_under_way_at_a_crash_is_repeated_elsewhere)
{
    g_auto(AppBed) bed = app_bed_new(4, ONE, "");
    const ProbeAsked *asked;

    bed.stores[0]->manner = PROBE_KEEPS;
    asked = app_bed_ask(&bed, HTTP_WRITE, 1, 60 * SIM_S);
    rig_run(bed.rig, SIM_S);
    rig_down(bed.rig, "probe@DC01-db1", SIM_NEVER);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_code(asked), 200);
    ck_assert_uint_eq(probe_count_heard(bed.stores[1]), 1);
}
END_TEST

START_TEST(a_write_that_is_not_idempotent_is_not_repeated)
{
    g_auto(AppBed) bed = app_bed_new(5, ONE ", 'driver': { 'retry_writes': false }", "");
    const ProbeAsked *write, *read;

    bed.stores[0]->manner = PROBE_KEEPS;
    bed.stores[1]->manner = PROBE_KEEPS;
    write = app_bed_ask(&bed, HTTP_WRITE, 1, 60 * SIM_S);
    rig_run(bed.rig, SIM_S);
    read = app_bed_ask(&bed, 0, 1, 60 * SIM_S);
    rig_run(bed.rig, 20 * SIM_S);
    ck_assert_uint_eq(app_bed_code(write), 500);
    ck_assert_uint_eq(app_bed_code(read), 200);
}
END_TEST

/* Cassandra reference 7.3: microseconds of the client's clock; when that is set back the generator
 * counts on from its last value; a statement that is repeated keeps its stamp. */
START_TEST(a_driver_that_stamps_never_goes_back_and_repeats_its_stamp)
{
    g_auto(AppBed) bed =
        app_bed_new(5, ONE ", 'driver': { 'timestamp_generator': 'monotonic' }", "");
    Effect behind = EFFECT_NONE;
    int64_t first, second, third;

    behind.clock_ahead = -30 * SIM_S;
    app_bed_stores(&bed, PROBE_ANSWERS, STORE_UNAVAILABLE);
    rig_run(bed.rig, SIM_MIN);
    app_bed_ask(&bed, HTTP_WRITE, 1, SIM_S);
    rig_run(bed.rig, SIM_S);
    rig_effect(bed.rig, WILDFLY, behind, SIM_NEVER);
    app_bed_ask(&bed, HTTP_WRITE, 1, SIM_S);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_count_statements(&bed), 4);
    first = probe_heard(bed.stores[0], 0)->message.version;
    second = probe_heard(bed.stores[1], 0)->message.version;
    third = probe_heard(bed.stores[1], 1)->message.version;
    ck_assert_int_gt(version_clock_us(first), 60000000);
    ck_assert_int_eq(second, first);
    ck_assert_int_eq(version_clock_us(third), version_clock_us(first) + 1);
}
END_TEST

START_TEST(unavailable_is_tried_on_one_other_coordinator)
{
    g_auto(AppBed) bed = app_bed_new(6, ONE, "");
    const ProbeAsked *asked;

    app_bed_stores(&bed, PROBE_ANSWERS, STORE_UNAVAILABLE);
    asked = app_bed_ask(&bed, 0, 1, 60 * SIM_S);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_code(asked), 500);
    ck_assert_uint_eq(app_bed_count_statements(&bed), 2);
    bed.stores[2]->answer.code = STORE_OK;
    asked = app_bed_ask(&bed, 0, 1, 60 * SIM_S); /* begins at db2 */
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_code(asked), 200);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, WILDFLY, "coordinators_down"), 0.0, 1e-9);
    /* counted as statements, not as questions; what times out is neither done nor refused */
    app_bed_stores(&bed, PROBE_ANSWERS, STORE_TIMEOUT);
    app_bed_ask(&bed, 0, 1, 60 * SIM_S);
    app_bed_ask(&bed, HTTP_WRITE, 1, 60 * SIM_S);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(rig_counter(bed.rig, WILDFLY, "store_reads"), 2);
    ck_assert_uint_eq(rig_counter(bed.rig, WILDFLY, "store_reads_unavailable"), 1);
    ck_assert_uint_eq(rig_counter(bed.rig, WILDFLY, "store_writes"), 0);
}
END_TEST

/* The retry for Unavailable is not used up by a coordinator that refused. */
START_TEST(unavailable_after_a_refusal_is_still_tried_once)
{
    g_auto(AppBed) bed = app_bed_new(7, ONE, "");
    const ProbeAsked *asked;

    rig_down(bed.rig, "probe@DC01-db1", SIM_NEVER);
    bed.stores[1]->answer.code = STORE_UNAVAILABLE;
    asked = app_bed_ask(&bed, 0, 1, 60 * SIM_S);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_code(asked), 200);
    ck_assert_uint_eq(probe_count_heard(bed.stores[2]), 1);
}
END_TEST

START_TEST(a_timeout_of_the_store_is_not_repeated)
{
    g_auto(AppBed) bed = app_bed_new(8, ", 'statements': '3'", "");
    const ProbeAsked *asked;

    app_bed_stores(&bed, PROBE_ANSWERS, STORE_TIMEOUT);
    asked = app_bed_ask(&bed, 0, 1, 60 * SIM_S);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_code(asked), 500);
    ck_assert_uint_eq(app_bed_count_statements(&bed), 1); /* the others are not asked any more */
    ck_assert_uint_eq(rig_counter(bed.rig, WILDFLY, "errors_500"), 1);
}
END_TEST

START_TEST(without_any_host_a_request_fails_at_once)
{
    g_auto(AppBed) bed = app_bed_new(9, ONE, "");
    const ProbeAsked *asked;

    for (int i = 0; i < STORES; i++) {
        rig_down(bed.rig, bed.stores[i]->component.name, SIM_NEVER);
    }
    asked = app_bed_ask(&bed, 0, 1, 60 * SIM_S);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_code(asked), 500);
    ck_assert_uint_eq(rig_counter(bed.rig, WILDFLY, "statements_retried"), 3);
    asked = app_bed_ask(&bed, 0, 1, 60 * SIM_S);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_code(asked), 500);
    ck_assert_uint_eq(rig_counter(bed.rig, WILDFLY, "statements_retried"), 3);
}
END_TEST

/* Statements to a silent host time out after 12 s each and go on elsewhere; the heartbeat closes
 * the connection 30 s + 12 s after the last answer, and then nothing is sent there. */
START_TEST(a_silent_coordinator_is_left_out_after_its_heartbeat_failed)
{
    g_auto(AppBed) bed = app_bed_new(10, ONE ", 'task-max-threads': 10000", "");

    app_bed_stream(&bed, 4, 100 * SIM_MS);
    rig_down(bed.rig, "host@DC01-db1", SIM_NEVER);
    app_bed_stream(&bed, 410, 100 * SIM_MS);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, WILDFLY, "coordinators_down"), 0.0, 1e-9);
    app_bed_stream(&bed, 20, 100 * SIM_MS);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, WILDFLY, "coordinators_down"), 1.0, 1e-9);
    rig_run(bed.rig, 15 * SIM_S);
    ck_assert_uint_eq(app_bed_count_code(&bed, 200), 434);
    ck_assert_uint_ge(rig_counter(bed.rig, WILDFLY, "statements_retried"), 95);
    ck_assert_uint_le(rig_counter(bed.rig, WILDFLY, "statements_retried"), 110);
}
END_TEST

START_TEST(one_slow_answer_takes_no_coordinator_out)
{
    g_auto(AppBed) bed = app_bed_new(11, ONE, "");

    bed.stores[0]->manner = PROBE_KEEPS;
    app_bed_ask(&bed, 0, 1, 60 * SIM_S);
    rig_run(bed.rig, SIM_S);
    bed.stores[0]->manner = PROBE_ANSWERS;
    app_bed_stream(&bed, 600, 100 * SIM_MS);
    ck_assert_uint_eq(rig_counter(bed.rig, WILDFLY, "statements_retried"), 1);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, WILDFLY, "coordinators_down"), 0.0, 1e-9);
}
END_TEST

#define SPECULATES(more)                                                                           \
    ", 'statements': '1', 'cpu': '100us', 'driver': { 'speculative_executions': 2, "               \
    "'speculative_delay': '100ms'" more " }"

START_TEST(a_slow_coordinator_gets_company_after_each_delay)
{
    g_auto(AppBed) bed = app_bed_new(30, SPECULATES(""), "");
    const ProbeAsked *asked;

    bed.stores[0]->manner = PROBE_KEEPS;
    bed.stores[1]->manner = PROBE_KEEPS;
    asked = app_bed_ask(&bed, HTTP_WRITE, 1, 60 * SIM_S);
    rig_run(bed.rig, 50 * SIM_MS);
    ck_assert_uint_eq(app_bed_count_statements(&bed), 1);
    rig_run(bed.rig, 100 * SIM_MS);
    ck_assert_uint_eq(app_bed_count_statements(&bed), 2);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_code(asked), 200);
    ck_assert_uint_eq(app_bed_count_statements(&bed), 3);
    ck_assert_int_ge(app_bed_latency(asked), 220 * SIM_MS); /* two delays and 20 ms of way */
    ck_assert_int_le(app_bed_latency(asked), 225 * SIM_MS);
    ck_assert_uint_eq(rig_counter(bed.rig, WILDFLY, "statements_speculated"), 2);
    ck_assert_uint_eq(rig_counter(bed.rig, WILDFLY, "statements_retried"), 0);
    /* the slow ones answer at last: nobody hears it, and they are not left out */
    probe_answer(bed.stores[0], 0, &(Message){.code = STORE_TIMEOUT});
    rig_run(bed.rig, 60 * SIM_S);
    ck_assert_uint_eq(asked->ends, 1);
    ck_assert_uint_eq(rig_counter(bed.rig, WILDFLY, "errors_500"), 0);
}
END_TEST

START_TEST(fast_answers_are_left_alone)
{
    g_auto(AppBed) bed = app_bed_new(31, SPECULATES(""), "");

    app_bed_stream(&bed, 300, 10 * SIM_MS);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_count_statements(&bed), 300);
    ck_assert_uint_eq(rig_counter(bed.rig, WILDFLY, "statements_speculated"), 0);
}
END_TEST

START_TEST(who_does_not_ask_for_it_gets_no_speculation)
{
    g_auto(AppBed) plain = app_bed_new(32, ONE, "");
    g_auto(AppBed) strict = app_bed_new(32, SPECULATES(", 'retry_writes': false"), "");

    app_bed_stores(&plain, PROBE_KEEPS, STORE_OK);
    app_bed_stores(&strict, PROBE_KEEPS, STORE_OK);
    app_bed_ask(&plain, HTTP_WRITE, 1, 60 * SIM_S);
    app_bed_ask(&strict, HTTP_WRITE, 1, 60 * SIM_S);
    rig_run(plain.rig, 5 * SIM_S);
    rig_run(strict.rig, 5 * SIM_S);
    ck_assert_uint_eq(app_bed_count_statements(&plain), 1);
    ck_assert_uint_eq(app_bed_count_statements(&strict), 1);
    app_bed_ask(&strict, 0, 1, 60 * SIM_S); /* a read may be repeated */
    rig_run(strict.rig, 5 * SIM_S);
    ck_assert_uint_eq(app_bed_count_statements(&strict), 4);
}
END_TEST

/* An execution that has nobody left to ask waits for the others; an answer that says no stands. */
START_TEST(an_execution_that_fails_waits_for_the_others)
{
    g_auto(AppBed) bed = app_bed_new(33, SPECULATES(", 'next_hosts': 0"), "");
    const ProbeAsked *asked;

    bed.stores[0]->manner = PROBE_KEEPS;
    bed.stores[1]->manner = PROBE_BREAKS;
    bed.stores[2]->manner = PROBE_KEEPS;
    asked = app_bed_ask(&bed, 0, 1, 60 * SIM_S);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(asked->ends, 0);
    probe_answer(bed.stores[2], 0, &(Message){.code = STORE_TIMEOUT});
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(app_bed_code(asked), 500);
    rig_run(bed.rig, 60 * SIM_S);
    ck_assert_uint_eq(asked->ends, 1);
}
END_TEST

/* Whatever the store does, each request ends once and gives its thread back. */
START_TEST(each_request_ends_exactly_once)
{
    g_autofree char *settings =
        g_strdup_printf(", 'task-max-threads': 8, 'boot': '1ms', 'deploy': '1ms', 'driver': { "
                        "'read_timeout': '1s', 'heartbeat': '2s', 'speculative_delay': '200ms', "
                        "'speculative_executions': %d }",
                        _i % 4);
    g_auto(AppBed) bed = app_bed_new(20 + (uint64_t)_i, settings, "");

    app_bed_live_through_faults(&bed, 20 + (uint64_t)_i);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("driver");
    TCase *tests = tcase_create("driver");

    tcase_add_test(tests, coordinators_take_turns);
    tcase_add_test(tests, a_coordinator_that_refuses_is_left_out_without_an_error);
    tcase_add_test(tests, a_site_may_have_more_coordinators_than_a_word_has_bits);
    tcase_add_test(tests, a_coordinator_returns_with_the_next_reconnection);
    tcase_add_test(tests, a_statement_under_way_at_a_crash_is_repeated_elsewhere);
    tcase_add_test(tests, a_write_that_is_not_idempotent_is_not_repeated);
    tcase_add_test(tests, a_driver_that_stamps_never_goes_back_and_repeats_its_stamp);
    tcase_add_test(tests, unavailable_is_tried_on_one_other_coordinator);
    tcase_add_test(tests, unavailable_after_a_refusal_is_still_tried_once);
    tcase_add_test(tests, a_timeout_of_the_store_is_not_repeated);
    tcase_add_test(tests, without_any_host_a_request_fails_at_once);
    tcase_add_test(tests, a_silent_coordinator_is_left_out_after_its_heartbeat_failed);
    tcase_add_test(tests, one_slow_answer_takes_no_coordinator_out);
    tcase_add_test(tests, a_slow_coordinator_gets_company_after_each_delay);
    tcase_add_test(tests, fast_answers_are_left_alone);
    tcase_add_test(tests, who_does_not_ask_for_it_gets_no_speculation);
    tcase_add_test(tests, an_execution_that_fails_waits_for_the_others);
    tcase_add_loop_test(tests, each_request_ends_exactly_once, 0, 8);
    suite_add_tcase(suite, tests);
    return suite;
}
