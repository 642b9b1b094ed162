/* test_dns_faults.c - each fault of names is felt by its victim, not beside it, and leaves nothing
 * but what caches keep. */
#include <glib/gstdio.h>

#include "models/dns/route53.h"
#include "sim/scenario/fault.h"
#include "sim/world/view.h"
#include "tests/support/dns_rig.h"
#include "tests/support/suite.h"

#define OLD 0xC000021Fu    /* 192.0.2.31 */
#define NEW 0xC0000263u    /* 192.0.2.99 */
#define FORGED 0xCB007101u /* 203.0.113.1 */

#define SETS                                                                                       \
    "{'Name':'f.','Type':'A','SetIdentifier':'p','Failover':'PRIMARY','TTL':60,"                   \
    "'HealthCheckId':'a','ResourceRecords':[{'Value':'192.0.2.31'}]},"                             \
    "{'Name':'f.','Type':'A','SetIdentifier':'s','Failover':'SECONDARY','TTL':60,"                 \
    "'ResourceRecords':[{'Value':'192.0.2.99'}]},"                                                 \
    "{'Name':'g.','Type':'A','TTL':60,'ResourceRecords':[{'Value':'192.0.2.31'}]},"                \
    "{'Name':'geo.','Type':'A','SetIdentifier':'eu','GeoLocation':{'ContinentCode':'EU'},"         \
    "'TTL':60,'ResourceRecords':[{'Value':'192.0.2.31'}]},"                                        \
    "{'Name':'geo.','Type':'A','SetIdentifier':'all','GeoLocation':{'CountryCode':'*'},"           \
    "'TTL':60,'ResourceRecords':[{'Value':'192.0.2.99'}]},"                                        \
    "{'Name':'.','Type':'SOA','TTL':20,'ResourceRecords':[{'Value':'a b 1 2 3 4 20'}]}"
#define CHECKS                                                                                     \
    "{'Id':'a','HealthCheckConfig':{'Type':'HTTP','IPAddress':'192.0.2.31','FailureThreshold':1,"  \
    "'RequestInterval':10}}"
#define PLAIN                                                                                      \
    "{ \"resolvers\": 1, \"farm_ratio\": 0, \"upstream_loss\": 0, \"small_ratio\": 0, "            \
    "\"medium_ratio\": 0, \"large_ratio\": 0, \"sticky_ratio\": 0, \"unmapped_ratio\": 0, "        \
    "\"without_ecs_ratio\": 0, \"foreign_ratio\": 0, \"serve_stale_ratio\": 0 }"

typedef struct Two {
    DnsRig dns;
    Probe *askers[2];
    Component *resolvers[2];
    char *change;
} Two;

static const char *const regions[] = {"EU", "NA"};

/* Two regions with a resolver of one cache each, a check, and a change "move" of 'g.' to NEW. */
static Two two_new(uint64_t seed, const char *settings)
{
    Two two = {.dns = dns_rig_new(seed, SETS, CHECKS)};
    g_autofree char *all = NULL;

    two.change = g_build_filename(two.dns.directory, "move.json", NULL);
    ck_assert(g_file_set_contents(two.change,
                                  "{\"Changes\":[{\"Action\":\"UPSERT\",\"ResourceRecordSet\":{"
                                  "\"Name\":\"g.\",\"Type\":\"A\","
                                  "\"TTL\":60,\"ResourceRecords\":[{\"Value\":\"192.0.2.99\"}]}}]}",
                                  -1, NULL));
    for (int i = 0; i < 2; i++) {
        Site *site = rig_site_of(two.dns.rig, regions[i], SITE_REGION);

        site->continent = regions[i];
        two.askers[i] = rig_probe(two.dns.rig, regions[i]);
        two.resolvers[i] = rig_add(two.dns.rig, "resolver", regions[i], PLAIN);
    }
    rig_link_all(two.dns.rig, "50ms");
    all = g_strdup_printf(",'propagation':'0s','changes':{'move':'%s'}%s", two.change, settings);
    dns_rig_serve(&two.dns, all);
    rig_start(two.dns.rig);
    rig_run(two.dns.rig, 100 * SIM_S);
    return two;
}

static void two_free(Two *two)
{
    g_remove(two->change);
    g_free(two->change);
    dns_rig_clear(&two->dns);
}

