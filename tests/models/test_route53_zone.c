/* test_route53_zone.c - zones and health checks out of AWS CLI JSON: what is read, what is refused
 * and how, and what a change batch makes of a zone. */
#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/zone_text.h"

/* Each row: record sets with ' for ", and what must be said of them. */
typedef struct Bad {
    const char *sets, *said;
} Bad;

#define A(extra) "{'Name':'x.','Type':'A'," extra "}"
#define VALUE "'TTL':60,'ResourceRecords':[{'Value':'192.0.2.1'}]"
#define ALIAS(to)                                                                                  \
    "'AliasTarget':{'HostedZoneId':'Z','DNSName':'" to "','EvaluateTargetHealth':true}"
#define LABEL_OF_64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID(id) "'SetIdentifier':'" id "',"

static const Bad bad_zones[] = {
    {A(ID("a") "'Weight':1," VALUE) ",\n" A(ID("b") "'Failover':'SECONDARY'," VALUE),
     "zone.json:3:1: error: 'x.' type A, set 'b': routing policies weighted and failover cannot "
     "share a name and type; point an alias record to another name\n"},
    {A(VALUE) ",\n" A(VALUE),
     "zone.json:3:1: error: 'x.' type A: a name and type have one simple record set; give several "
     "values in it or choose a routing policy\n"},
    {A("'Weight':1," VALUE), "zone.json:2:1: error: 'SetIdentifier' is required with every routing "
                             "policy but simple\n"},
    {A(ID("a") VALUE), "zone.json:2:25: error: 'SetIdentifier' needs one of 'Weight', 'Region', "
                       "'Failover', 'GeoLocation', 'MultiValueAnswer', 'GeoProximityLocation', "
                       "'CidrRoutingConfig'\n"},
    {A(ID("a") "'Weight':256," VALUE),
     "zone.json:2:54: error: 'Weight' must be a whole number from 0 to 255\n"},
    {A(ID("a") "'Weight':1,'Region':'us-east-1'," VALUE),
     "zone.json:2:56: error: 'Weight' and 'Region' cannot stand in one record set\n"},
    {A(ID("a") "'Weight':1," VALUE) ",\n" A(ID("a") "'Weight':1," VALUE),
     "zone.json:3:1: error: 'x.' type A, set 'a': the same 'SetIdentifier' stands twice for this "
     "name and type\n"},
    {A(ID("a") "'Region':'us-east-1'," VALUE) ",\n" A(ID("b") "'Region':'us-east-1'," VALUE),
     "zone.json:3:1: error: 'x.' type A, set 'b': the same 'Region' stands twice; a region may "
     "occur once in a name and type\n"},
    {A(ID("a") "'GeoLocation':{'ContinentCode':'EU'}," VALUE) ",\n" A(
         ID("b") "'GeoLocation':{'ContinentCode':'EU'}," VALUE),
     "zone.json:3:1: error: 'x.' type A, set 'b': the same 'GeoLocation' stands twice\n"},
    {A(ID("a") "'GeoLocation':{'ContinentCode':'EU','CountryCode':'DE'}," VALUE),
     "zone.json:2:59: error: 'ContinentCode' cannot stand beside 'CountryCode' or "
     "'SubdivisionCode'\n"},
    {A(ID("a") "'GeoLocation':{'ContinentCode':'EUR'}," VALUE),
     "zone.json:2:76: error: 'ContinentCode' cannot be 'EUR'; did you mean 'EU'?\n"},
    {A(ID("a") "'Failover':'PRIMARY','HealthCheckId':'a'," VALUE) ",\n" A(
         ID("b") "'Failover':'PRIMARY','HealthCheckId':'a'," VALUE),
     "zone.json:3:1: error: 'x.' type A, set 'b': a name and type have one 'PRIMARY' and one "
     "'SECONDARY' at most\n"},
    {A(ID("a") "'MultiValueAnswer':true," ALIAS("x.")),
     "zone.json:2:69: error: a multivalue answer record cannot be an alias\n"},
    {A("'TTL':60," ALIAS("y.")),
     "zone.json:2:25: error: 'TTL' cannot stand beside 'AliasTarget'; an alias answers as its "
     "target does\n"},
    {A("'TTL':60"), "zone.json:2:1: error: 'ResourceRecords' (at least one) or 'AliasTarget' is "
                    "required\n"},
    {A("'ResourceRecords':[{'Value':'192.0.2.1'}]"), "zone.json:2:1: error: 'TTL' is required\n"},
    {A("'TTL':60,'ResourceRecords':[{'Value':'192.0.2.256'}]"),
     "zone.json:2:62: error: '192.0.2.256' is no IPv4 address, like \"192.0.2.11\"\n"},
    {A(ALIAS("y.")), "zone.json:2:1: error: 'x.' type A: alias target 'y.' has no records of type "
                     "A in this zone\n"},
    {A(ALIAS("y.")) ",\n{'Name':'y.','Type':'A'," ALIAS("x.") "}",
     "zone.json:3:1: error: 'y.' type A: alias target 'x.' closes a loop of aliases\n"},
    {A("'HealthCheckId':'hc-dc04'," VALUE), "zone.json:2:1: error: 'x.' type A: health check "
                                            "'hc-dc04' names nothing; did you mean 'hc-dc01'?\n"},
    {A(ID("a") "'Weight':1," VALUE) ",\n" A(
         ID("b") "'Weight':1,'TTL':30,'ResourceRecords':[{'Value':'192.0.2.1'}]"),
     "zone.json:3:1: error: 'x.' type A, set 'b': all weighted sets of a name and type must have "
     "the same 'TTL'\n"},
    {A(ID("a") "'CidrRoutingConfig':{'LocationName':'x'}," VALUE),
     "zone.json:2:65: error: 'CollectionId' is required\n"},
    {A(ID("a") "'GeoProximityLocation':{'AWSRegion':'eu-centrall-1'}," VALUE),
     "zone.json:2:81: error: unknown region 'eu-centrall-1'; did you mean 'eu-central-1'?\n"},
    {A(ID("a") "'GeoProximityLocation':{'AWSRegion':'eu-west-1','Bias':100}," VALUE),
     "zone.json:2:100: error: 'Bias' must be a whole number from -99 to 99\n"},
    {A(ID("a") "'GeoProximityLocation':{}," VALUE),
     "zone.json:2:68: error: 'GeoProximityLocation' needs one of 'AWSRegion', 'LocalZoneGroup' and "
     "'Coordinates'\n"},
    {A(ID("a") "'GeoProximityLocation':{'Coordinates':{'Latitude':'91','Longitude':'0'}}," VALUE),
     "zone.json:2:95: error: 'Latitude' must be a text with a number from -90 to 90, like "
     "\"49.45\"\n"},
    {A(ID("a") "'GeoProximityLocation':{'AWSRegion':'eu-west-1'}," VALUE) ",\n" A(
         ID("b") "'GeoProximityLocation':{'AWSRegion':'eu-west-1'}," VALUE),
     "zone.json:3:1: error: 'x.' type A, set 'b': the same 'GeoProximityLocation' stands twice\n"},
    {A(ID("a") "'CidrRoutingConfig':{'CollectionId':'c','LocationName':'x'}," VALUE) ",\n" A(
         ID("b") "'CidrRoutingConfig':{'CollectionId':'d','LocationName':'y'}," VALUE),
     "zone.json:3:1: error: 'x.' type A, set 'b': all IP-based sets of a name and type must name "
     "the same 'CollectionId'\n"},
    {"{'Name':'x.','Type':'CNAME','TTL':1,'ResourceRecords':[{'Value':'y.'},{'Value':'z.'}]}",
     "zone.json:2:55: error: a record of type CNAME has one value only\n"},
    {"{'Name':'x.','Type':'B'," VALUE "}", "zone.json:2:21: error: 'Type' cannot be 'B'\n"},
    {"{'Type':'A'," VALUE "}", "zone.json:2:1: error: 'Name' is required\n"},
    {A("'TTL':60,'ResourceRecords':[{'Value':'192.0.2.1'},{'Value':'192.0.2.1'}]"),
     "zone.json:2:84: error: the value '192.0.2.1' stands twice in one record set\n"},
    {"{'Name':'x.','Type':'AAAA'," VALUE "}",
     "zone.json:2:65: error: '192.0.2.1' is no value of type AAAA: no IPv6 address\n"},
    {"{'Name':'x.','Type':'TXT'," VALUE "}",
     "zone.json:2:64: error: '192.0.2.1' is no value of type TXT: not enclosed in quotation "
     "marks\n"},
    {"{'Name':'x.','Type':'MX'," VALUE "}",
     "zone.json:2:63: error: '192.0.2.1' is no value of type MX: no priority and mail server, like "
     "\"10 mail.example.com.\"\n"},
    {"{'Name':'a..x.','Type':'A'," VALUE "}",
     "zone.json:2:9: error: 'a..x.' is no domain name: a label between two dots is empty\n"},
    {"{'Name':'" LABEL_OF_64 ".x.','Type':'A'," VALUE "}",
     "zone.json:2:9: error: '" LABEL_OF_64 ".x.' is no domain name: a label is longer than 63 "
     "characters\n"},
    {A(ID("a") "'Region':'eu-centrall-1'," VALUE),
     "zone.json:2:54: error: unknown region 'eu-centrall-1'; did you mean 'eu-central-1'?\n"},
    {A(ID("a") "'GeoLocation':{'CountryCode':'ZZ'}," VALUE),
     "zone.json:2:74: error: 'ZZ' is no country code of ISO 3166-1 like \"DE\", nor \"*\"\n"},
    {A(ID("a") "'GeoLocation':{'CountryCode':'US','SubdivisionCode':'XX'}," VALUE),
     "zone.json:2:97: error: 'XX' is no state of the USA like \"NY\"\n"},
    {A(VALUE) ",\n{'Name':'x.','Type':'CNAME','TTL':1,'ResourceRecords':[{'Value':'y.'}]}",
     "zone.json:3:1: error: 'x.' type CNAME: a CNAME cannot stand beside other types; there is "
     "type A\n"},
};

