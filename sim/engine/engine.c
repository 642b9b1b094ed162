/* engine.c - clock, loop, fingerprint and streams of one run. */
#include "sim/engine/engine.h"

#include <glib.h>

#include "sim/engine/event_queue.h"
#include "sim/engine/flight.h"

#define NAMES_FIRST 512 /* power of two; there are some hundred event types in all */

/* Multipliers of the fingerprint: 2^64 / golden ratio, and xxHash64's first two primes. */
#define FOLD_TIME 0x9e3779b97f4a7c15u
#define FOLD_OWNER 0x9e3779b185ebca87u
#define FOLD_STEP 0xc2b2ae3d27d4eb4fu

/* Hash of a type's name, found by the type's address. The address only finds it: it decides no
 * order and enters no fold. */
typedef struct NameHash {
    const EventType *type;
    uint64_t hash;
} NameHash;

struct Engine {
    struct EngineHead head; /* first: engine_now reads it */
    EventQueue *queue;
    uint64_t seed, fingerprint, run_count;
    bool is_running, is_stopped;
    NameHash *names; /* open addressing, at most half full */
    uint32_t name_count, name_capacity;
    EngineWatch *watch;
    void *watch_context;
    GHashTable *streams; /* set of names: only looked up */
    Flight flight;
};

static inline uint32_t names_begin(const Engine *engine, const EventType *type)
{
    return (uint32_t)((uintptr_t)type / sizeof(EventType)) & (engine->name_capacity - 1);
}

static void names_put(Engine *engine, NameHash name)
{
    uint32_t i = names_begin(engine, name.type);

    while (engine->names[i].type != NULL) {
        i = (i + 1) & (engine->name_capacity - 1);
    }
    engine->names[i] = name;
    engine->name_count++;
}

static uint64_t G_GNUC_NO_INLINE names_add(Engine *engine, const EventType *type)
{
    NameHash name = {type, rng_hash(type->name)};

    if (2 * engine->name_count >= engine->name_capacity) {
        g_autofree NameHash *before = engine->names;
        uint32_t capacity = engine->name_capacity;

        engine->name_capacity = 2 * capacity;
        engine->names = g_new0(NameHash, engine->name_capacity);
        engine->name_count = 0;
        for (uint32_t i = 0; i < capacity; i++) {
            if (before[i].type != NULL) {
                names_put(engine, before[i]);
            }
        }
    }
    names_put(engine, name);
    return name.hash;
}

static inline uint64_t names_find(Engine *engine, const EventType *type)
{
    uint32_t i = names_begin(engine, type);

    while (engine->names[i].type != type) {
        if (G_UNLIKELY(engine->names[i].type == NULL)) {
            return names_add(engine, type);
        }
        i = (i + 1) & (engine->name_capacity - 1);
    }
    return engine->names[i].hash;
}

static G_ALWAYS_INLINE inline void engine_dispatch(Engine *engine, EventOwner *owner,
                                                   const EventType *type, void *subject,
                                                   uint64_t detail)
{
    SimTime now = engine->head.now;
    uint64_t word =
        names_find(engine, type) ^ (uint64_t)now * FOLD_TIME ^ (uint64_t)owner->id * FOLD_OWNER;
    uint64_t fold = (engine->fingerprint ^ word) * FOLD_STEP;

    engine->fingerprint = fold ^ fold >> 29;
    engine->run_count++;
    flight_note(&engine->flight, now, type, owner->id, detail);
    if (G_UNLIKELY(engine->watch != NULL)) {
        engine->watch(engine->watch_context, now, owner, type, subject, detail);
    }
    type->run(owner, subject, detail);
}

Engine *engine_new(uint64_t seed)
{
    Engine *engine = g_new0(Engine, 1);

    engine->queue = event_queue_new();
    engine->seed = seed;
    engine->fingerprint = seed;
    engine->name_capacity = NAMES_FIRST;
    engine->names = g_new0(NameHash, NAMES_FIRST);
    engine->streams = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return engine;
}

void engine_free(Engine *engine)
{
    if (engine == NULL) {
        return;
    }
    event_queue_free(engine->queue);
    g_free(engine->names);
    g_hash_table_unref(engine->streams);
    g_free(engine);
}

EventId engine_at(Engine *engine, SimTime time, EventOwner *owner, const EventType *type,
                  void *subject, uint64_t detail)
{
    g_assert(time >= engine->head.now);
    return event_queue_push(engine->queue, time, owner, type, subject, detail);
}

EventId engine_after(Engine *engine, SimSpan delay, EventOwner *owner, const EventType *type,
                     void *subject, uint64_t detail)
{
    g_assert(delay >= 0 && delay <= SIM_NEVER - engine->head.now);
    return event_queue_push(engine->queue, engine->head.now + delay, owner, type, subject, detail);
}

void engine_happen(Engine *engine, EventOwner *owner, uint32_t incarnation, const EventType *type,
                   void *subject, uint64_t detail)
{
    if (owner->incarnation != incarnation) {
        return;
    }
    if (owner->is_held) {
        engine_after(engine, 0, owner, type, subject, detail);
        return;
    }
    engine_dispatch(engine, owner, type, subject, detail);
}

bool engine_cancel(Engine *engine, EventId id)
{
    return event_queue_cancel(engine->queue, id);
}

bool engine_move(Engine *engine, EventId id, SimTime time)
{
    g_assert_cmpint(time, >=, engine->head.now);
    return event_queue_move(engine->queue, id, time);
}

SimTime engine_time_of(const Engine *engine, EventId id)
{
    return event_queue_time_of(engine->queue, id);
}

void engine_hold(Engine *engine, EventOwner *owner)
{
    g_assert_nonnull(engine);
    owner->is_held = true;
}

void engine_release(Engine *engine, EventOwner *owner)
{
    if (owner->is_held) {
        owner->is_held = false;
        event_queue_release(engine->queue, owner, engine->head.now);
    }
}

void engine_run(Engine *engine, SimTime until)
{
    const Event *event;

    g_assert_false(engine->is_running);
    g_assert_cmpint(until, >=, engine->head.now);
    engine->is_running = true;
    engine->is_stopped = false;
    while ((event = event_queue_pop(engine->queue, until)) != NULL) {
        engine->head.now = event->time;
        engine_dispatch(engine, event->owner, event->type, event->subject, event->detail);
        if (G_UNLIKELY(engine->is_stopped)) {
            break;
        }
    }
    if (!engine->is_stopped) {
        engine->head.now = until;
    }
    engine->is_running = false;
}

void engine_stop(Engine *engine)
{
    engine->is_stopped = true;
}

void engine_open_stream(Engine *engine, Rng *rng, const char *name)
{
    if (!g_hash_table_add(engine->streams, g_strdup(name))) {
        g_error("stream '%s' is opened twice", name);
    }
    rng_init(rng, engine->seed, name);
}

void engine_share_stream(const Engine *engine, Rng *rng, const char *name)
{
    rng_init(rng, engine->seed, name);
}

uint64_t engine_fingerprint(const Engine *engine)
{
    return engine->fingerprint;
}

uint64_t engine_count_run(const Engine *engine)
{
    return engine->run_count;
}

uint64_t engine_count_pending(const Engine *engine)
{
    return event_queue_count(engine->queue);
}

void engine_watch(Engine *engine, EngineWatch *watch, void *context)
{
    engine->watch = watch;
    engine->watch_context = context;
}

void engine_print_flight(const Engine *engine, int fd)
{
    flight_print(&engine->flight, engine->seed, engine->head.now, fd);
}
