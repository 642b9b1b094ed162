/* node.h - a Cassandra node as its rooms share it, and what all nodes of a world share: the ring,
 * the keys and the service times. Private to this folder. */
#pragma once

#include "models/data/cassandra/back_pressure.h"
#include "models/data/cassandra/commit_log.h"
#include "models/data/cassandra/gc.h"
#include "models/data/cassandra/hints.h"
#include "models/data/cassandra/latency_reservoir.h"
#include "models/data/cassandra/legs.h"
#include "models/data/cassandra/level.h"
#include "models/data/cassandra/node_counts.h"
#include "models/data/cassandra/peers.h"
#include "models/data/cassandra/ring.h"
#include "models/data/cassandra/service_time.h"
#include "models/data/cassandra/spread_law.h"
#include "models/data/cassandra/stage.h"
#include "models/data/cassandra/storage_settings.h"
#include "models/data/cassandra/store.h"
#include "sim/base/pool.h"
#include "sim/world/call.h"
#include "sim/world/component.h"
#include "sim/world/history.h"
#include "sim/world/host.h"
#include "sim/world/network.h"
#include "sim/world/world.h"

typedef struct Cassandra Cassandra;
typedef struct Write Write;
typedef struct Read Read;
typedef struct Topology Topology;
typedef struct Tombstones Tombstones;
typedef struct Deletions Deletions;
typedef struct Paxos Paxos;
typedef struct PaxosList PaxosList;
typedef struct PaxosReplica PaxosReplica;
typedef struct PaxosMessage PaxosMessage;
typedef struct Repair Repair;
typedef struct RepairMarks RepairMarks;
typedef struct Snitch Snitch;
typedef struct Listeners Listeners;
typedef struct Batches Batches;
typedef struct BatchOp BatchOp;
typedef struct Counters Counters;
typedef struct CounterOp CounterOp;
typedef struct HintLimits HintLimits;
typedef struct Storage Storage;
typedef struct Schema Schema;
typedef struct SpreadLaw SpreadLaw;
typedef struct SchemaNode SchemaNode;

/* What all nodes share. */
typedef struct Cluster {
    Cassandra **nodes; /* by rank: in order of site, then of component */
    guint node_count;
    Ring *ring;
    KeyTable keys;
    Store store;            /* slot: index of the key * slots_per_key + index of the replica */
    uint32_t slots_per_key; /* most replicas of any range */
    uint64_t
        partition_rows; /* data that share a partition; as the node of the lowest rank has it */
    uint16_t block_for[RING_SITES_MOST][LEVELS];
    EventOwner owner;    /* of what happens to several nodes at once */
    GArray *losses;      /* undone by the losses of power of this instant; NULL: none */
    GPtrArray *surveys;  /* of such arrays, oldest first, until history is told */
    GPtrArray *services; /* ServiceTable, one for each law in use */
    Legs *legs;          /* drawn instead of sent; NULL: as the network has it */
    uint8_t *nearest;    /* [site][range][RING_REPLICAS_MOST]: a range's replicas, nearest first */
    const Site *sites[RING_SITES_MOST];
    guint site_count;
    uint64_t hints_dropped;    /* copies missed that no hint will bring */
    GArray *batch_records;     /* NULL: none yet */
    Deletions *deletions;      /* NULL: none yet */
    RepairMarks *repair_marks; /* NULL: nothing was repaired incrementally yet */
    GHashTable *paxos_names;   /* version -> name of its data, where they differ; only looked up */
    Schema *schema;            /* NULL: the scenario changes none */
    SpreadLaw *spread_law;
} Cluster;

/* The replicas of a range in the order in which a coordinator at `site` asks them. */
static inline const uint8_t *cluster_nearest(const Cluster *cluster, guint site, guint range)
{
    return cluster->nearest +
           (site * ring_count_ranges(cluster->ring) + range) * RING_REPLICAS_MOST;
}

