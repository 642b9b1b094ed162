/* test_link_faults.c - faults of links and network cards as their rows put them on: seen by who is
 * hit, not beside, and nothing after. */
#include <math.h>
#include <string.h>

#include "sim/base/histogram.h"
#include "sim/scenario/fault.h"
#include "sim/world/inside.h"
#include "sim/world/link_pass.h"
#include "tests/support/fault_put.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

#define THERE "link@Europe-DC01"
#define BACK "link@DC01-Europe"
#define ADDRESS 0xc000020b /* 192.0.2.11 */

/* 1,250 bytes on the line with their headers. */
static const Message datagram = {
    .op = MESSAGE_NOTICE, .transport = TRANSPORT_UDP, .size_bytes = 1184};

typedef struct Pair {
    Rig *rig;
    Probe *client, *server, *neighbour; /* neighbour: on another host of the server's site */
} Pair;

/* Round trip of 90 ms, no loss, no jitter, 1 Gbit/s: 45.01 ms for a datagram. */
static Pair pair_new(uint64_t seed)
{
    Pair pair = {.rig = rig_new(seed, NULL)};

    rig_site(pair.rig, "DC01");
    rig_site_of(pair.rig, "Europe", SITE_REGION);
    rig_host(pair.rig, "DC01-app1", "192.0.2.11", "{ \"steal\": \"none\" }");
    rig_host(pair.rig, "DC01-app2", "192.0.2.12", "{ \"steal\": \"none\" }");
    pair.server = rig_probe(pair.rig, "DC01-app1");
    pair.neighbour = rig_probe(pair.rig, "DC01-app2");
    pair.client = rig_probe(pair.rig, "web/Europe");
    rig_link_all(pair.rig, "90ms");
    rig_start(pair.rig);
    host_listen(pair.server->component.host, 443, &pair.server->component);
    return pair;
}

static void pair_free(Pair *pair)
{
    rig_free(pair->rig);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_free)

static void send_many(const Pair *pair, int count)
{
    for (int i = 0; i < count; i++) {
        probe_send(pair->client, &pair->server->component, &datagram);
    }
}

/* Milliseconds from the sending at `sent` to the arrival of what was heard as number `index`. */
static int64_t took_ms(const Probe *probe, guint index, SimTime sent)
{
    return (probe_heard(probe, index)->time - sent) / SIM_MS;
}

/* --- link.rate ---------------------------------------------------------------------------------
 */

/* 125 kB/s: 10 ms a datagram. Of ten at once five wait for no more than 5,000 bytes. */
START_TEST(a_narrow_link_sends_one_after_the_other_and_drops_the_tail)
{
    g_auto(Pair) pair = pair_new(1);

    ck_assert(fault_put(pair.rig, THERE, "link.rate",
                        "{ \"rate\": \"1Mbit/s\", \"queue_bytes\": \"5000B\" }", 10 * SIM_S));
    send_many(&pair, 10);
    probe_send(pair.server, &pair.client->component, &datagram);
    rig_run(pair.rig, SIM_S);
    ck_assert_uint_eq(probe_count_heard(pair.server), 5);
    for (guint i = 0; i < 5; i++) {
        ck_assert_int_eq(took_ms(pair.server, i, 0), 55 + 10 * i);
    }
    ck_assert_uint_eq(rig_counter(pair.rig, THERE, "lost"), 5);
    ck_assert_int_eq(took_ms(pair.client, 0, 0), 45); /* the way back is as before */
    rig_run(pair.rig, 10 * SIM_S);
    send_many(&pair, 10);
    rig_run(pair.rig, SIM_S);
    ck_assert_uint_eq(probe_count_heard(pair.server), 15);
    ck_assert_int_eq(took_ms(pair.server, 14, 11 * SIM_S), 45);
}
END_TEST

/* 3,750 bytes pass at once, and again after the bucket has filled for 20 ms: 2,500 of them. */
START_TEST(a_burst_passes_at_the_lines_own_rate)
{
    g_auto(Pair) pair = pair_new(2);

    fault_put(pair.rig, THERE, "link.rate", "{ \"rate\": \"1Mbit/s\", \"burst\": \"3750B\" }",
              SIM_NEVER);
    rig_run(pair.rig, SIM_S);
    send_many(&pair, 4);
    rig_run(pair.rig, 30 * SIM_MS);
    send_many(&pair, 3);
    rig_run(pair.rig, SIM_S);
    ck_assert_uint_eq(probe_count_heard(pair.server), 7);
    for (guint i = 0; i < 4; i++) {
        ck_assert_int_eq(took_ms(pair.server, i, SIM_S), i < 3 ? 45 : 55);
    }
    for (guint i = 4; i < 7; i++) {
        ck_assert_int_eq(took_ms(pair.server, i, SIM_S + 30 * SIM_MS), i < 6 ? 45 : 55);
    }
}
END_TEST

