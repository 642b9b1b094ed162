/* test_client.c - a user's request: look-up, connection, handshake, question, retries, patience;
 * and what the user remembers for the next one. */
#include "tests/support/client_bed.h"
#include "tests/support/suite.h"

#define NO_KEEP ", 'keep_alive': '1ms'"
#define NO_JITTER ", 'backoff_jitter': false"
#define SLACK (2 * SIM_MS) /* ports, LAN of the resolver */

/* The whole round trip of the one user, access network included, from a kept connection. */
static SimSpan round_trip_of(uint64_t seed)
{
    g_auto(ClientBed) bed = client_bed_new(seed, "");

    client_bed_start(&bed);
    rig_run(bed.rig, 4 * SIM_S);
    return client_bed_felt(&bed, 2, 4).latency;
}

static void ck_assert_span_near(SimSpan value, SimSpan expected)
{
    ck_assert_int_ge(value, expected - SLACK);
    ck_assert_int_le(value, expected + SLACK);
}

/* --- what a request costs -----------------------------------------------------------------------
 */

/* Network reference 1: connect 1, TLS 1.2 two or one, TLS 1.3 one, question and answer 1. */
START_TEST(a_first_request_costs_its_round_trips)
{
    static const struct {
        const char *settings;
        int round_trips;
    } rows[] = {{", 'tls': 'none'", 2},
                {", 'tls': '1.2', 'ticket_ratio': 0", 4},
                {", 'tls': '1.2', 'ticket_ratio': 1", 3},
                {", 'tls': '1.3', 'ticket_ratio': 0", 3},
                {", 'tls': '1.3', 'ticket_ratio': 1", 3}};
    g_auto(ClientBed) bed = client_bed_new(3, rows[_i].settings);
    SimSpan round_trip = round_trip_of(3);
    SimSpan look_up = round_trip - 20 * SIM_MS; /* the access network and the region's LAN */
    uint32_t flags;

    client_bed_start(&bed);
    rig_run(bed.rig, 3 * SIM_S);
    ck_assert_span_near(client_bed_felt(&bed, 1, 2).latency,
                        look_up + rows[_i].round_trips * round_trip);
    ck_assert_span_near(client_bed_felt(&bed, 2, 3).latency, round_trip);
    flags = probe_heard(bed.one, 0)->message.flags;
    ck_assert_uint_eq((flags & (HTTP_TLS_FULL | HTTP_TLS_RESUMED)) != 0, _i != 0);
    ck_assert_uint_eq(probe_heard(bed.one, 1)->message.flags, 0);
}
END_TEST

START_TEST(a_slow_access_network_delays_every_round_trip)
{
    g_auto(ClientBed) bed = client_bed_new(4, ", 'access': { 'nb-iot': 1 }, 'patience': '60s'");

    client_bed_start(&bed);
    rig_run(bed.rig, 30 * SIM_S);
    ck_assert_int_ge(client_bed_felt(&bed, 20, 21).latency, 300 * SIM_MS);
}
END_TEST

START_TEST(a_user_reads_what_he_wrote)
{
    g_auto(ClientBed) bed =
        client_bed_new(5, ", 'own_key': 1, 'keys': 1000, 'mix': { 'read': 0, 'write': 1 }");

    client_bed_start(&bed);
    rig_run(bed.rig, 4 * SIM_S);
    for (guint i = 0; i < 3; i++) {
        const Message *message = &probe_heard(bed.one, i)->message;

        ck_assert_uint_eq(message->flags & HTTP_WRITE, HTTP_WRITE);
        ck_assert_uint_eq(message->key, probe_heard(bed.one, 0)->message.key);
        ck_assert_uint_lt(message->key, 1000);
        ck_assert_uint_ne(message->detail, 0);
    }
    ck_assert_uint_eq(history_totals(world_history(bed.rig->world)).writes_acked, 3);
}
END_TEST

/* --- kept connections ---------------------------------------------------------------------------
 */

START_TEST(a_connection_is_kept_for_its_requests)
{
    g_auto(ClientBed) bed = client_bed_new(6, "");

    bed.one->answer.count = 4;
    client_bed_start(&bed);
    rig_run(bed.rig, 12500 * SIM_MS);
    ck_assert_uint_eq(client_bed_felt(&bed, 0, 13).ok, 12);
    ck_assert_uint_eq(client_bed_counter(&bed, "connects"), 3);
}
END_TEST

