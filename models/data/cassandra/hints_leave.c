/* hints_leave.c - what becomes of hints when a node leaves the ring: those that it keeps, and those
 * that others keep for it. Source: Cassandra 3.11 StorageService.streamHints,
 * HintsDispatchExecutor.convert, HintVerbHandler. Left out: the time that both take. */
#include "models/data/cassandra/counter.h"
#include "models/data/cassandra/node.h"

/* Kept for who has it then, or applied when that is the node itself. */
static void pass_on(Cassandra *node, guint target, uint32_t slot, int64_t version)
{
    if (target != node->rank) {
        hints_store(node, target, slot, version);
    } else if ((slot & COUNTER_SLOT) != 0) {
        counter_merge(node, slot & ~COUNTER_SLOT, (guint)(version & 0xff), version >> 8);
    } else {
        replica_apply(node, slot, version);
    }
}

/* The nearest that it believes up: of its own site, or of any. */
static Cassandra *find_heir(const Cassandra *node)
{
    Cassandra *heir = NULL;

    for (guint i = 0; i < node->cluster->node_count; i++) {
        Cassandra *other = node->cluster->nodes[i];

        if (i != node->rank && node_sees(node, i) && other->component.is_up &&
            (heir == NULL || (heir->site != node->site && other->site == node->site))) {
            heir = other;
        }
    }
    return heir;
}

static const Hint *hint_at(const HintQueue *queue, uint64_t place)
{
    return &queue->items[place - queue->base];
}

void hints_hand_over(Cassandra *node)
{
    Cassandra *heir = find_heir(node);

    for (guint i = 0; heir != NULL && i < node->cluster->node_count; i++) {
        HintQueue *queue = &node->hints[i];

        for (uint64_t place = queue->page; place < queue->end; place++) {
            pass_on(heir, i, hint_at(queue, place)->slot, hint_at(queue, place)->version);
        }
        hints_forget(queue);
    }
}

void hints_readdress(Cassandra *node, guint target)
{
    const Cluster *cluster = node->cluster;
    HintQueue *queue = &node->hints[target];
    uint64_t first = queue->page, end = queue->end;

    for (uint64_t place = first; place < end; place++) {
        Hint hint = *hint_at(queue, place);
        uint32_t key = (hint.slot & ~COUNTER_SLOT) / cluster->slots_per_key;
        const RingRange *range = ring_range(
            cluster->ring, key_table_find(&cluster->keys, cluster->keys.keys[key])->range);

        for (uint32_t left = range->mask; left != 0; left &= left - 1) {
            guint index = (guint)__builtin_ctz(left);

            if (range->replicas[index] != target) {
                pass_on(node, range->replicas[index],
                        (hint.slot & COUNTER_SLOT) | (key * cluster->slots_per_key + index),
                        hint.version);
            }
        }
    }
    hints_forget(queue);
}
