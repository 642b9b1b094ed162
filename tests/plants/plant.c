/* plant.c - see plant.h. */
#include "tests/plants/plant.h"

static void on_note(void *self, void *subject, uint64_t detail);
static void on_turn(void *self, void *subject, uint64_t detail);
static const EventType notes = {"plant.notes", on_note};
static const EventType turns = {"plant.turns", on_turn};

static void on_note(void *self, void *subject, uint64_t detail)
{
    (void)self;
    (void)subject;
    (void)detail;
}

void plant_note(Component *self, SimSpan later, uint64_t detail)
{
    engine_after(world_engine(self->world), later, &self->owner, &notes, NULL, detail);
}

static void on_turn(void *self, void *subject, uint64_t detail)
{
    Plant *plant = self;

    (void)subject;
    (void)detail;
    plant->each(&plant->component);
    engine_after(world_engine(plant->component.world), 10 * SIM_MS, &plant->component.owner, &turns,
                 NULL, 0);
}

void plant_begin(Component *self, PlantEach *each)
{
    ((Plant *)self)->each = each;
    engine_after(world_engine(self->world), 10 * SIM_MS, &self->owner, &turns, NULL, 0);
}
