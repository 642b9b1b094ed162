/* test_health_checker.c - how long Route 53's checkers take to see that an endpoint is gone and
 * back, and what they see of its troubles: "derived detection times" and "what the probe sees" in
 * the reference of the front door. */
#include "models/dns/route53.h"
#include "sim/config/json_place.h"
#include "tests/support/dns_rig.h"
#include "tests/support/suite.h"

#define RECORD(id)                                                                                 \
    "{'Name':'m.','Type':'A','SetIdentifier':'" id "','MultiValueAnswer':true,'TTL':60,"           \
    "'HealthCheckId':'" id "','ResourceRecords':[{'Value':'192.0.2.31'}]}"
#define CHECK(id, more)                                                                            \
    "{'Id':'" id "','HealthCheckConfig':{'Type':'HTTP','IPAddress':'192.0.2.31'," more             \
    "'RequestInterval':10}}"
#define ENDPOINT "probe@DC03-app1"
#define HOST "host@DC03-app1"
#define AT_ONCE ",'propagation':'0s','calculation':'0s'"

/* --- detection times -----------------------------------------------------------------------------
 */

/* When each check changed last, as the data plane sees it without propagation delay. */
typedef struct Changes {
    guint count;
    SimTime at[512];
    bool is_healthy[512];
} Changes;

static void watch_changes(void *context, SimTime time, const EventOwner *owner,
                          const EventType *type, void *subject, uint64_t detail)
{
    Changes *changes = context;

    (void)owner;
    (void)subject;
    if (g_str_equal(type->name, "route53.health-visible")) {
        ck_assert_uint_lt(detail >> 1, changes->count);
        changes->at[detail >> 1] = time;
        changes->is_healthy[detail >> 1] = (detail & 1) != 0;
    }
}

/* Mean of seconds since `since` over all checks, all of which must be in the state `is_healthy`. */
static double mean_since(const Changes *changes, SimTime since, bool is_healthy)
{
    double sum = 0;

    for (guint i = 0; i < changes->count; i++) {
        ck_assert_int_eq(changes->is_healthy[i], is_healthy);
        ck_assert_int_ge(changes->at[i], since);
        sum += sim_span_to_s(changes->at[i] - since);
    }
    return sum / changes->count;
}

/* `count` checks of the one endpoint, each with 16 checkers of its own phases. */
static DnsRig many_checks(uint64_t seed, guint count, int interval_s, int threshold)
{
    g_autoptr(GString) sets = g_string_new(NULL);
    g_autoptr(GString) checks = g_string_new(NULL);
    g_autofree char *settings =
        g_strdup_printf(AT_ONCE ",'health_checks':{'RequestInterval':%d,'FailureThreshold':%d}",
                        interval_s, threshold);
    DnsRig dns;

    for (guint i = 0; i < count; i++) {
        g_string_append_printf(sets,
                               "%s{'Name':'m.','Type':'A','SetIdentifier':'c%u',"
                               "'MultiValueAnswer':true,'TTL':60,'HealthCheckId':'c%u',"
                               "'ResourceRecords':[{'Value':'192.0.2.31'}]}",
                               i > 0 ? "," : "", i, i);
        g_string_append_printf(checks,
                               "%s{'Id':'c%u','HealthCheckConfig':{'Type':'HTTP',"
                               "'IPAddress':'192.0.2.31'}}",
                               i > 0 ? "," : "", i);
    }
    dns = dns_rig_new(seed, sets->str, checks->str);
    /* 50 ms away: refused after 0.05 s, answered after 0.1 s. */
    for (int i = 0; i < HEALTH_REGIONS; i++) {
        rig_site_of(dns.rig, health_regions[i], SITE_CHECKER);
    }
    rig_link_all(dns.rig, "50ms");
    dns_rig_serve(&dns, settings);
    return dns;
}

/* Route 53 detection times: interval, threshold, means for a refusing, a dark and a returning
 * endpoint (computed from the Developer Guide's rules: 16 checkers, random phases). */
