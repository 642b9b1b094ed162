/* test_route53_answer.c - the answer algorithm against the published vectors: "health and
 * choice: the answer algorithm" and the vector of geolocation in the reference of the front door.
 */
#include <string.h>

#include "sim/world/network.h"
#include "tests/support/suite.h"
#include "tests/support/zone_text.h"

#define ADDRESS(last) (0xC0000200u + (last))

typedef struct Fixture {
    HealthChecks *checks;
    Zone *zone;
    bool healthy[HC_COUNT];
    Rng rng;
} Fixture;

static Fixture fixture(Zone *(*make)(const HealthChecks *checks), uint64_t seed)
{
    Fixture fix = {.checks = zone_text_checks()};

    fix.zone = make(fix.checks);
    for (int i = 0; i < HC_COUNT; i++) {
        fix.healthy[i] = true;
    }
    rng_init(&fix.rng, seed, "test/answer");
    return fix;
}

static void fixture_clear(Fixture *fix)
{
    zone_free(fix->zone);
    health_checks_free(fix->checks);
}

static Answer ask(Fixture *fix, const char *name, const char *country)
{
    Question question = {
        .name = name,
        .type = "A",
        .place = {.continent = country != NULL ? dns_place_continent(country) : NULL,
                  .country = country}};

    return route53_answer(fix->zone, &question, fix->healthy, &fix->rng);
}

/* The last number of the one address of the answer; 0 for NODATA, -1 for NXDOMAIN. */
static int ask_one(Fixture *fix, const char *name, const char *country)
{
    Answer answer = ask(fix, name, country);

    if (answer.code == DNS_NXDOMAIN) {
        return -1;
    }
    ck_assert_uint_le(answer.count, 1);
    return answer.count == 1 ? (int)(answer.addresses[0] & 0xff) : 0;
}

/* --- the canonical zone -------------------------------------------------------------------------
 */

static Zone *canonical(const HealthChecks *checks)
{
    return zone_text_file("route53-geo-failover.json", checks);
}

START_TEST(each_continent_gets_its_live_site)
{
    Fixture fix = fixture(canonical, 1);

    ck_assert_int_eq(ask_one(&fix, "app.", "DE"), 31);
    ck_assert_int_eq(ask_one(&fix, "app.", "BR"), 21);
    ck_assert_int_eq(ask_one(&fix, "app.", "JP"), 31);
    ck_assert_int_eq(ask_one(&fix, "app.", NULL), 31);
    for (int i = 0; i < 20; i++) {
        int site = ask_one(&fix, "app.", "CA");

        ck_assert(site == 11 || site == 21);
    }
    fixture_clear(&fix);
}
END_TEST

START_TEST(europe_fails_over_to_london_and_then_to_munich)
{
    Fixture fix = fixture(canonical, 2);

    fix.healthy[HC_DC03] = false;
    ck_assert_int_eq(ask_one(&fix, "app.", "DE"), 41);
    fix.healthy[HC_DCB1] = false;
    ck_assert_int_eq(ask_one(&fix, "app.", "DE"), 51);
    fix.healthy[HC_DCB2] = false;
    /* The europe set is unhealthy now, and so is the default: fail open down the whole tree. */
    ck_assert_int_eq(ask_one(&fix, "app.", "DE"), 31);
    fixture_clear(&fix);
}
END_TEST

START_TEST(south_america_follows_miami_into_north_america)
{
    Fixture fix = fixture(canonical, 3);

    fix.healthy[HC_DC02] = false;
    ck_assert_int_eq(ask_one(&fix, "app.", "BR"), 11);
    fix.healthy[HC_DC01] = false;
    ck_assert_int_eq(ask_one(&fix, "app.", "BR"), 41);
    fixture_clear(&fix);
}
END_TEST

START_TEST(an_answer_has_the_full_time_to_live_of_the_last_target)
{
    Fixture fix = fixture(canonical, 4);
    Answer answer = ask(&fix, "app.", "DE");

    ck_assert_int_eq(answer.ttl_s, 60);
    ck_assert_str_eq(answer.sets[0]->name, "eu.app.");
    fixture_clear(&fix);
}
END_TEST

