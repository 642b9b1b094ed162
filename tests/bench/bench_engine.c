/* bench_engine.c - how fast events, draws, histograms and shared CPUs are. */
#include <glib.h>

#include "sim/base/draw.h"
#include "sim/base/histogram.h"
#include "sim/world/host_cpu.h"
#include "tests/bench/bench.h"

#define EVENTS 1000000u

/* --- events ------------------------------------------------------------------------------------
 */

/* Every event schedules its successor: the number pending stays. */
typedef struct Hold {
    EventOwner owner;
    Engine *engine;
    Rng rng;
    uint64_t left;
    EventId *timeouts; /* by detail; NULL: without */
} Hold;

static void on_hold(void *self, void *subject, uint64_t detail);
static void on_timeout(void *self, void *subject, uint64_t detail);

static const EventType hold_type = {"bench/hold", on_hold};
static const EventType timeout_type = {"bench/timeout", on_timeout};

static void on_timeout(void *self, void *subject, uint64_t detail)
{
    (void)self;
    (void)subject;
    (void)detail;
    g_assert_not_reached();
}

static void on_hold(void *self, void *subject, uint64_t detail)
{
    Hold *hold = self;

    if (hold->timeouts != NULL) {
        engine_cancel(hold->engine, hold->timeouts[detail]);
        hold->timeouts[detail] =
            engine_after(hold->engine, 30 * SIM_S, &hold->owner, &timeout_type, subject, detail);
    }
    engine_after(hold->engine, (SimSpan)rng_below(&hold->rng, 2 * SIM_MS), &hold->owner, &hold_type,
                 subject, detail);
    if (--hold->left == 0) {
        engine_stop(hold->engine);
    }
}

static void hold_run(void *context, uint64_t count)
{
    Hold *hold = context;

    hold->left = count;
    engine_run(hold->engine, SIM_NEVER);
}

static void measure_hold(uint64_t pending, bool with_timeouts)
{
    Hold hold = {.owner = {.id = 1}, .engine = engine_new(1)};
    g_autofree char *name =
        g_strdup_printf("%s, %" G_GUINT64_FORMAT " pending",
                        with_timeouts ? "event with cancelled timeout" : "event", pending);

    rng_init(&hold.rng, 1, "bench/hold");
    if (with_timeouts) {
        hold.timeouts = g_new0(EventId, pending);
    }
    for (uint64_t i = 0; i < pending; i++) {
        engine_after(hold.engine, (SimSpan)rng_below(&hold.rng, 2 * SIM_MS), &hold.owner,
                     &hold_type, NULL, i);
    }
    bench_measure(name, hold_run, &hold, EVENTS);
    g_free(hold.timeouts);
    engine_free(hold.engine);
}

/* --- draws and histograms ----------------------------------------------------------------------
 */

typedef struct Drawing {
    Draw law;
    Rng rng;
    int64_t sum;
    Histogram *histogram;
} Drawing;

static void draw_run(void *context, uint64_t count)
{
    Drawing *drawing = context;

    for (uint64_t i = 0; i < count; i++) {
        drawing->sum += draw_span(drawing->law, &drawing->rng);
    }
}

static void histogram_run(void *context, uint64_t count)
{
    Drawing *drawing = context;

    for (uint64_t i = 0; i < count; i++) {
        histogram_add(drawing->histogram, (int64_t)(rng_next(&drawing->rng) >> 36));
    }
}

static void measure_draw(const char *law)
{
    Drawing drawing = {.sum = 0};
    g_autofree char *name = g_strconcat("draw ", law, NULL);

    g_assert_true(draw_parse(&drawing.law, DRAW_SPAN, law, NULL));
    rng_init(&drawing.rng, 1, "bench/draw");
    bench_measure(name, draw_run, &drawing, EVENTS);
    draw_clear(&drawing.law);
}

static void measure_histogram(void)
{
    Drawing drawing = {.histogram = histogram_new()};

    rng_init(&drawing.rng, 1, "bench/histogram");
    bench_measure("histogram add", histogram_run, &drawing, EVENTS);
    histogram_free(drawing.histogram);
}

/* --- CPUs --------------------------------------------------------------------------------------
 */

/* A fixed number of customers that think and then want a share of one host's CPU. */
typedef struct Shared {
    EventOwner host, owner;
    Engine *engine;
    HostCpu cpu;
    Gauge utilisation, runnable;
    Rng rng;
    SimSpan think;
    uint64_t left;
} Shared;

static void on_thought(void *self, void *subject, uint64_t detail);
static void on_worked(void *self, void *subject, uint64_t detail);

static const EventType thought_type = {"bench/thought", on_thought};
static const EventType worked_type = {"bench/worked", on_worked};

static void on_thought(void *self, void *subject, uint64_t detail)
{
    Shared *shared = subject;

    (void)self;
    host_cpu_add(&shared->cpu, &shared->owner, 1 + (SimSpan)rng_below(&shared->rng, SIM_MS),
                 &worked_type, shared, detail);
}

static void on_worked(void *self, void *subject, uint64_t detail)
{
    Shared *shared = subject;

    (void)self;
    engine_after(shared->engine, (SimSpan)rng_below(&shared->rng, (uint64_t)shared->think + 1),
                 &shared->owner, &thought_type, shared, detail);
    if (--shared->left == 0) {
        engine_stop(shared->engine);
    }
}

static void shared_run(void *context, uint64_t count)
{
    Shared *shared = context;

    shared->left = count;
    engine_run(shared->engine, SIM_NEVER);
}

/* One operation: a think event, a job and its end. */
static void measure_shared(const char *name, uint64_t customers, SimSpan think)
{
    Shared shared = {
        .host = {.id = 1}, .owner = {.id = 2}, .engine = engine_new(1), .think = think};

    rng_init(&shared.rng, 1, "bench/shared");
    host_cpu_init(&shared.cpu, shared.engine, &shared.host, 2, &shared.utilisation,
                  &shared.runnable);
    for (uint64_t i = 0; i < customers; i++) {
        engine_after(shared.engine, (SimSpan)rng_below(&shared.rng, SIM_MS), &shared.owner,
                     &thought_type, &shared, i);
    }
    bench_measure(name, shared_run, &shared, EVENTS);
    host_cpu_clear(&shared.cpu);
    engine_free(shared.engine);
}

int main(void)
{
    bench_begin();
    for (uint64_t pending = 100; pending <= 1000000; pending *= 10) {
        measure_hold(pending, false);
    }
    measure_hold(1000, true);
    measure_hold(10000, true);
    measure_draw("exponential(mean=2ms)");
    measure_draw("lognormal(median=2ms, p99=40ms)");
    measure_histogram();
    measure_shared("job on a shared CPU, 1 customer", 1, SIM_MS);
    measure_shared("job on a shared CPU, about 5 at once", 20, 4 * SIM_MS);
    measure_shared("job on a shared CPU, 200 at once", 200, SIM_MS);
    return 0;
}
