/* test_edge_faults.c - faults at the door of a process: what its peers feel, that its neighbour is
 * left alone, and that nothing stays when they end. */
#include "tests/support/client_bed.h"
#include "tests/support/fault_put.h"
#include "tests/support/suite.h"
#include "tests/support/web_bed.h"

/* --- connections --------------------------------------------------------------------------------
 */

#define VICTIM "probe@DC01-a"
#define BESIDE "probe@DC01-b"

/* A client 10 ms away from two servers. */
typedef struct Pair {
    Rig *rig;
    Probe *client, *servers[2];
} Pair;

static Pair pair_new(uint64_t seed)
{
    static const char *const places[] = {"DC01-a", "DC01-b"};
    static const char *const addresses[] = {"192.0.2.11", "192.0.2.12"};
    Pair pair = {.rig = rig_new(seed, NULL)};

    rig_site(pair.rig, "DC01");
    rig_site(pair.rig, "far");
    for (int i = 0; i < 2; i++) {
        Host *host = rig_host(pair.rig, places[i], addresses[i], NULL);

        pair.servers[i] = rig_probe(pair.rig, places[i]);
        pair.servers[i]->answer = (Message){.op = MESSAGE_HTTP, .code = 200, .size_bytes = 1000};
        host_listen(host, 80, &pair.servers[i]->component);
    }
    pair.client = rig_probe(pair.rig, "far");
    rig_link_all(pair.rig, "20ms");
    rig_start(pair.rig);
    return pair;
}

static const ProbeAsked *connect_to(Pair *pair, int server)
{
    const ProbeAsked *asked =
        probe_connect(pair->client, 0xC000020Bu + (uint32_t)server, 80, 2 * SIM_S);

    rig_run(pair->rig, 3 * SIM_S);
    ck_assert_uint_eq(asked->ends, 1);
    return asked;
}

/* Over a connection that was opened in life `life` of the server; 0: a fresh one. */
static Outcome ask_over(Pair *pair, int server, uint32_t life, uint32_t connection)
{
    Message request = {.op = MESSAGE_HTTP,
                       .size_bytes = 500,
                       .peer_incarnation = life,
                       .connection = connection,
                       .patience = 2 * SIM_S};
    const ProbeAsked *asked =
        probe_call(pair->client, &pair->servers[server]->component, &request, 2 * SIM_S);

    rig_run(pair->rig, 3 * SIM_S);
    ck_assert_uint_eq(asked->ends, 1);
    return asked->outcome;
}

/* The line takes a microsecond for a packet. */
static void assert_took(SimSpan took, SimSpan expected)
{
    ck_assert_int_ge(took, expected);
    ck_assert_int_le(took, expected + 5 * SIM_US);
}

static uint32_t life_of(const Pair *pair, int server)
{
    return component_life(&pair->servers[server]->component);
}

START_TEST(refused_connects_are_refused_at_once_and_open_ones_served)
{
    Pair pair = pair_new(1);
    uint32_t life = life_of(&pair, 0);
    const ProbeAsked *asked;

    ck_assert(fault_put(pair.rig, VICTIM, "tcp.refuse", "{}", 20 * SIM_S));
    asked = connect_to(&pair, 0);
    ck_assert_int_eq(asked->connected, CONNECT_REFUSED);
    assert_took(asked->ended - asked->begun, 20 * SIM_MS);
    ck_assert_int_eq(connect_to(&pair, 1)->connected, CONNECTED);
    ck_assert_int_eq(ask_over(&pair, 0, life, 7), OUTCOME_OK);
    rig_run(pair.rig, 20 * SIM_S);
    ck_assert_int_eq(connect_to(&pair, 0)->connected, CONNECTED);
    rig_free(pair.rig);
}
END_TEST

