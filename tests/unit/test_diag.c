/* test_diag.c - messages: order, places, suggestions. */
#include <string.h>

#include "sim/config/diag.h"
#include "tests/support/suite.h"

static void check_text(const DiagList *diags, const char *expected)
{
    g_autofree char *text = diag_list_to_text(diags);

    ck_assert_str_eq(text, expected);
}

START_TEST(messages_come_in_order_of_file_line_and_column)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);

    diag_add_at(diags, DIAG_ERROR, (DiagPlace){"b.json", 1, 1, NULL}, "six");
    diag_add_at(diags, DIAG_ERROR, (DiagPlace){"a.json", 10, 2, NULL}, "five");
    diag_add_at(diags, DIAG_WARNING, (DiagPlace){"a.json", 9, 11, NULL}, "four");
    diag_add_at(diags, DIAG_ERROR, (DiagPlace){"a.json", 9, 2, NULL}, "two");
    diag_add_at(diags, DIAG_ERROR, (DiagPlace){"a.json", 9, 2, NULL}, "three %d", 3);
    diag_add_at(diags, DIAG_ERROR, (DiagPlace){"a.json", 0, 0, NULL}, "one");
    check_text(diags, "a.json: error: one\n"
                      "a.json:9:2: error: two\n"
                      "a.json:9:2: error: three 3\n"
                      "a.json:9:11: warning: four\n"
                      "a.json:10:2: error: five\n"
                      "b.json:1:1: error: six\n");
    ck_assert_uint_eq(diag_count_errors(diags), 5);
    ck_assert_uint_eq(diag_count_warnings(diags), 1);
}
END_TEST

START_TEST(a_message_said_twice_at_a_place_is_shown_once)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);

    diag_add_at(diags, DIAG_ERROR, (DiagPlace){"a.json", 2, 1, NULL}, "same");
    diag_add_at(diags, DIAG_ERROR, (DiagPlace){"a.json", 2, 1, NULL}, "other");
    diag_add_at(diags, DIAG_ERROR, (DiagPlace){"a.json", 2, 1, NULL}, "same");
    check_text(diags, "a.json:2:1: error: same\na.json:2:1: error: other\n");
    ck_assert_uint_eq(diag_count_errors(diags), 3);
}
END_TEST

START_TEST(a_message_ends_with_the_pointer_to_its_value)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    char pointer[] = "/load/users/rate";

    diag_add_at(diags, DIAG_ERROR, (DiagPlace){"a.json", 2, 1, pointer}, "wrong");
    diag_add_at(diags, DIAG_ERROR, (DiagPlace){"a.json", 1, 1, ""}, "top");
    pointer[1] = 'x';
    check_text(diags, "a.json:1:1: error: top\na.json:2:1: error: wrong [/load/users/rate]\n");
}
END_TEST

START_TEST(messages_without_place_are_all_shown)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);

    diag_add(diags, DIAG_ERROR, NULL, DIAG_KEY, "same");
    diag_add(diags, DIAG_ERROR, NULL, DIAG_KEY, "same");
    check_text(diags, "error: same\nerror: same\n");
}
END_TEST

static bool find_some(void *context, const cJSON *node, DiagSide side, DiagPlace *place)
{
    if (node != context) {
        return false;
    }
    *place = (DiagPlace){"f", 7, side == DIAG_KEY ? 1 : 2, NULL};
    return true;
}

START_TEST(a_node_that_stands_in_no_file_has_no_place)
{
    cJSON known = {0}, unknown = {0};
    g_autoptr(DiagList) diags = diag_list_new(find_some, &known);

    diag_add(diags, DIAG_ERROR, &known, DIAG_VALUE, "value");
    diag_add(diags, DIAG_ERROR, &known, DIAG_KEY, "key");
    diag_add(diags, DIAG_ERROR, &unknown, DIAG_KEY, "nowhere");
    check_text(diags, "error: nowhere\nf:7:1: error: key\nf:7:2: error: value\n");
}
END_TEST

static const char *const names[] = {"workers", "idle", "LOCAL_QUORUM", "proxy_timeout", "at", NULL};

START_TEST(the_nearest_name_is_found)
{
    ck_assert_str_eq(diag_nearest("workrs", names), "workers");
    ck_assert_str_eq(diag_nearest("wrokers", names), "workers");
    ck_assert_str_eq(diag_nearest("iddle", names), "idle");
    ck_assert_str_eq(diag_nearest("local_quorom", names), "LOCAL_QUORUM");
    ck_assert_str_eq(diag_nearest("Proxy-Timeout", names), "proxy_timeout");
    ck_assert_str_eq(diag_nearest("AT", names), "at");
}
END_TEST

START_TEST(a_word_too_far_off_has_no_nearest)
{
    ck_assert_ptr_null(diag_nearest("threads", names));
    ck_assert_ptr_null(diag_nearest("ia", names));
    ck_assert_ptr_null(diag_nearest("", names));
    ck_assert_ptr_null(diag_nearest("wrks", names));
}
END_TEST

/* 65 letters pass what is compared; one of 64 is at its edge. */
START_TEST(very_long_words_are_not_compared)
{
    g_autofree char *edge = g_strnfill(64, 'a'), *longer = g_strnfill(65, 'a');
    const char *const candidates[] = {edge, NULL};

    ck_assert_str_eq(diag_nearest(edge, candidates), edge);
    ck_assert_ptr_null(diag_nearest(longer, candidates));
}
END_TEST

START_TEST(a_suggestion_is_words_or_nothing)
{
    g_autofree char *some = diag_suggest("workrs", names), *none = diag_suggest("zzz", names);

    ck_assert_str_eq(some, "; did you mean 'workers'?");
    ck_assert_str_eq(none, "");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("diag");
    TCase *tests = tcase_create("diag");

    tcase_add_test(tests, messages_come_in_order_of_file_line_and_column);
    tcase_add_test(tests, a_message_said_twice_at_a_place_is_shown_once);
    tcase_add_test(tests, a_message_ends_with_the_pointer_to_its_value);
    tcase_add_test(tests, messages_without_place_are_all_shown);
    tcase_add_test(tests, a_node_that_stands_in_no_file_has_no_place);
    tcase_add_test(tests, the_nearest_name_is_found);
    tcase_add_test(tests, a_word_too_far_off_has_no_nearest);
    tcase_add_test(tests, very_long_words_are_not_compared);
    tcase_add_test(tests, a_suggestion_is_words_or_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
