/* cassandra.c - a node of an Apache Cassandra 3.11 cluster: its settings, measurements and life.
 * The rooms of this folder: murmur3 and ring (who holds a key), level (how many answers),
 * coordinate_write, coordinate_read, replica with stage, store and commit_log (what a node does),
 * hints, gossip, latency_reservoir and service_time. */
#include "models/data/cassandra/batch.h"
#include "models/data/cassandra/cluster.h"
#include "models/data/cassandra/counter.h"
#include "models/data/cassandra/judge.h"
#include "models/data/cassandra/lints.h"
#include "models/data/cassandra/listeners.h"
#include "models/data/cassandra/metrics.h"
#include "models/data/cassandra/node.h"
#include "models/data/cassandra/nodetool.h"
#include "models/data/cassandra/paxos.h"
#include "models/data/cassandra/release.h"
#include "models/data/cassandra/repair.h"
#include "models/data/cassandra/shadow_round.h"
#include "models/data/cassandra/snitch.h"
#include "models/data/cassandra/storage.h"
#include "models/data/cassandra/tombstones.h"
#include "models/data/cassandra/topology.h"
#include "sim/world/history_store.h"
#include "sim/world/version.h"

#define SWEEP (1 * SIM_S) /* callbacks are looked through every min(timeouts) / 2 (ExpiringMap) */

static const char *const sync_names[] = {"periodic", "batch", NULL};
static const char *const fanout_names[] = {"targets", "all", NULL};
static const char *const background_names[] = {"as_coded", "as_documented", NULL};
static const char *const relay_names[] = {"first", "random", NULL};

static const Field consistency_fields[] = {
    FIELD_CHOICE(ConsistencySettings, read, .initial = "LOCAL_QUORUM", .more = level_read_names,
                 .help = "Level of reads that name none", .source = "assumption"),
    FIELD_CHOICE(ConsistencySettings, write, .initial = "LOCAL_QUORUM", .more = level_names,
                 .help = "Level of writes that name none", .source = "assumption"),
    FIELD_END,
};

