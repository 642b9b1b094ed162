/* station.c - a textbook queue: servers, a discipline, room, patience and breakdowns.
 * Source: L. Kleinrock, "Queueing Systems" I and II, 1975 and 1976; of breakdowns at any time,
 * B. Avi-Itzhak and P. Naor, "Some queuing problems with the service station subject to breakdown",
 * 1963. */
#include "models/queueing/station.h"

#include <math.h>

#include "sim/config/json_place.h"
#include "sim/world/history.h"

static void on_breakdown(void *self, void *subject, uint64_t detail);
static void on_repair(void *self, void *subject, uint64_t detail);

static const EventType breaks_down = {"station/breakdown", on_breakdown};
static const EventType is_repaired = {"station/repair", on_repair};

static void on_return(void *self, void *subject, uint64_t detail);

static const EventType returns = {"station/return", on_return};

static SimTime now_of(const Station *self)
{
    return engine_now(self->engine);
}

/* --- who comes and goes ---------------------------------------------------------------------
 */

/* Who comes stays away with probability n / (n + 1) when n are there. */
static bool balks(Station *self)
{
    return self->balking &&
           rng_uniform(&self->balks) * (station_count(&self->component) + 1.0) >= 1;
}

static bool takes_in(Station *self)
{
    bool has_room = self->room == 0 || station_count(&self->component) < self->room;
    bool is_shut = self->is_broken && self->breakdown.while_down == WHILE_DOWN_REFUSE;

    return self->is_open && has_room && !is_shut && !balks(self);
}

void station_enter(Component *component, Customer *customer)
{
    Station *self = (Station *)component;

    if (!takes_in(self)) {
        self->station_refused++;
        if (self->refused != NULL) {
            route_pass(&self->refused_route, customer);
        } else {
            customer_end(customer, CUSTOMER_LOST);
        }
        return;
    }
    gauge_add(&self->station_in_system, now_of(self), 1);
    ledger_wait(&self->ledger, now_of(self), (uint64_t)now_of(self));
    customer->station = self;
    customer->came = now_of(self);
    customer->work = draw_ahead_span(&self->services, self->service);
    self->ledger.work_ns += (uint64_t)customer->work;
    customer->has_begun = false;
    service_admit(self, customer);
}

static void has_left(Station *self, Customer *customer)
{
    customer->station = NULL;
    gauge_add(&self->station_in_system, now_of(self), -1);
}

static void lose(Station *self, Customer *customer)
{
    service_take(self, customer);
    has_left(self, customer);
    self->station_lost++;
    customer_end(customer, CUSTOMER_LOST);
}

/* A server with nobody to serve pauses, and pauses again until somebody waits. */
static void go_away_when_idle(Station *self)
{
    if (self->vacation.law != NULL && !self->is_away && station_count(&self->component) == 0) {
        service_set_away(self, true);
        engine_after(self->engine, draw_span(self->vacation, &self->vacations),
                     &self->component.owner, &returns, NULL, 0);
    }
}

static void on_return(void *component, void *subject, uint64_t detail)
{
    Station *self = component;

    (void)subject;
    (void)detail;
    service_set_away(self, false);
    service_fill(self);
    go_away_when_idle(self);
}

void station_served(Station *self, Customer *customer)
{
    has_left(self, customer);
    self->station_throughput++;
    histogram_add(self->station_sojourn, now_of(self) - customer->came);
    /* The next is called first: who comes straight back stands behind those who wait. */
    service_fill(self);
    go_away_when_idle(self);
    route_pass(&self->route, customer);
}

void station_gives_up(Station *self, Customer *customer)
{
    service_take(self, customer);
    has_left(self, customer);
    self->station_abandoned++;
    customer_end(customer, CUSTOMER_LOST);
}

void station_cancel(Customer *customer)
{
    Station *self = customer->station;

    service_take(self, customer);
    has_left(self, customer);
    self->ledger.dropped++;
    service_fill(self);
    go_away_when_idle(self);
}

