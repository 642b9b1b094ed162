/* level.c - what a consistency level asks for. */
#include "models/data/cassandra/level.h"

#define LEVEL_WORDS                                                                                \
    "ANY", "ONE", "TWO", "THREE", "QUORUM", "ALL", "LOCAL_ONE", "LOCAL_QUORUM", "EACH_QUORUM"

const char *const level_names[] = {LEVEL_WORDS, NULL};
const char *const level_read_names[] = {LEVEL_WORDS, "SERIAL", "LOCAL_SERIAL", NULL};

static guint quorum_of(guint factor)
{
    return factor == 0 ? 0 : factor / 2 + 1;
}

static guint factor_of_all(const Ring *ring)
{
    guint all = 0;

    for (guint i = 0; i < ring_count_sites(ring); i++) {
        all += ring_factor(ring, i);
    }
    return all;
}

static guint sum_of_quorums(const Ring *ring)
{
    guint sum = 0;

    for (guint i = 0; i < ring_count_sites(ring); i++) {
        sum += quorum_of(ring_factor(ring, i));
    }
    return sum;
}

guint level_block_for(Consistency level, const Ring *ring, guint site)
{
    switch (level) {
    case CONSISTENCY_TWO:
        return 2;
    case CONSISTENCY_THREE:
        return 3;
    case CONSISTENCY_QUORUM:
    case CONSISTENCY_SERIAL:
        return quorum_of(factor_of_all(ring));
    case CONSISTENCY_ALL:
        return factor_of_all(ring);
    case CONSISTENCY_LOCAL_QUORUM:
    case CONSISTENCY_LOCAL_SERIAL:
        return ring_factor(ring, site) / 2 + 1;
    case CONSISTENCY_EACH_QUORUM:
        return sum_of_quorums(ring);
    case CONSISTENCY_DEFAULT:
        g_assert_not_reached();
    case CONSISTENCY_ANY:
    case CONSISTENCY_ONE:
    case CONSISTENCY_LOCAL_ONE:
        break;
    }
    return 1;
}

static guint count_of(uint32_t mask)
{
    return (guint)__builtin_popcount(mask);
}

bool level_is_available(Consistency level, const Ring *ring, const RingRange *range, guint site,
                        uint32_t live)
{
    if (level == CONSISTENCY_ANY) {
        return true;
    }
    if (level == CONSISTENCY_EACH_QUORUM) {
        for (guint i = 0; i < ring_count_sites(ring); i++) {
            if (count_of(live & range->site_mask[i]) < quorum_of(ring_factor(ring, i))) {
                return false;
            }
        }
        return true;
    }
    return count_of(live & level_counts(level, range, site)) >= level_block_for(level, ring, site);
}

SimTime level_kth_answer(uint32_t mask, const SimTime *answered_at, guint k)
{
    SimTime sorted[RING_REPLICAS_MOST];
    guint count = 0;

    for (; mask != 0; mask &= mask - 1) {
        SimTime instant = answered_at[__builtin_ctz(mask)];
        guint place = count;

        if (instant == SIM_NEVER) {
            continue;
        }
        for (; place > 0 && sorted[place - 1] > instant; place--) {
            sorted[place] = sorted[place - 1];
        }
        sorted[place] = instant;
        count++;
    }
    return count < k ? SIM_NEVER : sorted[k - 1];
}

uint32_t level_joining_counts(Consistency level, const Ring *ring, const RingRange *range,
                              uint32_t joining, guint site)
{
    return level_is_local(level) ? ring_bits_at(ring, range, joining, site) : joining;
}

/* StorageProxy counts live natural and pending endpoints against the level's own number. */
bool level_write_is_available(Consistency level, const Ring *ring, const RingRange *range,
                              uint32_t joining, guint site, uint32_t live)
{
    RingRange met;

    if (joining == 0) {
        return level_is_available(level, ring, range, site, live);
    }
    met = *range;
    met.mask |= joining;
    for (guint i = 0; i < ring_count_sites(ring); i++) {
        met.site_mask[i] |= ring_bits_at(ring, range, joining, i);
    }
    return level_is_available(level, ring, &met, site, live);
}

guint level_write_block_for(Consistency level, const Ring *ring, const RingRange *range,
                            uint32_t joining, guint site)
{
    uint32_t counts = level_write_counts(level, ring, range, joining, site);

    return level_block_for(level, ring, site) + count_of(counts & joining);
}

SimTime level_decided_at(Consistency level, const Ring *ring, const RingRange *range, guint site,
                         const SimTime *answered_at)
{
    return level_write_decided_at(level, ring, range, 0, site, answered_at);
}

SimTime level_write_decided_at(Consistency level, const Ring *ring, const RingRange *range,
                               uint32_t joining, guint site, const SimTime *answered_at)
{
    SimTime last = 0;

    if (level != CONSISTENCY_EACH_QUORUM) {
        return level_kth_answer(level_write_counts(level, ring, range, joining, site), answered_at,
                                level_write_block_for(level, ring, range, joining, site));
    }
    for (guint i = 0; i < ring_count_sites(ring); i++) {
        guint quorum = quorum_of(ring_factor(ring, i));
        uint32_t more = joining != 0 ? ring_bits_at(ring, range, joining, i) : 0;

        if (quorum > 0) {
            last = MAX(last, level_kth_answer(range->site_mask[i] | more, answered_at,
                                              quorum + count_of(more)));
        }
    }
    return last;
}
