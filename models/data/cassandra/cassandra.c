/* cassandra.c - a node of an Apache Cassandra 3.11 cluster: its settings, measurements and life.
 * The rooms of this folder: murmur3 and ring (who holds a key), level (how many answers),
 * coordinate_write, coordinate_read, replica with stage, store and commit_log (what a node does),
 * hints, gossip, latency_reservoir and service_time. */
#include "models/data/cassandra/batch.h"
#include "models/data/cassandra/cluster.h"
#include "models/data/cassandra/counter.h"
#include "models/data/cassandra/fields.h"
#include "models/data/cassandra/hint_limits.h"
#include "models/data/cassandra/judge.h"
#include "models/data/cassandra/lints.h"
#include "models/data/cassandra/listeners.h"
#include "models/data/cassandra/metrics.h"
#include "models/data/cassandra/native_transport.h"
#include "models/data/cassandra/node.h"
#include "models/data/cassandra/nodetool.h"
#include "models/data/cassandra/paxos.h"
#include "models/data/cassandra/refused.h"
#include "models/data/cassandra/release.h"
#include "models/data/cassandra/repair.h"
#include "models/data/cassandra/scan.h"
#include "models/data/cassandra/schema.h"
#include "models/data/cassandra/shadow_round.h"
#include "models/data/cassandra/shutdown.h"
#include "models/data/cassandra/snitch.h"
#include "models/data/cassandra/storage.h"
#include "models/data/cassandra/tombstones.h"
#include "models/data/cassandra/topology.h"
#include "models/data/cassandra/utilisation.h"
#include "sim/world/history_store.h"
#include "sim/world/version.h"

#define SWEEP (1 * SIM_S) /* callbacks are looked through every min(timeouts) / 2 (ExpiringMap) */

/* --- set-up -------------------------------------------------------------------------------------
 */

static void cassandra_make(Component *self, World *world, DiagList *diags)
{
    Cassandra *node = node_of(self);

    node->engine = world_engine(world);
    release_apply(node);
    stage_init(&node->requests, (guint)node->native_transport_max_threads);
    stage_init(&node->mutation_stage, (guint)node->concurrent_writes);
    stage_init(&node->read_stage, (guint)node->concurrent_reads);
    stage_init(&node->counter_stage, (guint)node->concurrent_counter_writes);
    node->write_pool = pool_new("cassandra writes", sizeof(Write));
    node->read_pool = pool_new("cassandra reads", sizeof(Read));
    commit_log_init(&node->log);
    speculation_read_setting(node, diags);
}

static void open_stream(Cassandra *node, Rng *rng, const char *use)
{
    g_autofree char *name = g_strconcat(node->component.name, "/", use, NULL);

    engine_open_stream(node->engine, rng, name);
}

static void cassandra_wire(Component *self, World *world, DiagList *diags)
{
    Cassandra *node = node_of(self);
    Cluster *cluster = cluster_of(world, diags);
    Rng id_rng;

    open_stream(node, &node->service_rng, "service");
    open_stream(node, &node->gossip_rng, "gossip");
    open_stream(node, &node->coordinator_rng, "coordinator");
    open_stream(node, &node->life_rng, "life");
    open_stream(node, &node->tombstone_rng, "tombstones");
    open_stream(node, &node->paxos_rng, "paxos");
    open_stream(node, &node->snitch_rng, "snitch");
    open_stream(node, &node->batch_rng, "batches");
    open_stream(node, &node->counter_rng, "counters");
    open_stream(node, &node->scan_rng, "scans");
    paxos_make(node);
    batch_make(node);
    counter_make(node);
    node->cluster = cluster;
    node->coordinator_service = cluster_service(cluster, node->coordinator_cpu);
    node->write_service = cluster_service(cluster, node->write_cpu);
    node->read_service = cluster_service(cluster, node->read_cpu);
    open_stream(node, &id_rng, "host-id");
    node->host_id[0] = rng_next(&id_rng);
    node->host_id[1] = rng_next(&id_rng);
    storage_make(node, diags);
    gc_make(node);
    native_transport_make(node);
    hint_limits_make(node, diags);
    stage_init(&node->read_repair_stage, host_count_vcpus(node->component.host));
    stage_init(&node->response_stage, host_count_vcpus(node->component.host));
    schema_make_node(node);
    gossip_make(node);
    node->hints = g_new0(HintQueue, cluster->node_count);
    for (guint i = 0; i < cluster->node_count; i++) {
        node->hints[i].node = node;
        node->hints[i].target = i;
    }
}

