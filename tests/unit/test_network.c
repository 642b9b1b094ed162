/* test_network.c - when messages arrive, and when they do not. */
#include <math.h>

#include "sim/world/inside.h"
#include "sim/world/link_pass.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

static const Message notice = {.op = MESSAGE_NOTICE, .key = 1};

/* A probe on a host in DC01 that listens on 443, and one without a host in a region. */
static Rig *pair_new(uint64_t seed, const char *link, Probe **client, Probe **server)
{
    Rig *rig = rig_new(seed, NULL);

    rig_site(rig, "DC01");
    rig_site_of(rig, "Europe", SITE_REGION);
    rig_host(rig, "DC01-app1", "192.0.2.11", "{ \"steal\": \"none\" }");
    *server = rig_probe(rig, "DC01-app1");
    *client = rig_probe(rig, "web/Europe");
    if (link != NULL) {
        rig_link(rig, "Europe", "DC01", link);
        rig_link(rig, "DC01", "Europe", link);
    }
    rig_link_all(rig, "90ms");
    rig_start(rig);
    host_listen((*server)->component.host, 443, &(*server)->component);
    return rig;
}

static Effect effect_loss(double loss_ratio)
{
    Effect effect = EFFECT_NONE;

    effect.loss_ratio = loss_ratio;
    return effect;
}

/* --- delay --------------------------------------------------------------------------------------
 */

START_TEST(a_message_takes_half_a_round_trip_and_its_time_on_the_line)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(1, NULL, &client, &server);
    Message message = notice;

    message.size_bytes = 1184; /* and 66 of headers: 10 us at 1 Gbit/s */
    probe_send(client, &server->component, &message);
    rig_run(rig, SIM_S);
    ck_assert_uint_eq(probe_count_heard(server), 1);
    ck_assert_int_eq(probe_heard(server, 0)->time, 45 * SIM_MS + 10 * SIM_US);
    ck_assert_ptr_eq(probe_heard(server, 0)->message.from, &client->component);
    ck_assert_uint_eq(engine_count_run(rig->engine), 1);
}
END_TEST

START_TEST(asymmetry_makes_one_direction_longer)
{
    Rig *made = rig_new(2, NULL);
    g_autoptr(Rig) rig = made;
    Site *one = rig_site(rig, "DC01"), *other = rig_site(rig, "DC02");

    rig_link(rig, "DC01", "DC02", "{ \"rtt\": \"100ms\", \"asymmetry\": 0.1 }");
    rig_link(rig, "DC02", "DC01", "{ \"rtt\": \"100ms\", \"asymmetry\": -0.1 }");
    ck_assert_int_eq(network_base_delay(rig->world, one, other), 55 * SIM_MS);
    ck_assert_int_eq(network_base_delay(rig->world, other, one), 45 * SIM_MS);
    ck_assert_int_eq(network_base_delay(rig->world, one, one), 150 * SIM_US);
}
END_TEST

START_TEST(a_slow_line_sends_one_after_the_other_and_then_loses)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(
        3, "{ \"rtt\": \"90ms\", \"jitter\": \"none\", \"loss\": 0, \"rate\": \"8Mbit/s\" }",
        &client, &server);
    Message message = notice;

    message.transport = TRANSPORT_UDP;
    message.size_bytes = 10000 - 66; /* 10 ms each */
    for (int i = 0; i < 20; i++) {
        probe_send(client, &server->component, &message);
    }
    rig_run(rig, SIM_S);
    /* Room for what waits at most 50 ms: the sixth waits exactly that long. */
    ck_assert_uint_eq(probe_count_heard(server), 6);
    for (guint i = 0; i < 6; i++) {
        ck_assert_int_eq(probe_heard(server, i)->time, (55 + 10 * (SimTime)i) * SIM_MS);
    }
    ck_assert_uint_eq(rig_counter(rig, "link@Europe-DC01", "lost"), 14);
}
END_TEST