START_TEST(a_bad_zone_is_refused_with_awss_reason_at_its_place)
{
    g_autoptr(HealthChecks) checks = zone_text_checks();
    g_autofree char *text = g_strdup_printf("{\"ResourceRecordSets\": [\n%s]}", bad_zones[_i].sets);
    g_autofree char *quoted = zone_text_quotes(text);
    g_autofree char *said = zone_text_complaints(quoted, checks);

    ck_assert_str_eq(said, bad_zones[_i].said);
}
END_TEST

START_TEST(all_mistakes_are_told_in_one_pass)
{
    g_autoptr(HealthChecks) checks = zone_text_checks();
    g_autofree char *quoted = zone_text_quotes(
        "{'ResourceRecordSets': [" A(ID("a") "'Weight':-1," VALUE) "," A("'TTL':'60'") "]}");
    g_autofree char *said = zone_text_complaints(quoted, checks);
    g_auto(GStrv) lines = g_strsplit(said, "\n", -1);

    ck_assert_uint_eq(g_strv_length(lines), 4);
}
END_TEST

START_TEST(a_listing_that_is_cut_off_is_refused)
{
    g_autoptr(HealthChecks) checks = zone_text_checks();
    g_autofree char *said =
        zone_text_complaints("{\"ResourceRecordSets\": [], \"IsTruncated\": true}", checks);

    ck_assert_str_eq(said, "zone.json:1:43: error: the listing is cut off; list the whole zone "
                           "without '--max-items'\n");
}
END_TEST

