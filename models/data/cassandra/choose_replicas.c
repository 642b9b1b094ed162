/* choose_replicas.c - which replicas a read asks, for data or digests, and who is asked when they
 * are slow. Source: Cassandra 3.11 AbstractReadExecutor, ConsistencyLevel.filterForQuery. */
#include "models/data/cassandra/node.h"
#include "models/data/cassandra/snitch.h"

/* Live replicas in the order in which they are asked. */
typedef struct Candidates {
    guint count;
    uint8_t index[RING_REPLICAS_MOST];
} Candidates;

/* As the dynamic snitch has them; at LOCAL_* those of the own site first. */
static Candidates sort_by_snitch(const Read *read, uint32_t live)
{
    Cassandra *node = read->node;
    Candidates sorted = {0}, found = {0};

    sorted.count = snitch_order(node, read->range, live, sorted.index);
    if (!level_is_local(read->consistency)) {
        return sorted;
    }
    for (guint pass = 0; pass < 2; pass++) {
        for (guint i = 0; i < sorted.count; i++) {
            bool is_own = (read->range->site_mask[node->site] >> sorted.index[i] & 1) != 0;

            if (is_own == (pass == 0)) {
                found.index[found.count++] = sorted.index[i];
            }
        }
    }
    return found;
}

/* Without the dynamic snitch, as the plain one has them. */
static Candidates sort_plainly(const Cassandra *node, const RingRange *range, uint32_t live)
{
    Candidates found = {0};

    for (guint place = 0; place < SNITCH_PLAIN_PLACES; place++) {
        for (guint i = 0; i < range->count; i++) {
            if ((live >> i & 1) != 0 && snitch_plain_place(node, range->replicas[i]) == place) {
                found.index[found.count++] = (uint8_t)i;
            }
        }
    }
    return found;
}

static Candidates find_candidates(const Read *read)
{
    const Cassandra *node = read->node;
    uint32_t live = node_live_replicas(node, read->range);

    return node->snitch != NULL ? sort_by_snitch(read, live)
                                : sort_plainly(node, read->range, live);
}

/* The first `wanted` of the candidates that are in `among` and not in `taken`. */
static uint32_t take_first(const Candidates *found, guint wanted, uint32_t among, uint32_t taken)
{
    uint32_t chosen = 0;

    for (guint i = 0; i < found->count && wanted > 0; i++) {
        uint32_t bit = 1u << found->index[i];

        if ((among & bit) != 0 && (taken & bit) == 0) {
            chosen |= bit;
            wanted--;
        }
    }
    return chosen;
}

static uint32_t choose_targets(Read *read, const Candidates *found)
{
    Cassandra *node = read->node;
    const RingRange *range = read->range;
    double chance = rng_uniform(&node->coordinator_rng);
    uint32_t targets = 0;

    if (read->consistency == CONSISTENCY_EACH_QUORUM) {
        for (guint site = 0; site < node->cluster->site_count; site++) {
            uint32_t factor = ring_factor(node->cluster->ring, site);

            targets |=
                factor == 0 ? 0 : take_first(found, factor / 2 + 1, range->site_mask[site], 0);
        }
        return targets;
    }
    node->read_repairs_attempted +=
        chance < MAX(node->read_repair_chance, node->dclocal_read_repair_chance);
    if (chance < node->read_repair_chance) {
        return take_first(found, range->count, range->mask, 0);
    }
    if (chance < node->dclocal_read_repair_chance) {
        targets = take_first(found, range->count, range->site_mask[node->site], 0);
    }
    if ((guint)__builtin_popcount(targets) < read->block_for) {
        targets |= take_first(found, read->block_for - (guint)__builtin_popcount(targets),
                              range->mask, targets);
    }
    return targets;
}

static bool can_speculate(const Cassandra *node)
{
    return node->speculates_always || node->speculation_percentile > 0 ||
           node->speculation_fixed != SIM_NEVER;
}

/* Which of the targets send data, and who is asked when they are slow (AbstractReadExecutor). */
static void choose_data(Read *read, const Candidates *found, uint32_t targets)
{
    guint count = (guint)__builtin_popcount(targets);
    guint data = 1;

    read->spare = -1;
    if (can_speculate(read->node) && read->consistency != CONSISTENCY_EACH_QUORUM &&
        read->block_for < found->count) {
        if (count == found->count) {
            data = 2;
        } else {
            uint32_t next = 1u << found->index[count];

            if ((targets & next) != 0) { /* those of the own site may stand anywhere */
                next = take_first(found, 1, read->range->mask, targets);
            }
            read->spare = __builtin_ctz(next);
            data = count > read->block_for ? 2 : 1;
        }
    }
    read->data = take_first(found, data, targets, 0);
}

uint32_t read_choose(Read *read)
{
    Candidates found = find_candidates(read);
    uint32_t targets;

    if (read->node->read_fanout == READ_FANOUT_ALL) {
        read->spare = -1;
        read->data = take_first(&found, found.count, read->range->mask, 0);
        return read->data;
    }
    targets = choose_targets(read, &found);
    choose_data(read, &found, targets);
    return targets;
}
