/* station_service.c - who is served at a station, and how fast: one event for each end of service.
 * Processor sharing is the virtual clock of sim/world/host_cpu: one pending event for all. The
 * others keep what is left of each one's work as a whole number of nanoseconds, so that at full
 * speed nothing is rounded. */
#include "models/queueing/station.h"

#define LONGEST ((double)(400 * SIM_DAY))

static void on_service_end(void *self, void *subject, uint64_t detail);
static void on_patience_end(void *self, void *subject, uint64_t detail);

static const EventType ends_service = {"station/service", on_service_end};
static const EventType ends_patience = {"station/patience", on_patience_end};

static void measure_busy(Station *self)
{
    if (self->discipline != DISCIPLINE_PS) {
        gauge_set(&self->station_busy, engine_now(self->engine),
                  self->in_service.count / (double)self->servers);
    }
}

static void measure_queue(Station *self)
{
    gauge_set(&self->station_queue, engine_now(self->engine), self->waiting.count);
}

/* --- the books ------------------------------------------------------------------------------
 */

static bool is_shared(const Station *self)
{
    return self->discipline == DISCIPLINE_PS;
}

/* Servers that those in line may have now. */
static void open_servers(Station *self)
{
    uint32_t servers = is_shared(self) ? LEDGER_NO_LIMIT : (uint32_t)self->servers;

    ledger_open(&self->ledger, engine_now(self->engine),
                self->is_open && !self->is_broken && !self->is_away ? servers : 0);
}

static double area_at(const Gauge *gauge, SimTime now)
{
    return gauge->area + gauge->value * (double)(now - gauge->since);
}

/* Work that the busy servers gave since the last change of speed, as the gauges show them. */
static double given(const Station *self, double *seen)
{
    SimTime now = engine_now(self->engine);

    *seen = area_at(&self->station_in_system, now) - area_at(&self->station_queue, now);
    return (*seen - self->seen) * self->speed;
}

LedgerWork station_ledger_work(const Ledger *ledger)
{
    const Station *self = (const void *)((const char *)ledger - offsetof(Station, ledger));
    double now = (double)engine_now(self->engine), seen;
    LedgerWork work = {.given_ns = self->given_ns + given(self, &seen), .lost_ns = self->lost_ns};

    if (is_shared(self)) { /* the books of `sharing` tell */
        return (LedgerWork){.given_ns = (double)ledger->work_ns};
    }
    for (const Customer *each = self->waiting.first; each != NULL; each = each->next) {
        work.left_ns += (double)(each->has_begun ? each->left : each->work);
    }
    for (const Customer *each = self->in_service.first; each != NULL; each = each->next) {
        work.left_ns += (double)each->left - (now - (double)each->since) * self->speed;
    }
    return work;
}

LedgerWork station_sharing_work(const Ledger *ledger)
{
    const Station *self = (const void *)((const char *)ledger - offsetof(Station, sharing.ledger));

    return is_shared(self) ? host_cpu_ledger_work(ledger) : (LedgerWork){0};
}

/* --- those who wait -------------------------------------------------------------------------
 */

static void put_unordered(Station *self, Customer *customer)
{
    if (self->waiting.count == self->unordered_room) {
        self->unordered_room = MAX(2 * self->unordered_room, 64);
        self->unordered = g_renew(Customer *, self->unordered, self->unordered_room);
    }
    customer->place = self->waiting.count;
    self->unordered[customer->place] = customer;
}

static void take_unordered(Station *self, Customer *customer)
{
    Customer *last = self->unordered[self->waiting.count - 1];

    self->unordered[customer->place] = last;
    last->place = customer->place;
}

static void wait_in_line(Station *self, Customer *customer)
{
    if (self->discipline == DISCIPLINE_RANDOM) {
        put_unordered(self, customer);
    }
    if (self->discipline == DISCIPLINE_LCFS_PR) {
        line_put_first(&self->waiting, customer);
    } else if (self->discipline == DISCIPLINE_PRIORITY) {
        line_put_by_priority(&self->waiting, customer);
    } else {
        line_put_last(&self->waiting, customer);
    }
    if (self->patience.law != NULL) {
        customer->event =
            engine_after(self->engine, draw_ahead_span(&self->patiences, self->patience),
                         &self->component.owner, &ends_patience, customer, 0);
    }
    measure_queue(self);
}

/* Out of the line; whether to be served or not is said by the caller. */
static void leave_line(Station *self, Customer *customer)
{
    engine_cancel(self->engine, customer->event);
    customer->event = EVENT_NONE;
    if (self->discipline == DISCIPLINE_RANDOM) {
        take_unordered(self, customer);
    }
    line_take(&self->waiting, customer);
    measure_queue(self);
}

static Customer *next_in_line(Station *self)
{
    if (self->discipline == DISCIPLINE_RANDOM) {
        return self->unordered[rng_below(&self->choices, self->waiting.count)];
    }
    return self->waiting.first;
}

static void on_patience_end(void *self, void *subject, uint64_t detail)
{
    (void)detail;
    ((Customer *)subject)->event = EVENT_NONE;
    station_gives_up(self, subject);
}

/* --- those in service -----------------------------------------------------------------------
 */

/* Schedules the end of what is left, from now on. */
static void run_on(Station *self, Customer *customer)
{
    customer->since = engine_now(self->engine);
    if (self->speed > 0) {
        double span = (double)customer->left / self->speed;
        SimSpan whole = (SimSpan)MIN(span, LONGEST);

        whole += (double)whole < span && span < LONGEST;
        customer->event = engine_after(self->engine, self->speed < 1 ? whole : customer->left,
                                       &self->component.owner, &ends_service, customer, 0);
    }
}