START_TEST(another_document_is_refused)
{
    g_autoptr(HealthChecks) checks = zone_text_checks();
    g_autofree char *said = zone_text_complaints("[]", checks);

    ck_assert_str_eq(said, "zone.json:1:1: error: 'ResourceRecordSets' is required: the output of "
                           "`aws route53 list-resource-record-sets`\n");
}
END_TEST

START_TEST(a_primary_without_a_check_is_warned_of)
{
    g_autoptr(HealthChecks) checks = zone_text_checks();
    g_autofree char *quoted =
        zone_text_quotes("{'ResourceRecordSets': [" A(ID("a") "'Failover':'PRIMARY'," VALUE) "]}");
    g_autofree char *said = zone_text_complaints(quoted, checks);

    ck_assert_str_eq(said, "zone.json:1:25: warning: 'x.' type A: a 'PRIMARY' without health check "
                           "never fails over\n");
}
END_TEST

START_TEST(names_are_read_as_the_api_writes_them)
{
    g_autoptr(HealthChecks) checks = zone_text_checks();
    g_autoptr(Zone) zone =
        zone_text_read("{'Name':'\\\\052.Example.COM','Type':'A','X':[1]," VALUE "}", checks);
    const RecordGroup *group = zone_find(zone, "*.example.com.", "A");

    ck_assert_ptr_nonnull(group);
    ck_assert_int_eq(record_group_at(group, 0)->set->ttl_s, 60);
    ck_assert_int_eq(zone->negative_ttl_s, 900);
}
END_TEST

