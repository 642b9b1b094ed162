/* replica_repair.c - a replica's part in read repair: what a read found that it misses. It has a
 * stage of its own with as many threads as the node has vCPUs, and what waits there for longer than
 * the write timeout is dropped, without a hint.
 * Source: Cassandra 3.11 StageManager (READ_REPAIR), ReadRepairVerbHandler, MessagingService
 * (droppable verbs; READ_REPAIR has the timeout of writes). */
#include "models/data/cassandra/node.h"
#include "models/data/cassandra/schema.h"
#include "models/data/cassandra/storage.h"

static void on_repair_done(void *self, void *subject, uint64_t detail);
static const EventType repair_done = {"cassandra.repair-done", on_repair_done};

static void start(Cassandra *node, Read *read, uint64_t detail)
{
    node_work(node, service_time_draw(node->write_service, &node->service_rng), &repair_done, read,
              detail);
}

/* It has a thread; what is too old gives it back. */
static void take(Cassandra *node, const Task *task)
{
    Read *read = task->subject;

    if (node_age_of(node, read->node, read->asked_at[task->detail], task->arrived) >
        node->write_request_timeout) {
        stage_leave(&node->read_repair_stage, node_now(node));
        node->read_repairs_dropped++;
        read_dropped(read, (uint64_t)READ_REPAIR << 8 | task->detail);
        return;
    }
    start(node, read, task->detail);
}

static void start_next(Cassandra *node)
{
    Task task;

    while (stage_next(&node->read_repair_stage, node_now(node), &task)) {
        take(node, &task);
    }
}

static void on_repair_done(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Read *read = subject;

    if (node->storage != NULL && storage_park(node->storage, &repair_done, read, detail)) {
        return;
    }
    stage_leave(&node->read_repair_stage, node_now(node));
    node->read_repairs_done++;
    replica_apply(node, read->slot + (uint32_t)detail, read->newest);
    replica_answer_repair(node, read, detail);
    start_next(node);
}

static void on_repair_arrived(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    const Read *read = subject;
    Task task = {.subject = subject, .detail = detail, .arrived = node_now(node)};

    if (!node_serves_peers(node) || !schema_reads(node, read->node, read->column)) {
        read_dropped(subject, (uint64_t)READ_REPAIR << 8 | detail);
    } else if (stage_enter(&node->read_repair_stage, task)) {
        take(node, &task);
    }
}

const EventType replica_repair_arrived = {"cassandra.repair-arrived", on_repair_arrived};
