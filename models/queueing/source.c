/* source.c - customers from outside: an endless stream of them, one at a time or in batches, at one
 * rate or, in bursts, at two that change (a Markov-modulated stream when all is exponential). */
#include "models/queueing/network_parts.h"
#include "sim/base/draw_ahead.h"
#include "sim/base/fixed_math.h"
#include "sim/config/json_place.h"

/* Now and then, another law of arrivals. */
typedef struct Burst {
    Draw interarrival, usual, lasts;
} Burst;

typedef struct Source {
    Component component;
    /* configuration */
    Draw interarrival;
    double batch;
    int64_t priority;
    Burst burst;
    const cJSON *to;
    /* state */
    Route route;
    Engine *engine;
    DrawAhead arrivals;
    Rng sizes, changes;
    double batch_log; /* of the probability that a batch goes on */
    bool is_bursting;
    EventId next;
    Customers *customers;
    /* measurement */
    uint64_t arrivals_total, journeys_lost;
    Histogram *journey;
} Source;

static void on_arrival(void *self, void *subject, uint64_t detail);

static void on_change(void *self, void *subject, uint64_t detail);

static const EventType arrives = {"source/arrival", on_arrival};
static const EventType changes = {"source/change", on_change};

static void wait_for_next(Source *self)
{
    Draw gap = self->is_bursting ? self->burst.interarrival : self->interarrival;

    self->next = engine_after(self->engine, draw_ahead_span(&self->arrivals, gap),
                              &self->component.owner, &arrives, NULL, 0);
}

static void wait_for_change(Source *self)
{
    Draw stay = self->is_bursting ? self->burst.lasts : self->burst.usual;

    if (stay.law != NULL) {
        engine_after(self->engine, draw_span(stay, &self->changes), &self->component.owner,
                     &changes, NULL, 0);
    }
}

/* The gap begins anew: with exponential ones nobody could tell. */
static void on_change(void *component, void *subject, uint64_t detail)
{
    Source *self = component;

    (void)subject;
    (void)detail;
    self->is_bursting = !self->is_bursting;
    engine_cancel(self->engine, self->next);
    wait_for_next(self);
    wait_for_change(self);
}

/* Geometric from 1 on. */
static uint64_t batch_size(Source *self)
{
    double more = self->batch <= 1 ? 0 : fixed_log(rng_uniform(&self->sizes)) / self->batch_log;

    return 1 + (uint64_t)more;
}

static void arrive(Source *self)
{
    Customer *customer = pool_take_raw(self->customers->customers);

    self->arrivals_total++;
    *customer = (Customer){.home = &self->component,
                           .born = engine_now(self->engine),
                           .priority = (uint8_t)self->priority};
    route_pass(&self->route, customer);
}

static void on_arrival(void *component, void *subject, uint64_t detail)
{
    Source *self = component;

    (void)subject;
    (void)detail;
    wait_for_next(self);
    for (uint64_t left = batch_size(self); left > 0; left--) {
        arrive(self);
    }
}

void source_hear(Customer *customer, CustomerEnd end)
{
    Source *self = (Source *)customer->home;

    if (end == CUSTOMER_DONE) {
        histogram_add(self->journey, engine_now(self->engine) - customer->born);
    } else {
        self->journeys_lost++;
    }
    pool_give(self->customers->customers, customer);
}

PartRoute source_route(Component *component)
{
    Source *self = (Source *)component;

    return (PartRoute){&self->route, self->to, "routing"};
}

double source_rate(const Component *component)
{
    const Source *self = (const Source *)component;
    double rate = (double)SIM_S / draw_mean(self->interarrival) * self->batch;

    if (self->burst.usual.law != NULL) {
        double usual = draw_mean(self->burst.usual), lasts = draw_mean(self->burst.lasts);
        double other = (double)SIM_S / draw_mean(self->burst.interarrival) * self->batch;

        rate = (rate * usual + other * lasts) / (usual + lasts);
    }
    return rate;
}

SourceLaw source_law(const Component *component)
{
    const Source *self = (const Source *)component;

    return (SourceLaw){.interarrival = self->interarrival,
                       .burst = self->burst.interarrival,
                       .usual = self->burst.usual,
                       .lasts = self->burst.lasts,
                       .batch = self->batch,
                       .priority = self->priority};
}

static void source_make(Component *component, World *world, DiagList *diags)
{
    const Source *self = (const Source *)component;
    const Burst *burst = &self->burst;
    const cJSON *tree = json_member(component->settings, "burst");

    (void)world;
    if (tree != NULL &&
        (burst->interarrival.law == NULL || burst->usual.law == NULL || burst->lasts.law == NULL)) {
        diag_add(diags, DIAG_ERROR, tree, DIAG_KEY,
                 "'burst' needs 'interarrival', 'usual' and 'lasts'");
    }
}

static void open_stream(Source *self, Rng *rng, const char *use)
{
    g_autofree char *name = g_strdup_printf("%s/%s", self->component.name, use);

    engine_open_stream(self->engine, rng, name);
}

static void source_wire(Component *component, World *world, DiagList *diags)
{
    Source *self = (Source *)component;

    (void)diags;
    self->engine = world_engine(world);
    self->customers = queueing_customers(component);
    self->batch_log = self->batch > 1 ? fixed_log(1 - 1 / self->batch) : 0;
    open_stream(self, &self->arrivals.rng, "interarrival");
    open_stream(self, &self->sizes, "batch");
    open_stream(self, &self->changes, "burst");
}

static void source_start(Component *component)
{
    Source *self = (Source *)component;

    self->is_bursting = false;
    wait_for_next(self);
    wait_for_change(self);
}

static void source_free(Component *component)
{
    Source *self = (Source *)component;

    draw_ahead_clear(&self->arrivals);
    route_clear(&self->route);
}

static const Field burst_fields[] = {
    FIELD_DRAW(Burst, interarrival, .lowest = "1ns",
               .help = "Time from one arrival to the next during a burst"),
    FIELD_DRAW(Burst, usual, .lowest = "1ns",
               .help = "Time from the end of a burst to the next one"),
    FIELD_DRAW(Burst, lasts, .lowest = "1ns", .help = "Length of a burst"),
    FIELD_END,
};

static const Field source_fields[] = {
    FIELD_DRAW(Source, interarrival, .flags = FIELD_REQUIRED | FIELD_TUNABLE, .lowest = "1ns",
               .help = "Time from one arrival to the next"),
    FIELD_NUMBER(Source, batch, .initial = "1", .lowest = "1", .highest = "1e6",
                 .help = "Mean number of customers that come together, of geometric law",
                 .source = "one at a time"),
    FIELD_COUNT(Source, priority, .initial = "0", .lowest = "0", .highest = "255",
                .help = "Who goes first at stations of discipline priority: the higher one",
                .source = "all alike"),
    FIELD_TABLE(Source, burst, burst_fields, .help = "Now and then, another rate of arrivals"),
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
    .leaves_out = "rates that follow the time of day: what the closed forms assume is steady",
    .size = sizeof(Source),
    .scope = KIND_PART,
    .fields = source_fields,
    .metrics = source_metrics,
    .on_make = source_make,
    .on_wire = source_wire,
    .on_start = source_start,
    .on_free = source_free,
};
