/* test_fault.c - the table of faults: rows are whole, arguments do what they say. */
#include "sim/scenario/fault.h"
#include "tests/support/suite.h"

#include <string.h>

/* Arguments of `func` read from JSON text; fails the test when they are wrong. */
typedef struct Arguments {
    const FaultDef *fault;
    void *values;
    cJSON *tree;
} Arguments;

static Arguments arguments_read(const char *func, const char *text)
{
    Arguments arguments = {.fault = fault_find(func), .tree = cJSON_Parse(text)};
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);

    ck_assert_ptr_nonnull(arguments.fault);
    arguments.values = g_malloc0(arguments.fault->size);
    field_defaults(arguments.fault->arguments, arguments.values);
    ck_assert(field_read(arguments.fault->arguments, arguments.values, arguments.tree, diags));
    return arguments;
}

static void arguments_free(Arguments *arguments)
{
    field_clear(arguments->fault->arguments, arguments->values);
    g_free(arguments->values);
    cJSON_Delete(arguments->tree);
}

static Effect effect_of(const char *func, const char *text, bool forward)
{
    Arguments arguments = arguments_read(func, text);
    Effect effect = arguments.fault->effect(arguments.values, forward);

    arguments_free(&arguments);
    return effect;
}

START_TEST(every_fault_says_what_it_does_and_when_it_bites)
{
    for (const FaultDef *fault = fault_next(NULL); fault != NULL; fault = fault_next(fault)) {
        ck_assert_ptr_nonnull(strchr(fault->func, '.'));
        ck_assert_ptr_nonnull(fault->help);
        ck_assert_ptr_nonnull(fault->bites);
        ck_assert_ptr_nonnull(fault->effect);
        ck_assert_ptr_eq(fault_find(fault->func), fault);
        for (const Field *field = fault->arguments; field->name != NULL; field++) {
            ck_assert_msg(field->help != NULL, "%s: %s has no help", fault->func, field->name);
        }
    }
}
END_TEST

START_TEST(all_faults_of_the_first_release_are_there)
{
    static const char *const names[] = {"dc.outage",   "dc.isolate",     "node.crash",
                                        "node.pause",  "process.kill",   "link.delay",
                                        "link.loss",   "link.partition", "cpu.steal",
                                        "load.surge",  "sim.heal-all",   "dns.healthcheck-outage",
                                        "disk.latency"};

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        ck_assert_msg(fault_find(names[i]) != NULL, "no fault %s", names[i]);
    }
    ck_assert_ptr_null(fault_find("dc.outtage"));
}
END_TEST

START_TEST(a_power_loss_takes_unsynced_writes_and_caches)
{
    Effect effect = effect_of("dc.outage", "{}", true);

    ck_assert(effect.down);
    ck_assert(effect.unsynced_lost);
    ck_assert(effect.caches_cold);
}
END_TEST

START_TEST(an_outage_can_keep_writes_and_caches)
{
    Effect effect = effect_of(
        "dc.outage", "{\"unsynced_writes\":\"kept\",\"recovery\":{\"caches\":\"warm\"}}", true);

    ck_assert(effect.down);
    ck_assert(!effect.unsynced_lost);
    ck_assert(!effect.caches_cold);
}
END_TEST

START_TEST(a_torn_record_is_a_lost_one)
{
    ck_assert(effect_of("node.crash", "{\"unsynced\":\"torn\"}", true).unsynced_lost);
    ck_assert(effect_of("node.crash", "{\"unsynced\":\"lost\"}", true).unsynced_lost);
    ck_assert(!effect_of("node.crash", "{\"unsynced\":\"kept\"}", true).unsynced_lost);
}
END_TEST

START_TEST(a_killed_process_leaves_its_written_pages_to_the_kernel)
{
    Effect effect = effect_of("process.kill", "{\"process\":\"web\"}", true);

    ck_assert(effect.down);
    ck_assert(!effect.unsynced_lost);
    ck_assert(!effect.caches_cold);
}
END_TEST

