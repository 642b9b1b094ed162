/* test_client_programs.c - the profiles of scenarios/data/programs.json do what "client software
 * defaults" of the network reference says of each program. */
#include <string.h>

#include "sim/config/json_place.h"
#include "tests/support/client_bed.h"
#include "tests/support/suite.h"

#define PROGRAMS "scenarios/data/programs.json"

/* The members of a profile as settings, each with a comma before it; caller frees. */
static char *profile_settings(const char *name)
{
    DiagList *diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document = json_document_read(PROGRAMS, diags);
    g_autofree char *pointer = g_strdup_printf("/system/clients/%s", name);
    GString *text = g_string_new(NULL);
    const cJSON *member;

    ck_assert_ptr_nonnull(document);
    cJSON_ArrayForEach(member, json_pointer(document->root, pointer))
    {
        char *value = cJSON_PrintUnformatted(member);

        if (member->string[0] != '$') {
            g_string_append_printf(text, ", '%s': %s", member->string, value);
        }
        cJSON_free(value);
    }
    diag_list_free(diags);
    ck_assert_uint_gt(text->len, 0);
    return g_string_free(text, false);
}

/* A user of the program, with the rest of `settings` over it; one request in 1,000 s from 1 s on,
 * of a person who waits for long. */
static ClientBed program_new(const char *name, const char *settings)
{
    g_autofree char *profile = profile_settings(name);
    g_autofree char *all = g_strdup_printf("%s, 'patience': 'constant(1h)', 'timeUnit': '1000s', "
                                           "'tls': 'none'%s",
                                           profile, settings);

    return client_bed_new(7, all);
}

#define READS ", 'mix': { 'read': 1, 'write': 0 }"
#define WRITES ", 'mix': { 'read': 0, 'write': 1 }"

/* How long the first request took until it failed or succeeded, and why it failed. */
typedef struct Trial {
    bool is_ok;
    uint64_t attempts;
    const char *reason;
} Trial;

static Trial trial_of(const ClientBed *bed)
{
    Felt felt = client_bed_felt(bed, 0, 100000);

    return (Trial){felt.ok == 1 && felt.failed == 0, felt.attempts, felt.reason};
}

/* Seconds from the first request, which comes at 1,000 s, until it ended; -1: not within an hour.
 */
static int64_t seconds_to_end(ClientBed *bed)
{
    rig_run(bed->rig, MAX(1000 * SIM_S - rig_now(bed->rig), 0));
    for (int64_t second = 0; second < 990; second++) {
        Felt felt;

        rig_run(bed->rig, SIM_S);
        felt = client_bed_felt(bed, 0, 100000);
        if (felt.ok + felt.failed > 0) {
            return second;
        }
    }
    return -1;
}

/* A dark first address, a live second one: how long until the answer. */
START_TEST(a_dark_address_costs_what_each_program_waits)
{
    static const struct {
        const char *program;
        int64_t ms;
    } rows[] = {
        {"okhttp-4", 10000},
        {"okhttp-5", 250},
        {"android-httpurlconnection", 127000},
        {"chrome", 300},
        {"firefox", 250},
        {"curl", 200},
        {"apache-httpclient-4", 127000},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(ClientBed) bed = program_new(rows[i].program, READS);
        SimSpan latency;

        client_bed_start(&bed);
        rig_down(bed.rig, HOST_ONE, SIM_NEVER);
        rig_run(bed.rig, 1500 * SIM_S);
        latency = client_bed_felt(&bed, 0, 100000).latency;
        ck_assert_msg(trial_of(&bed).is_ok, "%s", rows[i].program);
        ck_assert_msg(latency >= rows[i].ms * SIM_MS && latency <= (rows[i].ms + 500) * SIM_MS,
                      "%s: %d ms", rows[i].program, (int)(latency / SIM_MS));
    }
}
END_TEST

START_TEST(java_knows_the_first_address_only)
{
    g_auto(ClientBed) bed = program_new("java-httpclient", READS);

    client_bed_start(&bed);
    rig_down(bed.rig, HOST_ONE, SIM_NEVER);
    ck_assert_int_eq(seconds_to_end(&bed), 127);
    ck_assert_str_eq(trial_of(&bed).reason, "connect-timeout");
}
END_TEST

