/* test_half_open.c - who notices a peer that has gone, and when: rows of "established connections"
 * and "connect phase when something is wrong" in the network reference. */
#include "tests/support/rig.h"
#include "tests/support/suite.h"

#define ADDRESS 0xc000020bu /* 192.0.2.11 */
#define HOST "host@DC01-app1"
#define SERVER "probe@DC01-app1"

static const Message question = {.op = MESSAGE_HTTP, .size_bytes = 200};
static const TcpKeepalive tuned = {SIM_MIN, 10 * SIM_S, 3};

/* A client in a region, 100 ms there and back from a server; and a neighbour of the server. */
typedef struct Pair {
    Rig *rig;
    Probe *client, *server, *neighbour;
} Pair;

static Pair pair_new(uint64_t seed, const char *lan)
{
    Pair pair = {.rig = rig_new(seed, NULL)};

    rig_site(pair.rig, "DC01");
    rig_site_of(pair.rig, "Europe", SITE_REGION);
    rig_host(pair.rig, "DC01-app1", "192.0.2.11",
             "{ \"steal\": \"none\", \"boot\": \"constant(30s)\" }");
    rig_host(pair.rig, "DC01-app2", NULL, "{ \"steal\": \"none\" }");
    pair.server = rig_probe(pair.rig, "DC01-app1");
    pair.neighbour = rig_probe(pair.rig, "DC01-app2");
    pair.client = rig_probe(pair.rig, "web/Europe");
    if (lan != NULL) {
        rig_link(pair.rig, "DC01", "DC01", lan);
    }
    rig_link_all(pair.rig, "100ms");
    rig_start(pair.rig);
    host_listen(pair.server->component.host, 443, &pair.server->component);
    pair.server->manner = PROBE_KEEPS;
    return pair;
}

static void pair_free(Pair *pair)
{
    rig_free(pair->rig);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_free)

/* Asks, lets the question arrive, and takes the server's power for `span`. */
static const ProbeAsked *ask_then_dark(Pair *pair, const TcpKeepalive *keepalive, SimSpan span)
{
    const ProbeAsked *asked =
        probe_call_kept(pair->client, &pair->server->component, &question, SIM_NEVER, keepalive);

    rig_run(pair->rig, SIM_S);
    rig_down(pair->rig, HOST, span);
    return asked;
}

START_TEST(who_only_waits_never_notices)
{
    g_auto(Pair) pair = pair_new(1, NULL);
    const ProbeAsked *asked = ask_then_dark(&pair, &(TcpKeepalive){0}, SIM_S);

    rig_run(pair.rig, 24 * SIM_HOUR);
    ck_assert_uint_eq(asked->ends, 0); /* although the server has long been back */
}
END_TEST

START_TEST(keepalive_notices_a_dark_peer)
{
    g_auto(Pair) pair = pair_new(2, NULL);
    const ProbeAsked *asked = ask_then_dark(&pair, &tuned, SIM_NEVER);

    rig_run(pair.rig, SIM_HOUR);
    ck_assert_int_eq(asked->outcome, OUTCOME_TIMEOUT);
    ck_assert_int_eq(asked->ended, 90 * SIM_S);
}
END_TEST

/* The stock 7200 s + 9 x 75 s: 2 h 11 min. */
START_TEST(stock_keepalive_takes_two_hours)
{
    g_auto(Pair) pair = pair_new(3, NULL);
    TcpKeepalive stock = {7200 * SIM_S, 75 * SIM_S, 9};
    const ProbeAsked *asked = ask_then_dark(&pair, &stock, SIM_NEVER);

    rig_run(pair.rig, 3 * SIM_HOUR);
    ck_assert_int_eq(asked->ended, 7875 * SIM_S);
}
END_TEST

START_TEST(keepalive_meets_a_reset_from_a_peer_that_rebooted)
{
    g_auto(Pair) pair = pair_new(4, NULL);
    const ProbeAsked *asked = ask_then_dark(&pair, &tuned, 10 * SIM_S);

    rig_run(pair.rig, SIM_HOUR);
    ck_assert_int_eq(asked->outcome, OUTCOME_FAILED);
    ck_assert_int_eq(asked->ended, 60 * SIM_S); /* its first question */
}
END_TEST

