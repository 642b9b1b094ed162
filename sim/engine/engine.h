/* engine.h - the clock, the future and the loop of one run.
 * Events run in order of (time, sequence): first scheduled, first served; there are no priorities.
 * An event carries the incarnation of its owner at the time of scheduling and is dropped at the
 * door when the owner has had another life since. Single-threaded; nothing in here reads a wall
 * clock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/rng.h"
#include "sim/base/sim_time.h"

typedef struct Engine Engine;

/* To whom an event happens: the first member of whatever schedules events. `id` is unique in the
 * run and decides nothing but the fingerprint; `incarnation` goes up with each new life; while
 * `is_held` (a frozen machine), events that come due are kept back in their order. Only engine_hold
 * and engine_release write `is_held`. */
typedef struct EventOwner {
    uint32_t id;
    uint32_t incarnation;
    bool is_held;
} EventOwner;

/* What happens: `self` is the owner, `subject` and `detail` are what was scheduled. */
typedef void EventRun(void *self, void *subject, uint64_t detail);

/* A named constant, one for each handler; the name goes into traces, flight records and the
 * fingerprint. */
typedef struct EventType {
    const char *name;
    EventRun *run;
} EventType;

/* Slot and generation; EVENT_NONE is no event. */
typedef uint64_t EventId;
#define EVENT_NONE ((EventId)0)

Engine *engine_new(uint64_t seed);
void engine_free(Engine *engine);

/* The clock, open only so that reading it needs no call: models do it at every step. */
struct EngineHead {
    SimTime now;
};

/* Where the clock stands. */
static inline SimTime engine_now(const Engine *engine)
{
    return ((const struct EngineHead *)engine)->now;
}

/* Schedules `type` at an instant (not in the past) or after a delay (not negative). */
EventId engine_at(Engine *engine, SimTime time, EventOwner *owner, const EventType *type,
                  void *subject, uint64_t detail);
EventId engine_after(Engine *engine, SimSpan delay, EventOwner *owner, const EventType *type,
                     void *subject, uint64_t detail);

/* Lets an event happen now, inside the one that runs: counted, folded and watched like one from the
 * queue. For a server that keeps the order of its jobs itself and needs one pending event for all
 * of them. `incarnation` is the owner's when the job began: nothing happens to another life, and a
 * held owner gets it at its release. */
void engine_happen(Engine *engine, EventOwner *owner, uint32_t incarnation, const EventType *type,
                   void *subject, uint64_t detail);

/* Removes an event at once. False, harmlessly, on one that has run, was cancelled or is EVENT_NONE.
 */
bool engine_cancel(Engine *engine, EventId id);

/* Puts a pending event to another instant, as if it had been scheduled anew. False when it is not
 * pending. */
bool engine_move(Engine *engine, EventId id, SimTime time);

/* Whether the event is still to come; its instant, or SIM_NEVER. */
SimTime engine_time_of(const Engine *engine, EventId id);

/* Keeps back what comes due for `owner`, and lets it all happen now, in its order. Kept events can
 * still be cancelled. */
void engine_hold(Engine *engine, EventOwner *owner);
void engine_release(Engine *engine, EventOwner *owner);

/* Runs every event up to and including `until` and sets the clock to `until`, or returns early when
 * a handler called engine_stop (the clock then stands at that event). */
void engine_run(Engine *engine, SimTime until);
void engine_stop(Engine *engine);

/* Opens the stream called `name` for this run. Each name once: a second opening is a programmer's
 * error. */
void engine_open_stream(Engine *engine, Rng *rng, const char *name);

/* The same for a stream that is only looked at (rng_of_one): any number of owners may have it. */
void engine_share_stream(const Engine *engine, Rng *rng, const char *name);

/* 64-bit fold of time, owner and type name of every event run so far. */
uint64_t engine_fingerprint(const Engine *engine);

/* Events run, and events pending now. */
uint64_t engine_count_run(const Engine *engine);
uint64_t engine_count_pending(const Engine *engine);

/* Calls `watch` before each event (NULL: nobody): traces and the determinism check. */
typedef void EngineWatch(void *context, SimTime time, const EventOwner *owner,
                         const EventType *type, void *subject, uint64_t detail);
void engine_watch(Engine *engine, EngineWatch *watch, void *context);

/* Prints the last events (flight recorder), oldest first, one a line, to file descriptor `fd`;
 * async-signal-safe enough for an assertion's last words. */
void engine_print_flight(const Engine *engine, int fd);