static const struct {
    int interval_s, threshold;
    double refused, dark, back;
} table[] = {
    {30, 1, 24.9, 28.8, 5.4},     {30, 2, 54.9, 62.8, 35.5}, {30, 3, 85.1, 96.8, 65.6},
    {30, 5, 145.3, 164.8, 125.8}, {10, 1, 8.4, 12.3, 1.9},   {10, 2, 18.5, 26.3, 12.0},
    {10, 3, 28.6, 40.3, 22.1},    {10, 5, 48.8, 68.3, 42.3},
};

/* Enough that the mean's own standard error is below 0.14 s. */
static guint checks_for(int interval_s)
{
    return interval_s == 30 ? 400 : 100;
}

START_TEST(a_refusing_endpoint_is_seen_as_fast_as_the_table_says_and_so_is_its_return)
{
    Changes changes = {.count = checks_for(table[_i].interval_s)};
    DnsRig dns =
        many_checks((uint64_t)_i + 1, changes.count, table[_i].interval_s, table[_i].threshold);
    SimTime since;

    engine_watch(dns.rig->engine, watch_changes, &changes);
    rig_start(dns.rig);
    rig_run(dns.rig, 61 * SIM_S);
    since = rig_now(dns.rig);
    rig_down(dns.rig, ENDPOINT, 250 * SIM_S);
    rig_run(dns.rig, 249 * SIM_S);
    ck_assert_double_eq_tol(mean_since(&changes, since, false), table[_i].refused, 0.5);
    rig_run(dns.rig, SIM_S);
    since = rig_now(dns.rig);
    rig_run(dns.rig, 200 * SIM_S);
    ck_assert_double_eq_tol(mean_since(&changes, since, true), table[_i].back, 0.5);
    dns_rig_clear(&dns);
}
END_TEST

START_TEST(a_dark_endpoint_is_seen_as_fast_as_the_table_says)
{
    Changes changes = {.count = checks_for(table[_i].interval_s)};
    DnsRig dns =
        many_checks((uint64_t)_i + 11, changes.count, table[_i].interval_s, table[_i].threshold);
    SimTime since;

    engine_watch(dns.rig->engine, watch_changes, &changes);
    rig_start(dns.rig);
    rig_run(dns.rig, 61 * SIM_S);
    since = rig_now(dns.rig);
    rig_down(dns.rig, HOST, SIM_NEVER);
    rig_run(dns.rig, 220 * SIM_S);
    ck_assert_double_eq_tol(mean_since(&changes, since, false), table[_i].dark, 0.5);
    dns_rig_clear(&dns);
}
END_TEST

START_TEST(over_the_real_network_a_dark_site_takes_the_tables_time)
{
    double sum = 0;

    for (uint64_t seed = 0; seed < 12; seed++) {
        DnsRig dns = dns_rig_new(100 + seed, RECORD("a"), CHECK("a", ""));
        Changes changes = {.count = 1};
        SimTime since;

        dns_rig_add_checker_sites(&dns);
        dns_rig_serve(&dns, AT_ONCE);
        engine_watch(dns.rig->engine, watch_changes, &changes);
        rig_start(dns.rig);
        rig_run(dns.rig, 60 * SIM_S);
        since = rig_now(dns.rig);
        rig_down(dns.rig, HOST, SIM_NEVER);
        rig_run(dns.rig, 60 * SIM_S);
        sum += mean_since(&changes, since, false);
        dns_rig_clear(&dns);
    }
    /* a healthy answer takes up to half a second here: 40.3 s, and the phases spread wider */
    ck_assert_double_eq_tol(sum / 12, 40.3, 1.0);
}
END_TEST

/* --- what is seen -------------------------------------------------------------------------------
 */

static bool answers(const DnsRig *dns, const char *name)
{
    Answer answer;
    Route53Query query = {.name = name};

    route53_ask(dns->route53, &query, &answer);
    return answer.count > 0 && answer.addresses[0] == 0xC000021Fu;
}

