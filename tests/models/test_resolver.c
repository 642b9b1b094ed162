/* test_resolver.c - caches of resolvers and clients: who still has the old address how long after a
 * change, and what happens when Route 53 is silent. */
#include "models/dns/resolver_mix.h"
#include "models/dns/route53.h"
#include "models/parts/client_cache.h"
#include "tests/support/dns_rig.h"
#include "tests/support/suite.h"

#define OLD 0xC000021Fu /* 192.0.2.31 */
#define NEW 0xC0000263u /* 192.0.2.99 */

#define CHECK_A                                                                                    \
    "{'Id':'a','HealthCheckConfig':{'Type':'HTTP','IPAddress':'192.0.2.31','FailureThreshold':1}}"

/* "f.": the endpoint while its check is healthy, else 192.0.2.99. */
static DnsRig failover_rig(uint64_t seed, int ttl_s)
{
    g_autofree char *sets = g_strdup_printf(
        "{'Name':'f.','Type':'A','SetIdentifier':'p','Failover':'PRIMARY','TTL':%d,"
        "'HealthCheckId':'a','ResourceRecords':[{'Value':'192.0.2.31'}]},"
        "{'Name':'f.','Type':'A','SetIdentifier':'s','Failover':'SECONDARY','TTL':%d,"
        "'ResourceRecords':[{'Value':'192.0.2.99'}]},"
        "{'Name':'three.','Type':'A','TTL':60,'ResourceRecords':[{'Value':'192.0.2.1'},"
        "{'Value':'192.0.2.2'},{'Value':'192.0.2.3'}]}",
        ttl_s, ttl_s);

    return dns_rig_new(seed, sets, CHECK_A);
}

/* Now: all checkers say that the endpoint is bad, and it is. */
static void change_now(DnsRig *dns)
{
    rig_down(dns->rig, "host@DC03-app1", SIM_NEVER);
    for (guint i = 0; i < HEALTH_CHECKERS; i++) {
        route53_report(dns->route53, 0, i, true);
    }
}

/* --- staleness over time ------------------------------------------------------------------------
 * Clients that are active all the time, after the old address left the zone at 0. */

/* 24,000 clients share caches: single runs lie 0.003 (one standard deviation) around 0.006 more
 * than the table, whose draws know no half a second between question and count (eight seeds). */
#define NEAR 0.015
#define REGIONS 4
#define CLIENTS 6000 /* of each population in each region */
#define SAMPLES 9

typedef enum Population { POP_NEW, POP_ANDROID, POP_BROWSER, POP_JVM, POPULATIONS } Population;

typedef struct Client {
    Component *asker, *resolver;
    uint64_t id;
    Population population;
    ClientCachePolicy policy;
    bool is_fresh, never_asks;
    struct Study *study;
} Client;

#define STUDY_SEED 31

typedef struct Study {
    DnsRig dns;
    EventOwner owner;
    Client *clients;
} Study;

static void client_asks(void *self, void *subject, uint64_t detail);
static const EventType client_will_ask = {"test.ask", client_asks};

static void client_hears(Component *self, void *context, Outcome outcome, const Message *reply)
{
    Client *client = context;
    SimTime now = world_now(self->world);
    SimTime again;

    ck_assert_int_eq(outcome, OUTCOME_OK);
    ck_assert_uint_eq(reply->count, 1);
    if (reply->addresses[0] == NEW) {
        client->is_fresh = true;
        return;
    }
    again = client_cache_expiry(client->policy, now, reply->time_to_live);
    if (client->policy != CLIENT_CACHE_NONE && again < 3700 * SIM_S) {
        engine_at(client->study->dns.rig->engine, again, &client->study->owner, &client_will_ask,
                  client, 0);
    }
}

static void client_asks(void *self, void *subject, uint64_t detail)
{
    Client *client = subject;
    Message question = {.op = MESSAGE_RESOLVE,
                        .transport = TRANSPORT_UDP,
                        .subject = "f",
                        .detail = client->id,
                        .size_bytes = 60};

    (void)self;
    (void)detail;
    call_send(client->asker, client->resolver, &question, 10 * SIM_S, client_hears, client);
}

