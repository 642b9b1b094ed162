/* lints.c - settings of a cluster that will hurt, each with its reason. */
#include "models/data/cassandra/lints.h"

#include "models/data/cassandra/node.h"
#include "sim/config/json_place.h"

#define BATCH_WARN_BYTES 5120 /* batch_size_warn_threshold_in_kb */
#define DRIVER_READS "read_consistency"
#define DRIVER_WRITES "write_consistency"

/* --- helpers ------------------------------------------------------------------------------------
 */

static const GPtrArray *nodes_of(const Lint *lint)
{
    return world_of_kind(lint->world, "cassandra");
}

/* All nodes share one ring. */
static const Cluster *cluster_of_lint(const Lint *lint)
{
    return node_of(nodes_of(lint)->pdata[0])->cluster;
}

static guint count_sites_with_data(const Cluster *cluster)
{
    guint count = 0;

    for (guint site = 0; site < cluster->site_count; site++) {
        count += ring_factor(cluster->ring, site) > 0;
    }
    return count;
}

/* Where the replication factor of `site` is written. */
static const cJSON *factor_node(const Cluster *cluster, guint site)
{
    const cJSON *keyspaces = cluster->nodes[0]->keyspaces;
    const cJSON *replication = json_member(keyspaces->child, "replication");

    return json_member(replication, cluster->sites[site]->name);
}

/* The place of a level, or of the section when it has the default. */
static const cJSON *level_node(const Cassandra *node, const char *name)
{
    const cJSON *level = json_member(json_member(node->component.settings, "consistency"), name);

    return level != NULL ? level : node->component.settings;
}

/* Calls `look` with each node. */
typedef void LookAtNode(const Lint *lint, const Cassandra *node);

static void each_node(const Lint *lint, LookAtNode *look)
{
    const GPtrArray *nodes = nodes_of(lint);

    for (guint i = 0; i < nodes->len; i++) {
        look(lint, node_of(nodes->pdata[i]));
    }
}

typedef void LookAtFault(const Lint *lint, const Cassandra *node, const LintFault *fault);

static void each_fault(const Lint *lint, LookAtFault *look)
{
    const GPtrArray *nodes = nodes_of(lint);

    for (guint k = 0; k < lint->faults->len; k++) {
        for (guint i = 0; i < nodes->len; i++) {
            look(lint, node_of(nodes->pdata[i]), &g_array_index(lint->faults, LintFault, k));
        }
    }
}

static const Field *find_field(const Field *fields, const char *name, FieldType type)
{
    for (; fields->name != NULL; fields++) {
        if (fields->type == type && strcmp(fields->name, name) == 0) {
            return fields;
        }
    }
    return NULL;
}

/* A member of a section of another kind; NULL: it has no such one. */
static const void *member_of(const Component *component, const char *section, const char *name,
                             FieldType type)
{
    const Field *table = find_field(component->kind->fields, section, FIELD_TYPE_TABLE);
    const Field *field = table == NULL ? NULL : find_field(table->more, name, type);

    return field == NULL ? NULL : (const char *)component + table->offset + field->offset;
}

static const cJSON *fault_node(const LintFault *fault, const char *member)
{
    const cJSON *node = json_member(fault->tree, member);

    return node != NULL ? node : fault->tree;
}

/* --- replication --------------------------------------------------------------------------------
 */

static void look_at_single_copies(const Lint *lint)
{
    const Cluster *cluster = cluster_of_lint(lint);

    for (guint site = 0; site < cluster->site_count; site++) {
        if (ring_factor(cluster->ring, site) == 1) {
            lint_warn(lint, factor_node(cluster, site), DIAG_VALUE,
                      "'%s' holds one copy of each datum: statements at a local level there need "
                      "that one node, no other can be asked when it is slow, and it may be behind",
                      cluster->sites[site]->name);
        }
    }
}

static void look_at_pairs(const Lint *lint)
{
    const Cluster *cluster = cluster_of_lint(lint);

    for (guint site = 0; site < cluster->site_count; site++) {
        if (ring_factor(cluster->ring, site) == 2) {
            lint_warn(lint, factor_node(cluster, site), DIAG_VALUE,
                      "a quorum of the two copies in '%s' is both: LOCAL_QUORUM there fails with "
                      "either node, as ALL does",
                      cluster->sites[site]->name);
        }
    }
}

static guint count_racks(const Cluster *cluster, guint site)
{
    guint racks = 0;

    for (guint i = 0; i < cluster->node_count; i++) {
        guint k = 0;

        while (k < i && (cluster->nodes[k]->site != site ||
                         strcmp(cluster->nodes[k]->rack, cluster->nodes[i]->rack) != 0)) {
            k++;
        }
        racks += cluster->nodes[i]->site == site && k == i;
    }
    return racks;
}

