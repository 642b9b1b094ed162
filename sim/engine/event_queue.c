/* event_queue.c - three tiers, by how far off an event is.
 * What is due in the current bucket of 33 us stands in a 4-ary heap (`near`): some keys in a few
 * cache lines. What is due within the next quarter of a second hangs in an unsorted list in its
 * bucket of a wheel: adding and cancelling touch nothing else. The rest is in a second heap
 * (`far`); there stand the timeouts, nearly all of which are cancelled. When `near` is empty, the
 * next bucket that holds anything is opened into it, together with what is far and due in it: so
 * the order is that of one heap, whatever the tier an event waited in. Cancelling removes at once:
 * with 30 s timeouts that are nearly all cancelled the queue stays hundreds of times smaller than
 * one that waits for its dead to rise. */
#include "sim/engine/event_queue.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_BITS 24
#define SLOT_MOST ((uint32_t)1 << SLOT_BITS)
#define SEQUENCE_MOST ((uint64_t)1 << (64 - SLOT_BITS))
#define NO_SLOT (SLOT_MOST - 1) /* never handed out */
#define NO_BUCKET INT64_MAX
#define CACHE_LINE 64
#define KEYS_BEFORE_FIRST 3 /* so that the children 4i+1 .. 4i+4 of a key share a cache line */

/* The main drill runs 150,000 events in a second of simulated time: some five in a bucket. */
#define BUCKET_BITS 15
#define BUCKETS 8192
#define BUCKET_WORDS (BUCKETS / 64)

/* time << 64 | sequence << SLOT_BITS | slot */
typedef unsigned __int128 Key;

typedef enum Tier { TIER_NEAR, TIER_WHEEL, TIER_FAR, TIER_ASIDE } Tier; /* where it waits */

/* A pending event, in one cache line. */
typedef struct Slot {
    EventOwner *owner;
    const EventType *type;
    void *subject;
    uint64_t detail;
    SimTime time;
    uint64_t order;       /* the lower half of its key */
    uint32_t incarnation; /* of the owner when it was scheduled */
    uint32_t generation;  /* goes up when the slot is given back */
    uint32_t place;       /* its tier above SLOT_BITS bits of: index in its heap or in `aside`, or
                             in the wheel the slot before it */
    uint32_t next;        /* in the wheel or among the free */
} Slot;
G_STATIC_ASSERT(sizeof(Slot) == CACHE_LINE);

typedef struct Heap {
    Key *keys; /* a key is not above its four children */
    uint32_t count, capacity;
    Tier tier;
} Heap;

