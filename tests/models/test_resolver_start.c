/* test_resolver_start.c - what caches of resolvers hold when a run begins. */
#include "models/dns/route53.h"
#include "tests/support/dns_rig.h"
#include "tests/support/suite.h"

#define SEEDS 8
#define QUESTIONS 60

/* A question a second, each of another cache of 10,000 that nobody has asked before: how many of
 * SEEDS x QUESTIONS were answered from the cache. */
static int hits_at_start(const char *at_start)
{
    g_autofree char *settings = g_strdup_printf(
        "{ \"resolvers\": 10000, \"farm_ratio\": 0, \"upstream_loss\": 0, \"small_ratio\": 0, "
        "\"medium_ratio\": 0, \"large_ratio\": 0, \"sticky_ratio\": 0, \"at_start\": \"%s\" }",
        at_start);
    int hits = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        DnsRig dns = dns_rig_new(700 + seed,
                                 "{'Name':'f.','Type':'A','TTL':60,"
                                 "'ResourceRecords':[{'Value':'192.0.2.31'}]}",
                                 "");
        Component *resolver;
        Probe *asker;

        rig_site_of(dns.rig, "EU", SITE_REGION);
        asker = rig_probe(dns.rig, "EU");
        resolver = rig_add(dns.rig, "resolver", "EU", settings);
        rig_link_all(dns.rig, "50ms");
        dns_rig_serve(&dns, ",'propagation':'0s'");
        rig_start(dns.rig);
        for (uint64_t client = 0; client < QUESTIONS; client++) {
            Message question = {.op = MESSAGE_RESOLVE,
                                .transport = TRANSPORT_UDP,
                                .subject = "f",
                                .detail = client};
            const ProbeAsked *asked = probe_call(asker, resolver, &question, 5 * SIM_S);

            rig_run(dns.rig, SIM_S);
            ck_assert_uint_eq(asked->ends, 1);
            ck_assert_int_gt(asked->reply.time_to_live, 0);
            ck_assert_int_le(asked->reply.time_to_live, 60 * SIM_S);
        }
        hits += (int)rig_counter(dns.rig, "resolver@EU", "hits");
        dns_rig_clear(&dns);
    }
    return hits;
}

/* The sums of 2 exp(-t / 60) - 1 and of 1 - t / 60 over the first minute, 18.4 and 30; standard
 * deviations below 11. */
START_TEST(a_steady_start_leaves_caches_empty)
{
    int steady = hits_at_start("steady"), filled = hits_at_start("filled");

    ck_assert_int_ge(steady, 147 - 33);
    ck_assert_int_le(steady, 147 + 33);
    ck_assert_int_ge(filled, 240 - 33);
    ck_assert_int_le(filled, 240 + 33);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("resolver_start");
    TCase *tcase = tcase_create("all");

    tcase_add_test(tcase, a_steady_start_leaves_caches_empty);
    suite_add_tcase(suite, tcase);
    return suite;
}
