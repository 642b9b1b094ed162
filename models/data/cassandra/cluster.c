/* cluster.c - builds what all nodes of a world share. */
#include "models/data/cassandra/cluster.h"

#include "models/data/cassandra/batch.h"
#include "models/data/cassandra/cluster_tokens.h"
#include "models/data/cassandra/floors.h"
#include "models/data/cassandra/witness.h"

#include "models/data/cassandra/losses.h"
#include "models/data/cassandra/murmur3.h"
#include "models/data/cassandra/paxos.h"
#include "models/data/cassandra/repair.h"
#include "models/data/cassandra/scan.h"
#include "models/data/cassandra/schema.h"
#include "models/data/cassandra/tombstones.h"
#include "models/data/cassandra/topology.h"
#include "sim/config/json_place.h"
#include "sim/world/token_map.h"

#define CLUSTER_OWNER_ID (UINT32_MAX - 16) /* no component has it */

const char cluster_keyspaces_schema[] =
    "{\"type\":\"object\",\"minProperties\":1,\"maxProperties\":1,\"additionalProperties\":"
    "{\"type\":\"object\",\"required\":[\"replication\"],\"properties\":{\"replication\":"
    "{\"type\":\"object\",\"required\":[\"class\"],\"properties\":{\"class\":"
    "{\"const\":\"NetworkTopologyStrategy\"}},\"additionalProperties\":"
    "{\"type\":[\"integer\",\"string\"]}}}}}";

/* A service time table and the law it was made from. */
typedef struct ServiceTable {
    char *law;
    ServiceTime times;
} ServiceTable;

static void service_table_free(gpointer data)
{
    ServiceTable *table = data;

    g_free(table->law);
    g_free(table);
}

ServiceTime *cluster_service(Cluster *cluster, Draw law)
{
    ServiceTable *table;

    for (guint i = 0; i < cluster->services->len; i++) {
        table = cluster->services->pdata[i];
        if (strcmp(table->law, draw_text(law)) == 0) {
            return &table->times;
        }
    }
    table = g_new0(ServiceTable, 1);
    table->law = g_strdup(draw_text(law));
    service_time_init(&table->times, law);
    g_ptr_array_add(cluster->services, table);
    return &table->times;
}

static void cluster_clear(void *data)
{
    Cluster *cluster = data;

    losses_free(cluster);
    spread_law_free(cluster);
    legs_free(cluster->legs);
    ring_free(cluster->ring);
    key_table_clear(&cluster->keys);
    store_clear(&cluster->store);
    batch_free_shared(cluster);
    tombstones_free_shared(cluster);
    schema_free_shared(cluster);
    repair_marks_free(cluster);
    paxos_free_shared(cluster);
    g_free(cluster->nodes);
    g_free(cluster->nearest);
    if (cluster->services != NULL) {
        g_ptr_array_free(cluster->services, TRUE);
    }
}

/* --- nodes and sites ----------------------------------------------------------------------------
 */

static void find_sites(Cluster *cluster, World *world, DiagList *diags)
{
    for (guint i = 0; i < world_count_sites(world); i++) {
        const Site *site = world_site(world, i);

        if (site->type != SITE_DC) {
            continue;
        }
        if (cluster->site_count == RING_SITES_MOST) {
            diag_add(diags, DIAG_ERROR, NULL, DIAG_KEY,
                     "a Cassandra cluster spans at most %d data centres", RING_SITES_MOST);
            return;
        }
        cluster->sites[cluster->site_count++] = site;
    }
}

/* In order of site, and of component within a site. */
static void find_nodes(Cluster *cluster, World *world)
{
    const GPtrArray *components = world_of_kind(world, "cassandra");

    cluster->nodes = g_new0(Cassandra *, components->len);
    for (guint site = 0; site < cluster->site_count; site++) {
        for (guint i = 0; i < components->len; i++) {
            Cassandra *node = components->pdata[i];

            if (node->component.site == cluster->sites[site]) {
                node->rank = cluster->node_count;
                node->site = site;
                cluster->nodes[cluster->node_count++] = node;
            }
        }
    }
}

static guint count_nodes(const Cluster *cluster, guint site)
{
    guint count = 0;

    for (guint i = 0; i < cluster->node_count; i++) {
        count += cluster->nodes[i]->site == site && !cluster->nodes[i]->is_outsider ? 1 : 0;
    }
    return count;
}

/* The number of the node's rack within its site: the first node with the same rack has it. */
static uint16_t rack_of(const Cluster *cluster, guint rank)
{
    const Cassandra *node = cluster->nodes[rank];
    uint16_t rack = 0;

    for (guint i = 0; i < rank; i++) {
        const Cassandra *other = cluster->nodes[i];

        if (other->site != node->site) {
            continue;
        }
        if (strcmp(other->rack, node->rack) == 0) {
            return rack_of(cluster, i);
        }
        rack = (uint16_t)MAX(rack, rack_of(cluster, i) + 1);
    }
    return rack;
}

/* --- replication --------------------------------------------------------------------------------
 */

