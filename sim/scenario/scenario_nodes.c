/* scenario_nodes.c - see scenario_nodes.h. */
#include "sim/scenario/scenario_nodes.h"

#include <arpa/inet.h>

#include "sim/config/json_place.h"
#include "sim/scenario/scenario_fields.h"
#include "sim/scenario/scenario_kind.h"
#include "sim/scenario/scenario_names.h"

/* As many nodes of one group in one data centre as one may write down. */
#define NODES_MOST 1000

/* --- where and how many -------------------------------------------------------------------- */

static void add_datacenter(const Scenario *scenario, NodeGroup *group, const cJSON *node,
                           const char *name, DiagList *diags)
{
    g_auto(GStrv) known = names_of_datacenters(scenario);
    DataCentre *dc = names_find_datacenter(scenario, name);

    if (dc == NULL) {
        names_check(diags, node, DIAG_VALUE, "data centre", name, known);
    } else if (g_ptr_array_find(group->datacenters, dc, NULL)) {
        diag_add(diags, DIAG_ERROR, node, DIAG_VALUE, "data centre '%s' is named twice", name);
    } else {
        g_ptr_array_add(group->datacenters, dc);
    }
}

static void add_all(const Scenario *scenario, NodeGroup *group)
{
    for (guint i = 0; i < scenario->datacenters->len; i++) {
        g_ptr_array_add(group->datacenters, scenario->datacenters->pdata[i]);
    }
}

static void read_in(const Scenario *scenario, NodeGroup *group, const cJSON *in, DiagList *diags)
{
    if (in == NULL || (cJSON_IsString(in) && strcmp(in->valuestring, "*") == 0)) {
        add_all(scenario, group);
    } else if (cJSON_IsString(in)) {
        add_datacenter(scenario, group, in, in->valuestring, diags);
    } else if (cJSON_IsArray(in)) {
        for (const cJSON *each = in->child; each != NULL; each = each->next) {
            if (cJSON_IsString(each)) {
                add_datacenter(scenario, group, each, each->valuestring, diags);
            } else {
                diag_add(diags, DIAG_ERROR, each, DIAG_VALUE,
                         "'in' must name data centres, like \"*\" or [\"DC01\"]");
            }
        }
    } else {
        diag_add(diags, DIAG_ERROR, in, DIAG_VALUE,
                 "'in' must name data centres, like \"*\" or [\"DC01\"]");
    }
}

static guint read_number(const cJSON *node, DiagList *diags)
{
    if (!cJSON_IsNumber(node) || node->valuedouble < 0 || node->valuedouble > NODES_MOST ||
        node->valuedouble != (double)(guint)node->valuedouble) {
        diag_add(diags, DIAG_ERROR, node, DIAG_VALUE,
                 "'%s' must be a whole number of nodes from 0 to %d", node->string, NODES_MOST);
        return 0;
    }
    return (guint)node->valuedouble;
}

static void check_count_names(const Scenario *scenario, const cJSON *count, DiagList *diags)
{
    g_auto(GStrv) known = names_of_datacenters(scenario);

    NAMES_EACH(member, count)
    {
        if (strcmp(member->string, "*") != 0) {
            names_check(diags, member, DIAG_KEY, "data centre", member->string, known);
        }
        read_number(member, diags);
    }
}

static void read_counts(const Scenario *scenario, NodeGroup *group, const cJSON *count,
                        DiagList *diags)
{
    g_autoptr(DiagList) unheard = diag_list_new(NULL, NULL);
    guint everywhere = 1;

    if (cJSON_IsObject(count)) {
        check_count_names(scenario, count, diags);
    } else if (count != NULL) {
        everywhere = read_number(count, diags);
    }
    for (guint i = 0; i < group->datacenters->len; i++) {
        const DataCentre *dc = group->datacenters->pdata[i];
        guint number = everywhere;

        if (cJSON_IsObject(count)) {
            const cJSON *own = json_member(count, dc->name);

            own = own != NULL ? own : json_member(count, "*");
            if (own == NULL) {
                diag_add(diags, DIAG_ERROR, count, DIAG_KEY,
                         "'count' says nothing about data centre '%s'", dc->name);
            } else {
                number = read_number(own, unheard);
            }
        }
        g_array_append_val(group->counts, number);
    }
}

/* --- what runs there ----------------------------------------------------------------------- */

