/* plant_address.c - order from addresses: things are served as they lie in memory. */
#include "sim/base/sort.h"
#include "tests/plants/plant.h"

#define THINGS 16

static gint compare_addresses(gconstpointer a, gconstpointer b)
{
    const char *one = *(char *const *)a, *other = *(char *const *)b;

    return (one > other) - (one < other);
}

static void serve_in_order_of_address(Component *self)
{
    g_autoptr(GPtrArray) things = g_ptr_array_new_with_free_func(g_free);

    for (uint64_t i = 0; i < THINGS; i++) {
        uint64_t *thing = g_malloc(48);

        *thing = i;
        g_ptr_array_add(things, thing);
    }
    sort_pointers(things, compare_addresses);
    for (guint i = 0; i < THINGS; i++) {
        plant_note(self, 0, *(const uint64_t *)g_ptr_array_index(things, i));
    }
}

static void start(Component *self)
{
    plant_begin(self, serve_in_order_of_address);
}

const Kind plant_kind = {
    .name = "plant",
    .help = "Serves in order of address",
    .leaves_out = "everything",
    .size = sizeof(Plant),
    .scope = KIND_ONE,
    .on_start = start,
};
