/* test_watch.c - when monitors notice what: the detection times of "external monitoring" of the
 * reference of the front door, each as the closed form of its rule. Many monitors with phases of
 * their own watch one server; figures are held within 4 standard errors. */
#include <math.h>
#include <string.h>

#include "tests/support/rig.h"
#include "tests/support/suite.h"

extern const Kind uptimerobot_kind, watch_eye_kind, zabbix_agent_kind, zabbix_web_kind,
    facade_probe_kind, route53_alarm_kind, people_kind, watch_kind;

#define MONITORS 300
#define SERVER "probe@DC01-web1"
#define HOST "host@DC01-web1"

/* What stands for Route 53 with one health check. */
typedef struct ToyRoute53 {
    Component component;
    Gauge unhealthy;
} ToyRoute53;

static const MetricDef toy_metrics[] = {
    METRIC_GAUGE(ToyRoute53, unhealthy, "1", "Health checks that are unhealthy"),
    METRIC_END,
};

static const Kind toy_route53_kind = {
    .name = "route53",
    .help = "Has one health check",
    .leaves_out = "all of reality: it is a test's hand",
    .size = sizeof(ToyRoute53),
    .scope = KIND_PART,
    .metrics = toy_metrics,
};

/* A server in DC01 that `count` monitors of one kind watch from EU. */
typedef struct Scene {
    Rig *rig;
    Probe *server;
    const char *kind;
    guint count;
    SimTime failed_at;
} Scene;

static Scene scene_new(uint64_t seed, const char *kind, const char *settings, guint count)
{
    Scene scene = {.kind = kind, .count = count};
    g_autofree char *json = g_strdup_printf("{ 'address': '192.0.2.11'%s }", settings);
    char *quoted = g_strdelimit(json, "'", '"');
    bool is_alarm = strcmp(kind, "route53_alarm") == 0, is_people = strcmp(kind, "people") == 0;

    scene.rig =
        rig_new(seed, &uptimerobot_kind, &watch_eye_kind, &zabbix_agent_kind, &zabbix_web_kind,
                &facade_probe_kind, &route53_alarm_kind, &people_kind, &toy_route53_kind, NULL);
    rig_site(scene.rig, "DC01");
    rig_site_of(scene.rig, "EU", SITE_REGION);
    rig_site_of(scene.rig, "NA", SITE_REGION);
    Host *host =
        rig_host(scene.rig, "DC01-web1", "192.0.2.11", "{ \"steal\": \"none\", \"boot\": \"0s\" }");

    scene.server = rig_probe(scene.rig, "DC01-web1");
    scene.server->answer = (Message){.op = MESSAGE_HTTP, .code = 200, .size_bytes = 1000};
    host_listen(host, 443, &scene.server->component);
    rig_add(scene.rig, "route53", "world", NULL);
    for (guint i = 0; i < count; i++) {
        g_autofree char *place = g_strdup_printf("m%u/EU", i);

        rig_add(scene.rig, kind, place, is_alarm || is_people ? NULL : quoted);
    }
    if (is_people) {
        rig_add(scene.rig, "zabbix_web", "one/EU", quoted);
    }
    rig_link_all(scene.rig, "20ms");
    rig_start(scene.rig);
    return scene;
}

static void scene_free(Scene *scene)
{
    rig_free(scene->rig);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scene, scene_free)

/* Quiet for `before`, then `name` is down for `span`, then all that follows within `after`. */
static void scene_fail(Scene *scene, SimSpan before, const char *name, SimSpan span, SimSpan after)
{
    rig_run(scene->rig, before);
    ck_assert_uint_eq(rig_noted(scene->rig, "watch.said"), 0);
    scene->failed_at = rig_now(scene->rig);
    rig_down(scene->rig, name, span);
    rig_run(scene->rig, after);
}

/* When each monitor first said so, in seconds after the failure: mean, least and most of those that
 * did. */
typedef struct Said {
    guint count;
    double mean, least, most;
} Said;

static Said scene_said(const Scene *scene, const char *what)
{
    const History *history = world_history(scene->rig->world);
    Said said = {.least = INFINITY};

    for (guint i = 0; i < history_count_occurrences(history); i++) {
        const HistoryOccurrence *one = history_occurrence(history, i);
        double seconds = sim_span_to_s(one->first - scene->failed_at);

        if (strcmp(one->event, "watch.said") == 0 && strcmp(one->value1, what) == 0) {
            said.count++;
            said.mean += seconds;
            said.least = MIN(said.least, seconds);
            said.most = MAX(said.most, seconds);
        }
    }
    said.mean /= MAX(said.count, 1);
    return said;
}