START_TEST(every_shipped_zone_answers_without_dc03_when_it_is_unhealthy)
{
    static const char *const files[] = {"route53-geo-failover.json", "route53-geo-spread.json",
                                        "route53-four-spread.json", "route53-multi-spread.json"};
    static const char *const countries[] = {"DE", "US", "BR", "JP", "ZA"};

    for (size_t f = 0; f < G_N_ELEMENTS(files); f++) {
        Fixture fix = fixture(canonical, f);

        zone_free(fix.zone);
        fix.zone = zone_text_file(files[f], fix.checks);
        fix.healthy[HC_DC03] = false;
        for (int i = 0; i < 200; i++) {
            Answer answer = ask(&fix, "app.", countries[i % 5]);

            ck_assert_uint_ge(answer.count, 1);
            for (guint k = 0; k < answer.count; k++) {
                ck_assert_uint_ne((answer.addresses[k] & 0xff) / 10, 3);
            }
        }
        fixture_clear(&fix);
    }
}
END_TEST

START_TEST(the_spread_zone_shares_europe_between_montreal_and_miami)
{
    Fixture fix = fixture(canonical, 5);
    int montreal = 0;

    zone_free(fix.zone);
    fix.zone = zone_text_file("route53-geo-spread.json", fix.checks);
    fix.healthy[HC_DC03] = false;
    for (int i = 0; i < 4000; i++) {
        int site = ask_one(&fix, "app.", "DE");

        ck_assert(site == 11 || site == 21);
        montreal += site == 11 ? 1 : 0;
    }
    /* 4 standard deviations of a fair coin */
    ck_assert_int_ge(montreal, 2000 - 127);
    ck_assert_int_le(montreal, 2000 + 127);
    fixture_clear(&fix);
}
END_TEST

/* --- geolocation --------------------------------------------------------------------------------
 */

#define GEO(id, place, last, check)                                                                \
    "{'Name':'g.','Type':'A','SetIdentifier':'" id "','GeoLocation':{" place "},'TTL':60,"         \
    "'HealthCheckId':'" check "','ResourceRecords':[{'Value':'192.0.2." last "'}]}"

#define GEO_THREE                                                                                  \
    GEO("na", "'ContinentCode':'NA'", "1", "a")                                                    \
    "," GEO("sa", "'ContinentCode':'SA'", "2", "b") "," GEO("eu", "'ContinentCode':'EU'", "3", "c")

static Zone *geo_default(const HealthChecks *checks)
{
    return zone_text_read(GEO_THREE "," GEO("any", "'CountryCode':'*'", "4", "d"), checks);
}

static Zone *geo_bare(const HealthChecks *checks)
{
    return zone_text_read(GEO_THREE, checks);
}

static Zone *geo_nested(const HealthChecks *checks)
{
    return zone_text_read(GEO("any", "'CountryCode':'*'", "4", "d") "," GEO(
                              "na", "'ContinentCode':'NA'", "1",
                              "a") "," GEO("us", "'CountryCode':'US'", "2",
                                           "b") "," GEO("ny",
                                                        "'CountryCode':'US','SubdivisionCode':"
                                                        "'NY'",
                                                        "3", "c"),
                          checks);
}

START_TEST(an_unhealthy_continent_falls_to_the_default_and_then_opens)
{
    Fixture fix = fixture(geo_default, 6);

    fix.healthy[HC_B] = false;
    ck_assert_int_eq(ask_one(&fix, "g.", "BR"), 4);
    fix.healthy[HC_D] = false;
    ck_assert_int_eq(ask_one(&fix, "g.", "BR"), 2);
    ck_assert_int_eq(ask_one(&fix, "g.", "KE"), 4);
    fixture_clear(&fix);
}
END_TEST

START_TEST(a_place_without_record_and_default_gets_nodata)
{
    Fixture fix = fixture(geo_bare, 7);
    Answer answer = ask(&fix, "g.", "KE");

    ck_assert_uint_eq(answer.code, DNS_NOERROR);
    ck_assert_uint_eq(answer.count, 0);
    ck_assert_int_eq(answer.ttl_s, 900);
    fix.healthy[HC_B] = false;
    ck_assert_int_eq(ask_one(&fix, "g.", "BR"), 2);
    fixture_clear(&fix);
}
END_TEST

START_TEST(the_most_specific_place_wins_and_the_enclosing_one_follows)
{
    Fixture fix = fixture(geo_nested, 8);
    Question question = {.name = "g.", .type = "A", .place = {"NA", "US", "NY"}};

    for (int i = 3; i >= 0; i--) {
        static const int order[] = {4, 1, 2, 3};
        Answer answer = route53_answer(fix.zone, &question, fix.healthy, &fix.rng);

        ck_assert_uint_eq(answer.addresses[0], ADDRESS((uint32_t)order[i]));
        fix.healthy[i == 3 ? HC_C : i == 2 ? HC_B : HC_A] = false;
    }
    ck_assert_int_eq(ask_one(&fix, "g.", "FR"), 4);
    fixture_clear(&fix);
}
END_TEST