/* The server says 5 s, or the client's own pool does. */
START_TEST(an_idle_connection_is_closed_when_one_side_wants_it)
{
    static const char *const settings[] = {", 'timeUnit': '4s'", ", 'timeUnit': '6s'",
                                           ", 'timeUnit': '4s', 'keep_alive': '5s'",
                                           ", 'timeUnit': '6s', 'keep_alive': '5s'"};
    g_auto(ClientBed) bed = client_bed_new(7, settings[_i]);

    bed.one->answer.time_to_live = _i < 2 ? 5 * SIM_S : 0;
    client_bed_start(&bed);
    rig_run(bed.rig, 61 * SIM_S);
    ck_assert_uint_eq(client_bed_counter(&bed, "connects"), _i % 2 == 0 ? 1 : 10);
}
END_TEST

START_TEST(a_server_that_closes_is_dialled_anew)
{
    g_auto(ClientBed) bed = client_bed_new(8, "");

    bed.one->answer.flags = HTTP_CLOSE;
    client_bed_start(&bed);
    rig_run(bed.rig, 5500 * SIM_MS);
    ck_assert_uint_eq(client_bed_counter(&bed, "connects"), 5);
}
END_TEST

START_TEST(a_stale_connection_is_replaced_without_counting_as_a_retry)
{
    g_auto(ClientBed) bed = client_bed_new(9, "");

    client_bed_start(&bed);
    rig_run(bed.rig, 2500 * SIM_MS);
    rig_down(bed.rig, SERVER_ONE, 100 * SIM_MS);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(client_bed_felt(&bed, 3, 4).ok, 1);
    ck_assert_uint_eq(client_bed_felt(&bed, 3, 4).attempts, 1);
    ck_assert_uint_eq(client_bed_counter(&bed, "stale_connections"), 1);
}
END_TEST

/* httpd closes a kept connection when its backend broke: what may be done twice is asked again. */
START_TEST(a_kept_connection_that_breaks_is_replaced_when_safe)
{
    g_auto(ClientBed) bed = client_bed_new(
        10, _i == 0 ? ", 'mix': { 'read': 0, 'write': 1 }"
                    : ", 'mix': { 'read': 0, 'write': 1 }, 'idempotent_writes': false");

    client_bed_start(&bed);
    rig_run(bed.rig, 1500 * SIM_MS);
    bed.one->manner = PROBE_BREAKS;
    rig_run(bed.rig, 515 * SIM_MS); /* the question of second 2 has arrived */
    bed.one->manner = PROBE_ANSWERS;
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(client_bed_felt(&bed, 2, 3).ok, _i == 0 ? 1 : 0);
    ck_assert_str_eq(client_bed_felt(&bed, 2, 3).reason, _i == 0 ? "" : "connection-reset");
    ck_assert_uint_eq(client_bed_felt(&bed, 2, 3).attempts, 1);
}
END_TEST

/* --- look-ups -----------------------------------------------------------------------------------
 */

/* One request a second for 120 s, a time to live of 10 s. */
START_TEST(each_cache_asks_again_in_its_own_time)
{
    static const struct {
        const char *cache;
        uint64_t lookups;
    } rows[] = {{"honours", 11}, {"browser", 2}, {"browser-own", 2},
                {"jvm", 4},      {"none", 119},  {"forever", 1}};
    g_autofree char *settings = g_strdup_printf(NO_KEEP ", 'caches': { '%s': 1 }", rows[_i].cache);
    g_auto(ClientBed) bed = client_bed_new(11, settings);

    bed.resolver->time_to_live = 10500 * SIM_MS;
    client_bed_start(&bed);
    rig_run(bed.rig, 119500 * SIM_MS);
    ck_assert_uint_eq(client_bed_felt(&bed, 0, 120).ok, 119);
    ck_assert_uint_eq(client_bed_counter(&bed, "lookups"), rows[_i].lookups);
}
END_TEST

