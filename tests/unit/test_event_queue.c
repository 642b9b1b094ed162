/* test_event_queue.c - row and ladder against a naive twin that searches a list. */
#include "sim/engine/event_queue.h"

#include "tests/support/suite.h"

#define TWIN_MOST 8192
#define OWNERS 4

typedef struct TwinEvent {
    SimTime time;
    uint64_t order, detail;
    EventId id;
    uint32_t owner;
    uint32_t incarnation;
    bool is_aside;
} TwinEvent;

/* The same promises, kept by searching an unordered list. */
typedef struct Twin {
    TwinEvent events[TWIN_MOST];
    uint32_t count;
    uint64_t order;
} Twin;

typedef struct Bench {
    EventQueue *queue;
    Twin *twin;
    EventOwner owners[OWNERS];
    EventId old[256]; /* ids handed out lately, most of them spent */
    uint64_t pushed;
    SimTime now;
    Rng rng;
    uint64_t seed;
} Bench;

static const EventType nothing = {"test/nothing", NULL};

/* Check reports each of its assertions through a pipe; millions of them take their time. */
static void bench_expect(const Bench *bench, bool holds, const char *what)
{
    if (!holds) {
        ck_abort_msg("seed %" G_GUINT64_FORMAT ": %s", bench->seed, what);
    }
}

static TwinEvent *twin_find(Twin *twin, EventId id)
{
    for (uint32_t i = 0; i < twin->count; i++) {
        if (twin->events[i].id == id) {
            return &twin->events[i];
        }
    }
    return NULL;
}

static void twin_remove(Twin *twin, TwinEvent *event)
{
    *event = twin->events[--twin->count];
}

/* The first one pending, or the first one put aside for `owner`. */
static TwinEvent *twin_first(Twin *twin, bool is_aside, uint32_t owner)
{
    TwinEvent *first = NULL;

    for (uint32_t i = 0; i < twin->count; i++) {
        TwinEvent *event = &twin->events[i];

        if (event->is_aside != is_aside || (is_aside && event->owner != owner)) {
            continue;
        }
        if (first == NULL || event->time < first->time ||
            (event->time == first->time && event->order < first->order)) {
            first = event;
        }
    }
    return first;
}

static TwinEvent *twin_next(Bench *bench, SimTime until)
{
    TwinEvent *first;

    while ((first = twin_first(bench->twin, false, 0)) != NULL && first->time <= until) {
        EventOwner *owner = &bench->owners[first->owner];

        if (owner->incarnation != first->incarnation) {
            twin_remove(bench->twin, first);
        } else if (owner->is_held) {
            first->is_aside = true;
        } else {
            return first;
        }
    }
    return NULL;
}

/* Few distinct times, so that ties are common: within the next `steps`, each of a nanosecond up to
 * a year, so that all rungs are used. */
static SimTime bench_draw_time(Bench *bench, uint64_t steps)
{
    static const SimSpan step[] = {1,     1,     30 * SIM_US, 2 * SIM_MS,   20 * SIM_MS,
                                   SIM_S, SIM_S, SIM_HOUR,    365 * SIM_DAY};
    SimSpan each = step[rng_below(&bench->rng, G_N_ELEMENTS(step))];

    each = bench->now > SIM_NEVER / 4 ? 1 : each; /* some seeds live for centuries */
    return (bench->now / each + (SimTime)rng_below(&bench->rng, steps)) * each + each - 1;
}

static void bench_push(Bench *bench)
{
    uint32_t owner = (uint32_t)rng_below(&bench->rng, OWNERS);
    SimTime time = bench_draw_time(bench, 40);
    EventId id =
        event_queue_push(bench->queue, time, &bench->owners[owner], &nothing, bench, bench->pushed);

    bench->twin->events[bench->twin->count++] =
        (TwinEvent){.time = time,
                    .order = bench->twin->order++,
                    .detail = bench->pushed,
                    .id = id,
                    .owner = owner,
                    .incarnation = bench->owners[owner].incarnation};
    bench->old[bench->pushed++ % G_N_ELEMENTS(bench->old)] = id;
}

