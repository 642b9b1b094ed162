/* test_route53_near.c - geoproximity and IP-based routing: distances, bias, prefixes. */
#include <glib/gstdio.h>
#include <string.h>

#include "models/dns/geo_distance.h"
#include "models/dns/route53.h"
#include "tests/support/dns_rig.h"
#include "tests/support/suite.h"
#include "tests/support/zone_text.h"

/* Great circles in degrees (1 degree: 111.2 km): quarter and half of the globe, and cities. */
START_TEST(distances_are_those_of_great_circles)
{
    GeoPoint pole = {90, 0}, equator = {0, 0}, opposite = {0, 180};
    GeoPoint london = {51.5, -0.1}, new_york = {40.7, -74.0}, tokyo = {35.7, 139.7};

    ck_assert_double_eq_tol(geo_distance(pole, equator), 90, 1e-9);
    ck_assert_double_eq_tol(geo_distance(equator, opposite), 180, 1e-5);
    ck_assert_double_eq_tol(geo_distance(london, london), 0, 1e-9);
    ck_assert_double_eq_tol(geo_distance(london, new_york) * 111.195, 5570, 15);
    ck_assert_double_eq_tol(geo_distance(new_york, tokyo) * 111.195, 10850, 25);
    ck_assert_double_eq_tol(geo_distance((GeoPoint){0, 179}, (GeoPoint){0, -179}), 2, 1e-9);
}
END_TEST

START_TEST(each_region_of_the_list_has_a_place)
{
    for (int i = 0; geo_regions[i] != NULL; i++) {
        GeoPoint point = {99, 0};

        ck_assert(geo_find_region(geo_regions[i], &point));
        ck_assert_double_le(point.latitude, 90);
    }
}
END_TEST

#define NEAR(id, region, bias, address)                                                            \
    "{'Name':'x.','Type':'A','SetIdentifier':'" id                                                 \
    "','GeoProximityLocation':{'AWSRegion':'" region "','Bias':" bias                              \
    "},'TTL':60,'HealthCheckId':'" id "','ResourceRecords':[{'Value':'" address "'}]}"

/* The last byte of the address that a country is told. */
static uint32_t told(const Zone *zone, const char *country, const bool *healthy)
{
    Rng rng;
    Question question = {.name = "x.",
                         .type = "A",
                         .place = {.country = country, .continent = dns_place_continent(country)}};
    Answer answer;

    rng_init(&rng, 1, "test/near");
    answer = route53_answer(zone, &question, healthy, &rng);
    ck_assert_uint_eq(answer.count, 1);
    return answer.addresses[0] & 255;
}

START_TEST(the_nearest_healthy_place_answers)
{
    g_autoptr(HealthChecks) checks = zone_text_checks();
    g_autoptr(Zone) zone = zone_text_read(
        NEAR("a", "us-east-1", "0", "192.0.2.1") "," NEAR("b", "eu-central-1", "0", "192.0.2.2"),
        checks);
    bool healthy[HC_COUNT];

    memset(healthy, true, sizeof healthy);
    ck_assert_uint_eq(told(zone, "FR", healthy), 2);
    ck_assert_uint_eq(told(zone, "MX", healthy), 1);
    ck_assert_uint_eq(told(zone, "KE", healthy), 2);
    healthy[HC_B] = false;
    ck_assert_uint_eq(told(zone, "FR", healthy), 1);
    healthy[HC_A] = false; /* none is healthy: all are */
    ck_assert_uint_eq(told(zone, "FR", healthy), 2);
}
END_TEST

/* Paris to Frankfurt is 4.3 degrees, to Dublin 7.0: with a bias of 50 Dublin seems to be 3.5 away,
 * with one of -50 Frankfurt 8.6. */
