/* replica.c - a replica's part in writes: stages, commit log and stored versions.
 * Source: Cassandra 3.11 MessageDeliveryTask, MutationVerbHandler, StageManager, CommitLog. */
#include "models/data/cassandra/counter.h"
#include "models/data/cassandra/hint_limits.h"
#include "models/data/cassandra/losses.h"
#include "models/data/cassandra/node.h"
#include "models/data/cassandra/paxos.h"
#include "models/data/cassandra/schema.h"
#include "models/data/cassandra/storage.h"
#include "models/data/cassandra/tombstones.h"
#include "models/data/cassandra/witness.h"
#include "sim/world/version.h"

#define EARLY_MOST (500 * SIM_US) /* how long before its arrival a copy may be applied */
#define QUIET_WORK_MOST 8         /* jobs in the CPU: a node with more of them is busy */

/* Who is answered when a sync ends: `what` of a CommitLogWaiter. */
enum { ANSWER_WRITE, ANSWER_REPAIR, ANSWER_HINTS, ANSWER_PAXOS };

static void start_sync(Cassandra *node);

/* --- answers ------------------------------------------------------------------------------------
 */

static void answer_now(Cassandra *node, uint32_t what, void *subject, uint64_t detail,
                       SimSpan later)
{
    HintQueue *queue;
    SimTime at;

    switch (what) {
    case ANSWER_WRITE:
        write_applied(subject, (guint)detail, later);
        break;
    case ANSWER_REPAIR:
        read_repaired(subject, node, (guint)detail);
        break;
    case ANSWER_PAXOS:
        paxos_answer(node, subject);
        break;
    default:
        queue = subject;
        at = connections_arrival(node, queue->node, MESSAGE_HEAD_BYTES, CONNECTION_SMALL);
        if (at != SIM_NEVER && at - node_now(node) < node->write_request_timeout) {
            hints_acked(queue, detail >> 16, detail & 0xffff);
        }
        break;
    }
}

/* Periodic: a sync that is late by more than half a period makes writers wait (CommitLog.java,
 * PeriodicCommitLogService.maybeWaitForSync). Batch: each waits for the sync that covers it. */
static bool answers_wait(const Cassandra *node)
{
    return node->commitlog_sync == COMMITLOG_BATCH ||
           node_now(node) - node->log.synced_at > node->commitlog_sync_period * 3 / 2;
}

static void answer(Cassandra *node, uint32_t what, void *subject, uint64_t detail, SimSpan later)
{
    CommitLogWaiter *waiter;

    if (!answers_wait(node)) {
        answer_now(node, what, subject, detail, later);
        return;
    }
    if (what == ANSWER_WRITE) {
        ((Write *)subject)->way.is_excused = true; /* the disk takes its time */
    }
    waiter = commit_log_wait(&node->log);
    waiter->subject = subject;
    waiter->detail = detail;
    waiter->later = later;
    waiter->what = what;
    if (node->commitlog_sync == COMMITLOG_BATCH) {
        start_sync(node);
    }
}

/* --- commit log ---------------------------------------------------------------------------------
 */

static void on_synced(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    guint count;

    (void)subject;
    (void)detail;
    commit_log_end_sync(&node->log, &count);
    for (guint i = 0; i < count; i++) {
        const CommitLogWaiter *waiter = &node->log.waiters[i]; /* until others come to wait */

        answer_now(node, waiter->what, waiter->subject, waiter->detail, waiter->later);
    }
    commit_log_answered(&node->log, count);
    if (node->log.waiting > 0) {
        start_sync(node);
    }
}

static const EventType synced = {"cassandra.synced", on_synced};

static void start_sync(Cassandra *node)
{
    if (commit_log_begin_sync(&node->log, node_now(node))) {
        host_disk(node->component.host, &node->component.owner, DISK_FSYNC,
                  (int64_t)node->log.covered * node->mutation_size, &synced, NULL, 0);
    }
}