/* Requests under way at a coordinator, in order of their begin. */
typedef struct WriteList {
    Write *first, *last;
} WriteList;
typedef struct ReadList {
    Read *first, *last;
} ReadList;

typedef struct ConsistencySettings {
    int read, write; /* index into level_names */
} ConsistencySettings;

/* Whom a read asks; index into the names of `read_fanout`. */
enum { READ_FANOUT_TARGETS, READ_FANOUT_ALL };

/* What a repair covers. */
typedef struct RepairScope {
    bool primary_range; /* -pr: only ranges whose first replica the node is */
    bool full;          /* all data, and not only what no repair has covered */
} RepairScope;

typedef struct RepairSettings {
    SimSpan interval; /* 0: never */
    RepairScope scope;
    double validation_rate, stream_rate;
    double stream_cpu_rate, validation_cpu_rate;
} RepairSettings;
/* Partitions of several rows (scan.h). */
typedef struct PartitionSettings {
    int64_t rows, cells, tombstones;
    SimSpan tombstones_age, cell_cpu;
} PartitionSettings;

/* What clients may ask at once (native_transport.h). */
typedef struct NativeTransport {
    int64_t all, per_ip; /* bytes; configuration, as the next two */
    int64_t queue_most;
    bool throw_on_overload;
    uint64_t came, bytes;
    GArray *in_flight; /* statements by id of the client's host; NULL: nobody counts */
} NativeTransport;

enum { RELAY_FIRST, RELAY_RANDOM }; /* index into the names of `relay` */

typedef enum NodePhase {
    NODE_DOWN,
    NODE_DRAINED,  /* the process lives and does nothing more */
    NODE_BOOTING,  /* JVM start and commit log replay: nobody hears from it */
    NODE_STOPPING, /* has announced that it ends: peers are served, nobody else */
    NODE_JOINING,  /* gossips and serves its peers, but takes no statements yet */
    NODE_READY,
} NodePhase;

