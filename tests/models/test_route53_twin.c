/* test_route53_twin.c - the answer algorithm against a naive twin over random zones. The twin is
 * the algorithm word by word over plain structs: candidates in order, the healthy ones of them, the
 * first. It yields the set of addresses that may answer. */
#include <string.h>

#include "sim/world/network.h"
#include "tests/support/suite.h"
#include "tests/support/zone_text.h"

#define TWIN_NAMES 5
#define TWIN_SETS 4

typedef struct TwinSet {
    int alias; /* name it points to, -1: an address */
    bool evaluates;
    int check; /* -1: none */
    int weight, region, place;
    bool is_primary;
    int last; /* of the address */
} TwinSet;

typedef struct TwinName {
    RoutingPolicy policy;
    int count;
    TwinSet sets[TWIN_SETS];
} TwinName;

typedef struct TwinRun {
    const HealthChecks *checks;
    Zone *zone;
    bool healthy[HC_COUNT];
    Rng rng;
} TwinRun;

typedef struct Twin {
    TwinName names[TWIN_NAMES];
} Twin;

static const char *const twin_places[] = {"'CountryCode':'*'", "'ContinentCode':'EU'",
                                          "'CountryCode':'DE'", "'ContinentCode':'AS'"};
static const char *const twin_regions[] = {"eu-central-1", "ca-central-1", "us-east-1",
                                           "eu-west-3"};

static Twin twin_draw(Rng *rng)
{
    Twin twin = {0};
    int last = 1;

    for (int n = 0; n < TWIN_NAMES; n++) {
        TwinName *name = &twin.names[n];

        name->policy = (RoutingPolicy)rng_below(rng, 6);
        name->count = name->policy == ROUTING_SIMPLE     ? 1
                      : name->policy == ROUTING_FAILOVER ? 1 + (int)rng_below(rng, 2)
                                                         : 1 + (int)rng_below(rng, TWIN_SETS);
        for (int i = 0; i < name->count; i++) {
            TwinSet *set = &name->sets[i];
            bool may_alias = n + 1 < TWIN_NAMES && name->policy != ROUTING_MULTIVALUE;

            set->alias = may_alias && rng_chance(rng, 0.5)
                             ? n + 1 + (int)rng_below(rng, (uint64_t)(TWIN_NAMES - n - 1))
                             : -1;
            set->evaluates = rng_chance(rng, 0.7);
            set->check = rng_chance(rng, 0.7) ? HC_A + (int)rng_below(rng, 6) : -1;
            set->weight = (int)rng_below(rng, 3);
            set->region = set->place = (i + n) % 4;
            set->is_primary = i == n % 2;
            set->last = last++;
        }
    }
    return twin;
}

static Zone *twin_zone(const Twin *twin, const HealthChecks *checks)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (int n = 0; n < TWIN_NAMES; n++) {
        const TwinName *name = &twin->names[n];

        for (int i = 0; i < name->count; i++) {
            const TwinSet *set = &name->sets[i];

            g_string_append_printf(text, "%s{'Name':'n%d.','Type':'A'", text->len > 0 ? "," : "",
                                   n);
            if (name->policy != ROUTING_SIMPLE) {
                g_string_append_printf(text, ",'SetIdentifier':'%d'", i);
            }
            switch (name->policy) {
            case ROUTING_WEIGHTED:
                g_string_append_printf(text, ",'Weight':%d", set->weight);
                break;
            case ROUTING_LATENCY:
                g_string_append_printf(text, ",'Region':'%s'", twin_regions[set->region]);
                break;
            case ROUTING_FAILOVER:
                g_string_append_printf(text, ",'Failover':'%s'",
                                       set->is_primary ? "PRIMARY" : "SECONDARY");
                break;
            case ROUTING_GEOLOCATION:
                g_string_append_printf(text, ",'GeoLocation':{%s}", twin_places[set->place]);
                break;
            case ROUTING_MULTIVALUE:
                g_string_append(text, ",'MultiValueAnswer':true");
                break;
            case ROUTING_SIMPLE:
            case ROUTING_GEOPROXIMITY: /* not made here */
            case ROUTING_IP_BASED:
            case ROUTING_POLICIES:
                break;
            }
            if (set->check >= 0) {
                g_string_append_printf(text, ",'HealthCheckId':'%s'",
                                       health_checks_at(checks, (guint)set->check)->id);
            }
            if (set->alias >= 0) {
                g_string_append_printf(text,
                                       ",'AliasTarget':{'HostedZoneId':'Z','DNSName':'n%d.',"
                                       "'EvaluateTargetHealth':%s}}",
                                       set->alias, set->evaluates ? "true" : "false");
            } else {
                g_string_append_printf(
                    text, ",'TTL':60,'ResourceRecords':[{'Value':'192.0.2.%d'}]}", set->last);
            }
        }
    }
    return zone_text_read(text->str, checks);
}

