/* test_app_faults.c - faults of application servers: what their callers feel, that the server
 * beside is left alone, and that nothing stays when they end; and what a balancer makes of one that
 * fails fast. */
#include "tests/support/fault_put.h"
#include "tests/support/suite.h"
#include "tests/support/web_bed.h"

extern const Kind wildfly_kind;

#define ALL "{}"

/* A client 10 ms away from two servers with ten threads each. */
typedef struct Pair {
    Rig *rig;
    Probe *client;
    Component *sick, *beside;
} Pair;

static const char *const victim = "wildfly@DC01-app1";

static Pair pair_new(uint64_t seed)
{
    static const char settings[] =
        "{ \"store\": \"none\", \"cpu\": \"constant(1ms)\", \"task-max-threads\": 10 }";
    Pair pair = {.rig = rig_new(seed, &wildfly_kind, NULL)};

    rig_site(pair.rig, "DC01");
    rig_site(pair.rig, "far");
    rig_host(pair.rig, "DC01-app1", NULL, "{ \"steal\": \"none\" }");
    rig_host(pair.rig, "DC01-app2", NULL, "{ \"steal\": \"none\" }");
    pair.client = rig_probe(pair.rig, "far");
    pair.sick = rig_add(pair.rig, "wildfly", "DC01-app1", settings);
    pair.beside = rig_add(pair.rig, "wildfly", "DC01-app2", settings);
    rig_link_all(pair.rig, "20ms");
    rig_start(pair.rig);
    return pair;
}

static void pair_clear(Pair *pair)
{
    rig_free(pair->rig);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_clear)

static const ProbeAsked *send(Pair *pair, Component *server, uint32_t flags)
{
    Message request = {.op = MESSAGE_HTTP, .size_bytes = 500, .flags = flags};

    return probe_call(pair->client, server, &request, 60 * SIM_S);
}

/* Whatever it takes. */
static const ProbeAsked *ask(Pair *pair, Component *server, uint32_t flags)
{
    const ProbeAsked *asked = send(pair, server, flags);

    rig_run(pair->rig, 10 * SIM_S);
    ck_assert_uint_eq(asked->ends, 1);
    return asked;
}

static void assert_took(const ProbeAsked *asked, SimSpan least, SimSpan most)
{
    ck_assert_uint_eq(asked->ends, 1);
    ck_assert_int_eq(asked->outcome, OUTCOME_OK);
    ck_assert_int_ge(asked->ended - asked->begun, least);
    ck_assert_int_le(asked->ended - asked->begun, most);
}

/* 20 ms on the way, a millisecond of work, and no fault. */
static void assert_well(Pair *pair, Component *server, uint32_t flags)
{
    const ProbeAsked *asked = ask(pair, server, flags);

    assert_took(asked, 20 * SIM_MS, 23 * SIM_MS);
    ck_assert_uint_eq(asked->reply.code, 200);
}

static void assert_no_residue(Pair *pair)
{
    rig_heal(pair->rig);
    assert_well(pair, pair->sick, 0);
    assert_well(pair, pair->sick, HTTP_HEALTH);
}

START_TEST(errors_come_at_once_for_work_and_health_page)
{
    g_auto(Pair) pair = pair_new(1);

    ck_assert(fault_put(pair.rig, victim, "app.error", "{\"status\":503}", SIM_NEVER));
    ck_assert_uint_eq(ask(&pair, pair.sick, 0)->reply.code, 503);
    ck_assert_uint_eq(ask(&pair, pair.sick, HTTP_HEALTH)->reply.code, 503);
    assert_took(ask(&pair, pair.sick, 0), 20 * SIM_MS, 21 * SIM_MS);
    assert_well(&pair, pair.beside, 0);
    ck_assert_uint_eq(rig_counter(pair.rig, victim, "answers_spoilt"), 3);
    ck_assert_uint_eq(rig_counter(pair.rig, victim, "errors_500"), 0);
    assert_no_residue(&pair);
    ck_assert_uint_eq(rig_counter(pair.rig, victim, "answers_spoilt"), 3);
}
END_TEST