/* Uniform over `width` seconds after `first`: mean within 4 standard errors, both ends within 0.2 s
 * for ways: what is under way when the failure comes fails too. */
static void expect_uniform(const Said *said, double first, double width)
{
    double error = 4 * width / sqrt(12.0 * said->count);

    ck_assert_uint_eq(said->count, MONITORS);
    ck_assert_double_ge(said->least, first - 0.2);
    ck_assert_double_le(said->most, first + width + 0.2);
    ck_assert_double_eq_tol(said->mean, first + width / 2, error + 0.1);
}

/* Reference: U(0,300) + 0..30 + about 30: mean 180 to 210 s, at most about 6 min. */
START_TEST(uptimerobot_free_notices_after_180_to_210_s)
{
    g_auto(Scene) refused = scene_new(1, "uptimerobot", "", MONITORS);
    g_auto(Scene) dark = scene_new(2, "uptimerobot", "", MONITORS);
    Said said;

    scene_fail(&refused, 1000 * SIM_S, SERVER, SIM_NEVER, 600 * SIM_S);
    said = scene_said(&refused, "down");
    expect_uniform(&said, 30, 300);
    scene_fail(&dark, 1000 * SIM_S, HOST, SIM_NEVER, 600 * SIM_S);
    said = scene_said(&dark, "down");
    expect_uniform(&said, 60, 300);
}
END_TEST

/* Reference: paid, 60 s: mean 60 to 90 s. */
START_TEST(uptimerobot_paid_notices_after_60_to_90_s)
{
    g_auto(Scene) refused = scene_new(3, "uptimerobot", ", 'interval': '60s'", MONITORS);
    g_auto(Scene) dark = scene_new(4, "uptimerobot", ", 'interval': '60s'", MONITORS);
    Said said;

    scene_fail(&refused, 300 * SIM_S, SERVER, SIM_NEVER, 300 * SIM_S);
    said = scene_said(&refused, "down");
    expect_uniform(&said, 30, 60);
    scene_fail(&dark, 300 * SIM_S, HOST, SIM_NEVER, 300 * SIM_S);
    said = scene_said(&dark, "down");
    expect_uniform(&said, 60, 60);
}
END_TEST

static double share(const Scene *scene, const char *metric)
{
    guint count = 0;

    for (guint i = 0; i < scene->count; i++) {
        g_autofree char *name = g_strdup_printf("%s@m%u/EU", scene->kind, i);

        count += rig_counter(scene->rig, name, metric) > 0;
    }
    return (double)count / scene->count;
}

/* Reference: a five-minute monitor sees a 60 s outage in about 20 % of cases and reports it as one
 * full interval or drops it at the re-check; the last re-check comes 20 s after the failed check,
 * so 40 of 300 s lead to an alert. */
START_TEST(a_five_minute_monitor_sees_a_fifth_of_minute_outages)
{
    g_auto(Scene) scene = scene_new(5, "uptimerobot", "", MONITORS);
    Said down, up;

    scene_fail(&scene, 1000 * SIM_S, SERVER, 60 * SIM_S, 900 * SIM_S);
    ck_assert_double_eq_tol(share(&scene, "watch_checks_failed"), 0.2,
                            4 * sqrt(0.2 * 0.8 / MONITORS));
    ck_assert_double_eq_tol(share(&scene, "alerts"), 40.0 / 300,
                            4 * sqrt(0.133 * 0.867 / MONITORS));
    down = scene_said(&scene, "down");
    up = scene_said(&scene, "up");
    ck_assert_uint_eq(up.count, down.count);
    ck_assert_double_eq_tol(up.mean - down.mean, 300 - 30, 0.5);
}
END_TEST

/* Reference: trigger on last value U(0,60); three in a row +120. */
START_TEST(zabbix_triggers_on_the_last_value_or_on_three)
{
    g_auto(Scene) last = scene_new(6, "zabbix_agent", ", 'trigger': 'last'", MONITORS);
    g_auto(Scene) three = scene_new(7, "zabbix_agent", "", MONITORS);
    Said said;

    scene_fail(&last, 300 * SIM_S, HOST, SIM_NEVER, 600 * SIM_S);
    said = scene_said(&last, "down");
    expect_uniform(&said, 3, 60); /* 3 s: Timeout of a dark host */
    scene_fail(&three, 300 * SIM_S, HOST, SIM_NEVER, 600 * SIM_S);
    said = scene_said(&three, "down");
    expect_uniform(&said, 123, 60);
}
END_TEST

