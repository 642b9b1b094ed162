/* json_print.c - a copy of the tree in which cJSON finds inexact numbers ready as text. */
#include "sim/config/json_print.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>

#include "sim/config/json_merge.h"
#include "sim/config/unit.h"

static bool is_inexact(const cJSON *node)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    double back;

    if (!cJSON_IsNumber(node) || !isfinite(node->valuedouble)) {
        return false;
    }
    back = g_ascii_strtod(g_ascii_formatd(text, sizeof(text), "%.15g", node->valuedouble), NULL);
    return back < node->valuedouble || back > node->valuedouble;
}

static bool has_inexact(const cJSON *tree)
{
    const cJSON *child;

    cJSON_ArrayForEach(child, tree)
    {
        if (has_inexact(child)) {
            return true;
        }
    }
    return is_inexact(tree);
}

static void write_out(cJSON *tree)
{
    cJSON *child;

    cJSON_ArrayForEach(child, tree)
    {
        write_out(child);
    }
    if (is_inexact(tree)) {
        g_autofree char *text = unit_print_number(tree->valuedouble);
        cJSON *raw = cJSON_CreateRaw(text);

        tree->type = cJSON_Raw;
        tree->valuestring = g_steal_pointer(&raw->valuestring);
        cJSON_Delete(raw);
    }
}

static char *print(const cJSON *tree, char *(*printer)(const cJSON *))
{
    cJSON *exact = has_inexact(tree) ? json_copy(tree, NULL, NULL) : NULL;
    char *text, *copy;

    if (exact != NULL) {
        write_out(exact);
    }
    text = printer(exact != NULL ? exact : tree);
    copy = g_strdup(text);
    cJSON_free(text);
    cJSON_Delete(exact);
    return copy;
}

char *json_print_line(const cJSON *tree)
{
    return print(tree, cJSON_PrintUnformatted);
}

char *json_print_page(const cJSON *tree)
{
    return print(tree, cJSON_Print);
}