/* Effective time to live of the client's resolver, its floor drawn anew from its class. */
static SimSpan effective_ttl(ResolverClass class, int ttl_s, Rng *rng)
{
    static const int floors[CLASSES][2] = {[CLASS_SMALL_FLOOR] = {60, 120},
                                           [CLASS_MEDIUM_FLOOR] = {300, 600},
                                           [CLASS_LARGE_FLOOR] = {900, 3600},
                                           [CLASS_STICKY] = {3600, 14400}};
    double floor_s = floors[class][0] + rng_uniform(rng) * (floors[class][1] - floors[class][0]);

    return sim_span_from_s(MAX(floor_s, ttl_s));
}

/* What each population is made of: browser 50 % system resolver, 49 % own, 1 % without a cache;
 * android and jvm 3 % that never ask. Returns how old its own cache may be at 0. */
static SimSpan choose_policy(Client *client, SimSpan ttl, Rng *rng)
{
    double luck = rng_uniform(rng);

    switch (client->population) {
    case POP_ANDROID:
        client->policy = CLIENT_CACHE_HONOURS;
        client->never_asks = luck < 0.03;
        return 0;
    case POP_JVM:
        client->policy = CLIENT_CACHE_JVM;
        client->never_asks = luck < 0.03;
        return 30 * SIM_S;
    case POP_BROWSER:
        client->policy = luck < 0.5    ? CLIENT_CACHE_BROWSER
                         : luck < 0.99 ? CLIENT_CACHE_BROWSER_OWN
                                       : CLIENT_CACHE_NONE;
        return luck < 0.5 ? 60 * SIM_S : luck < 0.99 ? MAX(60 * SIM_S, ttl) : 0;
    case POP_NEW:
    case POPULATIONS:
        break;
    }
    client->policy = CLIENT_CACHE_NONE;
    return 0;
}

static void add_clients(Study *study, const char *region, int ttl_s, guint first)
{
    Rig *rig = study->dns.rig;
    g_autofree char *resolver = g_strdup_printf("resolver@%s", region);
    g_autofree char *stream = g_strdup_printf("%s/draws", resolver);
    Component *asker = &rig_probe(rig, region)->component;
    ResolverMix mix = {
        .small_ratio = 0.03, .medium_ratio = 0.03, .large_ratio = 0.0174, .sticky_ratio = 0.01};
    Rng rng, salt;

    /* the resolver's first draw says who has which class */
    rng_init(&salt, STUDY_SEED, stream);
    mix.salt = rng_next(&salt);
    rng_init(&rng, STUDY_SEED, "test/clients");
    for (guint i = 0; i < POPULATIONS * CLIENTS; i++) {
        Client *client = &study->clients[first + i];
        SimSpan age;

        *client = (Client){.asker = asker,
                           .resolver = rig_find(rig, resolver),
                           .id = first + i,
                           .population = i / CLIENTS,
                           .study = study};
        age = choose_policy(client,
                            effective_ttl(resolver_mix_class(&mix, client->id), ttl_s, &rng), &rng);
        if (client->policy != CLIENT_CACHE_NONE && !client->never_asks) {
            engine_at(rig->engine, (SimTime)rng_below(&rng, (uint64_t)age + 1), &study->owner,
                      &client_will_ask, client, 0);
        }
    }
}

static Study study_new(int ttl_s)
{
    Study study = {.dns = failover_rig(STUDY_SEED, ttl_s), .owner = {.id = 999}};

    for (int i = 0; i < REGIONS; i++) {
        g_autofree char *region = g_strdup_printf("region %d", i);

        rig_site_of(study.dns.rig, region, SITE_REGION);
        rig_add(study.dns.rig, "resolver", region,
                "{ \"resolvers\": 10000, \"farm_ratio\": 0, \"farm_size\": 1, "
                "\"upstream_loss\": 0 }");
    }
    rig_link_all(study.dns.rig, "50ms");
    dns_rig_serve(&study.dns, ",'propagation':'0s'");
    study.clients = g_new0(Client, REGIONS * POPULATIONS * CLIENTS);
    return study;
}