/* Its kernel answers. */
START_TEST(keepalive_does_not_notice_a_hung_process)
{
    g_auto(Pair) pair = pair_new(5, NULL);
    const ProbeAsked *asked =
        probe_call_kept(pair.client, &pair.server->component, &question, SIM_NEVER, &tuned);

    rig_run(pair.rig, SIM_HOUR);
    ck_assert_uint_eq(asked->ends, 0);
    probe_answer(pair.server, 0, &question);
    rig_run(pair.rig, SIM_MIN);
    ck_assert_int_eq(asked->outcome, OUTCOME_OK);
}
END_TEST

START_TEST(keepalive_outlives_a_short_cut)
{
    g_auto(Pair) pair = pair_new(6, NULL);
    const ProbeAsked *asked =
        probe_call_kept(pair.client, &pair.server->component, &question, SIM_NEVER, &tuned);

    rig_run(pair.rig, 55 * SIM_S);
    rig_down(pair.rig, "link@Europe-DC01", 20 * SIM_S); /* questions at 60 and 70 s are lost */
    rig_run(pair.rig, SIM_HOUR);
    ck_assert_uint_eq(asked->ends, 0);
}
END_TEST

START_TEST(a_process_that_ends_is_known_after_half_a_round_trip)
{
    g_auto(Pair) pair = pair_new(7, NULL);
    const ProbeAsked *asked =
        probe_call(pair.client, &pair.server->component, &question, SIM_NEVER);

    rig_run(pair.rig, SIM_S);
    rig_down(pair.rig, SERVER, SIM_NEVER);
    rig_run(pair.rig, SIM_MIN);
    ck_assert_int_eq(asked->outcome, OUTCOME_FAILED);
    ck_assert_int_eq(asked->ended / SIM_MS, 1050);
}
END_TEST

/* Data in flight: TCP_USER_TIMEOUT, or tcp_retries2. */
START_TEST(unacknowledged_data_end_with_the_kernels_patience)
{
    static const SimSpan patience[] = {30 * SIM_S, 0}, limits[] = {30 * SIM_S, 924600 * SIM_MS};

    for (int i = 0; i < 2; i++) {
        g_auto(Pair) pair = pair_new(8, NULL);
        Message sent = question;
        const ProbeAsked *asked;

        sent.patience = patience[i];
        rig_down(pair.rig, HOST, SIM_NEVER);
        asked = probe_call(pair.client, &pair.server->component, &sent, 2 * SIM_HOUR);
        rig_run(pair.rig, 3 * SIM_HOUR);
        ck_assert_int_eq(asked->outcome, OUTCOME_TIMEOUT);
        ck_assert_int_eq(asked->ended, limits[i]);
    }
}
END_TEST

/* "peer rebooted: first packet gets RST". */
START_TEST(a_retransmission_meets_a_reset_after_a_reboot)
{
    g_auto(Pair) pair = pair_new(9, NULL);
    Message sent = question;
    const ProbeAsked *asked;

    sent.peer_incarnation = pair.server->component.owner.incarnation; /* over an old connection */
    rig_down(pair.rig, HOST, 10 * SIM_S);                             /* boots for another 30 s */
    asked = probe_call(pair.client, &pair.server->component, &sent, 5 * SIM_MIN);
    rig_run(pair.rig, SIM_HOUR);
    ck_assert_int_eq(asked->outcome, OUTCOME_FAILED);
    ck_assert_int_ge(asked->ended, 40 * SIM_S);
    ck_assert_int_le(asked->ended, 2 * SIM_MIN);
}
END_TEST

