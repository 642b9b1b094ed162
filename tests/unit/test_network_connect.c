/* test_network_connect.c - what an attempt to connect hears, and when. */
#include "tests/support/rig.h"
#include "tests/support/suite.h"

#define ADDRESS 0xc000020bu /* 192.0.2.11 */

/* A probe on a host in DC01 that listens on 443, and one without a host in a region. */
static Rig *pair_new(uint64_t seed, Probe **client, Probe **server)
{
    Rig *rig = rig_new(seed, NULL);

    rig_site(rig, "DC01");
    rig_site_of(rig, "Europe", SITE_REGION);
    rig_host(rig, "DC01-app1", "192.0.2.11", "{ \"steal\": \"none\" }");
    *server = rig_probe(rig, "DC01-app1");
    *client = rig_probe(rig, "web/Europe");
    rig_link_all(rig, "90ms");
    rig_start(rig);
    host_listen((*server)->component.host, 443, &(*server)->component);
    return rig;
}

START_TEST(connecting_takes_one_round_trip)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(30, &client, &server);
    const ProbeAsked *asked = probe_connect(client, ADDRESS, 443, 10 * SIM_S);

    rig_run(rig, SIM_MIN);
    ck_assert_uint_eq(asked->ends, 1);
    ck_assert_int_eq(asked->connected, CONNECTED);
    ck_assert_ptr_eq(asked->peer, &server->component);
    ck_assert_int_eq(asked->ended / SIM_MS, 90);
}
END_TEST

START_TEST(a_live_host_refuses_at_once)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(31, &client, &server);
    const ProbeAsked *nobody = probe_connect(client, ADDRESS, 80, 10 * SIM_S), *killed;

    rig_run(rig, SIM_S);
    ck_assert_int_eq(nobody->connected, CONNECT_REFUSED);
    ck_assert_int_eq(nobody->ended / SIM_MS, 90);
    rig_down(rig, "probe@DC01-app1", SIM_NEVER);
    killed = probe_connect(client, ADDRESS, 443, 10 * SIM_S);
    rig_run(rig, SIM_MIN);
    ck_assert_uint_eq(killed->ends, 1);
    ck_assert_int_eq(killed->connected, CONNECT_REFUSED);
    ck_assert_int_eq((killed->ended - killed->begun) / SIM_MS, 90);
}
END_TEST

START_TEST(a_dark_host_is_silent_until_the_limit)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(32, &client, &server);
    const ProbeAsked *short_one, *endless;

    rig_down(rig, "host@DC01-app1", SIM_NEVER);
    short_one = probe_connect(client, ADDRESS, 443, 10 * SIM_S);
    endless = probe_connect(client, ADDRESS, 443, SIM_NEVER);
    rig_run(rig, SIM_HOUR);
    ck_assert_int_eq(short_one->connected, CONNECT_TIMEOUT);
    ck_assert_int_eq(short_one->ended, 10 * SIM_S);
    ck_assert_uint_eq(short_one->ends, 1);
    /* Linux gives up at 127 s. */
    ck_assert_int_eq(endless->connected, CONNECT_TIMEOUT);
    ck_assert_int_eq(endless->ended, 127 * SIM_S);
}
END_TEST

/* The steps at 1, 3, 7 and 15 s that one sees in distributions of connect times. */
START_TEST(lost_syns_come_again_at_1_3_7_and_15_s)
{
    static const SimSpan down[] = {500, 1500, 4000, 8000}, steps[] = {1, 3, 7, 15};

    for (size_t i = 0; i < G_N_ELEMENTS(down); i++) {
        Probe *client, *server;
        g_autoptr(Rig) rig = pair_new(33, &client, &server);
        const ProbeAsked *asked;

        rig_down(rig, "link@Europe-DC01", down[i] * SIM_MS);
        asked = probe_connect(client, ADDRESS, 443, SIM_MIN);
        rig_run(rig, SIM_MIN);
        ck_assert_int_eq(asked->connected, CONNECTED);
        ck_assert_int_eq(asked->ended / SIM_MS, 1000 * steps[i] + 90);
    }
}
END_TEST

START_TEST(a_lost_answer_costs_as_much_as_a_lost_syn)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(34, &client, &server);
    const ProbeAsked *asked;

    rig_down(rig, "link@DC01-Europe", 500 * SIM_MS);
    asked = probe_connect(client, ADDRESS, 443, SIM_MIN);
    rig_run(rig, SIM_MIN);
    ck_assert_int_eq(asked->connected, CONNECTED);
    ck_assert_int_eq(asked->ended / SIM_MS, 1090);
}
END_TEST