struct EventQueue {
    Heap near, far;
    int64_t bucket;                /* the last one opened: all of `near` is due in it or before */
    uint32_t wheel[BUCKETS];       /* first slot in each bucket after that one, modulo BUCKETS */
    uint64_t filled[BUCKET_WORDS]; /* a bit for each bucket with events */
    uint32_t wheel_count;
    Slot *slots;
    uint32_t slot_count, slot_capacity, first_free;
    uint64_t sequence;
    GArray *aside; /* slots in the order in which they came due; NO_SLOT once withdrawn */
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

static inline int64_t time_bucket(SimTime time)
{
    return time >> BUCKET_BITS;
}

static inline uint32_t place_make(Tier tier, uint32_t place)
{
    return (uint32_t)tier << SLOT_BITS | place;
}

/* A copy of `before`, if any, of another size that begins at a cache line. */
static void *block_resize(void *before, size_t used_bytes, size_t bytes)
{
    void *block = aligned_alloc(CACHE_LINE, bytes);

    g_assert_nonnull(block);
    if (before != NULL) {
        memcpy(block, before, used_bytes);
        free(before);
    }
    return block;
}

/* --- slots ------------------------------------------------------------------------------------ */

static void queue_grow_slots(EventQueue *queue)
{
    size_t used = queue->slot_count * sizeof(Slot);

    queue->slot_capacity = queue->slot_capacity == 0 ? 1024 : 2 * queue->slot_capacity;
    queue->slots = block_resize(queue->slots, used, queue->slot_capacity * sizeof(Slot));
}

static inline uint32_t queue_take_slot(EventQueue *queue)
{
    uint32_t slot = queue->first_free;

    if (G_LIKELY(slot != NO_SLOT)) {
        queue->first_free = queue->slots[slot].next;
        return slot;
    }
    g_assert_cmpuint(queue->slot_count, <, NO_SLOT);
    if (queue->slot_count == queue->slot_capacity) {
        queue_grow_slots(queue);
    }
    queue->slots[queue->slot_count].generation = 1;
    return queue->slot_count++;
}

static inline void queue_give_slot(EventQueue *queue, uint32_t slot)
{
    queue->slots[slot].generation++;
    queue->slots[slot].next = queue->first_free;
    queue->first_free = slot;
}

static inline EventId slot_id(const Slot *slots, uint32_t slot)
{
    return (EventId)slots[slot].generation << SLOT_BITS | slot;
}

/* The slot of a pending event, or NO_SLOT. */
static inline uint32_t queue_find(const EventQueue *queue, EventId id)
{
    uint32_t slot = (uint32_t)id & (SLOT_MOST - 1);

    if (id == EVENT_NONE || slot >= queue->slot_count || slot_id(queue->slots, slot) != id) {
        return NO_SLOT;
    }
    return slot;
}

/* --- heaps ------------------------------------------------------------------------------------ */

static void heap_grow(Heap *heap)
{
    size_t used = (heap->count + KEYS_BEFORE_FIRST) * sizeof(Key);
    Key *before = heap->keys == NULL ? NULL : heap->keys - KEYS_BEFORE_FIRST;
    size_t bytes;

    heap->capacity = heap->capacity == 0 ? 1024 : 2 * heap->capacity;
    bytes = ((size_t)heap->capacity + CACHE_LINE / sizeof(Key)) * sizeof(Key);
    heap->keys = (Key *)block_resize(before, used, bytes) + KEYS_BEFORE_FIRST;
}

static inline void heap_put(Heap *heap, Slot *slots, uint32_t place, Key key)
{
    heap->keys[place] = key;
    slots[key_slot(key)].place = place_make(heap->tier, place);
}

/* Puts `key` where it belongs on the way from `place` to the root. */
static inline void heap_rise(Heap *heap, Slot *slots, uint32_t place, Key key)
{
    while (place > 0) {
        uint32_t parent = (place - 1) / 4;

        if (heap->keys[parent] < key) {
            break;
        }
        heap_put(heap, slots, place, heap->keys[parent]);
        place = parent;
    }
    heap_put(heap, slots, place, key);
}

/* The least child of a place that has four, without a branch that depends on the keys. */
static inline uint32_t heap_least_of_four(const Key *keys, uint32_t child)
{
    uint32_t left = child + (keys[child + 1] < keys[child]);
    uint32_t right = child + 2 + (keys[child + 3] < keys[child + 2]);

    return keys[right] < keys[left] ? right : left;
}

/* Fills the hole at `place` with `key`, which comes from the bottom and most likely goes back
 * there: the hole sinks all the way first, then the key rises. */
static void heap_fill(Heap *heap, Slot *slots, uint32_t place, Key key)
{
    const Key *keys = heap->keys;
    uint32_t count = heap->count;
    uint32_t child = 4 * place + 1;

    while (child + 3 < count) {
        uint32_t least = heap_least_of_four(keys, child);

        heap_put(heap, slots, place, keys[least]);
        place = least;
        child = 4 * place + 1;
    }
    if (child < count) {
        uint32_t least = child;

        for (uint32_t other = child + 1; other < count; other++) {
            least = keys[other] < keys[least] ? other : least;
        }
        heap_put(heap, slots, place, keys[least]);
        place = least;
    }
    heap_rise(heap, slots, place, key);
}

static inline void heap_add(Heap *heap, Slot *slots, uint32_t slot)
{
    if (G_UNLIKELY(heap->count == heap->capacity)) {
        heap_grow(heap);
    }
    heap_rise(heap, slots, heap->count++,
              (Key)(uint64_t)slots[slot].time << 64 | slots[slot].order);
}

static inline void heap_remove_first(Heap *heap, Slot *slots)
{
    uint32_t count = --heap->count;

    if (count > 0) {
        heap_fill(heap, slots, 0, heap->keys[count]);
    }
}

static void heap_remove_at(Heap *heap, Slot *slots, uint32_t place)
{
    uint32_t count = --heap->count;
    Key last = heap->keys[count];

    if (place == count) {
        return;
    }
    if (place > 0 && last < heap->keys[(place - 1) / 4]) {
        heap_rise(heap, slots, place, last);
    } else {
        heap_fill(heap, slots, place, last);
    }
}

/* --- wheel ------------------------------------------------------------------------------------ */

static inline uint32_t wheel_index(SimTime time)
{
    return (uint32_t)time_bucket(time) & (BUCKETS - 1);
}

static inline void wheel_add(EventQueue *queue, uint32_t slot)
{
    Slot *added = &queue->slots[slot];
    uint32_t index = wheel_index(added->time);
    uint32_t next = queue->wheel[index];

    added->place = place_make(TIER_WHEEL, NO_SLOT);
    added->next = next;
    if (next != NO_SLOT) {
        queue->slots[next].place = place_make(TIER_WHEEL, slot);
    }
    queue->wheel[index] = slot;
    queue->filled[index / 64] |= (uint64_t)1 << index % 64;
    queue->wheel_count++;
}

static void wheel_remove(EventQueue *queue, uint32_t slot)
{
    const Slot *removed = &queue->slots[slot];
    uint32_t index = wheel_index(removed->time);
    uint32_t before = removed->place & (SLOT_MOST - 1);

    if (removed->next != NO_SLOT) {
        queue->slots[removed->next].place = removed->place;
    }
    if (before != NO_SLOT) {
        queue->slots[before].next = removed->next;
    } else {
        queue->wheel[index] = removed->next;
        if (removed->next == NO_SLOT) {
            queue->filled[index / 64] &= ~((uint64_t)1 << index % 64);
        }
    }
    queue->wheel_count--;
}

/* The next bucket with events, or NO_BUCKET. */
static int64_t wheel_next(const EventQueue *queue)
{
    uint32_t from = (uint32_t)(queue->bucket + 1) & (BUCKETS - 1);
    uint32_t word = from / 64;
    uint64_t bits = queue->filled[word] & ~(uint64_t)0 << from % 64;

    if (queue->wheel_count == 0) {
        return NO_BUCKET;
    }
    while (bits == 0) {
        word = (word + 1) % BUCKET_WORDS;
        bits = queue->filled[word];
    }
    from = (64 * word + (uint32_t)__builtin_ctzll(bits) - from) & (BUCKETS - 1);
    return queue->bucket + 1 + from;
}

/* Moves the events of the bucket that is being opened into `near`. Whom they happen to and what
 * with are fetched into the cache meanwhile: a dozen events later they would be waited for. */
static void wheel_empty(EventQueue *queue)
{
    uint32_t index = (uint32_t)queue->bucket & (BUCKETS - 1);
    uint32_t slot = queue->wheel[index];

    queue->wheel[index] = NO_SLOT;
    queue->filled[index / 64] &= ~((uint64_t)1 << index % 64);
    while (slot != NO_SLOT) {
        uint32_t next = queue->slots[slot].next;

        __builtin_prefetch(queue->slots[slot].owner);
        __builtin_prefetch(queue->slots[slot].subject);
        heap_add(&queue->near, queue->slots, slot);
        queue->wheel_count--;
        slot = next;
    }
}

/* --- the queue --------------------------------------------------------------------------------
 */

static inline int64_t queue_far_bucket(const EventQueue *queue)
{
    return queue->far.count == 0 ? NO_BUCKET : time_bucket(key_time(queue->far.keys[0]));
}

/* Fills `near` with the next bucket; false when there is none that begins at or before `until`. */
static bool queue_open_bucket(EventQueue *queue, SimTime until)
{
    int64_t wheel = wheel_next(queue), far = queue_far_bucket(queue);
    int64_t bucket = MIN(wheel, far);

    if (bucket == NO_BUCKET || bucket > time_bucket(until)) {
        return false;
    }
    queue->bucket = bucket;
    if (wheel == bucket) {
        wheel_empty(queue);
    }
    while (far == bucket) {
        uint32_t slot = key_slot(queue->far.keys[0]);

        heap_remove_first(&queue->far, queue->slots);
        heap_add(&queue->near, queue->slots, slot);
        far = queue_far_bucket(queue);
    }
    return true;
}

/* Puts a taken slot behind all others of `time`. */
static inline void queue_add(EventQueue *queue, SimTime time, uint32_t slot)
{
    int64_t buckets_ahead = time_bucket(time) - queue->bucket;

    queue->sequence++;
    g_assert_cmpuint(queue->sequence, <, SEQUENCE_MOST);
    queue->slots[slot].time = time;
    queue->slots[slot].order = queue->sequence << SLOT_BITS | slot;
    if (buckets_ahead <= 0) {
        heap_add(&queue->near, queue->slots, slot);
    } else if (buckets_ahead < BUCKETS) {
        wheel_add(queue, slot);
    } else {
        heap_add(&queue->far, queue->slots, slot);
    }
}

/* Takes a pending event from where it waits; its slot stays taken. */
static void queue_withdraw(EventQueue *queue, uint32_t slot)
{
    uint32_t place = queue->slots[slot].place & (SLOT_MOST - 1);

    switch ((Tier)(queue->slots[slot].place >> SLOT_BITS)) {
    case TIER_NEAR:
        heap_remove_at(&queue->near, queue->slots, place);
        return;
    case TIER_WHEEL:
        wheel_remove(queue, slot);
        return;
    case TIER_FAR:
        heap_remove_at(&queue->far, queue->slots, place);
        return;
    case TIER_ASIDE:
        g_array_index(queue->aside, uint32_t, place) = NO_SLOT;
        queue->aside_count--;
        return;
    }
    g_assert_not_reached();
}

static void queue_put_aside(EventQueue *queue, uint32_t slot)
{
    if (queue->aside_count == 0) {
        g_array_set_size(queue->aside, 0);
    }
    g_assert_cmpuint(queue->aside->len, <, SLOT_MOST);
    queue->slots[slot].place = place_make(TIER_ASIDE, queue->aside->len);
    g_array_append_val(queue->aside, slot);
    queue->aside_count++;
}

EventQueue *event_queue_new(void)
{
    EventQueue *queue = g_new0(EventQueue, 1);

    queue->near.tier = TIER_NEAR;
    queue->far.tier = TIER_FAR;
    queue->first_free = NO_SLOT;
    for (uint32_t i = 0; i < BUCKETS; i++) {
        queue->wheel[i] = NO_SLOT;
    }
    queue->aside = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    heap_grow(&queue->near);
    heap_grow(&queue->far);
    queue_grow_slots(queue);
    return queue;
}

void event_queue_free(EventQueue *queue)
{
    if (queue == NULL) {
        return;
    }
    free(queue->near.keys - KEYS_BEFORE_FIRST);
    free(queue->far.keys - KEYS_BEFORE_FIRST);
    free(queue->slots);
    g_array_unref(queue->aside);
    g_free(queue);
}

EventId event_queue_push(EventQueue *queue, SimTime time, EventOwner *owner, const EventType *type,
                         void *subject, uint64_t detail)
{
    uint32_t slot = queue_take_slot(queue);
    Slot *pushed = &queue->slots[slot];

    pushed->owner = owner;
    pushed->type = type;
    pushed->subject = subject;
    pushed->detail = detail;
    pushed->incarnation = owner->incarnation;
    queue_add(queue, time, slot);
    return slot_id(queue->slots, slot);
}

bool event_queue_pop(EventQueue *queue, SimTime until, SimTime *time, Event *event)
{
    while (queue->near.count > 0 || queue_open_bucket(queue, until)) {
        Key first = queue->near.keys[0];
        uint32_t slot = key_slot(first);
        const Slot *popped = &queue->slots[slot];

        *time = key_time(first);
        if (*time > until) {
            return false;
        }
        heap_remove_first(&queue->near, queue->slots);
        if (G_UNLIKELY(popped->owner->incarnation != popped->incarnation)) {
            queue_give_slot(queue, slot);
        } else if (G_UNLIKELY(popped->owner->is_held)) {
            queue_put_aside(queue, slot);
        } else {
            *event = (Event){popped->owner, popped->type, popped->subject, popped->detail,
                             slot_id(queue->slots, slot)};
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

    if (slot == NO_SLOT) {
        return false;
    }
    queue_withdraw(queue, slot);
    queue_add(queue, time, slot);
    return true;
}

SimTime event_queue_time_of(const EventQueue *queue, EventId id)
{
    uint32_t slot = queue_find(queue, id);

    return slot == NO_SLOT ? SIM_NEVER : queue->slots[slot].time;
}

void event_queue_release(EventQueue *queue, const EventOwner *owner, SimTime now)
{
    guint left = 0;

    for (guint i = 0; i < queue->aside->len; i++) {
        uint32_t slot = g_array_index(queue->aside, uint32_t, i);

        if (slot == NO_SLOT) {
            continue;
        }
        if (queue->slots[slot].owner == owner) {
            queue->aside_count--;
            queue_add(queue, now, slot);
            continue;
        }
        queue->slots[slot].place = place_make(TIER_ASIDE, left);
        g_array_index(queue->aside, uint32_t, left++) = slot;
    }
    g_array_set_size(queue->aside, left);
}

uint64_t event_queue_count(const EventQueue *queue)
{
    return (uint64_t)queue->near.count + queue->wheel_count + queue->far.count + queue->aside_count;
}