/* Reference: nodata(5m): 300 + up to 30 s, counted from the last value, which came up to 60 s
 * before the failure: between 240 and 330 s, 285 in the mean, the sum of two uniforms. */
START_TEST(zabbix_without_data_waits_for_five_minutes_and_an_evaluation)
{
    g_auto(Scene) scene = scene_new(8, "zabbix_agent", ", 'trigger': 'nodata'", MONITORS);
    Said said;

    scene_fail(&scene, 900 * SIM_S, HOST, SIM_NEVER, 600 * SIM_S);
    said = scene_said(&scene, "down");
    ck_assert_uint_eq(said.count, MONITORS);
    ck_assert_double_ge(said.least, 240);
    ck_assert_double_le(said.most, 330.2);
    ck_assert_double_eq_tol(said.mean, 285, 4 * sqrt((60.0 * 60 + 30 * 30) / 12 / MONITORS) + 0.1);
}
END_TEST

/* Reference: web scenario U(0,60) + timeout. */
START_TEST(a_zabbix_web_scenario_takes_its_timeout)
{
    g_auto(Scene) scene = scene_new(9, "zabbix_web", "", MONITORS);
    Said said;

    scene_fail(&scene, 300 * SIM_S, HOST, 300 * SIM_S, 900 * SIM_S);
    said = scene_said(&scene, "down");
    expect_uniform(&said, 15, 60);
    said = scene_said(&scene, "up"); /* a SYN that was lost may be answered after 1, 3 or 7 s */
    ck_assert_uint_eq(said.count, MONITORS);
    ck_assert_double_ge(said.least, 300);
    ck_assert_double_le(said.most, 360.2);
}
END_TEST

/* 10 s, three in a row, 5 s: U(0,10) + 20 + 5. */
START_TEST(the_facades_probe_notices_a_dark_site_and_a_slow_one)
{
    g_auto(Scene) dark = scene_new(10, "facade_probe", "", MONITORS);
    g_auto(Scene) slow = scene_new(11, "facade_probe", "", MONITORS);
    Said said;

    scene_fail(&dark, 100 * SIM_S, HOST, SIM_NEVER, 200 * SIM_S);
    said = scene_said(&dark, "down");
    expect_uniform(&said, 25, 10);
    rig_run(slow.rig, 100 * SIM_S);
    slow.server->answer_delay = 3 * SIM_S;
    slow.failed_at = rig_now(slow.rig);
    rig_run(slow.rig, 100 * SIM_S);
    said = scene_said(&slow, "down");
    ck_assert_uint_eq(said.count, MONITORS);
    ck_assert_double_le(said.most, 10 + 20 + 3.2);
}
END_TEST

/* Reference: detection of the health check + 60 to 120 s. */
START_TEST(an_alarm_comes_60_to_120_s_after_the_health_check)
{
    g_auto(Scene) scene = scene_new(12, "route53_alarm", "", MONITORS);
    ToyRoute53 *route53 = (ToyRoute53 *)rig_find(scene.rig, "route53@world");
    Said said;

    rig_run(scene.rig, 300 * SIM_S);
    scene.failed_at = rig_now(scene.rig);
    gauge_set(&route53->unhealthy, scene.failed_at, 1.0);
    rig_run(scene.rig, 300 * SIM_S);
    said = scene_said(&scene, "down");
    expect_uniform(&said, 60, 60);
}
END_TEST

/* Reference: lognormal, median 8 min, sigma 0.7: half of them within 8 min, and the first alert
 * only. */
START_TEST(people_need_eight_minutes_in_the_median)
{
    g_auto(Scene) scene = scene_new(13, "people", "", MONITORS);
    const History *history = world_history(scene.rig->world);
    guint early = 0, all = 0;

    scene_fail(&scene, 300 * SIM_S, SERVER, SIM_NEVER, 6 * SIM_HOUR);
    SimTime alert = scene.failed_at + sim_span_from_s(scene_said(&scene, "down").mean);

    for (guint i = 0; i < history_count_occurrences(history); i++) {
        const HistoryOccurrence *one = history_occurrence(history, i);

        if (strcmp(one->event, "people.hands-on") == 0) {
            all += (guint)one->count;
            early += one->first < alert + 8 * 60 * SIM_S;
        }
    }
    ck_assert_uint_eq(all, MONITORS);
    ck_assert_double_eq_tol((double)early / all, 0.5, 4 * sqrt(0.25 / MONITORS));
}
END_TEST

