/* test_json_place.c - strict JSON, its mistakes, and where nodes stand. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/rng.h"
#include "sim/config/json_place.h"
#include "tests/support/suite.h"

static JsonDocument *parse(const char *text, bool comments, DiagList *diags)
{
    return json_document_parse("f", text, strlen(text), comments, diags);
}

typedef struct BadText {
    const char *text, *messages;
} BadText;

/* Every mistake that RFC 8259 and section 1 of the format forbid, with the exact words. */
static const BadText bad_texts[] = {
    {"", "f:1:1: error: expected a value, found the end of the text\n"},
    {" \n ", "f:2:2: error: expected a value, found the end of the text\n"},
    {"{\"a\":1,}", "f:1:7: error: a comma before '}'\n"},
    {"[1,\n]", "f:1:3: error: a comma before ']'\n"},
    {"[1,2", "f:1:5: error: expected ',' or ']'\n"},
    {"{\"a\":1", "f:1:7: error: expected ',' or '}'\n"},
    {"[", "f:1:1: error: an array without ']'\n"},
    {"[1 2]", "f:1:4: error: expected ',' or ']'\n"},
    {"[\"a\" \"b\"]", "f:1:6: error: expected ',' before this\n"},
    {"{\"a\":1\n \"b\":2}", "f:2:2: error: expected ',' before this\n"},
    {"[1,,2]", "f:1:4: error: expected a value\n"},
    {"[,1]", "f:1:2: error: expected a value\n"},
    {"{\"a\" 1}", "f:1:6: error: expected ':' after the key\n"},
    {"{\"a\":}", "f:1:6: error: expected a value\n"},
    {"{a:1}", "f:1:2: error: expected a key in double quotes\n"},
    {"{1:1}", "f:1:2: error: expected a key in double quotes\n"},
    {"{'a':1}", "f:1:2: error: expected a key in double quotes\n"},
    {"['a']", "f:1:2: error: a text stands in double quotes\n"},
    {"{\"a\":1,\n\"b\":2,\"a\":3}", "f:2:7: error: the key 'a' stands twice in this object\n"},
    {"{\"a\":1,\"\\u0061\":3}", "f:1:8: error: the key 'a' stands twice in this object\n"},
    {"\xEF\xBB\xBF{}", "f:1:1: error: a byte-order mark; save the file as UTF-8 without it\n"},
    {"{} x", "f:1:4: error: text after the end of the value\n"},
    {"{}{}", "f:1:3: error: text after the end of the value\n"},
    {"\"abc", "f:1:1: error: a text without closing quote\n"},
    {"\"abc\n\"", "f:1:1: error: a text without closing quote\n"},
    {"\"abc\\", "f:1:1: error: a text without closing quote\n"},
    {"\"\\x\"", "f:1:2: error: unknown escape; a backslash is written as \\\\\n"},
    {"\"\\u12G4\"", "f:1:2: error: \\u needs four hexadecimal digits\n"},
    {"\"\\ud800\"", "f:1:2: error: half of a surrogate pair\n"},
    {"\"\\udc00\\ud800\"", "f:1:2: error: half of a surrogate pair\n"
                           "f:1:8: error: half of a surrogate pair\n"},
    {"\"\\u0000\"", "f:1:2: error: \\u0000 is not allowed in a text\n"},
    {"[\"a\tb\"]", "f:1:4: error: control character U+0009 in a text; write \\u0009\n"},
    {"[\"\xC3\xA4\xFF\"]", "f:1:4: error: no valid UTF-8\n"},
    {"[\"\xC0\xAF\"]", "f:1:3: error: no valid UTF-8\n"},
    {"[\"\xED\xA0\x80\"]", "f:1:3: error: no valid UTF-8\n"},
    {"[01]", "f:1:2: error: '01' is no number\n"},
    {"[+1]", "f:1:2: error: '+1' is no number\n"},
    {"[.5]", "f:1:2: error: '.5' is no number\n"},
    {"[1.]", "f:1:2: error: '1.' is no number\n"},
    {"[1e]", "f:1:2: error: '1e' is no number\n"},
    {"[-]", "f:1:2: error: '-' is no number\n"},
    {"[0x10]", "f:1:2: error: '0x10' is no number; did you mean \"0x10\"?\n"},
    {"[5s]", "f:1:2: error: '5s' is no number; did you mean \"5s\"?\n"},
    {"[1e999]", "f:1:2: error: the number is out of range\n"},
    {"[9007199254740993]",
     "f:1:2: error: the number has more digits than can be kept; write it in quotes\n"},
    {"[NaN, -Infinity, True]",
     "f:1:2: error: 'NaN' is no value; a text stands in double quotes\n"
     "f:1:7: error: '-Infinity' is no number\n"
     "f:1:18: error: 'True' is no value; a text stands in double quotes; did you mean 'true'?\n"},
    {"// c\n1", "f:1:1: error: a comment, which JSON has not; use \"$comment\" or a .jsonc file\n"},
};

