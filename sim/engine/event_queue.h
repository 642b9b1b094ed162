/* event_queue.h - the future of one run: what is to happen, in order of (time, sequence).
 * Slots with what is to be done, and keys of 16 bytes that order them: a key is one number, time
 * above sequence above slot, so that order is a plain comparison and never a tie. Each slot knows
 * where it waits: cancelling removes at once. Limits, both asserted: 2^24 - 1 events pending, 2^40
 * events in a run. */
#pragma once

#include "sim/engine/engine.h"

typedef struct EventQueue EventQueue;

/* One event on its way to its handler. */
typedef struct Event {
    EventOwner *owner;
    const EventType *type;
    void *subject;
    uint64_t detail;
    EventId id;
} Event;

EventQueue *event_queue_new(void);
void event_queue_free(EventQueue *queue);

/* Adds an event behind all others of the same time. */
EventId event_queue_push(EventQueue *queue, SimTime time, EventOwner *owner, const EventType *type,
                         void *subject, uint64_t detail);

/* The door: takes out the first event at or before `until` that may happen. Events of an owner's
 * former life are dropped on the way, those of a held owner are put aside. False when there is
 * none; `time` and `event` are then undefined. */
bool event_queue_pop(EventQueue *queue, SimTime until, SimTime *time, Event *event);

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
