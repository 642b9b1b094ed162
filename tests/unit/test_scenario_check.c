/* test_scenario_check.c - every file of tests/scenarios/bad is refused with exactly the messages
 * of the .txt beside it. Runs from the root of the project. */
#include <string.h>

#include "sim/scenario/scenario_read.h"
#include "tests/support/suite.h"
#include "tests/support/toy_kinds.h"

#define BAD "tests/scenarios/bad"

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *bad_files(void)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GDir *dir = g_dir_open(BAD, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_suffix(name, ".json")) {
            g_ptr_array_add(names, g_strndup(name, strlen(name) - strlen(".json")));
        }
    }
    if (dir != NULL) {
        g_dir_close(dir);
    }
    g_ptr_array_sort(names, by_name);
    return names;
}

START_TEST(a_bad_file_yields_exactly_its_messages)
{
    g_autoptr(GPtrArray) names = bad_files();
    const char *name = names->pdata[_i];
    g_autofree char *path = g_strdup_printf(BAD "/%s.json", name);
    g_autofree char *text_path = g_strdup_printf(BAD "/%s.txt", name);
    g_autofree char *expected = NULL;
    DiagList *diags = NULL;
    Scenario *scenario = scenario_read(path, NULL, toy_kinds, &diags);
    g_autofree char *messages = diag_list_to_text(diags);

    diag_list_free(diags);
    ck_assert_msg(scenario == NULL, "%s was taken for good", path);
    ck_assert_msg(g_file_get_contents(text_path, &expected, NULL, NULL), "no %s", text_path);
    ck_assert_msg(strcmp(messages, expected) == 0, "%s: expected\n%sgot\n%s", path, expected,
                  messages);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_refused_with_a_near_name)
{
    DiagList *diags = NULL;
    Scenario *scenario = scenario_read("tests/scenarios/good/bse.json", NULL, toy_kinds, &diags);
    g_autofree char *messages = diag_list_to_text(diags);

    diag_list_free(diags);
    ck_assert_ptr_null(scenario);
    ck_assert_str_eq(messages, "tests/scenarios/good/bse.json: error: no such file; did you mean "
                               "'base.json'?\n");
}
END_TEST

START_TEST(a_folder_is_refused)
{
    DiagList *diags = NULL;
    Scenario *scenario = scenario_read("tests/scenarios/good", NULL, toy_kinds, &diags);

    ck_assert_ptr_null(scenario);
    ck_assert_uint_eq(diag_count_errors(diags), 1);
    diag_list_free(diags);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("scenario_check");
    TCase *tests = tcase_create("scenario_check");
    g_autoptr(GPtrArray) names = bad_files();

    tcase_add_loop_test(tests, a_bad_file_yields_exactly_its_messages, 0, (int)names->len);
    tcase_add_test(tests, a_file_that_is_not_there_is_refused_with_a_near_name);
    tcase_add_test(tests, a_folder_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