static void study_begin(Study *study, int ttl_s)
{
    /* the askers join before the world starts */
    for (int i = 0; i < REGIONS; i++) {
        g_autofree char *region = g_strdup_printf("region %d", i);

        add_clients(study, region, ttl_s, (guint)i * POPULATIONS * CLIENTS);
    }
    rig_start(study->dns.rig);
    change_now(&study->dns);
}

static void sample(Study *study, SimTime time, double shares[POPULATIONS])
{
    rig_run(study->dns.rig, time - SIM_S - rig_now(study->dns.rig));
    /* who has no cache asks anew, and is told within a second */
    for (guint i = 0; i < REGIONS * POPULATIONS * CLIENTS; i++) {
        Client *client = &study->clients[i];

        if (client->policy == CLIENT_CACHE_NONE && !client->is_fresh) {
            engine_at(study->dns.rig->engine, time - 500 * SIM_MS, &study->owner, &client_will_ask,
                      client, 0);
        }
    }
    rig_run(study->dns.rig, SIM_S);
    memset(shares, 0, POPULATIONS * sizeof shares[0]);
    for (guint i = 0; i < REGIONS * POPULATIONS * CLIENTS; i++) {
        shares[study->clients[i].population] +=
            study->clients[i].is_fresh ? 0 : 1.0 / (REGIONS * CLIENTS);
    }
}

static const int sample_times_s[SAMPLES] = {15, 30, 45, 60, 90, 120, 300, 900, 3600};

/* Share still on the old address, 200 000 draws over the populations of resolvers and clients:
 * new, android, browser, jvm30 (for a TTL of 300 s the last is not given). */
static const struct {
    int ttl_s;
    double share[SAMPLES][POPULATIONS];
} staleness[] = {
    {60,
     {{.766, .772, .970, .944},
      {.532, .544, .881, .773},
      {.298, .317, .734, .544},
      {.062, .089, .531, .317},
      {.053, .080, .178, .085},
      {.048, .076, .055, .079},
      {.034, .062, .039, .064},
      {.018, .047, .021, .048},
      {.005, .035, .007, .035}}},
    {300,
     {{.952, .953, .996, -1},
      {.905, .906, .984, -1},
      {.857, .859, .966, -1},
      {.808, .812, .941, -1},
      {.711, .718, .867, -1},
      {.615, .624, .785, -1},
      {.034, .063, .097, -1},
      {.018, .048, .021, -1},
      {.005, .035, .007, -1}}},
};

START_TEST(clients_leave_an_old_address_as_the_table_says)
{
    Study study = study_new(staleness[_i].ttl_s);

    study_begin(&study, staleness[_i].ttl_s);
    for (int k = 0; k < SAMPLES; k++) {
        double shares[POPULATIONS];

        sample(&study, sample_times_s[k] * SIM_S, shares);
        for (int p = 0; p < POPULATIONS; p++) {
            double wanted = staleness[_i].share[k][p];

            ck_assert_msg(wanted < 0 || ABS(shares[p] - wanted) <= NEAR,
                          "population %d after %d s: %.3f instead of %.3f", p, sample_times_s[k],
                          shares[p], wanted);
        }
    }
    g_free(study.clients);
    dns_rig_clear(&study.dns);
}
END_TEST

/* --- one cache ----------------------------------------------------------------------------------
 */

#define PLAIN "\"small_ratio\": 0, \"medium_ratio\": 0, \"large_ratio\": 0, \"sticky_ratio\": 0"

typedef struct One {
    DnsRig dns;
    Probe *asker;
    Component *resolver;
} One;

/* A resolver of one cache for each class, with `settings`. */
static One one(uint64_t seed, const char *settings)
{
    One it = {.dns = failover_rig(seed, 60)};

    rig_site_of(it.dns.rig, "EU", SITE_REGION);
    it.asker = rig_probe(it.dns.rig, "EU");
    it.resolver = rig_add(it.dns.rig, "resolver", "EU", settings);
    rig_link_all(it.dns.rig, "50ms");
    dns_rig_serve(&it.dns, ",'propagation':'0s'");
    rig_start(it.dns.rig);
    return it;
}

