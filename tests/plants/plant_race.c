/* plant_race.c - workers share a counter: what one does depends on how far the others are. */
#include <sys/mman.h>

#include "tests/plants/plant.h"

static uint64_t *counter;

/* Before any worker is there. */
__attribute__((constructor)) static void share_a_counter(void)
{
    counter =
        mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert_true(counter != MAP_FAILED);
}

static void draw_a_number(Component *self)
{
    plant_note(self, SIM_US, __atomic_fetch_add(counter, 1, __ATOMIC_SEQ_CST));
}

static void start(Component *self)
{
    plant_begin(self, draw_a_number);
}

const Kind plant_kind = {
    .name = "plant",
    .help = "Draws numbers that all workers share",
    .leaves_out = "everything",
    .size = sizeof(Plant),
    .scope = KIND_ONE,
    .on_start = start,
};