START_TEST(a_share_of_connects_is_refused_as_a_share)
{
    Pair pair = pair_new(2);
    int refused = 0;

    fault_put(pair.rig, VICTIM, "tcp.refuse", "{\"share\":0.25}", SIM_NEVER);
    for (int i = 0; i < 400; i++) {
        refused += connect_to(&pair, 0)->connected == CONNECT_REFUSED ? 1 : 0;
    }
    ck_assert_int_ge(refused, 66); /* 100, 4 deviations of 8.66 */
    ck_assert_int_le(refused, 134);
    rig_free(pair.rig);
}
END_TEST

START_TEST(a_black_hole_swallows_new_and_established_connections_as_told)
{
    static const struct {
        const char *json;
        bool swallows_new, swallows_old;
    } cases[] = {{"{}", true, true},
                 {"{\"conn_state\":\"new\"}", true, false},
                 {"{\"conn_state\":\"established\"}", false, true}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Pair pair = pair_new(3);
        uint32_t life = life_of(&pair, 0);

        fault_put(pair.rig, VICTIM, "tcp.blackhole", cases[i].json, 20 * SIM_S);
        ck_assert_int_eq(connect_to(&pair, 0)->connected,
                         cases[i].swallows_new ? CONNECT_TIMEOUT : CONNECTED);
        ck_assert_int_eq(ask_over(&pair, 0, life, 7),
                         cases[i].swallows_old ? OUTCOME_TIMEOUT : OUTCOME_OK);
        ck_assert_int_eq(connect_to(&pair, 1)->connected, CONNECTED);
        ck_assert_int_eq(ask_over(&pair, 1, life_of(&pair, 1), 7), OUTCOME_OK);
        rig_run(pair.rig, 20 * SIM_S);
        ck_assert_int_eq(connect_to(&pair, 0)->connected, CONNECTED);
        ck_assert_int_eq(ask_over(&pair, 0, life, 7), OUTCOME_OK);
        rig_free(pair.rig);
    }
}
END_TEST

START_TEST(a_swallowed_connection_stays_swallowed_and_others_are_well)
{
    Pair pair = pair_new(4);
    int swallowed = 0;

    fault_put(pair.rig, VICTIM, "tcp.blackhole", "{\"share\":0.3,\"conn_state\":\"established\"}",
              SIM_NEVER);
    for (uint32_t connection = 1; connection <= 200; connection++) {
        Outcome first = ask_over(&pair, 0, life_of(&pair, 0), connection);

        ck_assert_int_eq(ask_over(&pair, 0, life_of(&pair, 0), connection), first);
        swallowed += first == OUTCOME_TIMEOUT ? 1 : 0;
    }
    ck_assert_int_ge(swallowed, 34); /* 60, 4 deviations of 6.5 */
    ck_assert_int_le(swallowed, 86);
    rig_free(pair.rig);
}
END_TEST

START_TEST(a_reset_breaks_what_is_asked)
{
    Pair pair = pair_new(5);

    fault_put(pair.rig, VICTIM, "tcp.reset", "{}", 10 * SIM_S);
    ck_assert_int_eq(ask_over(&pair, 0, 0, 0), OUTCOME_REFUSED);
    ck_assert_uint_eq(probe_count_heard(pair.servers[0]), 0);
    ck_assert_int_eq(ask_over(&pair, 1, 0, 0), OUTCOME_OK);
    rig_run(pair.rig, 10 * SIM_S);
    ck_assert_int_eq(ask_over(&pair, 0, 0, 0), OUTCOME_OK);
    rig_free(pair.rig);
}
END_TEST

START_TEST(old_connections_are_silent_while_half_open_and_reset_afterwards)
{
    Pair pair = pair_new(6);
    uint32_t life = life_of(&pair, 0);

    fault_put(pair.rig, VICTIM, "tcp.half-open", "{}", 20 * SIM_S);
    ck_assert_int_eq(ask_over(&pair, 0, life, 7), OUTCOME_TIMEOUT);
    ck_assert_int_eq(connect_to(&pair, 0)->connected, CONNECTED);
    ck_assert_int_eq(ask_over(&pair, 0, life_of(&pair, 0), 8), OUTCOME_OK);
    ck_assert_int_eq(ask_over(&pair, 1, life_of(&pair, 1), 7), OUTCOME_OK);
    rig_run(pair.rig, 20 * SIM_S);
    ck_assert_int_eq(ask_over(&pair, 0, life, 7), OUTCOME_REFUSED);
    ck_assert_int_eq(ask_over(&pair, 0, life_of(&pair, 0), 8), OUTCOME_OK);
    rig_free(pair.rig);
}
END_TEST

