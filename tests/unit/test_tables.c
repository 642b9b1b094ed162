/* test_tables.c - every kind, fault and table of the program says what it must: help, units,
 * sources, what is left out; and each kind's defaults survive their own schema's reader. */
#include <string.h>

#include "sim/scenario/fault.h"
#include "sim/scenario/scenario_fields.h"
#include "sim/world/component.h"
#include "tests/support/suite.h"

extern const Kind *const all_kinds[];

static void check_table(const char *name, const Field *fields)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autofree char *messages = NULL;

    if (fields == NULL) {
        return;
    }
    field_check_table(fields, diags);
    messages = diag_list_to_text(diags);
    ck_assert_msg(*messages == '\0', "%s:\n%s", name, messages);
}

static bool is_sentence(const char *text)
{
    return text != NULL && strlen(text) >= 5 && !g_str_has_suffix(text, ".");
}

START_TEST(each_field_of_each_kind_is_right)
{
    check_table(all_kinds[_i]->name, all_kinds[_i]->fields);
}
END_TEST

START_TEST(each_kind_says_what_it_is_and_what_it_leaves_out)
{
    const Kind *kind = all_kinds[_i];

    ck_assert_msg(is_sentence(kind->help), "%s: help", kind->name);
    ck_assert_msg(kind->leaves_out != NULL && *kind->leaves_out != '\0', "%s: leaves_out",
                  kind->name);
    ck_assert_msg(kind->size >= sizeof(Component), "%s: size", kind->name);
    for (int other = 0; other < _i; other++) {
        ck_assert_str_ne(all_kinds[other]->name, kind->name);
    }
}
END_TEST

START_TEST(each_metric_has_a_unit_and_help_and_a_name_of_its_own)
{
    const Kind *kind = all_kinds[_i];

    for (const MetricDef *metric = kind->metrics; metric != NULL && metric->name != NULL;
         metric++) {
        ck_assert_msg(is_sentence(metric->help), "%s.%s: help", kind->name, metric->name);
        ck_assert_msg(metric->unit != NULL && *metric->unit != '\0', "%s.%s: unit", kind->name,
                      metric->name);
        ck_assert_msg(metric->offset >= sizeof(Component) && metric->offset < kind->size,
                      "%s.%s: offset", kind->name, metric->name);
        for (const MetricDef *other = kind->metrics; other < metric; other++) {
            ck_assert_str_ne(other->name, metric->name);
        }
    }
}
END_TEST

START_TEST(the_defaults_of_each_kind_can_be_set_copied_and_cleared)
{
    const Kind *kind = all_kinds[_i];
    g_autofree char *one = g_malloc0(kind->size), *other = g_malloc0(kind->size);

    if (kind->fields == NULL) {
        return;
    }
    field_defaults(kind->fields, one);
    field_copy(kind->fields, other, one);
    for (const Field *field = kind->fields; field->name != NULL; field++) {
        g_autofree char *printed = field_print(field, one), *copied = field_print(field, other);

        ck_assert_str_eq(printed, copied);
    }
    field_clear(kind->fields, one);
    field_clear(kind->fields, other);
}
END_TEST

START_TEST(each_fault_has_help_and_right_arguments)
{
    for (const FaultDef *fault = fault_next(NULL); fault != NULL; fault = fault_next(fault)) {
        ck_assert_msg(is_sentence(fault->help), "%s: help", fault->func);
        ck_assert_msg(is_sentence(fault->bites), "%s: bites", fault->func);
        check_table(fault->func, fault->arguments);
    }
}
END_TEST

START_TEST(each_table_of_the_scenario_is_right)
{
    check_table("top", top_fields);
    check_table("simulation", simulation_fields);
    check_table("datacenters", datacenter_fields);
    check_table("nodes", node_group_fields);
    check_table("wan", wan_fields);
    check_table("regions", region_fields);
    check_table("activity", activity_fields);
    check_table("every", every_fields);
    check_table("when", when_fields);
    check_table("target", target_fields);
    check_table("link", link_target_fields);
    check_table("thresholds", threshold_fields);
    check_table("invariants", invariant_fields);
    check_table("must-happen", must_happen_fields);
    check_table("hypothesis", hypothesis_fields);
    check_table("runtime", runtime_fields);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("tables");
    TCase *tests = tcase_create("tables");
    int kinds = 0;

    while (all_kinds[kinds] != NULL) {
        kinds++;
    }
    tcase_add_loop_test(tests, each_field_of_each_kind_is_right, 0, kinds);
    tcase_add_loop_test(tests, each_kind_says_what_it_is_and_what_it_leaves_out, 0, kinds);
    tcase_add_loop_test(tests, each_metric_has_a_unit_and_help_and_a_name_of_its_own, 0, kinds);
    tcase_add_loop_test(tests, the_defaults_of_each_kind_can_be_set_copied_and_cleared, 0, kinds);
    tcase_add_test(tests, each_fault_has_help_and_right_arguments);
    tcase_add_test(tests, each_table_of_the_scenario_is_right);
    suite_add_tcase(suite, tests);
    return suite;
}
