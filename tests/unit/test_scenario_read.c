/* test_scenario_read.c - a good file becomes plain data, and every file that ships is a good one.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "sim/base/rng.h"
#include "sim/config/json_place.h"
#include "sim/scenario/plan.h"
#include "sim/scenario/scenario_page.h"
#include "sim/scenario/scenario_read.h"
#include "tests/support/suite.h"
#include "tests/support/toy_kinds.h"

#define LOST "tests/scenarios/good/lost.json"

extern const Kind *const all_kinds[];

static Scenario *read_changed(const char *path, const char *const *sets)
{
    DiagList *diags = NULL;
    ScenarioChanges changes = {.sets = sets};
    Scenario *scenario = scenario_read(path, &changes, toy_kinds, &diags);
    g_autofree char *messages = diag_list_to_text(diags);

    diag_list_free(diags);
    ck_assert_msg(scenario != NULL, "%s", messages);
    return scenario;
}

static Scenario *read_lost(void)
{
    return read_changed(LOST, NULL);
}

START_TEST(simulation_has_what_was_written_and_defaults_for_the_rest)
{
    g_autoptr(Scenario) scenario = read_lost();
    const SimulationSettings *simulation = &scenario->simulation;

    ck_assert_int_eq(simulation->warmup, 10 * SIM_S);
    ck_assert_int_eq(simulation->duration, 10 * SIM_MIN);
    ck_assert_int_eq(simulation->settle, 30 * SIM_S);
    ck_assert_int_eq(simulation->sample_interval, SIM_S);
    ck_assert_int_eq(simulation->replications, 5);
    ck_assert_uint_eq(simulation->seed, 1);
    ck_assert_str_eq(simulation->seed_text, "1");
}
END_TEST

START_TEST(a_seed_may_be_decimal_hexadecimal_or_a_commit)
{
    static const struct {
        const char *set;
        uint64_t seed;
    } cases[] = {
        {"/simulation/seed=42", 42},
        {"/simulation/seed=\"18446744073709551615\"", UINT64_MAX},
        {"/simulation/seed=0x10", 16},
        {"/simulation/seed=beef", 0xbeef},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *const sets[] = {cases[i].set, NULL};
        g_autoptr(Scenario) scenario = read_changed(LOST, sets);

        ck_assert_uint_eq(scenario->simulation.seed, cases[i].seed);
    }
}
END_TEST

START_TEST(commits_that_differ_in_one_digit_give_other_seeds)
{
    const char *const one[] = {"/simulation/seed=0123456789abcdef0123456789abcdef01234567", NULL};
    const char *const two[] = {"/simulation/seed=0123456789abcdef0123456789abcdef01234568", NULL};
    g_autoptr(Scenario) first = read_changed(LOST, one);
    g_autoptr(Scenario) second = read_changed(LOST, two);

    ck_assert_uint_ne(first->simulation.seed, second->simulation.seed);
}
END_TEST

START_TEST(nodes_stand_where_the_file_says)
{
    g_autoptr(Scenario) scenario = read_lost();
    const NodeGroup *app = scenario->nodes->pdata[0];
    const NodeGroup *db = scenario->nodes->pdata[1];

    ck_assert_uint_eq(scenario->nodes->len, 2);
    ck_assert_str_eq(app->role, "app");
    ck_assert_str_eq(app->runs[0], "web");
    ck_assert_uint_eq(app->datacenters->len, 2);
    ck_assert_uint_eq(g_array_index(db->counts, guint, 0), 3);
    ck_assert_uint_eq(g_array_index(db->counts, guint, 1), 2);
    ck_assert_ptr_eq(db->datacenters->pdata[0], scenario->datacenters->pdata[0]);
}
END_TEST

START_TEST(data_centres_are_live_unless_they_are_backups)
{
    g_autoptr(Scenario) scenario = read_lost();
    const DataCentre *first = scenario->datacenters->pdata[0];
    const DataCentre *second = scenario->datacenters->pdata[1];

    ck_assert_str_eq(first->name, "DC01");
    ck_assert(first->is_live);
    ck_assert(!second->is_live);
    ck_assert_uint_eq(first->nodes, 5);
}
END_TEST

START_TEST(cost_adds_nodes_and_the_rest)
{
    static const char *const sets[] = {
        "/system/sizes={\"small\": {\"monthly_cost\": 2.5}, \"big\": {\"monthly_cost\": 10}}",
        "/system/datacenters/DC01/size=big", "/system/datacenters/DC02/size=small", NULL};
    g_autoptr(Scenario) scenario = read_changed(LOST, sets);

    ck_assert_double_eq_tol(scenario_monthly_cost(scenario), 5 * 10 + 4 * 2.5 + 5, 1e-9);
}
END_TEST

START_TEST(only_regions_in_use_are_sites)
{
    g_autoptr(Scenario) scenario = read_lost();
    const Region *region = scenario->regions->pdata[0];

    ck_assert_uint_eq(scenario->regions->len, 1);
    ck_assert_str_eq(region->name, "Europe central");
    ck_assert_str_eq(region->country, "DE");
    ck_assert_str_eq(region->continent, "EU");
    ck_assert_uint_eq(scenario->checkers->len, 1);
}
END_TEST

START_TEST(a_load_lies_over_its_profile)
{
    g_autoptr(Scenario) scenario = read_lost();
    const LoadEntry *load = scenario->loads->pdata[0];

    ck_assert_str_eq(load->name, "users");
    ck_assert_str_eq(json_member(load->tree, "patience")->valuestring, "4s");
    ck_assert_double_eq(json_member(load->tree, "rate")->valuedouble, 100);
}
END_TEST

START_TEST(a_load_is_stronger_than_its_profile)
{
    static const char *const sets[] = {"/load/users/patience=1s", NULL};
    g_autoptr(Scenario) scenario = read_changed(LOST, sets);
    const LoadEntry *load = scenario->loads->pdata[0];

    ck_assert_str_eq(json_member(load->tree, "patience")->valuestring, "1s");
}
END_TEST

START_TEST(an_action_has_its_fault_time_target_and_arguments)
{
    g_autoptr(Scenario) scenario = read_lost();
    const Activity *lose = scenario->method->pdata[0];

    ck_assert_str_eq(lose->name, "lose-dc01");
    ck_assert_int_eq(lose->at, 2 * SIM_MIN);
    ck_assert_int_eq(lose->duration, 3 * SIM_MIN);
    ck_assert_ptr_eq(lose->fault, fault_find("dc.outage"));
    ck_assert_str_eq(lose->target.dc[0], "DC01");
    ck_assert(lose->fault->effect(lose->arguments, true).unsynced_lost);
    ck_assert_double_eq_tol(
        draw_quantile(fault_boot(lose->fault, lose->arguments), 0.5) / (double)SIM_S, 90, 1e-6);
}
END_TEST

START_TEST(an_action_may_wait_for_others)
{
    g_autoptr(Scenario) scenario = read_lost();
    const Activity *crash = scenario->method->pdata[2];

    ck_assert_int_eq(crash->at, SIM_NEVER);
    ck_assert_str_eq(crash->after[0], "lose-dc01");
    ck_assert_int_eq(crash->target.mode, TARGET_ONE);
    ck_assert_double_eq(draw_mean(fault_restart_after(crash->fault, crash->arguments)), 3e10);
}
END_TEST

START_TEST(a_probe_has_a_query_and_a_tolerance)
{
    g_autoptr(Scenario) scenario = read_lost();
    const Activity *probe = scenario->method->pdata[1];

    ck_assert_int_eq(probe->type, ACTIVITY_PROBE);
    ck_assert_str_eq(probe->query, "rate(http_reqs{dc=\"DC01\"}[10s])");
    ck_assert(cJSON_IsObject(probe->tolerance));
    ck_assert_ptr_null(probe->fault);
}
END_TEST

START_TEST(the_process_to_kill_may_stand_in_the_arguments)
{
    static const char *const sets[] = {
        "/method=[{\"type\":\"action\",\"name\":\"k\",\"at\":\"1m\",\"func\":\"process.kill\","
        "\"target\":{\"role\":\"app\"},\"arguments\":{\"process\":\"web\"}}]",
        NULL};
    g_autoptr(Scenario) scenario = read_changed("tests/scenarios/good/base.json", sets);
    const Activity *kill = scenario->method->pdata[0];

    ck_assert_str_eq(kill->target.process, "web");
}
END_TEST

START_TEST(a_share_of_checkers_becomes_a_mode)
{
    static const char *const sets[] = {
        "/method=[{\"type\":\"action\",\"name\":\"h\",\"at\":\"1m\",\"duration\":\"1m\","
        "\"func\":\"dns.healthcheck-outage\",\"arguments\":{\"share\":0.25}}]",
        NULL};
    g_autoptr(Scenario) scenario = read_changed("tests/scenarios/good/base.json", sets);
    const Activity *outage = scenario->method->pdata[0];

    ck_assert_int_eq(outage->target.mode, TARGET_FIXED_PERCENT);
    ck_assert_double_eq(outage->target.value, 25);
}
END_TEST

START_TEST(thresholds_keep_their_text_window_and_severity)
{
    g_autoptr(Scenario) scenario = read_lost();
    const Threshold *whole = scenario->thresholds->pdata[0];
    const Threshold *window = scenario->thresholds->pdata[1];
    const Threshold *text = scenario->thresholds->pdata[2];

    ck_assert_uint_eq(scenario->thresholds->len, 4);
    ck_assert_str_eq(whole->metric, "http_req_failed");
    ck_assert_str_eq(whole->condition, "rate<0.001");
    ck_assert_double_eq(whole->confidence, 0.9);
    ck_assert_int_eq(whole->window, 0);
    ck_assert_int_eq(window->window, 10 * SIM_S);
    ck_assert(window->is_warning);
    ck_assert_str_eq(text->metric, "http_req_duration{phase:lose-dc01}");
    ck_assert_double_eq(text->confidence, 0.95);
}
END_TEST

START_TEST(invariants_and_what_must_happen_are_read)
{
    g_autoptr(Scenario) scenario = read_lost();
    const InvariantCheck *durability = scenario->invariants->pdata[0];
    const InvariantCheck *freshness = scenario->invariants->pdata[1];
    const MustHappen *moved = scenario->must_happen->pdata[0];

    ck_assert_str_eq(durability->check, "no-lost-acked-write");
    ck_assert_int_eq(durability->max, SIM_NEVER);
    ck_assert_int_eq(freshness->max, 10 * SIM_S);
    ck_assert_str_eq(moved->event, "client.rerouted");
    ck_assert_int_eq(moved->min, 10);
}
END_TEST

START_TEST(runtime_is_read)
{
    g_autoptr(Scenario) scenario = read_lost();

    ck_assert_int_eq(scenario->hypothesis_strategy, HYPOTHESIS_CONTINUOUSLY);
    ck_assert_int_eq(scenario->hypothesis_frequency, 2 * SIM_S);
    ck_assert_int_eq(scenario->rollback_strategy, ROLLBACK_ALWAYS);
    ck_assert(!scenario->fail_fast);
}
END_TEST

START_TEST(tables_of_other_sites_may_be_shared)
{
    static const char *const sets[] = {
        "/system/wan/rtt={\"DC01-DC02\":\"44ms\",\"DC01-DC09\":\"7ms\"}",
        "/system/wan/regions/Europe central/rtt/DC09=3ms",
        "/system/wan/links={\"DC01-DC09\":{},\"East Asia-DC01\":{}}", NULL};
    g_autoptr(Scenario) scenario = read_changed(LOST, sets);

    ck_assert_uint_eq(scenario->datacenters->len, 2);
}
END_TEST

START_TEST(what_is_printed_reads_back_as_the_same_scenario)
{
    g_autoptr(Scenario) scenario = read_lost();
    g_autofree char *printed = scenario_print(scenario);
    g_autofree char *path = g_strdup("/tmp/dcdrill_printed_XXXXXX");
    g_autofree char *again = NULL;
    int file = g_mkstemp(path);

    ck_assert_int_ge(file, 0);
    g_close(file, NULL);
    ck_assert(g_file_set_contents(path, printed, -1, NULL));
    g_autoptr(Scenario) second = read_changed(path, NULL);

    again = scenario_print(second);
    remove(path);
    ck_assert_str_eq(printed, again);
}
END_TEST

START_TEST(origins_name_file_and_line_of_each_value)
{
    g_autoptr(Scenario) scenario = read_lost();
    g_autofree char *origins = scenario_print_origins(scenario);

    ck_assert_ptr_nonnull(
        strstr(origins, "/load/users/rate = 100 (tests/scenarios/good/base.json:29)\n"));
    ck_assert_ptr_nonnull(strstr(origins, "/simulation/replications = 5 "
                                          "(tests/scenarios/good/lost.json:9)\n"));
}
END_TEST

START_TEST(the_plan_lays_out_the_timeline_and_the_chain_of_steps)
{
    g_autoptr(Scenario) scenario = read_lost();
    g_autoptr(GPtrArray) steps = plan_timeline(scenario);
    static const struct {
        const char *name;
        SimTime begin, end;
    } expected[] = {
        {"warmup", -10 * SIM_S, 0},
        {"measured", 0, 10 * SIM_MIN},
        {"lose-dc01", 2 * SIM_MIN, 5 * SIM_MIN},
        {"gone", 4 * SIM_MIN, 4 * SIM_MIN},
        {"one-crash", 5 * SIM_MIN, SIM_NEVER},
        {"heal", 10 * SIM_MIN, 10 * SIM_MIN},
        {"settle", 10 * SIM_MIN, 10 * SIM_MIN + 30 * SIM_S},
    };

    ck_assert_uint_eq(steps->len, G_N_ELEMENTS(expected));
    for (guint i = 0; i < steps->len; i++) {
        const PlanStep *step = steps->pdata[i];

        ck_assert_str_eq(step->name, expected[i].name);
        ck_assert_int_eq(step->begin, expected[i].begin);
        ck_assert_int_eq(step->end, expected[i].end);
    }
}
END_TEST

START_TEST(what_recurs_has_a_step_for_each_time)
{
    static const char *const sets[] = {
        "/method=[{\"type\":\"action\",\"name\":\"k\",\"every\":{\"interval\":\"4m\"},\"duration\":"
        "\"3m\",\"func\":\"node.crash\",\"target\":{\"role\":\"app\"}}]",
        NULL};
    g_autoptr(Scenario) scenario = read_changed("tests/scenarios/good/base.json", sets);
    g_autoptr(GPtrArray) steps = plan_timeline(scenario);
    const PlanStep *first = steps->pdata[2];
    const PlanStep *second = steps->pdata[3];

    ck_assert_uint_eq(steps->len, 5);
    ck_assert_int_eq(first->begin, 4 * SIM_MIN);
    ck_assert(!first->is_cut);
    ck_assert_int_eq(second->end, 10 * SIM_MIN);
    ck_assert(second->is_cut);
}
END_TEST

START_TEST(replications_take_the_seeds_of_the_streams)
{
    g_autoptr(Scenario) scenario = read_lost();

    ck_assert_uint_eq(plan_seed(scenario, 0), 1);
    ck_assert_uint_eq(plan_seed(scenario, 4), rng_replication_seed(1, 4));
}
END_TEST

START_TEST(the_reference_has_every_fault_and_kind)
{
    g_autofree char *page = scenario_reference(toy_kinds);

    for (const FaultDef *fault = fault_next(NULL); fault != NULL; fault = fault_next(fault)) {
        g_autofree char *title = g_strdup_printf("### `%s`\n", fault->func);

        ck_assert_ptr_nonnull(strstr(page, title));
    }
    ck_assert_ptr_nonnull(strstr(page, "### `web`\n"));
    ck_assert_ptr_nonnull(strstr(page, "### `host`\n"));
    ck_assert_ptr_nonnull(strstr(page, "| `served` | counter |"));
}
END_TEST

START_TEST(the_schema_offers_every_fault_kind_and_section)
{
    cJSON *schema = scenario_schema(toy_kinds, false);
    const cJSON *names = json_pointer(schema, "/definitions/activity/properties/func/enum");
    int count = 0;

    for (const FaultDef *fault = fault_next(NULL); fault != NULL; fault = fault_next(fault)) {
        count++;
    }
    ck_assert_int_eq(cJSON_GetArraySize(names), count);
    ck_assert_ptr_nonnull(
        json_pointer(schema, "/properties/system/properties/web/properties/workers"));
    ck_assert_ptr_nonnull(
        json_pointer(schema, "/properties/load/additionalProperties/properties/patience"));
    ck_assert_ptr_nonnull(json_pointer(schema, "/properties/must-happen"));
    ck_assert_str_eq(json_pointer(schema, "/required/0")->valuestring, "version");
    cJSON_Delete(schema);
}
END_TEST

START_TEST(the_schema_of_overlays_requires_nothing_and_lets_null_delete)
{
    cJSON *schema = scenario_schema(toy_kinds, true);

    ck_assert_ptr_null(json_member(schema, "required"));
    ck_assert_str_eq(json_pointer(schema, "/properties/simulation/anyOf/1/type")->valuestring,
                     "null");
    cJSON_Delete(schema);
}
END_TEST

/* The files of a folder of scenarios that can be run as they are. */
static void check_folder(const char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;

    ck_assert_msg(dir != NULL, "no folder %s", folder);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        DiagList *diags = NULL;

        if (g_str_has_suffix(name, ".json")) {
            g_autoptr(Scenario) scenario = scenario_read(path, NULL, all_kinds, &diags);
            g_autofree char *messages = diag_list_to_text(diags);

            diag_list_free(diags);
            ck_assert_msg(scenario != NULL, "%s", messages);
        }
    }
    g_dir_close(dir);
}

