/* nodetool_info.c - the other views of a node: thread pools, streams, gossip, ranges and tokens.
 * Source: Cassandra 3.11 tools/nodetool/TpStats, NetStats, GossipInfo, DescribeRing, Ring. What the
 * model does not have is not printed: pools without work in it and types of messages that it never
 * drops, versions of single gossip states (the number before each value), states that are the same
 * on all nodes (releases, ports). */
#include "models/data/cassandra/nodetool.h"

#include "models/data/cassandra/schema.h"
#include "models/data/cassandra/storage.h"
#include "models/data/cassandra/topology.h"

/* --- tpstats --- */

static void show_threads(const char *name, guint active, guint pending, uint64_t completed,
                         GString *text, cJSON *pools)
{
    cJSON *item = cJSON_CreateObject();

    g_string_append_printf(text, "%-30s%10u%10u%15" G_GUINT64_FORMAT "%10u%18u\n", name, active,
                           pending, completed, 0u, 0u);
    cJSON_AddStringToObject(item, "pool", name);
    cJSON_AddNumberToObject(item, "active", active);
    cJSON_AddNumberToObject(item, "pending", pending);
    cJSON_AddNumberToObject(item, "completed", (double)completed);
    cJSON_AddItemToArray(pools, item);
}

static void show_pool(const char *name, const Stage *stage, uint64_t completed, GString *text,
                      cJSON *pools)
{
    show_threads(name, stage->active, stage->count, completed, text, pools);
}

/* Targets that hints are replayed to, and that wait for a thread; completed ones are not counted.
 */
static void show_hint_pool(const Cassandra *asked, GString *text, cJSON *pools)
{
    guint queued = 0;

    for (guint i = 0; i < asked->cluster->node_count; i++) {
        queued += asked->hints[i].is_queued ? 1 : 0;
    }
    show_threads("HintsDispatcher", asked->hints_dispatching, queued, 0, text, pools);
}

static void show_disk_pools(const Cassandra *asked, GString *text, cJSON *pools)
{
    guint flushing, waiting, compacting, pending;

    if (asked->storage == NULL) {
        return;
    }
    nodetool_count_pools(asked->storage, &flushing, &waiting, &compacting);
    pending = (guint)asked->pending_compactions.value;
    show_threads("MemtableFlushWriter", flushing, waiting,
                 asked->flushes - asked->storage->flushes_before, text, pools);
    show_threads("CompactionExecutor", compacting, pending - MIN(pending, compacting),
                 asked->compactions - asked->storage->compactions_before, text, pools);
}

static void show_dropped(const char *name, uint64_t count, GString *text, cJSON *dropped)
{
    g_string_append_printf(text, "%-20s%10" G_GUINT64_FORMAT "\n", name, count);
    cJSON_AddNumberToObject(dropped, name, (double)count);
}

/* Counted since the process started. Completed mutations include hints and repairs. Nothing blocks:
 * queues have no bound (3.11.5 and later). */