static const Field cassandra_fields[] = {
    FIELD_CHOICE(Cassandra, release, .initial = "3.11", .more = release_names,
                 .help = "Settings that are not given have the defaults of this release: 4.0 takes "
                         "16 tokens, a random relay, cross_node_timeout and no read repair by "
                         "chance, 4.1 and 5.0 also stream 24 MiB/s",
                 .source = "conf/cassandra.yaml of 3.11.17, 4.0.12, 4.1.6 and 5.0-beta1"),
    FIELD_COUNT(Cassandra, num_tokens, .initial = "32", .lowest = "1", .highest = "1024",
                .help = "Tokens a node takes on the ring",
                .source = "assumption; Cassandra 3.11 ships 256, 4.0 ships 16"),
    FIELD_COUNT(Cassandra, token_seed, .initial = "0", .lowest = "0",
                .help = "Seed of the tokens (splitmix64); 0 draws other tokens in each run",
                .source = "assumption"),
    FIELD_TEXT(Cassandra, token_file, .initial = "", .flags = FIELD_PATH,
               .help = "What 'nodetool ring' printed: its tokens in place of drawn ones",
               .source = "Cassandra 3.11 tools/nodetool/Ring"),
    FIELD_TEXT(Cassandra, rack, .initial = "RACK01", .help = "Rack of the node in its site",
               .source = "assumption: one rack a site"),
    FIELD_JSON(Cassandra, keyspaces, .flags = FIELD_REQUIRED, .schema = cluster_keyspaces_schema,
               .help = "The one keyspace and the replicas it has in each data centre"),
    FIELD_TABLE(Cassandra, consistency, consistency_fields,
                .help = "Consistency levels of statements that name none"),
    FIELD_SPAN(Cassandra, read_request_timeout, .initial = "5s", .lowest = "1ms",
               .help = "How long a coordinator waits for a read",
               .source = "Cassandra 3.11 read_request_timeout_in_ms"),
    FIELD_SPAN(Cassandra, write_request_timeout, .initial = "2s", .lowest = "1ms",
               .help = "How long a coordinator waits for a write",
               .source = "Cassandra 3.11 write_request_timeout_in_ms"),
    FIELD_FLAG(Cassandra, cross_node_timeout, .initial = "false",
               .help = "Whether replicas count the age of a request from when its coordinator made "
                       "it, by both clocks, and not from its arrival",
               .source = "Cassandra 3.11 cross_node_timeout; true from 4.0 on"),
    FIELD_COUNT(Cassandra, concurrent_reads, .initial = "32", .lowest = "1", .highest = "100000",
                .help = "Threads of the READ stage", .source = "Cassandra 3.11 concurrent_reads"),
    FIELD_COUNT(Cassandra, concurrent_writes, .initial = "32", .lowest = "1", .highest = "100000",
                .help = "Threads of the MUTATION stage",
                .source = "Cassandra 3.11 concurrent_writes"),
    FIELD_COUNT(Cassandra, native_transport_max_threads, .initial = "128", .lowest = "1",
                .highest = "100000", .help = "Requests that a coordinator works on at once",
                .source = "Cassandra 3.11 native_transport_max_threads"),
    FIELD_FLAG(Cassandra, hinted_handoff_enabled, .initial = "true",
               .help = "Whether hints are kept for replicas that miss a write",
               .source = "Cassandra 3.11 hinted_handoff_enabled"),
    FIELD_SPAN(Cassandra, max_hint_window, .initial = "3h", .lowest = "0s",
               .help = "How long after its fall hints are still kept for a node",
               .source = "Cassandra 3.11 max_hint_window_in_ms"),
    FIELD_BYTE_RATE(Cassandra, hinted_handoff_throttle, .initial = "1024KiB/s", .lowest = "1KiB/s",
                    .help = "Replay of hints, shared by all nodes but the target",
                    .source = "Cassandra 3.11 hinted_handoff_throttle_in_kb"),
    FIELD_COUNT(Cassandra, max_hints_delivery_threads, .initial = "2", .lowest = "1",
                .highest = "1024", .help = "Targets that a node replays hints to at once",
                .source = "Cassandra 3.11 max_hints_delivery_threads"),
    FIELD_SPAN(Cassandra, hints_flush_period, .initial = "10s", .lowest = "100ms",
               .help = "How often hints are written from buffers to files",
               .source = "Cassandra 3.11 hints_flush_period_in_ms"),
    FIELD_BYTES(Cassandra, max_hints_file_size, .initial = "128MiB", .lowest = "1KiB",
                .help = "Size at which a new hints file begins",
                .source = "Cassandra 3.11 max_hints_file_size_in_mb"),
    FIELD_CHOICE(Cassandra, commitlog_sync, .initial = "periodic", .more = sync_names,
                 .help = "Whether writes are answered at once or after they are on disk",
                 .source = "Cassandra 3.11 commitlog_sync"),
    FIELD_SPAN(Cassandra, commitlog_sync_period, .initial = "10s", .lowest = "1ms",
               .help = "How often the periodic commit log is brought to disk",
               .source = "Cassandra 3.11 commitlog_sync_period_in_ms"),
    FIELD_NUMBER(Cassandra, phi_convict_threshold, .initial = "8", .lowest = "5", .highest = "16",
                 .help = "Suspicion at which a silent node is believed down",
                 .source = "Cassandra 3.11 phi_convict_threshold"),
    FIELD_CHOICE(Cassandra, relay, .initial = "first", .more = relay_names,
                 .help = "Which replica of a remote site passes a write on there",
                 .source = "Cassandra 3.11 StorageProxy: the first in ring order"),
    FIELD_TEXT(Cassandra, speculative_retry, .initial = "99PERCENTILE",
               .help = "When one more replica is read: NONE, ALWAYS, '50ms' or '99PERCENTILE'",
               .source = "Cassandra 3.11 table option speculative_retry"),
    FIELD_RATIO(Cassandra, dclocal_read_repair_chance, .initial = "0.1",
                .help = "Share of reads that ask all replicas of the site",
                .source = "Cassandra 3.11 table option dclocal_read_repair_chance"),
    FIELD_RATIO(Cassandra, read_repair_chance, .initial = "0",
                .help = "Share of reads that ask all replicas of all sites",
                .source = "Cassandra 3.11 table option read_repair_chance; gone from 4.0 on"),
    FIELD_CHOICE(Cassandra, background_rr, .initial = "as_coded", .more = background_names,
                 .help = "Whether what such reads hear after their answer is compared and repaired "
                         "although speculative_retry is on; as coded it waits for the one more "
                         "replica that is not asked, so it is not",
                 .source = "Cassandra 3.11 ReadCallback, AbstractReadExecutor; 'as_documented' as "
                           "its documentation says"),
    FIELD_SPAN(Cassandra, gc_grace_seconds, .initial = "864000s", .lowest = "0s",
               .help = "How long after a deletion its tombstone is kept at least",
               .source = "Cassandra 3.11 table option gc_grace_seconds"),
    FIELD_DRAW(Cassandra, tombstone_compaction, .initial = "lognormal(median=2d, sigma=1)",
               .help = "From the end of gc_grace_seconds until a compaction purges the tombstone",
               .source = "assumption: hours to weeks with STCS"),
    FIELD_SPAN(Cassandra, cas_contention_timeout, .initial = "1s", .lowest = "1ms",
               .help = "How long a lightweight transaction tries to win against others",
               .source = "Cassandra 3.11 cas_contention_timeout_in_ms"),
    FIELD_FLAG(Cassandra, paxos_empty_proposals, .initial = "true",
               .help = "Whether serial reads and failed conditions propose an empty update; "
                       "without it serial reads are not linearizable",
               .source = "Cassandra 3.11.10 (CASSANDRA-12126); false before"),
    FIELD_DRAW(Cassandra, paxos_cpu, .initial = "lognormal(mean=195us, sigma=0.5)",
               .help = "CPU of each step of a lightweight transaction at each replica",
               .source = "assumption: 150 us, times 1.3 for shared vCPUs"),
    FIELD_ROW(Cassandra, repair_settings, "repair", FIELD_TYPE_TABLE, RepairSettings,
              .more = repair_fields, .help = "Anti-entropy repair"),
    FIELD_FLAG(Cassandra, dynamic_snitch, .initial = "false",
               .help = "Whether replicas are read in order of how quickly they have answered; "
                       "without it in order of distance",
               .source = "assumption: off; Cassandra 3.11 ships dynamic_snitch true"),
    FIELD_SPAN(Cassandra, dynamic_snitch_update_interval, .initial = "100ms", .lowest = "1ms",
               .help = "How often the dynamic snitch scores hosts anew",
               .source = "Cassandra 3.11 dynamic_snitch_update_interval_in_ms"),
    FIELD_SPAN(Cassandra, dynamic_snitch_reset_interval, .initial = "600s", .lowest = "1s",
               .help = "How often the dynamic snitch forgets all latencies",
               .source = "Cassandra 3.11 dynamic_snitch_reset_interval_in_ms"),
    FIELD_RATIO(Cassandra, dynamic_snitch_badness_threshold, .initial = "0.1",
                .help = "How much worse a host must score before the order changes",
                .source = "Cassandra 3.11 dynamic_snitch_badness_threshold; 1.0 from 4.0 on"),
    FIELD_SPAN(Cassandra, counter_write_request_timeout, .initial = "5s", .lowest = "1ms",
               .help = "How long a coordinator waits for the leader of a counter",
               .source = "Cassandra 3.11 counter_write_request_timeout_in_ms"),
    FIELD_BYTE_RATE(Cassandra, batchlog_replay_throttle, .initial = "1024KiB/s", .lowest = "1KiB/s",
                    .help = "Replay of batch logs, shared by all nodes",
                    .source = "Cassandra 3.11 batchlog_replay_throttle_in_kb"),
    FIELD_BYTES(Cassandra, batch_size_fail_threshold, .initial = "50KiB",
                .help = "Larger logged batches are refused",
                .source = "Cassandra 3.11 batch_size_fail_threshold_in_kb"),
    FIELD_ROW(Cassandra, storage_settings, "storage", FIELD_TYPE_TABLE, StorageSettings,
              .more = storage_fields, .help = "Memory, disk and compaction"),
    FIELD_BYTES(Cassandra, mutation_size, .initial = "300B", .lowest = "1B", .highest = "16MiB",
                .help = "Size of a serialized write", .source = "assumption"),
    FIELD_BYTES(Cassandra, row_size, .initial = "300B", .lowest = "1B", .highest = "16MiB",
                .help = "Size of a row that is read", .source = "assumption"),
    FIELD_DRAW(Cassandra, coordinator_cpu, .initial = "lognormal(mean=156us, sigma=0.5)",
               .help = "CPU of a request at its coordinator",
               .source =
                   "120 us fitted to Instaclustr 2015 (m3.xlarge), times 1.3 for shared vCPUs"),
    FIELD_DRAW(Cassandra, write_cpu, .initial = "lognormal(mean=124us, sigma=0.5)",
               .help = "CPU of a write at each replica",
               .source = "95 us fitted to Instaclustr 2015, times 1.3"),
    FIELD_DRAW(Cassandra, read_cpu, .initial = "lognormal(mean=98us, sigma=0.5)",
               .help = "CPU of a cached read at each replica asked",
               .source = "75 us fitted to Instaclustr 2015, times 1.3"),
    FIELD_SPAN(Cassandra, answer_cpu, .initial = "13us", .lowest = "0s",
               .help = "CPU of the coordinator for each answer of a replica beyond two",
               .source = "assumption: 10 us times 1.3"),
    FIELD_SPAN(Cassandra, forward_cpu, .initial = "20us", .lowest = "0s",
               .help = "CPU of a relay for each replica it forwards to",
               .source = "assumption: 15 us times 1.3"),
    FIELD_SPAN(Cassandra, hint_cpu, .initial = "20us", .lowest = "0s",
               .help = "CPU to keep a hint, and again to send it", .source = "assumption"),
    FIELD_DRAW(Cassandra, jvm_start, .initial = "uniform(5s, 10s)",
               .help = "From the start of the process to the begin of the replay",
               .source = "assumption"),
    FIELD_DRAW(Cassandra, commitlog_replay, .initial = "uniform(2s, 20s)",
               .help = "Replay of the commit log at a start",
               .source =
                   "assumption: at most 84 MB of memtable and kept segments at 10 to 30 MB/s"),
    FIELD_SPAN(Cassandra, settle, .initial = "8s", .lowest = "0s",
               .help = "From the first gossip of a started node until it takes statements",
               .source = "Cassandra 3.11 Gossiper.waitToSettle: 5 s and 3 quiet polls of 1 s"),
    FIELD_BYTES(Cassandra, data_size, .initial = "1GiB", .lowest = "0B",
                .help = "Size on disk of one copy of all data that was there before the run",
                .source = "assumption"),
    FIELD_BYTE_RATE(Cassandra, stream_throughput_outbound, .initial = "25MB/s", .lowest = "1KiB/s",
                    .help = "What a node streams to all others, 200 Mbit/s",
                    .source = "Cassandra 3.11 stream_throughput_outbound_megabits_per_sec; 3.11.12 "
                              "converts it so (CASSANDRA-17243)"),
    FIELD_BYTE_RATE(Cassandra, inter_dc_stream_throughput_outbound, .initial = "25MB/s",
                    .lowest = "1KiB/s", .help = "The same to other data centres; both limits hold",
                    .source =
                        "Cassandra 3.11 inter_dc_stream_throughput_outbound_megabits_per_sec"),
    FIELD_BYTE_RATE(Cassandra, stream_receive_rate, .initial = "15MB/s", .lowest = "1KiB/s",
                    .help = "What one vCPU of a receiver can take in",
                    .source = "assumption: 10 to 20 MB/s on 2 vCPUs"),
    FIELD_BYTES(Cassandra, cold_read_size, .initial = "64KiB", .lowest = "1B", .highest = "1GiB",
                .help = "Read from disk at the first read of a row with a cold page cache",
                .source = "Cassandra 3.11 table option chunk_length_in_kb"),
    FIELD_CHOICE(Cassandra, read_fanout, .initial = "targets", .more = fanout_names,
                 .help =
                     "Whether reads ask as many replicas as the level needs, or all, and answer "
                     "with the newest of the first answers, without comparison and repair",
                 .source = "Cassandra 3.11 AbstractReadExecutor; 'all' as Bailis et al. 2012"),
    FIELD_TABLE(Cassandra, legs, leg_fields,
                .help = "Delays between coordinator and replicas drawn instead of sent; none: as "
                        "the network has it"),
    FIELD_END,
};

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
    batch_start(node);
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
                                  .digest_mismatches = node->digest_mismatches};
    if (ring_member(node->cluster->ring, node->rank) == RING_OUTSIDE) {
        node->phase = NODE_DOWN; /* a machine that waits until it is told to join */
        return;
    }
    if (node_now(node) == 0) { /* the run begins with a cluster that has long been up */
        node->phase = NODE_READY;
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
    write_stop(node);
    read_stop(node);
    paxos_stop(node);
    batch_stop(node, power_lost);
    counter_stop(node, power_lost);
    repair_stop(node);
    paxos_replica_stop(node, power_lost);
    replica_stop(node, power_lost);
    hints_stop(node);
    listeners_stop(node);
    storage_stop(node);
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
    listeners_free(node);
    batch_free(node);
    counter_free(node);
    storage_free(node);
    commit_log_clear(&node->log);
    stage_clear(&node->requests);
    stage_clear(&node->mutation_stage);
    stage_clear(&node->read_stage);
    pool_free(node->write_pool);
    pool_free(node->read_pool);
}