/* --- life ---------------------------------------------------------------------------------------
 */

static void on_sweep(void *self, void *subject, uint64_t detail);
static const EventType sweep_due = {"cassandra.sweep", on_sweep};

static void on_sweep(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    (void)detail;
    write_sweep(node);
    read_sweep(node);
    hints_sweep(node);
    tombstones_sweep(node);
    repair_sweep(node);
    snitch_sweep(node);
    storage_sweep(node);
    gc_sweep(node);
    engine_after(node->engine, SWEEP, &node->component.owner, &sweep_due, NULL, 0);
}

static void join(Cassandra *node, bool is_first)
{
    SimSpan phase = (SimSpan)rng_below(&node->life_rng, SWEEP) + 1;

    history_replica_serves(world_history(node->component.world), &node->component, true);
    gossip_start(node, is_first);
    replica_start(node);
    read_start(node);
    hints_start(node);
    repair_start(node);
    snitch_start(node);
    back_pressure_start(node);
    batch_start(node);
    gc_start(node);
    schema_start(node);
    engine_after(node->engine, phase, &node->component.owner, &sweep_due, NULL, 0);
}

static void on_settled(void *self, void *subject, uint64_t detail)
{
    (void)subject;
    (void)detail;
    ((Cassandra *)self)->phase = NODE_READY;
}

static const EventType settled = {"cassandra.settled", on_settled};

void node_enter_ring(Cassandra *node)
{
    node->phase = NODE_JOINING;
    join(node, false);
    if (node->topology != NULL) {
        topology_announce(node);
        return;
    }
    engine_after(node->engine, node->settle, &node->component.owner, &settled, NULL, 0);
}

static void on_replayed(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    (void)detail;
    if (node->storage != NULL && !storage_replayed(node)) {
        component_stop(&node->component, NULL);
        return;
    }
    commit_log_flush(&node->log, node_now(node));
    if (shadow_round_passes(node)) {
        node_enter_ring(node);
    }
}

static const EventType replayed = {"cassandra.replayed", on_replayed};

static void forget_cache(Cassandra *node)
{
    g_clear_pointer(&node->warm, g_free);
    node->warm_words = MAX(1, node->cluster->keys.count / 64 + 1);
    node->warm = g_new0(uint64_t, node->warm_words);
}

static void cassandra_start(Component *self)
{
    Cassandra *node = node_of(self);

    node->at_start = (NodeCounts){.mutations = node->mutations,
                                  .replica_reads = node->replica_reads,
                                  .requests = ledger_left(&node->requests.ledger),
                                  .mutations_dropped = node->mutations_dropped,
                                  .reads_dropped = node->reads_dropped,
                                  .digest_mismatches = node->digest_mismatches,
                                  .read_repairs_done = node->read_repairs_done,
                                  .read_repairs_dropped = node->read_repairs_dropped,
                                  .increments_led = node->increments_led,
                                  .counters_dropped = node->counters_dropped,
                                  .responses_taken = node->responses_taken,
                                  .responses_dropped = node->responses_dropped,
                                  .background_repairs = node->background_repairs,
                                  .read_repairs_attempted = node->read_repairs_attempted};
    node->messages = (MessageCounts){0};
    if (ring_member(node->cluster->ring, node->rank) == RING_OUTSIDE) {
        node->phase = NODE_DOWN; /* a machine that waits until it is told to join */
        return;
    }
    if (node_now(node) == 0) { /* the run begins with a cluster that has long been up */
        node->phase = NODE_READY;
        schema_boot(node, true);
        if (node->storage != NULL) {
            storage_boot(node);
            storage_replayed(node);
        }
        join(node, true);
        return;
    }
    if (host_is_cold(self->host) && node->storage == NULL) {
        forget_cache(node);
    }
    node_boot(node);
}

