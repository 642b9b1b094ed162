/* event_queue.c - the rare parts: `near` is filled from the ladder and emptied onto it again. */
#include "sim/engine/event_queue.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/sort.h"

#define NEAR_ROOM 48 /* while `near` is no longer, insertion costs less than the ladder */
#define SLOTS_FIRST 1024

/* --- slots -------------------------------------------------------------------------------------
 */

/* A slot that never was in use; no other is free. */
uint32_t event_queue_grow(EventQueue *queue)
{
    g_assert_cmpuint(queue->slot_count, <, EVENT_NO_SLOT);
    if (queue->slot_count == queue->slot_capacity) {
        uint32_t before = queue->slot_capacity;

        queue->slot_capacity = MAX(2 * before, SLOTS_FIRST);
        queue->slots = event_block_resize(queue->slots, before * sizeof(Event),
                                          queue->slot_capacity * sizeof(Event));
        ladder_make_room(&queue->ladder, before, queue->slot_capacity);
    }
    queue->slots[queue->slot_count].generation = 1;
    queue->slots[queue->slot_count].next_free = EVENT_NO_SLOT;
    return queue->slot_count++;
}

/* The slot of a pending event, or EVENT_NO_SLOT. */
static inline uint32_t find_slot(const EventQueue *queue, EventId id)
{
    uint32_t slot = (uint32_t)id & (EVENT_SLOT_MOST - 1);

    if (id == EVENT_NONE || slot >= queue->slot_count || event_queue_id(queue, slot) != id) {
        return EVENT_NO_SLOT;
    }
    return slot;
}

/* --- near --------------------------------------------------------------------------------------
 */

static void reserve_near(EventQueue *queue, uint32_t room)
{
    if (queue->near_room < room) {
        queue->near = event_block_resize(queue->near, queue->near_end * sizeof(EventKey),
                                         2 * room * sizeof(EventKey));
        queue->near_room = 2 * room;
    }
}

/* Puts the later half onto the ladder, unless all are of one time. */
static void spill_near(EventQueue *queue)
{
    const EventKey *keys = queue->near + queue->near_first;
    uint32_t count = queue->near_end - queue->near_first;
    SimTime first = event_key_time(keys[0]), cut = event_key_time(keys[count / 2]);

    if (event_key_time(keys[count - 1]) == first) {
        return;
    }
    queue->horizon = MAX(cut, first + 1);
    while (event_key_time(queue->near[queue->near_end - 1]) >= queue->horizon) {
        ladder_add(&queue->ladder, queue->near[--queue->near_end]);
    }
}

/* Makes room at the end of `near`. */
void event_queue_empty_near(EventQueue *queue)
{
    uint32_t count;

    if (queue->near_end - queue->near_first >= NEAR_ROOM) {
        spill_near(queue);
    }
    count = queue->near_end - queue->near_first;
    memmove(queue->near, queue->near + queue->near_first, count * sizeof(EventKey));
    queue->near_first = 0;
    queue->near_end = count;
    reserve_near(queue, count + 1);
}

static void remove_near(EventQueue *queue, uint64_t order)
{
    uint32_t at = queue->near_first;

    while ((uint64_t)queue->near[at] != order) {
        at++;
    }
    queue->near_end--;
    memmove(queue->near + at, queue->near + at + 1, (queue->near_end - at) * sizeof(EventKey));
}

static int compare_keys(const void *one, const void *other)
{
    EventKey a = *(const EventKey *)one, b = *(const EventKey *)other;

    return (a > b) - (a < b);
}

/* Two at once. */
typedef double TimePair __attribute__((vector_size(16)));
typedef int64_t CountPair __attribute__((vector_size(16)));

/* Each key's rank is how many are below it: no branch depends on the keys. By time alone, as a
 * distance that a double rounds without changing the order; false when two are of one time. */
static bool rank_by_time(uint32_t *ranks, const EventKey *keys, uint32_t count)
{
    union {
        double each[LADDER_FEW];
        TimePair pairs[LADDER_FEW / 2];
    } times;
    uint32_t pairs = (count + 1) / 2, sum = 0;

    times.each[2 * pairs - 1] = INFINITY;
    for (uint32_t i = 0; i < count; i++) {
        times.each[i] = (double)(event_key_time(keys[i]) - event_key_time(keys[0]));
    }
    for (uint32_t i = 0; i < count; i++) {
        TimePair own = {times.each[i], times.each[i]};
        CountPair below = {0, 0};

        for (uint32_t j = 0; j < pairs; j++) {
            below -= (CountPair)(times.pairs[j] < own);
        }
        ranks[i] = (uint32_t)(below[0] + below[1]);
        sum += ranks[i];
    }
    return sum == count * (count - 1) / 2;
}