/* --- weights, failover, latency, multivalue ------------------------------------------------------
 */

#define WEIGHTED(id, weight, last, check)                                                          \
    "{'Name':'w.','Type':'A','SetIdentifier':'" id "','Weight':" weight ",'TTL':60,"               \
    "'HealthCheckId':'" check "','ResourceRecords':[{'Value':'192.0.2." last "'}]}"

static Zone *weighted(const HealthChecks *checks)
{
    return zone_text_read(
        WEIGHTED("x", "30", "1", "a") "," WEIGHTED("y", "10", "2", "b") "," WEIGHTED(
            "z", "0", "3", "c") "," WEIGHTED("zz", "0", "4", "d"),
        checks);
}

static Zone *all_zero(const HealthChecks *checks)
{
    return zone_text_read(WEIGHTED("x", "0", "1", "a") "," WEIGHTED("y", "0", "2", "b"), checks);
}

static void count_answers(Fixture *fix, const char *name, int draws, int counts[6])
{
    memset(counts, 0, 6 * sizeof counts[0]);
    for (int i = 0; i < draws; i++) {
        counts[ask_one(fix, name, "DE")]++;
    }
}

START_TEST(weights_share_as_their_numbers_say)
{
    Fixture fix = fixture(weighted, 9);
    int counts[6];

    count_answers(&fix, "w.", 8000, counts);
    /* 0.75 of 8000, 4 standard deviations of 39 */
    ck_assert_int_ge(counts[1], 6000 - 155);
    ck_assert_int_le(counts[1], 6000 + 155);
    ck_assert_int_eq(counts[1] + counts[2], 8000);
    fixture_clear(&fix);
}
END_TEST

START_TEST(zero_weight_answers_only_when_the_others_are_unhealthy)
{
    Fixture fix = fixture(weighted, 10);
    int counts[6];

    fix.healthy[HC_A] = fix.healthy[HC_B] = false;
    count_answers(&fix, "w.", 2000, counts);
    ck_assert_int_eq(counts[3] + counts[4], 2000);
    ck_assert_int_ge(counts[3], 1000 - 90);
    ck_assert_int_le(counts[3], 1000 + 90);
    /* nobody is healthy: the weights count again */
    fix.healthy[HC_C] = fix.healthy[HC_D] = false;
    count_answers(&fix, "w.", 2000, counts);
    ck_assert_int_eq(counts[1] + counts[2], 2000);
    fixture_clear(&fix);
}
END_TEST

START_TEST(weights_that_are_all_zero_are_equal)
{
    Fixture fix = fixture(all_zero, 11);
    int counts[6];

    count_answers(&fix, "w.", 2000, counts);
    ck_assert_int_ge(counts[1], 1000 - 90);
    ck_assert_int_le(counts[1], 1000 + 90);
    fixture_clear(&fix);
}
END_TEST

#define SIDE(side, last, check)                                                                    \
    "{'Name':'f.','Type':'A','SetIdentifier':'" side "','Failover':'" side "','TTL':60,"           \
    "'HealthCheckId':'" check "','ResourceRecords':[{'Value':'192.0.2." last "'}]}"

static Zone *failover(const HealthChecks *checks)
{
    return zone_text_read(SIDE("SECONDARY", "2", "b") "," SIDE("PRIMARY", "1", "a"), checks);
}

START_TEST(failover_answers_the_primary_unless_only_the_secondary_is_healthy)
{
    Fixture fix = fixture(failover, 12);

    for (int state = 0; state < 4; state++) {
        fix.healthy[HC_A] = (state & 1) != 0;
        fix.healthy[HC_B] = (state & 2) != 0;
        ck_assert_int_eq(ask_one(&fix, "f.", "DE"), state == 2 ? 2 : 1);
    }
    fixture_clear(&fix);
}
END_TEST

#define NEAR(region, last, check)                                                                  \
    "{'Name':'l.','Type':'A','SetIdentifier':'" region "','Region':'" region "','TTL':60,"         \
    "'HealthCheckId':'" check "','ResourceRecords':[{'Value':'192.0.2." last "'}]}"

static Zone *latency(const HealthChecks *checks)
{
    return zone_text_read(NEAR("ca-central-1", "1", "a") "," NEAR("us-east-1", "2", "b") "," NEAR(
                              "eu-central-1", "3", "c"),
                          checks);
}

static SimSpan latency_from_berlin(void *context, const char *region)
{
    (void)context;
    return g_str_equal(region, "eu-central-1") ? 12 * SIM_MS
           : g_str_equal(region, "us-east-1")  ? 124 * SIM_MS
                                               : 98 * SIM_MS;
}