/* A server that accepts and never answers. */
START_TEST(a_hung_server_costs_the_read_timeout_of_each_program)
{
    static const struct {
        const char *program;
        int64_t seconds;
        uint64_t attempts;
    } rows[] = {
        {"okhttp-4", 10, 1}, {"okhttp-5", 10, 1},        {"chrome", 300, 1},
        {"firefox", 300, 1}, {"java-httpclient", -1, 0}, {"apache-httpclient-4", -1, 0},
        {"curl", -1, 0},     {"iot-firmware", 810, 21},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(ClientBed) bed = program_new(rows[i].program, READS);
        int64_t seconds;

        client_bed_start(&bed);
        bed.one->manner = PROBE_KEEPS;
        bed.two->manner = PROBE_KEEPS;
        seconds = seconds_to_end(&bed);
        ck_assert_msg(seconds == rows[i].seconds, "%s: %d s", rows[i].program, (int)seconds);
        ck_assert_uint_eq(trial_of(&bed).attempts, rows[i].attempts);
    }
}
END_TEST

/* A fresh connection that breaks: HttpClient 4 repeats idempotent requests three times. */
START_TEST(who_repeats_a_broken_request)
{
    static const struct {
        const char *program, *mix;
        uint64_t attempts;
    } rows[] = {
        {"okhttp-4", READS, 1},
        {"chrome", READS, 1},
        {"curl", READS, 1},
        {"apache-httpclient-4", READS, 4},
        {"apache-httpclient-4", WRITES, 1},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(ClientBed) bed = program_new(rows[i].program, rows[i].mix);

        client_bed_start(&bed);
        bed.one->manner = PROBE_BREAKS;
        bed.two->manner = PROBE_BREAKS;
        seconds_to_end(&bed);
        ck_assert_msg(trial_of(&bed).attempts == rows[i].attempts, "%s: %d", rows[i].program,
                      (int)trial_of(&bed).attempts);
        ck_assert(!trial_of(&bed).is_ok);
    }
}
END_TEST

/* "no retry after a read timeout, none on 5xx". */
START_TEST(libraries_pass_errors_on_and_firmware_comes_again)
{
    static const char *const programs[] = {"okhttp-4", "chrome", "apache-httpclient-4", "curl"};

    for (size_t i = 0; i < G_N_ELEMENTS(programs); i++) {
        g_auto(ClientBed) bed = program_new(programs[i], READS);

        client_bed_start(&bed);
        bed.one->answer.code = 503;
        bed.two->answer.code = 503;
        ck_assert_int_eq(seconds_to_end(&bed), 0);
        ck_assert_uint_eq(trial_of(&bed).attempts, 1);
        ck_assert_str_eq(trial_of(&bed).reason, "http-503");
    }
    g_auto(ClientBed) firmware = program_new("iot-firmware", WRITES);

    client_bed_start(&firmware);
    firmware.one->answer.code = 503;
    firmware.two->answer.code = 503;
    rig_run(firmware.rig, 1045 * SIM_S);
    firmware.one->answer.code = 200;
    firmware.two->answer.code = 200;
    ck_assert_int_eq(seconds_to_end(&firmware), 15); /* 60 s after the first */
    ck_assert_uint_eq(trial_of(&firmware).attempts, 3);
}
END_TEST

/* MQTT's keep alive: a broker whose host went dark is given up at 1.5 times 60 s. */
START_TEST(keep_alive_notices_a_dark_broker)
{
    g_auto(ClientBed) bed = program_new("mqtt-paho", WRITES);

    client_bed_start(&bed);
    bed.one->manner = PROBE_KEEPS;
    rig_run(bed.rig, 1001 * SIM_S);
    ck_assert_uint_eq(probe_count_heard(bed.one), 1);
    rig_down(bed.rig, HOST_ONE, SIM_NEVER);
    rig_run(bed.rig, 200 * SIM_S);
    ck_assert(trial_of(&bed).is_ok);
    ck_assert_uint_eq(trial_of(&bed).attempts, 2);
    ck_assert_int_eq(client_bed_felt(&bed, 0, 100000).latency / SIM_S, 91 + 30);
}
END_TEST

