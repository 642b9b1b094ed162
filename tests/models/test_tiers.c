/* test_tiers.c - httpd and WildFly together: what a killed and starting application server costs
 * the clients of its site. */
#include "tests/support/rig.h"
#include "tests/support/suite.h"

extern const Kind httpd_kind, wildfly_kind;

#define HTTPD "httpd@DC01-app1"
#define SECOND "wildfly@DC01-app2"

typedef struct Tiers {
    Rig *rig;
    Probe *client;
    Component *httpd;
} Tiers;

/* One httpd over two WildFlys that open their port after 2 s and serve after 12 s. */
static Tiers tiers_new(uint64_t seed, const char *httpd)
{
    Tiers tiers = {.rig = rig_new(seed, &httpd_kind, &wildfly_kind, NULL)};
    static const char *const apps[] = {"DC01-app1", "DC01-app2"};

    rig_site(tiers.rig, "DC01");
    rig_site(tiers.rig, "far");
    tiers.client = rig_probe(tiers.rig, "far");
    rig_host(tiers.rig, "DC01-db1", NULL, NULL);
    rig_probe(tiers.rig, "DC01-db1");
    for (int i = 0; i < 2; i++) {
        rig_host(tiers.rig, apps[i], NULL, "{ \"steal\": \"none\" }");
        rig_add(tiers.rig, "wildfly", apps[i],
                "{ \"store\": \"probe\", \"statements\": \"1\", \"boot\": \"2s\", \"deploy\": "
                "\"9s\", \"pools\": \"1s\", \"jit_cpu\": \"0s\", \"warm_block\": \"0s\" }");
    }
    tiers.httpd = rig_add(tiers.rig, "httpd", "DC01-app1", httpd);
    rig_link_all(tiers.rig, "20ms");
    rig_start(tiers.rig);
    return tiers;
}

/* 50 requests/s for `span`; how many of them were not answered with 200. */
static guint tiers_count_failed(Tiers *tiers, SimSpan span)
{
    guint first = tiers->client->asked->len, failed = 0;

    for (SimSpan passed = 0; passed < span; passed += 20 * SIM_MS) {
        probe_call(tiers->client, tiers->httpd, &(Message){.op = MESSAGE_HTTP, .size_bytes = 500},
                   60 * SIM_S);
        rig_run(tiers->rig, 20 * SIM_MS);
    }
    rig_run(tiers->rig, SIM_S);
    for (guint i = first; i < tiers->client->asked->len; i++) {
        const ProbeAsked *asked = g_ptr_array_index(tiers->client->asked, i);

        ck_assert_uint_eq(asked->ends, 1);
        failed += asked->outcome != OUTCOME_OK || asked->reply.code != 200;
    }
    return failed;
}

/* A boot is over before `retry` lets anybody see the 503 of a server that deploys. */
START_TEST(a_killed_server_is_back_before_stock_httpd_looks)
{
    Tiers tiers = tiers_new(1, NULL);

    ck_assert_uint_eq(tiers_count_failed(&tiers, 5 * SIM_S), 0);
    rig_down(tiers.rig, SECOND, SIM_S);
    ck_assert_uint_le(tiers_count_failed(&tiers, 55 * SIM_S), 1);
    ck_assert_uint_eq(rig_counter(tiers.rig, SECOND, "refused_booting"), 0);
    ck_assert_uint_eq(tiers_count_failed(&tiers, 30 * SIM_S), 0);
    ck_assert_uint_eq(rig_counter(tiers.rig, HTTPD, "failovers"), 1);
    rig_free(tiers.rig);
}
END_TEST

/* With a short `retry` half of the traffic meets a server that answers 503 by itself: httpd passes
 * that on and leaves the server in service. */
START_TEST(a_deploying_server_answers_half_of_the_requests_with_503)
{
    Tiers tiers = tiers_new(2, "{ \"retry\": \"3s\" }");
    guint failed;

    tiers_count_failed(&tiers, 5 * SIM_S);
    rig_down(tiers.rig, SECOND, SIM_S);
    failed = tiers_count_failed(&tiers, 30 * SIM_S);
    ck_assert_uint_ge(failed, 200); /* 25/s for 8 to 10 s */
    ck_assert_uint_le(failed, 260);
    ck_assert_uint_ge(rig_counter(tiers.rig, SECOND, "refused_booting") + 1, failed);
    rig_free(tiers.rig);
}
END_TEST

/* A check reads the 503 and keeps the server out until it serves. Checks of a server in error do
 * not count, so that `retry` lets traffic in once more, until the next check. */
START_TEST(health_checks_keep_a_deploying_server_out)
{
    Tiers tiers = tiers_new(3, "{ \"retry\": \"3s\", \"hcmethod\": \"GET\", \"hcinterval\": "
                               "\"500ms\", \"hcpasses\": 2 }");

    tiers_count_failed(&tiers, 5 * SIM_S);
    rig_down(tiers.rig, SECOND, SIM_S);
    ck_assert_uint_le(tiers_count_failed(&tiers, 30 * SIM_S), 30);
    ck_assert_uint_ge(rig_noted(tiers.rig, "httpd.member-back"), 1);
    ck_assert_uint_ge(rig_noted(tiers.rig, "httpd.member-out"), 1);
    rig_free(tiers.rig);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("tiers");
    TCase *tests = tcase_create("tiers");

    tcase_add_test(tests, a_killed_server_is_back_before_stock_httpd_looks);
    tcase_add_test(tests, a_deploying_server_answers_half_of_the_requests_with_503);
    tcase_add_test(tests, health_checks_keep_a_deploying_server_out);
    suite_add_tcase(suite, tests);
    return suite;
}