static void bench_pop(Bench *bench)
{
    SimTime until = bench_draw_time(bench, 10);
    TwinEvent *wanted = twin_next(bench, until);
    const Event *event = event_queue_pop(bench->queue, until);

    bench_expect(bench, (event != NULL) == (wanted != NULL), "pop finds an event if there is one");
    bench->now = until;
    if (event != NULL && wanted != NULL) {
        bench_expect(bench, event->time == wanted->time && event->detail == wanted->detail,
                     "the first event pops");
        bench_expect(bench, event->owner == &bench->owners[wanted->owner], "to its owner");
        bench->now = event->time;
        twin_remove(bench->twin, wanted);
    }
}

static void bench_withdraw(Bench *bench, bool is_moved)
{
    EventId id = bench->old[rng_below(&bench->rng, G_N_ELEMENTS(bench->old))];
    SimTime time = bench_draw_time(bench, 40);
    TwinEvent *event = id == EVENT_NONE ? NULL : twin_find(bench->twin, id);

    bool done;

    bench_expect(bench,
                 event_queue_time_of(bench->queue, id) == (event == NULL ? SIM_NEVER : event->time),
                 "an event's time is known while it is pending");
    done =
        is_moved ? event_queue_move(bench->queue, id, time) : event_queue_cancel(bench->queue, id);
    bench_expect(bench, done == (event != NULL), "what is pending can be moved or cancelled");
    if (event != NULL && is_moved) {
        event->time = time;
        event->order = bench->twin->order++;
        event->is_aside = false;
    } else if (event != NULL) {
        twin_remove(bench->twin, event);
    }
}

static void bench_hold_or_release(Bench *bench)
{
    uint32_t index = (uint32_t)rng_below(&bench->rng, OWNERS);
    EventOwner *owner = &bench->owners[index];
    TwinEvent *event;

    owner->is_held = !owner->is_held;
    if (owner->is_held) {
        return;
    }
    event_queue_release(bench->queue, owner, bench->now);
    while ((event = twin_first(bench->twin, true, index)) != NULL) {
        event->is_aside = false;
        event->time = bench->now;
        event->order = bench->twin->order++;
    }
}

static void bench_step(Bench *bench)
{
    uint64_t what = rng_below(&bench->rng, 1000);

    if (what < 450) {
        bench_push(bench);
    } else if (what < 780) {
        bench_pop(bench);
    } else if (what < 900) {
        bench_withdraw(bench, false);
    } else if (what < 985) {
        bench_withdraw(bench, true);
    } else if (what < 997) {
        bench_hold_or_release(bench);
    } else {
        bench->owners[rng_below(&bench->rng, OWNERS)].incarnation++;
    }
    bench_expect(bench, event_queue_count(bench->queue) == bench->twin->count, "counts agree");
}

static void bench_compare(uint64_t seed, int steps)
{
    Bench bench = {.queue = event_queue_new(), .twin = g_new0(Twin, 1), .seed = seed};

    bench.rng = (Rng){{seed * 0x9e3779b97f4a7c15u + 1, seed + 2, seed ^ 3, 4}};
    for (int i = 0; i < steps; i++) {
        bench_step(&bench);
    }
    event_queue_free(bench.queue);
    g_free(bench.twin);
}

START_TEST(it_agrees_with_a_list_that_is_searched)
{
    for (uint64_t seed = 1; seed <= 300; seed++) {
        bench_compare(seed, 6000);
    }
}
END_TEST

/* Takes out all; each must be later than the one before, or of the same time and pushed later. How
 * many there were. */
static uint64_t drain_in_order(EventQueue *queue)
{
    SimTime last_time = -1;
    uint64_t last_detail = 0, count = 0;
    const Event *event;

    while ((event = event_queue_pop(queue, SIM_NEVER)) != NULL) {
        if (event->time < last_time || (event->time == last_time && event->detail < last_detail)) {
            ck_abort_msg("event %d is out of order", (int)count);
        }
        last_time = event->time;
        last_detail = event->detail;
        count++;
    }
    return count;
}