START_TEST(two_on_one_host_do_not_use_the_network)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(4, NULL, &client, &server);
    SimTime arrival = network_arrival(&server->component, &server->component, 100);

    rig_down(rig, "link@DC01-DC01", SIM_NEVER);
    ck_assert_int_eq(arrival, network_arrival(&server->component, &server->component, 100));
    ck_assert_int_lt(arrival, 100 * SIM_US);
    ck_assert_uint_eq(rig_counter(rig, "link@DC01-DC01", "messages"), 0);
}
END_TEST

START_TEST(the_access_network_is_added)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(5, NULL, &client, &server);
    Message message = notice;

    message.access_delay = 21 * SIM_MS;
    probe_send(client, &server->component, &message);
    rig_run(rig, SIM_S);
    ck_assert_int_ge(probe_heard(server, 0)->time, 66 * SIM_MS);
    ck_assert_int_lt(probe_heard(server, 0)->time, 67 * SIM_MS);
}
END_TEST

START_TEST(faults_on_link_and_ends_add_their_delay)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(6, NULL, &client, &server);
    Effect late = EFFECT_NONE;

    late.delay_added = 100 * SIM_MS;
    rig_effect(rig, "link@Europe-DC01", late, SIM_NEVER);
    rig_effect(rig, "host@DC01-app1", late, SIM_NEVER);
    rig_effect(rig, "probe@web/Europe", late, SIM_NEVER);
    probe_send(client, &server->component, &notice);
    rig_run(rig, SIM_S);
    ck_assert_int_eq(probe_heard(server, 0)->time / SIM_MS, 345);
}
END_TEST

/* --- jitter -------------------------------------------------------------------------------------
 */

/* Median 0.15 ms, sigma 0.9: mean exp(mu + sigma^2 / 2), 99th centile exp(mu + 2.326 sigma). */
START_TEST(calm_jitter_is_the_lognormal_of_the_reference)
{
    JitterTable *table = jitter_table_new();
    g_autoptr(Histogram) histogram = histogram_new();
    Rng rng;

    rng_init(&rng, 7, "test/jitter");
    for (int i = 0; i < 400000; i++) {
        histogram_add(histogram, link_draw_jitter(table, PATH_CALM, &rng));
    }
    jitter_table_free(table);
    ck_assert_double_eq_tol(histogram_mean(histogram) / (0.15e6 * exp(0.405)), 1, 0.01);
    ck_assert_double_eq_tol((double)histogram_quantile(histogram, 0.5) / 0.15e6, 1, 0.01);
    ck_assert_double_eq_tol(
        (double)histogram_quantile(histogram, 0.99) / (0.15e6 * exp(0.9 * 2.3263479)), 1, 0.02);
    ck_assert_double_eq_tol(
        (double)histogram_quantile(histogram, 0.999) / (0.15e6 * exp(0.9 * 3.0902323)), 1, 0.05);
}
END_TEST

/* Over 40 links and 20 days: 93.2 % calm, 6.5 % busy, 0.3 % bad (network 7). */
START_TEST(paths_are_busy_and_bad_as_often_as_the_reference_says)
{
    g_autoptr(Rig) rig = rig_new(8, NULL);
    JitterTable *table = jitter_table_new();
    double seen[PATH_STATES] = {0}, all = 0;
    g_autoptr(GPtrArray) links = g_ptr_array_new();

    for (int i = 0; i < 40; i++) {
        g_autofree char *name = g_strdup_printf("DC%02d", i);

        rig_site(rig, name);
        if (i > 0) {
            g_ptr_array_add(links, rig_link(rig, "DC00", name, "{ \"rtt\": \"50ms\" }"));
            rig_link(rig, name, "DC00", "{ \"rtt\": \"50ms\" }");
        }
    }
    rig_start(rig);
    for (SimTime time = 0; time < 20 * SIM_DAY; time += SIM_MIN) {
        for (guint i = 0; i < links->len; i++) {
            Link *link = g_ptr_array_index(links, i);

            link_cross(link, table, 100, time, 0, FLOW_OWN);
            seen[link->state]++;
            all++;
        }
    }
    jitter_table_free(table);
    ck_assert_double_eq_tol(seen[PATH_CALM] / all, 0.932, 0.01);
    ck_assert_double_eq_tol(seen[PATH_BUSY] / all, 0.065, 0.01);
    ck_assert_double_eq_tol(seen[PATH_BAD] / all, 0.003, 0.001);
}
END_TEST

