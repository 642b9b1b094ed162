/* cassandra_rig.h - the modelled cluster in a quiet world: 20 nodes on the golden ring, a probe as
 * driver in each data centre, links of the reference's round-trip times without jitter and loss. */
#pragma once

#include "tests/support/golden_ring.h"
#include "tests/support/rig.h"

enum { DC01, DC02, DC03, DCB1, DCB2 };

typedef struct CassandraRig {
    Rig *rig;
    Ring *ring; /* a copy of the cluster's, to look replicas up in */
    Component *nodes[GOLDEN_NODES];
    Probe *drivers[GOLDEN_SITES];
} CassandraRig;

/* `settings` are members of the section "cassandra" ("\"commitlog_sync\": \"batch\""), or NULL. */
CassandraRig *cassandra_rig_new(uint64_t seed, const char *settings);

/* The same, in which so many nodes will be told something about their place in the ring. */
typedef struct CassandraPlan {
    guint node;
    Order order;
    const char *about; /* may be NULL */
} CassandraPlan;
CassandraRig *cassandra_rig_new_plans(uint64_t seed, const char *settings,
                                      const CassandraPlan *plans, guint count);

/* One of them: `node` will be told `order` about `about` (may be NULL). */
CassandraRig *cassandra_rig_new_planned(uint64_t seed, const char *settings, guint node,
                                        Order order, const char *about);
void cassandra_rig_free(CassandraRig *rig);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CassandraRig, cassandra_rig_free)

/* Settings without CPU time and chance. */
#define CASSANDRA_NO_CPU                                                                           \
    "\"coordinator_cpu\": \"0s\", \"write_cpu\": \"0s\", \"read_cpu\": \"0s\", "                   \
    "\"answer_cpu\": \"0s\", \"forward_cpu\": \"0s\", \"hint_cpu\": \"0s\", "                      \
    "\"dclocal_read_repair_chance\": 0"

/* The range of a key. */
const RingRange *cassandra_rig_range(const CassandraRig *rig, uint64_t key);

/* Whether the node holds a replica of the key. */
bool cassandra_rig_holds(const CassandraRig *rig, guint node, uint64_t key);

/* The driver at the node's site sends it a statement. */
const ProbeAsked *cassandra_rig_write(CassandraRig *rig, guint node, uint64_t key,
                                      Consistency level);
const ProbeAsked *cassandra_rig_read(CassandraRig *rig, guint node, uint64_t key,
                                     Consistency level);

/* Lets the dynamic snitch of `node` hear of each replica of the key, so that it reads the nearest.
 */
void cassandra_rig_warm_snitch(CassandraRig *rig, guint node, uint64_t key);

/* The same for any statement on `key`. */
const ProbeAsked *cassandra_rig_ask(CassandraRig *rig, guint node, Message message);

/* The version that replica number `index` of the key stores. */
int64_t cassandra_rig_stored(const CassandraRig *rig, guint index, uint64_t key);

/* The code of the answer, which must have come. */
uint32_t cassandra_rig_code(const ProbeAsked *asked);

/* "cassandra@DC03-db2" of node 9; "host@DC03-db2". */
const char *cassandra_rig_name(guint node);
const char *cassandra_rig_host(guint node);

/* A counter or gauge summed over all nodes; of one node. */
uint64_t cassandra_rig_sum(const CassandraRig *rig, const char *metric);
uint64_t cassandra_rig_counter(const CassandraRig *rig, guint node, const char *metric);

/* Cuts both directions between two sites for a span. */
void cassandra_rig_cut(CassandraRig *rig, guint a, guint b, SimSpan span);

/* Cuts a site off from all others for a span. */
void cassandra_rig_cut_off(CassandraRig *rig, guint site, SimSpan span);

/* Writes the key at LOCAL_QUORUM through `node` while `site` is cut off, for so long that it is
 * marked down: what waits for it is lost. All are up again when it returns, 4 min later. */
const ProbeAsked *cassandra_rig_write_past(CassandraRig *rig, guint site, guint node, uint64_t key);