START_TEST(every_topology_and_drill_that_ships_is_good)
{
    check_folder("scenarios/topologies");
    check_folder("scenarios/drills");
}
END_TEST

START_TEST(both_topologies_cost_125_euro_a_month)
{
    static const char *const paths[] = {"scenarios/topologies/five-dc.json",
                                        "scenarios/topologies/five-dc-three-big.json"};

    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        DiagList *diags = NULL;
        g_autoptr(Scenario) scenario = scenario_read(paths[i], NULL, all_kinds, &diags);

        diag_list_free(diags);
        ck_assert_ptr_nonnull(scenario);
        ck_assert_double_eq_tol(scenario_monthly_cost(scenario), 125, 1e-9);
    }
}
END_TEST

static void add_data_tests(TCase *tests)
{
    tcase_add_test(tests, simulation_has_what_was_written_and_defaults_for_the_rest);
    tcase_add_test(tests, a_seed_may_be_decimal_hexadecimal_or_a_commit);
    tcase_add_test(tests, commits_that_differ_in_one_digit_give_other_seeds);
    tcase_add_test(tests, nodes_stand_where_the_file_says);
    tcase_add_test(tests, data_centres_are_live_unless_they_are_backups);
    tcase_add_test(tests, cost_adds_nodes_and_the_rest);
    tcase_add_test(tests, only_regions_in_use_are_sites);
    tcase_add_test(tests, a_load_lies_over_its_profile);
    tcase_add_test(tests, a_load_is_stronger_than_its_profile);
    tcase_add_test(tests, an_action_has_its_fault_time_target_and_arguments);
    tcase_add_test(tests, an_action_may_wait_for_others);
    tcase_add_test(tests, a_probe_has_a_query_and_a_tolerance);
    tcase_add_test(tests, the_process_to_kill_may_stand_in_the_arguments);
    tcase_add_test(tests, a_share_of_checkers_becomes_a_mode);
    tcase_add_test(tests, thresholds_keep_their_text_window_and_severity);
    tcase_add_test(tests, invariants_and_what_must_happen_are_read);
    tcase_add_test(tests, runtime_is_read);
    tcase_add_test(tests, tables_of_other_sites_may_be_shared);
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("scenario_read");
    TCase *tests = tcase_create("scenario_read");

    add_data_tests(tests);
    tcase_add_test(tests, what_is_printed_reads_back_as_the_same_scenario);
    tcase_add_test(tests, origins_name_file_and_line_of_each_value);
    tcase_add_test(tests, the_plan_lays_out_the_timeline_and_the_chain_of_steps);
    tcase_add_test(tests, what_recurs_has_a_step_for_each_time);
    tcase_add_test(tests, replications_take_the_seeds_of_the_streams);
    tcase_add_test(tests, the_reference_has_every_fault_and_kind);
    tcase_add_test(tests, the_schema_offers_every_fault_kind_and_section);
    tcase_add_test(tests, the_schema_of_overlays_requires_nothing_and_lets_null_delete);
    tcase_add_test(tests, every_topology_and_drill_that_ships_is_good);
    tcase_add_test(tests, both_topologies_cost_125_euro_a_month);
    suite_add_tcase(suite, tests);
    return suite;
}