/* 400 x 0.3: 120, deviation 9.2; to four deviations. */
START_TEST(a_share_of_answers_is_wrong_as_a_share)
{
    g_auto(Pair) pair = pair_new(2);
    guint wrong = 0;

    fault_put(pair.rig, victim, "app.error", "{\"share\":0.3}", SIM_NEVER);
    for (guint i = 0; i < 400; i++) {
        const ProbeAsked *asked = send(&pair, pair.sick, 0);

        rig_run(pair.rig, 50 * SIM_MS);
        wrong += asked->reply.code == 500;
    }
    ck_assert_uint_ge(wrong, 83);
    ck_assert_uint_le(wrong, 157);
}
END_TEST

START_TEST(a_gray_server_fails_at_its_work_only)
{
    g_auto(Pair) pair = pair_new(3);

    ck_assert(fault_put(pair.rig, victim, "app.gray", ALL, SIM_NEVER));
    ck_assert_uint_eq(ask(&pair, pair.sick, 0)->reply.code, 500);
    assert_well(&pair, pair.sick, HTTP_HEALTH);
    assert_well(&pair, pair.beside, 0);
    assert_no_residue(&pair);
}
END_TEST

START_TEST(a_gray_server_may_be_slow_and_right)
{
    g_auto(Pair) pair = pair_new(4);

    fault_put(pair.rig, victim, "app.gray", "{\"error_share\":0,\"latency\":\"2s\"}", SIM_NEVER);
    assert_took(ask(&pair, pair.sick, 0), 2020 * SIM_MS, 2023 * SIM_MS);
    assert_well(&pair, pair.sick, HTTP_HEALTH);
    assert_well(&pair, pair.beside, 0);
    assert_no_residue(&pair);
}
END_TEST

START_TEST(latency_is_added_to_every_request)
{
    g_auto(Pair) pair = pair_new(5);

    ck_assert(fault_put(pair.rig, victim, "app.latency", "{\"latency\":\"300ms\"}", SIM_NEVER));
    assert_took(ask(&pair, pair.sick, 0), 320 * SIM_MS, 323 * SIM_MS);
    assert_took(ask(&pair, pair.sick, HTTP_HEALTH), 320 * SIM_MS, 323 * SIM_MS);
    assert_well(&pair, pair.beside, 0);
    assert_no_residue(&pair);
}
END_TEST

/* The work is done, nobody hears of it. */
START_TEST(an_abort_closes_the_connection_after_the_work)
{
    g_auto(Pair) pair = pair_new(6);

    ck_assert(fault_put(pair.rig, victim, "http.abort", ALL, SIM_NEVER));
    ck_assert_int_eq(ask(&pair, pair.sick, 0)->outcome, OUTCOME_FAILED);
    ck_assert_uint_eq(rig_counter(pair.rig, victim, "answers_spoilt"), 1);
    assert_well(&pair, pair.beside, 0);
    assert_no_residue(&pair);
}
END_TEST

/* Two of ten threads are left: of six requests that take a second each, the last two take three. */
START_TEST(threads_that_are_held_leave_the_others_to_queue)
{
    g_auto(Pair) pair = pair_new(7);
    const ProbeAsked *asked[2][6];

    fault_put(pair.rig, victim, "app.latency", "{\"latency\":\"1s\"}", SIM_NEVER);
    fault_put(pair.rig, "wildfly@DC01-app2", "app.latency", "{\"latency\":\"1s\"}", SIM_NEVER);
    ck_assert(fault_put(pair.rig, victim, "app.pool", "{\"share\":0.8}", SIM_NEVER));
    for (int i = 0; i < 6; i++) {
        asked[0][i] = send(&pair, pair.sick, 0);
        asked[1][i] = send(&pair, pair.beside, 0);
    }
    rig_run(pair.rig, 10 * SIM_S);
    for (int i = 0; i < 6; i++) {
        SimSpan expected = (i / 2 + 1) * SIM_S + 20 * SIM_MS;

        assert_took(asked[0][i], expected, expected + 20 * SIM_MS);
        assert_took(asked[1][i], 1020 * SIM_MS, 1040 * SIM_MS);
    }
    assert_no_residue(&pair);
}
END_TEST