/* What each statement and each copy meets stands first, so that it takes few cache lines. */
struct Cassandra {
    Component component; /* first: the world knows a Cassandra by it */
    uint64_t mutations;  /* measurement */
    /* State, settings and measurement of every replica's work. */
    Cluster *cluster;
    Engine *engine;
    guint rank, site; /* in the ring */
    NodePhase phase;
    int commitlog_sync; /* configuration */
    ServiceTime *coordinator_service, *write_service, *read_service;
    CommitLog log;
    Rng service_rng;
    Stage mutation_stage;
    Stage read_stage, requests, counter_stage, response_stage;
    uint64_t *warm; /* a bit for each key that was read since the page cache was lost; NULL: warm */
    Connection *connections; /* NULL: no message has found its way cut yet */
    MessageCounts messages;
    Storage *storage;                /* NULL: memory and disk are not modelled */
    SchemaNode *schema;              /* NULL: the scenario changes none */
    uint64_t replica_reads;          /* measurement */
    int64_t mutation_size, row_size; /* configuration */
    SimSpan answer_cpu, forward_cpu; /* configuration */
    SimSpan commitlog_sync_period;   /* configuration */
    int64_t clock_us;                /* the timestamp given last */
    /* Of every coordinator's. */
    Pool *write_pool, *read_pool;
    WriteList writes;
    ReadList reads;
    ReadList lingering_reads; /* answered, but a replica still works on them */
    EventId write_timer, read_timer, speculation_timer;
    SimSpan speculation_after; /* SIM_NEVER: no speculation now */
    Rng coordinator_rng;
    Gossip gossip;
    uint64_t coordinated_reads, coordinated_writes;             /* measurement */
    Histogram *read_latency, *write_latency, *write_everywhere; /* measurement */
    uint64_t writes_behind, writes_in_time;                     /* measurement */
    /* Configuration. */
    SimSpan read_request_timeout, write_request_timeout;
    double dclocal_read_repair_chance;
    ConsistencySettings consistency;
    int relay, release;
    bool cross_node_timeout;
    bool hinted_handoff_enabled;
    int64_t num_tokens, token_seed;
    char *rack, *token_file;
    const cJSON *keyspaces;
    int64_t concurrent_reads, concurrent_writes, native_transport_max_threads;
    SimSpan max_hint_window, hints_flush_period;
    double hinted_handoff_throttle;
    int64_t max_hints_delivery_threads, max_hints_file_size;
    double phi_convict_threshold;
    char *speculative_retry;
    Draw coordinator_cpu, write_cpu, read_cpu;
    SimSpan hint_cpu;
    Draw jvm_start, commitlog_replay;
    SimSpan settle;
    int64_t cold_read_size;
    LegSettings legs; /* of the node with the lowest rank, for all */
    int read_fanout;
    /* Measurement. */
    uint64_t unavailables, read_timeouts, write_timeouts;
    uint64_t mutations_dropped, reads_dropped;
    uint64_t digest_mismatches, repairs_sent, speculations;
    uint64_t hints_stored, hints_replayed, hints_lost, hints_buffered; /* the last: state */
    uint64_t writes_undone, convictions;
    Gauge hints_pending, hints_size, nodes_down;
    /* State. */
    Rng gossip_rng, life_rng;
    guint warm_words;
    NodeCounts at_start;
    uint64_t host_id[2];
    PlannedOrder plan;  /* to join or leave; order ORDER_NONE: it does neither */
    bool is_outsider;   /* it begins as no member of the ring */
    Topology *topology; /* NULL: it changes nothing now */
    int64_t data_size;  /* configuration */
    double stream_throughput_outbound, inter_dc_stream_throughput_outbound; /* configuration */
    double stream_receive_rate;                                             /* configuration */
    uint64_t ring_changes_refused, bytes_streamed;                          /* measurement */
    bool is_clean;    /* it ended in good order: nothing is to be replayed */
    HintQueue *hints; /* by rank of the target */
    guint hints_dispatching;
    uint64_t hints_swept; /* of hints_stored, those that came before the last sweep */
    SimSpan hint_cpu_owed;
    LatencyReservoir latencies;
    SimSpan gc_grace_seconds;   /* configuration */
    Draw tombstone_compaction;  /* configuration */
    uint64_t tombstones_purged; /* measurement */
    uint64_t hints_expired;     /* measurement */
    Tombstones *tombstones;     /* NULL: none yet */
    Rng tombstone_rng;
    SimSpan cas_contention_timeout; /* configuration, as the next two */
    bool paxos_empty_proposals;
    Draw paxos_cpu;
    uint64_t coordinated_cas, cas_timeouts, cas_contentions, cas_completions; /* measurement */
    Histogram *cas_latency;                                                   /* measurement */
    int64_t ballot_us; /* the last ballot that was ahead of the clock */
    PaxosList *paxos;
    PaxosReplica *paxos_replica; /* NULL: nothing yet */
    Rng paxos_rng;
    RepairSettings repair_settings; /* configuration */
    uint64_t repairs_ended, repairs_failed, repairs_skipped, repair_ranges, repair_ranges_failed,
        repair_rows_differing, repair_rows_streamed, repair_bytes_streamed; /* measurement */
    Repair *repair;                                                         /* NULL: none yet */
    GArray *repair_plans, *schema_plans; /* of PlannedOrder; NULL: none */
    uint64_t statements_invalid, messages_undecoded, schema_pulls, connections_reset,
        connections_stalled;     /* measurement */
    PartitionSettings partition; /* configuration, as the next two */
    int64_t tombstone_warn_threshold, tombstone_failure_threshold;
    uint64_t tombstones_scanned, tombstone_warnings, tombstone_failures,
        read_failures; /* measurement */
    GHashTable *scans; /* partition -> when what lay there before the run is purged; NULL: none */
    Rng scan_rng;
    Gauge schema_versions;                 /* measurement */
    SimSpan counter_write_request_timeout; /* configuration, as the next three */
    int64_t concurrent_counter_writes;
    double batchlog_replay_throttle;
    int64_t batch_size_fail_threshold;
    uint64_t coordinated_batches, batch_timeouts, batches_replayed, coordinated_counters,
        counters_acked, increments_unsure, increments_led, counters_dropped; /* measurement */
    Batches *batches;
    Counters *counters;
    Rng batch_rng, counter_rng;
    StorageSettings storage_settings; /* configuration */
    uint64_t flushes, compactions, compactions_reduced, compactions_refused, bytes_flushed,
        bytes_compacted, flushes_failed, segments_refused; /* measurement, as the next two */
    uint64_t disk_chunk_reads, streams_refused;
    Gauge memtable_size, writes_parked, commitlog_size, data_on_disk, sstables, sstables_per_read,
        pending_compactions;                     /* measurement */
    bool request_response_stage;                 /* configuration */
    uint64_t responses_taken, responses_dropped; /* measurement */
    bool dynamic_snitch;                         /* configuration, as the next three */
    SimSpan dynamic_snitch_update_interval, dynamic_snitch_reset_interval;
    double dynamic_snitch_badness_threshold;
    uint64_t snitch_sorts;     /* measurement */
    Snitch *snitch;            /* NULL: off */
    Listeners *listeners;      /* NULL: none yet */
    double read_repair_chance; /* configuration, as the next one */
    int background_rr;
    uint64_t background_repairs, read_repairs_attempted; /* measurement */
    Rng snitch_rng;
    GcSettings gc_settings;                                                 /* configuration */
    uint64_t gc_collections, gc_cycles, gc_full_collections, out_of_memory; /* measurement */
    Histogram *gc_pause;                                                    /* measurement */
    Gauge heap_used;                                                        /* measurement */
    Gc *gc;                                                                 /* NULL: not modelled */
    Stage read_repair_stage;
    NativeTransport native_transport;
    uint64_t requests_over_limit, requests_overloaded; /* measurement */
    uint64_t read_repairs_dropped, read_repairs_done;  /* measurement */
    SimSpan speculation_fixed;     /* of "10ms"; SIM_NEVER: by percentile or not at all */
    double speculation_percentile; /* 0 to 1; 0: not by percentile */
    bool speculates_always;
    char *allocate_tokens_for_keyspace; /* configuration, as the next four */
    bool allocates_tokens;              /* whoever names no keyspace */
    char **hinted_handoff_disabled_datacenters;
    int hint_overload;
    bool back_pressure_enabled;
    BackPressureSettings back_pressure_strategy;
    uint32_t hintless_sites;                 /* a bit for each site no hints are kept for */
    HintLimits *hint_limits;                 /* NULL: hints are kept at once, any number */
    BackPressure *back_pressure;             /* NULL: off */
    uint64_t hints_overloaded, writes_paced; /* measurement */
    Histogram *pacing;                       /* measurement */
};

