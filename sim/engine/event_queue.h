/* event_queue.h - the future of one run: what is to happen, in order of (time, sequence).
 * What is due before `horizon` stands in `near`, a short sorted row; the rest on the ladder, which
 * fills `near` anew when it is empty. Slots hold what is to be done, keys of 16 bytes their order.
 * Cancelling removes at once: with 30 s time-outs that are nearly all cancelled the queue stays
 * hundreds of times smaller than one that waits for its dead to rise. Limits, both asserted:
 * 2^24 - 1 events pending, 2^40 events in a run. The struct and what happens at every event are
 * open so that the engine's loop needs no calls; nobody else looks in. */
#pragma once

#include "sim/engine/engine.h"
#include "sim/engine/event_ladder.h"

/* One event on its way to its handler: a slot, one cache line. */
typedef struct Event {
    EventOwner *owner;
    const EventType *type;
    void *subject;
    uint64_t detail;
    SimTime time;
    uint64_t order;       /* the lower half of its key */
    uint32_t incarnation; /* of the owner when it was scheduled */
    uint32_t generation;  /* goes up when the slot is given back */
    uint32_t aside;       /* 1 + its index in `aside`; 0: it is not put aside */
    uint32_t next_free;
} Event;
G_STATIC_ASSERT(sizeof(Event) == 64);

typedef struct EventQueue {
    EventKey *near; /* rising, from near_first to below near_end */
    uint32_t near_first, near_end, near_room;
    uint32_t first_free; /* slot */
    SimTime horizon;     /* all of `near` is due before it, all on the ladder at it or later */
    Event *slots;
    uint64_t
        sequence; /* not beside `count`: as a pair in one register both would wait for a store */
    Ladder ladder;
    uint64_t count;
    uint32_t slot_count, slot_capacity;
    GArray *aside; /* slots in the order in which they came due; EVENT_NO_SLOT once withdrawn */
    uint32_t aside_count;
} EventQueue;

EventQueue *event_queue_new(void);
void event_queue_free(EventQueue *queue);

/* Adds an event behind all others of the same time. Not before one that was popped, nor before the
 * `until` of the last pop that found nothing. */
static inline EventId event_queue_push(EventQueue *queue, SimTime time, EventOwner *owner,
                                       const EventType *type, void *subject, uint64_t detail);

/* The door: takes out the first event at or before `until` that may happen. Events of an owner's
 * former life are dropped on the way, those of a held owner are put aside. NULL when there is none;
 * otherwise it is good until the next push. */
static inline const Event *event_queue_pop(EventQueue *queue, SimTime until);

/* Removes; false when the event is not pending. Those put aside are pending. */
bool event_queue_cancel(EventQueue *queue, EventId id);

/* Puts it behind all others of another time; the id stays. False when it is not pending. */
bool event_queue_move(EventQueue *queue, EventId id, SimTime time);

/* When it is due (was due, when put aside); SIM_NEVER when it is not pending. */
SimTime event_queue_time_of(const EventQueue *queue, EventId id);

/* Puts what was put aside for `owner` back, at time `now`, in the order in which it came due. */
void event_queue_release(EventQueue *queue, const EventOwner *owner, SimTime now);

/* Events pending, those put aside included. */
uint64_t event_queue_count(const EventQueue *queue);

/* --- what happens at every event ---------------------------------------------------------------
 */

#define EVENT_NO_SLOT (EVENT_SLOT_MOST - 1) /* never handed out */
#define EVENT_SEQUENCE_MOST ((uint64_t)1 << (64 - EVENT_SLOT_BITS))

/* The rare parts of what follows. */
uint32_t event_queue_grow(EventQueue *queue);
bool event_queue_fill_near(EventQueue *queue, SimTime until);
void event_queue_empty_near(EventQueue *queue);
void event_queue_put_aside(EventQueue *queue, uint32_t slot);

static inline uint32_t event_queue_take_slot(EventQueue *queue)
{
    uint32_t slot = queue->first_free;

    if (G_UNLIKELY(slot == EVENT_NO_SLOT)) {
        slot = event_queue_grow(queue);
    }
    queue->first_free = queue->slots[slot].next_free;
    return slot;
}

static inline void event_queue_give_slot(EventQueue *queue, uint32_t slot)
{
    queue->count--;
    queue->slots[slot].generation++;
    queue->slots[slot].next_free = queue->first_free;
    queue->first_free = slot;
}

static inline EventId event_queue_id(const EventQueue *queue, uint32_t slot)
{
    return (EventId)queue->slots[slot].generation << EVENT_SLOT_BITS | slot;
}

static inline void event_queue_add_near(EventQueue *queue, EventKey key)
{
    const EventKey *first = queue->near + queue->near_first;
    EventKey *at = queue->near + queue->near_end++;

    while (at > first && key < at[-1]) {
        *at = at[-1];
        at--;
    }
    *at = key;
}

/* Puts a taken slot behind all others of `time`. */
static inline void event_queue_add(EventQueue *queue, SimTime time, uint32_t slot)
{
    Event *event = &queue->slots[slot];
    uint64_t order = ++queue->sequence << EVENT_SLOT_BITS | slot;

    g_assert(queue->sequence < EVENT_SEQUENCE_MOST);
    event->time = time;
    event->order = order;
    event->aside = 0;
    if (G_UNLIKELY(queue->near_end == queue->near_room)) {
        event_queue_empty_near(queue);
    }
    if (time < queue->horizon) {
        event_queue_add_near(queue, event_key(time, order));
    } else {
        ladder_add(&queue->ladder, event_key(time, order));
    }
}

static inline EventId event_queue_push(EventQueue *queue, SimTime time, EventOwner *owner,
                                       const EventType *type, void *subject, uint64_t detail)
{
    uint32_t slot = event_queue_take_slot(queue);
    Event *event = &queue->slots[slot];
    EventId id = event_queue_id(queue, slot);

    event->owner = owner;
    event->type = type;
    event->subject = subject;
    event->detail = detail;
    event->incarnation = owner->incarnation;
    queue->count++;
    event_queue_add(queue, time, slot);
    return id;
}

static inline const Event *event_queue_pop(EventQueue *queue, SimTime until)
{
    while (G_LIKELY(queue->near_first < queue->near_end) || event_queue_fill_near(queue, until)) {
        EventKey first = queue->near[queue->near_first];
        uint32_t slot = event_key_slot(first);
        const Event *event = &queue->slots[slot];

        if (event_key_time(first) > until) {
            return NULL;
        }
        queue->near_first++;
        if (G_UNLIKELY(event->owner->incarnation != event->incarnation)) {
            event_queue_give_slot(queue, slot);
        } else if (G_UNLIKELY(event->owner->is_held)) {
            event_queue_put_aside(queue, slot);
        } else {
            event_queue_give_slot(queue, slot);
            return event;
        }
    }
    return NULL;
}