START_TEST(a_slow_handshake_takes_longer_by_what_was_asked_for)
{
    Pair pair = pair_new(7);
    const ProbeAsked *asked;

    fault_put(pair.rig, VICTIM, "tcp.slow-handshake", "{\"latency\":\"700ms\"}", 10 * SIM_S);
    asked = connect_to(&pair, 0);
    ck_assert_int_eq(asked->connected, CONNECTED);
    assert_took(asked->ended - asked->begun, 720 * SIM_MS);
    asked = connect_to(&pair, 1);
    assert_took(asked->ended - asked->begun, 20 * SIM_MS);
    rig_run(pair.rig, 10 * SIM_S);
    asked = connect_to(&pair, 0);
    assert_took(asked->ended - asked->begun, 20 * SIM_MS);
    rig_free(pair.rig);
}
END_TEST

START_TEST(a_slow_close_is_heard_late)
{
    for (int i = 0; i < 2; i++) {
        Pair pair = pair_new(8);
        SimTime begun = rig_now(pair.rig);
        Component *server = &pair.servers[i]->component;

        fault_put(pair.rig, VICTIM, "tcp.slow-close", "{\"latency\":\"5s\"}", 30 * SIM_S);
        network_close(&pair.client->component, server, 7, 0, 0);
        rig_run(pair.rig, 10 * SIM_S);
        ck_assert_uint_eq(probe_count_heard(pair.servers[i]), 1);
        assert_took(probe_heard(pair.servers[i], 0)->time - begun,
                    (i == 0 ? 5 * SIM_S : 0) + 10 * SIM_MS);
        rig_free(pair.rig);
    }
}
END_TEST

START_TEST(answers_beyond_the_limit_break_off)
{
    Pair pair = pair_new(9);

    fault_put(pair.rig, VICTIM, "tcp.limit", "{\"bytes\":\"999B\"}", 10 * SIM_S);
    ck_assert_int_eq(ask_over(&pair, 0, 0, 0), OUTCOME_FAILED);
    ck_assert_uint_eq(probe_count_heard(pair.servers[0]), 1);
    ck_assert_int_eq(ask_over(&pair, 1, 0, 0), OUTCOME_OK);
    rig_run(pair.rig, 10 * SIM_S);
    fault_put(pair.rig, VICTIM, "tcp.limit", "{\"bytes\":\"1000B\"}", 10 * SIM_S);
    ck_assert_int_eq(ask_over(&pair, 0, 0, 0), OUTCOME_OK);
    rig_free(pair.rig);
}
END_TEST

/* --- certificates -------------------------------------------------------------------------------
 */

START_TEST(clients_that_use_tls_turn_away_from_an_expired_certificate)
{
    static const struct {
        const char *settings;
        bool is_served;
    } cases[] = {{", 'tls': '1.3', 'keep_alive': '0s'", false}, {", 'keep_alive': '0s'", true}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(ClientBed) bed = client_bed_new(10, cases[i].settings);
        Felt felt;

        client_bed_start(&bed);
        rig_run(bed.rig, 5 * SIM_S + SIM_S / 2);
        fault_put(bed.rig, SERVER_ONE, "tls.expire", "{}", 10 * SIM_S);
        rig_run(bed.rig, 20 * SIM_S);
        felt = client_bed_felt(&bed, 7, 14);
        ck_assert_uint_eq(felt.ok, cases[i].is_served ? 7 : 0);
        ck_assert_str_eq(felt.reason, cases[i].is_served ? "" : "tls-certificate");
        ck_assert_uint_eq(felt.attempts, 7); /* nobody tries again */
        ck_assert_uint_eq(client_bed_felt(&bed, 17, 24).failed, 0);
        ck_assert_uint_eq(client_bed_felt(&bed, 1, 5).failed, 0);
    }
}
END_TEST

