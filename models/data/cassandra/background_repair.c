/* background_repair.c - see background_repair.h. */
#include "models/data/cassandra/background_repair.h"

#include "models/data/cassandra/read_list.h"
#include "models/data/cassandra/snitch.h"

/* Whose answers are counted, and how many of them are waited for. As coded those that count for the
 * level, and the one more too that speculation has not asked. */
static uint32_t counted_of(const Read *read, uint32_t mask)
{
    return read->node->background_rr == BACKGROUND_AS_DOCUMENTED
               ? mask
               : mask & level_counts(read->consistency, read->range, read->node->site);
}

static guint count_wanted(const Read *read)
{
    bool is_short = read->node->background_rr == BACKGROUND_AS_CODED && read->spare >= 0;

    return (guint)__builtin_popcount(read->contacted) + (is_short ? 1 : 0);
}

/* Nobody else is asked any more: whether as many can answer as are waited for. */
static bool can_be_checked(const Read *read)
{
    return (guint)__builtin_popcount(counted_of(read, read->contacted)) >= count_wanted(read);
}

static bool do_differ(const Read *read, uint32_t mask)
{
    int64_t first = read->versions[__builtin_ctz(mask)];

    for (; mask != 0; mask &= mask - 1) {
        if (read->versions[__builtin_ctz(mask)] != first) {
            return true;
        }
    }
    return false;
}

static SimTime last_arrival(const Read *read, uint32_t mask)
{
    SimTime last = node_now(read->node);

    for (; mask != 0; mask &= mask - 1) {
        last = MAX(last, read->answered_at[__builtin_ctz(mask)]);
    }
    return last;
}

/* A read of its own, that nobody waits for. */
static void begin(const Read *read, SimTime at)
{
    Cassandra *node = read->node;
    Read *repair = pool_take(node->read_pool);

    repair->node = node;
    repair->key = read->key;
    repair->range = read->range;
    repair->slot = read->slot;
    repair->consistency = read->consistency;
    repair->block_for = read->block_for;
    repair->contacted = repair->data = read->contacted;
    repair->spare = -1;
    repair->is_background = repair->is_begun = repair->is_sent = true;
    repair->round = READ_FULL;
    repair->began = node_now(node);
    read_list_add(&node->reads, repair);
    node->background_repairs++;
    repair->decision =
        engine_at(node->engine, at, &node->component.owner, &background_due, repair, 0);
}

void background_check(Read *read)
{
    uint32_t counted = counted_of(read, read->answered);

    if (!can_be_checked(read)) {
        read->checks_rest = false;
        return;
    }
    if ((guint)__builtin_popcount(counted) != count_wanted(read)) {
        return;
    }
    read->checks_rest = false;
    if (do_differ(read, counted)) {
        begin(read, last_arrival(read, counted));
    }
}

void background_answer(Read *read, guint index, SimTime arrival, SimSpan later)
{
    if (arrival != SIM_NEVER) {
        read->answered |= 1u << index;
        read->answered_at[index] = arrival + later;
        background_check(read);
    }
    read_settle(read);
}
