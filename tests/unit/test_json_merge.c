/* test_json_merge.c - merging, patching and setting; the examples of RFC 7396 and RFC 6902. */
#include "sim/config/json_merge.h"

#include <glib.h>
#include <string.h>

#include "sim/base/rng.h"
#include "sim/config/json_place.h"
#include "tests/support/suite.h"

static cJSON *parse(const char *text)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document = json_document_parse("f", text, strlen(text), false, diags);

    ck_assert_msg(document != NULL, "%s", text);
    return g_steal_pointer(&document->root);
}

/* Takes `tree`. */
static void check_tree(cJSON *tree, const char *expected)
{
    char *text = cJSON_PrintUnformatted(tree);

    ck_assert_str_eq(text, expected);
    cJSON_free(text);
    cJSON_Delete(tree);
}

typedef struct MergeCase {
    const char *target, *patch, *result;
} MergeCase;

/* RFC 7396, appendix A; then order and nesting. */
static const MergeCase merge_cases[] = {
    {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
    {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
    {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
    {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
    {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
    {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
    {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
    {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
    {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
    {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
    {"{\"a\":\"foo\"}", "null", "null"},
    {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
    {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
    {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
    {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
    {"{\"a\":1,\"b\":2,\"c\":3}", "{\"d\":4,\"b\":{\"x\":[null]}}",
     "{\"a\":1,\"b\":{\"x\":[null]},\"c\":3,\"d\":4}"},
    {"{\"A\":1}", "{\"a\":2}", "{\"A\":1,\"a\":2}"},
};

START_TEST(merging_does_what_rfc_7396_shows)
{
    const MergeCase *one = &merge_cases[_i];
    cJSON *patch = parse(one->patch);

    check_tree(json_merge(parse(one->target), patch, NULL, NULL), one->result);
    check_tree(patch, one->patch);
}
END_TEST

START_TEST(merging_into_nothing_drops_nulls)
{
    cJSON *patch = parse("{\"a\":null,\"b\":{\"c\":null,\"d\":1}}");

    check_tree(json_merge(NULL, patch, NULL, NULL), "{\"b\":{\"d\":1}}");
    cJSON_Delete(patch);
}
END_TEST

/* Follows each node to the file it came from, as the reader of scenarios does. */
static void keep_origin(void *context, const cJSON *from, const cJSON *to)
{
    GHashTable *origins = context;
    const cJSON *first = g_hash_table_lookup(origins, from);

    g_hash_table_insert(origins, (gpointer)to, (gpointer)(first == NULL ? from : first));
}

static void check_origin(GHashTable *origins, cJSON *tree, const char *pointer, cJSON *file,
                         const char *place)
{
    const cJSON *origin = g_hash_table_lookup(origins, json_pointer(tree, pointer));

    ck_assert_msg(origin != NULL, "%s", pointer);
    ck_assert_ptr_eq(origin, json_pointer(file, place));
}

START_TEST(each_node_of_the_result_has_its_origin)
{
    g_autoptr(GHashTable) origins = g_hash_table_new(NULL, NULL);
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    cJSON *base = parse("{\"a\":{\"b\":1,\"c\":2},\"d\":[3]}"), *over = parse("{\"a\":{\"b\":9}}");
    cJSON *patch = parse("[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/e\"},"
                         "{\"op\":\"add\",\"path\":\"/d/0\",\"value\":{\"x\":7}},"
                         "{\"op\":\"move\",\"from\":\"/a/c\",\"path\":\"/f\"}]");
    cJSON *value = parse("5");
    cJSON *tree = json_merge(NULL, base, keep_origin, origins);

    tree = json_merge(tree, over, keep_origin, origins);
    ck_assert(json_patch(&tree, patch, keep_origin, origins, diags));
    ck_assert(json_pointer_set(&tree, "/g/h", value, keep_origin, origins, NULL));
    check_origin(origins, tree, "/a", base, "/a");
    check_origin(origins, tree, "/a/b", over, "/a/b");
    check_origin(origins, tree, "/e", base, "/a");
    check_origin(origins, tree, "/e/b", over, "/a/b");
    check_origin(origins, tree, "/e/c", base, "/a/c");
    check_origin(origins, tree, "/d/0/x", patch, "/1/value/x");
    check_origin(origins, tree, "/d/1", base, "/d/0");
    check_origin(origins, tree, "/f", base, "/a/c");
    check_origin(origins, tree, "/g", value, "");
    check_origin(origins, tree, "/g/h", value, "");
    cJSON_Delete(base);
    cJSON_Delete(over);
    cJSON_Delete(patch);
    cJSON_Delete(value);
    cJSON_Delete(tree);
}
END_TEST

/* RFC 6902, appendix A (those that succeed), and some edges. */
static const MergeCase patch_cases[] = {
    {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\"}]",
     "{\"foo\":\"bar\",\"baz\":\"qux\"}"},
    {"{\"foo\":[\"bar\",\"baz\"]}", "[{\"op\":\"add\",\"path\":\"/foo/1\",\"value\":\"qux\"}]",
     "{\"foo\":[\"bar\",\"qux\",\"baz\"]}"},
    {"{\"baz\":\"qux\",\"foo\":\"bar\"}", "[{\"op\":\"remove\",\"path\":\"/baz\"}]",
     "{\"foo\":\"bar\"}"},
    {"{\"foo\":[\"bar\",\"qux\",\"baz\"]}", "[{\"op\":\"remove\",\"path\":\"/foo/1\"}]",
     "{\"foo\":[\"bar\",\"baz\"]}"},
    {"{\"baz\":\"qux\",\"foo\":\"bar\"}",
     "[{\"op\":\"replace\",\"path\":\"/baz\",\"value\":\"boo\"}]",
     "{\"baz\":\"boo\",\"foo\":\"bar\"}"},
    {"{\"foo\":{\"bar\":\"baz\",\"waldo\":\"fred\"},\"qux\":{\"corge\":\"grault\"}}",
     "[{\"op\":\"move\",\"from\":\"/foo/waldo\",\"path\":\"/qux/thud\"}]",
     "{\"foo\":{\"bar\":\"baz\"},\"qux\":{\"corge\":\"grault\",\"thud\":\"fred\"}}"},
    {"{\"foo\":[\"all\",\"grass\",\"cows\",\"eat\"]}",
     "[{\"op\":\"move\",\"from\":\"/foo/1\",\"path\":\"/foo/3\"}]",
     "{\"foo\":[\"all\",\"cows\",\"eat\",\"grass\"]}"},
    {"{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}",
     "[{\"op\":\"test\",\"path\":\"/baz\",\"value\":\"qux\"},"
     "{\"op\":\"test\",\"path\":\"/foo/1\",\"value\":2}]",
     "{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}"},
    {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/child\",\"value\":{\"grandchild\":{}}}]",
     "{\"foo\":\"bar\",\"child\":{\"grandchild\":{}}}"},
    {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\",\"x-y\":123}]",
     "{\"foo\":\"bar\",\"baz\":\"qux\"}"},
    {"{\"/\":9,\"~1\":10}", "[{\"op\":\"test\",\"path\":\"/~01\",\"value\":10}]",
     "{\"/\":9,\"~1\":10}"},
    {"{\"foo\":[\"bar\"]}", "[{\"op\":\"add\",\"path\":\"/foo/-\",\"value\":[\"abc\",\"def\"]}]",
     "{\"foo\":[\"bar\",[\"abc\",\"def\"]]}"},
    {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/a\",\"value\":null}]", "{\"a\":null}"},
    {"{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"\",\"value\":[2]}]", "[2]"},
    {"{\"a\":{\"b\":5}}", "[{\"op\":\"move\",\"from\":\"/a/b\",\"path\":\"/a\"}]", "{\"a\":5}"},
    {"{\"a\":{\"b\":5}}", "[{\"op\":\"move\",\"from\":\"/a/b\",\"path\":\"\"}]", "5"},
    {"{\"a\":1}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a\"}]", "{\"a\":1}"},
    {"{\"a\":1}", "[{\"op\":\"copy\",\"from\":\"\",\"path\":\"/b\"}]", "{\"a\":1,\"b\":{\"a\":1}}"},
    {"[1,2,3]", "[{\"op\":\"remove\",\"path\":\"/0\"},{\"op\":\"remove\",\"path\":\"/1\"}]", "[2]"},
    {"{\"a\":[{\"x\":1,\"y\":[2]}]}",
     "[{\"op\":\"test\",\"path\":\"/a/0\",\"value\":{\"y\":[2],\"x\":1}}]",
     "{\"a\":[{\"x\":1,\"y\":[2]}]}"},
};

START_TEST(patching_does_what_rfc_6902_shows)
{
    const MergeCase *one = &patch_cases[_i];
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    cJSON *tree = parse(one->target), *patch = parse(one->patch);

    ck_assert(json_patch(&tree, patch, NULL, NULL, diags));
    check_tree(tree, one->result);
    check_tree(patch, one->patch);
}
END_TEST

/* target, patch, messages; the target must stay as it was. */
static const MergeCase bad_patches[] = {
    {"{}", "{}", "f:1:1: error: a patch must be an array\n"},
    {"{}", "[1]", "f:1:2: error: an operation must be an object\n"},
    {"{}", "[{}]", "f:1:2: error: 'op' is required\n"},
    {"{}", "[{\"op\": 1}]", "f:1:9: error: 'op' must be a text, like \"replace\"\n"},
    {"{}", "[{\"op\": \"remov\", \"path\": \"/a\"}]",
     "f:1:9: error: 'op' must be one of 'add', 'remove', 'replace', 'move', 'copy', 'test'; did "
     "you mean 'remove'?\n"},
    {"{}", "[{\"op\": \"add\", \"path\": \"/a\"}]", "f:1:2: error: 'value' is required\n"},
    {"{}", "[{\"op\": \"remove\"}]", "f:1:2: error: 'path' is required\n"},
    {"{}", "[{\"op\": \"remove\", \"path\": \"a\"}]",
     "f:1:27: error: 'path' must be a JSON pointer, like \"/load/users/rate\"\n"},
    {"{}", "[{\"op\": \"remove\", \"path\": \"/~2\"}]",
     "f:1:27: error: 'path' must be a JSON pointer, like \"/load/users/rate\"\n"},
    {"{}", "[{\"op\": \"move\", \"path\": \"/a\"}]", "f:1:2: error: 'from' is required\n"},
    {"{\"a\":1}", "[{\"op\": \"remove\", \"path\": \"/a\", \"value\": 1}]",
     "f:1:33: error: 'remove' takes no 'value'\n"},
    {"{\"a\":1}", "[{\"op\": \"remove\", \"path\": \"/a\", \"vlue\": 1}]",
     "f:1:33: error: unknown field 'vlue'; did you mean 'value'?\n"},
    {"{\"a\":1}", "[{\"op\": \"remove\", \"path\": \"/b\"}]",
     "f:1:27: error: 'remove' of '/b': there is no 'b'\n"},
    {"{\"a\":1}", "[{\"op\": \"remove\", \"path\": \"\"}]",
     "f:1:27: error: 'remove' of '': the whole document cannot be removed\n"},
    {"{\"a\":1}", "[{\"op\": \"replace\", \"path\": \"/b\", \"value\": 1}]",
     "f:1:28: error: 'replace' of '/b': there is no 'b'\n"},
    {"{\"a\":1}", "[{\"op\": \"add\", \"path\": \"/b/c\", \"value\": 1}]",
     "f:1:24: error: 'add' of '/b/c': there is no 'b' on the way\n"},
    {"{\"a\":1}", "[{\"op\": \"add\", \"path\": \"/a/c\", \"value\": 1}]",
     "f:1:24: error: 'add' of '/a/c': 'a' is no object and no array\n"},
    {"3", "[{\"op\": \"add\", \"path\": \"/a\", \"value\": 1}]",
     "f:1:24: error: 'add' of '/a': the document is no object and no array\n"},
    {"[1,2]", "[{\"op\": \"add\", \"path\": \"/3\", \"value\": 1}]",
     "f:1:24: error: 'add' of '/3': '3' is no index of this array of 2\n"},
    {"[1,2]", "[{\"op\": \"add\", \"path\": \"/01\", \"value\": 1}]",
     "f:1:24: error: 'add' of '/01': '01' is no index of this array of 2\n"},
    {"{\"a\":{\"b\":1}}", "[{\"op\": \"move\", \"from\": \"/a\", \"path\": \"/a/b\"}]",
     "f:1:39: error: 'move' of '/a/b': cannot be moved into itself\n"},
    {"{\"a\":[1,2,3],\"b\":4}", "[{\"op\": \"move\", \"from\": \"/a/1\", \"path\": \"/a/9\"}]",
     "f:1:41: error: 'move' of '/a/9': '9' is no index of this array of 2\n"},
    {"{\"a\":1,\"b\":4}", "[{\"op\": \"move\", \"from\": \"/a\", \"path\": \"/b/x\"}]",
     "f:1:39: error: 'move' of '/b/x': 'b' is no object and no array\n"},
    {"{\"a\":1,\"b\":4}", "[{\"op\": \"move\", \"from\": \"/b\", \"path\": \"/a/x\"}]",
     "f:1:39: error: 'move' of '/a/x': 'a' is no object and no array\n"},
    {"{\"a\":1}", "[{\"op\": \"copy\", \"from\": \"/x\", \"path\": \"/b\"}]",
     "f:1:39: error: 'copy' of '/b': there is no 'x'\n"},
    {"{\"a\":\"10\"}", "[{\"op\": \"test\", \"path\": \"/a\", \"value\": 10}]",
     "f:1:25: error: 'test' of '/a': the test does not hold, there stands \"10\"\n"},
    {"{\"a\":[1]}", "[{\"op\": \"test\", \"path\": \"/a\", \"value\": [1,2]}]",
     "f:1:25: error: 'test' of '/a': the test does not hold, there stands [1]\n"},
    {"{\"a\":{}}", "[{\"op\": \"add\", \"path\": \"/x/y\", \"value\": 1}, 5]",
     "f:1:24: error: 'add' of '/x/y': there is no 'x' on the way\n"
     "f:1:45: error: an operation must be an object\n"},
};

START_TEST(an_operation_that_fails_is_told_and_changes_nothing)
{
    const MergeCase *bad = &bad_patches[_i];
    g_autoptr(DiagList) none = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) patch =
        json_document_parse("f", bad->patch, strlen(bad->patch), false, none);
    g_autoptr(DiagList) diags = diag_list_new(json_document_find, patch);
    g_autofree char *messages = NULL;
    cJSON *tree = parse(bad->target);

    ck_assert(!json_patch(&tree, patch->root, NULL, NULL, diags));
    messages = diag_list_to_text(diags);
    ck_assert_str_eq(messages, bad->result);
    check_tree(tree, bad->target);
}
END_TEST

/* target, pointer, result of setting 7. */
static const MergeCase set_cases[] = {
    {"{\"a\":1}", "/a", "{\"a\":7}"},
    {"{\"a\":1}", "", "7"},
    {"{\"a\":1}", "/b/c/d", "{\"a\":1,\"b\":{\"c\":{\"d\":7}}}"},
    {"{\"a\":[1,2]}", "/a/1", "{\"a\":[1,7]}"},
    {"{\"a\":[1,2]}", "/a/2", "{\"a\":[1,2,7]}"},
    {"{\"a\":[1,2]}", "/a/-/x", "{\"a\":[1,2,{\"x\":7}]}"},
    {"{\"a\":{\"b\":1,\"c\":2}}", "/a/b", "{\"a\":{\"b\":7,\"c\":2}}"},
    {"{}", "/x~1y", "{\"x/y\":7}"},
};

START_TEST(a_value_is_set_where_the_pointer_says)
{
    const MergeCase *one = &set_cases[_i];
    cJSON *tree = parse(one->target), *value = parse("7");

    ck_assert(json_pointer_set(&tree, one->patch, value, NULL, NULL, NULL));
    check_tree(tree, one->result);
    cJSON_Delete(value);
}
END_TEST

/* target, pointer, message. */
static const MergeCase bad_sets[] = {
    {"{\"a\":1}", "a", "'a' is no JSON pointer, like \"/load/users/rate\""},
    {"{\"a\":1}", "/\xDA", "'/\xDA' is no JSON pointer, like \"/load/users/rate\""},
    {"{\"a\":1}", "/a/b", "'a' is no object and no array"},
    {"{\"a\":[1]}", "/a/2", "'2' is no index of this array of 1"},
    {"{\"a\":[1]}", "/a/x/y", "'x' is no index of this array of 1"},
};

START_TEST(a_value_that_cannot_be_set_changes_nothing)
{
    const MergeCase *bad = &bad_sets[_i];
    g_autoptr(GError) error = NULL;
    cJSON *tree = parse(bad->target), *value = parse("7");

    ck_assert(!json_pointer_set(&tree, bad->patch, value, NULL, NULL, &error));
    ck_assert_str_eq(error->message, bad->result);
    check_tree(tree, bad->target);
    cJSON_Delete(value);
}
END_TEST

START_TEST(a_copy_has_its_key_and_all_below)
{
    cJSON *tree = parse("{\"a\":{\"b\":[1,\"x\",true,false,null,{}]}}");
    cJSON *copy = json_copy(json_member(tree, "a"), NULL, NULL);

    cJSON_Delete(tree);
    ck_assert_str_eq(copy->string, "a");
    check_tree(copy, "{\"b\":[1,\"x\",true,false,null,{}]}");
}
END_TEST

/* A small random object over few names, so that merges meet. */
static cJSON *random_tree(Rng *rng, int depth)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    cJSON *tree = cJSON_CreateObject();

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        switch (rng_below(rng, depth > 3 ? 3 : 5)) {
        case 0:
            break;
        case 1:
            cJSON_AddItemToObject(tree, names[i], cJSON_CreateNumber((double)rng_below(rng, 3)));
            break;
        case 2:
            cJSON_AddItemToObject(tree, names[i], cJSON_CreateNull());
            break;
        default:
            cJSON_AddItemToObject(tree, names[i], random_tree(rng, depth + 1));
            break;
        }
    }
    return tree;
}

/* The pseudocode of RFC 7396 section 2, on copies all the way: a naive twin. */
static cJSON *merge_naively(const cJSON *target, const cJSON *patch)
{
    cJSON *result;
    const cJSON *member, *kept;

    if (!cJSON_IsObject(patch)) {
        return cJSON_Duplicate(patch, true);
    }
    result = cJSON_CreateObject();
    kept = cJSON_IsObject(target) ? target : result;
    cJSON_ArrayForEach(member, kept)
    {
        if (json_member(patch, member->string) == NULL) {
            cJSON_AddItemToObject(result, member->string, cJSON_Duplicate(member, true));
        }
    }
    cJSON_ArrayForEach(member, patch)
    {
        if (!cJSON_IsNull(member)) {
            cJSON_AddItemToObject(result, member->string,
                                  merge_naively(json_member(target, member->string), member));
        }
    }
    return result;
}

START_TEST(random_merges_agree_with_the_pseudocode)
{
    Rng rng;

    rng_init(&rng, 5, "merge");
    for (int i = 0; i < 2000; i++) {
        cJSON *target = random_tree(&rng, 0), *patch = random_tree(&rng, 0);
        cJSON *expected = merge_naively(target, patch);
        cJSON *result = json_merge(target, patch, NULL, NULL);

        ck_assert(json_equal(result, expected));
        cJSON_Delete(patch);
        cJSON_Delete(expected);
        cJSON_Delete(result);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("json_merge");
    TCase *tests = tcase_create("json_merge");

    tcase_add_loop_test(tests, merging_does_what_rfc_7396_shows, 0, G_N_ELEMENTS(merge_cases));
    tcase_add_test(tests, merging_into_nothing_drops_nulls);
    tcase_add_test(tests, each_node_of_the_result_has_its_origin);
    tcase_add_loop_test(tests, patching_does_what_rfc_6902_shows, 0, G_N_ELEMENTS(patch_cases));
    tcase_add_loop_test(tests, an_operation_that_fails_is_told_and_changes_nothing, 0,
                        G_N_ELEMENTS(bad_patches));
    tcase_add_loop_test(tests, a_value_is_set_where_the_pointer_says, 0, G_N_ELEMENTS(set_cases));
    tcase_add_loop_test(tests, a_value_that_cannot_be_set_changes_nothing, 0,
                        G_N_ELEMENTS(bad_sets));
    tcase_add_test(tests, a_copy_has_its_key_and_all_below);
    tcase_add_test(tests, random_merges_agree_with_the_pseudocode);
    suite_add_tcase(suite, tests);
    return suite;
}
