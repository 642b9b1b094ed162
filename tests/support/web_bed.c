/* web_bed.c - a rig with one Apache httpd in front of two probes. */
#include "tests/support/web_bed.h"

#include <check.h>
#include <string.h>

extern const Kind httpd_kind;

Bed bed_new(uint64_t seed, const char *settings)
{
    return bed_new_on(seed, settings, "linux");
}

Bed bed_new_on(uint64_t seed, const char *settings, const char *stack)
{
    g_autofree char *web = g_strdup_printf("{ \"steal\": \"none\", \"tcp_stack\": \"%s\" }", stack);
    Bed bed = {.rig = rig_new(seed, &httpd_kind, NULL)};
    g_autofree char *json = g_strdup_printf(
        "{ \"backend\": \"probe\", \"StartServers\": 1000, \"MaxSpareThreads\": 100000%s }",
        settings);
    /* a quote that is meant stands as \\' */
    g_auto(GStrv) pieces = g_strsplit(json, "\\'", -1);
    g_autofree char *kept = g_strjoinv("\x01", pieces);
    char *quoted = g_strdelimit(g_strdelimit(kept, "'", '"'), "\x01", '\'');

    rig_site(bed.rig, "DC01");
    rig_site(bed.rig, "far");
    rig_host(bed.rig, "DC01-web1", "192.0.2.11", web);
    rig_host(bed.rig, "DC01-app1", NULL, "{ \"boot\": \"1s\" }");
    rig_host(bed.rig, "DC01-app2", NULL, "{ \"boot\": \"1s\" }");
    bed.client = rig_probe(bed.rig, "far");
    bed.a = rig_probe(bed.rig, "DC01-app1");
    bed.b = rig_probe(bed.rig, "DC01-app2");
    bed.a->answer = (Message){.op = MESSAGE_HTTP, .code = 200, .size_bytes = 1000};
    bed.b->answer = bed.a->answer;
    bed.httpd = rig_add(bed.rig, "httpd", "DC01-web1", quoted);
    rig_link_all(bed.rig, "20ms");
    rig_start(bed.rig);
    return bed;
}

void bed_free(Bed *bed)
{
    rig_free(bed->rig);
}

const ProbeAsked *bed_ask(Bed *bed, uint32_t flags)
{
    Message request = {.op = MESSAGE_HTTP, .size_bytes = 500, .flags = flags};

    return probe_call(bed->client, bed->httpd, &request, 300 * SIM_S);
}

const ProbeAsked *bed_ask_again(Bed *bed)
{
    Message request = {
        .op = MESSAGE_HTTP, .size_bytes = 500, .peer_incarnation = bed->httpd->owner.incarnation};

    return probe_call(bed->client, bed->httpd, &request, 300 * SIM_S);
}

const ProbeAsked *bed_connect(Bed *bed, SimSpan patience)
{
    return probe_connect(bed->client, WEB_ADDRESS, 443, patience);
}

const ProbeAsked *bed_ask_over(Bed *bed, const ProbeAsked *connection, uint32_t flags)
{
    Message request = {.op = MESSAGE_HTTP,
                       .size_bytes = 500,
                       .flags = flags,
                       .connection = connection->connection};

    ck_assert_int_eq(connection->connected, CONNECTED);
    return probe_call(bed->client, bed->httpd, &request, 300 * SIM_S);
}

void bed_stream(Bed *bed, guint count, SimSpan gap)
{
    for (guint i = 0; i < count; i++) {
        bed_ask(bed, 0);
        rig_run(bed->rig, gap);
    }
}

const ProbeAsked *bed_asked(const Bed *bed, guint index)
{
    return g_ptr_array_index(bed->client->asked, index);
}

uint32_t bed_code(const ProbeAsked *asked)
{
    ck_assert_uint_eq(asked->ends, 1);
    ck_assert_int_eq(asked->outcome, OUTCOME_OK);
    return asked->reply.code;
}

SimSpan bed_latency(const ProbeAsked *asked)
{
    ck_assert_uint_eq(asked->ends, 1);
    return asked->ended - asked->begun;
}

guint bed_count_code(const Bed *bed, uint32_t code)
{
    guint count = 0;

    for (guint i = 0; i < bed->client->asked->len; i++) {
        const ProbeAsked *asked = bed_asked(bed, i);

        count += asked->ends == 1 && asked->outcome == OUTCOME_OK && asked->reply.code == code;
    }
    return count;
}

guint bed_count_slower(const Bed *bed, SimSpan least, SimSpan most)
{
    guint count = 0;

    for (guint i = 0; i < bed->client->asked->len; i++) {
        const ProbeAsked *asked = bed_asked(bed, i);

        count += asked->ends == 1 && bed_latency(asked) >= least && bed_latency(asked) < most;
    }
    return count;
}

SimTime bed_noted_at(const Bed *bed, const char *event)
{
    const History *history = world_history(bed->rig->world);

    for (guint i = 0; i < history_count_occurrences(history); i++) {
        if (strcmp(history_occurrence(history, i)->event, event) == 0) {
            return history_occurrence(history, i)->first;
        }
    }
    return SIM_NEVER;
}
