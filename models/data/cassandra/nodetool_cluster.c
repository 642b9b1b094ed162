/* nodetool_cluster.c - the schemas of a cluster as one node has heard of them.
 * Source: Cassandra 3.11 tools/nodetool/DescribeCluster, StorageProxy.describeSchemaVersions (which
 * asks the live nodes and does not look at gossip; here what gossip told stands for it). */
#include "models/data/cassandra/nodetool.h"
#include "models/data/cassandra/schema.h"

/* The last step of splitmix64. */
static uint64_t mix(uint64_t bits)
{
    bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
    return bits ^ bits >> 31;
}

/* The same for the same schema: a hash of the changes that make it. */
static char *print_uuid(uint64_t version)
{
    uint64_t high = mix(version + 1), low = mix(high);

    return g_strdup_printf("%08x-%04x-3%03x-%04x-%012" G_GINT64_MODIFIER "x",
                           (uint32_t)(high >> 32), (uint32_t)(high >> 16 & 0xffff),
                           (uint32_t)(high & 0xfff), (uint32_t)(low >> 48 & 0x3fff) | 0x8000,
                           low & UINT64_C(0xffffffffffff));
}

/* Without planned changes all have one. */
static uint64_t version_of(const Cassandra *asked, guint rank)
{
    if (asked->schema == NULL) {
        return 0;
    }
    return rank == asked->rank ? asked->schema->version : asked->schema->heard[rank];
}

char *nodetool_print_schema(const Cassandra *asked, guint rank)
{
    return print_uuid(version_of(asked, rank));
}

static bool is_listed(const Cassandra *asked, guint rank)
{
    return asked->gossip.peers[rank].generation > 0 &&
           ring_member(asked->cluster->ring, rank) != RING_OUTSIDE;
}

static bool is_reached(const Cassandra *asked, guint rank)
{
    return is_listed(asked, rank) && node_sees(asked, rank) &&
           version_of(asked, rank) != SCHEMA_UNHEARD;
}

/* The others of the same version, and the line of all of them. */
static void show_version(const Cassandra *asked, guint first, ViewAnswer *answer, cJSON *versions)
{
    g_autofree char *version = nodetool_print_schema(asked, first);
    cJSON *item = cJSON_CreateObject(), *nodes;
    const char *comma = "";

    cJSON_AddStringToObject(item, "version", version);
    nodes = cJSON_AddArrayToObject(item, "nodes");
    g_string_append_printf(answer->text, "\t\t%s: [", version);
    for (guint i = first; i < asked->cluster->node_count; i++) {
        if (is_reached(asked, i) && version_of(asked, i) == version_of(asked, first)) {
            g_autofree char *address = nodetool_print_address(asked->cluster->nodes[i]);

            g_string_append_printf(answer->text, "%s%s", comma, address);
            cJSON_AddItemToArray(nodes, cJSON_CreateString(address));
            comma = ", ";
        }
    }
    g_string_append(answer->text, "]\n\n");
    cJSON_AddItemToArray(versions, item);
}

static void show_unreachable(const Cassandra *asked, ViewAnswer *answer)
{
    cJSON *nodes = cJSON_AddArrayToObject(answer->data, "unreachable");
    const char *comma = "";

    for (guint i = 0; i < asked->cluster->node_count; i++) {
        if (is_listed(asked, i) && !is_reached(asked, i)) {
            g_autofree char *address = nodetool_print_address(asked->cluster->nodes[i]);

            g_string_append_printf(answer->text, "%s%s",
                                   *comma == '\0' ? "\t\tUNREACHABLE: [" : comma, address);
            cJSON_AddItemToArray(nodes, cJSON_CreateString(address));
            comma = ", ";
        }
    }
    g_string_append(answer->text, *comma == '\0' ? "" : "]\n\n");
}

static bool is_first_of_its_version(const Cassandra *asked, guint rank)
{
    for (guint i = 0; i < rank; i++) {
        if (is_reached(asked, i) && version_of(asked, i) == version_of(asked, rank)) {
            return false;
        }
    }
    return is_reached(asked, rank);
}

bool nodetool_show_describecluster(const Component *self, SimTime epoch, const char *const *words,
                                   ViewAnswer *answer, GError **error)
{
    const Cassandra *asked = (const Cassandra *)self;
    cJSON *versions = cJSON_AddArrayToObject(answer->data, "schema_versions");

    (void)epoch;
    (void)words;
    if (!nodetool_check_gossips(asked, error)) {
        return false;
    }
    g_string_append_printf(answer->text,
                           "Cluster Information:\n\tName: Test Cluster\n\tSnitch: "
                           "org.apache.cassandra.locator.%s\n\tPartitioner: "
                           "org.apache.cassandra.dht.Murmur3Partitioner\n\tSchema versions:\n",
                           asked->dynamic_snitch ? "DynamicEndpointSnitch"
                                                 : "GossipingPropertyFileSnitch");
    for (guint i = 0; i < asked->cluster->node_count; i++) {
        if (is_first_of_its_version(asked, i)) {
            show_version(asked, i, answer, versions);
        }
    }
    show_unreachable(asked, answer);
    return true;
}