static inline Cassandra *node_of(Component *component)
{
    return (Cassandra *)component;
}

static inline SimTime node_now(const Cassandra *node)
{
    return engine_now(node->engine);
}

static inline bool node_serves_peers(const Cassandra *node)
{
    return node->phase >= NODE_STOPPING;
}

static inline bool node_gossips(const Cassandra *node)
{
    return node->phase >= NODE_JOINING;
}

static inline bool node_sees(const Cassandra *node, guint rank)
{
    return node->gossip.peers[rank].is_alive;
}

/* Runs `type` on `node` after that much CPU on its host. */
static inline void node_work(Cassandra *node, SimSpan cpu, const EventType *type, void *subject,
                             uint64_t detail)
{
    host_work(node->component.host, &node->component.owner, cpu, type, subject, detail);
}

/* Runs `type` on `to` when a message of `from` arrives; false when it gets lost. Itself: at once.
 */
bool node_send(Cassandra *from, Cassandra *to, int64_t size_bytes, const EventType *type,
               void *subject, uint64_t detail);

/* How old a message of `from` is when a thread of `node` takes it: since it arrived, or with
 * cross_node_timeout since it was made, by the clock there (MessageDeliveryTask). */
SimSpan node_age_of(const Cassandra *node, const Cassandra *from, SimTime made, SimTime arrived);

