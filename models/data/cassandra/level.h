/* level.h - what a consistency level asks for: how many answers, from where, and when they are
 * together. Source: Cassandra 3.11 ConsistencyLevel and the write response handlers. */
#pragma once

#include "models/data/cassandra/ring.h"
#include "sim/base/sim_time.h"
#include "sim/world/network.h"

/* Names of the levels in order of Consistency, from CONSISTENCY_ANY on; end with NULL. Reads have
 * two more than writes. */
extern const char *const level_names[];
extern const char *const level_read_names[];

#define LEVELS (CONSISTENCY_LOCAL_SERIAL + 1)

/* The answers a coordinator at `site` waits for ("blockFor"). For EACH_QUORUM their sum over all
 * sites. */
guint level_block_for(Consistency level, const Ring *ring, guint site);

/* Whether enough replicas of `live` (a mask) live for the level. ANY never fails. */
bool level_is_available(Consistency level, const Ring *ring, const RingRange *range, guint site,
                        uint32_t live);

/* When enough answers are together, given when each replica's answer arrives (SIM_NEVER: not that
 * one knows); SIM_NEVER when it does not come to that. */
SimTime level_decided_at(Consistency level, const Ring *ring, const RingRange *range, guint site,
                         const SimTime *answered_at);

/* The same for a write while nodes of `joining` are pending: they count like replicas, and for each
 * that counts one more answer is needed (AbstractWriteResponseHandler.totalBlockFor). */
bool level_write_is_available(Consistency level, const Ring *ring, const RingRange *range,
                              uint32_t joining, guint site, uint32_t live);
guint level_write_block_for(Consistency level, const Ring *ring, const RingRange *range,
                            uint32_t joining, guint site);
SimTime level_write_decided_at(Consistency level, const Ring *ring, const RingRange *range,
                               uint32_t joining, guint site, const SimTime *answered_at);

/* The k-th smallest instant among the replicas of `mask`; SIM_NEVER when fewer have one. `k` is at
 * least 1. What level_decided_at is, where one number of answers decides. */
SimTime level_kth_answer(uint32_t mask, const SimTime *answered_at, guint k);

/* Whether the level looks at the coordinator's own site only. */
static inline bool level_is_local(Consistency level)
{
    return level == CONSISTENCY_LOCAL_ONE || level == CONSISTENCY_LOCAL_QUORUM ||
           level == CONSISTENCY_LOCAL_SERIAL;
}

/* The replicas of the range whose answers count; of a write, with those of `joining` that do. */
static inline uint32_t level_counts(Consistency level, const RingRange *range, guint site)
{
    return level_is_local(level) ? range->site_mask[site] : range->mask;
}

uint32_t level_joining_counts(Consistency level, const Ring *ring, const RingRange *range,
                              uint32_t joining, guint site);

static inline uint32_t level_write_counts(Consistency level, const Ring *ring,
                                          const RingRange *range, uint32_t joining, guint site)
{
    uint32_t counts = level_counts(level, range, site);

    return G_LIKELY(joining == 0)
               ? counts
               : counts | level_joining_counts(level, ring, range, joining, site);
}