/* "host off, same LAN: EHOSTUNREACH after about 3 s". */
START_TEST(a_lan_of_ones_own_says_that_a_host_is_off)
{
    g_auto(Pair) routed = pair_new(10, NULL);
    g_auto(Pair) own = pair_new(10, "{ \"rtt\": \"300us\", \"neighbour_timeout\": \"3s\" }");
    const ProbeAsked *silent, *known, *far;

    rig_down(routed.rig, HOST, SIM_NEVER);
    rig_down(own.rig, HOST, SIM_NEVER);
    silent = probe_connect_to(routed.neighbour, &routed.server->component, 10 * SIM_S);
    known = probe_connect_to(own.neighbour, &own.server->component, 10 * SIM_S);
    far = probe_connect(own.client, ADDRESS, 443, 10 * SIM_S);
    rig_run(routed.rig, SIM_MIN);
    rig_run(own.rig, SIM_MIN);
    ck_assert_int_eq(silent->connected, CONNECT_TIMEOUT);
    ck_assert_int_eq(silent->ended, 10 * SIM_S);
    ck_assert_int_eq(known->connected, CONNECT_UNREACHABLE);
    ck_assert_int_eq(known->ended, 3 * SIM_S);
    ck_assert_int_eq(far->connected, CONNECT_TIMEOUT);
}
END_TEST

typedef struct Heard {
    ConnectOutcome outcome;
    SimTime at;
} Heard;

static void hear_connect(Component *self, void *context, ConnectOutcome outcome, Component *peer,
                         uint32_t connection)
{
    (void)peer;
    (void)connection;
    *(Heard *)context = (Heard){outcome, world_now(self->world)};
}

/* The longest a program without a limit of its own waits for a dark host. */
START_TEST(each_kernel_gives_up_connecting_in_its_own_time)
{
    static const int64_t ends_s[TCP_STACKS] = {127, 131, 7, 21, 75};

    for (int stack = 0; stack < TCP_STACKS; stack++) {
        g_auto(Pair) pair = pair_new(11, NULL);
        ConnectManner manner = {.stack = (TcpStack)stack};
        Heard heard = {0};

        rig_down(pair.rig, HOST, SIM_NEVER);
        network_connect_as(&pair.client->component, &manner, ADDRESS, 443, SIM_NEVER, hear_connect,
                           &heard);
        rig_run(pair.rig, SIM_HOUR);
        ck_assert_int_eq(heard.outcome, CONNECT_TIMEOUT);
        ck_assert_int_eq(heard.at, ends_s[stack] * SIM_S);
    }
}
END_TEST

/* 219 kB take four rounds, three more than the answer to a small question, on a fast line. */
START_TEST(a_large_answer_takes_the_rounds_of_slow_start)
{
    g_auto(Pair) pair = pair_new(12, NULL);
    const ProbeAsked *small, *large;

    pair.server->manner = PROBE_ANSWERS;
    pair.server->answer = (Message){.op = MESSAGE_HTTP, .size_bytes = 14600};
    small = probe_call(pair.client, &pair.server->component, &question, SIM_MIN);
    rig_run(pair.rig, SIM_MIN);
    pair.server->answer.size_bytes = 219000;
    large = probe_call(pair.client, &pair.server->component, &question, SIM_MIN);
    rig_run(pair.rig, SIM_MIN);
    ck_assert_int_eq((small->ended - small->begun) / SIM_MS, 100);
    ck_assert_int_eq((large->ended - large->begun) / SIM_MS, 400);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("half_open");
    TCase *tests = tcase_create("silence");

    tcase_add_test(tests, who_only_waits_never_notices);
    tcase_add_test(tests, keepalive_notices_a_dark_peer);
    tcase_add_test(tests, stock_keepalive_takes_two_hours);
    tcase_add_test(tests, keepalive_meets_a_reset_from_a_peer_that_rebooted);
    tcase_add_test(tests, keepalive_does_not_notice_a_hung_process);
    tcase_add_test(tests, keepalive_outlives_a_short_cut);
    tcase_add_test(tests, a_process_that_ends_is_known_after_half_a_round_trip);
    tcase_add_test(tests, unacknowledged_data_end_with_the_kernels_patience);
    tcase_add_test(tests, a_retransmission_meets_a_reset_after_a_reboot);
    tcase_add_test(tests, a_lan_of_ones_own_says_that_a_host_is_off);
    tcase_add_test(tests, each_kernel_gives_up_connecting_in_its_own_time);
    tcase_add_test(tests, a_large_answer_takes_the_rounds_of_slow_start);
    suite_add_tcase(suite, tests);
    return suite;
}
