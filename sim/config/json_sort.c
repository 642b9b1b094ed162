/* json_sort.c - objects in the order of their members' names. */
#include "sim/config/json_sort.h"

#include <glib.h>
#include <string.h>

/* No two members have the same name: the reader refuses that. */
static gint compare_names(gconstpointer one, gconstpointer other)
{
    const cJSON *left = *(cJSON *const *)one;
    const cJSON *right = *(cJSON *const *)other;

    return strcmp(left->string, right->string);
}

void json_sort_members(cJSON *tree)
{
    g_autoptr(GPtrArray) members = NULL;

    if (!cJSON_IsObject(tree)) {
        return;
    }
    members = g_ptr_array_new();
    while (tree->child != NULL) {
        g_ptr_array_add(members, cJSON_DetachItemViaPointer(tree, tree->child));
    }
    g_ptr_array_sort(members, compare_names);
    for (guint i = 0; i < members->len; i++) {
        cJSON *member = g_ptr_array_index(members, i);

        json_sort_members(member);
        cJSON_AddItemToArray(tree, member); /* keeps the name it has */
    }
}