static bool twin_healthy(const Twin *twin, const TwinSet *set, const bool *healthy)
{
    bool result = true;

    if (set->check >= 0) {
        result = result && healthy[set->check];
    }
    if (set->alias >= 0 && set->evaluates) {
        bool any = false;

        for (int i = 0; i < twin->names[set->alias].count; i++) {
            any = any || twin_healthy(twin, &twin->names[set->alias].sets[i], healthy);
        }
        result = result && any;
    }
    return result;
}

static bool twin_place_fits(int place, const char *country)
{
    return place == 0 || (place == 1 && strcmp(dns_place_continent(country), "EU") == 0) ||
           (place == 2 && strcmp(country, "DE") == 0) ||
           (place == 3 && strcmp(dns_place_continent(country), "AS") == 0);
}

/* Sets in order of preference; weighted and multivalue: in the order of the file. */
static int twin_candidates(const TwinName *name, const char *country, const TwinSet **list)
{
    static const int geo_order[] = {2, 1, 3, 0}; /* country, continents, default */
    static const int latency_order[] = {0, 1, 2, 3};
    int count = 0;

    for (int rank = 0; rank < 4; rank++) {
        for (int i = 0; i < name->count; i++) {
            const TwinSet *set = &name->sets[i];
            bool takes;

            switch (name->policy) {
            case ROUTING_GEOLOCATION:
                takes = set->place == geo_order[rank] && twin_place_fits(set->place, country);
                break;
            case ROUTING_LATENCY:
                takes = set->region == latency_order[rank];
                break;
            case ROUTING_FAILOVER:
                takes = rank < 2 && set->is_primary == (rank == 0);
                break;
            default:
                takes = rank == 0;
                break;
            }
            if (takes) {
                list[count++] = set;
            }
        }
    }
    return count;
}

static uint64_t twin_answer(const Twin *twin, int n, const char *country, const bool *healthy)
{
    const TwinName *name = &twin->names[n];
    const TwinSet *all[TWIN_SETS], *good[TWIN_SETS];
    int count = twin_candidates(name, country, all);
    int left = 0;
    uint64_t may = 0;
    bool has_weight = false;

    for (int i = 0; i < count; i++) {
        if (twin_healthy(twin, all[i], healthy)) {
            good[left++] = all[i];
        }
    }
    if (left == 0) {
        left = count;
        memcpy(good, all, sizeof good);
    }
    for (int i = 0; i < left; i++) {
        has_weight = has_weight || good[i]->weight > 0;
    }
    for (int i = 0; i < left; i++) {
        const TwinSet *set = good[i];

        if (name->policy == ROUTING_WEIGHTED) {
            if (has_weight && set->weight == 0) {
                continue;
            }
        } else if (name->policy != ROUTING_MULTIVALUE && i > 0) {
            break;
        }
        may |= set->alias >= 0 ? twin_answer(twin, set->alias, country, healthy)
                               : (uint64_t)1 << set->last;
    }
    return may;
}

static SimSpan twin_latency(void *context, const char *region)
{
    (void)context;
    for (int i = 0; i < 3; i++) {
        if (strcmp(twin_regions[i], region) == 0) {
            return (i + 1) * SIM_MS;
        }
    }
    return SIM_NEVER;
}

static void twin_compare(const Twin *twin, TwinRun *fix, const char *country)
{
    uint64_t may = twin_answer(twin, 0, country, fix->healthy);
    uint64_t got = 0;

    for (int i = 0; i < 150; i++) {
        Question question = {.name = "n0.",
                             .type = "A",
                             .place = {dns_place_continent(country), country, NULL},
                             .latency = twin_latency};
        Answer answer = route53_answer(fix->zone, &question, fix->healthy, &fix->rng);

        ck_assert_uint_eq(answer.code, DNS_NOERROR);
        for (guint k = 0; k < answer.count; k++) {
            got |= (uint64_t)1 << (answer.addresses[k] & 0xff);
        }
    }
    ck_assert_msg((got & ~may) == 0, "an answer that the twin rules out");
    ck_assert_msg(got == may, "an answer that never came in 150 draws");
}

START_TEST(random_zones_answer_as_the_algorithm_word_by_word)
{
    static const char *const countries[] = {"DE", "FR", "JP", "US"};
    g_autoptr(HealthChecks) checks = zone_text_checks();
    Rng rng;

    rng_init(&rng, 21, "test/twin");
    for (int round = 0; round < 150; round++) {
        Twin twin = twin_draw(&rng);
        TwinRun fix = {.checks = checks, .zone = twin_zone(&twin, checks)};

        rng_init(&fix.rng, (uint64_t)round, "test/twin-answers");
        for (int states = 0; states < 4; states++) {
            for (int i = 0; i < HC_COUNT; i++) {
                fix.healthy[i] = rng_chance(&rng, 0.25 + 0.25 * states);
            }
            twin_compare(&twin, &fix, countries[states]);
        }
        zone_free(fix.zone);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("route53_twin");
    TCase *tcase = tcase_create("all");

    tcase_add_test(tcase, random_zones_answer_as_the_algorithm_word_by_word);
    suite_add_tcase(suite, tcase);
    return suite;
}