START_TEST(latency_answers_the_nearest_healthy_region)
{
    Fixture fix = fixture(latency, 13);
    Question question = {.name = "l.", .type = "A", .latency = latency_from_berlin};
    static const uint32_t order[] = {3, 1, 2, 3};
    static const int checks[] = {HC_C, HC_A, HC_B, HC_B};

    for (int i = 0; i < 4; i++) {
        Answer answer = route53_answer(fix.zone, &question, fix.healthy, &fix.rng);

        ck_assert_uint_eq(answer.addresses[0], ADDRESS(order[i]));
        fix.healthy[checks[i]] = false;
    }
    fixture_clear(&fix);
}
END_TEST

static Zone *multivalue_of(const HealthChecks *checks, int count)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (int i = 1; i <= count; i++) {
        g_string_append_printf(text,
                               "%s{'Name':'m.','Type':'A','SetIdentifier':'%d',"
                               "'MultiValueAnswer':true,'TTL':60,'HealthCheckId':'%s',"
                               "'ResourceRecords':[{'Value':'192.0.2.%d'}]}",
                               i > 1 ? "," : "", i, i % 2 == 0 ? "a" : "b", i);
    }
    return zone_text_read(text->str, checks);
}

static Zone *multivalue_three(const HealthChecks *checks)
{
    return multivalue_of(checks, 3);
}

static Zone *multivalue_twelve(const HealthChecks *checks)
{
    return multivalue_of(checks, 12);
}

START_TEST(multivalue_answers_all_healthy_sets_in_random_order)
{
    Fixture fix = fixture(multivalue_three, 14);
    int first[4] = {0};

    for (int i = 0; i < 3000; i++) {
        Answer answer = ask(&fix, "m.", "DE");

        ck_assert_uint_eq(answer.count, 3);
        first[answer.addresses[0] & 0xff]++;
    }
    for (int i = 1; i <= 3; i++) {
        ck_assert_int_ge(first[i], 1000 - 104);
        ck_assert_int_le(first[i], 1000 + 104);
    }
    fix.healthy[HC_B] = false;
    ck_assert_int_eq(ask_one(&fix, "m.", "DE"), 2);
    fix.healthy[HC_A] = false;
    ck_assert_uint_eq(ask(&fix, "m.", "DE").count, 3);
    fixture_clear(&fix);
}
END_TEST

START_TEST(multivalue_answers_eight_different_ones_at_most)
{
    Fixture fix = fixture(multivalue_twelve, 15);
    int seen[13] = {0};

    for (int i = 0; i < 1800; i++) {
        Answer answer = ask(&fix, "m.", "DE");
        unsigned mask = 0;

        ck_assert_uint_eq(answer.count, 8);
        for (guint k = 0; k < 8; k++) {
            mask |= 1u << (answer.addresses[k] & 0xff);
            seen[answer.addresses[k] & 0xff]++;
        }
        ck_assert_int_eq(__builtin_popcount(mask), 8);
    }
    for (int i = 1; i <= 12; i++) {
        ck_assert_int_ge(seen[i], 1200 - 80);
        ck_assert_int_le(seen[i], 1200 + 80);
    }
    fixture_clear(&fix);
}
END_TEST

/* --- names --------------------------------------------------------------------------------------
 */

static Zone *names(const HealthChecks *checks)
{
    return zone_text_read(
        "{'Name':'x.','Type':'SOA','TTL':900,'ResourceRecords':[{'Value':'ns. h. 1 2 3 4 300'}]},"
        "{'Name':'\\\\052.x.','Type':'A','TTL':60,'ResourceRecords':[{'Value':'192.0.2.9'}]},"
        "{'Name':'t.x','Type':'TXT','TTL':60,'ResourceRecords':[{'Value':'\\'hello\\''}]},"
        "{'Name':'Www.X.','Type':'CNAME','TTL':30,'ResourceRecords':[{'Value':'s.x'}]},"
        "{'Name':'loop.x.','Type':'CNAME','TTL':30,'ResourceRecords':[{'Value':'loop.x.'}]},"
        "{'Name':'s.x.','Type':'A','TTL':60,'ResourceRecords':[{'Value':'192.0.2.5'},"
        "{'Value':'192.0.2.6'}]},"
        "{'Name':'a.b.x.','Type':'A','TTL':60,'ResourceRecords':[{'Value':'192.0.2.7'}]}",
        checks);
}