START_TEST(each_mistake_is_told_with_its_place)
{
    const BadText *bad = &bad_texts[_i];
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document = parse(bad->text, false, diags);
    g_autofree char *messages = diag_list_to_text(diags);

    ck_assert_ptr_null(document);
    ck_assert_str_eq(messages, bad->messages);
}
END_TEST

START_TEST(a_nul_byte_is_no_end)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document = json_document_parse("f", "1\0", 2, false, diags);
    g_autofree char *messages = diag_list_to_text(diags);

    ck_assert_ptr_null(document);
    ck_assert_str_eq(messages, "f:1:2: error: text after the end of the value\n");
}
END_TEST

START_TEST(several_mistakes_are_told_in_one_pass)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document =
        parse("{\n \"a\": 1,\n \"a\": \"\\q\",\n \"b\": [1, 02,],\n}", false, diags);
    g_autofree char *messages = diag_list_to_text(diags);

    ck_assert_ptr_null(document);
    ck_assert_str_eq(messages, "f:3:2: error: the key 'a' stands twice in this object\n"
                               "f:3:8: error: unknown escape; a backslash is written as \\\\\n"
                               "f:4:11: error: '02' is no number\n"
                               "f:4:13: error: a comma before ']'\n"
                               "f:4:15: error: a comma before '}'\n");
}
END_TEST

static char *nest(int depth)
{
    GString *text = g_string_new(NULL);

    for (int i = 0; i < depth; i++) {
        g_string_append_c(text, '[');
    }
    for (int i = 0; i < depth; i++) {
        g_string_append_c(text, ']');
    }
    return g_string_free(text, FALSE);
}

START_TEST(nesting_ends_at_128)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autofree char *right = nest(128), *wrong = nest(129), *messages = NULL;
    g_autoptr(JsonDocument) document = parse(right, false, diags);

    ck_assert_ptr_nonnull(document);
    ck_assert_ptr_null(parse(wrong, false, diags));
    messages = diag_list_to_text(diags);
    ck_assert_str_eq(messages, "f:1:129: error: nested deeper than 128\n");
}
END_TEST

START_TEST(a_flood_of_mistakes_ends)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(GString) text = g_string_new("[0");

    for (int i = 0; i < 1000; i++) {
        g_string_append(text, ",01");
    }
    g_string_append(text, "]");
    ck_assert_ptr_null(parse(text->str, false, diags));
    ck_assert_uint_eq(diag_count_errors(diags), 20);
}
END_TEST

START_TEST(values_are_what_the_text_says)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document =
        parse(" {\"a\": [1, -2.5e3, true, false, null, \"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4"
              "\\ud83d\\ude00\"], \"\": {}, \"big\": 9007199254740992} ",
              false, diags);
    const cJSON *a = json_member(document->root, "a");

    ck_assert_int_eq(cJSON_GetArraySize(a), 6);
    ck_assert_double_eq(cJSON_GetArrayItem(a, 0)->valuedouble, 1);
    ck_assert_double_eq(cJSON_GetArrayItem(a, 1)->valuedouble, -2500);
    ck_assert(cJSON_IsTrue(cJSON_GetArrayItem(a, 2)));
    ck_assert(cJSON_IsFalse(cJSON_GetArrayItem(a, 3)));
    ck_assert(cJSON_IsNull(cJSON_GetArrayItem(a, 4)));
    ck_assert_str_eq(cJSON_GetArrayItem(a, 5)->valuestring,
                     "\"\\/\b\f\n\r\t\xC3\xA4\xF0\x9F\x98\x80");
    ck_assert(cJSON_IsObject(json_member(document->root, "")));
    ck_assert_double_eq(json_member(document->root, "big")->valuedouble, 0x1p53);
    ck_assert_uint_eq(diag_count_errors(diags), 0);
}
END_TEST

START_TEST(members_are_found_by_their_exact_name)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document = parse("{\"Rate\": 1, \"rate\": 2}", false, diags);

    ck_assert_double_eq(json_member(document->root, "rate")->valuedouble, 2);
    ck_assert_ptr_null(json_member(document->root, "RATE"));
    ck_assert_ptr_null(json_member(NULL, "rate"));
    ck_assert_ptr_null(json_member(json_member(document->root, "rate"), "rate"));
}
END_TEST