/* --- health checks ------------------------------------------------------------------------------
 */

#define CHECK(config) "{'HealthChecks':[{'Id':'h','HealthCheckConfig':{" config "}}]}"
#define HTTP "'Type':'HTTP','IPAddress':'192.0.2.1'"

static const Bad bad_checks[] = {
    {CHECK(HTTP ",'RequestInterval':20"),
     "zone.json:1:105: error: 'RequestInterval' must be 10 or 30\n"},
    {CHECK(HTTP ",'FailureThreshold':11"),
     "zone.json:1:106: error: 'FailureThreshold' must be a whole number from 1 to 10\n"},
    {CHECK(HTTP ",'FailureThreshold':0"),
     "zone.json:1:106: error: 'FailureThreshold' must be a whole number from 1 to 10\n"},
    {CHECK("'Type':'HTTP'"),
     "zone.json:1:48: error: 'IPAddress' or 'FullyQualifiedDomainName' is required\n"},
    {CHECK("'Type':'TCP','IPAddress':'192.0.2.1'"), "zone.json:1:48: error: 'Port' is required\n"},
    {CHECK("'Type':'HTTPX','IPAddress':'192.0.2.1'"),
     "zone.json:1:56: error: 'Type' cannot be 'HTTPX'; did you mean 'HTTP'?\n"},
    {CHECK(HTTP ",'Regions':['us-east-1','eu-west-1','eu-west-1']"),
     "zone.json:1:97: error: 'Regions' needs at least 3 different regions\n"},
    {CHECK(HTTP ",'Regions':['us-east-1','eu-west-1','eu-west-9','us-west-1']"),
     "zone.json:1:122: error: 'eu-west-9' is no region of health checkers; did you mean "
     "'eu-west-1'?\n"},
    {CHECK("'Type':'CALCULATED','HealthThreshold':1,'ChildHealthChecks':['gone']"),
     "zone.json:1:110: error: health check 'gone' names nothing\n"},
    {"{'ResourceRecordSets':[]}", "zone.json:1:1: error: 'HealthChecks' is required: the output "
                                  "of `aws route53 list-health-checks`\n"},
};

START_TEST(a_bad_health_check_is_refused_at_its_place)
{
    g_autofree char *said = zone_text_check_complaints(bad_checks[_i].sets);

    ck_assert_str_eq(said, bad_checks[_i].said);
}
END_TEST

START_TEST(health_checks_have_the_documented_defaults)
{
    g_autoptr(HealthChecks) checks = zone_text_checks();
    const HealthCheck *check = health_checks_at(checks, 0);

    ck_assert_int_eq(check->interval, 30 * SIM_S);
    ck_assert_int_eq(check->threshold, 3);
    ck_assert_uint_eq(check->port, 80);
    ck_assert_uint_eq(health_check_count_checkers(check), 16);
    ck_assert(health_check_is_probed(check));
}
END_TEST

START_TEST(the_shipped_health_checks_are_right)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document =
        json_document_read("scenarios/conf/health-checks.json", diags);
    g_autoptr(HealthChecks) checks = health_checks_read(document, diags);
    static const char *const zones[] = {"route53-geo-failover.json", "route53-geo-multi.json",
                                        "route53-geo-spread.json", "route53-four-spread.json",
                                        "route53-multi-spread.json"};

    ck_assert_ptr_nonnull(checks);
    ck_assert_uint_eq(health_checks_at(checks, 0)->port, 443);
    for (size_t i = 0; i < G_N_ELEMENTS(zones); i++) {
        g_autoptr(Zone) zone = zone_text_file(zones[i], checks);

        ck_assert_ptr_nonnull(zone_find(zone, "app.", "A"));
    }
}
END_TEST