static void on_sync_due(void *self, void *subject, uint64_t detail);
static const EventType sync_due = {"cassandra.sync-due", on_sync_due};

static void on_sync_due(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    (void)detail;
    start_sync(node);
    engine_after(node->engine, node->commitlog_sync_period, &node->component.owner, &sync_due, NULL,
                 0);
}

static void apply(Cassandra *node, uint32_t slot, int64_t version)
{
    int64_t before;

    if (node->schema != NULL && schema_hides(node, slot, version)) {
        return;
    }
    before = store_put(&node->cluster->store, slot, version);
    if (version > before) {
        commit_log_append(&node->log, slot, before);
        if (version_is_delete(version)) {
            tombstones_keep(node, slot, version);
        }
    }
    node->mutations++;
    if (node->storage != NULL) {
        storage_wrote(node->storage);
    }
}

void replica_apply(Cassandra *node, uint32_t slot, int64_t version)
{
    apply(node, slot, version);
}

void replica_take_in(Cassandra *node, uint32_t slot, int64_t version)
{
    int64_t before;

    if (node->schema != NULL && schema_hides(node, slot, version)) {
        return;
    }
    before = store_put(&node->cluster->store, slot, version);
    commit_log_raise(&node->log, slot, version);
    if (version > before && version_is_delete(version)) {
        tombstones_keep(node, slot, version);
    }
}

void replica_answer_repair(Cassandra *node, Read *read, uint64_t index)
{
    answer(node, ANSWER_REPAIR, read, index, 0);
}

void replica_answer_paxos(Cassandra *node, PaxosMessage *message)
{
    answer(node, ANSWER_PAXOS, message, 0, 0);
}

/* --- mutations ----------------------------------------------------------------------------------
 */

static void start_mutation(Cassandra *node, Write *write, guint index);

static bool is_mutation_late(const Cassandra *node, const Write *write, SimTime arrived)
{
    return node_age_of(node, write->node, write->began, arrived) > node->write_request_timeout;
}

static void count_drop(Cassandra *node, const Write *write, SimTime arrived)
{
    node->mutations_dropped++;
    if (node->storage != NULL) {
        storage_note_drop(node->storage, DROPPED_MUTATION, write->node != node,
                          node_now(node) - arrived);
    }
}

static void drop_mutation(Cassandra *node, Write *write, guint index, SimTime arrived)
{
    stage_leave(&node->mutation_stage, node_now(node));
    count_drop(node, write, arrived);
    write_dropped(write, index);
}

/* The coordinator's own part that has waited for too long counts as dropped, and runs all the same
 * when its turn comes once more (StorageProxy.LocalMutationRunnable). */
static void put_off(Cassandra *node, const Task *task)
{
    stage_leave(&node->mutation_stage, node_now(node));
    count_drop(node, task->subject, task->arrived);
    stage_append(&node->mutation_stage, (Task){.subject = task->subject,
                                               .detail = task->detail | MUTATION_IS_LATE,
                                               .arrived = node_now(node)});
}

static void start_next_mutations(Cassandra *node)
{
    Task task;

    while (stage_next(&node->mutation_stage, node_now(node), &task)) {
        Write *write = task.subject;

        if (task.detail == MUTATION_IS_HINT) {
            hint_limits_run(node, task.subject);
        } else if ((task.detail & MUTATION_IS_LATE) != 0 ||
                   !is_mutation_late(node, write, task.arrived)) {
            start_mutation(node, write, (guint)task.detail);
        } else if (write->node == node) {
            put_off(node, &task);
        } else {
            drop_mutation(node, write, (guint)task.detail, task.arrived);
        }
    }
}

void replica_mutation_ended(Cassandra *node)
{
    stage_leave(&node->mutation_stage, node_now(node));
    start_next_mutations(node);
}

