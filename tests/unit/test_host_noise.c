/* test_host_noise.c - neighbours on the same machine, and the same bits from all of a host. */
#include "sim/world/host.h"

#include <math.h>

#include "sim/world/world.h"
#include "tests/support/suite.h"

/* Over 60 days: work takes longer by the mean steal (0.96 x 1 % + 0.04 x 15 % = 1.6 %), and the
 * host freezes about 6 times for 0.3 to 3 s; what closed forms say of it is what is seen. */
START_TEST(neighbours_steal_and_freeze_now_and_then)
{
    enum { HOSTS = 40, DAYS = 60 };
    static const Kind *const kinds[] = {NULL};
    Engine *engine = engine_new(3);
    DiagList *diags = diag_list_new(NULL, NULL);
    World *world = world_new(engine, kinds);
    Site site = {.name = "DC01", .type = SITE_DC};
    Site *dc = world_add_site(world, &site);
    double frozen_s = 0, stolen = 0, stretch = 0, square = 0;
    const Host *host;
    uint64_t samples = 0;

    for (int i = 0; i < HOSTS; i++) {
        g_autofree char *place = g_strdup_printf("DC01-app%d", i);

        host_add(world, place, "app", dc, NULL, NULL, diags);
    }
    world_wire(world, diags);
    world_start(world);
    for (SimTime now = 0; now < DAYS * SIM_DAY; now += 6 * SIM_HOUR) {
        engine_run(engine, now);
        for (guint i = 0; i < world_count(world); i++) {
            double steal = host_steal(host_of(world_component(world, i)));

            stolen += steal;
            stretch += 1 / (1 - steal);
            square += 1 / (1 - steal) / (1 - steal);
            samples++;
        }
    }
    for (guint i = 0; i < world_count(world); i++) {
        Component *component = world_component(world, i);

        gauge_set(&component->impaired, DAYS * SIM_DAY, 0);
        frozen_s += component->impaired.area / 1e9;
    }
    ck_assert_double_eq_tol(stolen / (double)samples, 0.0156, 0.003);
    stretch /= (double)samples;
    square /= (double)samples;
    host = host_of(world_component(world, 0));
    ck_assert_double_eq_tol(host_mean_stretch(host), stretch, 0.003);
    ck_assert_double_eq_tol(host_stretch_spread(host), sqrt(square - stretch * stretch) / stretch,
                            0.01);
    ck_assert_double_eq_tol(frozen_s / HOSTS, 6 * 1.65, 1.5);
    world_free(world);
    engine_free(engine);
    diag_list_free(diags);
}
END_TEST

/* What 400 hosts of one seed lose at the begin, and 30 days later. */
static void see_steal(const char *steal, double begin[], double end[], guint count)
{
    static const Kind *const kinds[] = {NULL};
    Engine *engine = engine_new(3);
    DiagList *diags = diag_list_new(NULL, NULL);
    World *world = world_new(engine, kinds);
    Site site = {.name = "DC01", .type = SITE_DC};
    Site *dc = world_add_site(world, &site);
    g_autofree char *text = g_strdup_printf("{\"steal\":\"%s\"}", steal);
    cJSON *settings = cJSON_Parse(text);

    for (guint i = 0; i < count; i++) {
        g_autofree char *place = g_strdup_printf("DC01-app%u", i);

        host_add(world, place, "app", dc, NULL, settings, diags);
    }
    world_wire(world, diags);
    world_start(world);
    for (guint i = 0; i < count; i++) {
        begin[i] = host_steal(host_of(world_component(world, i)));
    }
    engine_run(engine, 30 * SIM_DAY);
    for (guint i = 0; i < count; i++) {
        end[i] = host_steal(host_of(world_component(world, i)));
    }
    ck_assert_uint_eq(diag_count_errors(diags), 0);
    cJSON_Delete(settings);
    world_free(world);
    engine_free(engine);
    diag_list_free(diags);
}

/* A host that is quiet anyway does not notice that it must be. */
START_TEST(quiet_neighbours_are_those_of_a_quiet_time_and_stay_so)
{
    enum { HOSTS = 400 };
    static double any[HOSTS], quiet[HOSTS], later[HOSTS], unused[HOSTS];
    double sum = 0;
    guint alike = 0;

    see_steal("markov", any, unused, HOSTS);
    see_steal("quiet", quiet, later, HOSTS);
    for (guint i = 0; i < HOSTS; i++) {
        sum += quiet[i];
        alike += fabs(quiet[i] - any[i]) < 1e-12;
        ck_assert_double_eq(later[i], quiet[i]);
        ck_assert_double_lt(quiet[i], 0.08);
    }
    ck_assert_double_eq_tol(sum / HOSTS, 0.01, 0.0015);
    ck_assert_uint_ge(alike, 370);
    ck_assert_uint_lt(alike, HOSTS);
}
END_TEST

/* Work and disk operations that follow each other on one host with neighbours. */
typedef struct Load {
    Host *host;
    Engine *engine;
    Rng rng;
} Load;

static void on_step(void *self, void *subject, uint64_t detail);

static const EventType step_type = {"test/step", on_step};

static void on_step(void *self, void *subject, uint64_t detail)
{
    Load *load = subject;

    if (rng_chance(&load->rng, 0.7)) {
        host_work(load->host, self, (SimSpan)rng_below(&load->rng, 2 * SIM_MS), &step_type, load,
                  detail);
    } else {
        host_disk(load->host, self, rng_chance(&load->rng, 0.5) ? DISK_READ : DISK_FSYNC, 4096,
                  &step_type, load, detail);
    }
}

/* Processor sharing, disk laws and the neighbours' Beta draws in one number. It is the same with
 * every compiler, at every optimisation, with and without fused multiply-add. */
START_TEST(a_host_under_load_has_the_same_fingerprint_everywhere)
{
    static const Kind *const kinds[] = {NULL};
    Engine *engine = engine_new(5);
    DiagList *diags = diag_list_new(NULL, NULL);
    World *world = world_new(engine, kinds);
    Site site = {.name = "DC01", .type = SITE_DC};
    Load load = {.engine = engine};

    load.host =
        host_add(world, "DC01-app1", "app", world_add_site(world, &site), NULL, NULL, diags);
    rng_init(&load.rng, 5, "test/load");
    world_wire(world, diags);
    world_start(world);
    for (uint64_t i = 0; i < 8; i++) {
        on_step(&host_component(load.host)->owner, &load, i);
    }
    engine_run(engine, 20 * SIM_S);
    ck_assert_uint_gt(engine_count_run(engine), 10000);
    ck_assert_uint_eq(engine_fingerprint(engine), UINT64_C(7678346479928112963));
    world_free(world);
    engine_free(engine);
    diag_list_free(diags);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("host_noise");
    TCase *tests = tcase_create("host_noise");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, neighbours_steal_and_freeze_now_and_then);
    tcase_add_test(tests, quiet_neighbours_are_those_of_a_quiet_time_and_stay_so);
    tcase_add_test(tests, a_host_under_load_has_the_same_fingerprint_everywhere);
    suite_add_tcase(suite, tests);
    return suite;
}