static void look_at_racks(const Lint *lint)
{
    const Cluster *cluster = cluster_of_lint(lint);

    for (guint site = 0; site < cluster->site_count; site++) {
        guint racks = count_racks(cluster, site), factor = ring_factor(cluster->ring, site);

        if (racks > 1 && racks < factor) {
            lint_warn(lint, factor_node(cluster, site), DIAG_VALUE,
                      "%u copies in '%s' on %u racks: a rack holds more than one copy of a datum, "
                      "and may take a quorum with it",
                      factor, cluster->sites[site]->name, racks);
        }
    }
}

/* --- levels -------------------------------------------------------------------------------------
 */

/* Statements of `name` ("read") at the level of this index among level_read_names, which are those
 * of writes and two more. */
static void look_at_level(const Lint *lint, const cJSON *place, const char *name, int index)
{
    const Cluster *cluster = cluster_of_lint(lint);
    const char *level = level_read_names[index];
    guint sites = count_sites_with_data(cluster);

    if (strcmp(level, "ALL") == 0) {
        lint_warn(lint, place, DIAG_VALUE, "%ss at ALL fail while any replica of their key is down",
                  name);
    } else if (sites > 1 && strcmp(level, "EACH_QUORUM") == 0) {
        lint_warn(lint, place, DIAG_VALUE,
                  "%ss at EACH_QUORUM fail everywhere while any of %u data centres lacks a quorum",
                  name, sites);
    } else if (sites > 1 && (strcmp(level, "QUORUM") == 0 || strcmp(level, "SERIAL") == 0)) {
        lint_warn(lint, place, DIAG_VALUE,
                  "%ss at %s wait for other data centres: %u copies in %u of them; LOCAL_%s stays "
                  "in one",
                  name, level, level_block_for(CONSISTENCY_ALL, cluster->ring, 0), sites, level);
    } else if (strcmp(name, "write") == 0 && strcmp(level, "ANY") == 0) {
        lint_warn(lint, place, DIAG_VALUE,
                  "a write at ANY may live in a hint only, which nobody can read");
    }
}

/* What the driver of an application server asks for; CONSISTENCY_DEFAULT: what nodes say. */
static Consistency level_of_driver(const Component *server, const char *field)
{
    const int *level = member_of(server, "driver", field, FIELD_TYPE_CHOICE);

    return level == NULL ? CONSISTENCY_DEFAULT : (Consistency)*level;
}

static const cJSON *driver_node(const Component *server, const char *field)
{
    const cJSON *level = json_member(json_member(server->settings, "driver"), field);

    return level != NULL ? level : server->settings;
}

/* Whether anybody's statements have the level that nodes say. */
static bool is_default_used(const Lint *lint, const char *field)
{
    const GPtrArray *servers = world_of_kind(lint->world, "wildfly");
    bool is_used = servers == NULL || servers->len == 0;

    for (guint i = 0; !is_used && i < servers->len; i++) {
        is_used = level_of_driver(servers->pdata[i], field) == CONSISTENCY_DEFAULT;
    }
    return is_used;
}

static void look_at_node_levels(const Lint *lint, const Cassandra *node)
{
    if (is_default_used(lint, DRIVER_READS)) {
        look_at_level(lint, level_node(node, "read"), "read", node->consistency.read);
    }
    if (is_default_used(lint, DRIVER_WRITES)) {
        look_at_level(lint, level_node(node, "write"), "write", node->consistency.write);
    }
}

static void look_at_driver_level(const Lint *lint, const Component *server, const char *name,
                                 const char *field)
{
    Consistency level = level_of_driver(server, field);

    if (level != CONSISTENCY_DEFAULT) {
        look_at_level(lint, driver_node(server, field), name, (int)level - 1);
    }
}

static void look_at_levels(const Lint *lint)
{
    const GPtrArray *servers = world_of_kind(lint->world, "wildfly");

    each_node(lint, look_at_node_levels);
    for (guint i = 0; servers != NULL && i < servers->len; i++) {
        look_at_driver_level(lint, servers->pdata[i], "read", DRIVER_READS);
        look_at_driver_level(lint, servers->pdata[i], "write", DRIVER_WRITES);
    }
}