static void apply_write(Cassandra *node, const Write *write, guint index)
{
    if (write->is_counter) {
        counter_merge(node, write->slot + index, write->leader, write->version);
        if (node->storage != NULL) {
            storage_wrote(node->storage);
        }
        return;
    }
    apply(node, write->slot + index, write->version);
    if (write->is_commit) {
        paxos_learn(node, write->slot + index, (PaxosUpdate){write->version, write->value});
    }
}

/* Memory or commit log are full: the thread that holds the write waits, and this happens again. */
static bool waits_for_room(Cassandra *node, const EventType *type, void *subject, uint64_t detail)
{
    return node->storage != NULL && storage_park(node->storage, type, subject, detail);
}

static void on_mutation_done(void *self, void *subject, uint64_t detail);
static const EventType mutation_done = {"cassandra.mutation-done", on_mutation_done};

static void on_mutation_done(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Write *write = subject;

    if (waits_for_room(node, &mutation_done, write, detail)) {
        return;
    }
    stage_leave(&node->mutation_stage, node_now(node));
    apply_write(node, write, (guint)detail);
    answer(node, ANSWER_WRITE, write, detail, 0);
    start_next_mutations(node);
}

static SimSpan draw_mutation_cpu(Cassandra *node, const Write *write, guint index)
{
    SimSpan cpu = service_time_draw(node->write_service, &node->service_rng);

    if ((write->relays >> index & 1) != 0) {
        guint others =
            (guint)__builtin_popcount(write->targets & write_site_mask(write, node->site));

        cpu += (MAX(1, others) - 1) * node->forward_cpu;
    }
    return cpu;
}

static void start_mutation(Cassandra *node, Write *write, guint index)
{
    node_work(node, draw_mutation_cpu(node, write, index), &mutation_done, write, index);
}

/* By a fault on its process or its host: then it takes its time. */
static bool is_slowed(const Cassandra *node)
{
    return node->component.is_slowed || host_component(node->component.host)->is_slowed;
}

bool replica_can_be_quiet(const Cassandra *node, SimSpan later, bool is_waited_for)
{
    const Host *host = node->component.host;
    guint work = host_count_work(host);

    return later <= EARLY_MOST && node_serves_peers(node) && !node->component.owner.is_held &&
           !is_slowed(node) &&
           (is_waited_for ? work < host_count_vcpus(host) : work <= QUIET_WORK_MOST);
}

bool replica_write_quietly(Cassandra *node, Write *write, guint index, SimSpan later)
{
    SimSpan cpu;

    if (node->mutation_stage.count > 0 || (node->cross_node_timeout && write->node != node) ||
        !replica_can_be_quiet(node, later, write_waits_for(write, index)) ||
        (node->storage != NULL && node->storage->blocks_writes) ||
        schema_may_lose(node, write->node, write->column, later)) {
        return false;
    }
    cpu = draw_mutation_cpu(node, write, index);
    write->way.work = MAX(write->way.work, cpu);
    host_spend(node->component.host, &node->component.owner, cpu);
    apply_write(node, write, index);
    write->pending |= 1u << index;
    answer(node, ANSWER_WRITE, write, index, later + cpu);
    return true;
}

void replica_take_mutation(Cassandra *node, Write *write, guint index)
{
    Task task = {.subject = write, .detail = index, .arrived = node_now(node)};

    write->way.is_excused = true; /* it shares the CPU, or waits */
    if (!stage_enter(&node->mutation_stage, task)) {
        return;
    }
    if (write->node != node && is_mutation_late(node, write, task.arrived)) {
        drop_mutation(node, write, index, task.arrived);
        return;
    }
    start_mutation(node, write, index);
}

static void on_mutation_arrived(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Write *write = subject;

    if (!node_serves_peers(node) || !schema_reads(node, write->node, write->column)) {
        write_dropped(write, (guint)detail);
        return;
    }
    if ((write->relays >> detail & 1) != 0) {
        store_prefetch(&node->cluster->store, write->slot, node->cluster->slots_per_key);
        write_forward(node, write, (guint)detail);
    }
    if (!replica_write_quietly(node, write, (guint)detail, 0)) {
        replica_take_mutation(node, write, (guint)detail);
    }
}

