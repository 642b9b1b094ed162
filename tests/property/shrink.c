/* shrink.c - greedy: one change after another, from the outside in, as long as one helps. */
#include "tests/property/shrink.h"

#include <glib.h>
#include <string.h>

typedef struct Shrink {
    cJSON *root;
    ShrinkTest *test;
    void *context;
    unsigned left;
} Shrink;

static bool holds(Shrink *shrink)
{
    if (shrink->left == 0) {
        return false;
    }
    shrink->left--;
    return shrink->test(shrink->root, shrink->context);
}

/* Puts a detached child back where it stood: before `next`, or last. */
static void put_back(cJSON *parent, cJSON *child, cJSON *next)
{
    g_autoptr(GPtrArray) after = g_ptr_array_new();

    while (next != NULL) {
        cJSON *later = next->next;

        g_ptr_array_add(after, cJSON_DetachItemViaPointer(parent, next));
        next = later;
    }
    cJSON_AddItemToArray(parent, child); /* keeps the name it has */
    for (guint i = 0; i < after->len; i++) {
        cJSON_AddItemToArray(parent, g_ptr_array_index(after, i));
    }
}

/* Without its times a scenario would last for ten minutes. */
static bool is_needed(const cJSON *node)
{
    return node->string != NULL && strcmp(node->string, "simulation") == 0;
}

static bool take_out(Shrink *shrink, cJSON *parent, cJSON *child)
{
    cJSON *next = child->next;

    cJSON_DetachItemViaPointer(parent, child);
    if (holds(shrink)) {
        cJSON_Delete(child);
        return true;
    }
    put_back(parent, child, next);
    return false;
}

/* Half the number, or half the first number of a text; a law becomes a constant. NULL: there is
 * nothing plainer. */
static char *plainer_text(const char *text)
{
    const char *mean = strstr(text, "mean=");
    char *end;
    gint64 number = g_ascii_strtoll(text, &end, 10);

    if (mean != NULL) {
        size_t length = strcspn(mean + strlen("mean="), ",)");

        return g_strdup_printf("constant(%.*s)", (int)length, mean + strlen("mean="));
    }
    if (end == text || number < 2) {
        return NULL;
    }
    return g_strdup_printf("%" G_GINT64_FORMAT "%s", number / 2, end);
}

static bool make_plainer(Shrink *shrink, cJSON *node)
{
    if (cJSON_IsString(node)) {
        g_autofree char *before = g_strdup(node->valuestring);
        g_autofree char *after = plainer_text(before);

        if (after == NULL) {
            return false;
        }
        cJSON_SetValuestring(node, after);
        if (!holds(shrink)) {
            cJSON_SetValuestring(node, before);
            return false;
        }
        return true;
    }
    if (cJSON_IsNumber(node) && node->valuedouble >= 2) {
        double before = node->valuedouble;

        cJSON_SetNumberValue(node, (double)(gint64)(before / 2));
        if (!holds(shrink)) {
            cJSON_SetNumberValue(node, before);
            return false;
        }
        return true;
    }
    return false;
}

/* One round over all that stands below `parent`; whether anything helped. */
static bool shrink_below(Shrink *shrink, cJSON *parent)
{
    g_autoptr(GPtrArray) children = g_ptr_array_new();
    bool has_helped = false;
    cJSON *child;

    cJSON_ArrayForEach(child, parent)
    {
        g_ptr_array_add(children, child);
    }
    for (guint i = 0; i < children->len; i++) {
        child = g_ptr_array_index(children, i);
        if (is_needed(child)) {
            continue;
        }
        if (take_out(shrink, parent, child)) {
            has_helped = true;
            continue;
        }
        has_helped = shrink_below(shrink, child) || has_helped;
        has_helped = make_plainer(shrink, child) || has_helped;
    }
    return has_helped;
}

void shrink_scenario(cJSON *scenario, ShrinkTest *test, void *context, unsigned most)
{
    Shrink shrink = {scenario, test, context, most};

    while (shrink.left > 0 && shrink_below(&shrink, scenario)) {
        continue;
    }
}