/* --- loss ---------------------------------------------------------------------------------------
 */

/* The share is what the link says, and two losses in three have a lost neighbour behind them. */
START_TEST(losses_come_in_bursts_and_keep_their_share)
{
    g_autoptr(Rig) rig = rig_new(9, NULL);
    Component *component;
    Link *link;
    int lost = 0, runs = 0, count = 2000000;
    bool was_lost = false;

    rig_site(rig, "DC01");
    rig_site(rig, "DC02");
    component = rig_link(rig, "DC01", "DC02",
                         "{ \"rtt\": \"90ms\", \"jitter\": \"none\", \"loss\": \"1%\" }");
    rig_link(rig, "DC02", "DC01", "{ \"rtt\": \"90ms\" }");
    rig_start(rig);
    link = (Link *)component;
    for (int i = 0; i < count; i++) {
        bool is_lost = link_cross(link, NULL, 100, i * SIM_MS, 0, FLOW_OWN) == SIM_NEVER;

        lost += is_lost ? 1 : 0;
        runs += is_lost && !was_lost ? 1 : 0;
        was_lost = is_lost;
    }
    ck_assert_double_eq_tol(lost / (double)count, 0.01, 0.0005);
    ck_assert_double_eq_tol(lost / (double)runs, 3, 0.15);
}
END_TEST

START_TEST(a_lost_datagram_is_lost)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(10, NULL, &client, &server);
    Message message = notice;

    message.transport = TRANSPORT_UDP;
    rig_effect(rig, "link@Europe-DC01", effect_loss(0.3), SIM_NEVER);
    for (int i = 0; i < 10000; i++) {
        probe_send(client, &server->component, &message);
    }
    rig_run(rig, SIM_HOUR);
    ck_assert_double_eq_tol(probe_count_heard(server) / 10000.0, 0.7, 0.015);
}
END_TEST

/* RTT 90 ms: sent again after 290 ms, after 290 ms more, after 580 ms more and so on: lost k times
 * it is late by 290 ms x 2^(k - 1). */
START_TEST(a_lost_segment_comes_after_doubling_timeouts)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(11, NULL, &client, &server);
    guint late[4] = {0};

    rig_effect(rig, "link@Europe-DC01", effect_loss(0.5), SIM_NEVER);
    for (int i = 0; i < 10000; i++) {
        probe_send(client, &server->component, &notice);
    }
    rig_run(rig, SIM_HOUR);
    ck_assert_uint_ge(probe_count_heard(server), 9998);
    for (guint i = 0; i < probe_count_heard(server); i++) {
        SimSpan waited = (probe_heard(server, i)->time - 45 * SIM_MS) / (290 * SIM_MS);

        /* 10,000 messages of 66 bytes take 5 ms on the line, far below one timeout; after ten
         * losses the wait doubles no more. */
        ck_assert(waited > 512 || (waited & (waited - 1)) == 0);
        for (guint tries = 0; tries < G_N_ELEMENTS(late); tries++) {
            late[tries] += waited == (1 << tries) / 2 ? 1 : 0;
        }
    }
    for (guint tries = 0; tries < G_N_ELEMENTS(late); tries++) {
        ck_assert_double_eq_tol(late[tries] / 10000.0, pow(0.5, tries + 1), 0.02);
    }
}
END_TEST

/* RTT 400 ms: sent again after 600 ms. */
START_TEST(the_timeout_is_the_round_trip_and_200_ms)
{
    Probe *client, *server;
    g_autoptr(Rig) rig =
        pair_new(12, "{ \"rtt\": \"400ms\", \"jitter\": \"none\", \"loss\": 0 }", &client, &server);

    rig_down(rig, "link@Europe-DC01", 100 * SIM_MS);
    probe_send(client, &server->component, &notice);
    rig_run(rig, SIM_S);
    ck_assert_int_ge(probe_heard(server, 0)->time, 800 * SIM_MS);
    ck_assert_int_lt(probe_heard(server, 0)->time, 801 * SIM_MS);
}
END_TEST