/* Two addresses: the endpoint's while its check is healthy, else 192.0.2.99. */
#define PAIR                                                                                       \
    "{'Name':'f.','Type':'A','SetIdentifier':'p','Failover':'PRIMARY','TTL':60,"                   \
    "'HealthCheckId':'a','ResourceRecords':[{'Value':'192.0.2.31'}]},"                             \
    "{'Name':'f.','Type':'A','SetIdentifier':'s','Failover':'SECONDARY','TTL':60,"                 \
    "'ResourceRecords':[{'Value':'192.0.2.99'}]}"

static DnsRig pair(const char *check, const char *settings)
{
    DnsRig dns = dns_rig_new(5, PAIR, check);

    dns_rig_serve(&dns, settings);
    return dns;
}

/* Whether the endpoint is in the answer after a minute of its answering so. */
static bool is_kept(const char *check, const char *settings, uint32_t code, SimSpan delay)
{
    DnsRig dns = pair(check, settings);
    bool result;

    dns.endpoint->answer.code = code;
    dns.endpoint->answer_delay = delay;
    rig_start(dns.rig);
    rig_run(dns.rig, 90 * SIM_S);
    result = answers(&dns, "f.");
    dns_rig_clear(&dns);
    return result;
}

START_TEST(a_status_from_200_to_399_within_2_s_is_healthy)
{
    ck_assert(is_kept(CHECK("a", ""), "", 200, 0));
    ck_assert(is_kept(CHECK("a", ""), "", 302, 0));
    ck_assert(!is_kept(CHECK("a", ""), "", 404, 0));
    ck_assert(!is_kept(CHECK("a", ""), "", 503, 0));
    ck_assert(is_kept(CHECK("a", ""), "", 200, 1900 * SIM_MS));
    ck_assert(!is_kept(CHECK("a", ""), "", 200, 2100 * SIM_MS));
}
END_TEST

START_TEST(an_inverted_check_is_healthy_when_the_endpoint_is_not)
{
    ck_assert(!is_kept(CHECK("a", "'Inverted':true,"), "", 200, 0));
    ck_assert(is_kept(CHECK("a", "'Inverted':true,"), "", 503, 0));
}
END_TEST

START_TEST(a_disabled_check_is_healthy_and_not_probed)
{
    DnsRig dns = pair(CHECK("a", "'Disabled':true,"), "");

    rig_down(dns.rig, HOST, SIM_NEVER);
    rig_start(dns.rig);
    rig_run(dns.rig, 90 * SIM_S);
    ck_assert(answers(&dns, "f."));
    ck_assert_uint_eq(rig_counter(dns.rig, "health_checker@us-east-1/1", "probes_sent"), 0);
    dns_rig_clear(&dns);
}
END_TEST

START_TEST(a_tcp_check_asks_only_for_the_connection)
{
    ck_assert(is_kept("{'Id':'a','HealthCheckConfig':{'Type':'TCP','IPAddress':'192.0.2.31',"
                      "'Port':80}}",
                      "", 503, 0));
    ck_assert(!is_kept("{'Id':'a','HealthCheckConfig':{'Type':'TCP','IPAddress':'192.0.2.31',"
                       "'Port':81,'FailureThreshold':1,'RequestInterval':10}}",
                       "", 200, 0));
}
END_TEST

static uint32_t flags_seen(const char *check, const char *settings)
{
    DnsRig dns = pair(check, settings);
    uint32_t flags;

    rig_start(dns.rig);
    rig_run(dns.rig, 20 * SIM_S);
    ck_assert_uint_ge(probe_count_heard(dns.endpoint), 16);
    flags = probe_heard(dns.endpoint, 0)->message.flags;
    dns_rig_clear(&dns);
    return flags;
}

START_TEST(the_path_is_deep_unless_it_is_the_web_servers_own_or_set_so)
{
    ck_assert_uint_eq(flags_seen(CHECK("a", ""), ""), HTTP_HEALTH | HTTP_CLOSE);
    ck_assert_uint_eq(flags_seen(CHECK("a", "'ResourcePath':'/ping',"), ""),
                      HTTP_SHALLOW | HTTP_CLOSE);
    ck_assert_uint_eq(flags_seen(CHECK("a", ""), ",'health_checks':{'path':'shallow'}"),
                      HTTP_SHALLOW | HTTP_CLOSE);
    ck_assert_uint_eq(
        flags_seen(CHECK("a", "'ResourcePath':'/ping',"), ",'health_checks':{'path':'deep'}"),
        HTTP_HEALTH | HTTP_CLOSE);
}
END_TEST