uint32_t station_count(const Component *component)
{
    const Station *self = (const Station *)component;

    return self->waiting.count + self->in_service.count;
}

/* --- breakdowns and faults ------------------------------------------------------------------
 */

static void wait_for_breakdown(Station *self)
{
    if (self->breakdown.up.law != NULL) {
        engine_after(self->engine, draw_span(self->breakdown.up, &self->breakdowns),
                     &self->component.owner, &breaks_down, NULL, 0);
    }
}

static void on_breakdown(void *component, void *subject, uint64_t detail)
{
    Station *self = component;
    bool puts_out = self->breakdown.while_down == WHILE_DOWN_LOSE ||
                    self->breakdown.while_down == WHILE_DOWN_REFUSE;

    (void)subject;
    (void)detail;
    self->is_broken = true;
    engine_after(self->engine, draw_span(self->breakdown.down, &self->breakdowns),
                 &self->component.owner, &is_repaired, NULL, 0);
    service_set_speed(self);
    if (self->breakdown.while_down == WHILE_DOWN_REPEAT) {
        service_repeat(self);
    }
    while (puts_out && self->in_service.first != NULL) {
        lose(self, self->in_service.first);
    }
    while (self->breakdown.while_down == WHILE_DOWN_REFUSE && self->waiting.first != NULL) {
        lose(self, self->waiting.first);
    }
}

static void on_repair(void *component, void *subject, uint64_t detail)
{
    Station *self = component;

    (void)subject;
    (void)detail;
    self->is_broken = false;
    wait_for_breakdown(self);
    service_set_speed(self);
    service_fill(self);
}

void station_warn_overload(Component *component, double load)
{
    ((Station *)component)->overload = load;
}

void station_warn_wait(Component *component)
{
    ((Station *)component)->has_no_mean_wait = true;
}

/* What is known of the queue before anybody comes; see offered_load.h. */
static void tell_prospects(Station *self)
{
    History *history = world_history(self->component.world);

    if (self->overload > 0) {
        g_autofree char *load = g_strdup_printf("%.4g", self->overload);

        history_note(history, "station.overloaded", &self->component, "offered", load, NULL, NULL);
    } else if (self->has_no_mean_wait) {
        history_note(history, "station.no-mean-wait", &self->component, NULL, NULL, NULL, NULL);
    }
}

static void station_start(Component *component)
{
    Station *self = (Station *)component;

    tell_prospects(self);
    self->is_open = true;
    self->is_broken = false;
    self->is_away = false;
    service_set_speed(self);
    wait_for_breakdown(self);
    go_away_when_idle(self);
}

static void station_stop(Component *component, const Effect *why)
{
    Station *self = (Station *)component;

    (void)why;
    self->is_open = false;
    while (self->waiting.first != NULL) {
        lose(self, self->waiting.first);
    }
    while (self->in_service.first != NULL) {
        lose(self, self->in_service.first);
    }
}

static void station_condition(Component *component, const Effect *before)
{
    if (component->condition.slowdown != before->slowdown) {
        service_set_speed((Station *)component);
    }
}

/* --- set-up ---------------------------------------------------------------------------------
 */

PartRoute station_route(Component *component)
{
    Station *self = (Station *)component;

    return (PartRoute){&self->route, self->to, "routing"};
}

PartRoute station_refused_route(Component *component)
{
    Station *self = (Station *)component;

    return (PartRoute){&self->refused_route, self->refused, "refused"};
}

void station_check_refused(Component *component, DiagList *diags)
{
    const Station *self = (const Station *)component;

    for (guint i = 0; i < self->refused_route.count; i++) {
        const Component *goal = self->refused_route.steps[i].goal;

        if (goal != NULL &&
            (goal->kind != &station_kind || ((const Station *)goal)->refused != NULL)) {
            diag_add(diags, DIAG_ERROR, self->refused, DIAG_KEY,
                     "'refused' must lead out or to stations without 'refused' of their own: "
                     "customers could go round at one instant");
            return;
        }
    }
}

