/* bench_engine.c - what an event costs: the hold model, time-outs that are cancelled, and a queue
 * with one server at load 0.9. Through the engine's front door: with cancellation, incarnations and
 * the fingerprint. */
#include <glib.h>

#include "sim/base/draw.h"
#include "sim/engine/engine.h"
#include "tests/bench/bench.h"

#define EVENTS 500000u
#define SESSIONS 1000

/* --- the hold model: every event schedules its successor, the number pending stays -------------
 */

typedef struct Hold {
    EventOwner owner;
    Engine *engine;
    Rng rng;
    uint64_t left;
} Hold;

static void on_hold(void *self, void *subject, uint64_t detail);

static const EventType hold_type = {"bench/hold", on_hold};

static void on_hold(void *self, void *subject, uint64_t detail)
{
    Hold *hold = self;

    engine_after(hold->engine, draw_exponential_span(SIM_S, &hold->rng), &hold->owner, &hold_type,
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

static void measure_hold(Bench *bench, const char *name, uint64_t pending, double goal_ns)
{
    Hold hold = {.owner = {.id = 1}};

    if (!bench_wants(bench, name)) {
        return;
    }
    hold.engine = engine_new(1);
    rng_init(&hold.rng, 1, "bench/hold");
    for (uint64_t i = 0; i < pending; i++) {
        engine_after(hold.engine, draw_exponential_span(SIM_S, &hold.rng), &hold.owner, &hold_type,
                     NULL, i);
    }
    hold_run(&hold, 2 * pending); /* to where it stays */
    bench_measure(bench, name, goal_ns, hold_run, &hold, EVENTS);
    engine_free(hold.engine);
}

/* --- time-outs: each session asks, hears, cancels its time-out and asks again ------------------
 */

typedef struct Sessions {
    EventOwner owner;
    Engine *engine;
    Rng rng;
    uint64_t left;
    EventId timeouts[SESSIONS];
} Sessions;

static void on_answer(void *self, void *subject, uint64_t detail);
static void on_timeout(void *self, void *subject, uint64_t detail);

static const EventType answer_type = {"bench/answer", on_answer};
static const EventType timeout_type = {"bench/timeout", on_timeout};

static void on_timeout(void *self, void *subject, uint64_t detail)
{
    (void)self;
    (void)subject;
    (void)detail;
    g_assert_not_reached(); /* an answer takes 2 ms at most */
}

static void on_answer(void *self, void *subject, uint64_t detail)
{
    Sessions *sessions = self;

    engine_cancel(sessions->engine, sessions->timeouts[detail]);
    sessions->timeouts[detail] = engine_after(sessions->engine, 30 * SIM_S, &sessions->owner,
                                              &timeout_type, subject, detail);
    engine_after(sessions->engine, (SimSpan)rng_below(&sessions->rng, 2 * SIM_MS), &sessions->owner,
                 &answer_type, subject, detail);
    if (--sessions->left == 0) {
        engine_stop(sessions->engine);
    }
}

static void sessions_run(void *context, uint64_t count)
{
    Sessions *sessions = context;

    sessions->left = count;
    engine_run(sessions->engine, SIM_NEVER);
}

static void measure_timeouts(Bench *bench)
{
    Sessions sessions = {.owner = {.id = 1}, .engine = engine_new(1)};

    rng_init(&sessions.rng, 1, "bench/sessions");
    for (uint64_t i = 0; i < SESSIONS; i++) {
        engine_after(sessions.engine, (SimSpan)rng_below(&sessions.rng, 2 * SIM_MS),
                     &sessions.owner, &answer_type, NULL, i);
    }
    bench_measure(bench, "time-out step", 45, sessions_run, &sessions, EVENTS);
    engine_free(sessions.engine);
}

/* --- M/M/1 with statistics ---------------------------------------------------------------------
 */

#define LINE 4096 /* power of two; at load 0.9 a line of 4096 has probability 0.9^4096 */

typedef struct Queue {
    EventOwner owner;
    Engine *engine;
    Rng arrivals, services;
    SimTime came[LINE];
    uint64_t first, last; /* of those who are there */
    uint64_t left;
    SimTime since; /* the number there has been last - first */
    double area, sojourn_sum, sojourn_squares;
    SimSpan sojourn_most;
} Queue;

static void on_arrival(void *self, void *subject, uint64_t detail);
static void on_departure(void *self, void *subject, uint64_t detail);

static const EventType arrival_type = {"bench/arrival", on_arrival};
static const EventType departure_type = {"bench/departure", on_departure};

static void note_number(Queue *queue, SimTime now)
{
    queue->area += (double)(queue->last - queue->first) * (double)(now - queue->since);
    queue->since = now;
}

static void serve(Queue *queue)
{
    engine_after(queue->engine, draw_exponential_span(900 * SIM_US, &queue->services),
                 &queue->owner, &departure_type, NULL, 0);
}

static void on_arrival(void *self, void *subject, uint64_t detail)
{
    Queue *queue = self;
    SimTime now = engine_now(queue->engine);

    engine_after(queue->engine, draw_exponential_span(SIM_MS, &queue->arrivals), &queue->owner,
                 &arrival_type, subject, detail);
    note_number(queue, now);
    g_assert_cmpuint(queue->last - queue->first, <, LINE);
    queue->came[queue->last++ % LINE] = now;
    if (queue->last - queue->first == 1) {
        serve(queue);
    }
}

static void on_departure(void *self, void *subject, uint64_t detail)
{
    Queue *queue = self;
    SimTime now = engine_now(queue->engine);
    SimSpan sojourn = now - queue->came[queue->first % LINE];

    (void)subject;
    (void)detail;
    note_number(queue, now);
    queue->first++;
    queue->sojourn_sum += (double)sojourn;
    queue->sojourn_squares += (double)sojourn * (double)sojourn;
    queue->sojourn_most = MAX(queue->sojourn_most, sojourn);
    if (queue->last > queue->first) {
        serve(queue);
    }
    if (--queue->left == 0) {
        engine_stop(queue->engine);
    }
}

static void queue_run(void *context, uint64_t count)
{
    Queue *queue = context;

    queue->left = count;
    engine_run(queue->engine, SIM_NEVER);
}

static void measure_queue(Bench *bench)
{
    g_autofree Queue *queue = g_new0(Queue, 1);

    queue->owner.id = 1;
    queue->engine = engine_new(1);
    rng_init(&queue->arrivals, 1, "bench/arrivals");
    rng_init(&queue->services, 1, "bench/services");
    engine_after(queue->engine, 0, &queue->owner, &arrival_type, NULL, 0);
    bench_measure(bench, "M/M/1 customer, engine", 40, queue_run, queue, 2 * EVENTS);
    engine_free(queue->engine);
}

int main(int argc, char **argv)
{
    Bench *bench = bench_begin(argc, argv);

    measure_hold(bench, "hold, 100 pending", 100, 35);
    measure_hold(bench, "hold, 1000 pending", 1000, 38);
    measure_hold(bench, "hold, 10000 pending", 10000, 50);
    measure_hold(bench, "hold, 100000 pending", 100000, 55);
    measure_hold(bench, "hold, 1000000 pending", 1000000, 90);
    measure_timeouts(bench);
    measure_queue(bench);
    return bench_end(bench);
}