START_TEST(the_endpoint_gets_16_requests_per_interval_and_answer_time)
{
    DnsRig dns = pair(CHECK("a", ""), "");

    rig_start(dns.rig);
    rig_run(dns.rig, 1000 * SIM_S);
    /* 16 checkers in step of 10 s and their own 600 us */
    ck_assert_uint_ge(probe_count_heard(dns.endpoint), 1580);
    ck_assert_uint_le(probe_count_heard(dns.endpoint), 1600);
    dns_rig_clear(&dns);
}
END_TEST

START_TEST(a_change_is_noted_at_once_and_answered_after_the_propagation)
{
    DnsRig dns = pair(CHECK("a", "'FailureThreshold':1,"), ",'propagation':'20s'");

    rig_start(dns.rig);
    rig_run(dns.rig, 20 * SIM_S);
    rig_down(dns.rig, ENDPOINT, SIM_NEVER);
    rig_run(dns.rig, 15 * SIM_S);
    ck_assert_uint_eq(rig_noted(dns.rig, "route53.health-changed"), 1);
    ck_assert(answers(&dns, "f."));
    rig_run(dns.rig, 20 * SIM_S);
    ck_assert(!answers(&dns, "f."));
    dns_rig_clear(&dns);
}
END_TEST

/* --- quorum over the network --------------------------------------------------------------------
 */

/* Whether the site stays in DNS when this many checker regions cannot reach it. */
static bool stays_when_cut_off_from(int regions)
{
    DnsRig dns = dns_rig_new(7, PAIR, CHECK("a", ""));
    bool result;

    dns_rig_add_checker_sites(&dns);
    dns_rig_serve(&dns, "");
    rig_start(dns.rig);
    for (int i = 0; i < regions; i++) {
        g_autofree char *link = g_strdup_printf("link@%s-DC03", health_regions[i]);

        rig_down(dns.rig, link, SIM_NEVER);
    }
    rig_run(dns.rig, 120 * SIM_S);
    result = answers(&dns, "f.");
    dns_rig_clear(&dns);
    return result;
}

START_TEST(fourteen_of_sixteen_checkers_must_be_cut_off_before_a_site_leaves)
{
    ck_assert(stays_when_cut_off_from(6));
    ck_assert(!stays_when_cut_off_from(7));
}
END_TEST

static void stop_checkers(DnsRig *dns, guint from)
{
    for (guint i = from; i < HEALTH_CHECKERS; i++) {
        g_autofree char *name =
            g_strdup_printf("health_checker@%s/%u", health_regions[i / 2], i % 2 + 1);

        rig_down(dns->rig, name, SIM_NEVER);
    }
}

START_TEST(without_any_checker_the_last_status_stays)
{
    DnsRig dns = pair(CHECK("a", ""), "");

    rig_start(dns.rig);
    rig_run(dns.rig, 30 * SIM_S);
    stop_checkers(&dns, 0);
    rig_down(dns.rig, HOST, SIM_NEVER);
    rig_run(dns.rig, 600 * SIM_S);
    ck_assert(answers(&dns, "f."));
    rig_heal(dns.rig);
    rig_run(dns.rig, SIM_S);
    rig_down(dns.rig, HOST, SIM_NEVER);
    rig_run(dns.rig, 90 * SIM_S);
    ck_assert(!answers(&dns, "f."));
    dns_rig_clear(&dns);
}
END_TEST