/* The live replicas of a range as `node` sees them; those of `mask`. */
uint32_t node_live_replicas(const Cassandra *node, const RingRange *range);
uint32_t node_live_of(const Cassandra *node, const RingRange *range, uint32_t mask);

/* A version: the wall clock in microseconds, never the same twice on a node, stamped by its rank.
 */
int64_t node_timestamp(Cassandra *node);

/* A statement arrives: it begins now, or waits for a native transport thread. Its answer gives the
 * thread to the next that waits. */
enum {
    NODE_REQUEST_WRITE,
    NODE_REQUEST_READ,
    NODE_REQUEST_PAXOS,
    NODE_REQUEST_BATCH,
    NODE_REQUEST_COUNTER
};
void node_request_enter(Cassandra *node, void *request, uint64_t type);
void node_request_done(Cassandra *node);

/* A client's statement is answered. */
void node_answer(Cassandra *node, const CallTicket *ticket, const Message *reply);

/* The connection that it came over is closed: nobody can be answered any more. */
void node_break(Cassandra *node, CallTicket *ticket);

/* The ring has other members: tables that were made from it are made anew (cluster.c). */
void cluster_ring_changed(Cluster *cluster);

/* The process starts: its JVM first, then the replay of the commit log. */
void node_boot(Cassandra *node);

/* All rooms give back what does not outlive the process. */
void node_end(Cassandra *node, bool power_lost);

/* --- replica.c ----------------------------------------------------------------------------------
 */

/* Sizes on the wire that no setting names (3.11 internode messages without payload). */
#define MESSAGE_HEAD_BYTES 60

extern const EventType replica_mutation_arrived; /* subject Write, detail: index of the replica */
extern const EventType replica_group_arrived;    /* the cluster's; detail: mask of replicas */
extern const EventType replica_repair_arrived;   /* subject Read, detail: index */
extern const EventType replica_read_arrived;     /* subject Read, detail: round << 8 | index */
extern const EventType replica_hints_arrived; /* subject HintQueue, detail: first << 16 | count */

/* The replica stores `version` unless it has a newer one, as durable as its commit log is. */
void replica_apply(Cassandra *node, uint32_t slot, int64_t version);

/* The same for what comes as a table of its own: durable at once. */
void replica_take_in(Cassandra *node, uint32_t slot, int64_t version);

/* Calls read_repaired, paxos_answer when what is logged now may be answered. */
void replica_answer_repair(Cassandra *node, Read *read, uint64_t index);
void replica_answer_paxos(Cassandra *node, PaxosMessage *message);

/* In the detail of a task of the MUTATION stage: its subject is a PendingHint. What it did is done,
 * its thread is free. */
#define MUTATION_IS_HINT (UINT64_C(1) << 32)
/* The coordinator's own part, which has waited for too long once and runs in the end. */
#define MUTATION_IS_LATE (UINT64_C(1) << 33)
void replica_mutation_ended(Cassandra *node);

/* The coordinator's own part, without a message. */
void replica_take_mutation(Cassandra *node, Write *write, guint index);
/* What arrives after `later`, half a millisecond at most, at a node that is not busy needs no
 * event: it is done now, a fraction of a millisecond early but after it was asked for, its CPU is
 * charged all the same and its answer leaves when the work would be done. False when it needs its
 * event. What a client waits for may have to share the CPU with nobody. */
bool replica_can_be_quiet(const Cassandra *node, SimSpan later, bool is_waited_for);
bool replica_write_quietly(Cassandra *node, Write *write, guint index, SimSpan later);
bool replica_read_quietly(Cassandra *node, Read *read, uint64_t detail, SimSpan later);
void replica_take_read(Cassandra *node, Read *read, uint64_t detail);