START_TEST(an_expired_certificate_beside_hurts_nobody)
{
    g_auto(ClientBed) bed = client_bed_new(11, ", 'tls': '1.3', 'keep_alive': '0s'");

    client_bed_start(&bed);
    fault_put(bed.rig, SERVER_TWO, "tls.expire", "{}", SIM_NEVER);
    rig_run(bed.rig, 10 * SIM_S);
    ck_assert_uint_eq(client_bed_felt(&bed, 1, 9).failed, 0);
}
END_TEST

START_TEST(a_connection_that_is_open_outlives_its_certificate)
{
    g_auto(ClientBed) bed = client_bed_new(12, ", 'tls': '1.3', 'keep_alive': '60s'");

    client_bed_start(&bed);
    rig_run(bed.rig, 5 * SIM_S + SIM_S / 2);
    fault_put(bed.rig, SERVER_ONE, "tls.expire", "{}", SIM_NEVER);
    rig_run(bed.rig, 10 * SIM_S);
    ck_assert_uint_eq(client_bed_felt(&bed, 1, 14).failed, 0);
}
END_TEST

/* --- balancers ----------------------------------------------------------------------------------
 */

#define NO_RECOVERY ", 'forcerecovery': false, 'retry': '10s'"

START_TEST(members_in_error_are_left_out_until_retry_is_over)
{
    g_auto(Bed) bed = bed_new(13, NO_RECOVERY);

    fault_put(bed.rig, HTTPD, "lb.mark-error", "{\"share\":0.5}", SIM_S);
    bed_stream(&bed, 9, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 9);
    ck_assert_uint_eq(MIN(probe_count_heard(bed.a), probe_count_heard(bed.b)), 0);
    bed_stream(&bed, 10, SIM_S);
    ck_assert_uint_gt(MIN(probe_count_heard(bed.a), probe_count_heard(bed.b)), 3);
}
END_TEST

START_TEST(all_members_in_error_answer_503_until_retry_is_over)
{
    g_auto(Bed) bed = bed_new(14, NO_RECOVERY);

    fault_put(bed.rig, HTTPD, "lb.mark-error", "{}", SIM_S);
    bed_stream(&bed, 9, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 503), 9);
    rig_run(bed.rig, 2 * SIM_S);
    bed_stream(&bed, 5, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 5);
}
END_TEST

START_TEST(forced_recovery_forgives_what_was_forced)
{
    g_auto(Bed) bed = bed_new(15, "");

    fault_put(bed.rig, HTTPD, "lb.mark-error", "{}", SIM_S);
    bed_stream(&bed, 9, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 9);
}
END_TEST

#define STICKY                                                                                     \
    ", 'stickysession': 'JSESSIONID', 'BalancerMember': { 'app1': { 'route': 'one' }, "            \
    "'app2': { 'route': 'two' } }"

static guint served_in_session(Bed *bed, uint64_t sessions, guint *refused)
{
    guint before = probe_count_heard(bed->b);

    for (uint64_t session = 1; session <= sessions; session++) {
        Message request = {
            .op = MESSAGE_HTTP, .size_bytes = 500, .subject = "two", .detail = session};
        const ProbeAsked *asked = probe_call(bed->client, bed->httpd, &request, SIM_S);

        rig_run(bed->rig, SIM_S);
        *refused += asked->reply.code == 503 ? 1 : 0;
    }
    return probe_count_heard(bed->b) - before;
}