/* The examples of RFC 6901 section 5, and what must not be found. */
START_TEST(pointers_lead_where_rfc_6901_says)
{
    static const struct {
        const char *pointer;
        double value;
    } cases[] = {{"/foo/1", 11}, {"/", 0},     {"/a~1b", 1}, {"/c%d", 2},  {"/e^f", 3}, {"/g|h", 4},
                 {"/i\\j", 5},   {"/k\"l", 6}, {"/ ", 7},    {"/m~0n", 8}, {"/~01", 9}};
    static const char *const nowhere[] = {"foo",     "/foo/2",   "/foo/-", "/foo/01",
                                          "/foo/+1", "/foo/ ",   "/bar",   "/~2",
                                          "/m~",     "/foo/1/x", "//",     "/foo/4294967297"};
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document =
        parse("{\"foo\":[10,11],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,\"i\\\\j\":5,"
              "\"k\\\"l\":6,\" \":7,\"m~n\":8,\"~1\":9}",
              false, diags);

    ck_assert_ptr_eq(json_pointer(document->root, ""), document->root);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const cJSON *node = json_pointer(document->root, cases[i].pointer);
        g_autofree char *back = json_pointer_to(document->root, node);

        ck_assert_msg(node != NULL, "%s", cases[i].pointer);
        ck_assert_double_eq(node->valuedouble, cases[i].value);
        ck_assert_str_eq(back, cases[i].pointer);
    }
    ck_assert_ptr_null(json_pointer_to(document->root->child, document->root));
    for (size_t i = 0; i < G_N_ELEMENTS(nowhere); i++) {
        ck_assert_msg(json_pointer(document->root, nowhere[i]) == NULL, "%s", nowhere[i]);
    }
}
END_TEST

START_TEST(columns_count_characters)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document =
        parse("{\"M\xC3\xBCnchen\": \"\xF0\x9F\x98\x80\", /* \xC3\xA4 */ \"b\": 1}", true, diags);
    DiagPlace place;

    ck_assert(json_document_find(document, json_member(document->root, "b"), DIAG_KEY, &place));
    ck_assert_int_eq(place.line, 1);
    ck_assert_int_eq(place.column, 26);
    ck_assert_str_eq(place.file, "f");
}
END_TEST

START_TEST(a_node_of_another_tree_is_not_found)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document = parse("{\"a\": [1, {}, []]}", false, diags);
    cJSON other = {.type = cJSON_Number};
    DiagPlace place;

    ck_assert(!json_document_find(document, &other, DIAG_KEY, &place));
    ck_assert(!json_document_find(document, NULL, DIAG_VALUE, &place));
}
END_TEST

/* Writes random documents and remembers, in the order of the tree, where it put each node. */
typedef struct Writer {
    Rng rng;
    GString *text;
    GArray *places; /* of DiagPlace: key side, then value side of each node */
    int line, column;
    int count;
} Writer;

static void put(Writer *writer, const char *text)
{
    g_string_append(writer->text, text);
    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        writer->column = *text == '\n' ? 1 : writer->column + 1;
        writer->line += *text == '\n';
    }
}

static const char *pick(Writer *writer, const char *const *texts, size_t count)
{
    return texts[rng_below(&writer->rng, count)];
}

static void put_space(Writer *writer)
{
    static const char *const spaces[] = {
        "", "", "", " ", "\n", "\t", "\r\n  ", "/* ] \" \xC3\xA4 , */", "// { \" * /\n", "/**/"};

    put(writer, pick(writer, spaces, G_N_ELEMENTS(spaces)));
}

static DiagPlace here(const Writer *writer)
{
    return (DiagPlace){"f", writer->line, writer->column, NULL};
}

static void put_scalar(Writer *writer)
{
    static const char *const scalars[] = {"1",
                                          "-2.5e3",
                                          "true",
                                          "null",
                                          "\"\"",
                                          "\"a\\\"]}{[,\"",
                                          "\"\\\\\"",
                                          "\"\xF0\x9F\x98\x80 \\u00e4\"",
                                          "\"// no comment\"",
                                          "\"/*\""};

    put(writer, pick(writer, scalars, G_N_ELEMENTS(scalars)));
}

static void put_value(Writer *writer, int depth, const DiagPlace *key);

static void put_items(Writer *writer, int depth, bool is_object)
{
    uint64_t count = rng_below(&writer->rng, 5);

    put(writer, is_object ? "{" : "[");
    put_space(writer);
    for (uint64_t i = 0; i < count; i++) {
        DiagPlace key;

        put(writer, i > 0 ? "," : "");
        put_space(writer);
        key = here(writer);
        if (is_object) {
            g_autofree char *name = g_strdup_printf("\"k\\\"%d\xC3\xBC\"", writer->count++);

            put(writer, name);
            put_space(writer);
            put(writer, ":");
            put_space(writer);
        }
        put_value(writer, depth + 1, is_object ? &key : NULL);
        put_space(writer);
    }
    put(writer, is_object ? "}" : "]");
}