bool nodetool_show_tpstats(const Component *self, SimTime epoch, const char *const *words,
                           ViewAnswer *answer, GError **error)
{
    const Cassandra *asked = (const Cassandra *)self;
    const NodeCounts *began = &asked->at_start;
    cJSON *pools = cJSON_AddArrayToObject(answer->data, "pools");
    cJSON *dropped = cJSON_AddObjectToObject(answer->data, "dropped");
    GString *text = answer->text;

    (void)epoch;
    (void)words;
    (void)error;
    g_string_append_printf(text, "%-30s%10s%10s%15s%10s%18s\n", "Pool Name", "Active", "Pending",
                           "Completed", "Blocked", "All time blocked");
    show_pool("ReadStage", &asked->read_stage, asked->replica_reads - began->replica_reads, text,
              pools);
    show_pool("MutationStage", &asked->mutation_stage, asked->mutations - began->mutations, text,
              pools);
    show_pool("ReadRepairStage", &asked->read_repair_stage,
              asked->read_repairs_done - began->read_repairs_done, text, pools);
    if (asked->request_response_stage) {
        show_pool("RequestResponseStage", &asked->response_stage,
                  asked->responses_taken - began->responses_taken, text, pools);
    }
    show_pool("CounterMutationStage", &asked->counter_stage,
              asked->increments_led - began->increments_led, text, pools);
    show_pool("Native-Transport-Requests", &asked->requests,
              ledger_left(&asked->requests.ledger) - began->requests, text, pools);
    show_hint_pool(asked, text, pools);
    show_disk_pools(asked, text, pools);
    g_string_append_printf(text, "\n%-20s%10s\n", "Message type", "Dropped");
    show_dropped("READ", asked->reads_dropped - began->reads_dropped, text, dropped);
    show_dropped("READ_REPAIR", asked->read_repairs_dropped - began->read_repairs_dropped, text,
                 dropped);
    show_dropped("MUTATION", asked->mutations_dropped - began->mutations_dropped, text, dropped);
    if (asked->request_response_stage) {
        show_dropped("REQUEST_RESPONSE", asked->responses_dropped - began->responses_dropped, text,
                     dropped);
    }
    show_dropped("COUNTER_MUTATION", asked->counters_dropped - began->counters_dropped, text,
                 dropped);
    return true;
}

/* --- netstats --- */

static const char *print_mode(const Cassandra *node)
{
    if (topology_mode(node) != NULL) {
        return topology_mode(node);
    }
    switch (node->phase) {
    case NODE_DOWN:
    case NODE_BOOTING:
        return "STARTING";
    case NODE_STOPPING:
        return "DRAINING";
    case NODE_DRAINED:
        return "DRAINED";
    case NODE_JOINING:
    case NODE_READY:
        break;
    }
    return "NORMAL";
}

static void show_streams(const Cassandra *asked, ViewAnswer *answer)
{
    int64_t done, whole;

    if (!topology_progress(asked, &done, &whole)) {
        g_string_append(answer->text, "Not sending any streams.\n");
        return;
    }
    g_string_append_printf(answer->text,
                           "%s %" G_GINT64_FORMAT " bytes total. Already %" G_GINT64_FORMAT
                           " bytes total\n",
                           asked->plan.order == ORDER_LEAVE ? "Sending" : "Receiving", whole, done);
    cJSON_AddNumberToObject(answer->data, "streams_bytes", (double)whole);
    cJSON_AddNumberToObject(answer->data, "streams_done_bytes", (double)done);
}

static void show_messages(const char *name, guint pending, uint64_t completed, uint64_t dropped,
                          GString *text, cJSON *pools)
{
    cJSON *item = cJSON_CreateObject();

    g_string_append_printf(text, "%-25s%10s%10u%15" G_GUINT64_FORMAT "%10" G_GUINT64_FORMAT "\n",
                           name, "n/a", pending, completed, dropped);
    cJSON_AddStringToObject(item, "pool", name);
    cJSON_AddNumberToObject(item, "pending", pending);
    cJSON_AddNumberToObject(item, "completed", (double)completed);
    cJSON_AddNumberToObject(item, "dropped", (double)dropped);
    cJSON_AddItemToArray(pools, item);
}

static void show_connections(const Cassandra *asked, ViewAnswer *answer)
{
    static const char *const names[] = {
        [CONNECTION_SMALL] = "Small messages", [CONNECTION_GOSSIP] = "Gossip messages"};
    cJSON *pools = cJSON_AddArrayToObject(answer->data, "pools");

    g_string_append_printf(answer->text, "%-25s%10s%10s%15s%10s\n", "Pool Name", "Active",
                           "Pending", "Completed", "Dropped");
    show_messages("Large messages", 0, 0, 0, answer->text, pools);
    for (guint use = 0; use < CONNECTION_USES; use++) {
        show_messages(names[use], connections_count_kept(asked, (ConnectionUse)use),
                      asked->messages.sent[use], asked->messages.lost[use], answer->text, pools);
    }
}

