/* nodetool.c - what `nodetool` prints when it asks a node: the node's own view, right or wrong.
 * Source: Cassandra 3.11 tools/nodetool/Status, RingNodes. Order within a data centre is that of
 * the modelled ring (Cassandra walks a hash map). Load is '?', as before the first gossip of it,
 * unless 'storage' is modelled. */
#include "models/data/cassandra/nodetool.h"

#include "models/data/cassandra/storage.h"

/* --- what is printed of a node --- */

char *nodetool_print_size(double size_bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    g_autofree char *text = NULL;
    guint unit = 0;

    while (size_bytes >= 1024 && unit + 1 < G_N_ELEMENTS(units)) {
        size_bytes /= 1024;
        unit++;
    }
    text = g_strdup_printf("%.2f", size_bytes);
    for (char *end = text + strlen(text) - 1; *end == '0' || *end == '.'; end--) {
        bool is_point = *end == '.';

        *end = '\0';
        if (is_point) {
            break;
        }
    }
    return g_strconcat(text, " ", units[unit], NULL);
}

char *nodetool_print_address(const Cassandra *node)
{
    uint32_t address = host_address(node->component.host);

    if (address == 0) {
        return g_strdup(component_place(&node->component));
    }
    return g_strdup_printf("%u.%u.%u.%u", address >> 24, address >> 16 & 0xff, address >> 8 & 0xff,
                           address & 0xff);
}

/* Version 4. */
char *nodetool_print_host_id(const Cassandra *node)
{
    uint64_t high = (node->host_id[0] & ~UINT64_C(0xf000)) | UINT64_C(0x4000);
    uint64_t low = (node->host_id[1] >> 2) | UINT64_C(0x8000000000000000);

    return g_strdup_printf("%08x-%04x-%04x-%04x-%012" G_GINT64_MODIFIER "x", (guint)(high >> 32),
                           (guint)(high >> 16 & 0xffff), (guint)(high & 0xffff), (guint)(low >> 48),
                           low & UINT64_C(0xffffffffffff));
}

/* What `asked` believes of a node: U live, D unreachable. */
static char life_of(const Cassandra *asked, const Cassandra *node)
{
    return node_sees(asked, node->rank) ? 'U' : 'D';
}

static char state_of(const Cassandra *node)
{
    switch (ring_member(node->cluster->ring, node->rank)) {
    case RING_JOINING:
        return 'J';
    case RING_LEAVING:
        return 'L';
    case RING_NORMAL:
    case RING_OUTSIDE:
        break;
    }
    return 'N';
}

static bool is_shown(const Cassandra *node)
{
    return ring_member(node->cluster->ring, node->rank) != RING_OUTSIDE;
}

static guint count_tokens(const Ring *ring, guint rank)
{
    guint count = 0;

    for (guint i = 0; i < ring_count_ranges(ring); i++) {
        count += ring_range(ring, i)->owner == rank ? 1 : 0;
    }
    return count;
}

/* A process answers JMX before it gossips. */
bool nodetool_check_gossips(const Cassandra *asked, GError **error)
{
    if (!node_gossips(asked)) {
        g_set_error(error, g_quark_from_static_string("nodetool"), 0,
                    asked->phase == NODE_BOOTING
                        ? "'%s' is starting (JVM and commit log replay): it does not gossip yet"
                        : "'%s' has stopped gossip: it is stopping or drained",
                    asked->component.name);
        return false;
    }
    return true;
}

/* --- status --- */

int nodetool_widest_address(const Cluster *cluster)
{
    size_t width = 0;

    for (guint i = 0; i < cluster->node_count; i++) {
        g_autofree char *address = nodetool_print_address(cluster->nodes[i]);

        width = MAX(width, strlen(address));
    }
    return (int)width;
}

static void show_node(const Cassandra *asked, const Cassandra *node, int width, GString *text,
                      cJSON *nodes)
{
    g_autofree char *address = nodetool_print_address(node), *id = nodetool_print_host_id(node);
    char state[] = {life_of(asked, node), state_of(node), '\0'};
    const char *word = state[1] == 'J' ? "Joining" : state[1] == 'L' ? "Leaving" : "Normal";
    guint tokens = count_tokens(asked->cluster->ring, node->rank);
    double owns = ring_owns(asked->cluster->ring, node->rank);
    cJSON *item = cJSON_CreateObject();
    int64_t load_bytes = 0;
    bool has_load = storage_told_load(asked, node, &load_bytes);
    g_autofree char *load = has_load ? nodetool_print_size((double)load_bytes) : g_strdup("?");
    g_autofree char *percent = g_strdup_printf("%.1f%%", owns * 100);

    g_string_append_printf(text, "%s  %-*s  %-9s  %-11u  %-16s  %-36s  %s\n", state, width, address,
                           load, tokens, percent, id, node->rack);
    cJSON_AddStringToObject(item, "status", state[0] == 'U' ? "Up" : "Down");
    cJSON_AddStringToObject(item, "state", word);
    cJSON_AddStringToObject(item, "address", address);
    if (has_load) {
        cJSON_AddNumberToObject(item, "load_bytes", (double)load_bytes);
    } else {
        cJSON_AddNullToObject(item, "load_bytes");
    }
    cJSON_AddNumberToObject(item, "tokens", tokens);
    cJSON_AddNumberToObject(item, "owns_effective", owns);
    cJSON_AddStringToObject(item, "host_id", id);
    cJSON_AddStringToObject(item, "rack", node->rack);
    cJSON_AddItemToArray(nodes, item);
}