static bool read_factor(const cJSON *value, uint32_t *factor)
{
    double number = value->valuedouble;

    if (cJSON_IsString(value)) {
        char *end;
        guint64 parsed = g_ascii_strtoull(value->valuestring, &end, 10);

        *factor = (uint32_t)parsed;
        return *value->valuestring != '\0' && *end == '\0' && parsed <= RING_REPLICAS_MOST;
    }
    if (!cJSON_IsNumber(value) || number < 0 || number > RING_REPLICAS_MOST ||
        number != (double)(uint32_t)number) {
        return false;
    }
    *factor = (uint32_t)number;
    return true;
}

static void report_unknown_site(const Cluster *cluster, const cJSON *item, DiagList *diags)
{
    const char *names[RING_SITES_MOST + 1] = {NULL};
    g_autofree char *suggestion = NULL;

    for (guint i = 0; i < cluster->site_count; i++) {
        names[i] = cluster->sites[i]->name;
    }
    suggestion = diag_suggest(item->string, names);
    diag_add(diags, DIAG_ERROR, item, DIAG_KEY, "there is no data centre '%s'%s", item->string,
             suggestion);
}

static void read_site_factor(const Cluster *cluster, const cJSON *item, uint32_t *factors,
                             DiagList *diags)
{
    for (guint i = 0; i < cluster->site_count; i++) {
        guint nodes;

        if (strcmp(cluster->sites[i]->name, item->string) != 0) {
            continue;
        }
        nodes = count_nodes(cluster, i);
        if (!read_factor(item, &factors[i])) {
            diag_add(diags, DIAG_ERROR, item, DIAG_VALUE,
                     "the replication factor of '%s' must be a whole number from 0 to %d",
                     item->string, RING_REPLICAS_MOST);
        } else if (nodes == 0 && factors[i] > 0) {
            diag_add(diags, DIAG_ERROR, item, DIAG_VALUE,
                     "'%s' is to hold replicas but runs no Cassandra node", item->string);
        } else if (factors[i] > nodes) {
            diag_add(diags, DIAG_ERROR, item, DIAG_VALUE,
                     "'%s' is to hold %u replicas but has %u nodes in the ring", item->string,
                     factors[i], nodes);
        }
        return;
    }
    report_unknown_site(cluster, item, diags);
}

static bool read_replication(const Cluster *cluster, const cJSON *keyspaces, uint32_t *factors,
                             DiagList *diags)
{
    const cJSON *keyspace = cJSON_IsObject(keyspaces) ? keyspaces->child : NULL;
    const cJSON *replication = json_member(keyspace, "replication");
    const cJSON *class = json_member(replication, "class");
    guint before = diag_count_errors(diags);
    guint sum = 0;

    if (!cJSON_IsObject(replication) || keyspace->next != NULL) {
        diag_add(diags, DIAG_ERROR, keyspaces, DIAG_VALUE,
                 "'keyspaces' must name one keyspace with its 'replication'");
        return false;
    }
    if (!cJSON_IsString(class) || strcmp(class->valuestring, "NetworkTopologyStrategy") != 0) {
        diag_add(diags, DIAG_ERROR, class != NULL ? class : replication, DIAG_VALUE,
                 "'class' must be 'NetworkTopologyStrategy'");
    }
    for (const cJSON *item = replication->child; item != NULL; item = item->next) {
        if (item != class) {
            read_site_factor(cluster, item, factors, diags);
        }
    }
    for (guint i = 0; i < cluster->site_count; i++) {
        sum += factors[i];
    }
    if (diag_count_errors(diags) == before && (sum == 0 || sum > RING_REPLICAS_MOST)) {
        diag_add(diags, DIAG_ERROR, replication, DIAG_VALUE,
                 "the replication factors must sum to 1 to %d", RING_REPLICAS_MOST);
    }
    return diag_count_errors(diags) == before;
}

/* --- ring ---------------------------------------------------------------------------------------
 */

static bool make_ring(Cluster *cluster, World *world, const uint32_t *factors, DiagList *diags)
{
    g_autofree RingNode *nodes = g_new0(RingNode, cluster->node_count);

    for (guint i = 0; i < cluster->node_count; i++) {
        nodes[i] =
            (RingNode){.site = (uint16_t)cluster->nodes[i]->site, .rack = rack_of(cluster, i)};
    }
    cluster->ring = ring_new(nodes, cluster->node_count, factors, cluster->site_count);
    if (!cluster_take_tokens(cluster, world, factors, diags)) {
        return false;
    }
    for (guint i = 0; i < cluster->node_count; i++) {
        if (cluster->nodes[i]->is_outsider) {
            ring_set_member(cluster->ring, i, RING_OUTSIDE);
        }
    }
    ring_close(cluster->ring);
    return true;
}

static SimSpan delay_to(const Cluster *cluster, const World *world, guint site, guint rank)
{
    return network_base_delay(world, cluster->sites[site], cluster->nodes[rank]->component.site);
}