static char **node_kinds(const Kind *const *kinds)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; kinds[i] != NULL; i++) {
        if (kinds[i]->scope == KIND_ON_NODE) {
            g_ptr_array_add(names, g_strdup(kinds[i]->name));
        }
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, false);
}

/* The element of "runs" (a string or an array) at `index`, for messages. */
static const cJSON *runs_node(const cJSON *tree, guint index)
{
    const cJSON *runs = json_member(tree, "runs");

    return cJSON_IsArray(runs) ? cJSON_GetArrayItem(runs, (int)index) : runs;
}

static void check_runs(const NodeGroup *group, const cJSON *tree, const Kind *const *kinds,
                       DiagList *diags)
{
    g_auto(GStrv) known = node_kinds(kinds);

    for (guint i = 0; group->runs != NULL && group->runs[i] != NULL; i++) {
        names_check(diags, runs_node(tree, i), DIAG_VALUE, "kind", group->runs[i], known);
        for (guint k = 0; k < i; k++) {
            if (strcmp(group->runs[i], group->runs[k]) == 0) {
                diag_add(diags, DIAG_ERROR, runs_node(tree, i), DIAG_VALUE,
                         "kind '%s' is named twice", group->runs[i]);
            }
        }
    }
}

static void check_settings(const NodeGroup *group, const Kind *const *kinds, DiagList *diags)
{
    if (group->settings == NULL || !names_check_object(diags, group->settings, "settings")) {
        return;
    }
    NAMES_EACH(member, group->settings)
    {
        const Kind *kind = scenario_kind_find(kinds, member->string);

        if (!g_strv_contains((const char *const *)group->runs, member->string)) {
            diag_add(diags, DIAG_ERROR, member, DIAG_KEY,
                     "'settings' for '%s', which does not stand in 'runs' of '%s'", member->string,
                     group->role);
        } else if (kind != NULL) {
            scenario_kind_check(kind, member, SECTION_OVERLAY, diags);
        }
    }
}

/* --- addresses ----------------------------------------------------------------------------- */

static void check_address(const cJSON *node, GHashTable *seen, DiagList *diags)
{
    struct in_addr parsed;

    if (!cJSON_IsString(node) || inet_pton(AF_INET, node->valuestring, &parsed) != 1) {
        diag_add(diags, DIAG_ERROR, node, DIAG_VALUE,
                 "an address must be IPv4, like \"192.0.2.11\"");
    } else if (!g_hash_table_add(seen, node->valuestring)) {
        diag_add(diags, DIAG_ERROR, node, DIAG_VALUE, "address '%s' belongs to two nodes",
                 node->valuestring);
    }
}

static void check_addresses(const Scenario *scenario, const NodeGroup *group, GHashTable *seen,
                            DiagList *diags)
{
    g_auto(GStrv) known = names_of_datacenters(scenario);

    if (group->addresses == NULL || !names_check_object(diags, group->addresses, "addresses")) {
        return;
    }
    NAMES_EACH(member, group->addresses)
    {
        const DataCentre *dc = names_find_datacenter(scenario, member->string);
        guint nodes = dc == NULL ? 0 : names_count_nodes(group, dc);
        guint count = 0;

        if (!names_check(diags, member, DIAG_KEY, "data centre", member->string, known)) {
            continue;
        }
        if (!cJSON_IsArray(member)) {
            diag_add(diags, DIAG_ERROR, member, DIAG_VALUE, "'%s' must be a list of IPv4 addresses",
                     member->string);
            continue;
        }
        for (const cJSON *each = member->child; each != NULL; each = each->next) {
            check_address(each, seen, diags);
            count++;
        }
        if (count < nodes) { /* more are spare: an overlay may shrink the group */
            diag_add(diags, DIAG_ERROR, member, DIAG_KEY,
                     "only %u addresses for the %u nodes of '%s' in '%s'", count, nodes,
                     group->role, member->string);
        }
    }
}