const EventType replica_mutation_arrived = {"cassandra.mutation-arrived", on_mutation_arrived};

/* Several replicas of one site at once, each as if it were alone. */
static void on_group_arrived(void *self, void *subject, uint64_t detail)
{
    Write *write = subject;
    Cluster *cluster = write->node->cluster;

    (void)self;
    for (uint32_t left = (uint32_t)detail; left != 0; left &= left - 1) {
        guint index = (guint)__builtin_ctz(left);
        Cassandra *node = cluster->nodes[write->range->replicas[index]];
        EventOwner *owner = &node->component.owner;

        if (owner->is_held) { /* frozen: it waits in the socket */
            engine_at(node->engine, node_now(node), owner, &replica_mutation_arrived, write, index);
        } else if (owner->incarnation != write->lives[index]) {
            write_dropped(write, index);
        } else {
            on_mutation_arrived(node, write, index);
        }
    }
}

const EventType replica_group_arrived = {"cassandra.group-arrived", on_group_arrived};

/* --- hints --------------------------------------------------------------------------------------
 */

static void on_hints_done(void *self, void *subject, uint64_t detail);
static const EventType hints_done = {"cassandra.hints-done", on_hints_done};

static void on_hints_done(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    HintQueue *queue = subject;
    uint64_t first = detail >> 16, last = first + (detail & 0xffff);

    if (waits_for_room(node, &hints_done, queue, detail)) {
        return;
    }
    /* A sender that died in between may have lost the end of its queue. */
    for (uint64_t place = MAX(first, queue->base); place < MIN(last, queue->end); place++) {
        const Hint *hint = &queue->items[place - queue->base];

        if (!schema_takes_hint(node, hint->slot & ~COUNTER_SLOT)) {
            witness_hint_dropped(node->cluster, node->rank, hint->slot, hint->version);
        } else if (hints_is_expired(node, hint)) {
            node->hints_expired++;
            witness_hint_dropped(node->cluster, node->rank, hint->slot, hint->version);
        } else if ((hint->slot & COUNTER_SLOT) != 0) {
            counter_merge(node, hint->slot & ~COUNTER_SLOT, (guint)(hint->version & 0xff),
                          hint->version >> 8);
        } else {
            apply(node, hint->slot, hint->version);
        }
    }
    answer(node, ANSWER_HINTS, queue, detail, 0);
}

static void on_hints_arrived(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    const HintQueue *queue = subject;

    if (node_serves_peers(node) && schema_reads(node, queue->node, 0)) {
        node_work(node, (SimSpan)(detail & 0xffff) * node->write_service->mean, &hints_done,
                  subject, detail);
    }
}

const EventType replica_hints_arrived = {"cassandra.hints-arrived", on_hints_arrived};

/* --- life ---------------------------------------------------------------------------------------
 */

void replica_start(Cassandra *node)
{
    node->log.synced_at = node_now(node);
    if (node->commitlog_sync == COMMITLOG_PERIODIC) {
        SimSpan first =
            (SimSpan)rng_below(&node->life_rng, (uint64_t)node->commitlog_sync_period) + 1;

        engine_after(node->engine, first, &node->component.owner, &sync_due, NULL, 0);
    }
}

void replica_stop(Cassandra *node, bool power_lost)
{
    stage_reset(&node->mutation_stage, node_now(node));
    stage_reset(&node->read_stage, node_now(node));
    stage_reset(&node->read_repair_stage, node_now(node));
    stage_reset(&node->counter_stage, node_now(node));
    stage_reset(&node->response_stage, node_now(node));
    if (power_lost) {
        losses_note(node);
        node->writes_undone += commit_log_lose(&node->log, &node->cluster->store);
    } else {
        commit_log_abandon(&node->log);
    }
}