static void show_site(const Cassandra *asked, guint site, int width, ViewAnswer *answer,
                      cJSON *sites)
{
    const Cluster *cluster = asked->cluster;
    const char *name = cluster->sites[site]->name;
    cJSON *item = cJSON_CreateObject(), *nodes = cJSON_CreateArray();
    GString *text = answer->text;

    g_string_append_printf(text, "Datacenter: %s\n", name);
    for (size_t i = 0; i < strlen("Datacenter: ") + strlen(name); i++) {
        g_string_append_c(text, '=');
    }
    g_string_append_printf(text,
                           "\nStatus=Up/Down\n|/ State=Normal/Leaving/Joining/Moving\n"
                           "--  %-*s  %-9s  %-11s  %-16s  %-36s  %s\n",
                           width, "Address", "Load", "Tokens", "Owns (effective)", "Host ID",
                           "Rack");
    cJSON_AddStringToObject(item, "datacenter", name);
    cJSON_AddItemToObject(item, "nodes", nodes);
    cJSON_AddItemToArray(sites, item);
    for (guint i = 0; i < cluster->node_count; i++) {
        if (cluster->nodes[i]->site == site && is_shown(cluster->nodes[i])) {
            show_node(asked, cluster->nodes[i], width, text, nodes);
        }
    }
}

static bool has_nodes(const Cluster *cluster, guint site)
{
    for (guint i = 0; i < cluster->node_count; i++) {
        if (cluster->nodes[i]->site == site) {
            return true;
        }
    }
    return false;
}

guint nodetool_sort_sites(const Cluster *cluster, guint *sites)
{
    guint count = 0;

    for (guint i = 0; i < cluster->site_count; i++) {
        guint place = count;

        if (!has_nodes(cluster, i)) {
            continue;
        }
        for (; place > 0 &&
               strcmp(cluster->sites[sites[place - 1]]->name, cluster->sites[i]->name) > 0;
             place--) {
            sites[place] = sites[place - 1];
        }
        sites[place] = i;
        count++;
    }
    return count;
}

static bool show_status(const Component *self, SimTime epoch, const char *const *words,
                        ViewAnswer *answer, GError **error)
{
    const Cassandra *asked = (const Cassandra *)self;
    const Cluster *cluster = asked->cluster;
    int width = MAX(8, nodetool_widest_address(cluster));
    guint order[RING_SITES_MOST], count;
    cJSON *sites;

    (void)epoch;
    (void)words;
    if (!nodetool_check_gossips(asked, error)) {
        return false;
    }
    count = nodetool_sort_sites(cluster, order);
    sites = cJSON_AddArrayToObject(answer->data, "datacenters");
    for (guint i = 0; i < count; i++) {
        show_site(asked, order[i], width, answer, sites);
        g_string_append_c(answer->text, '\n');
    }
    return true;
}

const ViewDef nodetool_views[] = {
    {.name = "status",
     .help = "The ring as the node sees it: who is up, what each owns (nodetool status)",
     .show = show_status},
    {.name = "tpstats",
     .help = "Its thread pools and what they dropped (nodetool tpstats)",
     .show = nodetool_show_tpstats},
    {.name = "netstats",
     .help = "Its mode, streams and read repairs (nodetool netstats)",
     .show = nodetool_show_netstats},
    {.name = "gossipinfo",
     .help = "What it has heard of each node (nodetool gossipinfo)",
     .show = nodetool_show_gossipinfo},
    {.name = "describecluster",
     .help = "Who has which version of the schema, as it has heard (nodetool describecluster)",
     .show = nodetool_show_describecluster},
    {.name = "describering",
     .help = "Each range of tokens with its replicas (nodetool describering)",
     .show = nodetool_show_describering},
    {.name = "ring",
     .help = "Each token with its owner (nodetool ring); 'token_file' reads it back",
     .show = nodetool_show_ring},
    {.name = "compactionstats",
     .help = "Compactions under way and pending (nodetool compactionstats)",
     .show = nodetool_show_compactionstats},
    {.name = "tablestats",
     .help = "Tables on disk, memtable and flushes (nodetool tablestats)",
     .show = nodetool_show_tablestats},
    {.name = "log",
     .help = "What its system.log says about room and dropped messages",
     .show = nodetool_show_log},
    VIEW_END,
};