static void rank_by_key(uint32_t *ranks, const EventKey *keys, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t below = i;

        for (uint32_t j = 0; j < i; j++) {
            uint32_t is_below = keys[i] < keys[j];

            ranks[j] += is_below;
            below -= is_below;
        }
        ranks[i] = below;
    }
}

static void sort_few(EventKey *sorted, const EventKey *keys, uint32_t count)
{
    uint32_t ranks[LADDER_FEW];

    if (G_UNLIKELY(!rank_by_time(ranks, keys, count))) {
        rank_by_key(ranks, keys, count);
    }
    for (uint32_t i = 0; i < count; i++) {
        sorted[ranks[i]] = keys[i];
    }
}

/* From the next bucket of the ladder; `near` is empty. False when none begins at or before `until`.
 */
bool event_queue_fill_near(EventQueue *queue, SimTime until)
{
    uint32_t count = ladder_next(&queue->ladder, until, &queue->horizon);

    if (count == 0) {
        return false;
    }
    queue->near_first = queue->near_end = 0;
    reserve_near(queue, count);
    queue->near_end = count;
    if (count <= LADDER_FEW) {
        EventKey keys[LADDER_FEW];

        ladder_take(&queue->ladder, keys);
        for (uint32_t i = 0; i < count; i++) {
            __builtin_prefetch(&queue->slots[event_key_slot(keys[i])]);
        }
        sort_few(queue->near, keys, count);
    } else {
        ladder_take(&queue->ladder, queue->near);
        sort_items(queue->near, count, sizeof(EventKey), compare_keys);
    }
    return true;
}

/* --- the queue ---------------------------------------------------------------------------------
 */

/* Takes a pending event from where it waits; its slot stays taken. */
static void withdraw(EventQueue *queue, uint32_t slot)
{
    const Event *event = &queue->slots[slot];

    if (event->aside > 0) {
        g_array_index(queue->aside, uint32_t, event->aside - 1) = EVENT_NO_SLOT;
        queue->aside_count--;
    } else if (event->time < queue->horizon) {
        remove_near(queue, event->order);
    } else {
        ladder_remove(&queue->ladder, slot);
    }
}

void event_queue_put_aside(EventQueue *queue, uint32_t slot)
{
    if (queue->aside_count == 0) {
        g_array_set_size(queue->aside, 0);
    }
    g_array_append_val(queue->aside, slot);
    queue->slots[slot].aside = queue->aside->len;
    queue->aside_count++;
}

EventQueue *event_queue_new(void)
{
    EventQueue *queue = g_new0(EventQueue, 1);

    ladder_init(&queue->ladder);
    reserve_near(queue, NEAR_ROOM / 2);
    queue->aside = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    queue->first_free = EVENT_NO_SLOT;
    return queue;
}

void event_queue_free(EventQueue *queue)
{
    if (queue == NULL) {
        return;
    }
    ladder_clear(&queue->ladder);
    free(queue->near);
    free(queue->slots);
    g_array_unref(queue->aside);
    g_free(queue);
}

bool event_queue_cancel(EventQueue *queue, EventId id)
{
    uint32_t slot = find_slot(queue, id);

    if (slot == EVENT_NO_SLOT) {
        return false;
    }
    withdraw(queue, slot);
    event_queue_give_slot(queue, slot);
    return true;
}

bool event_queue_move(EventQueue *queue, EventId id, SimTime time)
{
    uint32_t slot = find_slot(queue, id);

    if (slot == EVENT_NO_SLOT) {
        return false;
    }
    withdraw(queue, slot);
    event_queue_add(queue, time, slot);
    return true;
}

SimTime event_queue_time_of(const EventQueue *queue, EventId id)
{
    uint32_t slot = find_slot(queue, id);

    return slot == EVENT_NO_SLOT ? SIM_NEVER : queue->slots[slot].time;
}

void event_queue_release(EventQueue *queue, const EventOwner *owner, SimTime now)
{
    guint left = 0;

    for (guint i = 0; i < queue->aside->len; i++) {
        uint32_t slot = g_array_index(queue->aside, uint32_t, i);

        if (slot == EVENT_NO_SLOT) {
            continue;
        }
        if (queue->slots[slot].owner == owner) {
            queue->aside_count--;
            event_queue_add(queue, now, slot);
            continue;
        }
        queue->slots[slot].aside = left + 1;
        g_array_index(queue->aside, uint32_t, left++) = slot;
    }
    g_array_set_size(queue->aside, left);
}

uint64_t event_queue_count(const EventQueue *queue)
{
    return queue->count;
}
