/* basis.c - what the answer of a study rests on. */
#include "sim/study/basis.h"

#include <string.h>

#include "sim/config/json_print.h"
#include "sim/results/export/export_json.h"
#include "sim/world/host.h"
#include "sim/world/network.h"

/* --- the system ----------------------------------------------------------------------------- */

static cJSON *sites_to_json(const Scenario *scenario)
{
    cJSON *list = cJSON_CreateArray();

    for (guint i = 0; i < scenario->datacenters->len; i++) {
        const DataCentre *site = g_ptr_array_index(scenario->datacenters, i);
        cJSON *row = cJSON_CreateObject();

        cJSON_AddStringToObject(row, "name", site->name);
        cJSON_AddStringToObject(row, "city", site->city != NULL ? site->city : "");
        cJSON_AddBoolToObject(row, "live", site->is_live);
        cJSON_AddNumberToObject(row, "nodes", site->nodes);
        cJSON_AddStringToObject(row, "size", site->size != NULL ? site->size : "");
        export_add_number(row, "monthly", site->monthly_cost);
        cJSON_AddItemToArray(list, row);
    }
    return list;
}

static cJSON *groups_to_json(const Scenario *scenario)
{
    cJSON *list = cJSON_CreateArray();

    for (guint i = 0; i < scenario->nodes->len; i++) {
        const NodeGroup *group = g_ptr_array_index(scenario->nodes, i);
        cJSON *row = cJSON_CreateObject();
        guint nodes = 0;

        for (guint k = 0; k < group->counts->len; k++) {
            nodes += g_array_index(group->counts, guint, k);
        }
        cJSON_AddStringToObject(row, "role", group->role);
        cJSON_AddNumberToObject(row, "nodes", nodes);
        cJSON_AddItemToObject(
            row, "runs",
            cJSON_CreateStringArray((const char *const *)group->runs,
                                    group->runs != NULL ? (int)g_strv_length(group->runs) : 0));
        cJSON_AddItemToArray(list, row);
    }
    return list;
}

/* --- settings ------------------------------------------------------------------------------- */

typedef struct Walk {
    const Scenario *scenario;
    cJSON *list;
} Walk;

/* "/system/wildfly/cpu" and all single values below it. */
static void add_settings(const Walk *walk, const cJSON *node, const char *pointer)
{
    g_autofree char *origin = NULL;
    cJSON *row;
    char *value;

    if (cJSON_IsObject(node) || cJSON_IsArray(node)) {
        guint index = 0;

        for (const cJSON *child = node->child; child != NULL; child = child->next) {
            g_autofree char *below = child->string != NULL
                                         ? g_strdup_printf("%s/%s", pointer, child->string)
                                         : g_strdup_printf("%s/%u", pointer, index++);

            if (child->string == NULL || child->string[0] != '$') { /* "$comment" */
                add_settings(walk, child, below);
            }
        }
        return;
    }
    origin = scenario_origin(walk->scenario, node);
    value = json_print_line(node);
    row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "setting", pointer);
    cJSON_AddStringToObject(row, "value", cJSON_IsString(node) ? node->valuestring : value);
    cJSON_AddStringToObject(row, "origin", origin);
    cJSON_AddItemToArray(walk->list, row);
    g_free(value);
}

/* The load and what is set of each kind; sites, groups and sizes are told by themselves. */
static cJSON *settings_to_json(const Scenario *scenario)
{
    static const char *const told[] = {"datacenters", "nodes", "sizes", "wan", NULL};
    const cJSON *system = cJSON_GetObjectItemCaseSensitive(scenario->root, "system");
    Walk walk = {scenario, cJSON_CreateArray()};

    add_settings(&walk, cJSON_GetObjectItemCaseSensitive(scenario->root, "load"), "/load");
    for (const cJSON *child = system != NULL ? system->child : NULL; child != NULL;
         child = child->next) {
        g_autofree char *pointer = g_strdup_printf("/system/%s", child->string);

        if (!g_strv_contains(told, child->string) && child->string[0] != '$') {
            add_settings(&walk, child, pointer);
        }
    }
    return walk.list;
}

/* --- what is left out ----------------------------------------------------------------------- */

static bool is_in_use(const Scenario *scenario, const char *kind)
{
    for (guint i = 0; i < scenario->nodes->len; i++) {
        const NodeGroup *group = g_ptr_array_index(scenario->nodes, i);

        if (group->runs != NULL && g_strv_contains((const char *const *)group->runs, kind)) {
            return true;
        }
    }
    return scenario_section(scenario, kind) != NULL;
}

static void add_left_out(cJSON *list, const Kind *kind)
{
    if (kind->leaves_out != NULL) {
        g_autofree char *line = g_strdup_printf("%s: %s", kind->name, kind->leaves_out);

        cJSON_AddItemToArray(list, cJSON_CreateString(line));
    }
}

static cJSON *left_out_to_json(const Scenario *scenario, const Kind *const *kinds)
{
    cJSON *list = cJSON_CreateArray();

    if (scenario->nodes->len > 0) {
        add_left_out(list, &host_kind);
        add_left_out(list, &link_kind);
    }
    for (guint i = 0; kinds[i] != NULL; i++) {
        if (is_in_use(scenario, kinds[i]->name)) {
            add_left_out(list, kinds[i]);
        }
    }
    return list;
}

/* --- the whole ------------------------------------------------------------------------------ */

cJSON *basis_to_json(const Study *study, const char *path, GError **error)
{
    g_autoptr(Scenario) scenario = study_read(study, path, NULL, error);
    cJSON *json;
    cJSON *simulation;

    if (scenario == NULL) {
        return NULL;
    }
    json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "version", DCDRILL_VERSION);
    cJSON_AddStringToObject(json, "title", scenario->title);
    cJSON_AddStringToObject(json, "description",
                            scenario->description != NULL ? scenario->description : "");
    simulation = cJSON_AddObjectToObject(json, "simulation");
    cJSON_AddStringToObject(simulation, "seed", scenario->simulation.seed_text);
    export_add_number(simulation, "warmup_s", sim_span_to_s(scenario->simulation.warmup));
    export_add_number(simulation, "duration_s", sim_span_to_s(scenario->simulation.duration));
    cJSON_AddItemToObject(json, "sites", sites_to_json(scenario));
    cJSON_AddItemToObject(json, "groups", groups_to_json(scenario));
    cJSON_AddItemToObject(json, "settings", settings_to_json(scenario));
    cJSON_AddItemToObject(json, "left_out", left_out_to_json(scenario, study->kinds));
    return json;
}