/* An arrival without an event waits in the same queue, and finds a place in it by and by. */
START_TEST(what_only_counts_waits_for_the_narrow_link_too)
{
    g_auto(Pair) pair = pair_new(3);
    SimTime arrival = 0;

    fault_put(pair.rig, THERE, "link.rate",
              "{ \"rate\": \"1Mbit/s\", \"queue_bytes\": \"20000B\" }", SIM_NEVER);
    for (int i = 0; i < 17; i++) {
        arrival = network_arrival(&pair.client->component, &pair.server->component, 1184);
        ck_assert_int_eq(arrival / SIM_MS, 55 + 10 * i);
    }
    /* The queue is full: sent again after 290 ms, when 170 ms of work are done. */
    arrival = network_arrival(&pair.client->component, &pair.server->component, 1184);
    ck_assert_int_eq(arrival / SIM_MS, 290 + 55);
}
END_TEST

/* --- link.clog ---------------------------------------------------------------------------------
 */

START_TEST(a_clogged_link_holds_all_and_releases_it_at_once)
{
    g_auto(Pair) pair = pair_new(4);
    const ProbeAsked *asked;

    ck_assert(fault_put(pair.rig, THERE, "link.clog", "{}", 3 * SIM_S));
    send_many(&pair, 10);
    asked = probe_connect(pair.client, ADDRESS, 443, 10 * SIM_S);
    probe_send(pair.server, &pair.client->component, &datagram);
    ck_assert_int_eq(network_arrival(&pair.client->component, &pair.server->component, 1184) /
                         SIM_MS,
                     3000 + 45);
    rig_run(pair.rig, 3 * SIM_S);
    ck_assert_uint_eq(probe_count_heard(pair.server), 0);
    ck_assert_int_eq(took_ms(pair.client, 0, 0), 45);
    send_many(&pair, 1);
    rig_run(pair.rig, SIM_S);
    ck_assert_uint_eq(probe_count_heard(pair.server), 11);
    for (guint i = 0; i < 11; i++) {
        ck_assert_int_eq(took_ms(pair.server, i, 0), 3000 + 45);
    }
    ck_assert_int_eq(asked->connected, CONNECTED);
    ck_assert_int_eq(asked->ended / SIM_MS, 3000 + 90);
}
END_TEST

/* 12.5 kB/s: one each 100 ms. */
START_TEST(a_paced_release_comes_one_by_one)
{
    g_auto(Pair) pair = pair_new(5);

    fault_put(pair.rig, THERE, "link.clog", "{ \"release\": \"paced\", \"pace\": \"100kbit/s\" }",
              3 * SIM_S);
    send_many(&pair, 10);
    rig_run(pair.rig, 10 * SIM_S);
    ck_assert_uint_eq(probe_count_heard(pair.server), 10);
    for (guint i = 0; i < 10; i++) {
        ck_assert_int_eq(took_ms(pair.server, i, 0), 3000 + 45 + 100 * (i + 1));
    }
}
END_TEST

/* --- link.loss ---------------------------------------------------------------------------------
 */

typedef struct Losses {
    int lost, runs;
} Losses;

/* Packets 1 ms apart of `flow`. */
static Losses count_losses(const Pair *pair, int count, uint64_t flow)
{
    Link *link = (Link *)rig_find(pair->rig, THERE);
    Losses losses = {0, 0};
    bool was_lost = false;

    for (int i = 0; i < count; i++) {
        bool is_lost = link_cross(link, NULL, 100, i * SIM_MS, 0, flow) == SIM_NEVER;

        losses.lost += is_lost ? 1 : 0;
        losses.runs += is_lost && !was_lost ? 1 : 0;
        was_lost = is_lost;
    }
    return losses;
}