/* Counted since the process started. What waits in the kernel is shown as pending, where Cassandra
 * counts it as completed: it is what an operator looks for. */
bool nodetool_show_netstats(const Component *self, SimTime epoch, const char *const *words,
                            ViewAnswer *answer, GError **error)
{
    const Cassandra *asked = (const Cassandra *)self;
    const NodeCounts *began = &asked->at_start;
    uint64_t attempted = asked->read_repairs_attempted - began->read_repairs_attempted;
    uint64_t blocking = asked->digest_mismatches - began->digest_mismatches;
    uint64_t background = asked->background_repairs - began->background_repairs;
    const char *mode = print_mode(asked);

    (void)epoch;
    (void)words;
    (void)error;
    g_string_append_printf(answer->text, "Mode: %s\n", mode);
    show_streams(asked, answer);
    g_string_append_printf(answer->text,
                           "Read Repair Statistics:\nAttempted: %" G_GUINT64_FORMAT
                           "\nMismatch (Blocking): %" G_GUINT64_FORMAT
                           "\nMismatch (Background): %" G_GUINT64_FORMAT "\n",
                           attempted, blocking, background);
    cJSON_AddStringToObject(answer->data, "mode", mode);
    cJSON_AddNumberToObject(answer->data, "read_repairs_attempted", (double)attempted);
    cJSON_AddNumberToObject(answer->data, "mismatches_blocking", (double)blocking);
    cJSON_AddNumberToObject(answer->data, "mismatches_background", (double)background);
    show_connections(asked, answer);
    return true;
}

/* --- gossipinfo --- */

/* The lowest of a node's tokens. */
static int64_t first_token(const Ring *ring, guint rank)
{
    guint i = 0;

    while (i + 1 < ring_count_ranges(ring) && ring_range(ring, i)->owner != rank) {
        i++;
    }
    return ring_range(ring, i)->token;
}

/* VersionedValue.VersionedValueFactory: one token stands for all. */
static char *print_status(const Peer *peer, const Ring *ring, guint rank)
{
    const char *word = "NORMAL";

    if (peer->is_shut_down) {
        return g_strdup("shutdown,true");
    }
    switch (ring_member(ring, rank)) {
    case RING_JOINING:
        word = "BOOT";
        break;
    case RING_LEAVING:
        word = "LEAVING";
        break;
    case RING_OUTSIDE:
        word = "LEFT";
        break;
    case RING_NORMAL:
        break;
    }
    return g_strdup_printf("%s,%" G_GINT64_FORMAT, word, first_token(ring, rank));
}

static void show_endpoint(const Cassandra *asked, const Cassandra *node, GString *text, cJSON *all)
{
    const Peer *peer = &asked->gossip.peers[node->rank];
    g_autofree char *address = nodetool_print_address(node), *id = nodetool_print_host_id(node);
    const char *site = node->component.site->name;
    g_autofree char *status = print_status(peer, asked->cluster->ring, node->rank);
    const char *slash = host_address(node->component.host) != 0 ? "/" : ""; /* as Java prints it */
    uint32_t version = peer->is_shut_down ? INT32_MAX : peer->version;
    cJSON *item = cJSON_CreateObject();
    int64_t load_bytes;

    g_string_append_printf(text,
                           "%s%s\n  generation:%u\n  heartbeat:%u\n  STATUS:%s\n  DC:%s\n"
                           "  RACK:%s\n  HOST_ID:%s\n  TOKENS:<hidden>\n",
                           slash, address, peer->generation, version, status, site, node->rack, id);
    if (storage_told_load(asked, node, &load_bytes)) {
        g_string_append_printf(text, "  LOAD:%.1f\n", (double)load_bytes);
        cJSON_AddNumberToObject(item, "load_bytes", (double)load_bytes);
    }
    if (asked->schema != NULL) {
        g_autofree char *schema = nodetool_print_schema(asked, node->rank);

        g_string_append_printf(text, "  SCHEMA:%s\n", schema);
        cJSON_AddStringToObject(item, "schema", schema);
    }
    cJSON_AddStringToObject(item, "address", address);
    cJSON_AddNumberToObject(item, "generation", peer->generation);
    cJSON_AddNumberToObject(item, "heartbeat", version);
    cJSON_AddStringToObject(item, "status", status);
    cJSON_AddStringToObject(item, "dc", site);
    cJSON_AddStringToObject(item, "rack", node->rack);
    cJSON_AddStringToObject(item, "host_id", id);
    cJSON_AddItemToArray(all, item);
}

