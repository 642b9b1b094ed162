/* event_ladder.h - the events that are not next, in buckets of time that become finer as they come
 * near: a ladder of rungs, each of them one bucket of the rung above cut into 2^n equal parts.
 * An event goes to the rung that the highest bit tells in which its time differs from `current`, a
 * time that none of them is before: two shifts and a look-up, whatever the number of events. The
 * lowest bucket that holds anything is cut into another rung when it holds many, so that in the end
 * each has about a dozen, at a hundred events as at a million. Buckets are stacks of blocks of
 * keys; who is taken out changes places with the last one. Sources: radix heap (R. Ahuja et al.,
 * 1990); ladder queue (W. Tang, R. Goh, I. Thng, 2005). */
#pragma once

#include <glib.h>

#include "sim/base/sim_time.h"

/* Time above sequence above slot, so that order is a plain comparison and never a tie. */
typedef unsigned __int128 EventKey;

#define EVENT_SLOT_BITS 24
#define EVENT_SLOT_MOST ((uint32_t)1 << EVENT_SLOT_BITS)

static inline EventKey event_key(SimTime time, uint64_t order)
{
    return (EventKey)(uint64_t)time << 64 | order;
}

static inline SimTime event_key_time(EventKey key)
{
    return (SimTime)(uint64_t)(key >> 64);
}

static inline uint32_t event_key_slot(EventKey key)
{
    return (uint32_t)key & (EVENT_SLOT_MOST - 1);
}

/* A copy of `before` (frees it; may be NULL) of another size that begins at a cache line. Caller
 * frees. */
void *event_block_resize(void *before, size_t used_bytes, size_t bytes);

#define LADDER_BLOCK_BITS 4
#define LADDER_BLOCK_KEYS 15
#define LADDER_RUNG_BITS 10
#define LADDER_RUNG_WORDS ((1 << LADDER_RUNG_BITS) / 64)

/* As many as `most` of ladder_next may be are taken out sorted. */
#define LADDER_FEW 24

/* All but the top one of a bucket are full. */
typedef struct LadderBlock {
    EventKey keys[LADDER_BLOCK_KEYS];
    uint32_t below; /* the block under it, 0: none */
    uint32_t rung, bucket;
} LadderBlock;
G_STATIC_ASSERT(sizeof(LadderBlock) == 256);

#define LADDER_EMPTY LADDER_BLOCK_KEYS

/* The times that differ from `current` first in the bits from `shift` to below `high`. */
typedef struct LadderRung {
    uint32_t shift, high;
    uint64_t mask;                        /* of the bits of a bucket's number */
    uint64_t filled_words;                /* a bit for each word of `filled` that is not 0 */
    uint64_t filled[LADDER_RUNG_WORDS];   /* a bit for each bucket with events */
    uint32_t tops[1 << LADDER_RUNG_BITS]; /* where the next key goes: block above
                                             LADDER_BLOCK_BITS bits of index; in a full block and in
                                             LADDER_EMPTY there is no place for one */
} LadderRung;

typedef struct Ladder {
    SimTime current;
    uint32_t finest;     /* the last rung in use */
    uint8_t rung_of[64]; /* by the highest bit in which a time differs from `current` */
    LadderRung *rungs;
    LadderBlock *blocks; /* block 0 is never used: what is below the last one */
    uint32_t *places;    /* by slot: block above LADDER_BLOCK_BITS bits of index */
    uint32_t block_count, block_capacity, first_free;
} Ladder;

void ladder_init(Ladder *ladder);
void ladder_clear(Ladder *ladder);

/* Makes room for slots below `count`; `before` is what it was called with last, 0 the first time.
 */
void ladder_make_room(Ladder *ladder, uint32_t before, uint32_t count);

/* For ladder_add: another block on a bucket; where its first key goes. */
uint32_t ladder_add_block(Ladder *ladder, uint32_t rung, uint32_t bucket);

/* Adds one that is not due before `current`. */
static inline void ladder_add(Ladder *ladder, EventKey key)
{
    uint64_t time = (uint64_t)(key >> 64);
    uint64_t differs = time ^ (uint64_t)ladder->current;
    uint32_t rung_index = ladder->rung_of[63 - __builtin_clzll(differs | 1)];
    LadderRung *rung = &ladder->rungs[rung_index];
    uint32_t bucket = (uint32_t)(time >> rung->shift & rung->mask);
    uint32_t place = rung->tops[bucket];

    if (G_UNLIKELY(place % (1 << LADDER_BLOCK_BITS) == LADDER_BLOCK_KEYS)) {
        place = ladder_add_block(ladder, rung_index, bucket);
    }
    ladder->blocks[place >> LADDER_BLOCK_BITS].keys[place % (1 << LADDER_BLOCK_BITS)] = key;
    ladder->places[event_key_slot(key)] = place;
    rung->tops[bucket] = place + 1;
}

/* Takes out the one of this slot. */
void ladder_remove(Ladder *ladder, uint32_t slot);

/* Finds the next bucket that begins at or before `until`, cutting it until it holds LADDER_FEW or
 * all of one time. How many it holds, 0 when there is none; from `end` on the ladder goes on.
 * Events may be added after it from `until` on, or from the first one in the bucket on when that is
 * earlier. */
uint32_t ladder_next(Ladder *ladder, SimTime until, SimTime *end);

/* Takes out all of that bucket, in any order. */
void ladder_take(Ladder *ladder, EventKey *keys);
