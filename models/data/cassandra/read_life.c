/* read_life.c - what is left of reads when they have been answered, and how they end with their
 * coordinator. */
#include "models/data/cassandra/read_list.h"
#include "models/data/cassandra/snitch.h"

static bool has_pending(const Read *read)
{
    return read->failing != 0 ||
           (read->answering[READ_DIGESTS] | read->answering[READ_FULL] |
            read->answering[READ_REPAIR]) != 0 ||
           (read->pending[READ_DIGESTS] | read->pending[READ_FULL] | read->pending[READ_REPAIR]) !=
               0 ||
           (read->is_begun && !read->is_sent && !read->is_orphan);
}

uint32_t read_answers_here(const Read *read)
{
    uint32_t here = 0;

    for (uint32_t left = read->answered; left != 0; left &= left - 1) {
        guint index = (guint)__builtin_ctz(left);

        here |= read->answered_at[index] <= node_now(read->node) ? 1u << index : 0;
    }
    return here;
}

SimTime read_earliest_data(const Read *read)
{
    SimTime earliest = SIM_NEVER;

    for (uint32_t left = read->answered & read->data; left != 0; left &= left - 1) {
        earliest = MIN(earliest, read->answered_at[__builtin_ctz(left)]);
    }
    return earliest;
}

SimTime read_last_of(const Read *read, uint32_t mask)
{
    SimTime last = 0;

    for (; mask != 0; mask &= mask - 1) {
        last = MAX(last, read->answered_at[__builtin_ctz(mask)]);
    }
    return last;
}

SimTime read_decided_at(const Read *read)
{
    const Cassandra *node = read->node;

    if (read->consistency != CONSISTENCY_EACH_QUORUM) {
        uint32_t counted =
            read->answered & level_counts(read->consistency, read->range, node->site);

        return level_kth_answer(counted, read->answered_at, read->block_for);
    }
    return level_decided_at(read->consistency, node->cluster->ring, read->range, node->site,
                            read->answered_at);
}

void read_tell_what_came(const Read *read, Message *reply)
{
    uint32_t here = read->round == READ_DIGESTS ? read_answers_here(read) : 0;

    here &= level_counts(read->consistency, read->range, read->node->site);
    reply->count =
        read->round == READ_DIGESTS ? (uint32_t)__builtin_popcount(here) : read->block_for - 1u;
    if (read->round == READ_DIGESTS && reply->count >= read->block_for &&
        (here & read->data) == 0) {
        reply->flags |= STORE_NO_DATA;
    }
}

void read_settle(Read *read)
{
    if (read->is_done && !has_pending(read)) {
        read_list_remove(&read->node->lingering_reads, read);
        pool_give(read->node->read_pool, read);
    }
}

void read_sweep(Cassandra *node)
{
    Read *next;

    for (Read *read = node->lingering_reads.first; read != NULL; read = next) {
        next = read->next;
        for (guint i = 0; i < read->range->count; i++) {
            const Cassandra *replica = node->cluster->nodes[read->range->replicas[i]];

            if (replica->component.owner.incarnation != read->lives[i]) {
                if (read_is_pending(read, i)) {
                    snitch_missed(node, read->range->replicas[i], read->asked_at[i]);
                }
                for (guint round = 0; round < READ_ROUNDS; round++) {
                    read->pending[round] &= ~(1u << i);
                }
            }
        }
        read_settle(read);
    }
}

void read_stop(Cassandra *node)
{
    while (node->reads.first != NULL) {
        Read *read = node->reads.first;

        read_list_remove(&node->reads, read);
        read_list_add(&node->lingering_reads, read);
        read->decision = EVENT_NONE;
        read->is_done = read->is_orphan = true;
        read->failing = 0; /* nobody hears of them */
        memset(read->answering, 0, sizeof read->answering);
        legs_give_spans(node->cluster->legs, g_steal_pointer(&read->missing_for));
        read_settle(read);
    }
    node->read_timer = node->speculation_timer = EVENT_NONE;
}
