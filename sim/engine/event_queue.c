/* event_queue.c - an indexed 4-ary heap with true cancellation.
 * Why 4-ary and indexed: never the worst arity measured, and with 30 s timeouts that are nearly all
 * cancelled the heap stays hundreds of times smaller than one that waits for its dead to rise. */
#include "sim/engine/event_queue.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_BITS 24
#define SLOT_MOST ((uint32_t)1 << SLOT_BITS)
#define SEQUENCE_MOST ((uint64_t)1 << (64 - SLOT_BITS))
#define NO_SLOT UINT32_MAX
#define PUT_ASIDE ((uint32_t)1 << 31) /* in `places`: an index into `aside`, not into the heap */
#define CACHE_LINE 64
#define KEYS_BEFORE_FIRST 3 /* so that the children 4i+1 .. 4i+4 of a key share a cache line */

/* time << 64 | sequence << SLOT_BITS | slot */
typedef unsigned __int128 Key;

typedef struct Aside {
    SimTime due;
    uint32_t slot; /* NO_SLOT once it was cancelled or moved */
} Aside;

struct EventQueue {
    Key *keys; /* the heap: a key is not above its four children */
    uint32_t count, capacity;
    Event *events;    /* by slot */
    uint32_t *places; /* by slot: index of its key; of a free slot: the next free one */
    uint32_t slot_count, slot_capacity, first_free;
    uint64_t sequence;
    GArray *aside; /* of Aside, in the order in which they came due */
    uint32_t aside_count;
};

static inline uint32_t key_slot(Key key)
{
    return (uint32_t)key & (SLOT_MOST - 1);
}

static inline SimTime key_time(Key key)
{
    return (SimTime)(uint64_t)(key >> 64);
}

static inline Key key_make(uint64_t sequence, SimTime time, uint32_t slot)
{
    return (Key)(uint64_t)time << 64 | (sequence << SLOT_BITS | slot);
}

static void queue_grow_keys(EventQueue *queue)
{
    uint32_t capacity = queue->capacity == 0 ? 1024 : 2 * queue->capacity;
    size_t bytes = ((size_t)capacity + CACHE_LINE / sizeof(Key)) * sizeof(Key);
    Key *block = aligned_alloc(CACHE_LINE, bytes);

    g_assert_nonnull(block);
    if (queue->keys != NULL) {
        memcpy(block + KEYS_BEFORE_FIRST, queue->keys, queue->count * sizeof(Key));
        free(queue->keys - KEYS_BEFORE_FIRST);
    }
    queue->keys = block + KEYS_BEFORE_FIRST;
    queue->capacity = capacity;
}

static void queue_grow_slots(EventQueue *queue)
{
    queue->slot_capacity = queue->slot_capacity == 0 ? 1024 : 2 * queue->slot_capacity;
    queue->events = g_renew(Event, queue->events, queue->slot_capacity);
    queue->places = g_renew(uint32_t, queue->places, queue->slot_capacity);
}

static inline uint32_t queue_take_slot(EventQueue *queue)
{
    uint32_t slot = queue->first_free;

    if (G_LIKELY(slot != NO_SLOT)) {
        queue->first_free = queue->places[slot];
        return slot;
    }
    g_assert_cmpuint(queue->slot_count, <, SLOT_MOST);
    if (queue->slot_count == queue->slot_capacity) {
        queue_grow_slots(queue);
    }
    return queue->slot_count++;
}

static inline void queue_give_slot(EventQueue *queue, uint32_t slot)
{
    queue->events[slot].id = EVENT_NONE;
    queue->places[slot] = queue->first_free;
    queue->first_free = slot;
}

static inline void queue_put(EventQueue *queue, uint32_t place, Key key)
{
    queue->keys[place] = key;
    queue->places[key_slot(key)] = place;
}

/* Puts `key` where it belongs on the way from `place` to the root. */
static inline void queue_rise(EventQueue *queue, uint32_t place, Key key)
{
    while (place > 0) {
        uint32_t parent = (place - 1) / 4;

        if (queue->keys[parent] < key) {
            break;
        }
        queue_put(queue, place, queue->keys[parent]);
        place = parent;
    }
    queue_put(queue, place, key);
}

/* The least child of a place that has four, without a branch that depends on the keys. */
static inline uint32_t queue_least_of_four(const Key *keys, uint32_t child)
{
    uint32_t left = child + (keys[child + 1] < keys[child]);
    uint32_t right = child + 2 + (keys[child + 3] < keys[child + 2]);

    return keys[right] < keys[left] ? right : left;
}

/* Fills the hole at `place` with `key`, which comes from the bottom and most likely goes back
 * there: the hole sinks all the way first, then the key rises. */
static inline void queue_fill(EventQueue *queue, uint32_t place, Key key)
{
    const Key *keys = queue->keys;
    uint32_t count = queue->count;
    uint32_t child = 4 * place + 1;

    while (child + 3 < count) {
        uint32_t least = queue_least_of_four(keys, child);

        queue_put(queue, place, keys[least]);
        place = least;
        child = 4 * place + 1;
    }
    if (child < count) {
        uint32_t least = child;

        for (uint32_t other = child + 1; other < count; other++) {
            least = keys[other] < keys[least] ? other : least;
        }
        queue_put(queue, place, keys[least]);
        place = least;
    }
    queue_rise(queue, place, key);
}

static inline void queue_remove_first(EventQueue *queue)
{
    uint32_t count = --queue->count;

    if (count > 0) {
        queue_fill(queue, 0, queue->keys[count]);
    }
}

static void queue_remove_at(EventQueue *queue, uint32_t place)
{
    uint32_t count = --queue->count;
    Key last = queue->keys[count];

    if (place == count) {
        return;
    }
    if (place > 0 && last < queue->keys[(place - 1) / 4]) {
        queue_rise(queue, place, last);
    } else {
        queue_fill(queue, place, last);
    }
}