static void put_value(Writer *writer, int depth, const DiagPlace *key)
{
    DiagPlace value = here(writer);

    g_array_append_val(writer->places, *(key == NULL ? &value : key));
    g_array_append_val(writer->places, value);
    if (depth < 6 && rng_chance(&writer->rng, depth == 0 ? 0.95 : 0.5)) {
        put_items(writer, depth, rng_chance(&writer->rng, 0.6));
    } else {
        put_scalar(writer);
    }
}

static void check_place(JsonDocument *document, const cJSON *node, DiagSide side,
                        const DiagPlace *expected)
{
    DiagPlace place = {0};

    ck_assert_msg(json_document_find(document, node, side, &place), "%s", document->text);
    ck_assert_msg(place.line == expected->line && place.column == expected->column,
                  "found %d:%d instead of %d:%d in\n%s", place.line, place.column, expected->line,
                  expected->column, document->text);
}

static guint check_node(JsonDocument *document, const cJSON *node, const GArray *places, guint at)
{
    const cJSON *child;

    check_place(document, node, DIAG_KEY, &g_array_index(places, DiagPlace, at));
    check_place(document, node, DIAG_VALUE, &g_array_index(places, DiagPlace, at + 1));
    at += 2;
    cJSON_ArrayForEach(child, node)
    {
        at = check_node(document, child, places, at);
    }
    return at;
}

START_TEST(places_agree_with_what_wrote_the_text)
{
    Writer writer = {.text = g_string_new(NULL),
                     .places = g_array_new(FALSE, FALSE, sizeof(DiagPlace))};
    guint nodes = 0;

    rng_init(&writer.rng, 3, "places");
    for (int i = 0; i < 1000; i++) {
        g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
        g_autoptr(JsonDocument) document = NULL;

        g_string_truncate(writer.text, 0);
        g_array_set_size(writer.places, 0);
        writer.line = writer.column = 1;
        put_space(&writer);
        put_value(&writer, 0, NULL);
        put_space(&writer);
        document = json_document_parse("f", writer.text->str, writer.text->len, true, diags);
        ck_assert_msg(document != NULL, "%s", writer.text->str);
        ck_assert_uint_eq(check_node(document, document->root, writer.places, 0),
                          writer.places->len);
        nodes += writer.places->len / 2;
    }
    ck_assert_uint_gt(nodes, 5000);
    g_string_free(writer.text, TRUE);
    g_array_free(writer.places, TRUE);
}
END_TEST

START_TEST(only_jsonc_files_have_comments)
{
    g_autofree char *folder = g_dir_make_tmp("dcdrill-XXXXXX", NULL);
    g_autofree char *with = g_build_filename(folder, "a.jsonc", NULL);
    g_autofree char *without = g_build_filename(folder, "a.json", NULL);
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document = NULL;

    ck_assert(g_file_set_contents(with, "{} // end", -1, NULL));
    ck_assert(g_file_set_contents(without, "{} // end", -1, NULL));
    document = json_document_read(with, diags);
    ck_assert_ptr_nonnull(document);
    ck_assert_str_eq(document->file, with);
    ck_assert_ptr_null(json_document_read(without, diags));
    ck_assert_uint_eq(diag_count_errors(diags), 1);
    g_unlink(with);
    g_unlink(without);
    g_rmdir(folder);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_told_like_the_rest)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autofree char *messages = NULL;

    ck_assert_ptr_null(json_document_read("/nowhere/a.json", diags));
    ck_assert_ptr_null(json_document_read("/", diags));
    messages = diag_list_to_text(diags);
    ck_assert_str_eq(messages, "/: error: cannot be read: Is a directory\n"
                               "/nowhere/a.json: error: cannot be read: No such file or "
                               "directory\n");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("json_place");
    TCase *tests = tcase_create("json_place");

    tcase_add_loop_test(tests, each_mistake_is_told_with_its_place, 0, G_N_ELEMENTS(bad_texts));
    tcase_add_test(tests, a_nul_byte_is_no_end);
    tcase_add_test(tests, several_mistakes_are_told_in_one_pass);
    tcase_add_test(tests, nesting_ends_at_128);
    tcase_add_test(tests, a_flood_of_mistakes_ends);
    tcase_add_test(tests, values_are_what_the_text_says);
    tcase_add_test(tests, members_are_found_by_their_exact_name);
    tcase_add_test(tests, pointers_lead_where_rfc_6901_says);
    tcase_add_test(tests, columns_count_characters);
    tcase_add_test(tests, a_node_of_another_tree_is_not_found);
    tcase_add_test(tests, places_agree_with_what_wrote_the_text);
    tcase_add_test(tests, only_jsonc_files_have_comments);
    tcase_add_test(tests, a_file_that_cannot_be_read_is_told_like_the_rest);
    suite_add_tcase(suite, tests);
    return suite;
}