START_TEST(a_stopped_process_is_paused_and_not_down)
{
    Effect effect = effect_of("process.kill", "{\"signal\":\"STOP\"}", true);

    ck_assert(effect.paused);
    ck_assert(!effect.down);
}
END_TEST

START_TEST(a_partition_cuts_the_ways_it_names)
{
    static const struct {
        const char *text;
        bool there, back;
    } cases[] = {
        {"{}", true, true},
        {"{\"direction\":\"to\"}", true, false},
        {"{\"direction\":\"from\"}", false, true},
        {"{\"symmetric\":false}", true, false},
        {"{\"symmetric\":false,\"direction\":\"from\"}", false, true},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        ck_assert(effect_of("link.partition", cases[i].text, true).down == cases[i].there);
        ck_assert(effect_of("link.partition", cases[i].text, false).down == cases[i].back);
    }
}
END_TEST

START_TEST(a_way_that_is_not_hit_is_no_target)
{
    ck_assert(effect_is_same(
        effect_of("link.delay", "{\"latency\":\"5ms\",\"direction\":\"to\"}", false), EFFECT_NONE));
    ck_assert(effect_is_same(
        effect_of("link.loss", "{\"probability\":0.5,\"direction\":\"from\"}", true), EFFECT_NONE));
    ck_assert(
        effect_is_same(effect_of("dc.isolate", "{\"direction\":\"to\"}", false), EFFECT_NONE));
}
END_TEST

START_TEST(delay_loss_steal_and_surge_carry_their_figures)
{
    Effect delay = effect_of("link.delay", "{\"latency\":\"25ms\",\"jitter\":\"10ms\"}", true);

    ck_assert_int_eq(delay.delay_added, 25 * SIM_MS);
    ck_assert_int_eq(delay.jitter_added, 10 * SIM_MS);
    ck_assert_double_eq(effect_of("link.loss", "{\"probability\":\"2%\"}", true).loss_ratio, 0.02);
    ck_assert_double_eq(effect_of("cpu.steal", "{\"ratio\":0.4}", true).steal_ratio, 0.4);
    ck_assert_double_eq(effect_of("load.surge", "{\"factor\":3}", true).load_factor, 3);
}
END_TEST

START_TEST(a_slow_disk_is_slow_for_the_operations_it_names)
{
    Effect both = effect_of("disk.latency", "{\"latency\":\"25ms\",\"jitter\":\"10ms\"}", true);
    Effect read = effect_of(
        "disk.latency", "{\"latency\":\"5ms\",\"operations\":\"read\",\"probability\":0.1}", true);
    Effect write =
        effect_of("disk.latency", "{\"latency\":\"5ms\",\"operations\":\"write\"}", true);

    ck_assert_int_eq(both.disk_read_added, 25 * SIM_MS);
    ck_assert_int_eq(both.disk_flush_added, 25 * SIM_MS);
    ck_assert_int_eq(both.disk_jitter_added, 10 * SIM_MS);
    ck_assert_double_eq(both.disk_slow_ratio, 1);
    ck_assert_int_eq(read.disk_flush_added, 0);
    ck_assert_double_eq(read.disk_slow_ratio, 0.1);
    ck_assert_int_eq(write.disk_read_added, 0);
    ck_assert_int_eq(write.disk_flush_added, 5 * SIM_MS);
}
END_TEST

START_TEST(an_isolated_site_can_keep_its_clients)
{
    Arguments all = arguments_read("dc.isolate", "{}");
    Arguments spared = arguments_read("dc.isolate", "{\"clients_still_reach\":true}");

    ck_assert(all.fault->is_link_meant(all.values, SITE_REGION, SITE_DC));
    ck_assert(all.fault->is_link_meant(all.values, SITE_DC, SITE_DC));
    ck_assert(!spared.fault->is_link_meant(spared.values, SITE_REGION, SITE_DC));
    ck_assert(!spared.fault->is_link_meant(spared.values, SITE_DC, SITE_CHECKER));
    ck_assert(spared.fault->is_link_meant(spared.values, SITE_DC, SITE_DC));
    arguments_free(&all);
    arguments_free(&spared);
}
END_TEST

