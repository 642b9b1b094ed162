/* scenario_system.c - see scenario_system.h. */
#include "sim/scenario/scenario_system.h"

#include "sim/config/json_merge.h"
#include "sim/config/json_place.h"
#include "sim/scenario/scenario_fields.h"
#include "sim/scenario/scenario_kind.h"
#include "sim/scenario/scenario_load.h"
#include "sim/scenario/scenario_names.h"
#include "sim/scenario/scenario_nodes.h"
#include "sim/scenario/scenario_origins.h"
#include "sim/world/host.h"
#include "sim/world/network.h"

/* What "system" has besides a section for each kind. */
static const char *const system_keys[] = {"datacenters", "sizes",   "nodes",        "wan",
                                          "host",        "clients", "monthly_cost", NULL};

static bool has_section(const Kind *kind)
{
    return kind->scope == KIND_ON_NODE || kind->scope == KIND_ONE || kind->scope == KIND_PER_REGION;
}

static void check_keys(const cJSON *system, const Kind *const *kinds, DiagList *diags)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();

    for (guint i = 0; system_keys[i] != NULL; i++) {
        g_ptr_array_add(known, (void *)system_keys[i]);
    }
    for (guint i = 0; kinds[i] != NULL; i++) {
        if (has_section(kinds[i])) {
            g_ptr_array_add(known, (void *)kinds[i]->name);
        }
    }
    g_ptr_array_add(known, NULL);
    NAMES_EACH(member, system)
    {
        names_check(diags, member, DIAG_KEY, "field", member->string, (char *const *)known->pdata);
    }
}

/* --- data centres -------------------------------------------------------------------------- */

static double cost_of_size(const Scenario *scenario, const char *size)
{
    const cJSON *host = scenario_section(scenario, "host");
    const cJSON *own = size == NULL ? NULL : json_member(scenario_section(scenario, "sizes"), size);
    cJSON *both = host == NULL ? cJSON_CreateObject() : json_copy(host, NULL, NULL);
    double cost;

    if (own != NULL) {
        both = json_merge(both, own, NULL, NULL);
    }
    cost = scenario_kind_number(&host_kind, both, "monthly_cost");
    cJSON_Delete(both);
    return cost;
}

static void read_datacenter(Scenario *scenario, const cJSON *tree, DiagList *diags)
{
    const cJSON *sizes = scenario_section(scenario, "sizes");
    DataCentreText text = {0};
    DataCentre *dc = g_new0(DataCentre, 1);

    field_defaults(datacenter_fields, &text);
    field_read(datacenter_fields, &text, tree, diags);
    *dc = (DataCentre){.name = g_strdup(tree->string),
                       .city = g_strdup(text.city),
                       .country = g_strdup(text.country),
                       .continent = g_strdup(text.continent),
                       .provider = g_strdup(text.provider),
                       .size = g_strdup(text.size),
                       .is_live = text.state == STATE_LIVE};
    g_ptr_array_add(scenario->datacenters, dc);
    if (dc->size != NULL && json_member(sizes, dc->size) == NULL) {
        g_autoptr(GPtrArray) known = g_ptr_array_new();

        NAMES_EACH(size, sizes)
        {
            g_ptr_array_add(known, size->string);
        }
        g_ptr_array_add(known, NULL);
        names_check(diags, json_member(tree, "size"), DIAG_VALUE, "size", dc->size,
                    (char *const *)known->pdata);
    }
    field_clear(datacenter_fields, &text);
}

static void read_datacenters(Scenario *scenario, DiagList *diags)
{
    const cJSON *tree = scenario_section(scenario, "datacenters");

    if (tree == NULL || !names_check_object(diags, tree, "datacenters")) {
        return;
    }
    NAMES_EACH(member, tree)
    {
        if (member->string[strcspn(member->string, "@/* ")] != '\0' || *member->string == '\0') {
            diag_add(diags, DIAG_ERROR, member, DIAG_KEY,
                     "a data centre's name has no '@', '/', '*' or space, like \"DC01\"");
        }
        read_datacenter(scenario, member, diags);
    }
}

static void read_costs(Scenario *scenario, DiagList *diags)
{
    const cJSON *tree = scenario_section(scenario, "monthly_cost");

    for (guint i = 0; i < scenario->datacenters->len; i++) {
        DataCentre *dc = scenario->datacenters->pdata[i];

        for (guint k = 0; k < scenario->nodes->len; k++) {
            dc->nodes += names_count_nodes(scenario->nodes->pdata[k], dc);
        }
        dc->monthly_cost = dc->nodes * cost_of_size(scenario, dc->size);
    }
    if (tree == NULL || !names_check_object(diags, tree, "monthly_cost")) {
        return;
    }
    NAMES_EACH(member, tree)
    {
        CostItem *cost;

        if (!cJSON_IsNumber(member) || member->valuedouble < 0) {
            diag_add(diags, DIAG_ERROR, member, DIAG_VALUE, "'%s' must be EUR a month, like 5.0",
                     member->string);
            continue;
        }
        cost = g_new0(CostItem, 1);
        cost->name = g_strdup(member->string);
        cost->monthly = member->valuedouble;
        g_ptr_array_add(scenario->costs, cost);
    }
}