/* Whether who comes waits for those before it to be served to the end. */
static bool has_line(const Station *self)
{
    return self->discipline != DISCIPLINE_PS && self->discipline != DISCIPLINE_LCFS_PR;
}

StationCapacity station_capacity(const Component *component)
{
    const Station *self = (const Station *)component;
    double availability = 1;

    if (self->breakdown.up.law != NULL) {
        double up = draw_mean(self->breakdown.up), down = draw_mean(self->breakdown.down);

        availability = isinf(up) ? 1 : up / (up + down);
    }
    return (StationCapacity){
        .servers = (double)self->servers * availability,
        .service_s = draw_mean(self->service) / (double)SIM_S,
        .is_bounded = self->room > 0 || self->balking || self->patience.law != NULL,
        .has_wait = self->servers > 1 || !has_line(self) || isfinite(draw_scv(self->service))};
}

static void station_make(Component *component, World *world, DiagList *diags)
{
    Station *self = (Station *)component;
    const cJSON *tree = component->settings;
    bool has_up = self->breakdown.up.law != NULL, has_down = self->breakdown.down.law != NULL;

    (void)world;
    if (self->room > 0 && self->room < self->servers) {
        diag_add(diags, DIAG_ERROR, json_member(tree, "room"), DIAG_KEY,
                 "'room' counts those in service, so it must be at least 'servers' (%d)",
                 (int)self->servers);
    }
    if (self->patience.law != NULL && !has_line(self)) {
        diag_add(diags, DIAG_ERROR, json_member(tree, "patience"), DIAG_KEY,
                 "'patience' needs a line: with this 'discipline' all are served at once");
    }
    if (self->vacation.law != NULL && (!has_line(self) || self->servers > 1 || has_up)) {
        diag_add(diags, DIAG_ERROR, json_member(tree, "vacation"), DIAG_KEY,
                 "'vacation' needs a line, one server and no 'breakdown'");
    }
    if (json_member(tree, "breakdown") != NULL && (!has_up || !has_down)) {
        diag_add(diags, DIAG_ERROR, json_member(tree, "breakdown"), DIAG_KEY,
                 "'breakdown' needs '%s'", has_up ? "down" : "up");
    }
}

static void open_stream(Station *self, Rng *rng, const char *use)
{
    g_autofree char *name = g_strdup_printf("%s/%s", self->component.name, use);

    engine_open_stream(self->engine, rng, name);
}

static void station_wire(Component *component, World *world, DiagList *diags)
{
    Station *self = (Station *)component;

    (void)diags;
    self->engine = world_engine(world);
    self->customers = queueing_customers(component);
    open_stream(self, &self->services.rng, "service");
    open_stream(self, &self->patiences.rng, "patience");
    open_stream(self, &self->breakdowns, "breakdown");
    open_stream(self, &self->choices, "discipline");
    open_stream(self, &self->vacations, "vacation");
    open_stream(self, &self->balks, "balking");
    service_init(self);
}

static void station_free(Component *component)
{
    Station *self = (Station *)component;

    service_clear(self);
    draw_ahead_clear(&self->services);
    draw_ahead_clear(&self->patiences);
    route_clear(&self->route);
    route_clear(&self->refused_route);
}

/* --- the tables -----------------------------------------------------------------------------
 */

static const char *const disciplines[] = {
    [DISCIPLINE_FCFS] = "fcfs",         [DISCIPLINE_PS] = "ps",
    [DISCIPLINE_LCFS_PR] = "lcfs-pr",   [DISCIPLINE_RANDOM] = "random",
    [DISCIPLINE_PRIORITY] = "priority", NULL};
static const char *const whiles_down[] = {[WHILE_DOWN_RESUME] = "resume",
                                          [WHILE_DOWN_REPEAT] = "repeat",
                                          [WHILE_DOWN_LOSE] = "lose",
                                          [WHILE_DOWN_REFUSE] = "refuse",
                                          NULL};