START_TEST(a_bias_draws_askers_in_and_a_negative_one_keeps_them_off)
{
    static const struct {
        const char *frankfurt, *dublin;
        uint32_t told;
    } cases[] = {{"0", "0", 1}, {"0", "50", 2}, {"0", "30", 1}, {"-50", "0", 2}, {"-30", "0", 1}};
    g_autoptr(HealthChecks) checks = zone_text_checks();
    bool healthy[HC_COUNT];

    memset(healthy, true, sizeof healthy);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *sets = g_strdup_printf(
            "{'Name':'x.','Type':'A','SetIdentifier':'f','GeoProximityLocation':{'AWSRegion':"
            "'eu-central-1','Bias':%s},'TTL':60,'ResourceRecords':[{'Value':'192.0.2.1'}]},"
            "{'Name':'x.','Type':'A','SetIdentifier':'d','GeoProximityLocation':{'Coordinates':"
            "{'Latitude':'53.3','Longitude':'-6.3'},'Bias':%s},'TTL':60,'ResourceRecords':["
            "{'Value':'192.0.2.2'}]}",
            cases[i].frankfurt, cases[i].dublin);
        g_autoptr(Zone) zone = zone_text_read(sets, checks);

        ck_assert_uint_eq(told(zone, "FR", healthy), cases[i].told);
    }
}
END_TEST

/* --- IP-based -----------------------------------------------------------------------------------
 */

#define BLOCK(id, location, address)                                                               \
    "{'Name':'x.','Type':'A','SetIdentifier':'" id "','CidrRoutingConfig':{'CollectionId':'c',"    \
    "'LocationName':'" location "'},'TTL':60,'ResourceRecords':[{'Value':'" address "'}]}"

static char *write_collection(const DnsRig *dns)
{
    char *path = g_build_filename(dns->directory, "blocks.json", NULL);

    ck_assert(g_file_set_contents(
        path,
        "{\"CidrBlocks\":[{\"CidrBlock\":\"203.0.0.0/16\",\"LocationName\":\"wide\"},"
        "{\"CidrBlock\":\"203.0.113.0/24\",\"LocationName\":\"narrow\"}]}",
        -1, NULL));
    return path;
}

START_TEST(the_longest_prefix_answers_and_the_default_all_others)
{
    static const char *const regions[] = {"EU", "NA", "AS", "SA"};
    static const uint32_t wanted[] = {2, 1, 3, 3};
    DnsRig dns = dns_rig_new(1,
                             BLOCK("w", "wide", "192.0.2.1") "," BLOCK(
                                 "n", "narrow", "192.0.2.2") "," BLOCK("d", "*", "192.0.2.3"),
                             "");
    g_autofree char *path = write_collection(&dns);
    g_autofree char *settings =
        g_strdup_printf(",'cidr_collections':{'c':'%s'},'client_blocks':{'EU':'203.0.113.0/25',"
                        "'NA':'203.0.7.0/24','AS':'198.51.100.0/24'}",
                        path);
    Site *sites[G_N_ELEMENTS(regions)];

    for (size_t i = 0; i < G_N_ELEMENTS(regions); i++) {
        sites[i] = rig_site_of(dns.rig, regions[i], SITE_REGION);
    }
    rig_link_all(dns.rig, "10ms");
    dns_rig_serve(&dns, settings);
    rig_start(dns.rig);
    for (size_t i = 0; i < G_N_ELEMENTS(regions); i++) {
        Route53Query query = {.name = "x.", .region = sites[i]};
        Answer answer;

        route53_ask(dns.route53, &query, &answer);
        ck_assert_uint_eq(answer.count, 1);
        ck_assert_uint_eq(answer.addresses[0] & 255, wanted[i]);
    }
    g_remove(path);
    dns_rig_clear(&dns);
}
END_TEST

START_TEST(without_a_default_location_the_others_get_nodata)
{
    g_autoptr(HealthChecks) checks = zone_text_checks();
    g_autoptr(Zone) zone = zone_text_read(BLOCK("w", "wide", "192.0.2.1"), checks);
    bool healthy[HC_COUNT] = {false};
    Rng rng;
    Answer answer;

    rng_init(&rng, 1, "test/near");
    answer = route53_answer(zone, &(Question){.name = "x.", .type = "A"}, healthy, &rng);
    ck_assert_uint_eq(answer.code, 0);
    ck_assert_uint_eq(answer.count, 0);
}
END_TEST

Suite *test_suite(void)
{
    const TTest *const tests[] = {
        distances_are_those_of_great_circles,
        each_region_of_the_list_has_a_place,
        the_nearest_healthy_place_answers,
        a_bias_draws_askers_in_and_a_negative_one_keeps_them_off,
        the_longest_prefix_answers_and_the_default_all_others,
        without_a_default_location_the_others_get_nodata,
    };
    Suite *suite = suite_create("route53_near");
    TCase *tcase = tcase_create("all");

    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
    return suite;
}