/* Share 10 %; after a loss 0.1 + 0.5 x 0.9 = 55 %, so bursts of 1 / 0.45 = 2.22. */
START_TEST(correlated_losses_come_in_bursts_and_keep_their_share)
{
    g_auto(Pair) pair = pair_new(6);
    Losses losses;

    ck_assert(fault_put(pair.rig, THERE, "link.loss",
                        "{ \"probability\": 0.1, \"correlation\": 0.5 }", SIM_S));
    losses = count_losses(&pair, 400000, FLOW_OWN);
    ck_assert_double_eq_tol(losses.lost / 400000.0, 0.1, 0.004);
    ck_assert_double_eq_tol(losses.lost / (double)losses.runs, 1 / 0.45, 0.05);
    rig_run(pair.rig, 2 * SIM_S);
    ((Link *)rig_find(pair.rig, THERE))->free_at = 0; /* packets of 400 s were counted ahead */
    ck_assert_int_eq(count_losses(&pair, 1000, FLOW_OWN).lost, 0);
}
END_TEST

/* Bad for 1 s of 11 s, 2,000 s in all: 182 times. */
START_TEST(bad_times_lose_packets_and_good_ones_do_not)
{
    g_auto(Pair) pair = pair_new(7);
    Losses losses;

    ck_assert(fault_put(pair.rig, THERE, "link.loss",
                        "{ \"probability\": 1, \"good\": \"10s\", \"bad\": \"1s\" }", SIM_NEVER));
    losses = count_losses(&pair, 2000000, FLOW_OWN);
    ck_assert_double_eq_tol(losses.lost / 2e6, 1 / 11.0, 0.02);
    ck_assert_double_eq_tol(losses.runs, 182, 4 * sqrt(182));
}
END_TEST

/* Each connection is hit as long as the fault lasts, or never. */
START_TEST(a_bad_path_of_a_bundle_hits_the_same_connections_all_the_time)
{
    g_auto(Pair) pair = pair_new(8);
    int hit = 0;

    fault_put(pair.rig, THERE, "link.loss", "{ \"probability\": 1, \"flow_share\": 0.4 }",
              SIM_NEVER);
    for (uint64_t flow = 1; flow <= 2000; flow++) {
        int lost = count_losses(&pair, 5, flow).lost;

        ck_assert(lost == 0 || lost == 5);
        hit += lost / 5;
    }
    ck_assert_double_eq_tol(hit / 2000.0, 0.4, 4 * sqrt(0.4 * 0.6 / 2000));
}
END_TEST

/* Who opens a connection knows neither: a share of the connects fails for good, and those that are
 * open carry all that is asked. */
START_TEST(a_connection_that_opens_works_on_a_bundle_with_a_bad_path)
{
    g_auto(Pair) pair = pair_new(9);
    int opened = 0;

    pair.server->counts_connections = true;
    fault_put(pair.rig, THERE, "link.loss", "{ \"probability\": 1, \"flow_share\": 0.4 }",
              SIM_NEVER);
    for (uint32_t i = 1; i <= 400; i++) {
        Message question = {.op = MESSAGE_HTTP};
        const ProbeAsked *asked = probe_connect(pair.client, ADDRESS, 443, 10 * SIM_S);

        rig_run(pair.rig, 11 * SIM_S);
        if (asked->connected == CONNECTED) {
            opened++;
            question.connection = asked->connection;
            asked = probe_call(pair.client, asked->peer, &question, SIM_S);
            rig_run(pair.rig, 2 * SIM_S);
            ck_assert_int_eq(asked->outcome, OUTCOME_OK);
        }
    }
    ck_assert_double_eq_tol(opened / 400.0, 0.6, 4 * sqrt(0.4 * 0.6 / 400));
}
END_TEST

START_TEST(without_sticking_the_share_is_one_of_packets)
{
    g_auto(Pair) pair = pair_new(10);

    fault_put(pair.rig, THERE, "link.loss",
              "{ \"probability\": 0.5, \"flow_share\": 0.4, \"sticky\": false }", SIM_NEVER);
    ck_assert_double_eq_tol(count_losses(&pair, 100000, 7).lost / 1e5, 0.2, 0.006);
}
END_TEST

/* --- link.delay --------------------------------------------------------------------------------
 */

typedef struct Moments {
    double mean_ms, deviation_ms, repeated;
} Moments;

/* Of what `json` adds to 200,000 packets. */
static Moments delays_of(uint64_t seed, const char *json)
{
    g_auto(Pair) pair = pair_new(seed);
    Link *link = (Link *)rig_find(pair.rig, THERE);
    double sum = 0, squares = 0, repeated = 0, before = -1;
    int count = 200000;

    ck_assert(fault_put(pair.rig, THERE, "link.delay", json, SIM_NEVER));
    link->ns_per_byte = 0;
    for (int i = 0; i < count; i++) {
        SimSpan delay = link_cross(link, NULL, 100, i * SIM_MS, 0, FLOW_OWN) - 45 * SIM_MS;
        double added_ms = (double)delay / 1e6;

        ck_assert_int_ge(delay, 0);
        sum += added_ms;
        squares += added_ms * added_ms;
        repeated += added_ms >= before && added_ms <= before ? 1 : 0;
        before = added_ms;
    }
    return (Moments){sum / count, sqrt(squares / count - sum / count * (sum / count)),
                     repeated / count};
}