static const NoteDef cassandra_notes[] = {
    {.name = "cassandra.hint-stored",
     .help = "A hint was kept for a replica",
     .labels = {"to"},
     .values = {"dc"}},
    {.name = "cassandra.repair-ended",
     .help = "A repair that the node led has ended",
     .labels = {"as"},
     .values = {"whole|failed|refused"}},
    {.name = "cassandra.node-down",
     .help = "A node convicted another one, which the event belongs to",
     .labels = {"observer"},
     .values = {"dc"}},
    {.name = "cassandra.start-failed",
     .help = "A node that started reached no seed for 60 s and ended"},
    {.name = "cassandra.shutdown", .help = "A node told its peers that it ends in good order"},
    {.name = "cassandra.disk-failure",
     .help = "A disk policy acts: the node cuts clients and gossip off and lives, or exits",
     .labels = {"policy"},
     .values = {"stop|die"}},
    {.name = "cassandra.ring-change",
     .help = "A node begins to join or to leave, has done so, or was refused",
     .labels = {"what"},
     .values = {"joins|joined|replaced|leaves|left|refused"}},
    NOTE_END,
};

#define CASSANDRA_STAGE(text, member)                                                              \
    {                                                                                              \
        .name = text, .has_line = true, .ledger = offsetof(Cassandra, member.ledger),              \
        .waiting = offsetof(Cassandra, member.waiting), .busy = offsetof(Cassandra, member.busy)   \
    }

