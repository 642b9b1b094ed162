/* people.c - who is on call: from the pager to hands on the keyboard. They change nothing in the
 * simulated world: what they would do is written in the scenario. Source: front door reference 5
 * (assumption: lognormal, median 8 min by day, 25 min by night, sigma 0.7). */
#include "models/watch/watch_parts.h"
#include "sim/world/history.h"

typedef struct People {
    Component component; /* first */
    Draw reaction;
    uint64_t pages;
    Gauge hands_on; /* 1 since somebody is there */
    SimTime paged_at;
    EventId arrival;
    Rng reactions;
} People;

static void on_arrived(void *self, void *subject, uint64_t detail);
static const EventType arrived_event = {"people.hands-on", on_arrived};

static void on_arrived(void *self, void *subject, uint64_t detail)
{
    People *people = self;

    (void)subject;
    (void)detail;
    people->arrival = EVENT_NONE;
    gauge_set(&people->hands_on, world_now(people->component.world), 1.0);
    history_note(world_history(people->component.world), "people.hands-on", &people->component,
                 NULL, NULL, NULL, NULL);
}

/* The first alert counts; whoever is there or on the way is not paged again. */
void people_hear(Component *self)
{
    People *people = (People *)self;

    if (people->arrival == EVENT_NONE && people->hands_on.value < 0.5) {
        people->pages++;
        people->arrival =
            engine_after(world_engine(self->world), draw_span(people->reaction, &people->reactions),
                         &self->owner, &arrived_event, NULL, 0);
    }
}

static void people_wire(Component *self, World *world, DiagList *diags)
{
    g_autofree char *stream = g_strdup_printf("%s/reaction", self->name);

    (void)diags;
    engine_open_stream(world_engine(world), &((People *)self)->reactions, stream);
}

static const Field people_fields[] = {
    FIELD_DRAW(People, reaction, .initial = "lognormal(median=8min, sigma=0.7)", .lowest = "0s",
               .help =
                   "From the first alert to hands on the keyboard; by night the median is 25 min",
               .source = "front door reference 5 (assumption)"),
    FIELD_END,
};

static const MetricDef people_metrics[] = {
    METRIC_COUNTER(People, pages, "Times that they were paged"),
    METRIC_GAUGE(People, hands_on, "ratio", "1 since somebody looks after it"),
    METRIC_END,
};

static const NoteDef people_notes[] = {
    {.name = "people.hands-on", .help = "Somebody who was paged is at the keyboard"},
    NOTE_END,
};

const Kind people_kind = {
    .name = "people",
    .help = "Who is on call",
    .leaves_out = "what they then do: repairs are the scenario's, because they differ each time",
    .size = sizeof(People),
    .scope = KIND_PART,
    .fields = people_fields,
    .metrics = people_metrics,
    .notes = people_notes,
    .on_wire = people_wire,
};