/* Starts the commit log's period. */
void replica_start(Cassandra *node);
void replica_stop(Cassandra *node, bool power_lost);

/* --- coordinate_write.c -------------------------------------------------------------------------
 */

/* Waits for the end of a write. */
typedef void WriteEnded(Cassandra *node, uint64_t operation, uint32_t code);

/* What each copy and its acknowledgement meet stands first, up to the instants. */
struct Write {
    Cassandra *node; /* its coordinator */
    const RingRange *range;
    int64_t version;
    EventId decision;
    uint32_t slot;      /* of the first replica */
    uint32_t targets;   /* replicas that were sent the write, directly or through a relay */
    uint32_t pending;   /* of them, those with an event under way */
    uint32_t answering; /* whose acknowledgement waits at the coordinator (responses.h) */
    uint32_t acked;     /* whose acknowledgement is on its way or here */
    uint32_t dropped;   /* by replicas that did not take it */
    uint32_t relays;    /* that forward it within their site */
    uint32_t joining;   /* endpoints that were pending when it was sent: one answer more for each */
    Consistency consistency;
    uint16_t block_for;
    bool is_decided, is_orphan, is_begun, is_sent, is_swept, is_counter, is_delete, leaves_hints;
    bool is_commit; /* of a lightweight transaction: each replica is sent its own copy */
    uint8_t near;   /* with legs: index of the replica that is near */
    uint8_t column; /* that it names; 0: none that a change of the schema is about */
    WriteWay way;
    SimTime acked_at[RING_REPLICAS_MOST]; /* arrival at the coordinator */
    uint32_t lives[RING_REPLICAS_MOST];   /* the replica's incarnation when its event was planned */
    Write *previous, *next;               /* in WriteList */
    CallTicket ticket;
    uint64_t key, request;
    SimTime began;
    WriteEnded *ended;  /* waits for it in place of the client; NULL: the client does */
    uint64_t operation; /* for `ended` */
    uint8_t leader;     /* of a counter */
    uint64_t told;      /* to history; 0: not followed */
    int64_t value;      /* of a commit: names its data */
};

/* The replicas of a site that a write was sent to, pending ones included, among others; whatever
 * has become of the ring since then. */
static inline uint32_t write_site_mask(const Write *write, guint site)
{
    return (write->targets & ~write->range->mask) == 0
               ? write->range->site_mask[site]
               : ring_bits_at(write->node->cluster->ring, write->range, write->targets, site);
}

void write_receive(Cassandra *node, const Message *message);

/* A write that a coordinator does for something larger: a transaction, a batch, a counter. `ended`
 * is called with its code, unless the coordinator stops first. */
typedef struct InnerWrite {
    WriteEnded *ended;
    uint64_t operation, key, request;
    int64_t version, value;
    Consistency consistency;
    bool leaves_hints, is_commit, is_counter;
    uint8_t leader; /* of a counter: index of the replica whose shard it is */
} InnerWrite;

/* Sends it to all replicas at once. */
void write_inner(Cassandra *node, const InnerWrite *what);

/* Begins a write that waited for a thread. */
void write_begin(Cassandra *node, Write *write);

/* Forgets the write when nothing can happen to it any more. */
void write_settle(Write *write);

/* Whether the answer to the client still waits for this replica. */
bool write_waits_for(const Write *write, guint index);

/* A replica has applied the write and acknowledges it after `later`; or it has dropped it. */
void write_applied(Write *write, guint index, SimSpan later);
void write_dropped(Write *write, guint index);

/* The coordinator has looked at the acknowledgement (responses.h). */
void write_answered(Write *write, guint index);

/* A relay passes the write on to the other replicas of its site. */
void write_forward(Cassandra *relay, Write *write, guint index);