/* A node that was restarted lists whom it has heard of since. Generations count seconds of the
 * simulated start. */
bool nodetool_show_gossipinfo(const Component *self, SimTime epoch, const char *const *words,
                              ViewAnswer *answer, GError **error)
{
    const Cassandra *asked = (const Cassandra *)self;
    const Cluster *cluster = asked->cluster;
    cJSON *all = cJSON_AddArrayToObject(answer->data, "endpoints");

    (void)epoch;
    (void)words;
    if (!nodetool_check_gossips(asked, error)) {
        return false;
    }
    for (guint i = 0; i < cluster->node_count; i++) {
        if (asked->gossip.peers[i].generation > 0) {
            show_endpoint(asked, cluster->nodes[i], answer->text, all);
        }
    }
    return true;
}

/* --- describering --- */

/* `list` may be NULL. */
static void append_addresses(GString *text, const Cluster *cluster, const RingRange *range,
                             cJSON *list)
{
    const char *comma = "";

    for (uint32_t left = range->mask; left != 0; left &= left - 1) {
        guint rank = range->replicas[__builtin_ctz(left)];
        g_autofree char *address = nodetool_print_address(cluster->nodes[rank]);

        g_string_append_printf(text, "%s%s", comma, address);
        comma = ", ";
        if (list != NULL) {
            cJSON_AddItemToArray(list, cJSON_CreateString(address));
        }
    }
}

static void append_details(GString *text, const Cluster *cluster, const RingRange *range)
{
    const char *comma = "";

    for (uint32_t left = range->mask; left != 0; left &= left - 1) {
        const Cassandra *node = cluster->nodes[range->replicas[__builtin_ctz(left)]];
        g_autofree char *address = nodetool_print_address(node);

        g_string_append_printf(text, "%sEndpointDetails(host:%s, datacenter:%s, rack:%s)", comma,
                               address, node->component.site->name, node->rack);
        comma = ", ";
    }
}

bool nodetool_show_describering(const Component *self, SimTime epoch, const char *const *words,
                                ViewAnswer *answer, GError **error)
{
    const Cassandra *asked = (const Cassandra *)self;
    const Ring *ring = asked->cluster->ring;
    guint count = ring_count_ranges(ring);
    g_autofree char *schema = nodetool_print_schema(asked, asked->rank);
    cJSON *ranges;

    (void)epoch;
    (void)words;
    if (!nodetool_check_gossips(asked, error)) {
        return false;
    }
    cJSON_AddStringToObject(answer->data, "schema", schema);
    ranges = cJSON_AddArrayToObject(answer->data, "ranges");
    g_string_append_printf(answer->text, "Schema Version:%s\nTokenRange: \n", schema);
    for (guint i = 0; i < count; i++) {
        const RingRange *range = ring_range(ring, i);
        g_autofree char *start =
            g_strdup_printf("%" G_GINT64_FORMAT, ring_range(ring, (i + count - 1) % count)->token);
        g_autofree char *end = g_strdup_printf("%" G_GINT64_FORMAT, range->token);
        cJSON *item = cJSON_CreateObject();

        cJSON_AddStringToObject(item, "start_token", start);
        cJSON_AddStringToObject(item, "end_token", end);
        g_string_append_printf(
            answer->text, "\tTokenRange(start_token:%s, end_token:%s, endpoints:[", start, end);
        append_addresses(answer->text, asked->cluster, range,
                         cJSON_AddArrayToObject(item, "endpoints"));
        g_string_append(answer->text, "], rpc_endpoints:[");
        append_addresses(answer->text, asked->cluster, range, NULL);
        g_string_append(answer->text, "], endpoint_details:[");
        append_details(answer->text, asked->cluster, range);
        g_string_append(answer->text, "])\n");
        cJSON_AddItemToArray(ranges, item);
    }
    return true;
}

