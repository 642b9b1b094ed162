/* test_httpd_hold.c - a unit that starts httpd only when the application server of its node is
 * ready. */
#include "tests/support/suite.h"
#include "tests/support/web_bed.h"

extern const Kind httpd_kind;

#define OWN "probe@DC01-web1"

/* Both on one host, which boots for a second. */
static Bed bed_of_one_node(uint64_t seed, const char *settings)
{
    Bed bed = {.rig = rig_new(seed, &httpd_kind, NULL)};
    g_autofree char *json = g_strdup_printf("{ \"backend\": \"probe\"%s }", settings);

    rig_site(bed.rig, "DC01");
    rig_site(bed.rig, "far");
    rig_host(bed.rig, "DC01-web1", "192.0.2.11", "{ \"steal\": \"none\", \"boot\": \"1s\" }");
    bed.client = rig_probe(bed.rig, "far");
    bed.a = rig_probe(bed.rig, "DC01-web1");
    bed.a->answer = (Message){.op = MESSAGE_HTTP, .code = 200, .size_bytes = 1000};
    bed.httpd = rig_add(bed.rig, "httpd", "DC01-web1", json);
    rig_link_all(bed.rig, "20ms");
    rig_start(bed.rig);
    return bed;
}

/* What a connection that begins now comes to within a second. */
static ConnectOutcome outcome_of_connect(Bed *bed)
{
    const ProbeAsked *asked = bed_connect(bed, SIM_S);

    rig_run(bed->rig, SIM_S);
    ck_assert_uint_eq(asked->ends, 1);
    return asked->connected;
}

/* The power is back after 2 s, the host 1 s later; the application answers 503 until 10 s. */
static void lose_power(Bed *bed)
{
    rig_down(bed->rig, "host@DC01-web1", 2 * SIM_S);
    bed->a->answer.code = 503;
    rig_run(bed->rig, 5 * SIM_S);
}

START_TEST(a_held_httpd_refuses_until_the_application_is_ready)
{
    g_auto(Bed) bed = bed_of_one_node(1, ", \"start_after_checks\": 1");

    lose_power(&bed);
    ck_assert_int_eq(outcome_of_connect(&bed), CONNECT_REFUSED);
    rig_run(bed.rig, 4 * SIM_S);
    ck_assert_int_eq(outcome_of_connect(&bed), CONNECT_REFUSED);
    bed.a->answer.code = 200;
    rig_run(bed.rig, 1100 * SIM_MS); /* the next look */
    ck_assert_int_eq(outcome_of_connect(&bed), CONNECTED);
    ck_assert_uint_eq(bed_count_code(&bed, 503), 0);
    bed_ask(&bed, 0);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 200), 1);
}
END_TEST

/* Checks 0, 1, 3 pass, 2 fails: three in a row are not there before the sixth. */
START_TEST(checks_must_pass_in_a_row)
{
    g_auto(Bed) bed = bed_of_one_node(6, ", \"start_after_checks\": 3");

    rig_down(bed.rig, HTTPD, 1); /* its unit starts again at once, now and each second */
    rig_run(bed.rig, 1500 * SIM_MS);
    bed.a->answer.code = 500;
    rig_run(bed.rig, SIM_S);
    bed.a->answer.code = 200;
    rig_run(bed.rig, SIM_S);
    ck_assert_int_eq(outcome_of_connect(&bed), CONNECT_REFUSED);
    rig_run(bed.rig, SIM_S);
    ck_assert_int_eq(outcome_of_connect(&bed), CONNECTED);
    ck_assert_uint_eq(probe_heard(bed.a, 0)->message.key, 0);
    ck_assert_uint_eq(probe_heard(bed.a, 4)->message.key, 4);
}
END_TEST

START_TEST(without_the_order_of_units_503_is_answered)
{
    g_auto(Bed) bed = bed_of_one_node(2, "");

    lose_power(&bed);
    ck_assert_int_eq(outcome_of_connect(&bed), CONNECTED);
    bed_ask(&bed, 0);
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(bed_count_code(&bed, 503), 1);
}
END_TEST

START_TEST(a_held_httpd_waits_for_an_application_that_is_not_there)
{
    g_auto(Bed) bed = bed_of_one_node(3, ", \"start_after_checks\": 1");

    rig_down(bed.rig, OWN, 30 * SIM_S);
    rig_down(bed.rig, HTTPD, SIM_S);
    rig_run(bed.rig, 20 * SIM_S);
    ck_assert_int_eq(outcome_of_connect(&bed), CONNECT_REFUSED);
    rig_run(bed.rig, 12 * SIM_S);
    ck_assert_int_eq(outcome_of_connect(&bed), CONNECTED);
}
END_TEST

START_TEST(an_application_that_dies_later_does_not_stop_httpd)
{
    g_auto(Bed) bed = bed_of_one_node(4, ", \"start_after_checks\": 1");

    rig_run(bed.rig, SIM_S);
    rig_down(bed.rig, OWN, SIM_NEVER);
    ck_assert_int_eq(outcome_of_connect(&bed), CONNECTED);
}
END_TEST

START_TEST(a_held_httpd_that_is_stopped_starts_like_any_other)
{
    g_auto(Bed) bed = bed_of_one_node(5, ", \"start_after_checks\": 1");
    Effect frozen = EFFECT_NONE;

    frozen.paused = true;
    lose_power(&bed);
    rig_down(bed.rig, HTTPD, SIM_S);
    rig_effect(bed.rig, HTTPD, frozen, SIM_S);
    bed.a->answer.code = 200;
    rig_run(bed.rig, 3 * SIM_S);
    ck_assert_int_eq(outcome_of_connect(&bed), CONNECTED);
    ck_assert_double_eq_tol(rig_gauge(bed.rig, HTTPD, "processes_alive"), 3.0, 1e-9);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("httpd_hold");
    TCase *tests = tcase_create("hold");

    tcase_add_test(tests, a_held_httpd_refuses_until_the_application_is_ready);
    tcase_add_test(tests, checks_must_pass_in_a_row);
    tcase_add_test(tests, without_the_order_of_units_503_is_answered);
    tcase_add_test(tests, a_held_httpd_waits_for_an_application_that_is_not_there);
    tcase_add_test(tests, an_application_that_dies_later_does_not_stop_httpd);
    tcase_add_test(tests, a_held_httpd_that_is_stopped_starts_like_any_other);
    suite_add_tcase(suite, tests);
    return suite;
}