START_TEST(a_user_moves_when_the_answer_has_run_out)
{
    g_auto(ClientBed) bed = client_bed_new(12, NO_KEEP);

    bed.resolver->time_to_live = 10500 * SIM_MS;
    client_bed_start(&bed);
    rig_run(bed.rig, 5500 * SIM_MS);
    bed.resolver->addresses[0] = ADDRESS_TWO;
    bed.resolver->count = 1;
    rig_run(bed.rig, 15 * SIM_S);
    ck_assert_str_eq(client_bed_felt(&bed, 1, 12).dc, "DC01");
    ck_assert_str_eq(client_bed_felt(&bed, 12, 21).dc, "DC02");
    ck_assert_uint_eq(client_bed_felt(&bed, 12, 21).ok, 9);
    ck_assert_uint_eq(rig_noted(bed.rig, "client.rerouted"), 1);
}
END_TEST

/* Firmware that looked up at boot asks again only when a connection fails. */
START_TEST(a_user_that_never_asks_again_moves_after_a_failure)
{
    g_auto(ClientBed) bed = client_bed_new(13, NO_KEEP ", 'caches': { 'forever': 1 }");

    bed.resolver->count = 1;
    bed.resolver->time_to_live = SIM_S;
    client_bed_start(&bed);
    rig_run(bed.rig, 5500 * SIM_MS);
    bed.resolver->addresses[0] = ADDRESS_TWO;
    rig_run(bed.rig, 10 * SIM_S);
    ck_assert_str_eq(client_bed_felt(&bed, 1, 16).dc, "DC01");
    rig_down(bed.rig, SERVER_ONE, SIM_NEVER);
    rig_run(bed.rig, 10 * SIM_S);
    ck_assert_str_eq(client_bed_felt(&bed, 20, 25).dc, "DC02");
    ck_assert_uint_eq(client_bed_felt(&bed, 16, 24).failed, 0);
}
END_TEST

/* With many different answers about, everybody keeps his own: nobody moves without a new look-up.
 */
START_TEST(an_answer_is_never_changed_by_others)
{
    g_auto(ClientBed) bed = client_bed_new(14, NO_KEEP ", 'users': 200, 'rate': 50");

    bed.resolver->is_odd = true;
    client_bed_start(&bed);
    rig_run(bed.rig, 60 * SIM_S);
    ck_assert_uint_ge(bed.resolver->asked, 190);
    ck_assert_uint_le(bed.resolver->asked, 200);
    ck_assert_uint_eq(rig_noted(bed.rig, "client.rerouted"), 0);
    ck_assert_uint_ge(probe_count_heard(bed.one), 1000);
    ck_assert_uint_ge(probe_count_heard(bed.two), 1000);
}
END_TEST

START_TEST(a_failed_lookup_is_named)
{
    static const struct {
        bool is_silent;
        uint32_t code;
        const char *reason;
        uint64_t lookups;
    } rows[] = {{true, DNS_NOERROR, "dns", 2},
                {false, DNS_SERVFAIL, "dns", 2},
                {false, DNS_NXDOMAIN, "dns-nxdomain", 1},
                {false, DNS_NOERROR, "dns-nodata", 1}};
    g_auto(ClientBed) bed =
        client_bed_new(15, ", 'timeUnit': '10s', 'retries': 0, 'dns_timeout': '1s'");

    bed.resolver->is_silent = rows[_i].is_silent;
    bed.resolver->code = rows[_i].code;
    bed.resolver->count = 0;
    client_bed_start(&bed);
    rig_run(bed.rig, 19 * SIM_S);
    ck_assert_uint_eq(client_bed_felt(&bed, 0, 20).failed, 1);
    ck_assert_str_eq(client_bed_felt(&bed, 0, 20).reason, rows[_i].reason);
    ck_assert_str_eq(client_bed_felt(&bed, 0, 20).dc, "");
    ck_assert_uint_eq(client_bed_counter(&bed, "lookups"), rows[_i].lookups);
}
END_TEST

