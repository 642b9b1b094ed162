/* test_route53_alarm.c - health checks that follow an alarm: it goes off, is over, and has no data.
 */
#include "models/dns/route53.h"
#include "tests/support/dns_rig.h"
#include "tests/support/suite.h"

#include <string.h>

#define PAIR                                                                                       \
    "{'Name':'f.','Type':'A','SetIdentifier':'p','Failover':'PRIMARY','TTL':60,"                   \
    "'HealthCheckId':'a','ResourceRecords':[{'Value':'192.0.2.31'}]},"                             \
    "{'Name':'f.','Type':'A','SetIdentifier':'s','Failover':'SECONDARY','TTL':60,"                 \
    "'ResourceRecords':[{'Value':'192.0.2.99'}]}"
#define CHECK(more)                                                                                \
    "{'Id':'a','HealthCheckConfig':{'Type':'CLOUDWATCH_METRIC','AlarmIdentifier':{"                \
    "'Region':'us-east-1','Name':'processes'}" more "}}"
#define ALARM ",'propagation':'0s','alarms':{'processes':{'node':'DC03-app1','period':'10s'}}"

static DnsRig alarm_rig(const char *more, const char *settings)
{
    g_autofree char *check = g_strdup_printf(CHECK("%s"), more);
    DnsRig dns = dns_rig_new(1, PAIR, check);

    dns_rig_serve(&dns, settings);
    rig_start(dns.rig);
    return dns;
}

static bool answers(const DnsRig *dns)
{
    Answer answer;
    Route53Query query = {.name = "f."};

    route53_ask(dns->route53, &query, &answer);
    return answer.count > 0 && answer.addresses[0] == 0xC000021Fu;
}

START_TEST(an_alarm_goes_off_after_three_bad_periods_and_is_over_after_a_good_one)
{
    DnsRig dns = alarm_rig("", ALARM);

    rig_run(dns.rig, 35 * SIM_S);
    ck_assert(answers(&dns));
    rig_down(dns.rig, "probe@DC03-app1", 100 * SIM_S); /* bad at 40, 50, 60 s */
    rig_run(dns.rig, 24 * SIM_S);
    ck_assert(answers(&dns));
    rig_run(dns.rig, 2 * SIM_S);
    ck_assert(!answers(&dns));
    rig_run(dns.rig, 73 * SIM_S);
    ck_assert(!answers(&dns)); /* 134 s; the process runs again from 135 s */
    rig_run(dns.rig, 7 * SIM_S);
    ck_assert(answers(&dns));
    dns_rig_clear(&dns);
}
END_TEST

/* Whether the site is in the answer when its node says nothing any more. */
static bool is_kept_without_data(const char *more)
{
    DnsRig dns = alarm_rig(more, ALARM);
    bool result;

    rig_run(dns.rig, 35 * SIM_S);
    rig_down(dns.rig, "host@DC03-app1", SIM_NEVER);
    rig_run(dns.rig, 20 * SIM_S);
    ck_assert(answers(&dns));
    rig_run(dns.rig, 20 * SIM_S);
    result = answers(&dns);
    dns_rig_clear(&dns);
    return result;
}

START_TEST(without_data_the_status_is_what_the_check_says)
{
    ck_assert(is_kept_without_data(""));
    ck_assert(is_kept_without_data(",'InsufficientDataHealthStatus':'LastKnownStatus'"));
    ck_assert(is_kept_without_data(",'InsufficientDataHealthStatus':'Healthy'"));
    ck_assert(!is_kept_without_data(",'InsufficientDataHealthStatus':'Unhealthy'"));
}
END_TEST

START_TEST(an_inverted_check_is_unhealthy_while_its_alarm_is_quiet)
{
    DnsRig dns = alarm_rig(",'Inverted':true", ALARM);

    rig_run(dns.rig, 35 * SIM_S);
    ck_assert(!answers(&dns));
    rig_down(dns.rig, "probe@DC03-app1", SIM_NEVER);
    rig_run(dns.rig, 40 * SIM_S);
    ck_assert(answers(&dns));
    dns_rig_clear(&dns);
}
END_TEST

Suite *test_suite(void)
{
    const TTest *const tests[] = {
        an_alarm_goes_off_after_three_bad_periods_and_is_over_after_a_good_one,
        without_data_the_status_is_what_the_check_says,
        an_inverted_check_is_unhealthy_while_its_alarm_is_quiet,
    };
    Suite *suite = suite_create("route53_alarm");
    TCase *tcase = tcase_create("all");

    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
    return suite;
}
