/* test_json_print.c - what is printed reads back as the very same numbers. */
#include "sim/config/json_print.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "sim/base/rng.h"
#include "sim/config/json_merge.h"
#include "sim/config/json_place.h"
#include "tests/support/suite.h"

static cJSON *read_back(const char *text)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document = json_document_parse("f", text, strlen(text), false, diags);

    ck_assert_msg(document != NULL, "%s", text);
    return g_steal_pointer(&document->root);
}

/* cJSON alone prints the first as 1, the second as 0.3. */
START_TEST(the_last_bit_of_a_number_is_printed)
{
    cJSON *tree =
        cJSON_Parse("{\"a\":[1.0000000000000002,{\"b\":0.30000000000000004}],\"c\":0.1,\"d\":7}");
    g_autofree char *line = json_print_line(tree);
    g_autofree char *page = json_print_page(tree);
    cJSON *again = read_back(page);

    ck_assert_str_eq(line,
                     "{\"a\":[1.0000000000000002,{\"b\":0.30000000000000004}],\"c\":0.1,\"d\":7}");
    ck_assert(json_equal(tree, again));
    ck_assert(cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(tree, "c")));
    cJSON_Delete(again);
    cJSON_Delete(tree);
}
END_TEST

START_TEST(any_number_comes_back_as_it_was)
{
    Rng rng;

    rng_init(&rng, 41, "json print");
    for (int i = 0; i < 20000; i++) {
        double near = (double)rng_below(&rng, 1000) / 10;
        double value = i % 2 == 0 ? ldexp(rng_uniform(&rng) - 0.5, (int)rng_below(&rng, 600) - 300)
                                  : nextafter(near, near + (i % 4 == 1 ? 1 : -1));
        cJSON *tree = cJSON_CreateNumber(value);
        g_autofree char *line = json_print_line(tree);
        cJSON *again = read_back(line);

        ck_assert_msg(json_equal(tree, again), "%.17g is printed as %s", value, line);
        cJSON_Delete(again);
        cJSON_Delete(tree);
    }
}
END_TEST

START_TEST(what_needs_no_more_digits_is_printed_as_ever)
{
    cJSON *tree = cJSON_Parse("{\"x\":[1,2.5,-0.1,1e30,\"\\u00e4\\n\"],\"y\":{},\"z\":null}");
    g_autofree char *line = json_print_line(tree);
    g_autofree char *page = json_print_page(tree);
    char *plain_line = cJSON_PrintUnformatted(tree), *plain_page = cJSON_Print(tree);

    ck_assert_str_eq(line, plain_line);
    ck_assert_str_eq(page, plain_page);
    cJSON_free(plain_line);
    cJSON_free(plain_page);
    cJSON_Delete(tree);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("json_print");
    TCase *cases = tcase_create("json_print");

    tcase_add_test(cases, the_last_bit_of_a_number_is_printed);
    tcase_add_test(cases, any_number_comes_back_as_it_was);
    tcase_add_test(cases, what_needs_no_more_digits_is_printed_as_ever);
    suite_add_tcase(suite, cases);
    return suite;
}