/* A JVM remembers for 10 s that there was no answer; others ask each time. */
START_TEST(a_jvm_keeps_a_denial_for_ten_seconds)
{
    g_auto(ClientBed) bed =
        client_bed_new(15, _i == 0 ? ", 'retries': 0, 'caches': { 'jvm': 1 }" : ", 'retries': 0");

    bed.resolver->code = DNS_NXDOMAIN;
    bed.resolver->count = 0;
    client_bed_start(&bed);
    rig_run(bed.rig, 29500 * SIM_MS);
    ck_assert_uint_eq(client_bed_felt(&bed, 0, 30).failed, 29);
    ck_assert_uint_eq(client_bed_counter(&bed, "lookups"), _i == 0 ? 3 : 29);
    bed.resolver->code = DNS_NOERROR;
    bed.resolver->count = 1;
    rig_run(bed.rig, 15 * SIM_S);
    ck_assert_uint_ge(client_bed_felt(&bed, 29, 45).ok, 4);
}
END_TEST

/* --- several addresses --------------------------------------------------------------------------
 */

START_TEST(a_refusal_moves_on_to_the_next_address_at_once)
{
    g_auto(ClientBed) bed = client_bed_new(16, _i == 0 ? NO_KEEP : NO_KEEP ", 'fallback': 'fast'");
    SimSpan round_trip = round_trip_of(16);

    client_bed_start(&bed);
    rig_down(bed.rig, SERVER_ONE, SIM_NEVER);
    rig_run(bed.rig, 5500 * SIM_MS);
    ck_assert_uint_eq(client_bed_felt(&bed, 0, 6).ok, 5);
    ck_assert_uint_eq(client_bed_felt(&bed, 0, 6).attempts, 5);
    ck_assert_span_near(client_bed_felt(&bed, 1, 2).latency, 4 * round_trip - 20 * SIM_MS);
    ck_assert_uint_eq(client_bed_counter(&bed, "connects_refused"), 1); /* it remembers */
}
END_TEST

START_TEST(a_failed_address_is_tried_first_again_after_a_while)
{
    g_auto(ClientBed) bed = client_bed_new(17, NO_KEEP ", 'failure_memory': '10s'");

    client_bed_start(&bed);
    rig_down(bed.rig, SERVER_ONE, SIM_NEVER);
    rig_run(bed.rig, 11500 * SIM_MS);
    ck_assert_uint_eq(client_bed_counter(&bed, "connects_refused"), 1);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(client_bed_counter(&bed, "connects_refused"), 2);
    ck_assert_uint_eq(client_bed_felt(&bed, 0, 13).failed, 0);
}
END_TEST

START_TEST(a_dark_address_costs_the_connect_timeout_in_sequence)
{
    g_auto(ClientBed) bed = client_bed_new(18, NO_KEEP ", 'connect_timeout': '2s'");
    SimSpan round_trip = round_trip_of(18);

    client_bed_start(&bed);
    rig_down(bed.rig, HOST_ONE, SIM_NEVER);
    rig_run(bed.rig, 6 * SIM_S);
    ck_assert_span_near(client_bed_felt(&bed, 1, 2).latency,
                        2 * SIM_S + 3 * round_trip - 20 * SIM_MS);
    ck_assert_int_le(client_bed_felt(&bed, 4, 6).latency, 2 * round_trip + SLACK);
    ck_assert_str_eq(client_bed_felt(&bed, 1, 2).dc, "DC02");
}
END_TEST

START_TEST(a_dark_address_costs_a_quarter_second_of_happy_eyeballs)
{
    g_auto(ClientBed) bed = client_bed_new(19, NO_KEEP ", 'fallback': 'fast'");
    SimSpan round_trip = round_trip_of(19);

    client_bed_start(&bed);
    rig_down(bed.rig, HOST_ONE, SIM_NEVER);
    rig_run(bed.rig, 3 * SIM_S);
    ck_assert_span_near(client_bed_felt(&bed, 1, 2).latency,
                        250 * SIM_MS + 3 * round_trip - 20 * SIM_MS);
    ck_assert_uint_eq(client_bed_felt(&bed, 0, 3).failed, 0);
}
END_TEST

/* The quicker one wins, and the slower one's connection is nobody's. */
START_TEST(a_slow_address_can_still_win_the_race)
{
    g_auto(ClientBed) bed =
        client_bed_new(20, NO_KEEP ", 'fallback': 'fast', 'fallback_delay': '10ms'");

    client_bed_start(&bed);
    rig_run(bed.rig, 5500 * SIM_MS);
    ck_assert_uint_eq(client_bed_counter(&bed, "connects"), 10);
    ck_assert_uint_eq(probe_count_heard(bed.one), 5);
    ck_assert_uint_eq(probe_count_heard(bed.two), 0);
}
END_TEST