void node_boot(Cassandra *node)
{
    SimSpan boot;

    node->phase = NODE_BOOTING;
    schema_boot(node, false);
    boot = draw_span(node->jvm_start, &node->life_rng);
    if (node->storage != NULL) {
        storage_boot(node);
        boot += node->is_clean ? 0 : storage_replay_span(node);
    } else if (!node->is_clean && node->topology == NULL) {
        boot += draw_span(node->commitlog_replay, &node->life_rng);
    }
    node->is_clean = false;
    engine_after(node->engine, boot, &node->component.owner, &replayed, NULL, 0);
}

void node_end(Cassandra *node, bool power_lost)
{
    node->phase = NODE_DOWN;
    history_replica_serves(world_history(node->component.world), &node->component, false);
    stage_reset(&node->requests, node_now(node));
    connections_stop(node);
    write_stop(node);
    read_stop(node);
    paxos_stop(node);
    batch_stop(node, power_lost);
    counter_stop(node, power_lost);
    repair_stop(node);
    paxos_replica_stop(node, power_lost);
    replica_stop(node, power_lost);
    hint_limits_stop(node);
    native_transport_stop(node);
    hints_stop(node);
    listeners_stop(node);
    storage_stop(node);
    gc_stop(node);
    schema_stop(node);
}

static void cassandra_stop(Component *self, const Effect *why)
{
    node_end(node_of(self), why->unsynced_lost);
    topology_stop(node_of(self));
}

static void cassandra_order(Component *self, Order order, const char *about)
{
    if (order == ORDER_REPAIR) {
        repair_order(node_of(self), about);
    } else if (order == ORDER_ALTER) {
        schema_alter(node_of(self), about);
    } else if (order == ORDER_STOP || order == ORDER_DRAIN) {
        shutdown_begin(node_of(self), order == ORDER_DRAIN);
    } else if (order != ORDER_NONE) {
        topology_order(node_of(self), order, about);
    }
}

static bool is_serial(const Cassandra *node, const Message *message)
{
    int level = message->consistency != CONSISTENCY_DEFAULT ? message->consistency
                                                            : node->consistency.read + 1;

    return level == CONSISTENCY_SERIAL || level == CONSISTENCY_LOCAL_SERIAL;
}

static void cassandra_message(Component *self, const Message *message)
{
    Cassandra *node = node_of(self);

    if (node->phase != NODE_READY) { /* port 9042 is not open yet */
        call_break(self, &message->ticket);
    } else if (message->op != MESSAGE_NOTICE &&
               (schema_refuses(node, message) || native_transport_refuses(node, message))) {
        return;
    } else if (message->op == MESSAGE_WRITE) {
        if ((message->flags & STORE_CAS) != 0) {
            paxos_receive(node, message);
        } else if ((message->flags & STORE_BATCH) != 0) {
            batch_receive(node, message);
        } else if ((message->flags & STORE_COUNTER) != 0) {
            counter_receive(node, message);
        } else {
            write_receive(node, message);
        }
    } else if (message->op == MESSAGE_READ) {
        if (is_serial(node, message)) {
            paxos_receive(node, message);
        } else {
            read_receive(node, message);
        }
    } else if (message->op == MESSAGE_NOTICE) {
        listeners_add(node, message->from);
    }
}

static ConnectAnswer cassandra_connect(Component *self, uint32_t *connection)
{
    (void)connection;
    return node_of(self)->phase == NODE_READY ? CONNECT_ACCEPT : CONNECT_REFUSE;
}

static void cassandra_predict(const Component *self, Predictions *predictions)
{
    utilisation_predict(self, predictions);
    refused_predict(self, predictions);
}

static void cassandra_free(Component *self)
{
    Cassandra *node = node_of(self);

    for (guint i = 0; node->hints != NULL && i < node->cluster->node_count; i++) {
        g_free(node->hints[i].items);
    }
    g_free(node->hints);
    if (node->cluster != NULL) {
        gossip_free(node);
        topology_free(node);
    }
    g_free(node->warm);
    tombstones_free(node);
    paxos_free(node);
    paxos_replica_free(node);
    repair_free(node);
    snitch_free(node);
    native_transport_free(node);
    back_pressure_free(node);
    hint_limits_free(node);
    listeners_free(node);
    batch_free(node);
    counter_free(node);
    storage_free(node);
    gc_free(node);
    schema_free(node);
    scan_free(node);
    connections_free(node);
    commit_log_clear(&node->log);
    stage_clear(&node->requests);
    stage_clear(&node->mutation_stage);
    stage_clear(&node->read_stage);
    stage_clear(&node->counter_stage);
    stage_clear(&node->response_stage);
    stage_clear(&node->read_repair_stage);
    pool_free(node->write_pool);
    pool_free(node->read_pool);
}