/* The fault as a scenario would have it, on one component for a time. */
static void put(Two *two, const char *component, const char *func, const char *json, SimSpan span)
{
    const FaultDef *fault = fault_find(func);
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    cJSON *tree = cJSON_Parse(json);
    void *arguments = g_malloc0(fault->size);

    field_defaults(fault->arguments, arguments);
    ck_assert(field_read(fault->arguments, arguments, tree, diags));
    ck_assert(rig_effect(two->dns.rig, component, fault->effect(arguments, true), span));
    field_clear(fault->arguments, arguments);
    g_free(arguments);
    cJSON_Delete(tree);
}

static const ProbeAsked *ask(Two *two, int region, const char *name)
{
    Message question = {
        .op = MESSAGE_RESOLVE, .transport = TRANSPORT_UDP, .subject = name, .detail = 1};
    const ProbeAsked *asked =
        probe_call(two->askers[region], two->resolvers[region], &question, 5 * SIM_S);

    rig_run(two->dns.rig, 6 * SIM_S);
    ck_assert_uint_eq(asked->ends, 1);
    return asked;
}

static uint32_t address(Two *two, int region, const char *name)
{
    const ProbeAsked *asked = ask(two, region, name);

    ck_assert_int_eq(asked->outcome, OUTCOME_OK);
    ck_assert_uint_eq(asked->reply.code, DNS_NOERROR);
    return asked->reply.count > 0 ? asked->reply.addresses[0] : 0;
}

/* --- resolvers ----------------------------------------------------------------------------------
 */

START_TEST(servfail_is_heard_in_its_region_while_it_lasts)
{
    Two two = two_new(1, "");

    put(&two, "resolver@EU", "dns.servfail", "{}", 30 * SIM_S);
    ck_assert_uint_eq(ask(&two, 0, "f")->reply.code, DNS_SERVFAIL);
    ck_assert_uint_eq(address(&two, 1, "f"), OLD);
    rig_run(two.dns.rig, 30 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    two_free(&two);
}
END_TEST

START_TEST(a_denial_waits_for_the_cache_and_is_kept_beyond_the_fault)
{
    Two two = two_new(2, "");

    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    put(&two, "resolver@EU", "dns.nxdomain", "{\"negative_ttl\":\"100s\"}", 80 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), OLD); /* from its cache */
    rig_run(two.dns.rig, 60 * SIM_S);
    ck_assert_uint_eq(ask(&two, 0, "f")->reply.code, DNS_NXDOMAIN);
    ck_assert_uint_eq(address(&two, 1, "f"), OLD);
    rig_run(two.dns.rig, 40 * SIM_S); /* the fault is over, the denial is not */
    ck_assert_uint_eq(ask(&two, 0, "f")->reply.code, DNS_NXDOMAIN);
    rig_run(two.dns.rig, 60 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    two_free(&two);
}
END_TEST

START_TEST(dropped_questions_get_no_answer)
{
    Two two = two_new(3, "");

    put(&two, "resolver@EU", "dns.drop", "{}", 30 * SIM_S);
    ck_assert_int_eq(ask(&two, 0, "f")->outcome, OUTCOME_TIMEOUT);
    ck_assert_uint_eq(address(&two, 1, "f"), OLD);
    rig_run(two.dns.rig, 30 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    two_free(&two);
}
END_TEST

START_TEST(half_of_the_questions_are_dropped_when_half_of_them_should)
{
    Two two = two_new(4, "");
    int lost = 0;

    put(&two, "resolver@EU", "dns.drop", "{\"share\":0.5}", SIM_NEVER);
    for (int i = 0; i < 200; i++) {
        lost += ask(&two, 0, "f")->outcome == OUTCOME_TIMEOUT ? 1 : 0;
    }
    ck_assert_int_ge(lost, 72); /* 200 throws of a coin: 100, 4 deviations of 7.07 */
    ck_assert_int_le(lost, 128);
    two_free(&two);
}
END_TEST

START_TEST(late_answers_are_late_by_what_was_asked_for)
{
    Two two = two_new(5, "");
    SimSpan usual, late;
    const ProbeAsked *asked;

    ask(&two, 0, "f");
    asked = ask(&two, 0, "f");
    usual = asked->ended - asked->begun;
    put(&two, "resolver@EU", "dns.delay", "{\"latency\":\"2s\"}", 10 * SIM_S);
    asked = ask(&two, 0, "f");
    late = asked->ended - asked->begun;
    ck_assert_int_eq(late, usual + 2 * SIM_S);
    rig_run(two.dns.rig, 10 * SIM_S);
    asked = ask(&two, 0, "f");
    ck_assert_int_eq(asked->ended - asked->begun, usual);
    two_free(&two);
}
END_TEST

START_TEST(a_forged_answer_is_kept_as_long_as_its_forger_says)
{
    Two two = two_new(6, "");

    put(&two, "resolver@EU", "dns.poison", "{\"answer\":\"203.0.113.1\",\"ttl\":\"200s\"}",
        20 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), FORGED);
    ck_assert_uint_eq(address(&two, 1, "f"), OLD);
    rig_run(two.dns.rig, 100 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), FORGED);
    rig_run(two.dns.rig, 120 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    two_free(&two);
}
END_TEST

START_TEST(a_forgery_of_one_name_leaves_the_others)
{
    Two two = two_new(19, "");

    put(&two, "resolver@EU", "dns.poison",
        "{\"record\":\"F\",\"answer\":\"203.0.113.1\",\"ttl\":\"10s\"}", 100 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), FORGED);
    ck_assert_uint_eq(address(&two, 0, "g"), OLD);
    rig_run(two.dns.rig, 120 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    two_free(&two);
}
END_TEST

START_TEST(a_stubborn_resolver_keeps_what_it_has)
{
    Two two = two_new(7, "");

    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    ck_assert_uint_eq(address(&two, 1, "f"), OLD);
    put(&two, "resolver@EU", "dns.stale", "{\"floor\":\"1h\"}", 600 * SIM_S);
    rig_down(two.dns.rig, "host@DC03-app1", SIM_NEVER);
    rig_run(two.dns.rig, 300 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    ck_assert_uint_eq(address(&two, 1, "f"), NEW);
    rig_run(two.dns.rig, 300 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), NEW);
    two_free(&two);
}
END_TEST

START_TEST(a_mislocated_client_is_answered_for_another_continent)
{
    Two two = two_new(8, "");

    ck_assert_uint_eq(address(&two, 0, "geo"), OLD);
    put(&two, "resolver@EU", "dns.mislocate", "{}", 30 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "geo"), NEW);
    rig_run(two.dns.rig, 30 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "geo"), OLD);
    two_free(&two);
}
END_TEST