START_TEST(without_fallback_an_attempt_ends_with_its_first_address)
{
    g_auto(ClientBed) bed = client_bed_new(
        21, ", 'timeUnit': '20s', 'fallback': 'none', 'retries': 0, 'connect_timeout': '2s'");

    client_bed_start(&bed);
    rig_down(bed.rig, HOST_ONE, SIM_NEVER);
    rig_run(bed.rig, 30 * SIM_S);
    ck_assert_uint_eq(client_bed_felt(&bed, 20, 21).failed, 1);
    ck_assert_str_eq(client_bed_felt(&bed, 20, 21).reason, "connect-timeout");
    ck_assert_uint_eq(client_bed_counter(&bed, "connects"), 1);
}
END_TEST

/* A bad answer says nothing of the connection: the request goes elsewhere, the next one does not.
 */
START_TEST(a_retry_after_a_503_goes_to_another_address)
{
    g_auto(ClientBed) bed = client_bed_new(22, NO_KEEP ", 'backoff': '1ms'");

    bed.one->answer.code = 503;
    client_bed_start(&bed);
    rig_run(bed.rig, 5500 * SIM_MS);
    ck_assert_uint_eq(client_bed_felt(&bed, 0, 6).ok, 5);
    ck_assert_uint_eq(client_bed_felt(&bed, 0, 6).attempts, 10);
    ck_assert_str_eq(client_bed_felt(&bed, 0, 6).dc, "DC02");
    ck_assert_uint_eq(probe_count_heard(bed.one), 5);
    ck_assert_uint_eq(probe_count_heard(bed.two), 5);
}
END_TEST

/* --- retries and patience -----------------------------------------------------------------------
 */

#define ONCE ", 'timeUnit': '100s', 'patience': '60s'" NO_JITTER

START_TEST(retries_back_off_and_then_give_up)
{
    g_auto(ClientBed) bed = client_bed_new(30, ONCE ", 'retries': 3, 'backoff': '1s'");
    SimSpan round_trip = round_trip_of(30);

    bed.resolver->count = 1;
    bed.one->answer.code = 503;
    client_bed_start(&bed);
    rig_run(bed.rig, 150 * SIM_S);
    ck_assert_uint_eq(probe_count_heard(bed.one), 4);
    for (guint i = 0; i < 3; i++) {
        SimSpan gap = probe_heard(bed.one, i + 1)->time - probe_heard(bed.one, i)->time;

        ck_assert_span_near(gap, (SimSpan)(1 << i) * SIM_S + 2 * round_trip);
    }
    ck_assert_uint_eq(client_bed_felt(&bed, 100, 101).failed, 1);
    ck_assert_uint_eq(client_bed_felt(&bed, 100, 101).attempts, 4);
    ck_assert_str_eq(client_bed_felt(&bed, 100, 101).reason, "http-503");
    ck_assert_str_eq(client_bed_felt(&bed, 100, 101).dc, "DC01");
}
END_TEST

START_TEST(latency_counts_from_the_intention)
{
    g_auto(ClientBed) bed = client_bed_new(31, ONCE ", 'retries': 3, 'backoff': '2s'");

    bed.resolver->count = 1;
    bed.one->answer.code = 503;
    client_bed_start(&bed);
    rig_run(bed.rig, 101 * SIM_S);
    bed.one->answer.code = 200;
    rig_run(bed.rig, 50 * SIM_S);
    ck_assert_uint_eq(client_bed_felt(&bed, 100, 101).ok, 1);
    ck_assert_int_ge(client_bed_felt(&bed, 100, 101).latency, 2 * SIM_S);
    ck_assert_int_le(client_bed_felt(&bed, 100, 101).latency, 2200 * SIM_MS);
}
END_TEST