START_TEST(a_program_that_keeps_nothing_closes_each_connection)
{
    g_auto(ClientBed) bed = program_new("curl", READS ", 'timeUnit': '1s'");

    client_bed_start(&bed);
    rig_run(bed.rig, 10500 * SIM_MS);
    ck_assert_uint_eq(client_bed_counter(&bed, "connects"), 10);
    ck_assert_uint_eq(probe_heard(bed.one, 0)->message.flags & HTTP_CLOSE, HTTP_CLOSE);
}
END_TEST

/* --- what profiles are made of ------------------------------------------------------------------
 */

/* The next request after a pause is lost without a word, and costs the read timeout. */
START_TEST(a_forgotten_connection_is_silent)
{
    g_auto(ClientBed) bed = client_bed_new(8, ", 'timeUnit': '60s', 'nat_idle': '30s', "
                                              "'read_timeout': '5s', 'backoff': '0s'");

    client_bed_start(&bed);
    rig_run(bed.rig, 110 * SIM_S);
    ck_assert_int_le(client_bed_felt(&bed, 0, 110).latency, 100 * SIM_MS);
    rig_run(bed.rig, 60 * SIM_S);
    ck_assert_int_ge(client_bed_felt(&bed, 110, 170).latency, 5 * SIM_S);
    ck_assert_uint_eq(client_bed_felt(&bed, 110, 170).attempts, 2);
}
END_TEST

/* New connection to a small answer: 3 round trips with TLS 1.3, 4 with 1.2; resumed 1.2 and fresh
 * 1.3: 3; early data: 2 for reads; no TLS: 2; a connection used again: 1. */
START_TEST(a_connection_costs_its_round_trips)
{
    static const struct {
        const char *settings;
        int trips;
    } rows[] = {
        {", 'tls': 'none'" READS, 2},
        {", 'tls': '1.3', 'ticket_ratio': 0" READS, 3},
        {", 'tls': '1.3', 'ticket_ratio': 1" READS, 3},
        {", 'tls': '1.2', 'ticket_ratio': 0" READS, 4},
        {", 'tls': '1.2', 'ticket_ratio': 1" READS, 3},
        {", 'tls': '1.3-0rtt', 'ticket_ratio': 1" READS, 2},
        {", 'tls': '1.3-0rtt', 'ticket_ratio': 1" WRITES, 3},
        {", 'tls': '1.3-0rtt', 'ticket_ratio': 0" READS, 3},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(ClientBed) bed = client_bed_new(9, rows[i].settings);
        SimSpan fresh, again;

        client_bed_start(&bed);
        rig_run(bed.rig, 1900 * SIM_MS);
        fresh = client_bed_felt(&bed, 0, 2).latency;
        rig_run(bed.rig, SIM_S);
        again = client_bed_felt(&bed, 2, 3).latency;
        /* the first one also looks up, within a few ms; each round trip takes 20 ms and fibre */
        ck_assert_msg(fresh / again == rows[i].trips, "%s: %d of %d us", rows[i].settings,
                      (int)(fresh / SIM_US), (int)(again / SIM_US));
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("client_programs");
    TCase *tests = tcase_create("programs");

    tcase_add_test(tests, a_dark_address_costs_what_each_program_waits);
    tcase_add_test(tests, java_knows_the_first_address_only);
    tcase_add_test(tests, a_hung_server_costs_the_read_timeout_of_each_program);
    tcase_add_test(tests, who_repeats_a_broken_request);
    tcase_add_test(tests, libraries_pass_errors_on_and_firmware_comes_again);
    tcase_add_test(tests, keep_alive_notices_a_dark_broker);
    tcase_add_test(tests, a_program_that_keeps_nothing_closes_each_connection);
    tcase_add_test(tests, a_forgotten_connection_is_silent);
    tcase_add_test(tests, a_connection_costs_its_round_trips);
    suite_add_tcase(suite, tests);
    return suite;
}