/* --- name servers -------------------------------------------------------------------------------
 */

START_TEST(an_emptied_record_is_nodata_and_the_others_are_not)
{
    Two two = two_new(9, "");

    put(&two, "route53@world", "dns.empty", "{\"record\":\"F\"}", 20 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), 0);
    ck_assert_uint_eq(address(&two, 0, "g"), OLD);
    rig_run(two.dns.rig, 40 * SIM_S); /* the SOA says 20 s for what is not there */
    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    two_free(&two);
}
END_TEST

START_TEST(without_name_servers_what_is_cached_lives_on)
{
    Two two = two_new(10, "");

    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    put(&two, "route53@world", "dns.authority-outage", "{}", 100 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    ck_assert_uint_eq(ask(&two, 0, "g")->reply.code, DNS_SERVFAIL);
    rig_run(two.dns.rig, 60 * SIM_S);
    ck_assert_uint_eq(ask(&two, 0, "f")->reply.code, DNS_SERVFAIL);
    rig_run(two.dns.rig, 60 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    two_free(&two);
}
END_TEST

/* Whether the zone editor's view holds `line` now. */
static bool is_shown(const Two *two, const char *line)
{
    const Component *route53 = world_find(two->dns.rig->world, "route53@world");
    static const char *const words[] = {"g.", NULL};
    g_autoptr(GString) text = g_string_new(NULL);
    ViewAnswer answer = {text, cJSON_CreateObject()};

    ck_assert(route53->kind->views[0].show(route53, 0, words, &answer, NULL));
    ck_assert(cJSON_IsArray(cJSON_GetObjectItem(answer.data, "changes")));
    cJSON_Delete(answer.data);
    return strstr(text->str, line) != NULL;
}

START_TEST(a_change_is_pending_until_all_name_servers_have_it_and_stays)
{
    Two two = two_new(11, ",'change_propagation':'40s'");

    ck_assert(!is_shown(&two, "change 'move'"));
    put(&two, "route53@world", "dns.change", "{\"change\":\"move\"}", 10 * SIM_S);
    ck_assert_uint_eq(rig_counter(two.dns.rig, "route53@world", "changes_submitted"), 1);
    ck_assert(is_shown(&two, "change 'move': PENDING since"));
    ck_assert_uint_eq(address(&two, 0, "g"), OLD);
    ck_assert_uint_eq(rig_counter(two.dns.rig, "route53@world", "changes_insync"), 0);
    rig_run(two.dns.rig, 35 * SIM_S);
    ck_assert_uint_eq(rig_counter(two.dns.rig, "route53@world", "changes_insync"), 1);
    ck_assert(is_shown(&two, "change 'move': INSYNC since"));
    rig_run(two.dns.rig, 60 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "g"), NEW);
    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    ck_assert_uint_eq(rig_counter(two.dns.rig, "route53@world", "changes_submitted"), 1);
    two_free(&two);
}
END_TEST

START_TEST(a_frozen_control_plane_changes_nothing_and_answers_all)
{
    Two two = two_new(12, ",'change_propagation':'10s'");

    put(&two, "route53@world", "dns.control-freeze", "{}", 200 * SIM_S);
    put(&two, "route53@world", "dns.change", "{\"change\":\"move\"}", SIM_NEVER);
    rig_run(two.dns.rig, 150 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "g"), OLD);
    ck_assert(is_shown(&two, "change 'move': PENDING since"));
    ck_assert(is_shown(&two, "the control plane stands still"));
    rig_down(two.dns.rig, "host@DC03-app1", SIM_NEVER); /* health goes its own way */
    rig_run(two.dns.rig, 40 * SIM_S);
    ck_assert_uint_eq(address(&two, 1, "f"), NEW);
    rig_run(two.dns.rig, 80 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "g"), NEW);
    two_free(&two);
}
END_TEST