START_TEST(statuses_are_not_retried_when_so_configured)
{
    g_auto(ClientBed) bed = client_bed_new(32, ONCE ", 'retry_on_status': false");

    bed.one->answer.code = 500;
    client_bed_start(&bed);
    rig_run(bed.rig, 150 * SIM_S);
    ck_assert_uint_eq(client_bed_felt(&bed, 100, 101).attempts, 1);
    ck_assert_str_eq(client_bed_felt(&bed, 100, 101).reason, "http-error");
}
END_TEST

START_TEST(a_client_error_is_not_retried)
{
    g_auto(ClientBed) bed = client_bed_new(33, ONCE);

    bed.one->answer.code = 404;
    client_bed_start(&bed);
    rig_run(bed.rig, 150 * SIM_S);
    ck_assert_uint_eq(client_bed_felt(&bed, 100, 101).failed, 1);
    ck_assert_uint_eq(probe_count_heard(bed.one), 1);
}
END_TEST

START_TEST(patience_ends_a_request_with_all_its_retries)
{
    g_auto(ClientBed) bed = client_bed_new(34, ONCE ", 'patience': '3s'");

    bed.one->manner = PROBE_KEEPS;
    client_bed_start(&bed);
    rig_run(bed.rig, 102900 * SIM_MS);
    ck_assert_uint_eq(client_bed_felt(&bed, 100, 101).failed, 0);
    rig_run(bed.rig, 200 * SIM_MS);
    ck_assert_uint_eq(client_bed_felt(&bed, 100, 101).failed, 1);
    ck_assert_str_eq(client_bed_felt(&bed, 100, 101).reason, "gave-up");
}
END_TEST

START_TEST(a_read_timeout_is_repeated_only_when_safe)
{
    g_auto(ClientBed) bed =
        client_bed_new(35, _i == 0 ? ONCE ", 'read_timeout': '1s', 'retries': 1"
                                   : ONCE ", 'read_timeout': '1s', 'retries': 1, 'mix': { 'read': "
                                          "0, 'write': 1 }, 'idempotent_writes': false");

    bed.one->manner = PROBE_KEEPS;
    bed.two->manner = PROBE_KEEPS;
    client_bed_start(&bed);
    rig_run(bed.rig, 150 * SIM_S);
    ck_assert_str_eq(client_bed_felt(&bed, 100, 101).reason, "read-timeout");
    ck_assert_uint_eq(client_bed_felt(&bed, 100, 101).attempts, _i == 0 ? 2 : 1);
    ck_assert_uint_eq(probe_count_heard(bed.two), _i == 0 ? 1 : 0);
}
END_TEST

/* As good as a coin: a bit of the instant, well mixed (splitmix64). */
static void hear_half(Probe *self, const Message *message)
{
    Message answer = {.op = MESSAGE_HTTP, .size_bytes = 100, .code = 200};
    uint64_t mixed = (uint64_t)world_now(self->component.world) * 0xBF58476D1CE4E5B9ULL;

    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBULL;
    answer.code = (mixed >> 63) != 0 ? 503 : 200;
    call_reply(&self->component, &message->ticket, &answer);
}

/* Attempts for each request: (1 - f^(r + 1)) / (1 - f); here f = 1/2. */
START_TEST(retries_multiply_load_as_a_geometric_series)
{
    g_auto(ClientBed) bed = client_bed_new(
        36,
        ", 'rate': 100, 'users': 5000, 'retries': 2, 'backoff': '100ms', 'arrivals': 'poisson'");
    Felt felt;

    bed.resolver->count = 1;
    bed.one->hear = hear_half;
    client_bed_start(&bed);
    rig_run(bed.rig, 100 * SIM_S);
    felt = client_bed_felt(&bed, 0, 99);
    ck_assert_double_eq_tol((double)felt.attempts / (double)(felt.ok + felt.failed), 1.75, 0.04);
    ck_assert_double_eq_tol((double)felt.failed / (double)(felt.ok + felt.failed), 0.125, 0.015);
}
END_TEST