/* Stops the clock on it and notes what is left; `speed` is the one it ran at. */
static void halt(Station *self, Customer *customer, double speed)
{
    SimSpan span = engine_now(self->engine) - customer->since;
    SimSpan done = speed < 1 ? (SimSpan)((double)span * speed) : span;

    done = MIN(done, customer->left);
    customer->left -= done;
    self->lost_ns += (double)done - (double)span * speed; /* a part of a nanosecond */
    engine_cancel(self->engine, customer->event);
    customer->event = EVENT_NONE;
}

static void begin(Station *self, Customer *customer)
{
    if (!customer->has_begun) {
        customer->has_begun = true;
        customer->left = customer->work;
        histogram_add(self->station_wait, engine_now(self->engine) - customer->came);
    }
    customer->is_served = true;
    ledger_begin(&self->ledger, engine_now(self->engine));
    line_put_last(&self->in_service, customer);
    if (self->discipline == DISCIPLINE_PS) {
        host_cpu_add(&self->sharing, &self->component.owner, customer->work, &ends_service,
                     customer, 0);
    } else {
        run_on(self, customer);
    }
    measure_busy(self);
}

static void on_service_end(void *component, void *subject, uint64_t detail)
{
    Station *self = component;
    Customer *customer = subject;

    (void)detail;
    customer->event = EVENT_NONE;
    customer->is_served = false;
    if (!is_shared(self)) { /* rounded up to a whole nanosecond */
        self->lost_ns += (double)customer->left -
                         (double)(engine_now(self->engine) - customer->since) * self->speed;
    }
    line_take(&self->in_service, customer);
    ledger_end(&self->ledger, engine_now(self->engine), (uint64_t)customer->came);
    measure_busy(self);
    station_served(self, customer);
}

/* The one longest in service makes room for one who came later. */
static void displace_first(Station *self)
{
    Customer *customer = self->in_service.first;

    halt(self, customer, self->speed);
    customer->is_served = false;
    line_take(&self->in_service, customer);
    ledger_displace(&self->ledger, engine_now(self->engine));
    wait_in_line(self, customer);
}

/* --- what the station asks for --------------------------------------------------------------
 */

void service_init(Station *self)
{
    host_cpu_init(&self->sharing, self->engine, &self->component.owner, self->servers,
                  &self->station_busy, &self->sharers);
}

void service_clear(Station *self)
{
    host_cpu_clear(&self->sharing);
    g_clear_pointer(&self->unordered, g_free);
}

void service_admit(Station *self, Customer *customer)
{
    bool is_full = self->in_service.count >= self->servers;

    switch ((Discipline)self->discipline) {
    case DISCIPLINE_PS:
        begin(self, customer);
        return;
    case DISCIPLINE_LCFS_PR:
        if (is_full) {
            displace_first(self);
        }
        begin(self, customer);
        return;
    case DISCIPLINE_FCFS:
    case DISCIPLINE_RANDOM:
    case DISCIPLINE_PRIORITY:
        break;
    }
    if (is_full || self->is_broken || self->is_away) {
        wait_in_line(self, customer);
    } else {
        begin(self, customer);
    }
}

void service_take(Station *self, Customer *customer)
{
    SimTime now = engine_now(self->engine);

    if (!customer->is_served) {
        leave_line(self, customer);
        ledger_quit(&self->ledger, now, (uint64_t)customer->came);
        self->lost_ns += (double)(customer->has_begun ? customer->left : customer->work);
        return;
    }
    customer->is_served = false;
    line_take(&self->in_service, customer);
    ledger_end(&self->ledger, now, (uint64_t)customer->came);
    if (is_shared(self)) {
        host_cpu_drop(&self->sharing, customer);
    } else {
        halt(self, customer, self->speed);
        self->lost_ns += (double)customer->left;
    }
    measure_busy(self);
}

void service_fill(Station *self)
{
    while (self->is_open && !self->is_broken && !self->is_away && self->waiting.count > 0 &&
           self->in_service.count < self->servers) {
        Customer *customer = next_in_line(self);

        leave_line(self, customer);
        begin(self, customer);
    }
}

void service_set_speed(Station *self)
{
    double before = self->speed, seen;

    self->given_ns += given(self, &seen);
    self->seen = seen;
    open_servers(self);
    self->speed = self->is_broken ? 0 : 1 / self->component.condition.slowdown;
    host_cpu_set_speed(&self->sharing, self->speed);
    if (self->discipline == DISCIPLINE_PS) {
        return;
    }
    for (Customer *each = self->in_service.first; each != NULL; each = each->next) {
        halt(self, each, before);
        run_on(self, each);
    }
}

void service_set_away(Station *self, bool is_away)
{
    self->is_away = is_away;
    open_servers(self);
}

void service_repeat(Station *self)
{
    if (self->discipline == DISCIPLINE_PS) {
        host_cpu_forget_all(&self->sharing);
    }
    for (Customer *each = self->in_service.first; each != NULL; each = each->next) {
        self->lost_ns -= is_shared(self) ? 0 : (double)(each->work - each->left);
        each->left = each->work;
        if (self->discipline == DISCIPLINE_PS) {
            host_cpu_add(&self->sharing, &self->component.owner, each->work, &ends_service, each,
                         0);
        }
    }
}