START_TEST(lost_sessions_go_to_anybody_or_to_nobody)
{
    for (int i = 0; i < 2; i++) {
        g_auto(Bed) bed = bed_new(16, i == 0 ? STICKY : STICKY ", 'nofailover': true");
        guint refused = 0;

        ck_assert_uint_eq(served_in_session(&bed, 100, &refused), 100);
        fault_put(bed.rig, HTTPD, "lb.sticky-dead", "{\"share\":0.4}", 200 * SIM_S);
        guint at_home = served_in_session(&bed, 100, &refused);

        if (i == 0) { /* byrequests owes the other member: the lost ones, 40 or so, go there */
            ck_assert_uint_ge(at_home, 40);
            ck_assert_uint_le(at_home, 80);
            ck_assert_uint_eq(refused, 0);
        } else {
            ck_assert_uint_eq(at_home + refused, 100);
            ck_assert_uint_ge(refused, 20); /* 40, 4 deviations of 4.9 */
            ck_assert_uint_le(refused, 60);
        }
        rig_run(bed.rig, 200 * SIM_S);
        refused = 0;
        ck_assert_uint_eq(served_in_session(&bed, 100, &refused), 100);
        ck_assert_uint_eq(refused, 0);
    }
}
END_TEST

START_TEST(a_reload_closes_idle_connections_and_finishes_requests)
{
    g_auto(Bed) bed = bed_new(17, "");
    const ProbeAsked *connection = bed_connect(&bed, SIM_S);
    const ProbeAsked *asked;

    rig_run(bed.rig, SIM_S);
    asked = bed_ask_over(&bed, connection, 0);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(bed_code(asked), 200);
    bed.a->answer_delay = bed.b->answer_delay = SIM_S;
    asked = bed_ask(&bed, 0);
    rig_run(bed.rig, SIM_S / 2);
    fault_put(bed.rig, HTTPD, "lb.reload", "{}", SIM_S);
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "connections_closed_early"), 1);
    rig_run(bed.rig, 2 * SIM_S);
    ck_assert_uint_eq(bed_code(asked), 200);
}
END_TEST

START_TEST(a_split_address_resets_kept_connections_only)
{
    g_auto(Bed) bed = bed_new(18, "");
    const ProbeAsked *asked;

    fault_put(bed.rig, HTTPD, "lb.vip-split", "{}", 10 * SIM_S);
    asked = bed_ask_again(&bed);
    rig_run(bed.rig, SIM_S);
    ck_assert_int_eq(asked->outcome, OUTCOME_REFUSED);
    asked = bed_ask(&bed, 0);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(bed_code(asked), 200);
    rig_run(bed.rig, 10 * SIM_S);
    asked = bed_ask_again(&bed);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(bed_code(asked), 200);
}
END_TEST

Suite *test_suite(void)
{
    const TTest *const tests[] = {
        refused_connects_are_refused_at_once_and_open_ones_served,
        a_share_of_connects_is_refused_as_a_share,
        a_black_hole_swallows_new_and_established_connections_as_told,
        a_swallowed_connection_stays_swallowed_and_others_are_well,
        a_reset_breaks_what_is_asked,
        old_connections_are_silent_while_half_open_and_reset_afterwards,
        a_slow_handshake_takes_longer_by_what_was_asked_for,
        a_slow_close_is_heard_late,
        answers_beyond_the_limit_break_off,
        clients_that_use_tls_turn_away_from_an_expired_certificate,
        an_expired_certificate_beside_hurts_nobody,
        a_connection_that_is_open_outlives_its_certificate,
        members_in_error_are_left_out_until_retry_is_over,
        all_members_in_error_answer_503_until_retry_is_over,
        forced_recovery_forgives_what_was_forced,
        lost_sessions_go_to_anybody_or_to_nobody,
        a_reload_closes_idle_connections_and_finishes_requests,
        a_split_address_resets_kept_connections_only,
    };
    Suite *suite = suite_create("edge_faults");
    TCase *tcase = tcase_create("all");

    tcase_set_timeout(tcase, 60);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
    return suite;
}