START_TEST(a_name_that_does_not_exist_is_nxdomain_and_one_without_the_type_is_nodata)
{
    Fixture fix = fixture(names, 16);

    ck_assert_int_eq(ask_one(&fix, "y.", "DE"), -1);
    ck_assert_int_eq(ask(&fix, "y.", "DE").ttl_s, 300);
    ck_assert_int_eq(ask_one(&fix, "t.x.", "DE"), 0);
    ck_assert_int_eq(ask_one(&fix, "x.", "DE"), 0);
    /* stands between names only */
    ck_assert_int_eq(ask_one(&fix, "b.x.", "DE"), 0);
    fixture_clear(&fix);
}
END_TEST

START_TEST(a_wildcard_answers_for_names_that_do_not_exist_below_the_nearest_one)
{
    Fixture fix = fixture(names, 17);

    ck_assert_int_eq(ask_one(&fix, "nobody.x.", "DE"), 9);
    ck_assert_int_eq(ask_one(&fix, "far.off.x.", "DE"), 9);
    ck_assert_int_eq(ask_one(&fix, "c.b.x.", "DE"), -1);
    fixture_clear(&fix);
}
END_TEST

START_TEST(a_cname_leads_on_with_the_shorter_time_to_live)
{
    Fixture fix = fixture(names, 18);
    Answer answer = ask(&fix, "www.x.", "DE");

    ck_assert_uint_eq(answer.count, 2);
    ck_assert_int_eq(answer.ttl_s, 30);
    ck_assert_uint_eq(ask(&fix, "loop.x.", "DE").code, DNS_SERVFAIL);
    fixture_clear(&fix);
}
END_TEST

START_TEST(a_simple_record_gives_its_values_in_random_order)
{
    Fixture fix = fixture(names, 19);
    int first = 0;

    for (int i = 0; i < 2000; i++) {
        Answer answer = ask(&fix, "s.x.", "DE");

        ck_assert_uint_eq(answer.count, 2);
        first += answer.addresses[0] == ADDRESS(5) ? 1 : 0;
    }
    ck_assert_int_ge(first, 1000 - 90);
    ck_assert_int_le(first, 1000 + 90);
    fixture_clear(&fix);
}
END_TEST

static Zone *unevaluated(const HealthChecks *checks)
{
    return zone_text_read(
        "{'Name':'f.','Type':'A','SetIdentifier':'p','Failover':'PRIMARY','AliasTarget':"
        "{'HostedZoneId':'Z','DNSName':'t.','EvaluateTargetHealth':false}},"
        "{'Name':'f.','Type':'A','SetIdentifier':'s','Failover':'SECONDARY','TTL':60,"
        "'ResourceRecords':[{'Value':'192.0.2.2'}]},"
        "{'Name':'t.','Type':'A','SetIdentifier':'w','Weight':1,'TTL':60,'HealthCheckId':'a',"
        "'ResourceRecords':[{'Value':'192.0.2.1'}]}",
        checks);
}

START_TEST(an_alias_that_does_not_evaluate_its_target_is_always_healthy)
{
    Fixture fix = fixture(unevaluated, 20);

    fix.healthy[HC_A] = false;
    ck_assert_int_eq(ask_one(&fix, "f.", "DE"), 1);
    fixture_clear(&fix);
}
END_TEST

Suite *test_suite(void)
{
    const TTest *const tests[] = {
        each_continent_gets_its_live_site,
        europe_fails_over_to_london_and_then_to_munich,
        south_america_follows_miami_into_north_america,
        an_answer_has_the_full_time_to_live_of_the_last_target,
        every_shipped_zone_answers_without_dc03_when_it_is_unhealthy,
        the_spread_zone_shares_europe_between_montreal_and_miami,
        an_unhealthy_continent_falls_to_the_default_and_then_opens,
        a_place_without_record_and_default_gets_nodata,
        the_most_specific_place_wins_and_the_enclosing_one_follows,
        weights_share_as_their_numbers_say,
        zero_weight_answers_only_when_the_others_are_unhealthy,
        weights_that_are_all_zero_are_equal,
        failover_answers_the_primary_unless_only_the_secondary_is_healthy,
        latency_answers_the_nearest_healthy_region,
        multivalue_answers_all_healthy_sets_in_random_order,
        multivalue_answers_eight_different_ones_at_most,
        a_name_that_does_not_exist_is_nxdomain_and_one_without_the_type_is_nodata,
        a_wildcard_answers_for_names_that_do_not_exist_below_the_nearest_one,
        a_cname_leads_on_with_the_shorter_time_to_live,
        a_simple_record_gives_its_values_in_random_order,
        an_alias_that_does_not_evaluate_its_target_is_always_healthy,
    };
    Suite *suite = suite_create("route53_answer");
    TCase *tcase = tcase_create("all");

    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
    return suite;
}