/* --- change batches -----------------------------------------------------------------------------
 */

#define BATCH(changes) "{'Comment':'c','Changes':[" changes "]}"
#define WRAPPED(changes) "{'HostedZoneId':'Z','ChangeBatch':" BATCH(changes) "}"
#define DO(action, set) "{'Action':'" action "','ResourceRecordSet':" set "}"
#define SET(name, last)                                                                            \
    "{'Name':'" name "','Type':'A','TTL':60,'ResourceRecords':[{'Value':'192.0.2." last "'}]}"

typedef struct ChangeCase {
    const char *batch, *said;
    int x, y; /* last number of the address afterwards, 0: none */
} ChangeCase;

static const ChangeCase change_cases[] = {
    {BATCH(DO("CREATE", SET("y", "5"))), "", 1, 5},
    {WRAPPED(DO("CREATE", SET("y", "5"))), "", 1, 5},
    {BATCH(DO("UPSERT", SET("x", "7")) "," DO("UPSERT", SET("y", "8"))), "", 7, 8},
    {BATCH(DO("DELETE", SET("x", "1")) "," DO("CREATE", SET("x", "2"))), "", 2, 0},
    {BATCH(DO("UPSERT", SET("y", "8")) "," DO("CREATE", SET("x", "2"))),
     "batch.json:1:181: error: 'x.' type A: 'CREATE', but it already exists\n", 1, 0},
    {BATCH(DO("DELETE", SET("x", "2"))),
     "batch.json:1:66: error: 'x.' type A: 'DELETE', but the values provided do not match the "
     "current values\n",
     1, 0},
    {BATCH(DO("DELETE", SET("y", "1"))),
     "batch.json:1:66: error: 'y.' type A: 'DELETE', but it was not found\n", 1, 0},
    {BATCH(DO("CREATE", SET("y", "5")) "," DO("REPLACE", SET("x", "5"))),
     "batch.json:1:152: error: 'Action' cannot be 'REPLACE'\n", 1, 0},
    {"{'Changes':[]}", "batch.json:1:1: error: 'Changes' (at least one) is required\n", 1, 0},
};

static int address_of(const Zone *zone, const char *name)
{
    const RecordGroup *group = zone_find(zone, name, "A");

    return group == NULL
               ? 0
               : (int)(g_array_index(record_group_at(group, 0)->set->addresses, uint32_t, 0) &
                       0xff);
}

START_TEST(a_change_batch_is_applied_as_a_whole_or_not_at_all)
{
    const ChangeCase *row = &change_cases[_i];
    g_autoptr(HealthChecks) checks = zone_text_checks();
    g_autoptr(Zone) zone = zone_text_read(SET("x", "1"), checks);
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autofree char *text = zone_text_quotes(row->batch);
    g_autoptr(JsonDocument) document =
        json_document_parse("batch.json", text, strlen(text), false, diags);
    g_autoptr(Zone) changed = route53_read_change(document, zone, checks, diags);
    g_autofree char *said = diag_list_to_text(diags);

    ck_assert_str_eq(said, row->said);
    ck_assert_int_eq(changed != NULL, row->said[0] == '\0');
    ck_assert_int_eq(address_of(changed != NULL ? changed : zone, "x."), row->x);
    ck_assert_int_eq(address_of(changed != NULL ? changed : zone, "y."), row->y);
    ck_assert_int_eq(address_of(zone, "x."), 1);
}
END_TEST

