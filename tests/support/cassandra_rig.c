/* cassandra_rig.c - the modelled cluster in a quiet world. */
#include "tests/support/cassandra_rig.h"

#include "models/data/cassandra/murmur3.h"
#include "models/data/cassandra/node.h"

extern const Kind cassandra_kind;

static const char *const sites[GOLDEN_SITES] = {"DC01", "DC02", "DC03", "DCB1", "DCB2"};

static const char *const names[GOLDEN_NODES] = {
    "cassandra@DC01-db1", "cassandra@DC01-db2", "cassandra@DC01-db3", "cassandra@DC01-db4",
    "cassandra@DC02-db1", "cassandra@DC02-db2", "cassandra@DC02-db3", "cassandra@DC02-db4",
    "cassandra@DC03-db1", "cassandra@DC03-db2", "cassandra@DC03-db3", "cassandra@DC03-db4",
    "cassandra@DCB1-db1", "cassandra@DCB1-db2", "cassandra@DCB1-db3", "cassandra@DCB1-db4",
    "cassandra@DCB2-db1", "cassandra@DCB2-db2", "cassandra@DCB2-db3", "cassandra@DCB2-db4",
};

static const char *const hosts[GOLDEN_NODES] = {
    "host@DC01-db1", "host@DC01-db2", "host@DC01-db3", "host@DC01-db4", "host@DC02-db1",
    "host@DC02-db2", "host@DC02-db3", "host@DC02-db4", "host@DC03-db1", "host@DC03-db2",
    "host@DC03-db3", "host@DC03-db4", "host@DCB1-db1", "host@DCB1-db2", "host@DCB1-db3",
    "host@DCB1-db4", "host@DCB2-db1", "host@DCB2-db2", "host@DCB2-db3", "host@DCB2-db4",
};

/* What comes after the '@'. */
static const char *place_of(const char *name)
{
    return strchr(name, '@') + 1;
}

static void add_links(CassandraRig *rig)
{
    for (guint from = 0; from < GOLDEN_SITES; from++) {
        for (guint to = 0; to < GOLDEN_SITES; to++) {
            g_autofree char *json = g_strdup_printf(
                "{\"rtt\": \"%uus\", \"jitter\": \"none\", \"loss\": 0}", golden_rtt_us[from][to]);

            rig_link(rig->rig, sites[from], sites[to], json);
        }
    }
}

CassandraRig *cassandra_rig_new(uint64_t seed, const char *settings)
{
    return cassandra_rig_new_plans(seed, settings, NULL, 0);
}

CassandraRig *cassandra_rig_new_planned(uint64_t seed, const char *settings, guint node,
                                        Order order, const char *about)
{
    return cassandra_rig_new_plans(seed, settings, &(CassandraPlan){node, order, about}, 1);
}

CassandraRig *cassandra_rig_new_plans(uint64_t seed, const char *settings,
                                      const CassandraPlan *plans, guint count)
{
    CassandraRig *rig = g_new0(CassandraRig, 1);
    g_autofree char *json = g_strdup_printf(
        "{\"token_seed\": 1, \"keyspaces\": {\"iot\": {\"replication\": {\"class\": "
        "\"NetworkTopologyStrategy\", \"DC01\": 3, \"DC02\": 3, \"DC03\": 3, \"DCB1\": 1, "
        "\"DCB2\": 1}}}%s%s}",
        settings == NULL ? "" : ", ", settings == NULL ? "" : settings);

    rig->rig = rig_new(seed, &cassandra_kind, NULL);
    rig->ring = golden_ring_new();
    for (guint i = 0; i < GOLDEN_SITES; i++) {
        g_autofree char *app = g_strconcat(sites[i], "-app1", NULL);

        rig_site(rig->rig, sites[i]);
        rig_host(rig->rig, app, NULL, "{\"steal\": \"none\"}");
        rig->drivers[i] = rig_probe(rig->rig, app);
    }
    for (guint i = 0; i < GOLDEN_NODES; i++) {
        rig_host(rig->rig, place_of(hosts[i]), NULL,
                 "{\"steal\": \"none\", \"clock_offset\": \"0s\", \"boot\": \"10s\"}");
        rig->nodes[i] = rig_add(rig->rig, "cassandra", place_of(names[i]), json);
    }
    add_links(rig);
    for (guint i = 0; i < count; i++) {
        PlannedOrder plan = {.order = plans[i].order, .about = plans[i].about, .at = SIM_NEVER};

        cassandra_kind.on_plan(rig->nodes[plans[i].node], &plan, NULL);
    }
    rig_start(rig->rig);
    return rig;
}

