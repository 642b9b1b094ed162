/* app_bed.c - a rig with one WildFly and four probes as database nodes. */
#include "tests/support/app_bed.h"

#include <check.h>

extern const Kind wildfly_kind;

static char *with_quotes(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "'", -1);

    return g_strjoinv("\"", parts);
}

AppBed app_bed_new(uint64_t seed, const char *settings, const char *host)
{
    AppBed bed = {.rig = rig_new(seed, &wildfly_kind, NULL)};
    g_autofree char *more = with_quotes(settings), *of_host = with_quotes(host);
    g_autofree char *json = g_strdup_printf("{ \"store\": \"probe\"%s }", more);
    g_autofree char *host_json =
        g_strdup_printf("{ \"steal\": \"none\", \"boot\": \"1s\"%s }", of_host);

    rig_site(bed.rig, "DC01");
    rig_site(bed.rig, "far");
    rig_host(bed.rig, "DC01-app1", NULL, host_json);
    bed.client = rig_probe(bed.rig, "far");
    for (int i = 0; i < STORES; i++) {
        g_autofree char *place = g_strdup_printf("DC01-db%d", i + 1);

        rig_host(bed.rig, place, NULL, "{ \"boot\": \"1s\" }");
        bed.stores[i] = rig_probe(bed.rig, place);
        bed.stores[i]->answer = (Message){.op = MESSAGE_READ, .size_bytes = 300, .version = 77};
    }
    bed.wildfly = rig_add(bed.rig, "wildfly", "DC01-app1", json);
    rig_link_all(bed.rig, "20ms");
    rig_start(bed.rig);
    return bed;
}

void app_bed_free(AppBed *bed)
{
    rig_free(bed->rig);
}

const ProbeAsked *app_bed_ask(AppBed *bed, uint32_t flags, uint64_t key, SimSpan timeout)
{
    Message request = {.op = MESSAGE_HTTP, .size_bytes = 500, .flags = flags, .key = key};

    return probe_call(bed->client, bed->wildfly, &request, timeout);
}

void app_bed_stream(AppBed *bed, guint count, SimSpan gap)
{
    for (guint i = 0; i < count; i++) {
        app_bed_ask(bed, 0, i, 60 * SIM_S);
        rig_run(bed->rig, gap);
    }
}

uint32_t app_bed_code(const ProbeAsked *asked)
{
    ck_assert_uint_eq(asked->ends, 1);
    ck_assert_int_eq(asked->outcome, OUTCOME_OK);
    return asked->reply.code;
}

SimSpan app_bed_latency(const ProbeAsked *asked)
{
    ck_assert_uint_eq(asked->ends, 1);
    return asked->ended - asked->begun;
}

guint app_bed_count_code(const AppBed *bed, uint32_t code)
{
    guint count = 0;

    for (guint i = 0; i < bed->client->asked->len; i++) {
        const ProbeAsked *asked = g_ptr_array_index(bed->client->asked, i);

        count += asked->ends == 1 && asked->outcome == OUTCOME_OK && asked->reply.code == code;
    }
    return count;
}

guint app_bed_count_statements(const AppBed *bed)
{
    guint count = 0;

    for (int i = 0; i < STORES; i++) {
        count += probe_count_heard(bed->stores[i]);
    }
    return count;
}

void app_bed_stores(AppBed *bed, ProbeManner manner, uint32_t code)
{
    for (int i = 0; i < STORES; i++) {
        bed->stores[i]->manner = manner;
        bed->stores[i]->answer.code = code;
    }
}

void app_bed_live_through_faults(AppBed *bed, uint64_t seed)
{
    static const char *const victims[] = {"probe@DC01-db1", "host@DC01-db2", "link@DC01-DC01",
                                          WILDFLY};
    Rng rng;

    rng_init(&rng, seed, "faults");
    for (int i = 0; i < 400; i++) {
        if (rng_chance(&rng, 0.05)) {
            rig_down(bed->rig, victims[rng_below(&rng, G_N_ELEMENTS(victims))],
                     (SimSpan)rng_below(&rng, 4 * SIM_S) + 1);
        }
        for (int store = 0; store < STORES; store++) {
            bed->stores[store]->manner = (ProbeManner)rng_below(&rng, 3);
            bed->stores[store]->answer.code = (uint32_t)rng_below(&rng, 5);
            bed->stores[store]->answer.flags = (uint32_t)rng_below(&rng, 4) * STORE_NO_DATA;
        }
        app_bed_stream(bed, 1, (SimSpan)rng_below(&rng, 100 * SIM_MS));
    }
    rig_run(bed->rig, 200 * SIM_S);
    for (guint i = 0; i < bed->client->asked->len; i++) {
        ck_assert_uint_eq(((const ProbeAsked *)g_ptr_array_index(bed->client->asked, i))->ends, 1);
    }
    ck_assert_double_eq_tol(rig_gauge(bed->rig, WILDFLY, "threads_busy"), 0.0, 1e-9);
    ck_assert_double_eq_tol(rig_gauge(bed->rig, WILDFLY, "queue"), 0.0, 1e-9);
}
