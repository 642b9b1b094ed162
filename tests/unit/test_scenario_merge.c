/* test_scenario_merge.c - files, flags and variables become one tree, and each value remembers who
 * wrote it. */
#include <stdlib.h>
#include <string.h>

#include "sim/config/json_place.h"
#include "sim/scenario/scenario_merge.h"
#include "tests/support/suite.h"

#define GOOD "tests/scenarios/good/"

/* A resolved document with what was said about it. */
typedef struct Merged {
    Origins *origins;
    DiagList *diags;
    cJSON *root;
    char *messages;
} Merged;

static Merged merge(const char *path, const ScenarioChanges *changes)
{
    Merged merged = {.origins = origins_new()};

    merged.diags = diag_list_new(origins_find, merged.origins);
    merged.root = scenario_merge(path, changes, merged.origins, merged.diags);
    merged.messages = diag_list_to_text(merged.diags);
    return merged;
}

static void merged_free(Merged *merged)
{
    cJSON_Delete(merged->root);
    diag_list_free(merged->diags);
    origins_free(merged->origins);
    g_free(merged->messages);
}

/* "file:line" that wrote the value at `pointer`, or the flag. */
static char *writer(const Merged *merged, const char *pointer)
{
    DiagPlace place = {0};

    ck_assert_msg(
        origins_find(merged->origins, json_pointer(merged->root, pointer), DIAG_VALUE, &place),
        "%s comes from nowhere", pointer);
    return place.line == 0 ? g_strdup(place.file)
                           : g_strdup_printf("%s:%d", place.file, place.line);
}

static void check_writer(const Merged *merged, const char *pointer, const char *expected)
{
    g_autofree char *found = writer(merged, pointer);

    ck_assert_str_eq(found, expected);
}

static double number_at(const Merged *merged, const char *pointer)
{
    const cJSON *node = json_pointer(merged->root, pointer);

    ck_assert_msg(cJSON_IsNumber(node), "%s is no number", pointer);
    return node->valuedouble;
}

static const char *text_at(const Merged *merged, const char *pointer)
{
    const cJSON *node = json_pointer(merged->root, pointer);

    ck_assert_msg(cJSON_IsString(node), "%s is no text", pointer);
    return node->valuestring;
}

START_TEST(each_value_remembers_the_file_that_wrote_it)
{
    Merged merged = merge(GOOD "lost.json", NULL);

    ck_assert_str_eq(merged.messages, "");
    check_writer(&merged, "/simulation/duration", GOOD "base.json:5");
    check_writer(&merged, "/title", GOOD "lost.json:5");
    check_writer(&merged, "/simulation/replications", GOOD "lost.json:9");
    check_writer(&merged, "/load/users/rate", GOOD "base.json:29");
    check_writer(&merged, "/method/0/target/dc", GOOD "lost.json:11");
    merged_free(&merged);
}
END_TEST

START_TEST(extends_and_patch_leave_no_trace_of_themselves)
{
    Merged merged = merge(GOOD "lost.json", NULL);

    ck_assert_ptr_null(json_member(merged.root, "extends"));
    ck_assert_ptr_null(json_member(merged.root, "patch"));
    ck_assert_double_eq(number_at(&merged, "/simulation/replications"), 5);
    merged_free(&merged);
}
END_TEST

START_TEST(a_string_that_is_one_variable_takes_its_type)
{
    Merged merged = merge(GOOD "lost.json", NULL);

    ck_assert_double_eq(number_at(&merged, "/load/users/rate"), 100);
    ck_assert_str_eq(text_at(&merged, "/title"), "DC01 is lost under 100 requests/s");
    ck_assert_str_eq(text_at(&merged, "/load/users/clients"), "web");
    merged_free(&merged);
}
END_TEST

START_TEST(what_is_for_others_passes_through_untouched)
{
    Merged merged = merge(GOOD "lost.json", NULL);

    ck_assert_str_eq(text_at(&merged, "/x-note"), "passed through: ${not_a_variable}");
    merged_free(&merged);
}
END_TEST

START_TEST(flags_come_after_files_in_the_order_of_the_manual)
{
    static const char *const vars[] = {"peak_rate=2750", "who=web", NULL};
    static const char *const sets[] = {"/simulation/duration=15m",
                                       "/load/users/regions/East Asia=0.5", NULL};
    ScenarioChanges changes = {.vars = vars, .sets = sets, .seed = "0xabc", .replications = 7};
    Merged merged = merge(GOOD "lost.json", &changes);

    ck_assert_str_eq(merged.messages, "");
    ck_assert_double_eq(number_at(&merged, "/load/users/rate"), 2750);
    ck_assert_str_eq(text_at(&merged, "/simulation/duration"), "15m");
    ck_assert_double_eq(number_at(&merged, "/load/users/regions/East Asia"), 0.5);
    ck_assert_str_eq(text_at(&merged, "/simulation/seed"), "0xabc");
    ck_assert_double_eq(number_at(&merged, "/simulation/replications"), 7);
    check_writer(&merged, "/simulation/duration", "--set /simulation/duration=15m");
    check_writer(&merged, "/simulation/seed", "--seed");
    merged_free(&merged);
}
END_TEST

