/* population.c - a fixed number of customers that think, go through the network and come back. */
#include "models/queueing/network_parts.h"

/* A customer that was refused and would come back at the same instant rests so long, or time would
 * stand still. It is the only time in these queues that no scenario gives. */
#define LEAST_REST SIM_MS

typedef struct Population {
    Component component;
    /* configuration */
    int64_t customers;
    Draw think;
    const cJSON *to;
    /* state */
    Route route;
    Rng thoughts;
    Customers *all;
    Line thinking;
    int64_t abroad; /* in the network */
    /* measurement */
    uint64_t journeys_lost;
    Gauge population_thinking;
    Histogram *journey;
} Population;

static void on_thought(void *self, void *subject, uint64_t detail);

static const EventType has_thought = {"population/thought", on_thought};

static void measure(Population *self)
{
    gauge_set(&self->population_thinking, world_now(self->component.world), self->thinking.count);
}

/* `instead` of no time at all. */
static void begin_thinking(Population *self, Customer *customer, SimSpan instead)
{
    SimSpan span = draw_span(self->think, &self->thoughts);

    line_put_last(&self->thinking, customer);
    engine_after(world_engine(self->component.world), span > 0 ? span : instead,
                 &self->component.owner, &has_thought, customer, 0);
    measure(self);
}

static void on_thought(void *component, void *subject, uint64_t detail)
{
    Population *self = component;
    Customer *customer = subject;

    (void)detail;
    line_take(&self->thinking, customer);
    self->abroad++;
    measure(self);
    customer->born = world_now(self->component.world);
    route_pass(&self->route, customer);
}

void population_hear(Customer *customer, CustomerEnd end)
{
    Population *self = (Population *)customer->home;

    self->abroad--;
    if (end == CUSTOMER_DONE) {
        histogram_add(self->journey, world_now(self->component.world) - customer->born);
    } else {
        self->journeys_lost++;
    }
    if (self->component.is_up) {
        begin_thinking(self, customer, end == CUSTOMER_LOST ? LEAST_REST : 0);
    } else {
        pool_give(self->all->customers, customer);
    }
}

PopulationLaw population_law(const Component *component)
{
    const Population *self = (const Population *)component;

    return (PopulationLaw){self->customers, draw_mean(self->think) / (double)SIM_S};
}

PartRoute population_route(Component *component)
{
    Population *self = (Population *)component;

    return (PartRoute){&self->route, self->to, "routing"};
}

static void population_wire(Component *component, World *world, DiagList *diags)
{
    Population *self = (Population *)component;
    g_autofree char *stream = g_strdup_printf("%s/think", component->name);

    (void)diags;
    self->all = queueing_customers(component);
    engine_open_stream(world_engine(world), &self->thoughts, stream);
}

static void population_start(Component *component)
{
    Population *self = (Population *)component;

    for (int64_t i = self->abroad; i < self->customers; i++) {
        Customer *customer = pool_take(self->all->customers);

        customer->home = component;
        begin_thinking(self, customer, 0);
    }
}

static void population_stop(Component *component, const Effect *why)
{
    Population *self = (Population *)component;

    (void)why;
    while (self->thinking.first != NULL) {
        Customer *customer = self->thinking.first;

        line_take(&self->thinking, customer);
        pool_give(self->all->customers, customer);
    }
    measure(self);
}

static void population_free(Component *component)
{
    route_clear(&((Population *)component)->route);
}

static const Field population_fields[] = {
    FIELD_COUNT(Population, customers, .flags = FIELD_REQUIRED, .lowest = "1",
                .highest = "10000000", .help = "How many there are"),
    FIELD_DRAW(Population, think, .flags = FIELD_REQUIRED | FIELD_TUNABLE,
               .help = "Time from coming back to going out again; all begin with it"),
    FIELD_JSON(Population, to, .flags = FIELD_REQUIRED,
               .help = "Where they go: a name, a list with probabilities or a balance"),
    FIELD_END,
};

static const MetricDef population_metrics[] = {
    METRIC_COUNTER(Population, journeys_lost, "Customers that were refused, gave up or broke off"),
    METRIC_GAUGE(Population, population_thinking, "1", "Customers of the population that think"),
    METRIC_HISTOGRAM(Population, journey, "s", "From source, or from the end of thinking, to out"),
    METRIC_END,
};

const Kind population_kind = {
    .name = "population",
    .help = "A fixed number of customers that think between their journeys",
    .leaves_out = "customers that differ: each draws from the same law, as mean value analysis "
                  "assumes",
    .size = sizeof(Population),
    .scope = KIND_PART,
    .fields = population_fields,
    .metrics = population_metrics,
    .on_wire = population_wire,
    .on_start = population_start,
    .on_stop = population_stop,
    .on_free = population_free,
};