/* What is seen from where: re-checks from elsewhere deny what only one region cannot reach. */
START_TEST(a_regional_partition_is_denied_from_other_places)
{
    g_autoptr(Rig) rig = rig_new(14, &uptimerobot_kind, &watch_eye_kind, NULL);

    rig_site(rig, "DC01");
    rig_site_of(rig, "EU", SITE_REGION);
    rig_site_of(rig, "NA", SITE_REGION);
    Host *host = rig_host(rig, "DC01-web1", "192.0.2.11", "{ \"steal\": \"none\" }");
    Probe *server = rig_probe(rig, "DC01-web1");

    server->answer = (Message){.op = MESSAGE_HTTP, .code = 200, .size_bytes = 1000};
    host_listen(host, 443, &server->component);
    rig_add(rig, "uptimerobot", "main/EU", "{ \"address\": \"192.0.2.11\" }");
    rig_link_all(rig, "20ms");
    rig_start(rig);
    rig_run(rig, 10 * SIM_S);
    rig_down(rig, "link@EU-DC01", SIM_NEVER);
    rig_run(rig, 1000 * SIM_S);
    ck_assert_uint_ge(rig_counter(rig, "uptimerobot@main/EU", "watch_checks_failed"), 3);
    ck_assert_uint_eq(rig_counter(rig, "uptimerobot@main/EU", "alerts"), 0);
}
END_TEST

/* An observer may be blind: the shallow path is answered although the application is gone. */
START_TEST(an_error_from_the_application_is_an_outage_and_a_redirect_is_not)
{
    static const uint32_t codes[] = {503, 404, 302};

    for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
        g_auto(Scene) scene = scene_new(15, "zabbix_web", "", 1);

        scene.server->answer.code = codes[i];
        rig_run(scene.rig, 200 * SIM_S);
        ck_assert_uint_eq(scene_said(&scene, "down").count, codes[i] >= 400 ? 1 : 0);
    }
}
END_TEST

START_TEST(a_scenario_names_its_monitors_by_product)
{
    g_autoptr(Rig) rig =
        rig_new(16, &uptimerobot_kind, &watch_eye_kind, &zabbix_agent_kind, &zabbix_web_kind,
                &facade_probe_kind, &route53_alarm_kind, &people_kind, &watch_kind, NULL);

    rig_site(rig, "DC01");
    rig_site_of(rig, "EU", SITE_REGION);
    rig_host(rig, "DC01-web1", "192.0.2.11", NULL);
    rig_add(rig, "watch", "world",
            "{ \"uptimerobot\": { \"free\": { \"address\": \"192.0.2.11\" }, \"paid\": "
            "{ \"address\": \"192.0.2.11\", \"interval\": \"60s\" } }, \"people\": "
            "{ \"day\": {} } }");
    rig_link_all(rig, "20ms");
    rig_start(rig);
    rig_run(rig, 900 * SIM_S); /* nobody listens there */
    ck_assert_uint_eq(rig_counter(rig, "uptimerobot@free", "alerts"), 1);
    ck_assert_uint_eq(rig_counter(rig, "uptimerobot@paid", "alerts"), 1);
    ck_assert_uint_eq(rig_counter(rig, "people@day", "pages"), 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("watch");
    TCase *tests = tcase_create("monitors");

    tcase_add_test(tests, uptimerobot_free_notices_after_180_to_210_s);
    tcase_add_test(tests, uptimerobot_paid_notices_after_60_to_90_s);
    tcase_add_test(tests, a_five_minute_monitor_sees_a_fifth_of_minute_outages);
    tcase_add_test(tests, zabbix_triggers_on_the_last_value_or_on_three);
    tcase_add_test(tests, zabbix_without_data_waits_for_five_minutes_and_an_evaluation);
    tcase_add_test(tests, a_zabbix_web_scenario_takes_its_timeout);
    tcase_add_test(tests, the_facades_probe_notices_a_dark_site_and_a_slow_one);
    tcase_add_test(tests, an_alarm_comes_60_to_120_s_after_the_health_check);
    tcase_add_test(tests, people_need_eight_minutes_in_the_median);
    tcase_add_test(tests, a_regional_partition_is_denied_from_other_places);
    tcase_add_test(tests, an_error_from_the_application_is_an_outage_and_a_redirect_is_not);
    tcase_add_test(tests, a_scenario_names_its_monitors_by_product);
    suite_add_tcase(suite, tests);
    return suite;
}
