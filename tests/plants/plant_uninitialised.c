/* plant_uninitialised.c - a read of what nobody wrote decides how long something takes. */
#include "tests/plants/plant.h"

static void take_as_long_as_memory_says(Component *self)
{
    volatile const unsigned char *bytes = g_malloc(256);
    SimSpan span = bytes[128];

    g_free((gpointer)(uintptr_t)bytes);
    plant_note(self, span, 0);
}

static void start(Component *self)
{
    plant_begin(self, take_as_long_as_memory_says);
}

const Kind plant_kind = {
    .name = "plant",
    .help = "Takes as long as uninitialised memory says",
    .leaves_out = "everything",
    .size = sizeof(Plant),
    .scope = KIND_ONE,
    .on_start = start,
};
