/* test_route53_warn.c - zones that AWS takes and that leave somebody without an answer. */
#include "tests/support/dns_rig.h"
#include "tests/support/suite.h"

#include <string.h>

#define GEO(name, id, place, address)                                                              \
    "{'Name':'" name "','Type':'A','SetIdentifier':'" id "','GeoLocation':{" place "},'TTL':60,"   \
    "'ResourceRecords':[{'Value':'" address "'}]}"

/* What is said about a zone where clients are in France, Brazil and Japan. Caller frees. */
static char *said_about_both(const char *sets, const char *checks)
{
    static const char *const regions[][2] = {{"Europe", "FR"}, {"Brazil", "BR"}, {"Japan", "JP"}};
    DnsRig dns = dns_rig_new(1, sets, checks);
    char *said;

    for (size_t i = 0; i < G_N_ELEMENTS(regions); i++) {
        rig_site_of(dns.rig, regions[i][0], SITE_REGION)->country = regions[i][1];
    }
    rig_link_all(dns.rig, "50ms");
    dns_rig_serve(&dns, "");
    rig_start(dns.rig);
    said = diag_list_to_text(dns.rig->diags);
    dns_rig_clear(&dns);
    return said;
}

static char *said_about(const char *sets)
{
    return said_about_both(sets, "");
}

START_TEST(a_zone_for_all_is_right)
{
    g_autofree char *said =
        said_about(GEO("f.", "eu", "'ContinentCode':'EU'",
                       "192.0.2.31") "," GEO("f.", "all", "'CountryCode':'*'", "192.0.2.31"));

    ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(without_a_default_it_is_told_who_gets_nodata)
{
    g_autofree char *said =
        said_about(GEO("f.", "eu", "'ContinentCode':'EU'",
                       "192.0.2.31") "," GEO("f.", "br", "'CountryCode':'BR'", "192.0.2.31"));

    ck_assert_msg(strstr(said, "zone.json:1:") != NULL && strstr(said, "warning: ") != NULL, "%s",
                  said);
    ck_assert_msg(strstr(said,
                         "'f.' type A: no default record (\"CountryCode\": \"*\"): NODATA for "
                         "clients whose address no table knows, region 'Japan'\n") != NULL,
                  "%s", said);
}
END_TEST

START_TEST(a_state_of_the_us_serves_no_whole_country)
{
    g_autofree char *said =
        said_about(GEO("f.", "ny", "'CountryCode':'US','SubdivisionCode':'NY'", "192.0.2.31"));

    ck_assert_msg(strstr(said, "region 'Europe', region 'Brazil', region 'Japan'") != NULL, "%s",
                  said);
}
END_TEST

/* Clients in New York and in the rest of the USA; a record for New York's state only. */
START_TEST(a_state_of_the_us_serves_its_own_region)
{
    DnsRig dns = dns_rig_new(
        1, GEO("f.", "ny", "'CountryCode':'US','SubdivisionCode':'NY'", "192.0.2.31"), "");
    static const char *const states[] = {"NY", "CA"};

    for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
        Site *site = rig_site_of(dns.rig, states[i], SITE_REGION);

        site->country = "US";
        site->subdivision = states[i];
    }
    rig_link_all(dns.rig, "50ms");
    dns_rig_serve(&dns, "");
    rig_start(dns.rig);
    g_autofree char *said = diag_list_to_text(dns.rig->diags);

    ck_assert_msg(strstr(said, "no table knows, region 'CA'\n") != NULL, "%s", said);
    dns_rig_clear(&dns);
}
END_TEST

/* A quota that AWS raises on request. */
START_TEST(more_checks_than_an_account_has_are_told)
{
    g_autoptr(GString) checks = g_string_new(NULL);

    for (int i = 0; i < 200 + _i; i++) {
        g_string_append_printf(checks,
                               "%s{'Id':'c%d','HealthCheckConfig':{'Type':'TCP','Port':80,"
                               "'IPAddress':'192.0.2.31'}}",
                               i > 0 ? "," : "", i);
    }
    g_autofree char *said = said_about_both("{'Name':'f.','Type':'A','TTL':60,"
                                            "'ResourceRecords':[{'Value':'192.0.2.31'}]}",
                                            checks->str);

    ck_assert_int_eq(strstr(said, "there are 201 health checks; AWS takes 200") != NULL, _i == 1);
}
END_TEST

START_TEST(addresses_of_no_host_are_listed_once)
{
    g_autofree char *said = said_about("{'Name':'f.','Type':'A','TTL':60,'ResourceRecords':["
                                       "{'Value':'192.0.2.31'},{'Value':'192.0.2.98'},"
                                       "{'Value':'192.0.2.99'}]},"
                                       "{'Name':'g.','Type':'A','TTL':60,'ResourceRecords':["
                                       "{'Value':'192.0.2.99'}]}");

    ck_assert_msg(strstr(said, "warning: no host of this scenario has these addresses of the zone: "
                               "192.0.2.98 (f.), 192.0.2.99 (f.)\n") != NULL,
                  "%s", said);
}
END_TEST

/* 61 s with a check is told, once a group; 60 s, and hours without a check, are not. */
START_TEST(a_checked_record_that_is_kept_for_long_is_told)
{
    static const char *const checked = "'HealthCheckId':'c'";
    static const char *const rows[][2] = {
        {"61", checked}, {"60", checked}, {"86400", "'Comment':1"}};

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *sets =
            g_strdup_printf("{'Name':'f.','Type':'A','TTL':%s,'SetIdentifier':'a','Weight':1,%s,"
                            "'ResourceRecords':[{'Value':'192.0.2.31'}]},"
                            "{'Name':'f.','Type':'A','TTL':%s,'SetIdentifier':'b','Weight':1,%s,"
                            "'ResourceRecords':[{'Value':'192.0.2.31'}]}",
                            rows[i][0], rows[i][1], rows[i][0], rows[i][1]);
        g_autofree char *said = said_about_both(
            sets, "{'Id':'c','HealthCheckConfig':{'Type':'TCP','Port':80,'IPAddress':"
                  "'192.0.2.31'}}");
        const char *told = strstr(said, "'f.' type A: a time to live of 61 s with a health check");

        ck_assert_msg((told != NULL) == (i == 0), "%s", said);
        ck_assert(told == NULL || strstr(told + 1, "'f.' type A: a") == NULL);
    }
}
END_TEST

Suite *test_suite(void)
{
    const TTest *const tests[] = {
        a_zone_for_all_is_right,
        without_a_default_it_is_told_who_gets_nodata,
        a_state_of_the_us_serves_no_whole_country,
        a_state_of_the_us_serves_its_own_region,
        addresses_of_no_host_are_listed_once,
        a_checked_record_that_is_kept_for_long_is_told,
    };
    Suite *suite = suite_create("route53_warn");
    TCase *tcase = tcase_create("all");

    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    tcase_add_loop_test(tcase, more_checks_than_an_account_has_are_told, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
