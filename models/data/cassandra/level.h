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

/* The replicas of the range whose answers count. */
uint32_t level_counts(Consistency level, const RingRange *range, guint site);

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
uint32_t level_write_counts(Consistency level, const Ring *ring, const RingRange *range,
                            uint32_t joining, guint site);
guint level_write_block_for(Consistency level, const Ring *ring, const RingRange *range,
                            uint32_t joining, guint site);
SimTime level_write_decided_at(Consistency level, const Ring *ring, const RingRange *range,
                               uint32_t joining, guint site, const SimTime *answered_at);

/* Whether the level looks at the coordinator's own site only. */
static inline bool level_is_local(Consistency level)
{
    return level == CONSISTENCY_LOCAL_ONE || level == CONSISTENCY_LOCAL_QUORUM ||
           level == CONSISTENCY_LOCAL_SERIAL;
}