#define CASSANDRA_STAGE(text, member)                                                              \
    {                                                                                              \
        .name = text, .has_line = true, .ledger = offsetof(Cassandra, member.ledger),              \
        .waiting = offsetof(Cassandra, member.waiting), .busy = offsetof(Cassandra, member.busy)   \
    }

static const LedgerDef cassandra_ledgers[] = {
    CASSANDRA_STAGE("native transport threads", requests),
    CASSANDRA_STAGE("mutation stage", mutation_stage),
    CASSANDRA_STAGE("read stage", read_stage),
    CASSANDRA_STAGE("read repair stage", read_repair_stage),
    CASSANDRA_STAGE("counter mutation stage", counter_stage),
    CASSANDRA_STAGE("request response stage", response_stage),
    LEDGER_END,
};

const Kind cassandra_kind = {
    .name = "cassandra",
    .help = "A node of an Apache Cassandra 3.11 cluster: coordinator and replica",
    .leaves_out =
        "Reads over several partitions (ranges, indexes, pages), truncation, snapshots, TTL and "
        "with "
        "it TimeWindowCompactionStrategy, compactions for tombstones alone, SimpleStrategy: "
        "nothing "
        "in the load or in the cluster uses them. Rows are one value each: what cells of one row "
        "may "
        "mix at equal timestamps is not seen. Nodes learn of a change of the ring all at once, and "
        "who has left is forgotten at once (no quarantine); no removenode, assassinate, move, "
        "resumed bootstrap or replacement under the same address. Gossip takes no CPU and its one "
        "thread is never behind; no node comes from a year ahead. Unless 'gc' and 'storage' ask "
        "for "
        "them garbage collection, memtable flushes and compaction: their CPU is not charged, so "
        "capacity is an upper bound. Corrupt tables (stop_paranoid is stop), key caches, and what "
        "anti-compaction costs after a repair. WriteFailure: what a replica could throw is a disk "
        "policy here. Steps of lightweight transactions, batch logs and replayed hints take CPU "
        "but "
        "no thread of the MUTATION stage, and are not dropped for their age: none of the first is, "
        "and what the others lose is sent again. Writers of hints never wait for a buffer. The "
        "heap "
        "that scanned tombstones take. Of changes of the schema those of tables, what lightweight "
        "transactions, batches, counters and streams about an unknown column meet beyond the "
        "coordinator, and the wait for the schema at a start. Of connections between nodes: what "
        "opening "
        "one costs where no cut was (two round trips), hosts without power, whose peers' SYNs back "
        "off "
        "as in a cut (they may be found up to 64 s late), a cut of one direction, whose missing "
        "acknowledgements would stop the other one too, and what is sent into a cut beyond writes "
        "and gossip, which is lost.",
    .size = sizeof(Cassandra),
    .scope = KIND_ON_NODE,
    .fields = cassandra_fields,
    .metrics = cassandra_metrics,
    .notes = cassandra_notes,
    .lints = cassandra_lints,
    .ledgers = cassandra_ledgers,
    .views = nodetool_views,
    .on_make = cassandra_make,
    .on_wire = cassandra_wire,
    .on_start = cassandra_start,
    .on_stop = cassandra_stop,
    .on_order = cassandra_order,
    .on_plan = topology_plan,
    .orders = 1u << ORDER_REPAIR | 1u << ORDER_ALTER | 1u << ORDER_DRAIN | 1u << ORDER_JOIN |
              1u << ORDER_REPLACE | 1u << ORDER_LEAVE,
    .on_message = cassandra_message,
    .on_connect = cassandra_connect,
    .on_judge = judge_replicas,
    .on_predict = cassandra_predict,
    .on_free = cassandra_free,
};