START_TEST(a_late_plan_is_submitted_when_its_time_has_come)
{
    Two two = two_new(13, ",'change_propagation':'0s'");

    put(&two, "route53@world", "dns.change-race", "{\"change\":\"move\",\"delay\":\"50s\"}",
        10 * SIM_S);
    rig_run(two.dns.rig, 49 * SIM_S);
    ck_assert_uint_eq(rig_counter(two.dns.rig, "route53@world", "changes_submitted"), 0);
    rig_run(two.dns.rig, 2 * SIM_S);
    ck_assert_uint_eq(rig_counter(two.dns.rig, "route53@world", "changes_insync"), 1);
    two_free(&two);
}
END_TEST

START_TEST(slow_propagation_holds_back_what_checkers_found)
{
    Two two = two_new(14, "");

    put(&two, "route53@world", "dns.propagation", "{\"median\":\"200s\",\"p99\":\"200s\"}",
        30 * SIM_S);
    rig_down(two.dns.rig, "host@DC03-app1", 400 * SIM_S);
    rig_run(two.dns.rig, 29 * SIM_S);
    ck_assert_uint_eq(rig_noted(two.dns.rig, "route53.health-changed"), 1);
    rig_run(two.dns.rig, 100 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    rig_run(two.dns.rig, 150 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), NEW);
    rig_run(two.dns.rig, 300 * SIM_S); /* back again: at once, as the fault is over */
    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    two_free(&two);
}
END_TEST

/* --- health checkers ----------------------------------------------------------------------------
 */

static void put_on_checkers(Two *two, guint count, const char *func, const char *json, SimSpan span)
{
    for (guint i = 0; i < count; i++) {
        g_autofree char *name =
            g_strdup_printf("health_checker@%s/%u", health_regions[i / 2], i % 2 + 1);

        put(two, name, func, json, span);
    }
}