/* Taken while they work, threads are gone when they are idle; given back, those that wait begin. */
START_TEST(threads_that_come_back_take_from_the_queue)
{
    g_auto(Pair) pair = pair_new(8);
    const ProbeAsked *asked[20];

    fault_put(pair.rig, victim, "app.latency", "{\"latency\":\"1s\"}", SIM_NEVER);
    for (int i = 0; i < 20; i++) {
        asked[i] = send(&pair, pair.sick, 0);
    }
    rig_run(pair.rig, 500 * SIM_MS);
    fault_put(pair.rig, victim, "app.pool", ALL, 2 * SIM_S);
    rig_run(pair.rig, 20 * SIM_S);
    for (int i = 0; i < 10; i++) { /* under way already */
        assert_took(asked[i], 1020 * SIM_MS, 1040 * SIM_MS);
    }
    assert_took(asked[10], 2020 * SIM_MS, 2060 * SIM_MS); /* the one thread that is left */
    for (int i = 12; i < 20; i++) {                       /* since 2.5 s */
        assert_took(asked[i], 3480 * SIM_MS, 3560 * SIM_MS);
    }
    assert_no_residue(&pair);
}
END_TEST

/* One connection for three requests of a second each: one after the other, in their order. */
START_TEST(who_finds_no_connection_waits_for_one)
{
    g_auto(Pair) pair = pair_new(11);
    const ProbeAsked *asked[3];

    fault_put(pair.rig, victim, "app.latency", "{\"latency\":\"1s\"}", SIM_NEVER);
    ck_assert(fault_put(pair.rig, victim, "app.leak-connections",
                        "{\"size\":1,\"rate\":0.001,\"wait\":\"1500ms\",\"status\":503}",
                        SIM_NEVER));
    for (int i = 0; i < 3; i++) {
        asked[i] = send(&pair, pair.sick, 0);
    }
    rig_run(pair.rig, 10 * SIM_S);
    assert_took(asked[0], 1020 * SIM_MS, 1040 * SIM_MS);
    assert_took(asked[1], 2020 * SIM_MS, 2060 * SIM_MS);
    assert_took(asked[2], 1520 * SIM_MS, 1540 * SIM_MS); /* had none in time */
    ck_assert_uint_eq(asked[1]->reply.code, 200);
    ck_assert_uint_eq(asked[2]->reply.code, 503);
    assert_well(&pair, pair.beside, 0);
    assert_no_residue(&pair);
}
END_TEST

/* Three connections, one gone each second: from the fourth second on all wait and fail. */
START_TEST(connections_leak_until_none_is_left)
{
    g_auto(Pair) pair = pair_new(12);
    const ProbeAsked *asked[2][20];

    fault_put(pair.rig, victim, "app.leak-connections", "{\"size\":3,\"wait\":\"2s\"}", SIM_NEVER);
    for (int i = 0; i < 20; i++) {
        asked[0][i] = send(&pair, pair.sick, 0);
        asked[1][i] = send(&pair, pair.beside, 0);
        rig_run(pair.rig, 250 * SIM_MS);
    }
    rig_run(pair.rig, 10 * SIM_S);
    for (int i = 0; i < 20; i++) {
        bool is_dry = i * 250 > 3000;

        ck_assert_uint_eq(asked[0][i]->reply.code, is_dry ? 500 : 200);
        assert_took(asked[0][i], is_dry ? 2020 * SIM_MS : 20 * SIM_MS,
                    is_dry ? 2040 * SIM_MS : 40 * SIM_MS);
        ck_assert_uint_eq(asked[1][i]->reply.code, 200);
    }
    ck_assert_uint_eq(ask(&pair, pair.sick, HTTP_HEALTH)->reply.code, 500);
    assert_no_residue(&pair);
}
END_TEST