static void read_group(Scenario *scenario, const cJSON *tree, const Kind *const *kinds,
                       GHashTable *seen, DiagList *diags)
{
    NodeGroupText text = {0};
    NodeGroup *group = g_new0(NodeGroup, 1);

    field_defaults(node_group_fields, &text);
    field_read(node_group_fields, &text, tree, diags);
    group->role = g_strdup(tree->string);
    group->runs = text.runs != NULL ? g_steal_pointer(&text.runs) : g_new0(char *, 1);
    group->addresses = text.addresses;
    group->settings = text.settings;
    group->datacenters = g_ptr_array_new();
    group->counts = g_array_new(false, false, sizeof(guint));
    g_ptr_array_add(scenario->nodes, group);
    read_in(scenario, group, text.in, diags);
    read_counts(scenario, group, text.count, diags);
    check_runs(group, tree, kinds, diags);
    check_settings(group, kinds, diags);
    check_addresses(scenario, group, seen, diags);
    field_clear(node_group_fields, &text);
}

void scenario_nodes_read(Scenario *scenario, const Kind *const *kinds, DiagList *diags)
{
    const cJSON *nodes = scenario_section(scenario, "nodes");
    GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal); /* addresses; only looked up */

    if (nodes != NULL && names_check_object(diags, nodes, "nodes")) {
        NAMES_EACH(member, nodes)
        {
            read_group(scenario, member, kinds, seen, diags);
        }
    }
    g_hash_table_destroy(seen);
}

/* --- replication --------------------------------------------------------------------------- */

static guint count_running(const Scenario *scenario, const DataCentre *dc, const char *kind)
{
    guint count = 0;

    for (guint i = 0; i < scenario->nodes->len; i++) {
        const NodeGroup *group = scenario->nodes->pdata[i];

        if (g_strv_contains((const char *const *)group->runs, kind)) {
            count += names_count_nodes(group, dc);
        }
    }
    return count;
}

static void check_factor(const Scenario *scenario, const char *keyspace, const cJSON *factor,
                         DiagList *diags)
{
    g_auto(GStrv) known = names_of_datacenters(scenario);
    const DataCentre *dc = names_find_datacenter(scenario, factor->string);
    guint nodes;

    if (dc == NULL) {
        names_check(diags, factor, DIAG_KEY, "data centre", factor->string, known);
        return;
    }
    nodes = count_running(scenario, dc, "cassandra");
    if (!cJSON_IsNumber(factor) || factor->valuedouble < 0 || factor->valuedouble > NODES_MOST ||
        factor->valuedouble != (double)(int)factor->valuedouble) {
        diag_add(diags, DIAG_ERROR, factor, DIAG_VALUE, "'%s' must be a number of replicas, like 3",
                 factor->string);
    } else if (factor->valuedouble > 0 && nodes == 0) {
        diag_add(diags, DIAG_ERROR, factor, DIAG_KEY,
                 "keyspace '%s' wants replicas in '%s', where no node runs cassandra", keyspace,
                 factor->string);
    } else if (factor->valuedouble > nodes) {
        diag_add(diags, DIAG_ERROR, factor, DIAG_VALUE,
                 "keyspace '%s' wants %d replicas in '%s', where %u nodes run cassandra", keyspace,
                 (int)factor->valuedouble, factor->string, nodes);
    }
}

/* A data centre with cassandra that no keyspace of the file gives a replica is likely forgotten. */
static void check_forgotten(const Scenario *scenario, const cJSON *keyspaces, DiagList *diags)
{
    for (guint i = 0; i < scenario->datacenters->len; i++) {
        const DataCentre *dc = scenario->datacenters->pdata[i];
        bool is_used = count_running(scenario, dc, "cassandra") == 0;

        NAMES_EACH(keyspace, keyspaces)
        {
            const cJSON *factor = json_member(json_member(keyspace, "replication"), dc->name);

            is_used = is_used || factor != NULL;
        }
        if (!is_used) {
            diag_add(diags, DIAG_ERROR, keyspaces, DIAG_KEY,
                     "no keyspace has replicas in '%s', where nodes run cassandra: name it with 0 "
                     "replicas or leave cassandra out there",
                     dc->name);
        }
    }
}

void scenario_replication_check(const Scenario *scenario, DiagList *diags)
{
    const cJSON *keyspaces = json_member(scenario_section(scenario, "cassandra"), "keyspaces");

    if (!cJSON_IsObject(keyspaces)) {
        return;
    }
    NAMES_EACH(keyspace, keyspaces)
    {
        NAMES_EACH(factor, json_member(keyspace, "replication"))
        {
            if (strcmp(factor->string, "class") != 0) {
                check_factor(scenario, keyspace->string, factor, diags);
            }
        }
    }
    check_forgotten(scenario, keyspaces, diags);
}