START_TEST(delays_follow_the_law_that_was_asked_for)
{
    static const struct {
        const char *json;
        double mean_ms, deviation_ms, tolerance_ms;
    } rows[] = {
        {"{ \"latency\": \"50ms\", \"jitter\": \"12ms\" }", 56, 12 / 3.4641, 0.1},
        {"{ \"latency\": \"50ms\", \"jitter\": \"10ms\", \"distribution\": \"normal\" }", 50, 10,
         0.15},
        {"{ \"latency\": \"50ms\", \"jitter\": \"10ms\", \"distribution\": \"exponential\" }", 60,
         10, 0.15},
        /* Shape 3: the deviation is the mean times the root of 3. */
        {"{ \"latency\": \"50ms\", \"jitter\": \"10ms\", \"distribution\": \"pareto\" }", 60,
         17.3205, 1.7},
        /* Half of a normal law is cut off at 0: 10 / sqrt(2 pi), and what is left of 10. */
        {"{ \"latency\": \"0s\", \"jitter\": \"10ms\", \"distribution\": \"normal\" }", 3.98942,
         5.8379, 0.1},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Moments seen = delays_of(11 + i, rows[i].json);

        ck_assert_double_eq_tol(seen.mean_ms, rows[i].mean_ms, MIN(rows[i].tolerance_ms, 0.2));
        ck_assert_double_eq_tol(seen.deviation_ms, rows[i].deviation_ms, rows[i].tolerance_ms);
    }
}
END_TEST

START_TEST(correlated_delays_repeat_and_keep_their_law)
{
    Moments seen =
        delays_of(20, "{ \"latency\": \"50ms\", \"jitter\": \"12ms\", \"correlation\": 0.75 }");

    ck_assert_double_eq_tol(seen.mean_ms, 56, 0.15);
    ck_assert_double_eq_tol(seen.deviation_ms, 12 / 3.4641, 0.1);
    ck_assert_double_eq_tol(seen.repeated, 0.75, 0.006);
}
END_TEST

/* --- node.nic-down -----------------------------------------------------------------------------
 */

START_TEST(a_host_without_its_card_lives_and_reaches_nobody)
{
    g_auto(Pair) pair = pair_new(21);
    const ProbeAsked *asked;

    ck_assert(fault_put(pair.rig, "host@DC01-app1", "node.nic-down", "{}", 20 * SIM_S));
    asked = probe_connect(pair.client, ADDRESS, 443, 10 * SIM_S);
    send_many(&pair, 5);
    probe_send(pair.server, &pair.client->component, &datagram);
    probe_send(pair.neighbour, &pair.client->component, &datagram);
    probe_send(pair.server, &pair.server->component, &datagram);
    rig_run(pair.rig, 20 * SIM_S);
    ck_assert_int_eq(asked->connected, CONNECT_TIMEOUT);
    ck_assert_int_eq(asked->ended, 10 * SIM_S);
    ck_assert_uint_eq(probe_count_heard(pair.server), 1); /* over the loopback */
    ck_assert_uint_eq(probe_count_heard(pair.client), 1); /* the neighbour's */
    ck_assert_uint_eq(pair.server->stops, 0);
    send_many(&pair, 5);
    rig_run(pair.rig, SIM_S);
    ck_assert_uint_eq(probe_count_heard(pair.server), 6);
}
END_TEST

/* --- link.flap: its turns are the campaign's; see test_method.sh --------------------------------
 */