/* The round trip that a kernel has measured has a fault's delay in it, both ways: 90 + 100 ms. */
START_TEST(a_slower_way_makes_the_timeout_longer)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(21, NULL, &client, &server);
    Effect slow = EFFECT_NONE;

    slow.delay_added = 100 * SIM_MS;
    rig_effect(rig, "link@DC01-Europe", slow, SIM_NEVER);
    rig_down(rig, "link@Europe-DC01", 100 * SIM_MS);
    probe_send(client, &server->component, &notice);
    rig_run(rig, SIM_S);
    ck_assert_int_eq(probe_heard(server, 0)->time / SIM_MS, 390 + 45);
}
END_TEST

START_TEST(what_a_partition_holds_up_comes_after_it)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(13, NULL, &client, &server);

    rig_down(rig, "link@Europe-DC01", 5 * SIM_S);
    probe_send(client, &server->component, &notice);
    rig_run(rig, SIM_MIN);
    /* Tried at 0, 0.29, 0.58, 1.16, 2.32, 4.64 and 9.28 s. */
    ck_assert_uint_eq(probe_count_heard(server), 1);
    ck_assert_int_eq(probe_heard(server, 0)->time / SIM_MS, 9280 + 45);
    ck_assert_uint_eq(rig_counter(rig, "link@Europe-DC01", "cut"), 6);
}
END_TEST

START_TEST(patience_ends_the_retransmissions)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(14, NULL, &client, &server);
    Message message = notice;

    message.patience = 2 * SIM_S;
    rig_down(rig, "link@Europe-DC01", 5 * SIM_S);
    probe_send(client, &server->component, &message);
    rig_run(rig, SIM_MIN);
    ck_assert_uint_eq(probe_count_heard(server), 0);
    ck_assert_uint_eq(engine_count_pending(rig->engine), 0);
}
END_TEST

START_TEST(a_cut_in_one_direction_leaves_the_other)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(15, NULL, &client, &server);

    rig_down(rig, "link@Europe-DC01", SIM_NEVER);
    probe_send(server, &client->component, &notice);
    probe_send(client, &server->component, &notice);
    rig_run(rig, SIM_S);
    ck_assert_uint_eq(probe_count_heard(client), 1);
    ck_assert_uint_eq(probe_count_heard(server), 0);
}
END_TEST

START_TEST(nothing_is_retransmitted_into_another_life)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(16, NULL, &client, &server);

    rig_down(rig, "link@Europe-DC01", 5 * SIM_S);
    probe_send(client, &server->component, &notice);
    rig_down(rig, "probe@DC01-app1", SIM_S);
    rig_run(rig, SIM_MIN);
    ck_assert(server->component.is_up);
    ck_assert_uint_eq(probe_count_heard(server), 0);
}
END_TEST

START_TEST(who_died_retransmits_nothing)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(17, NULL, &client, &server);

    rig_down(rig, "link@Europe-DC01", 5 * SIM_S);
    probe_send(client, &server->component, &notice);
    rig_down(rig, "probe@web/Europe", SIM_S);
    rig_run(rig, SIM_MIN);
    ck_assert_uint_eq(probe_count_heard(server), 0);
}
END_TEST

START_TEST(a_message_over_an_old_connection_is_not_heard)
{
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(18, NULL, &client, &server);
    Message message = notice;

    message.peer_incarnation = server->component.owner.incarnation;
    probe_send(client, &server->component, &message);
    rig_run(rig, SIM_S);
    ck_assert_uint_eq(probe_count_heard(server), 1);
    rig_down(rig, "probe@DC01-app1", SIM_S);
    rig_run(rig, 2 * SIM_S);
    probe_send(client, &server->component, &message);
    rig_run(rig, SIM_S);
    ck_assert_uint_eq(probe_count_heard(server), 1);
}
END_TEST

