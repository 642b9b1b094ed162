/* test_client_request.c - a user's request by hand calculation: what a connection costs when it had
 * a head start, what is lost on the way, and whom a retry turns to. */
#include "tests/support/rig.h"
#include "tests/support/suite.h"

#include <check.h>
#include <string.h>

#define SLOW 0xC000020Bu  /* 192.0.2.11 */
#define QUICK 0xC0000215u /* 192.0.2.21 */
#define CLIENT "client@users/Europe"

extern const Kind client_kind;

/* --- a resolver that knows one answer --- */

static void two_addresses(Component *self, const Message *message)
{
    Message answer = {.op = MESSAGE_RESOLVE,
                      .code = DNS_NOERROR,
                      .count = 2,
                      .addresses = {SLOW, QUICK},
                      .time_to_live = SIM_HOUR};

    call_reply(self, &message->ticket, &answer);
}

static const Kind two_kind = {
    .name = "resolver",
    .help = "Always the same two addresses, the slow one first",
    .leaves_out = "all of a resolver",
    .size = sizeof(Component),
    .scope = KIND_PART,
    .on_message = two_addresses,
};

/* --- a region with one user and two sites --- */

typedef struct Street {
    Rig *rig;
    Probe *slow, *quick;
} Street;

static Probe *add_server(Rig *rig, const char *place, const char *address)
{
    Host *host = rig_host(rig, place, address, NULL);
    Probe *probe = rig_probe(rig, place);

    probe->answer = (Message){.op = MESSAGE_HTTP, .code = 200, .size_bytes = 1000, .version = 1};
    host_listen(host, 443, &probe->component);
    return probe;
}

/* `settings`: more members of the client's section, each with a comma before it. One user, who asks
 * once every two seconds and never writes. */
static Street street_new(uint64_t seed, const char *slow_rtt, const char *settings)
{
    Street street = {.rig = rig_new(seed, &client_kind, &two_kind, NULL)};
    static const char *const ways[][2] = {{"Europe", "DC01"}, {"DC01", "Europe"}};
    g_autofree char *json = g_strdup_printf(
        "{ \"rate\": 0.5, \"arrivals\": \"deterministic\", \"users\": 1, \"own_key\": 1, "
        "\"regions\": { \"Europe\": 1 }, \"mix\": { \"read\": 1, \"write\": 0 }%s }",
        settings);
    g_autofree char *slow =
        g_strdup_printf("{ \"rtt\": \"%s\", \"jitter\": \"none\", \"loss\": 0 }", slow_rtt);

    rig_site_of(street.rig, "Europe", SITE_REGION);
    rig_site(street.rig, "DC01");
    rig_site(street.rig, "DC02");
    street.slow = add_server(street.rig, "DC01-app1", "192.0.2.11");
    street.quick = add_server(street.rig, "DC02-app1", "192.0.2.21");
    rig_add(street.rig, "resolver", "Europe", NULL);
    rig_add(street.rig, "client", "users/Europe", json);
    for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
        rig_link(street.rig, ways[i][0], ways[i][1], slow);
    }
    rig_link_all(street.rig, "20ms");
    rig_start(street.rig);
    return street;
}

static void street_free(Street *street)
{
    rig_free(street->rig);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Street, street_free)

/* Latencies of all requests that went well. */
static double mean_latency_ms(const Street *street)
{
    History *history = world_history(street->rig->world);
    g_autoptr(Histogram) all = histogram_new();

    for (guint i = 0; i < history_count_cells(history); i++) {
        histogram_merge(all, history_cell(history, i)->latency);
    }
    return histogram_mean(all) / 1e6;
}

/* --- latency --- */

/* TCP, TLS 1.3 and the question: three round trips of 300 ms and the access network. The second
 * address, tried after 250 ms, has no time to win: its SYN is still under way for as long. */
START_TEST(a_winner_with_a_head_start_shakes_hands_over_its_whole_round_trip)
{
    g_auto(Street) street = street_new(1, "300ms", ", \"fallback\": \"fast\"");
    Effect far = EFFECT_NONE;

    far.delay_added = 200 * SIM_MS; /* the quick site is slow as well */
    rig_effect(street.rig, "probe@DC02-app1", far, SIM_NEVER);
    rig_effect(street.rig, "host@DC02-app1", far, SIM_NEVER);
    rig_run(street.rig, 3900 * SIM_MS);
    ck_assert_uint_eq(probe_count_heard(street.slow), 1);
    ck_assert_uint_eq(rig_counter(street.rig, CLIENT, "connects"), 2);
    ck_assert_double_ge(mean_latency_ms(&street), 900.0);
    ck_assert_double_le(mean_latency_ms(&street), 950.0);
}
END_TEST