/* --- ring --- */

static void show_token(const Cassandra *asked, const RingRange *range, int width, GString *text,
                       cJSON *tokens)
{
    const Cassandra *node = asked->cluster->nodes[range->owner];
    bool is_up = node_sees(asked, node->rank);
    double owns = ring_owns(asked->cluster->ring, node->rank);
    g_autofree char *address = nodetool_print_address(node);
    g_autofree char *percent = g_strdup_printf("%.2f%%", owns * 100);
    g_autofree char *token = g_strdup_printf("%" G_GINT64_FORMAT, range->token);
    cJSON *item = cJSON_CreateObject();

    g_string_append_printf(text, "%-*s  %-12s%-7s%-8s%-16s%-20s%-44s\n", width, address, node->rack,
                           is_up ? "Up" : "Down", "Normal", "?", percent, token);
    cJSON_AddStringToObject(item, "address", address);
    cJSON_AddStringToObject(item, "rack", node->rack);
    cJSON_AddStringToObject(item, "status", is_up ? "Up" : "Down");
    cJSON_AddStringToObject(item, "token", token);
    cJSON_AddItemToArray(tokens, item);
}

static bool is_owned_at(const Cluster *cluster, guint index, guint site)
{
    const Cassandra *owner = cluster->nodes[ring_range(cluster->ring, index)->owner];

    return owner->site == site && ring_member(cluster->ring, owner->rank) != RING_OUTSIDE;
}

static void show_ring_of(const Cassandra *asked, guint site, int width, GString *text, cJSON *sites)
{
    const Ring *ring = asked->cluster->ring;
    const char *name = asked->cluster->sites[site]->name, *last = "";
    cJSON *item = cJSON_CreateObject(), *tokens = cJSON_CreateArray();
    g_autofree char *token = NULL;

    for (guint i = 0; i < ring_count_ranges(ring); i++) {
        if (is_owned_at(asked->cluster, i, site)) {
            g_free(token);
            token = g_strdup_printf("%" G_GINT64_FORMAT, ring_range(ring, i)->token);
            last = token;
        }
    }
    g_string_append_printf(text, "Datacenter: %s\n==========\n", name);
    g_string_append_printf(text, "%-*s  %-12s%-7s%-8s%-16s%-20s%-44s\n", width, "Address", "Rack",
                           "Status", "State", "Load", "Owns", "Token");
    g_string_append_printf(text, "%-*s  %-12s%-7s%-8s%-16s%-20s%-44s\n", width, "", "", "", "", "",
                           "", last);
    for (guint i = 0; i < ring_count_ranges(ring); i++) {
        if (is_owned_at(asked->cluster, i, site)) {
            show_token(asked, ring_range(ring, i), width, text, tokens);
        }
    }
    g_string_append_c(text, '\n');
    cJSON_AddStringToObject(item, "datacenter", name);
    cJSON_AddItemToObject(item, "tokens", tokens);
    cJSON_AddItemToArray(sites, item);
}

bool nodetool_show_ring(const Component *self, SimTime epoch, const char *const *words,
                        ViewAnswer *answer, GError **error)
{
    const Cassandra *asked = (const Cassandra *)self;
    guint order[RING_SITES_MOST], count;
    cJSON *sites;

    (void)epoch;
    (void)words;
    if (!nodetool_check_gossips(asked, error)) {
        return false;
    }
    g_string_append_c(answer->text, '\n');
    sites = cJSON_AddArrayToObject(answer->data, "datacenters");
    count = nodetool_sort_sites(asked->cluster, order);
    for (guint i = 0; i < count; i++) {
        show_ring_of(asked, order[i], nodetool_widest_address(asked->cluster), answer->text, sites);
    }
    return true;
}
