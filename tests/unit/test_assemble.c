/* test_assemble.c - settings of links reach the links. */
#include <string.h>

#include "sim/run/assemble.h"
#include "sim/scenario/scenario_read.h"
#include "sim/world/inside.h"
#include "tests/support/suite.h"

#define STEADY "scenarios/smoke/steady.json"

extern const Kind *const all_kinds[];

static const Link *find_link(World *world, const char *name)
{
    for (guint id = 0; id < world_count(world); id++) {
        const Component *component = world_component(world, id);

        if (strcmp(component->name, name) == 0) {
            return (const Link *)component;
        }
    }
    ck_abort_msg("no '%s'", name);
}

static Assembly *assemble_with(const char *const *sets, Scenario **scenario)
{
    ScenarioChanges changes = {.sets = sets};
    DiagList *diags = NULL;
    g_autoptr(DiagList) unheard = diag_list_new(NULL, NULL);

    *scenario = scenario_read(STEADY, &changes, all_kinds, &diags);
    diag_list_free(diags);
    ck_assert_ptr_nonnull(*scenario);
    return assemble(*scenario, all_kinds, 1, unheard);
}

START_TEST(a_network_within_a_site_takes_its_own_settings)
{
    static const char *const sets[] = {"/system/wan/lan/rate=40Gbit/s", NULL};
    Scenario *scenario;
    Assembly *assembly = assemble_with(sets, &scenario);
    const Link *within = find_link(assembly->world, "link@DC01-DC01");
    const Link *between = find_link(assembly->world, "link@DC01-DC02");

    ck_assert_double_eq_tol(within->ns_per_byte, 0.2, 1e-12);
    ck_assert_int_eq(within->rtt, 300 * SIM_US);
    ck_assert_double_eq(within->loss, 0);
    ck_assert_double_eq_tol(between->ns_per_byte, 8, 1e-12);
    assembly_free(assembly);
    scenario_free(scenario);
}
END_TEST

START_TEST(settings_of_all_links_leave_networks_within_sites_alone)
{
    static const char *const sets[] = {"/system/wan/link/rate=10Gbit/s",
                                       "/system/wan/lan/rtt=500us", NULL};
    Scenario *scenario;
    Assembly *assembly = assemble_with(sets, &scenario);
    const Link *within = find_link(assembly->world, "link@DC01-DC01");
    const Link *between = find_link(assembly->world, "link@DC01-DC02");

    ck_assert_double_eq_tol(within->ns_per_byte, 8, 1e-12);
    ck_assert_int_eq(within->rtt, 500 * SIM_US);
    ck_assert_double_eq_tol(between->ns_per_byte, 0.8, 1e-12);
    assembly_free(assembly);
    scenario_free(scenario);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("assemble");
    TCase *tests = tcase_create("links");

    tcase_add_test(tests, a_network_within_a_site_takes_its_own_settings);
    tcase_add_test(tests, settings_of_all_links_leave_networks_within_sites_alone);
    suite_add_tcase(suite, tests);
    return suite;
}