static const ProbeAsked *ask(One *it, const char *name, uint64_t client)
{
    Message question = {
        .op = MESSAGE_RESOLVE, .transport = TRANSPORT_UDP, .subject = name, .detail = client};
    const ProbeAsked *asked = probe_call(it->asker, it->resolver, &question, 5 * SIM_S);

    for (int i = 0; i < 5 && asked->ends == 0; i++) {
        rig_run(it->dns.rig, SIM_S);
    }
    ck_assert_uint_eq(asked->ends, 1);
    return asked;
}

#define ONE_CACHE "{ \"resolvers\": 1, \"farm_ratio\": 0, \"upstream_loss\": 0, " PLAIN

START_TEST(an_answer_lives_for_its_time_to_live_and_tells_the_rest)
{
    One it = one(41, ONE_CACHE " }");
    const ProbeAsked *first;

    rig_run(it.dns.rig, 100 * SIM_S);
    first = ask(&it, "f", 1);
    ck_assert_uint_eq(first->reply.addresses[0], OLD);
    ck_assert_int_eq(first->reply.time_to_live, 60 * SIM_S);
    ck_assert_int_ge(first->ended - first->begun, 5 * SIM_MS);
    change_now(&it.dns);
    rig_run(it.dns.rig, 40 * SIM_S);
    ck_assert_uint_eq(ask(&it, "f", 1)->reply.addresses[0], OLD);
    ck_assert_int_le(ask(&it, "f", 1)->reply.time_to_live, 20 * SIM_S);
    rig_run(it.dns.rig, 20 * SIM_S);
    ck_assert_uint_eq(ask(&it, "f", 1)->reply.addresses[0], NEW);
    ck_assert_uint_eq(rig_counter(it.dns.rig, "resolver@EU", "upstream_questions"), 2);
    dns_rig_clear(&it.dns);
}
END_TEST

START_TEST(the_age_of_an_answer_is_told)
{
    One it = one(42, ONE_CACHE " }");
    const Histogram *ages;

    rig_run(it.dns.rig, 100 * SIM_S);
    ask(&it, "f", 1); /* asked of Route 53: no age */
    rig_run(it.dns.rig, 40 * SIM_S);
    ask(&it, "f", 1);
    ages = rig_histogram(it.dns.rig, "resolver@EU", "dns_answer_age");
    ck_assert_uint_eq(histogram_count(ages), 1);
    ck_assert_double_eq_tol((double)histogram_max(ages) / 1e9, 41, 1);
    dns_rig_clear(&it.dns);
}
END_TEST

START_TEST(an_answer_from_before_the_run_has_its_age)
{
    One it = one(44, ONE_CACHE " }");
    SimSpan left = ask(&it, "f", 1)->reply.time_to_live;
    const Histogram *ages = rig_histogram(it.dns.rig, "resolver@EU", "dns_answer_age");

    ck_assert_uint_eq(histogram_count(ages), 1);
    ck_assert_double_eq_tol((double)(histogram_max(ages) + left) / 1e9, 60, 0.5);
    dns_rig_clear(&it.dns);
}
END_TEST

START_TEST(caches_are_older_than_the_run)
{
    int hits = 0;

    for (uint64_t seed = 0; seed < 40; seed++) {
        One it = one(500 + seed, ONE_CACHE " }");
        const ProbeAsked *asked = ask(&it, "f", 1);

        hits += asked->reply.time_to_live < 60 * SIM_S ? 1 : 0;
        ck_assert_uint_eq(asked->reply.addresses[0], OLD);
        dns_rig_clear(&it.dns);
    }
    /* almost all hold the name at the first question of the run */
    ck_assert_int_ge(hits, 37);
}
END_TEST

START_TEST(clients_that_ask_together_share_one_question_upstream)
{
    One it = one(42, ONE_CACHE " }");
    Message question = {.op = MESSAGE_RESOLVE, .transport = TRANSPORT_UDP, .subject = "f."};
    const ProbeAsked *asked[5];

    rig_run(it.dns.rig, 100 * SIM_S);
    for (int i = 0; i < 5; i++) {
        asked[i] = probe_call(it.asker, it.resolver, &question, SIM_S);
    }
    rig_run(it.dns.rig, SIM_S);
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(asked[i]->reply.addresses[0], OLD);
    }
    ck_assert_uint_eq(rig_counter(it.dns.rig, "resolver@EU", "upstream_questions"), 1);
    dns_rig_clear(&it.dns);
}
END_TEST