void cassandra_rig_free(CassandraRig *rig)
{
    rig_free(rig->rig);
    ring_free(rig->ring);
    g_free(rig);
}

const RingRange *cassandra_rig_range(const CassandraRig *rig, uint64_t key)
{
    return ring_range(rig->ring, ring_find(rig->ring, murmur3_token_of_bigint((int64_t)key)));
}

bool cassandra_rig_holds(const CassandraRig *rig, guint node, uint64_t key)
{
    const RingRange *range = cassandra_rig_range(rig, key);

    for (guint i = 0; i < range->count; i++) {
        if (range->replicas[i] == node) {
            return true;
        }
    }
    return false;
}

const ProbeAsked *cassandra_rig_ask(CassandraRig *rig, guint node, Message message)
{
    message.size_bytes = 200;
    return probe_call(rig->drivers[node / 4], rig->nodes[node], &message, SIM_MIN);
}

int64_t cassandra_rig_stored(const CassandraRig *rig, guint index, uint64_t key)
{
    const Cluster *cluster = ((const Cassandra *)rig->nodes[0])->cluster;
    const KeyEntry *entry = key_table_find(&cluster->keys, key);

    return entry == NULL
               ? 0
               : store_get(&cluster->store, entry->index * cluster->slots_per_key + index);
}

static const ProbeAsked *ask(CassandraRig *rig, guint node, MessageOp op, uint64_t key,
                             Consistency level)
{
    Message message = {.op = op, .size_bytes = 200, .key = key, .consistency = (int)level};

    return probe_call(rig->drivers[node / 4], rig->nodes[node], &message, SIM_MIN);
}

const ProbeAsked *cassandra_rig_write(CassandraRig *rig, guint node, uint64_t key,
                                      Consistency level)
{
    return ask(rig, node, MESSAGE_WRITE, key, level);
}

const ProbeAsked *cassandra_rig_read(CassandraRig *rig, guint node, uint64_t key, Consistency level)
{
    return ask(rig, node, MESSAGE_READ, key, level);
}

uint32_t cassandra_rig_code(const ProbeAsked *asked)
{
    g_assert_cmpuint(asked->ends, ==, 1);
    g_assert_cmpint(asked->outcome, ==, OUTCOME_OK);
    return asked->reply.code;
}

const char *cassandra_rig_name(guint node)
{
    return names[node];
}

const char *cassandra_rig_host(guint node)
{
    return hosts[node];
}

uint64_t cassandra_rig_counter(const CassandraRig *rig, guint node, const char *metric)
{
    return rig_counter(rig->rig, names[node], metric);
}

uint64_t cassandra_rig_sum(const CassandraRig *rig, const char *metric)
{
    uint64_t sum = 0;

    for (guint i = 0; i < GOLDEN_NODES; i++) {
        sum += cassandra_rig_counter(rig, i, metric);
    }
    return sum;
}

void cassandra_rig_cut(CassandraRig *rig, guint a, guint b, SimSpan span)
{
    g_autofree char *there = g_strdup_printf("link@%s-%s", sites[a], sites[b]);
    g_autofree char *back = g_strdup_printf("link@%s-%s", sites[b], sites[a]);

    rig_down(rig->rig, there, span);
    rig_down(rig->rig, back, span);
}

void cassandra_rig_cut_off(CassandraRig *rig, guint site, SimSpan span)
{
    for (guint other = 0; other < GOLDEN_SITES; other++) {
        if (other != site) {
            cassandra_rig_cut(rig, site, other, span);
        }
    }
}

const ProbeAsked *cassandra_rig_write_past(CassandraRig *rig, guint site, guint node, uint64_t key)
{
    const ProbeAsked *asked;

    rig_run(rig->rig, SIM_MIN);
    cassandra_rig_cut_off(rig, site, 28 * SIM_S);
    asked = cassandra_rig_write(rig, node, key, CONSISTENCY_LOCAL_QUORUM);
    rig_run(rig->rig, 3 * SIM_MIN);
    return asked;
}

void cassandra_rig_warm_snitch(CassandraRig *rig, guint node, uint64_t key)
{
    cassandra_rig_read(rig, node, key, CONSISTENCY_ALL);
    rig_run(rig->rig, SIM_S);
}