START_TEST(a_flap_is_a_cut_of_both_ways_while_it_is_on)
{
    const FaultDef *fault = fault_find("link.flap");
    g_auto(Pair) pair = pair_new(22);
    cJSON *tree = cJSON_Parse("{ \"down\": \"400ms\", \"up\": \"2s\" }");
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    void *arguments = g_malloc0(fault->size);
    Draw on, off;

    field_defaults(fault->arguments, arguments);
    ck_assert(field_read(fault->arguments, arguments, tree, diags));
    fault->flaps(arguments, &on, &off);
    ck_assert_double_eq_tol(draw_mean(on), 0.4e9, 1);
    ck_assert_double_eq_tol(draw_mean(off), 2e9, 1);
    ck_assert(rig_effect(pair.rig, THERE, fault->effect(arguments, true), 400 * SIM_MS));
    send_many(&pair, 3);
    probe_send(pair.server, &pair.client->component, &datagram);
    rig_run(pair.rig, 400 * SIM_MS);
    ck_assert_uint_eq(probe_count_heard(pair.server), 0);
    ck_assert_uint_eq(probe_count_heard(pair.client), 1); /* this link is the way there */
    send_many(&pair, 3);
    rig_run(pair.rig, SIM_S);
    ck_assert_uint_eq(probe_count_heard(pair.server), 3);
    ck_assert(fault->effect(arguments, false).down);
    field_clear(fault->arguments, arguments);
    g_free(arguments);
    cJSON_Delete(tree);
}
END_TEST

/* --- link.partition in a shape -----------------------------------------------------------------
 */

static char *five[] = {"A", "B", "C", "D", "E", NULL};

/* The pairs of `named` that are cut, like "AB BC". */
static char *cut_pairs(const char *shape, char **named)
{
    const FaultDef *fault = fault_find("link.partition");
    g_autofree char *json = g_strdup_printf("{ \"shape\": \"%s\" }", shape);
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    GString *pairs = g_string_new(NULL);
    cJSON *tree = cJSON_Parse(json);
    void *arguments = g_malloc0(fault->size);

    field_defaults(fault->arguments, arguments);
    ck_assert(field_read(fault->arguments, arguments, tree, diags));
    ck_assert_ptr_null(fault->refuse(arguments, named, false));
    for (guint i = 0; i < G_N_ELEMENTS(five) - 1; i++) {
        for (guint k = i + 1; k < G_N_ELEMENTS(five) - 1; k++) {
            bool is_cut = fault->is_pair_meant(arguments, named, five[i], five[k]);

            ck_assert(is_cut == fault->is_pair_meant(arguments, named, five[k], five[i]));
            if (is_cut) {
                g_string_append_printf(pairs, "%s%s ", five[i], five[k]);
            }
        }
    }
    field_clear(fault->arguments, arguments);
    g_free(arguments);
    cJSON_Delete(tree);
    return g_string_free(pairs, false);
}

START_TEST(shapes_cut_the_pairs_that_their_names_say)
{
    static char *four[] = {"A", "B", "C", "D", NULL}, *three[] = {"C", "A", "B", NULL},
                *two[] = {"B", "D", NULL};
    static const struct {
        const char *shape;
        char **named;
        const char *cut;
    } rows[] = {
        {"bridge", five, "BD BE CD CE "},  {"bridge", three, "AB "},
        {"ring", five, "AC AD BD BE CE "}, {"ring", four, "AC BD "},
        {"partial", two, "BD "},           {"partial", three, "AC BC "},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *cut = cut_pairs(rows[i].shape, rows[i].named);

        ck_assert_str_eq(cut, rows[i].cut);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("faults of links");
    TCase *tests = tcase_create("rows");

    tcase_add_test(tests, a_narrow_link_sends_one_after_the_other_and_drops_the_tail);
    tcase_add_test(tests, a_burst_passes_at_the_lines_own_rate);
    tcase_add_test(tests, what_only_counts_waits_for_the_narrow_link_too);
    tcase_add_test(tests, a_clogged_link_holds_all_and_releases_it_at_once);
    tcase_add_test(tests, a_paced_release_comes_one_by_one);
    tcase_add_test(tests, correlated_losses_come_in_bursts_and_keep_their_share);
    tcase_add_test(tests, bad_times_lose_packets_and_good_ones_do_not);
    tcase_add_test(tests, a_bad_path_of_a_bundle_hits_the_same_connections_all_the_time);
    tcase_add_test(tests, a_connection_that_opens_works_on_a_bundle_with_a_bad_path);
    tcase_add_test(tests, without_sticking_the_share_is_one_of_packets);
    tcase_add_test(tests, delays_follow_the_law_that_was_asked_for);
    tcase_add_test(tests, correlated_delays_repeat_and_keep_their_law);
    tcase_add_test(tests, a_host_without_its_card_lives_and_reaches_nobody);
    tcase_add_test(tests, a_flap_is_a_cut_of_both_ways_while_it_is_on);
    tcase_add_test(tests, shapes_cut_the_pairs_that_their_names_say);
    suite_add_tcase(suite, tests);
    return suite;
}