START_TEST(a_farm_flips_between_old_and_new_after_a_change)
{
    One it = one(43, "{ \"resolvers\": 1, \"farm_ratio\": 1, \"farm_size\": 4, "
                     "\"upstream_loss\": 0, " PLAIN " }");
    bool saw_new = false, flipped = false;

    change_now(&it.dns);
    for (int i = 0; i < 60; i++) {
        bool is_new = ask(&it, "f", 1)->reply.addresses[0] == NEW;

        flipped = flipped || (saw_new && !is_new);
        saw_new = saw_new || is_new;
    }
    ck_assert(flipped);
    dns_rig_clear(&it.dns);
}
END_TEST

START_TEST(a_floor_keeps_an_answer_longer_than_its_time_to_live)
{
    One it = one(44, "{ \"resolvers\": 1, \"farm_ratio\": 0, \"upstream_loss\": 0, "
                     "\"small_ratio\": 0, \"medium_ratio\": 1, \"large_ratio\": 0, "
                     "\"sticky_ratio\": 0 }");
    SimSpan ttl;

    rig_run(it.dns.rig, 700 * SIM_S);
    ttl = ask(&it, "f", 1)->reply.time_to_live;
    ck_assert_int_ge(ttl, 300 * SIM_S);
    ck_assert_int_le(ttl, 600 * SIM_S);
    dns_rig_clear(&it.dns);
}
END_TEST

START_TEST(a_cap_lets_no_answer_live_longer)
{
    One it = one(44, "{ \"resolvers\": 1, \"farm_ratio\": 0, \"upstream_loss\": 0, "
                     "\"small_ratio\": 0, \"medium_ratio\": 1, \"large_ratio\": 0, "
                     "\"sticky_ratio\": 0, \"cap\": \"45s\" }");

    rig_run(it.dns.rig, 700 * SIM_S);
    ck_assert_int_eq(ask(&it, "f", 1)->reply.time_to_live, 45 * SIM_S);
    dns_rig_clear(&it.dns);
}
END_TEST

START_TEST(without_route53_a_name_fails_or_is_served_stale)
{
    for (int stale = 0; stale <= 1; stale++) {
        One it = one(45, stale == 1 ? ONE_CACHE ", \"serve_stale_ratio\": 1 }"
                                    : ONE_CACHE ", \"serve_stale_ratio\": 0 }");
        const ProbeAsked *asked;

        rig_run(it.dns.rig, 100 * SIM_S);
        ask(&it, "f", 1);
        rig_down(it.dns.rig, "route53@world", SIM_NEVER);
        rig_run(it.dns.rig, 70 * SIM_S);
        asked = ask(&it, "f", 1);
        ck_assert_int_eq(asked->ended - asked->begun >= 2400 * SIM_MS, 1);
        ck_assert_uint_eq(asked->reply.code, stale == 1 ? DNS_NOERROR : DNS_SERVFAIL);
        ck_assert_uint_eq(asked->reply.count, stale == 1 ? 1 : 0);
        ck_assert_int_eq(asked->reply.time_to_live, stale == 1 ? 30 * SIM_S : 0);
        rig_heal(it.dns.rig);
        ck_assert_uint_eq(ask(&it, "f", 1)->reply.code, DNS_NOERROR);
        dns_rig_clear(&it.dns);
    }
}
END_TEST

/* The answer of 100 s ends at 160 s: at 170 s it is given when 10 s and more are allowed. */
START_TEST(what_expired_long_ago_is_not_served_stale)
{
    static const struct {
        const char *most;
        uint32_t code;
    } rows[] = {{"5s", DNS_SERVFAIL}, {"30s", DNS_NOERROR}};

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *settings = g_strdup_printf(
            "%s, \"serve_stale_ratio\": 1, \"stale_most\": \"%s\" }", ONE_CACHE, rows[i].most);
        One it = one(45, settings);

        rig_run(it.dns.rig, 100 * SIM_S);
        ask(&it, "f", 1);
        rig_down(it.dns.rig, "route53@world", SIM_NEVER);
        rig_run(it.dns.rig, 70 * SIM_S);
        ck_assert_uint_eq(ask(&it, "f", 1)->reply.code, rows[i].code);
        dns_rig_clear(&it.dns);
    }
}
END_TEST

