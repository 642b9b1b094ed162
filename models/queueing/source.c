/* source.c - customers from outside: an endless stream of them, one at a time. */
#include "models/queueing/network_parts.h"

typedef struct Source {
    Component component;
    /* configuration */
    Draw interarrival;
    const cJSON *to;
    /* state */
    Route route;
    Rng arrivals;
    Customers *customers;
    /* measurement */
    uint64_t arrivals_total, journeys_lost;
    Histogram *journey;
} Source;

static void on_arrival(void *self, void *subject, uint64_t detail);

static const EventType arrives = {"source/arrival", on_arrival};

static void wait_for_next(Source *self)
{
    engine_after(world_engine(self->component.world),
                 draw_span(self->interarrival, &self->arrivals), &self->component.owner, &arrives,
                 NULL, 0);
}

static void on_arrival(void *component, void *subject, uint64_t detail)
{
    Source *self = component;
    Customer *customer = pool_take(self->customers->customers);

    (void)subject;
    (void)detail;
    wait_for_next(self);
    self->arrivals_total++;
    customer->home = &self->component;
    customer->born = world_now(self->component.world);
    route_pass(&self->route, customer);
}

void source_hear(Customer *customer, CustomerEnd end)
{
    Source *self = (Source *)customer->home;

    if (end == CUSTOMER_DONE) {
        histogram_add(self->journey, world_now(self->component.world) - customer->born);
    } else {
        self->journeys_lost++;
    }
    pool_give(self->customers->customers, customer);
}

PartRoute source_route(Component *component)
{
    Source *self = (Source *)component;

    return (PartRoute){&self->route, self->to};
}

double source_rate(const Component *component)
{
    return (double)SIM_S / draw_mean(((const Source *)component)->interarrival);
}

static void source_wire(Component *component, World *world, DiagList *diags)
{
    Source *self = (Source *)component;
    g_autofree char *stream = g_strdup_printf("%s/interarrival", component->name);

    (void)diags;
    self->customers = queueing_customers(component);
    engine_open_stream(world_engine(world), &self->arrivals, stream);
}

static void source_start(Component *component)
{
    wait_for_next((Source *)component);
}

static void source_free(Component *component)
{
    route_clear(&((Source *)component)->route);
}

static const Field source_fields[] = {
    FIELD_DRAW(Source, interarrival, .flags = FIELD_REQUIRED | FIELD_TUNABLE, .lowest = "1ns",
               .help = "Time from one arrival to the next"),
    FIELD_JSON(Source, to, .flags = FIELD_REQUIRED,
               .help = "Where they go: a name, a list with probabilities or a balance"),
    FIELD_END,
};

static const MetricDef source_metrics[] = {
    {"arrivals", METRIC_TYPE_COUNTER, METRIC_AT(Source, arrivals_total, uint64_t), "1",
     "Customers that came from outside"},
    METRIC_COUNTER(Source, journeys_lost, "Customers that were refused, gave up or broke off"),
    METRIC_HISTOGRAM(Source, journey, "s", "From source, or from the end of thinking, to out"),
    METRIC_END,
};

const Kind source_kind = {
    .name = "source",
    .help = "Customers from outside, as textbook queues have them",
    .leaves_out = "groups that arrive together and rates that change: a constant law between "
                  "arrivals is what the closed forms assume",
    .size = sizeof(Source),
    .scope = KIND_PART,
    .fields = source_fields,
    .metrics = source_metrics,
    .on_wire = source_wire,
    .on_start = source_start,
    .on_free = source_free,
};