START_TEST(a_budget_bounds_retries_over_time)
{
    g_auto(ClientBed) bed = client_bed_new(
        37, ", 'rate': 100, 'users': 5000, 'retries': 3, 'backoff': '10ms', 'retry_budget': 0.1");
    Felt felt;

    bed.resolver->count = 1;
    client_bed_start(&bed);
    rig_run(bed.rig, 60 * SIM_S); /* saves up 10 s of its share: 100 retries */
    bed.one->answer.code = 503;
    rig_run(bed.rig, 100 * SIM_S);
    felt = client_bed_felt(&bed, 60, 159);
    ck_assert_uint_eq(felt.ok, 0);
    ck_assert_double_eq_tol((double)felt.attempts, (double)felt.failed * 1.1 + 100.0, 20.0);
    ck_assert_uint_gt(client_bed_counter(&bed, "budget_refusals"), 8000);
}
END_TEST

START_TEST(without_a_budget_all_retries_are_made)
{
    g_auto(ClientBed) bed =
        client_bed_new(38, ", 'rate': 100, 'users': 5000, 'retries': 3, 'backoff': '10ms'");
    Felt felt;

    bed.resolver->count = 1;
    bed.one->answer.code = 503;
    client_bed_start(&bed);
    rig_run(bed.rig, 60 * SIM_S);
    felt = client_bed_felt(&bed, 0, 59);
    ck_assert_uint_eq(felt.attempts, 4 * felt.failed);
    ck_assert_uint_eq(client_bed_counter(&bed, "budget_refusals"), 0);
}
END_TEST

static TCase *address_case(void)
{
    TCase *tests = tcase_create("addresses");

    tcase_add_loop_test(tests, each_cache_asks_again_in_its_own_time, 0, 6);
    tcase_add_test(tests, a_user_moves_when_the_answer_has_run_out);
    tcase_add_test(tests, a_user_that_never_asks_again_moves_after_a_failure);
    tcase_add_test(tests, an_answer_is_never_changed_by_others);
    tcase_add_loop_test(tests, a_failed_lookup_is_named, 0, 4);
    tcase_add_loop_test(tests, a_jvm_keeps_a_denial_for_ten_seconds, 0, 2);
    tcase_add_loop_test(tests, a_refusal_moves_on_to_the_next_address_at_once, 0, 2);
    tcase_add_test(tests, a_failed_address_is_tried_first_again_after_a_while);
    tcase_add_test(tests, a_dark_address_costs_the_connect_timeout_in_sequence);
    tcase_add_test(tests, a_dark_address_costs_a_quarter_second_of_happy_eyeballs);
    tcase_add_test(tests, a_slow_address_can_still_win_the_race);
    tcase_add_test(tests, without_fallback_an_attempt_ends_with_its_first_address);
    tcase_add_test(tests, a_retry_after_a_503_goes_to_another_address);
    return tests;
}

static TCase *retry_case(void)
{
    TCase *tests = tcase_create("retries");

    tcase_add_test(tests, retries_back_off_and_then_give_up);
    tcase_add_test(tests, latency_counts_from_the_intention);
    tcase_add_test(tests, statuses_are_not_retried_when_so_configured);
    tcase_add_test(tests, a_client_error_is_not_retried);
    tcase_add_test(tests, patience_ends_a_request_with_all_its_retries);
    tcase_add_loop_test(tests, a_read_timeout_is_repeated_only_when_safe, 0, 2);
    tcase_add_test(tests, retries_multiply_load_as_a_geometric_series);
    tcase_add_test(tests, a_budget_bounds_retries_over_time);
    tcase_add_test(tests, without_a_budget_all_retries_are_made);
    return tests;
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("client");
    TCase *tests = tcase_create("requests");

    tcase_add_loop_test(tests, a_first_request_costs_its_round_trips, 0, 5);
    tcase_add_test(tests, a_slow_access_network_delays_every_round_trip);
    tcase_add_test(tests, a_user_reads_what_he_wrote);
    tcase_add_test(tests, a_connection_is_kept_for_its_requests);
    tcase_add_loop_test(tests, an_idle_connection_is_closed_when_one_side_wants_it, 0, 4);
    tcase_add_test(tests, a_server_that_closes_is_dialled_anew);
    tcase_add_test(tests, a_stale_connection_is_replaced_without_counting_as_a_retry);
    tcase_add_loop_test(tests, a_kept_connection_that_breaks_is_replaced_when_safe, 0, 2);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, address_case());
    suite_add_tcase(suite, retry_case());
    return suite;
}