static void look_at_overlap(const Lint *lint, const cJSON *place, guint site, Consistency read,
                            Consistency write)
{
    const Cluster *cluster = cluster_of_lint(lint);
    guint factor = ring_factor(cluster->ring, site);
    guint reads = cluster->block_for[site][read], writes = cluster->block_for[site][write];

    if (factor > 1 && reads + writes <= factor) {
        lint_warn(lint, place, DIAG_VALUE,
                  "reads of %u and writes of %u out of %u copies need not meet: a read may miss "
                  "the write before it",
                  reads, writes, factor);
    }
}

static void look_at_node_overlap(const Lint *lint, const Cassandra *node)
{
    if (is_default_used(lint, DRIVER_READS) && is_default_used(lint, DRIVER_WRITES)) {
        look_at_overlap(lint, level_node(node, "read"), node->site,
                        (Consistency)(node->consistency.read + 1),
                        (Consistency)(node->consistency.write + 1));
    }
}

/* Of a driver that names a level, over the coordinators of its site. */
static void look_at_driver_overlap(const Lint *lint, const Component *server)
{
    const Cluster *cluster = cluster_of_lint(lint);
    Consistency read = level_of_driver(server, DRIVER_READS);
    Consistency write = level_of_driver(server, DRIVER_WRITES);

    for (guint i = 0; i < cluster->node_count; i++) {
        const Cassandra *node = cluster->nodes[i];

        if (node->component.site != server->site || read + write == 2 * CONSISTENCY_DEFAULT) {
            continue;
        }
        look_at_overlap(
            lint, driver_node(server, read != CONSISTENCY_DEFAULT ? DRIVER_READS : DRIVER_WRITES),
            node->site,
            read != CONSISTENCY_DEFAULT ? read : (Consistency)(node->consistency.read + 1),
            write != CONSISTENCY_DEFAULT ? write : (Consistency)(node->consistency.write + 1));
        return;
    }
}

static void look_at_overlaps(const Lint *lint)
{
    const GPtrArray *servers = world_of_kind(lint->world, "wildfly");

    each_node(lint, look_at_node_overlap);
    for (guint i = 0; servers != NULL && i < servers->len; i++) {
        look_at_driver_overlap(lint, servers->pdata[i]);
    }
}

/* --- time-outs ----------------------------------------------------------------------------------
 */

static SimSpan longest_round_trip(const Cassandra *node)
{
    const Cluster *cluster = node->cluster;
    SimSpan longest = 0;

    for (guint site = 0; site < cluster->site_count; site++) {
        SimSpan way =
            network_base_delay(node->component.world, node->component.site, cluster->sites[site]);

        if (ring_factor(cluster->ring, site) > 0 && way != SIM_NEVER) {
            longest = MAX(longest, 2 * way);
        }
    }
    return longest;
}

static void look_at_timeouts(const Lint *lint, const Cassandra *node)
{
    SimSpan way = longest_round_trip(node);
    char text[SIM_SPAN_TEXT];

    sim_span_print(way, text);
    if (node->write_request_timeout <= way) {
        lint_warn(lint, lint_setting(&node->component, "write_request_timeout"), DIAG_VALUE,
                  "copies far away are acknowledged after %s, later than this: each write leaves "
                  "hints for replicas that have it",
                  text);
    }
    if (node->read_request_timeout <= way) {
        lint_warn(lint, lint_setting(&node->component, "read_request_timeout"), DIAG_VALUE,
                  "answers from far away take %s, longer than this: they always come too late",
                  text);
    }
}

static void look_at_all_timeouts(const Lint *lint)
{
    each_node(lint, look_at_timeouts);
}

/* --- what is planned ----------------------------------------------------------------------------
 */

static void look_at_outage(const Lint *lint, const Cassandra *node, const LintFault *fault)
{
    char lasts[SIM_SPAN_TEXT], window[SIM_SPAN_TEXT];

    if (!lint_is_silenced(fault, &node->component)) {
        return;
    }
    sim_span_print(fault->lasts, lasts);
    sim_span_print(node->max_hint_window, window);
    if (!node->hinted_handoff_enabled) {
        lint_warn(lint, lint_setting(&node->component, "hinted_handoff_enabled"), DIAG_VALUE,
                  "no hints are kept while '%s' lasts: what its nodes miss they miss until a "
                  "repair",
                  fault->name);
    } else if (fault->lasts > node->max_hint_window) {
        lint_warn(lint, fault_node(fault, "duration"), DIAG_VALUE,
                  "it lasts %s, but hints are kept for %s: what is written later is missing on "
                  "its nodes until a repair",
                  lasts, window);
    }
}

static void look_at_outages(const Lint *lint)
{
    each_fault(lint, look_at_outage);
}

