/* plant_clock.c - the clock on the wall, in whole seconds, gets into the world. */
#include <time.h>

#include "tests/plants/plant.h"

static void note_the_second(Component *self)
{
    plant_note(self, SIM_US, (uint64_t)time(NULL));
}

static void start(Component *self)
{
    plant_begin(self, note_the_second);
}

const Kind plant_kind = {
    .name = "plant",
    .help = "Looks at the clock on the wall",
    .leaves_out = "everything",
    .size = sizeof(Plant),
    .scope = KIND_ONE,
    .on_start = start,
};