/* Each second: callbacks older than the timeout expire and leave hints. */
void write_sweep(Cassandra *node);
void write_stop(Cassandra *node);

/* --- coordinate_read.c --------------------------------------------------------------------------
 */

typedef enum ReadRound { READ_DIGESTS, READ_FULL, READ_REPAIR, READ_ROUNDS } ReadRound;

/* What each answer meets stands first. */
struct Read {
    Cassandra *node;
    const RingRange *range;
    EventId decision;
    uint32_t slot;      /* of the first replica */
    uint32_t contacted; /* replicas that were asked in the first round */
    uint32_t data;      /* of them, those asked for data */
    uint32_t answered;  /* in this round */
    uint32_t pending[READ_ROUNDS];
    uint32_t answering[READ_ROUNDS]; /* as in Write */
    Consistency consistency;
    uint16_t block_for;
    uint8_t round;
    uint8_t near;   /* with legs: index of the replica that is near */
    uint8_t column; /* as in Write */
    bool is_begun, is_sent, is_asking, is_done, is_orphan;
    bool checks_rest;         /* asks more than it needs: what comes after the answer is compared */
    bool is_background;       /* repairs what such a comparison found: nobody waits */
    int spare;                /* index of the replica to ask when the others are slow; -1: none */
    uint32_t stale;           /* replicas that are being repaired */
    uint32_t failed, failing; /* whose answer was a failure; whose failure is on its way */
    int64_t newest;           /* version to repair with */
    SimTime began;
    Read *previous, *next; /* in ReadList, or lingering */
    CallTicket ticket;
    uint64_t key, request;
    SimSpan *missing_for; /* with legs: how long what was sent last was not at the replica yet */
    uint64_t operation; /* number of the lightweight transaction that reads, 0: the client waits */
    SimTime answered_at[RING_REPLICAS_MOST];
    SimTime asked_at[RING_REPLICAS_MOST];
    int64_t versions[RING_REPLICAS_MOST];
    uint32_t lives[RING_REPLICAS_MOST];
};

/* The replicas to ask (choose_replicas.c); sets `data` and `spare`. */
uint32_t read_choose(Read *read);

void read_receive(Cassandra *node, const Message *message);
/* A lightweight transaction reads its row; paxos_read_ended tells what it is. */
void read_for_paxos(Cassandra *node, uint64_t operation, uint64_t key, Consistency level);
void read_begin(Cassandra *node, Read *read);
/* A replica gave the row up and tells so (read_failure.c). */
void read_failed(Read *read, Cassandra *replica, uint64_t detail);

/* Ends it with this code, or has nobody wait for it where nobody does. */
void read_end(Read *read, uint32_t code);
/* A replica has read the row and answers after `later`; it was dropped; the repair is applied. */
void read_served(Read *read, Cassandra *replica, uint64_t detail, SimSpan later);
void read_dropped(Read *read, uint64_t detail);
void read_repaired(Read *read, Cassandra *replica, guint index);
/* The coordinator has looked at an answer (responses.h). */
void read_answered(Read *read, guint index, ReadRound round);
void read_sweep(Cassandra *node);
void read_start(Cassandra *node);

/* Reads speculative_retry as CQL has it (SpeculativeRetryParam.fromString). */
void speculation_read_setting(Cassandra *node, DiagList *diags);
void read_stop(Cassandra *node);

/* --- gossip.c -----------------------------------------------------------------------------------
 */

#define PEER_INTERVALS 1000

void gossip_make(Cassandra *node);
void gossip_free(Cassandra *node);

/* Joins the cluster: `is_first` at the beginning of the run, when all have known each other. */
void gossip_start(Cassandra *node, bool is_first);

/* A node is about to join: all others count it among those they have not heard of. It is no member
 * any more: nobody counts it. */
void gossip_welcome(Cassandra *node);
void gossip_forget(Cassandra *node);

/* Tells all live peers that it ends now, and gossips no more. */
void gossip_announce_shutdown(Cassandra *node);