/* An arrival without an event obeys the same law as one with. */
START_TEST(arrival_agrees_with_send)
{
    const char *link = "{ \"rtt\": \"90ms\", \"loss\": \"2%\" }";
    Probe *client, *server;
    g_autoptr(Rig) rig = pair_new(19, link, &client, &server);
    g_autoptr(Histogram) sent = histogram_new(), asked = histogram_new();
    Message message = notice;

    message.transport = TRANSPORT_TCP;
    message.size_bytes = 300;
    for (int i = 0; i < 20000; i++) {
        guint before = probe_count_heard(server);

        histogram_add(asked,
                      network_arrival(&client->component, &server->component, 300) - rig_now(rig));
        message.detail = (uint64_t)rig_now(rig);
        probe_send(client, &server->component, &message);
        rig_run(rig, 20 * SIM_S);
        ck_assert_uint_eq(probe_count_heard(server), before + 1);
        histogram_add(sent, probe_heard(server, before)->time -
                                (SimTime)probe_heard(server, before)->message.detail);
    }
    for (double p = 0.1; p < 0.96; p += 0.1) {
        ck_assert_double_eq_tol((double)histogram_quantile(sent, p),
                                (double)histogram_quantile(asked, p), 0.2e6);
    }
    ck_assert_double_eq_tol((double)histogram_count_above(sent, 200 * SIM_MS) / 20000,
                            (double)histogram_count_above(asked, 200 * SIM_MS) / 20000, 0.006);
    rig_down(rig, "link@Europe-DC01", SIM_NEVER);
    ck_assert_int_eq(network_arrival(&client->component, &server->component, 300), SIM_NEVER);
}
END_TEST

START_TEST(a_component_without_a_site_is_near_everybody)
{
    g_autoptr(Rig) rig = rig_new(20, NULL);
    Probe *anycast, *near;

    rig_site_of(rig, "Europe", SITE_REGION);
    anycast = rig_probe(rig, "route53");
    near = rig_probe(rig, "resolver/Europe");
    rig_start(rig);
    probe_send(near, &anycast->component, &notice);
    rig_run(rig, SIM_S);
    ck_assert_int_eq(probe_heard(anycast, 0)->time, 150 * SIM_US);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("network");
    TCase *cases = tcase_create("messages");

    tcase_add_test(cases, a_message_takes_half_a_round_trip_and_its_time_on_the_line);
    tcase_add_test(cases, asymmetry_makes_one_direction_longer);
    tcase_add_test(cases, a_slow_line_sends_one_after_the_other_and_then_loses);
    tcase_add_test(cases, two_on_one_host_do_not_use_the_network);
    tcase_add_test(cases, the_access_network_is_added);
    tcase_add_test(cases, faults_on_link_and_ends_add_their_delay);
    tcase_add_test(cases, calm_jitter_is_the_lognormal_of_the_reference);
    tcase_add_test(cases, paths_are_busy_and_bad_as_often_as_the_reference_says);
    tcase_add_test(cases, losses_come_in_bursts_and_keep_their_share);
    tcase_add_test(cases, a_lost_datagram_is_lost);
    tcase_add_test(cases, a_lost_segment_comes_after_doubling_timeouts);
    tcase_add_test(cases, the_timeout_is_the_round_trip_and_200_ms);
    tcase_add_test(cases, a_slower_way_makes_the_timeout_longer);
    tcase_add_test(cases, what_a_partition_holds_up_comes_after_it);
    tcase_add_test(cases, patience_ends_the_retransmissions);
    tcase_add_test(cases, a_cut_in_one_direction_leaves_the_other);
    tcase_add_test(cases, nothing_is_retransmitted_into_another_life);
    tcase_add_test(cases, who_died_retransmits_nothing);
    tcase_add_test(cases, a_message_over_an_old_connection_is_not_heard);
    tcase_add_test(cases, arrival_agrees_with_send);
    tcase_add_test(cases, a_component_without_a_site_is_near_everybody);
    suite_add_tcase(suite, cases);
    return suite;
}