START_TEST(a_change_that_would_break_the_zone_is_refused)
{
    g_autoptr(HealthChecks) checks = zone_text_checks();
    g_autoptr(Zone) zone = zone_text_file("route53-geo-failover.json", checks);
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autofree char *text = zone_text_quotes(BATCH(
        DO("DELETE",
           "{'Name':'na.app','Type':'A','SetIdentifier':'live','Failover':'PRIMARY',"
           "'AliasTarget':{'HostedZoneId':'Z','DNSName':'na-live.app',"
           "'EvaluateTargetHealth':true}}") "," DO("DELETE", "{'Name':'na.app','Type':'A',"
                                                             "'SetIdentifier':'backup',"
                                                             "'Failover':'SECONDARY',"
                                                             "'AliasTarget':{'HostedZoneId':'Z',"
                                                             "'DNSName':'backup.app',"
                                                             "'EvaluateTargetHealth':true}}")));
    g_autoptr(JsonDocument) document =
        json_document_parse("batch.json", text, strlen(text), false, diags);
    g_autoptr(Zone) changed = route53_read_change(document, zone, checks, diags);
    g_autofree char *said = diag_list_to_text(diags);

    ck_assert_ptr_null(changed);
    ck_assert_ptr_nonnull(strstr(said, "alias target 'na.app.' has no records of type A"));
    ck_assert_ptr_nonnull(zone_find(zone, "na.app.", "A"));
}
END_TEST

/* --- what checkers make of it -------------------------------------------------------------------
 */

START_TEST(more_than_18_percent_of_the_checkers_make_it_healthy)
{
    ck_assert(!health_quorum(2, 16) && health_quorum(3, 16));
    ck_assert(!health_quorum(1, 8) && health_quorum(2, 8));
    ck_assert(!health_quorum(1, 6) && health_quorum(2, 6));
    ck_assert(!health_quorum(9, 50) && health_quorum(10, 50));
}
END_TEST

START_TEST(a_view_turns_after_so_many_results_in_a_row)
{
    HealthView view = {0};

    ck_assert(!health_view_add(&view, false, 3) && !health_view_add(&view, false, 3));
    ck_assert(!health_view_add(&view, true, 3));
    ck_assert(!health_view_add(&view, false, 3) && !health_view_add(&view, false, 3));
    ck_assert(health_view_add(&view, false, 3) && view.is_bad);
    ck_assert(!health_view_add(&view, false, 3));
    ck_assert(!health_view_add(&view, true, 3) && !health_view_add(&view, true, 3));
    ck_assert(health_view_add(&view, true, 3) && !view.is_bad);
}
END_TEST

START_TEST(a_calculated_check_counts_its_healthy_children)
{
    guint children[] = {0, 2, 3};
    HealthCheck check = {.children = g_array_new(FALSE, FALSE, sizeof(guint))};
    const bool healthy[] = {true, true, false, true};

    g_array_append_vals(check.children, children, 3);
    for (int needed = 0; needed <= 4; needed++) {
        check.healthy_needed = needed;
        ck_assert_int_eq(health_calculate(&check, healthy), needed <= 2);
    }
    g_array_free(check.children, TRUE);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("route53_zone");
    TCase *tcase = tcase_create("all");

    tcase_add_loop_test(tcase, a_bad_zone_is_refused_with_awss_reason_at_its_place, 0,
                        (int)G_N_ELEMENTS(bad_zones));
    tcase_add_test(tcase, all_mistakes_are_told_in_one_pass);
    tcase_add_test(tcase, a_listing_that_is_cut_off_is_refused);
    tcase_add_test(tcase, another_document_is_refused);
    tcase_add_test(tcase, a_primary_without_a_check_is_warned_of);
    tcase_add_test(tcase, names_are_read_as_the_api_writes_them);
    tcase_add_loop_test(tcase, a_bad_health_check_is_refused_at_its_place, 0,
                        (int)G_N_ELEMENTS(bad_checks));
    tcase_add_test(tcase, health_checks_have_the_documented_defaults);
    tcase_add_test(tcase, the_shipped_health_checks_are_right);
    tcase_add_loop_test(tcase, a_change_batch_is_applied_as_a_whole_or_not_at_all, 0,
                        (int)G_N_ELEMENTS(change_cases));
    tcase_add_test(tcase, a_change_that_would_break_the_zone_is_refused);
    tcase_add_test(tcase, more_than_18_percent_of_the_checkers_make_it_healthy);
    tcase_add_test(tcase, a_view_turns_after_so_many_results_in_a_row);
    tcase_add_test(tcase, a_calculated_check_counts_its_healthy_children);
    suite_add_tcase(suite, tcase);
    return suite;
}