static void look_at_grace(const Lint *lint, const Cassandra *node, const LintFault *fault)
{
    char lasts[SIM_SPAN_TEXT], grace[SIM_SPAN_TEXT];

    if (lint_is_silenced(fault, &node->component) && fault->lasts > node->gc_grace_seconds) {
        sim_span_print(fault->lasts, lasts);
        sim_span_print(node->gc_grace_seconds, grace);
        lint_warn(lint, fault_node(fault, "duration"), DIAG_VALUE,
                  "it lasts %s, but tombstones are kept for %s: what is deleted meanwhile may come "
                  "back with its nodes",
                  lasts, grace);
    }
}

static void look_at_graces(const Lint *lint)
{
    each_fault(lint, look_at_grace);
}

static void look_at_power(const Lint *lint, const Cassandra *node, const LintFault *fault)
{
    char period[SIM_SPAN_TEXT];

    if (lint_is_felled(fault, &node->component) && fault->effect.unsynced_lost &&
        node->commitlog_sync == COMMITLOG_PERIODIC) {
        sim_span_print(node->commitlog_sync_period, period);
        lint_warn(lint, lint_setting(&node->component, "commitlog_sync"), DIAG_VALUE,
                  "'%s' takes from its nodes what they acknowledged in the last %s: the commit log "
                  "is synced that often",
                  fault->name, period);
    }
}

static void look_at_powers(const Lint *lint)
{
    each_fault(lint, look_at_power);
}

/* Silence from 18.42 s on convicts whoever has heard from the node at its usual pace (phi 8); after
 * 23 s everybody does. */
static void look_at_pause(const Lint *lint, const Cassandra *node, const LintFault *fault)
{
    double silence_s = sim_span_to_s(fault->lasts);
    double first_s = node->phi_convict_threshold * 2.302585093;

    if (fault->effect.paused && lint_is_silenced(fault, &node->component) &&
        silence_s > first_s - 1 && silence_s < first_s * 1.3) {
        lint_warn(lint, fault_node(fault, "duration"), DIAG_VALUE,
                  "a pause of %.0f s lies where some nodes convict and others do not "
                  "(phi_convict_threshold %g: from about %.0f s on): views differ",
                  silence_s, node->phi_convict_threshold, first_s);
    }
}

static void look_at_pauses(const Lint *lint)
{
    each_fault(lint, look_at_pause);
}

/* --- repairs, batches, clocks -------------------------------------------------------------------
 */

static void look_at_repair(const Lint *lint)
{
    const Cassandra *node = cluster_of_lint(lint)->nodes[0];
    const cJSON *repair = json_member(node->component.settings, "repair");
    char interval[SIM_SPAN_TEXT], grace[SIM_SPAN_TEXT];

    if (node->repair_settings.interval > node->gc_grace_seconds) {
        sim_span_print(node->repair_settings.interval, interval);
        sim_span_print(node->gc_grace_seconds, grace);
        lint_warn(lint, json_member(repair, "interval"), DIAG_VALUE,
                  "repairs come every %s, but tombstones are kept for %s: what is deleted may "
                  "return from a replica that missed it",
                  interval, grace);
    }
}

/* The number that a field of another kind has. */
static int64_t count_of(const Component *component, const char *name)
{
    const Field *field = find_field(component->kind->fields, name, FIELD_TYPE_COUNT);

    return field == NULL ? 0 : *(const int64_t *)((const char *)component + field->offset);
}

/* Whether any user writes batches; where nobody is, somebody may. */
static bool has_batches(const Lint *lint)
{
    const GPtrArray *clients = world_of_kind(lint->world, "client");
    bool has = clients == NULL || clients->len == 0;

    for (guint i = 0; !has && i < clients->len; i++) {
        const double *share = member_of(clients->pdata[i], "mix", "batch", FIELD_TYPE_NUMBER);

        has = share != NULL && *share > 0;
    }
    return has;
}

static void look_at_batches(const Lint *lint)
{
    const Cassandra *node = cluster_of_lint(lint)->nodes[0];
    const GPtrArray *servers = world_of_kind(lint->world, "wildfly");

    for (guint i = 0; servers != NULL && has_batches(lint) && i < servers->len; i++) {
        const Component *server = servers->pdata[i];
        int64_t statements = count_of(server, "batch_statements");
        int64_t bytes = statements * node->mutation_size;

        if (bytes > MIN(BATCH_WARN_BYTES, node->batch_size_fail_threshold)) {
            lint_warn(lint, lint_setting(server, "batch_statements"), DIAG_VALUE,
                      "a logged batch of %" G_GINT64_FORMAT " statements is %.1f KiB: beyond 5 KiB "
                      "a coordinator warns, beyond %.1f KiB it refuses",
                      statements, (double)bytes / 1024,
                      (double)node->batch_size_fail_threshold / 1024);
        }
    }
}