static const LedgerDef cassandra_ledgers[] = {
    CASSANDRA_STAGE("native transport threads", requests),
    CASSANDRA_STAGE("mutation stage", mutation_stage),
    CASSANDRA_STAGE("read stage", read_stage),
    LEDGER_END,
};

const Kind cassandra_kind = {
    .name = "cassandra",
    .help = "A node of an Apache Cassandra 3.11 cluster: coordinator and replica",
    .leaves_out =
        "Range reads: nothing in the load uses them. Nodes learn of a change of the ring all at "
        "once, and hints for who left are kept. Rows are one value each: what cells of one row may "
        "mix at equal timestamps is not seen. Garbage collection, and unless 'storage' asks for "
        "them memtable flushes and compaction: their CPU is not charged, so capacity is an upper "
        "bound. What anti-compaction costs after a repair. Data under way on a connection through "
        "a cut is lost, not "
        "sent again after healing; hints cover it.",
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
    .orders = 1u << ORDER_REPAIR | 1u << ORDER_DRAIN | 1u << ORDER_JOIN | 1u << ORDER_REPLACE |
              1u << ORDER_LEAVE,
    .on_message = cassandra_message,
    .on_connect = cassandra_connect,
    .on_judge = judge_replicas,
    .on_free = cassandra_free,
};