START_TEST(a_clock_that_stopped_lags_by_the_length_of_the_pause)
{
    Arguments stops = arguments_read("node.pause", "{\"clock\":\"stops\"}");
    Arguments runs = arguments_read("node.pause", "{}");

    ck_assert_int_eq(stops.fault->leaves(stops.values, 7 * SIM_S).clock_ahead, -7 * SIM_S);
    ck_assert(effect_is_same(runs.fault->leaves(runs.values, 7 * SIM_S), EFFECT_NONE));
    arguments_free(&stops);
    arguments_free(&runs);
}
END_TEST

static double restart_mean(const char *func, const char *text)
{
    Arguments arguments = arguments_read(func, text);
    Draw law = fault_restart_after(arguments.fault, arguments.values);
    double mean = law.law == NULL ? -1 : draw_mean(law);

    arguments_free(&arguments);
    return mean;
}

START_TEST(only_a_supervisor_restarts_a_process)
{
    ck_assert_double_eq(restart_mean("process.kill", "{}"), -1);
    ck_assert_double_eq(restart_mean("process.kill", "{\"supervisor\":\"systemd\"}"), 1e8);
    ck_assert_double_eq(
        restart_mean("process.kill", "{\"supervisor\":\"systemd\",\"restart_after\":\"5s\"}"), 5e9);
    ck_assert_double_eq(
        restart_mean("process.kill", "{\"supervisor\":\"systemd\",\"signal\":\"STOP\"}"), -1);
    ck_assert_double_eq(restart_mean("node.crash", "{}"), -1);
    ck_assert_double_eq(restart_mean("node.crash", "{\"restart_after\":\"30s\"}"), 3e10);
}
END_TEST

START_TEST(a_checker_outage_means_the_regions_it_names)
{
    Arguments some = arguments_read("dns.healthcheck-outage", "{\"regions\":[\"us-east-1\"]}");
    Arguments all = arguments_read("dns.healthcheck-outage", "{}");

    ck_assert(fault_is_region_meant(some.fault, some.values, "us-east-1"));
    ck_assert(!fault_is_region_meant(some.fault, some.values, "eu-west-1"));
    ck_assert(fault_is_region_meant(all.fault, all.values, "eu-west-1"));
    arguments_free(&some);
    arguments_free(&all);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("fault");
    TCase *tests = tcase_create("fault");

    tcase_add_test(tests, every_fault_says_what_it_does_and_when_it_bites);
    tcase_add_test(tests, all_faults_of_the_first_release_are_there);
    tcase_add_test(tests, a_power_loss_takes_unsynced_writes_and_caches);
    tcase_add_test(tests, an_outage_can_keep_writes_and_caches);
    tcase_add_test(tests, a_torn_record_is_a_lost_one);
    tcase_add_test(tests, a_killed_process_leaves_its_written_pages_to_the_kernel);
    tcase_add_test(tests, a_stopped_process_is_paused_and_not_down);
    tcase_add_test(tests, a_partition_cuts_the_ways_it_names);
    tcase_add_test(tests, a_way_that_is_not_hit_is_no_target);
    tcase_add_test(tests, delay_loss_steal_and_surge_carry_their_figures);
    tcase_add_test(tests, a_slow_disk_is_slow_for_the_operations_it_names);
    tcase_add_test(tests, an_isolated_site_can_keep_its_clients);
    tcase_add_test(tests, a_clock_that_stopped_lags_by_the_length_of_the_pause);
    tcase_add_test(tests, only_a_supervisor_restarts_a_process);
    tcase_add_test(tests, a_checker_outage_means_the_regions_it_names);
    suite_add_tcase(suite, tests);
    return suite;
}