START_TEST(checkers_that_lie_take_a_good_site_out_when_they_are_enough)
{
    for (guint liars = 13; liars <= 14; liars++) {
        Two two = two_new(15, "");

        put_on_checkers(&two, liars, "dns.healthcheck-lie", "{\"endpoint\":\"DC03\"}", 200 * SIM_S);
        rig_run(two.dns.rig, 100 * SIM_S);
        ck_assert_uint_eq(address(&two, 0, "f"), liars == 14 ? NEW : OLD);
        rig_run(two.dns.rig, 200 * SIM_S);
        ck_assert_uint_eq(address(&two, 0, "f"), OLD);
        two_free(&two);
    }
}
END_TEST

START_TEST(a_lie_about_another_site_changes_nothing_here)
{
    Two two = two_new(16, "");

    put_on_checkers(&two, 16, "dns.healthcheck-lie", "{\"endpoint\":\"DC01\"}", SIM_NEVER);
    rig_run(two.dns.rig, 100 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    ck_assert_uint_eq(rig_noted(two.dns.rig, "route53.health-changed"), 0);
    two_free(&two);
}
END_TEST

/* Nobody is left to see that the site is dark; when they are back, it leaves the answers. */
START_TEST(silent_checkers_leave_all_as_it_was)
{
    Two two = two_new(20, "");

    put_on_checkers(&two, 16, "dns.healthcheck-outage", "{}", 200 * SIM_S);
    rig_down(two.dns.rig, "host@DC03-app1", SIM_NEVER);
    rig_run(two.dns.rig, 190 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    ck_assert_uint_eq(rig_noted(two.dns.rig, "route53.health-changed"), 0);
    rig_run(two.dns.rig, 150 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), NEW);
    two_free(&two);
}
END_TEST

START_TEST(checkers_that_say_all_is_well_keep_a_dead_site)
{
    Two two = two_new(17, "");

    put_on_checkers(&two, 3, "dns.healthcheck-lie", "{\"to\":\"healthy\"}", 200 * SIM_S);
    rig_down(two.dns.rig, "host@DC03-app1", SIM_NEVER);
    rig_run(two.dns.rig, 150 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    rig_run(two.dns.rig, 150 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), NEW);
    two_free(&two);
}
END_TEST

START_TEST(a_flapping_endpoint_leaves_and_returns_each_period)
{
    Two two = two_new(18, "");

    put_on_checkers(&two, 16, "dns.healthcheck-flap", "{\"period\":\"100s\"}", 500 * SIM_S);
    rig_run(two.dns.rig, 501 * SIM_S);
    ck_assert_uint_ge(rig_noted(two.dns.rig, "route53.health-changed"), 9);
    ck_assert_uint_le(rig_noted(two.dns.rig, "route53.health-changed"), 11);
    rig_run(two.dns.rig, 100 * SIM_S);
    ck_assert_uint_eq(address(&two, 0, "f"), OLD);
    two_free(&two);
}
END_TEST

Suite *test_suite(void)
{
    const TTest *const tests[] = {
        servfail_is_heard_in_its_region_while_it_lasts,
        a_denial_waits_for_the_cache_and_is_kept_beyond_the_fault,
        dropped_questions_get_no_answer,
        half_of_the_questions_are_dropped_when_half_of_them_should,
        late_answers_are_late_by_what_was_asked_for,
        a_forged_answer_is_kept_as_long_as_its_forger_says,
        a_forgery_of_one_name_leaves_the_others,
        a_stubborn_resolver_keeps_what_it_has,
        a_mislocated_client_is_answered_for_another_continent,
        an_emptied_record_is_nodata_and_the_others_are_not,
        without_name_servers_what_is_cached_lives_on,
        a_change_is_pending_until_all_name_servers_have_it_and_stays,
        a_frozen_control_plane_changes_nothing_and_answers_all,
        a_late_plan_is_submitted_when_its_time_has_come,
        slow_propagation_holds_back_what_checkers_found,
        checkers_that_lie_take_a_good_site_out_when_they_are_enough,
        a_lie_about_another_site_changes_nothing_here,
        silent_checkers_leave_all_as_it_was,
        checkers_that_say_all_is_well_keep_a_dead_site,
        a_flapping_endpoint_leaves_and_returns_each_period,
    };
    Suite *suite = suite_create("dns_faults");
    TCase *tcase = tcase_create("all");

    tcase_set_timeout(tcase, 60);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
    return suite;
}