/* --- sections of kinds --------------------------------------------------------------------- */

static bool is_kind_overlaid(const Scenario *scenario, const char *kind)
{
    for (guint i = 0; i < scenario->nodes->len; i++) {
        const NodeGroup *group = scenario->nodes->pdata[i];

        if (json_member(group->settings, kind) != NULL) {
            return true;
        }
    }
    return false;
}

static void check_sections(const Scenario *scenario, const cJSON *system, const Kind *const *kinds,
                           DiagList *diags)
{
    NAMES_EACH(member, system)
    {
        const Kind *kind = scenario_kind_find(kinds, member->string);

        if (kind != NULL && has_section(kind)) {
            scenario_kind_check(
                kind, member,
                is_kind_overlaid(scenario, kind->name) ? SECTION_OVERLAY : SECTION_WHOLE, diags);
        }
    }
}

static void check_overlays(const Kind *kind, const cJSON *sections, const char *what,
                           DiagList *diags)
{
    if (sections == NULL || !names_check_object(diags, sections, what)) {
        return;
    }
    NAMES_EACH(member, sections)
    {
        scenario_kind_check(kind, member, SECTION_OVERLAY, diags);
    }
}

static void check_host_and_clients(const Scenario *scenario, const Kind *const *kinds,
                                   DiagList *diags)
{
    const Kind *client = scenario_kind_of_scope(kinds, KIND_PER_LOAD);
    const cJSON *host = scenario_section(scenario, "host");

    if (host != NULL) {
        scenario_kind_check(&host_kind, host, SECTION_OVERLAY, diags);
    }
    check_overlays(&host_kind, scenario_section(scenario, "sizes"), "sizes", diags);
    if (client != NULL) {
        check_overlays(client, scenario_section(scenario, "clients"), "clients", diags);
    }
}

/* A kind that runs on nodes needs its section when one of its fields has no default. */
static void check_absent_sections(const Scenario *scenario, const cJSON *system,
                                  const Kind *const *kinds, DiagList *diags)
{
    for (guint i = 0; kinds[i] != NULL; i++) {
        const Kind *kind = kinds[i];
        bool is_run = false;

        for (guint k = 0; k < scenario->nodes->len; k++) {
            const NodeGroup *group = scenario->nodes->pdata[k];

            is_run = is_run || (group->runs != NULL &&
                                g_strv_contains((const char *const *)group->runs, kind->name));
        }
        is_run = is_run || (kind->scope == KIND_PER_REGION && scenario->regions->len > 0);
        if (!is_run || json_member(system, kind->name) != NULL ||
            is_kind_overlaid(scenario, kind->name)) {
            continue;
        }
        for (const Field *field = kind->fields; field != NULL && field->name != NULL; field++) {
            if (field->flags & FIELD_REQUIRED) {
                diag_add(diags, DIAG_ERROR, system, DIAG_KEY,
                         "'system' needs a section '%s' with '%s'", kind->name, field->name);
            }
        }
    }
}

/* --- the wide area network ----------------------------------------------------------------- */

/* Splits "A-B" into two of `sites`; names may themselves hold '-'. */
static bool split_pair(const char *text, char *const *sites, guint *from, guint *to)
{
    for (guint i = 0; sites[i] != NULL; i++) {
        size_t size = strlen(sites[i]);

        if (strncmp(text, sites[i], size) != 0 || text[size] != '-') {
            continue;
        }
        for (guint k = 0; sites[k] != NULL; k++) {
            if (strcmp(text + size + 1, sites[k]) == 0) {
                *from = i;
                *to = k;
                return i != k;
            }
        }
    }
    return false;
}

static void report_pair(const cJSON *pair, char *const *sites, DiagList *diags)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; sites[i] != NULL; i++) {
        for (guint k = 0; sites[k] != NULL; k++) {
            if (i != k) {
                g_ptr_array_add(known, g_strdup_printf("%s-%s", sites[i], sites[k]));
            }
        }
    }
    g_ptr_array_add(known, NULL);
    names_check(diags, pair, DIAG_KEY, "pair of sites", pair->string, (char *const *)known->pdata);
}

/* Reports each pair that is in neither direction in the matrix; false when there is one. */
static bool check_complete(const cJSON *rtt, const cJSON *wan, char *const *dcs, DiagList *diags)
{
    bool is_complete = true;

    for (guint i = 0; dcs[i] != NULL; i++) {
        for (guint k = i + 1; dcs[k] != NULL; k++) {
            g_autofree char *there = g_strdup_printf("%s-%s", dcs[i], dcs[k]);
            g_autofree char *back = g_strdup_printf("%s-%s", dcs[k], dcs[i]);

            if (json_member(rtt, there) == NULL && json_member(rtt, back) == NULL) {
                diag_add(diags, DIAG_ERROR, rtt != NULL ? rtt : wan, DIAG_KEY,
                         "'system.wan.rtt' has no round trip \"%s\"", there);
                is_complete = false;
            }
        }
    }
    return is_complete;
}