START_TEST(a_restart_empties_the_cache)
{
    One it = one(46, ONE_CACHE " }");

    rig_run(it.dns.rig, 100 * SIM_S);
    ask(&it, "f", 1);
    change_now(&it.dns);
    rig_down(it.dns.rig, "resolver@EU", SIM_S);
    rig_run(it.dns.rig, 2 * SIM_S);
    ck_assert_uint_eq(ask(&it, "f", 1)->reply.addresses[0], NEW);
    dns_rig_clear(&it.dns);
}
END_TEST

START_TEST(a_name_that_does_not_exist_is_kept_as_such)
{
    One it = one(47, ONE_CACHE " }");
    const ProbeAsked *asked;

    rig_run(it.dns.rig, 1000 * SIM_S);
    asked = ask(&it, "nobody.", 1);
    ck_assert_uint_eq(asked->reply.code, DNS_NXDOMAIN);
    ck_assert_int_eq(asked->reply.time_to_live, 900 * SIM_S);
    dns_rig_clear(&it.dns);
}
END_TEST

START_TEST(addresses_go_round_from_answer_to_answer)
{
    One it = one(48, ONE_CACHE " }");
    int first[4] = {0};

    for (int i = 0; i < 300; i++) {
        const ProbeAsked *asked = ask(&it, "three", 1);

        ck_assert_uint_eq(asked->reply.count, 3);
        first[asked->reply.addresses[0] & 0xff]++;
    }
    for (int i = 1; i <= 3; i++) {
        ck_assert_int_ge(first[i], 65);
    }
    dns_rig_clear(&it.dns);
}
END_TEST

START_TEST(the_mix_of_places_has_the_shares_it_says)
{
    ResolverMix mix = {.unmapped_ratio = 0.01,
                       .without_ecs_ratio = 0.03,
                       .foreign_ratio = 0.02,
                       .without_ecs_country_ratio = 0.1,
                       .without_ecs_continent_ratio = 0.01,
                       .foreign_continent_ratio = 0.5,
                       .continent = "EU",
                       .salt = 7};
    int counts[WHENCES] = {0};

    for (uint64_t client = 0; client < 200000; client++) {
        counts[resolver_mix_whence(&mix, client, 0)]++;
    }
    /* 1 %; 1 % and 9 % of 3 %; half of 2 % abroad; nobody "afar" at home; 5 standard deviations */
    ck_assert_int_le(ABS(counts[WHENCE_UNMAPPED] - 2000), 225);
    ck_assert_int_le(ABS(counts[WHENCE_NEAR] - 2540), 255);
    ck_assert_int_le(ABS(counts[WHENCE_AFAR] + counts[WHENCE_AFAR + 2] - 2060), 225);
    ck_assert_int_eq(counts[WHENCE_AFAR + 1], 0);
}
END_TEST

Suite *test_suite(void)
{
    const TTest *const tests[] = {
        an_answer_lives_for_its_time_to_live_and_tells_the_rest,
        the_age_of_an_answer_is_told,
        an_answer_from_before_the_run_has_its_age,
        caches_are_older_than_the_run,
        clients_that_ask_together_share_one_question_upstream,
        a_farm_flips_between_old_and_new_after_a_change,
        a_floor_keeps_an_answer_longer_than_its_time_to_live,
        a_cap_lets_no_answer_live_longer,
        without_route53_a_name_fails_or_is_served_stale,
        what_expired_long_ago_is_not_served_stale,
        a_restart_empties_the_cache,
        a_name_that_does_not_exist_is_kept_as_such,
        addresses_go_round_from_answer_to_answer,
        the_mix_of_places_has_the_shares_it_says,
    };
    Suite *suite = suite_create("resolver");
    TCase *tcase = tcase_create("all");

    tcase_set_timeout(tcase, 180);
    tcase_add_loop_test(tcase, clients_leave_an_old_address_as_the_table_says, 0,
                        (int)G_N_ELEMENTS(staleness));
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
    return suite;
}