START_TEST(a_flag_with_null_deletes)
{
    static const char *const sets[] = {"/system/monthly_cost=null", "/no/such=null", NULL};
    ScenarioChanges changes = {.sets = sets};
    Merged merged = merge(GOOD "base.json", &changes);

    ck_assert_ptr_null(json_pointer(merged.root, "/system/monthly_cost"));
    ck_assert_ptr_nonnull(strstr(merged.messages, "--set /no/such=null: error: "));
    merged_free(&merged);
}
END_TEST

START_TEST(a_number_that_no_file_could_hold_is_a_text)
{
    static const char *const sets[] = {"/load/users/rate=1e999", NULL};
    ScenarioChanges changes = {.sets = sets};
    Merged merged = merge(GOOD "base.json", &changes);

    ck_assert_str_eq(text_at(&merged, "/load/users/rate"), "1e999");
    merged_free(&merged);
}
END_TEST

START_TEST(a_file_of_variables_is_weaker_than_a_variable_flag)
{
    static const char *const files[] = {GOOD "vars.json", NULL};
    static const char *const vars[] = {"copies=3", NULL};
    ScenarioChanges changes = {.var_files = files, .vars = vars};
    Merged merged = merge(GOOD "base.json", &changes);

    ck_assert_str_eq(merged.messages, "");
    ck_assert_double_eq(number_at(&merged, "/load/users/rate"), 250);
    ck_assert_double_eq(number_at(&merged, "/system/cassandra/keyspaces/iot/replication/DC01"), 3);
    merged_free(&merged);
}
END_TEST

START_TEST(wrong_flags_are_named_in_full)
{
    static const char *const vars[] = {"peek_rate=1", "no value", NULL};
    static const char *const sets[] = {"load=1", "/title/deeper=1", NULL};
    ScenarioChanges changes = {.vars = vars, .sets = sets};
    Merged merged = merge(GOOD "base.json", &changes);

    ck_assert_ptr_nonnull(strstr(merged.messages, "--var peek_rate=1: error: nothing uses the "
                                                  "variable 'peek_rate'; did you mean "
                                                  "'peak_rate'?\n"));
    ck_assert_ptr_nonnull(strstr(merged.messages, "--var no value: error: a variable is set with "
                                                  "NAME=VALUE, like peak_rate=2750\n"));
    ck_assert_ptr_nonnull(strstr(merged.messages, "--set load=1: error: a value is set with "
                                                  "/POINTER=VALUE, like /load/users/rate=3000\n"));
    ck_assert_ptr_nonnull(strstr(merged.messages, "--set /title/deeper=1: error: "));
    merged_free(&merged);
}
END_TEST

/* A sweep goes over "/configuration/NAME" through such flags: a name that is mistyped must not give
 * the same figures for each of its values. */
START_TEST(a_pointer_to_a_variable_that_nobody_uses_is_refused)
{
    static const char *const wrong[] = {"/configuration/peek_rate=1",
                                        "/configuration/peek~1rate~01/deeper=1", NULL};
    static const char *const right[] = {"/configuration/peak_rate=1234", NULL};
    ScenarioChanges changes = {.sets = wrong};
    Merged merged = merge(GOOD "base.json", &changes);

    ck_assert_ptr_nonnull(strstr(merged.messages, "--set /configuration/peek_rate=1: error: "
                                                  "nothing uses the variable 'peek_rate'; did you "
                                                  "mean 'peak_rate'?\n"));
    merged_free(&merged);
    changes.sets = right;
    merged = merge(GOOD "base.json", &changes);
    ck_assert_str_eq(merged.messages, "");
    ck_assert_double_eq(number_at(&merged, "/configuration/peak_rate"), 1234);
    merged_free(&merged);
}
END_TEST

START_TEST(the_environment_gives_values_of_the_type_asked_for)
{
    Merged merged;

    setenv("DCDRILL_TEST_RATE", "1234", 1);
    unsetenv("DCDRILL_TEST_ABSENT");
    merged = merge(GOOD "environment.json", NULL);
    ck_assert_str_eq(merged.messages, "");
    ck_assert_double_eq(number_at(&merged, "/simulation/replications"), 1234);
    ck_assert_str_eq(text_at(&merged, "/description"), "1234 and fallback");
    ck_assert_double_eq(number_at(&merged, "/configuration/rate"), 1234);
    merged_free(&merged);
}
END_TEST

START_TEST(a_value_of_the_environment_of_another_type_is_refused)
{
    Merged merged;

    setenv("DCDRILL_TEST_RATE", "12x", 1);
    merged = merge(GOOD "environment.json", NULL);
    ck_assert_ptr_nonnull(
        strstr(merged.messages, "'DCDRILL_TEST_RATE' of the environment is not of type 'int'"));
    merged_free(&merged);
}
END_TEST