/* A process that starts has a whole pool, and leaks it again. */
START_TEST(a_restart_brings_leaked_connections_back)
{
    g_auto(Pair) pair = pair_new(13);

    fault_put(pair.rig, victim, "app.leak-connections", "{\"size\":1,\"wait\":\"2s\"}", SIM_NEVER);
    rig_run(pair.rig, 2 * SIM_S);
    ck_assert_uint_eq(ask(&pair, pair.sick, 0)->reply.code, 200); /* and it is gone */
    ck_assert_uint_eq(ask(&pair, pair.sick, 0)->reply.code, 500);
    rig_down(pair.rig, victim, SIM_S);
    rig_run(pair.rig, 2 * SIM_MIN);
    ck_assert_uint_eq(ask(&pair, pair.sick, 0)->reply.code, 200);
    ck_assert_uint_eq(ask(&pair, pair.sick, 0)->reply.code, 500);
}
END_TEST

/* Nothing runs; what came is answered afterwards. */
START_TEST(a_pause_of_the_collector_delays_what_comes_meanwhile)
{
    g_auto(Pair) pair = pair_new(9);
    const ProbeAsked *asked;

    ck_assert(fault_put(pair.rig, victim, "jvm.gc-pause", ALL, 3 * SIM_S));
    asked = send(&pair, pair.sick, 0);
    assert_well(&pair, pair.beside, 0);
    assert_took(asked, 3 * SIM_S, 3 * SIM_S + 20 * SIM_MS);
    assert_no_residue(&pair);
}
END_TEST

/* --- sinkholing ---------------------------------------------------------------------------------
 */

/* Which share of 600 requests, 100 a second, a member gets that answers 500 in a millisecond beside
 * one that works for 100 ms. */
static double share_of_sick(const char *settings)
{
    g_auto(Bed) bed = bed_new(10, settings);

    bed.a->answer.code = 500;
    bed.a->answer_delay = SIM_MS;
    bed.b->answer_delay = 100 * SIM_MS;
    bed_stream(&bed, 600, 10 * SIM_MS);
    rig_run(bed.rig, SIM_S);
    return (double)bed_count_code(&bed, 500) / 600;
}

/* Not by its method: the fast one is the idle one. */
START_TEST(fast_failures_attract_load_by_busyness)
{
    ck_assert_double_gt(share_of_sick(", 'lbmethod': 'bybusyness'"), 0.85);
    ck_assert_double_eq_tol(share_of_sick(""), 0.5, 0.01);
}
END_TEST

/* One answer is enough; then it is out for a minute. */
START_TEST(failonstatus_ends_the_sinkhole)
{
    ck_assert_double_lt(share_of_sick(", 'lbmethod': 'bybusyness', 'failonstatus': '500'"), 0.01);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("app_faults");
    TCase *tests = tcase_create("faults");

    tcase_add_test(tests, errors_come_at_once_for_work_and_health_page);
    tcase_add_test(tests, a_share_of_answers_is_wrong_as_a_share);
    tcase_add_test(tests, a_gray_server_fails_at_its_work_only);
    tcase_add_test(tests, a_gray_server_may_be_slow_and_right);
    tcase_add_test(tests, latency_is_added_to_every_request);
    tcase_add_test(tests, an_abort_closes_the_connection_after_the_work);
    tcase_add_test(tests, threads_that_are_held_leave_the_others_to_queue);
    tcase_add_test(tests, threads_that_come_back_take_from_the_queue);
    tcase_add_test(tests, who_finds_no_connection_waits_for_one);
    tcase_add_test(tests, connections_leak_until_none_is_left);
    tcase_add_test(tests, a_restart_brings_leaked_connections_back);
    tcase_add_test(tests, a_pause_of_the_collector_delays_what_comes_meanwhile);
    tcase_add_test(tests, fast_failures_attract_load_by_busyness);
    tcase_add_test(tests, failonstatus_ends_the_sinkhole);
    suite_add_tcase(suite, tests);
    return suite;
}
