/* event_ladder.c - see event_ladder.h. */
#include "sim/engine/event_ladder.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/huge_pages.h"

#define CACHE_LINE 64
#define RUNGS_MOST 33 /* each is at least LEAST_BITS finer than the one above */
#define LEAST_BITS 2
#define HELD_BITS 2 /* a bucket is cut into so many that each has 2^HELD_BITS and more */

void *event_block_resize(void *before, size_t used_bytes, size_t bytes)
{
    size_t size_bytes = (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    void *block = aligned_alloc(CACHE_LINE, size_bytes);

    g_assert_nonnull(block);
    huge_pages_advise(block, size_bytes);
    if (before != NULL) {
        memcpy(block, before, used_bytes);
        free(before);
    }
    return block;
}

/* --- blocks ------------------------------------------------------------------------------------
 */

static uint32_t take_block(Ladder *ladder)
{
    uint32_t block = ladder->first_free;

    if (block != 0) {
        ladder->first_free = ladder->blocks[block].below;
        return block;
    }
    if (ladder->block_count == ladder->block_capacity) {
        size_t used = ladder->block_count * sizeof(LadderBlock);

        ladder->block_capacity = MAX(2 * ladder->block_capacity, 256);
        g_assert_cmpuint(ladder->block_capacity, <=, UINT32_MAX >> LADDER_BLOCK_BITS);
        ladder->blocks =
            event_block_resize(ladder->blocks, used, ladder->block_capacity * sizeof(LadderBlock));
    }
    return ladder->block_count++;
}

static inline void give_block(Ladder *ladder, uint32_t block)
{
    ladder->blocks[block].below = ladder->first_free;
    ladder->first_free = block;
}

uint32_t ladder_add_block(Ladder *ladder, uint32_t rung_index, uint32_t bucket)
{
    LadderRung *rung = &ladder->rungs[rung_index];
    uint32_t index = take_block(ladder);
    LadderBlock *block = &ladder->blocks[index];

    block->below = rung->tops[bucket] >> LADDER_BLOCK_BITS;
    block->rung = rung_index;
    block->bucket = bucket;
    rung->filled[bucket / 64] |= (uint64_t)1 << bucket % 64;
    rung->filled_words |= (uint64_t)1 << bucket / 64;
    return index << LADDER_BLOCK_BITS;
}

/* --- rungs -------------------------------------------------------------------------------------
 */

static inline void mark_empty(LadderRung *rung, uint32_t bucket)
{
    rung->tops[bucket] = LADDER_EMPTY;
    rung->filled[bucket / 64] &= ~((uint64_t)1 << bucket % 64);
    if (rung->filled[bucket / 64] == 0) {
        rung->filled_words &= ~((uint64_t)1 << bucket / 64);
    }
}

/* All buckets of the finer ones are empty. */
static inline void set_finest(Ladder *ladder, uint32_t rung)
{
    ladder->finest = rung;
    memset(ladder->rung_of, (int)rung, ladder->rungs[rung].high);
}

/* The first bucket with events of a rung that has some. */
static inline uint32_t first_bucket(const LadderRung *rung)
{
    uint32_t word = (uint32_t)__builtin_ctzll(rung->filled_words);

    return 64 * word + (uint32_t)__builtin_ctzll(rung->filled[word]);
}

static inline SimTime bucket_begin(const Ladder *ladder, const LadderRung *rung, uint32_t bucket)
{
    uint64_t before = (uint64_t)ladder->current >> rung->shift & ~rung->mask;

    return MAX((SimTime)((before | bucket) << rung->shift), ladder->current);
}

static inline SimTime bucket_end(const LadderRung *rung, SimTime begin)
{
    uint64_t end = (((uint64_t)begin >> rung->shift) + 1) << rung->shift;

    return end > INT64_MAX ? INT64_MAX : (SimTime)end;
}

static inline uint32_t top_block(uint32_t top)
{
    return top >> LADDER_BLOCK_BITS;
}

static inline uint32_t top_count(uint32_t top)
{
    return top % (1 << LADDER_BLOCK_BITS);
}

static uint32_t count_bucket(const Ladder *ladder, uint32_t top)
{
    uint32_t count = top_count(top);

    for (uint32_t below = ladder->blocks[top_block(top)].below; below != 0;
         below = ladder->blocks[below].below) {
        count += LADDER_BLOCK_KEYS;
    }
    return count;
}

typedef struct Bounds {
    SimTime least, most;
} Bounds;

static Bounds find_bounds(const Ladder *ladder, uint32_t top)
{
    Bounds bounds = {INT64_MAX, 0};
    uint32_t count = top_count(top);

    for (uint32_t i = top_block(top); i != 0; i = ladder->blocks[i].below) {
        const LadderBlock *block = &ladder->blocks[i];

        for (uint32_t at = 0; at < count; at++) {
            SimTime time = event_key_time(block->keys[at]);

            bounds.least = MIN(bounds.least, time);
            bounds.most = MAX(bounds.most, time);
        }
        count = LADDER_BLOCK_KEYS;
    }
    return bounds;
}

/* Cuts a bucket of the finest rung into another rung; its times are from `current` to `most`. */
static void cut_bucket(Ladder *ladder, uint32_t bucket, uint32_t count, SimTime most)
{
    LadderRung *rung = &ladder->rungs[ladder->finest], *finer = rung + 1;
    uint32_t high = 64 - (uint32_t)__builtin_clzll((uint64_t)(most ^ ladder->current));
    uint32_t bits = 31 - (uint32_t)__builtin_clz(count) - HELD_BITS;
    uint32_t block = top_block(rung->tops[bucket]), held = top_count(rung->tops[bucket]);

    g_assert_cmpuint(ladder->finest + 1, <, RUNGS_MOST);
    bits = MIN(CLAMP(bits, LEAST_BITS, LADDER_RUNG_BITS), high);
    finer->high = high;
    finer->shift = high - bits;
    finer->mask = ((uint64_t)1 << bits) - 1;
    mark_empty(rung, bucket);
    set_finest(ladder, ladder->finest + 1);
    while (block != 0) {
        uint32_t below = ladder->blocks[block].below;

        __builtin_prefetch(&ladder->blocks[below].below);
        for (uint32_t i = 0; i < held; i++) {
            ladder_add(ladder, ladder->blocks[block].keys[i]);
        }
        give_block(ladder, block);
        block = below;
        held = LADDER_BLOCK_KEYS;
    }
}

uint32_t ladder_next(Ladder *ladder, SimTime until, SimTime *end)
{
    for (;;) {
        LadderRung *rung = &ladder->rungs[ladder->finest];
        uint32_t bucket, count;
        SimTime begin;
        Bounds bounds;

        if (rung->filled_words == 0) {
            if (ladder->finest == 0) {
                return 0;
            }
            set_finest(ladder, ladder->finest - 1);
            continue;
        }
        bucket = first_bucket(rung);
        begin = bucket_begin(ladder, rung, bucket);
        if (begin > until) {
            return 0;
        }
        count = count_bucket(ladder, rung->tops[bucket]);
        if (count <= LADDER_FEW) {
            ladder->current = begin;
            *end = bucket_end(rung, begin);
            return count;
        }
        bounds = find_bounds(ladder, rung->tops[bucket]);
        ladder->current = MIN(bounds.least, until);
        if (bounds.least == bounds.most) {
            *end = bounds.least + (bounds.least < INT64_MAX);
            return count;
        }
        cut_bucket(ladder, bucket, count, bounds.most);
    }
}

void ladder_take(Ladder *ladder, EventKey *keys)
{
    LadderRung *rung = &ladder->rungs[ladder->finest];
    uint32_t bucket = first_bucket(rung), top = rung->tops[bucket];
    uint32_t index = top_block(top), count = top_count(top);

    mark_empty(rung, bucket);
    while (index != 0) {
        const LadderBlock *block = &ladder->blocks[index];
        uint32_t below = block->below;

        for (uint32_t i = 0; i < count; i++) {
            *keys++ = block->keys[i];
        }
        give_block(ladder, index);
        index = below;
        count = LADDER_BLOCK_KEYS;
    }
}

void ladder_remove(Ladder *ladder, uint32_t slot)
{
    uint32_t place = ladder->places[slot];
    LadderBlock *block = &ladder->blocks[top_block(place)];
    LadderRung *rung = &ladder->rungs[block->rung];
    uint32_t bucket = block->bucket, last_place = rung->tops[bucket] - 1;
    LadderBlock *top = &ladder->blocks[top_block(last_place)];
    EventKey last = top->keys[top_count(last_place)];

    block->keys[top_count(place)] = last;
    ladder->places[event_key_slot(last)] = place;
    rung->tops[bucket] = last_place;
    if (top_count(last_place) == 0) {
        if (top->below == 0) {
            mark_empty(rung, bucket);
        } else {
            rung->tops[bucket] = top->below << LADDER_BLOCK_BITS | LADDER_BLOCK_KEYS;
        }
        give_block(ladder, top_block(last_place));
    }
}

/* --- set-up ------------------------------------------------------------------------------------
 */

void ladder_init(Ladder *ladder)
{
    *ladder = (Ladder){.rungs = g_new0(LadderRung, RUNGS_MOST)};
    ladder->rungs[0].shift = 63; /* one bucket for all times */
    ladder->rungs[0].high = 64;
    for (uint32_t i = 0; i < RUNGS_MOST; i++) {
        for (uint32_t j = 0; j < 1 << LADDER_RUNG_BITS; j++) {
            ladder->rungs[i].tops[j] = LADDER_EMPTY;
        }
    }
    take_block(ladder); /* block 0 */
}

void ladder_clear(Ladder *ladder)
{
    g_free(ladder->rungs);
    free(ladder->blocks);
    free(ladder->places);
}

void ladder_make_room(Ladder *ladder, uint32_t before, uint32_t count)
{
    ladder->places =
        event_block_resize(ladder->places, before * sizeof(uint32_t), count * sizeof(uint32_t));
}