/* A new connection takes three round trips, a kept one takes one. */
START_TEST(a_kept_connection_costs_one_round_trip)
{
    g_auto(Street) street = street_new(2, "100ms", "");

    rig_run(street.rig, 2500 * SIM_MS);
    ck_assert_double_ge(mean_latency_ms(&street), 300.0);
    ck_assert_double_le(mean_latency_ms(&street), 325.0);
    rig_run(street.rig, 2 * SIM_S);
    ck_assert_uint_eq(probe_count_heard(street.slow), 2);
    ck_assert_uint_eq(rig_counter(street.rig, CLIENT, "connects"), 1);
    ck_assert_double_ge(mean_latency_ms(&street), 200.0);
    ck_assert_double_le(mean_latency_ms(&street), 220.0);
}
END_TEST

/* --- what is lost --- */

START_TEST(questions_and_answers_cross_the_access_network_with_its_loss)
{
    g_auto(Street) street = street_new(3, "100ms", ", \"access\": { \"3g\": 1 }");
    const ProbeHeard *heard;

    rig_run(street.rig, 3900 * SIM_MS);
    heard = probe_heard(street.slow, 0);
    ck_assert_ptr_nonnull(heard);
    ck_assert_double_eq_tol(heard->message.access_loss, 0.01, 1e-6);
    ck_assert_double_eq_tol((double)heard->message.ticket.access_loss, 0.01, 1e-6);
}
END_TEST

/* --- whose data --- */

/* Ten users in two regions, and half a minute of requests. */
START_TEST(users_of_different_regions_have_different_data)
{
    g_autoptr(Rig) rig = rig_new(5, &client_kind, &two_kind, NULL);
    static const char *const regions[] = {"Europe", "Asia"};
    uint32_t owners[10] = {0};
    Probe *server;

    rig_site(rig, "DC01");
    server = add_server(rig, "DC01-app1", "192.0.2.11");
    for (guint i = 0; i < 2; i++) {
        g_autofree char *place = g_strdup_printf("users/%s", regions[i]);

        rig_site_of(rig, regions[i], SITE_REGION);
        rig_add(rig, "resolver", regions[i], NULL);
        rig_add(rig, "client", place,
                "{ \"rate\": 20, \"users\": 10, \"own_key\": 1, "
                "\"regions\": { \"Europe\": 3, \"Asia\": 2 } }");
    }
    rig_link_all(rig, "20ms");
    rig_start(rig);
    rig_run(rig, 30 * SIM_S);
    for (guint i = 0; i < probe_count_heard(server); i++) {
        const ProbeHeard *heard = probe_heard(server, i);

        ck_assert_uint_lt(heard->message.key, 10);
        owners[heard->message.key] |=
            strcmp(heard->message.from->site->name, "Europe") == 0 ? 1U : 2U;
    }
    for (guint i = 0; i < 10; i++) {
        ck_assert_uint_eq(owners[i], i < 6 ? 1U : 2U);
    }
}
END_TEST

/* --- whom a retry turns to --- */

/* The address that the kept connection leads to is left alone, not the one of another request. */
START_TEST(an_error_on_a_kept_connection_sends_the_retry_elsewhere)
{
    g_auto(Street) street = street_new(4, "20ms", ", \"backoff\": \"1ms\"");

    rig_run(street.rig, 3 * SIM_S);
    ck_assert_uint_eq(probe_count_heard(street.slow), 1);
    street.slow->answer.code = 503;
    rig_run(street.rig, 2 * SIM_S);
    ck_assert_uint_eq(probe_count_heard(street.slow), 2);
    ck_assert_uint_eq(probe_count_heard(street.quick), 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("client_request");
    TCase *all = tcase_create("all");

    tcase_add_test(all, a_winner_with_a_head_start_shakes_hands_over_its_whole_round_trip);
    tcase_add_test(all, a_kept_connection_costs_one_round_trip);
    tcase_add_test(all, questions_and_answers_cross_the_access_network_with_its_loss);
    tcase_add_test(all, users_of_different_regions_have_different_data);
    tcase_add_test(all, an_error_on_a_kept_connection_sends_the_retry_elsewhere);
    suite_add_tcase(suite, all);
    return suite;
}
