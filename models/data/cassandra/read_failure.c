/* read_failure.c - a replica gives a read up and says so; its coordinator counts who did.
 * Source: Cassandra 3.11 ReadCallback.onFailure: a read has failed once so many replicas have that
 * those left cannot be as many as its level needs. */
#include "models/data/cassandra/read_list.h"

static void on_failure_arrived(void *self, void *subject, uint64_t detail);
static const EventType failure_arrived = {"cassandra.read-failure", on_failure_arrived};

/* Whether the level is out of reach. After a mismatch all that were asked are needed. */
static bool has_failed(const Read *read)
{
    uint32_t counted =
        read->failed & level_counts(read->consistency, read->range, read->node->site);
    guint failures = (guint)__builtin_popcount(counted);
    guint asked = (guint)__builtin_popcount(read->contacted) + (read->spare >= 0 ? 1 : 0);

    return read->round == READ_FULL ? failures > 0 : read->block_for + failures > asked;
}

static void on_failure_arrived(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Read *read = subject;
    guint index = detail & 0xff;

    read->failing &= ~(1u << index);
    if (read->is_done || read->is_orphan || read->round != detail >> 8) {
        read_settle(read);
        return;
    }
    read->failed |= 1u << index;
    if (has_failed(read)) {
        node->read_failures++;
        read_end(read, STORE_FAILURE);
    }
}

void read_failed(Read *read, Cassandra *replica, uint64_t detail)
{
    Cassandra *node = read->node;
    guint index = detail & 0xff;

    read->pending[detail >> 8] &= ~(1u << index);
    if (!read->is_orphan &&
        node_send(replica, node, MESSAGE_HEAD_BYTES, &failure_arrived, read, detail)) {
        read->failing |= 1u << index;
    }
    read_settle(read);
}