/* Sorts the replicas of one range by delay from a site; equal ones keep their ring order. */
static void sort_nearest(Cluster *cluster, const World *world, guint site, guint index)
{
    const RingRange *range = ring_range(cluster->ring, index);
    uint8_t *sorted =
        cluster->nearest + (site * ring_count_ranges(cluster->ring) + index) * RING_REPLICAS_MOST;

    for (guint i = 0; i < range->count; i++) {
        SimSpan delay = delay_to(cluster, world, site, range->replicas[i]);
        guint place = i;

        while (place > 0 &&
               delay_to(cluster, world, site, range->replicas[sorted[place - 1]]) > delay) {
            sorted[place] = sorted[place - 1];
            place--;
        }
        sorted[place] = (uint8_t)i;
    }
}

void cluster_ring_changed(Cluster *cluster)
{
    const World *world = cluster->nodes[0]->component.world;

    for (guint site = 0; site < cluster->site_count; site++) {
        for (guint i = 0; i < ring_count_ranges(cluster->ring); i++) {
            sort_nearest(cluster, world, site, i);
        }
    }
}

static void find_nearest(Cluster *cluster)
{
    guint ranges = ring_count_ranges(cluster->ring);

    cluster->nearest = g_new0(uint8_t, cluster->site_count * ranges * RING_REPLICAS_MOST);
    cluster_ring_changed(cluster);
}

/* Tables of what each statement asks for. */
static void find_needs(Cluster *cluster, guint changes)
{
    for (guint i = 0; i < ring_count_ranges(cluster->ring); i++) {
        cluster->slots_per_key = MAX(cluster->slots_per_key, ring_range(cluster->ring, i)->count);
    }
    cluster->slots_per_key += changes; /* each may bring a range one more replica */
    for (guint site = 0; site < cluster->site_count; site++) {
        for (Consistency level = CONSISTENCY_ANY; level < LEVELS; level++) {
            cluster->block_for[site][level] = (uint16_t)level_block_for(level, cluster->ring, site);
        }
    }
}

static int64_t token_of(const Cluster *cluster, uint64_t key)
{
    return murmur3_token_of_bigint((int64_t)scan_partition(cluster, key));
}

static uint32_t place_key(void *context, uint64_t key)
{
    const Cluster *cluster = context;

    return ring_find(cluster->ring, token_of(cluster, key));
}

/* What drivers know of the ring. */
static guint find_holders(void *context, uint64_t key, Component **found, guint most)
{
    const Cluster *cluster = context;
    const KeyEntry *entry = key_table_find(&cluster->keys, key);
    guint index = entry != NULL ? entry->range : ring_find(cluster->ring, token_of(cluster, key));
    const RingRange *range = ring_range(cluster->ring, index);
    guint count = 0;

    for (guint i = 0; i < range->count && count < most; i++) {
        if ((range->mask >> i & 1) != 0) {
            found[count++] = &cluster->nodes[range->replicas[i]]->component;
        }
    }
    return count;
}

static void build(Cluster *cluster, World *world, DiagList *diags)
{
    uint32_t factors[RING_SITES_MOST] = {0};
    guint before = diag_count_errors(diags), changes, replicas = 0;

    cluster->services = g_ptr_array_new_with_free_func(service_table_free);
    find_sites(cluster, world, diags);
    find_nodes(cluster, world);
    if (cluster->node_count == 0 ||
        !read_replication(cluster, cluster->nodes[0]->keyspaces, factors, diags)) {
        return;
    }
    changes = topology_check(cluster, factors, diags);
    for (guint i = 0; i < cluster->site_count; i++) {
        replicas += factors[i];
    }
    if (changes > 0 && replicas + changes > RING_REPLICAS_MOST) {
        diag_add(diags, DIAG_ERROR, cluster->nodes[0]->keyspaces, DIAG_VALUE,
                 "%u replicas and %u changes of the ring are more than %d in all", replicas,
                 changes, RING_REPLICAS_MOST);
    }
    if (diag_count_errors(diags) > before || !make_ring(cluster, world, factors, diags)) {
        return;
    }
    repair_check(cluster, diags);
    schema_make(cluster, diags);
    find_nearest(cluster);
    spread_law_prepare(cluster);
    find_needs(cluster, changes);
    cluster->legs = legs_new(&cluster->nodes[0]->legs, world_engine(world),
                             cluster->nodes[0]->component.settings, diags);
    cluster->owner.id = CLUSTER_OWNER_ID;
    cluster->surveys = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    cluster->partition_rows = (uint64_t)cluster->nodes[0]->partition.rows;
    key_table_init(&cluster->keys, place_key, cluster);
    *token_map_of(world) = (TokenMap){find_holders, cluster};
}

Cluster *cluster_of(World *world, DiagList *diags)
{
    Cluster *cluster = world_shared(world, "cassandra", sizeof *cluster, cluster_clear);

    if (cluster->services == NULL) {
        build(cluster, world, diags);
        floors_offer(cluster, world);
        witness_offer(cluster, world);
    }
    return cluster;
}