/* Clocks as the hosts have them at the begin, with the scenario's seed. */
static void look_at_clocks(const Lint *lint)
{
    const Cluster *cluster = cluster_of_lint(lint);
    const Cassandra *first = cluster->nodes[0], *last = first;
    SimSpan apart, timeout = MIN(first->write_request_timeout, first->read_request_timeout);
    char text[SIM_SPAN_TEXT], dropped[SIM_SPAN_TEXT];

    for (guint i = 1; i < cluster->node_count; i++) {
        const Cassandra *node = cluster->nodes[i];
        SimSpan ahead = host_clock_ahead(node->component.host);

        first = ahead < host_clock_ahead(first->component.host) ? node : first;
        last = ahead > host_clock_ahead(last->component.host) ? node : last;
    }
    apart = host_clock_ahead(last->component.host) - host_clock_ahead(first->component.host);
    if (last->cross_node_timeout && apart >= timeout / 4) {
        sim_span_print(apart, text);
        sim_span_print(timeout, dropped);
        lint_warn(lint, lint_setting(&last->component, "cross_node_timeout"), DIAG_VALUE,
                  "the clock of '%s' is %s behind that of '%s': there its requests count as that "
                  "much older, and what is older than %s is dropped",
                  component_place(&first->component), text, component_place(&last->component),
                  dropped);
    }
}

/* --- the table ----------------------------------------------------------------------------------
 */

const LintDef cassandra_lints[] = {
    {"single-copy", "A data centre with one copy has no fault tolerance at a local level",
     "Cassandra 3.11 ConsistencyLevel: LOCAL_QUORUM of one is one", look_at_single_copies},
    {"two-copies", "A quorum of two is both", "Cassandra 3.11 ConsistencyLevel", look_at_pairs},
    {"few-racks", "Fewer racks than copies: a rack may take a quorum with it",
     "Cassandra 3.11 NetworkTopologyStrategy", look_at_racks},
    {"far-level", "Levels that wait for other data centres, for every replica or for none",
     "Cassandra 3.11 ConsistencyLevel", look_at_levels},
    {"no-overlap", "Reads and writes that need not meet in one replica",
     "Bailis et al. 2012: R + W > N", look_at_overlaps},
    {"short-timeout", "Time-outs shorter than the way to the farthest replica",
     "Cassandra 3.11 write_request_timeout_in_ms, read_request_timeout_in_ms",
     look_at_all_timeouts},
    {"hint-window", "A planned outage for which hints are not kept to its end",
     "Cassandra 3.11 max_hint_window_in_ms, hinted_handoff_enabled", look_at_outages},
    {"grace", "A planned outage after which deleted data may come back",
     "Cassandra 3.11 table option gc_grace_seconds", look_at_graces},
    {"unsynced", "A planned loss of power under a commit log that is synced now and then",
     "Cassandra 3.11 commitlog_sync, commitlog_sync_period_in_ms", look_at_powers},
    {"split-views", "A planned pause at the edge of what convicts a node",
     "Cassandra 3.11 FailureDetector: phi_convict_threshold x ln 10 x mean interval",
     look_at_pauses},
    {"repair-interval", "Repairs that come less often than tombstones are purged",
     "Cassandra documentation, operating/repair: more often than gc_grace_seconds", look_at_repair},
    {"batch-size", "Logged batches that are warned of or refused",
     "Cassandra 3.11 batch_size_warn_threshold_in_kb 5, batch_size_fail_threshold_in_kb",
     look_at_batches},
    {"clock-skew", "Clocks apart while the age of requests is counted across nodes",
     "Cassandra 3.11 cross_node_timeout", look_at_clocks},
    {"compaction-headroom", "Data that leave size-tiered compaction no room on their disk",
     "Cassandra 3.11 CompactionTask: as many bytes as the input has must be free",
     lints_look_at_headroom},
    {"commitlog-space", "A commit log that may take more than a quarter of the disk",
     "Cassandra 3.11 commitlog_total_space_in_mb: min(8192, volume/4)", lints_look_at_log_space},
    {"disk-policy", "Policies under which a node that cannot write stays up",
     "Cassandra 3.11 disk_failure_policy, commit_failure_policy; the yaml ships stop",
     lints_look_at_policies},
    {"storage-off", "Settings of 'storage' without its switch", "storage.modelled",
     lints_look_at_unmodelled},
    LINT_END,
};