/* A shared matrix may name more data centres than this scenario has; a name is wrong when a pair of
 * ours is missing. */
static void check_matrix(const Scenario *scenario, const cJSON *rtt, const cJSON *wan,
                         DiagList *diags)
{
    g_auto(GStrv) dcs = names_of_datacenters(scenario);
    bool is_complete;

    if (rtt != NULL && !names_check_object(diags, rtt, "rtt")) {
        return;
    }
    is_complete = check_complete(rtt, wan, dcs, diags);
    NAMES_EACH(pair, rtt)
    {
        SimSpan span;
        guint from, to;

        if (!cJSON_IsString(pair) || !sim_span_parse(pair->valuestring, &span) || span < 0) {
            diag_add(diags, DIAG_ERROR, pair, DIAG_VALUE,
                     "'%s' must be a round trip with a unit, like \"44.3ms\"", pair->string);
        }
        if (!is_complete && !split_pair(pair->string, dcs, &from, &to)) {
            report_pair(pair, dcs, diags);
        }
    }
}

/* A region's table may name data centres that this scenario has not. */
static void add_ends(GPtrArray *names, const cJSON *region)
{
    NAMES_EACH(end, json_member(region, "rtt"))
    {
        if (!g_ptr_array_find_with_equal_func(names, end->string, g_str_equal, NULL)) {
            g_ptr_array_add(names, g_strdup(end->string));
        }
    }
}

/* Data centres, and all regions that are declared, in use or not. */
static char **names_of_places(const Scenario *scenario, const cJSON *wan)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i < scenario->datacenters->len; i++) {
        const DataCentre *dc = scenario->datacenters->pdata[i];

        g_ptr_array_add(names, g_strdup(dc->name));
    }
    NAMES_EACH(region, json_member(wan, "regions"))
    {
        g_ptr_array_add(names, g_strdup(region->string));
        add_ends(names, region);
    }
    NAMES_EACH(checker, json_member(wan, "checkers"))
    {
        g_ptr_array_add(names, g_strdup(checker->string));
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, false);
}

/* Fields of links: between sites of this scenario, or of a pair that the shared matrix has. */
static void check_links(const Scenario *scenario, const cJSON *wan, DiagList *diags)
{
    const cJSON *links = json_member(wan, "links");
    g_auto(GStrv) sites = names_of_places(scenario, wan);

    check_overlays(&link_kind, links, "links", diags);
    NAMES_EACH(pair, links)
    {
        guint from, to;

        if (json_member(json_member(wan, "rtt"), pair->string) == NULL &&
            !split_pair(pair->string, sites, &from, &to)) {
            report_pair(pair, sites, diags);
        }
    }
}

static void read_checkers(Scenario *scenario, const cJSON *checkers, DiagList *diags)
{
    if (checkers == NULL || !names_check_object(diags, checkers, "checkers")) {
        return;
    }
    NAMES_EACH(member, checkers)
    {
        g_ptr_array_add(scenario->checkers, scenario_region_read(scenario, member, true, diags));
    }
}

static void read_wan(Scenario *scenario, const cJSON *system, DiagList *diags)
{
    const cJSON *wan = json_member(system, "wan");
    WanText text = {0};

    field_defaults(wan_fields, &text);
    field_read(wan_fields, &text, wan, diags);
    check_matrix(scenario, text.rtt, wan != NULL ? wan : system, diags);
    if (text.regions != NULL) {
        names_check_object(diags, text.regions, "regions");
    }
    read_checkers(scenario, text.checkers, diags);
    if (text.link != NULL) {
        scenario_kind_check(&link_kind, text.link, SECTION_OVERLAY, diags);
    }
    if (text.lan != NULL) {
        scenario_kind_check(&link_kind, text.lan, SECTION_OVERLAY, diags);
    }
    field_clear(wan_fields, &text);
}

void scenario_system_read(Scenario *scenario, const Kind *const *kinds, DiagList *diags)
{
    const cJSON *system = json_member(scenario->root, "system");

    if (system != NULL && !names_check_object(diags, system, "system")) {
        return;
    }
    if (system != NULL) {
        check_keys(system, kinds, diags);
        read_datacenters(scenario, diags);
        scenario_nodes_read(scenario, kinds, diags);
        read_wan(scenario, system, diags);
    }
    scenario_load_read(scenario, kinds, diags);
    if (system != NULL) {
        check_links(scenario, json_member(system, "wan"), diags);
        check_sections(scenario, system, kinds, diags);
        check_host_and_clients(scenario, kinds, diags);
        check_absent_sections(scenario, system, kinds, diags);
        read_costs(scenario, diags);
        scenario_replication_check(scenario, diags);
    }
}