START_TEST(the_reports_of_lost_checkers_count_until_they_are_too_old)
{
    DnsRig dns = pair(CHECK("a", ""), "");

    rig_start(dns.rig);
    rig_run(dns.rig, 30 * SIM_S);
    stop_checkers(&dns, 4);
    rig_down(dns.rig, HOST, SIM_NEVER);
    rig_run(dns.rig, 100 * SIM_S);
    ck_assert(answers(&dns, "f."));
    rig_run(dns.rig, 60 * SIM_S);
    ck_assert(!answers(&dns, "f."));
    dns_rig_clear(&dns);
}
END_TEST

START_TEST(a_calculated_check_follows_its_children)
{
    DnsRig dns = pair(CHECK("b", "") ",{'Id':'a','HealthCheckConfig':{'Type':'CALCULATED',"
                                     "'HealthThreshold':1,'ChildHealthChecks':['b']}}",
                      "");

    rig_start(dns.rig);
    rig_run(dns.rig, 30 * SIM_S);
    ck_assert(answers(&dns, "f."));
    rig_down(dns.rig, ENDPOINT, 100 * SIM_S);
    rig_run(dns.rig, 90 * SIM_S);
    ck_assert(!answers(&dns, "f."));
    rig_run(dns.rig, 90 * SIM_S);
    ck_assert(answers(&dns, "f."));
    dns_rig_clear(&dns);
}
END_TEST

/* --- wrong settings -----------------------------------------------------------------------------
 */

static char *complaints(const char *text)
{
    static const Kind *const kinds[] = {&route53_kind, NULL};
    g_autoptr(DiagList) parsing = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document =
        json_document_parse("s.json", text, strlen(text), false, parsing);
    g_autoptr(DiagList) diags = diag_list_new(json_document_find, document);
    Engine *engine = engine_new(1);
    World *world = world_new(engine, kinds);

    ck_assert_ptr_nonnull(document);
    world_add(world, &route53_kind, "world", NULL, NULL, NULL, document->root, diags);
    world_free(world);
    engine_free(engine);
    return diag_list_to_text(diags);
}

START_TEST(an_unreadable_zone_is_told_at_the_place_of_its_name)
{
    g_autofree char *said = complaints("{\n  \"zone\": \"nowhere.json\"\n}");

    ck_assert_str_eq(said, "s.json:2:11: error: 'nowhere.json' cannot be read: No such file or "
                           "directory\n");
}
END_TEST

START_TEST(an_interval_of_20_s_is_refused)
{
    g_autofree char *said = complaints("{ \"zone\": \"scenarios/conf/route53-geo-failover.json\",\n"
                                       "\"health_checks\": { \"RequestInterval\": 20 } }");

    ck_assert_str_eq(said, "s.json:2:39: error: 'RequestInterval' must be 10 or 30\n");
}
END_TEST

Suite *test_suite(void)
{
    const TTest *const tests[] = {
        over_the_real_network_a_dark_site_takes_the_tables_time,
        a_status_from_200_to_399_within_2_s_is_healthy,
        an_inverted_check_is_healthy_when_the_endpoint_is_not,
        a_disabled_check_is_healthy_and_not_probed,
        a_tcp_check_asks_only_for_the_connection,
        the_path_is_deep_unless_it_is_the_web_servers_own_or_set_so,
        the_endpoint_gets_16_requests_per_interval_and_answer_time,
        a_change_is_noted_at_once_and_answered_after_the_propagation,
        fourteen_of_sixteen_checkers_must_be_cut_off_before_a_site_leaves,
        without_any_checker_the_last_status_stays,
        the_reports_of_lost_checkers_count_until_they_are_too_old,
        a_calculated_check_follows_its_children,
        an_unreadable_zone_is_told_at_the_place_of_its_name,
        an_interval_of_20_s_is_refused,
    };
    Suite *suite = suite_create("health_checker");
    TCase *tcase = tcase_create("all");

    tcase_set_timeout(tcase, 180);
    tcase_add_loop_test(tcase,
                        a_refusing_endpoint_is_seen_as_fast_as_the_table_says_and_so_is_its_return,
                        0, (int)G_N_ELEMENTS(table));
    tcase_add_loop_test(tcase, a_dark_endpoint_is_seen_as_fast_as_the_table_says, 0,
                        (int)G_N_ELEMENTS(table));
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
    return suite;
}