static inline void queue_add(EventQueue *queue, SimTime time, uint32_t slot)
{
    if (G_UNLIKELY(queue->count == queue->capacity)) {
        queue_grow_keys(queue);
    }
    queue->sequence++;
    g_assert_cmpuint(queue->sequence, <, SEQUENCE_MOST);
    queue_rise(queue, queue->count++, key_make(queue->sequence, time, slot));
}

/* The slot of a pending event, or NO_SLOT. */
static inline uint32_t queue_find(const EventQueue *queue, EventId id)
{
    uint32_t slot = (uint32_t)id & (SLOT_MOST - 1);

    if (id == EVENT_NONE || slot >= queue->slot_count || queue->events[slot].id != id) {
        return NO_SLOT;
    }
    return slot;
}

/* Takes a pending event out of the heap or out of what was put aside; its slot stays taken. */
static void queue_withdraw(EventQueue *queue, uint32_t slot)
{
    uint32_t place = queue->places[slot];

    if (place & PUT_ASIDE) {
        g_array_index(queue->aside, Aside, place & ~PUT_ASIDE).slot = NO_SLOT;
        queue->aside_count--;
    } else {
        queue_remove_at(queue, place);
    }
}

static void queue_put_aside(EventQueue *queue, SimTime due, uint32_t slot)
{
    Aside aside = {due, slot};

    if (queue->aside_count == 0) {
        g_array_set_size(queue->aside, 0);
    }
    queue->places[slot] = PUT_ASIDE | queue->aside->len;
    g_array_append_val(queue->aside, aside);
    queue->aside_count++;
}

EventQueue *event_queue_new(void)
{
    EventQueue *queue = g_new0(EventQueue, 1);

    queue->first_free = NO_SLOT;
    queue->aside = g_array_new(FALSE, FALSE, sizeof(Aside));
    queue_grow_keys(queue);
    queue_grow_slots(queue);
    return queue;
}

void event_queue_free(EventQueue *queue)
{
    if (queue == NULL) {
        return;
    }
    free(queue->keys - KEYS_BEFORE_FIRST);
    g_free(queue->events);
    g_free(queue->places);
    g_array_unref(queue->aside);
    g_free(queue);
}

EventId event_queue_push(EventQueue *queue, SimTime time, EventOwner *owner, const EventType *type,
                         void *subject, uint64_t detail)
{
    uint32_t slot = queue_take_slot(queue);
    Event *event = &queue->events[slot];

    queue_add(queue, time, slot);
    event->owner = owner;
    event->type = type;
    event->subject = subject;
    event->detail = detail;
    event->id = queue->sequence << SLOT_BITS | slot;
    event->incarnation = owner->incarnation;
    return event->id;
}

bool event_queue_pop(EventQueue *queue, SimTime until, SimTime *time, Event *event)
{
    while (queue->count > 0) {
        Key first = queue->keys[0];
        uint32_t slot = key_slot(first);
        const EventOwner *owner;

        *time = key_time(first);
        if (*time > until) {
            return false;
        }
        *event = queue->events[slot];
        owner = event->owner;
        queue_remove_first(queue);
        if (G_UNLIKELY(owner->incarnation != event->incarnation)) {
            queue_give_slot(queue, slot);
        } else if (G_UNLIKELY(owner->is_held)) {
            queue_put_aside(queue, *time, slot);
        } else {
            queue_give_slot(queue, slot);
            return true;
        }
    }
    return false;
}

bool event_queue_cancel(EventQueue *queue, EventId id)
{
    uint32_t slot = queue_find(queue, id);

    if (slot == NO_SLOT) {
        return false;
    }
    queue_withdraw(queue, slot);
    queue_give_slot(queue, slot);
    return true;
}

bool event_queue_move(EventQueue *queue, EventId id, SimTime time)
{
    uint32_t slot = queue_find(queue, id);
    uint32_t place;
    Key key;

    if (slot == NO_SLOT) {
        return false;
    }
    place = queue->places[slot];
    if (place & PUT_ASIDE) {
        queue_withdraw(queue, slot);
        queue_add(queue, time, slot);
        return true;
    }
    queue->sequence++;
    g_assert_cmpuint(queue->sequence, <, SEQUENCE_MOST);
    key = key_make(queue->sequence, time, slot);
    if (key < queue->keys[place]) {
        queue_rise(queue, place, key);
    } else {
        queue_fill(queue, place, key);
    }
    return true;
}

SimTime event_queue_time_of(const EventQueue *queue, EventId id)
{
    uint32_t slot = queue_find(queue, id);
    uint32_t place;

    if (slot == NO_SLOT) {
        return SIM_NEVER;
    }
    place = queue->places[slot];
    if (place & PUT_ASIDE) {
        return g_array_index(queue->aside, Aside, place & ~PUT_ASIDE).due;
    }
    return key_time(queue->keys[place]);
}

void event_queue_release(EventQueue *queue, const EventOwner *owner, SimTime now)
{
    guint left = 0;

    for (guint i = 0; i < queue->aside->len; i++) {
        Aside aside = g_array_index(queue->aside, Aside, i);

        if (aside.slot == NO_SLOT) {
            continue;
        }
        if (queue->events[aside.slot].owner == owner) {
            queue->aside_count--;
            queue_add(queue, now, aside.slot);
            continue;
        }
        queue->places[aside.slot] = PUT_ASIDE | left;
        g_array_index(queue->aside, Aside, left++) = aside;
    }
    g_array_set_size(queue->aside, left);
}

uint64_t event_queue_count(const EventQueue *queue)
{
    return (uint64_t)queue->count + queue->aside_count;
}
