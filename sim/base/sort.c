/* sort.c - see sort.h. */
#include "sim/base/sort.h"

#include <stdlib.h>
#include <string.h>

void sort_items(void *items, size_t count, size_t size, GCompareFunc compare)
{
    const char *at = items;

    if (count < 2) {
        return;
    }
    qsort(items, count, size, compare);
    for (size_t i = 0; i + 1 < count; i++, at += size) {
        if (compare(at, at + size) == 0 && memcmp(at, at + size, size) != 0) {
            g_autofree char *text = g_strdup_printf(
                "items %zu and %zu of %zu compare as equal and are not: their order is chance", i,
                i + 1, count);

            g_assertion_message(G_LOG_DOMAIN, __FILE__, __LINE__, G_STRFUNC, text);
        }
    }
}

void sort_array(GArray *array, GCompareFunc compare)
{
    sort_items(array->data, array->len, g_array_get_element_size(array), compare);
}

void sort_pointers(GPtrArray *array, GCompareFunc compare)
{
    sort_items(array->pdata, array->len, sizeof(gpointer), compare);
}