/* What another reader would cut or round is refused, as in a file. */
START_TEST(the_environment_is_read_as_strictly_as_a_file)
{
    static const char *const texts[] = {
        "9007199254740993", "\"a\\u0000b\"", "\"\\ud800\"", "{\"a\": 1, \"a\": 2}", "01", "[1,]"};
    Merged merged;

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        setenv("DCDRILL_TEST_JSON", texts[i], 1);
        merged = merge(GOOD "environment-json.json", NULL);
        ck_assert_msg(strstr(merged.messages, "is not of type 'json'") != NULL, "%s", texts[i]);
        merged_free(&merged);
    }
    setenv("DCDRILL_TEST_JSON", "[1.0000000000000002]", 1);
    setenv("DCDRILL_TEST_WORD", "caf\xe9", 1);
    merged = merge(GOOD "environment-json.json", NULL);
    ck_assert_ptr_nonnull(strstr(merged.messages, "is not of type 'str'"));
    ck_assert_ptr_null(strstr(merged.messages, "is not of type 'json'"));
    merged_free(&merged);
    unsetenv("DCDRILL_TEST_WORD");
    unsetenv("DCDRILL_TEST_JSON");
}
END_TEST

/* "\ud800" in quotes was taken as a text of eight characters. */
START_TEST(a_broken_text_in_quotes_on_the_command_line_is_no_text)
{
    static const char *const sets[] = {"/title=\"\\ud800\"", NULL};
    ScenarioChanges changes = {.sets = sets};
    Merged merged = merge(GOOD "environment-json.json", &changes);

    ck_assert_ptr_nonnull(strstr(merged.messages, "the text in double quotes is no JSON"));
    merged_free(&merged);
}
END_TEST

START_TEST(the_same_base_may_come_in_on_two_ways)
{
    Merged merged = merge(GOOD "diamond.json", NULL);

    ck_assert_str_eq(merged.messages, "");
    check_writer(&merged, "/simulation/warmup", GOOD "base.json:5");
    check_writer(&merged, "/simulation/replications", GOOD "diamond.json:5");
    merged_free(&merged);
}
END_TEST

START_TEST(null_deletes_what_a_base_has)
{
    Merged merged = merge(GOOD "diamond.json", NULL);

    ck_assert_ptr_null(json_pointer(merged.root, "/system/monthly_cost/names"));
    ck_assert_ptr_nonnull(json_pointer(merged.root, "/system/monthly_cost"));
    merged_free(&merged);
}
END_TEST

START_TEST(variables_that_double_at_each_step_stay_small)
{
    Merged merged = merge("tests/scenarios/bad/parts/doubling.json", NULL);

    ck_assert_ptr_nonnull(strstr(merged.messages, "grows beyond"));
    merged_free(&merged);
}
END_TEST

START_TEST(paths_start_from_the_file_that_writes_them)
{
    static const struct {
        const char *file, *path, *expected;
    } cases[] = {
        {"scenarios/drills/a.json", "../conf/z.json", "scenarios/conf/z.json"},
        {"a.json", "b.json", "b.json"},
        {NULL, "./x/../b.json", "b.json"},
        {"-", "b.json", "b.json"},
        {"/s/a.json", "b.json", "/s/b.json"},
        {"s/a.json", "/t/b.json", "/t/b.json"},
        {"a.json", "../../b.json", "../../b.json"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = scenario_merge_path(cases[i].file, cases[i].path);

        ck_assert_str_eq(path, cases[i].expected);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("scenario_merge");
    TCase *tests = tcase_create("scenario_merge");

    tcase_add_test(tests, each_value_remembers_the_file_that_wrote_it);
    tcase_add_test(tests, extends_and_patch_leave_no_trace_of_themselves);
    tcase_add_test(tests, a_string_that_is_one_variable_takes_its_type);
    tcase_add_test(tests, what_is_for_others_passes_through_untouched);
    tcase_add_test(tests, flags_come_after_files_in_the_order_of_the_manual);
    tcase_add_test(tests, a_flag_with_null_deletes);
    tcase_add_test(tests, a_number_that_no_file_could_hold_is_a_text);
    tcase_add_test(tests, a_file_of_variables_is_weaker_than_a_variable_flag);
    tcase_add_test(tests, wrong_flags_are_named_in_full);
    tcase_add_test(tests, a_pointer_to_a_variable_that_nobody_uses_is_refused);
    tcase_add_test(tests, the_environment_gives_values_of_the_type_asked_for);
    tcase_add_test(tests, a_value_of_the_environment_of_another_type_is_refused);
    tcase_add_test(tests, the_environment_is_read_as_strictly_as_a_file);
    tcase_add_test(tests, a_broken_text_in_quotes_on_the_command_line_is_no_text);
    tcase_add_test(tests, the_same_base_may_come_in_on_two_ways);
    tcase_add_test(tests, null_deletes_what_a_base_has);
    tcase_add_test(tests, variables_that_double_at_each_step_stay_small);
    tcase_add_test(tests, paths_start_from_the_file_that_writes_them);
    suite_add_tcase(suite, tests);
    return suite;
}
