/* fuzz_patch.c - a target, a patch and a pointer, parted by bytes 1: merged, patched, set.
 * Holds: the tree stays whole (it prints, and the print parses to an equal tree); each node of a
 * merge is new or was there. */
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "sim/config/json_merge.h"
#include "sim/config/json_place.h"
#include "sim/config/json_print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Copies may double a tree with each operation: more of them only take time. */
#define OPERATIONS_MOST 6
#define NESTING_MOST 100

static int depth_of(const cJSON *tree)
{
    const cJSON *child;
    int deepest = 0;

    cJSON_ArrayForEach(child, tree)
    {
        int below = depth_of(child);

        deepest = MAX(deepest, below);
    }
    return deepest + 1;
}

static void check_whole(const cJSON *tree)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) again = NULL;
    g_autofree char *text = NULL;

    if (depth_of(tree) > NESTING_MOST) {
        return;
    }
    text = json_print_line(tree);
    again = json_document_parse("again", text, strlen(text), false, diags);
    g_assert_nonnull(again);
    g_assert_true(json_equal(tree, again->root));
}

static JsonDocument *parse(const char *text)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);

    return json_document_parse("f", text, strlen(text), false, diags);
}

static void try_all(cJSON *target, const JsonDocument *patch, const char *pointer)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    cJSON *tree = json_merge(json_copy(target, NULL, NULL), patch->root, NULL, NULL);

    check_whole(tree);
    cJSON_Delete(tree);
    tree = json_copy(target, NULL, NULL);
    if (cJSON_GetArraySize(patch->root) <= OPERATIONS_MOST) {
        bool is_right = json_patch(&tree, patch->root, NULL, NULL, diags);

        g_assert_true(is_right == (diag_count_errors(diags) == 0));
        check_whole(tree);
    }
    if (json_pointer_set(&tree, pointer, patch->root, NULL, NULL, NULL)) {
        check_whole(tree);
    }
    cJSON_Delete(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) parts = g_strsplit(text, "\001", 3);
    g_autoptr(JsonDocument) target = NULL, patch = NULL;

    if (g_strv_length(parts) != 3) {
        return 0;
    }
    target = parse(parts[0]);
    patch = parse(parts[1]);
    if (target != NULL && patch != NULL) {
        try_all(target->root, patch, parts[2]);
    }
    return 0;
}
