/* plant_tie.c - a comparison that ties: things of equal rank stand as the sort left them. */
#include "sim/base/sort.h"
#include "tests/plants/plant.h"

typedef struct Thing {
    uint32_t rank, number;
} Thing;

static gint compare_ranks(gconstpointer a, gconstpointer b)
{
    const Thing *one = a, *other = b;

    return (one->rank > other->rank) - (one->rank < other->rank);
}

static void serve_in_order_of_rank(Component *self)
{
    Thing things[] = {{3, 0}, {1, 1}, {2, 2}, {1, 3}};

    sort_items(things, G_N_ELEMENTS(things), sizeof *things, compare_ranks);
    for (guint i = 0; i < G_N_ELEMENTS(things); i++) {
        plant_note(self, 0, things[i].number);
    }
}

static void start(Component *self)
{
    plant_begin(self, serve_in_order_of_rank);
}

const Kind plant_kind = {
    .name = "plant",
    .help = "Serves by a rank that two may share",
    .leaves_out = "everything",
    .size = sizeof(Plant),
    .scope = KIND_ONE,
    .on_start = start,
};