/* A hundred thousand pending events come out in order, those of one time as they went in. */
START_TEST(many_come_out_in_order)
{
    EventQueue *queue = event_queue_new();
    EventOwner owner = {.id = 1};
    Rng rng = {{1, 2, 3, 4}};

    for (uint64_t i = 0; i < 100000; i++) {
        event_queue_push(queue, (SimTime)rng_below(&rng, 5000), &owner, &nothing, NULL, i);
    }
    ck_assert_uint_eq(drain_in_order(queue), 100000);
    event_queue_free(queue);
}
END_TEST

/* Crowds at single instants, near, far and at the end of time, some thousands of them cancelled. */
START_TEST(crowds_of_one_instant_come_out_as_they_went_in)
{
    static const SimTime instants[] = {0, 1, 77, SIM_S, SIM_S + 1, 400 * SIM_DAY, SIM_NEVER};
    EventQueue *queue = event_queue_new();
    EventOwner owner = {.id = 1};
    g_autofree EventId *ids = g_new(EventId, 70000);

    for (uint64_t i = 0; i < 70000; i++) {
        ids[i] = event_queue_push(queue, instants[i * 5 % G_N_ELEMENTS(instants)], &owner, &nothing,
                                  NULL, i);
    }
    for (uint64_t i = 0; i < 70000; i += 10) {
        ck_assert(event_queue_cancel(queue, ids[i]));
    }
    ck_assert_uint_eq(event_queue_count(queue), 63000);
    ck_assert_uint_eq(drain_in_order(queue), 63000);
    event_queue_free(queue);
}
END_TEST

/* A row that becomes long while it is worked off: each event that runs schedules some at its own
 * instant and some later, in a bucket that is open already. */
START_TEST(a_crowd_that_grows_while_it_runs_stays_in_order)
{
    EventQueue *queue = event_queue_new();
    EventOwner owner = {.id = 1};
    SimTime last = 0;
    uint64_t pushed = 1, popped = 0;
    const Event *event;
    Rng rng = {{1, 2, 3, 4}};

    event_queue_push(queue, SIM_S, &owner, &nothing, NULL, 0);
    while ((event = event_queue_pop(queue, SIM_NEVER)) != NULL) {
        SimTime now = event->time;

        ck_assert_msg(now >= last, "time goes back");
        last = now;
        popped++;
        for (int i = 0; i < 3 && pushed < 20000; i++) {
            event_queue_push(queue, now + (SimSpan)rng_below(&rng, i == 0 ? 1 : 5000), &owner,
                             &nothing, NULL, pushed++);
        }
    }
    ck_assert_uint_eq(popped, 20000);
    event_queue_free(queue);
}
END_TEST

/* The slot of a spent event is used again, its id is not. */
START_TEST(an_id_names_one_event_for_ever)
{
    EventQueue *queue = event_queue_new();
    EventOwner owner = {.id = 1};
    EventId first = event_queue_push(queue, 1, &owner, &nothing, NULL, 0);
    EventId second;

    ck_assert(event_queue_cancel(queue, first));
    second = event_queue_push(queue, 1, &owner, &nothing, NULL, 0);
    ck_assert_uint_ne(first, second);
    ck_assert(!event_queue_cancel(queue, first));
    ck_assert(!event_queue_move(queue, first, 2));
    ck_assert_int_eq(event_queue_time_of(queue, second), 1);
    ck_assert(event_queue_cancel(queue, second));
    ck_assert(!event_queue_cancel(queue, EVENT_NONE));
    event_queue_free(queue);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("event_queue");
    TCase *tests = tcase_create("event_queue");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, it_agrees_with_a_list_that_is_searched);
    tcase_add_test(tests, many_come_out_in_order);
    tcase_add_test(tests, crowds_of_one_instant_come_out_as_they_went_in);
    tcase_add_test(tests, a_crowd_that_grows_while_it_runs_stays_in_order);
    tcase_add_test(tests, an_id_names_one_event_for_ever);
    suite_add_tcase(suite, tests);
    return suite;
}