START_TEST(a_full_backlog_looks_like_loss)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(35, &client, &server);
    const ProbeAsked *asked;

    server->connect_answer = CONNECT_DROP;
    asked = probe_connect(client, ADDRESS, 443, SIM_MIN);
    rig_run(rig, 2 * SIM_S);
    ck_assert_uint_eq(asked->ends, 0);
    server->connect_answer = CONNECT_ACCEPT;
    rig_run(rig, SIM_MIN);
    ck_assert_int_eq(asked->connected, CONNECTED);
    ck_assert_int_eq(asked->ended / SIM_MS, 3090);
    server->connect_answer = CONNECT_REFUSE;
    asked = probe_connect(client, ADDRESS, 443, SIM_MIN);
    rig_run(rig, SIM_MIN);
    ck_assert_int_eq(asked->connected, CONNECT_REFUSED);
}
END_TEST

START_TEST(an_unknown_address_is_unreachable)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(36, &client, &server);
    const ProbeAsked *asked = probe_connect(client, ADDRESS + 1, 443, SIM_MIN);

    ck_assert_uint_eq(asked->ends, 0);
    rig_run(rig, SIM_MIN);
    ck_assert_uint_eq(asked->ends, 1);
    ck_assert_int_eq(asked->connected, CONNECT_UNREACHABLE);
}
END_TEST

START_TEST(a_frozen_process_still_accepts_and_a_frozen_host_does_not)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(37, &client, &server);
    Effect paused = EFFECT_NONE;
    const ProbeAsked *asked;

    paused.paused = true;
    rig_effect(rig, "probe@DC01-app1", paused, 30 * SIM_S);
    asked = probe_connect(client, ADDRESS, 443, 10 * SIM_S);
    rig_run(rig, SIM_MIN);
    ck_assert_int_eq(asked->connected, CONNECTED);
    ck_assert_int_eq(asked->ended / SIM_MS, 90);
    rig_effect(rig, "host@DC01-app1", paused, 30 * SIM_S);
    asked = probe_connect(client, ADDRESS, 443, 10 * SIM_S);
    rig_run(rig, SIM_MIN);
    ck_assert_int_eq(asked->connected, CONNECT_TIMEOUT);
}
END_TEST

START_TEST(who_stops_hears_no_more_of_his_connections)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(38, &client, &server);
    const ProbeAsked *one, *other;

    one = probe_connect(client, ADDRESS, 443, SIM_MIN);
    rig_down(rig, "link@DC01-Europe", 10 * SIM_S);
    other = probe_connect(client, ADDRESS, 443, SIM_MIN);
    rig_down(rig, "probe@web/Europe", SIM_S);
    rig_run(rig, SIM_HOUR);
    ck_assert(client->component.is_up);
    ck_assert_uint_eq(one->ends, 0);
    ck_assert_uint_eq(other->ends, 0);
}
END_TEST

START_TEST(one_connects_to_a_peer_without_an_address)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(39, &client, &server);
    const ProbeAsked *asked = probe_connect_to(server, &client->component, SIM_S);

    rig_run(rig, SIM_S);
    ck_assert_int_eq(asked->connected, CONNECTED);
    rig_down(rig, "probe@web/Europe", SIM_NEVER);
    asked = probe_connect_to(server, &client->component, SIM_S);
    rig_run(rig, SIM_MIN);
    ck_assert_int_eq(asked->connected, CONNECT_TIMEOUT);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("network_connect");
    TCase *cases = tcase_create("connect");

    tcase_add_test(cases, connecting_takes_one_round_trip);
    tcase_add_test(cases, a_live_host_refuses_at_once);
    tcase_add_test(cases, a_dark_host_is_silent_until_the_limit);
    tcase_add_test(cases, lost_syns_come_again_at_1_3_7_and_15_s);
    tcase_add_test(cases, a_lost_answer_costs_as_much_as_a_lost_syn);
    tcase_add_test(cases, a_full_backlog_looks_like_loss);
    tcase_add_test(cases, an_unknown_address_is_unreachable);
    tcase_add_test(cases, a_frozen_process_still_accepts_and_a_frozen_host_does_not);
    tcase_add_test(cases, who_stops_hears_no_more_of_his_connections);
    tcase_add_test(cases, one_connects_to_a_peer_without_an_address);
    suite_add_tcase(suite, cases);
    return suite;
}
