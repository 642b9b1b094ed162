/* kept_writes.c - see kept_writes.h. */
#include "models/data/cassandra/kept_writes.h"

static void on_copy_lost(void *subject, uint64_t detail)
{
    write_dropped(subject, (guint)detail);
}

void kept_copy(Write *write, Cassandra *from, guint index, uint32_t size_bytes)
{
    KeptMessage message = {&replica_mutation_arrived, write, index, size_bytes, on_copy_lost};

    if (connections_keep(from, write->node->cluster->nodes[write->range->replicas[index]], &message,
                         CONNECTION_SMALL)) {
        write->pending |= 1u << index;
        write->way.is_excused = true;
    }
}

static void on_kept_ack_arrived(void *self, void *subject, uint64_t detail)
{
    (void)self;
    write_answered(subject, (guint)detail);
}

static const EventType kept_ack_arrived = {"cassandra.kept-ack-arrived", on_kept_ack_arrived};

static void on_ack_lost(void *subject, uint64_t detail)
{
    Write *write = subject;

    write->answering &= ~(1u << detail);
    write_settle(write);
}

void kept_ack(Write *write, guint index, Cassandra *replica)
{
    KeptMessage message = {&kept_ack_arrived, write, index, MESSAGE_HEAD_BYTES, on_ack_lost};

    if (connections_keep(replica, write->node, &message, CONNECTION_SMALL)) {
        write->answering |= 1u << index;
        write->way.is_excused = true;
    }
}