static const Field breakdown_fields[] = {
    FIELD_DRAW(Breakdown, up, .lowest = "1ns",
               .help = "Time from a repair to the next breakdown, busy or not"),
    FIELD_DRAW(Breakdown, down, .lowest = "1ns", .help = "Time from a breakdown to its repair"),
    FIELD_CHOICE(Breakdown, while_down, .more = whiles_down, .initial = "resume",
                 .help = "Whether those in service go on after it, begin the same work again or "
                         "are lost, or all are lost and who comes is refused",
                 .source = "Avi-Itzhak and Naor 1963: preemptive resume"),
    FIELD_END,
};

static const Field station_fields[] = {
    FIELD_COUNT(Station, servers, .initial = "1", .lowest = "1", .highest = "1000000",
                .help = "How many are served at a time", .source = "M/M/1"),
    FIELD_CHOICE(Station, discipline, .more = disciplines, .initial = "fcfs",
                 .help = "Who is served next", .source = "M/M/1"),
    FIELD_COUNT(Station, room,
                .help = "How many may be there, those in service included; without it no limit"),
    FIELD_DRAW(Station, service, .flags = FIELD_REQUIRED | FIELD_TUNABLE, .lowest = "1ns",
               .help = "Work of one customer: its time alone on one server"),
    FIELD_DRAW(Station, patience,
               .help = "How long a customer waits before it gives up; without it for ever"),
    FIELD_DRAW(Station, vacation,
               .help = "Pause that an idle server takes, again and again until somebody waits"),
    FIELD_FLAG(Station, balking, .initial = "false",
               .help = "Whether who finds n there stays only with probability 1 / (n + 1)"),
    FIELD_TABLE(Station, breakdown, breakdown_fields,
                .help = "All servers of the station fail together, now and then"),
    FIELD_JSON(Station, to,
               .help = "Where they go: a name, a list with probabilities or a balance; without it "
                       "out"),
    FIELD_JSON(Station, refused,
               .help = "Where those go who were refused, like 'to'; without it they are lost"),
    FIELD_END,
};

static const MetricDef station_metrics[] = {
    METRIC_HISTOGRAM(Station, station_wait, "s",
                     "From arrival to the begin of service, of those who were served"),
    METRIC_HISTOGRAM(Station, station_sojourn, "s",
                     "From arrival to the end of service, of those who were served"),
    METRIC_GAUGE(Station, station_in_system, "1", "Customers that wait or are served"),
    METRIC_GAUGE(Station, station_queue, "1", "Customers that wait"),
    METRIC_GAUGE(Station, station_busy, "ratio", "Share of the servers that have a customer"),
    METRIC_COUNTER(Station, station_throughput, "Customers that were served to the end"),
    METRIC_COUNTER(Station, station_refused,
                   "Customers that found no room, a closed station or too long a line"),
    METRIC_COUNTER(Station, station_abandoned, "Customers that gave up waiting"),
    METRIC_COUNTER(Station, station_lost, "Customers that a breakdown or a crash put out"),
    METRIC_END,
};

static const LedgerDef station_ledgers[] = {
    {.name = "servers",
     .ledger = offsetof(Station, ledger),
     .present = offsetof(Station, station_in_system),
     .waiting = offsetof(Station, station_queue),
     .has_line = true,
     .ends = {offsetof(Station, station_throughput), offsetof(Station, station_abandoned),
              offsetof(Station, station_lost)},
     .work = station_ledger_work},
    {.name = "shared servers",
     .ledger = offsetof(Station, sharing.ledger),
     .present = offsetof(Station, sharers),
     .work = station_sharing_work,
     .rounding = 1},
    LEDGER_END,
};

const Kind station_kind = {
    .name = "station",
    .help = "A textbook queue: servers, a discipline, room, patience and breakdowns",
    .leaves_out = "work that depends on the class of a customer; time between two stations: add a "
                  "station with many servers for it",
    .size = sizeof(Station),
    .scope = KIND_PART,
    .fields = station_fields,
    .metrics = station_metrics,
    .ledgers = station_ledgers,
    .on_make = station_make,
    .on_wire = station_wire,
    .on_start = station_start,
    .on_stop = station_stop,
    .on_condition = station_condition,
    .on_free = station_free,
};
