/* scenario_schema.c - the JSON Schema of scenario files, draft-07, out of the rows that the reader
 * uses: so that an editor offers and refuses what the program would. */
#include "sim/config/field_export.h"
#include "sim/config/json_place.h"
#include "sim/scenario/scenario_fields.h"
#include "sim/scenario/scenario_read.h"
#include "sim/world/host.h"
#include "sim/world/network.h"

/* Definitions that are no field's. Variables may stand wherever a text may. */
static const char definitions_text[] =
    "{\"duration\":{\"type\":\"string\",\"pattern\":"
    "\"^[0-9]+(\\\\.[0-9]+)?(ns|us|ms|s|min|m|h|d)$|\\\\$\\\\{[^}]+\\\\}\",\"examples\":[\"30s\"]},"
    "\"patchOperation\":{\"type\":\"object\",\"required\":[\"op\",\"path\"],\"properties\":{"
    "\"op\":{\"enum\":[\"add\",\"remove\",\"replace\",\"move\",\"copy\",\"test\"]},"
    "\"path\":{\"type\":\"string\"},\"from\":{\"type\":\"string\"},\"value\":{}}}}";

static cJSON *reference(const char *definition)
{
    cJSON *schema = cJSON_CreateObject();
    g_autofree char *path = g_strconcat("#/definitions/", definition, NULL);

    cJSON_AddStringToObject(schema, "$ref", path);
    return schema;
}

/* An object whose members, whatever their names, are all like `value` (taken). */
static cJSON *map_of(cJSON *value, const char *help)
{
    cJSON *schema = cJSON_CreateObject();
    cJSON *patterns = cJSON_AddObjectToObject(schema, "patternProperties");
    cJSON *comment = cJSON_CreateObject();

    cJSON_AddStringToObject(schema, "type", "object");
    if (help != NULL) {
        cJSON_AddStringToObject(schema, "description", help);
    }
    cJSON_AddStringToObject(comment, "$comment", "Passed through untouched");
    cJSON_AddItemToObject(patterns, "^(x-|\\$comment$)", comment);
    cJSON_AddItemToObject(schema, "additionalProperties", value);
    return schema;
}

static cJSON *array_of(cJSON *items, const char *help)
{
    cJSON *schema = cJSON_CreateObject();

    cJSON_AddStringToObject(schema, "type", "array");
    cJSON_AddStringToObject(schema, "description", help);
    cJSON_AddItemToObject(schema, "items", items);
    return schema;
}

/* Puts `schema` (taken) for member `name` of a table's schema; the row's help stays. */
static void set_property(cJSON *table, const char *name, cJSON *schema)
{
    cJSON *properties = json_member(table, "properties");
    cJSON *row = json_member(properties, name);
    const cJSON *help = json_member(row, "description");

    if (help != NULL && json_member(schema, "description") == NULL &&
        json_member(schema, "$ref") == NULL) {
        cJSON_AddStringToObject(schema, "description", help->valuestring);
    }
    if (row != NULL) {
        cJSON_ReplaceItemInObjectCaseSensitive(properties, name, schema);
    } else {
        cJSON_AddItemToObject(properties, name, schema);
    }
}

static cJSON *kind_schema(const Kind *kind, bool overlay)
{
    static const Field none[] = {FIELD_END};
    cJSON *schema = field_export_schema(kind->fields == NULL ? none : kind->fields, overlay);

    if (json_member(schema, "description") == NULL) {
        cJSON_AddStringToObject(schema, "description", kind->help);
    }
    return schema;
}

/* --- activities ---------------------------------------------------------------------------- */

/* "if func is this fault, then its arguments are these". */
static cJSON *fault_rule(const FaultDef *fault)
{
    cJSON *rule = cJSON_CreateObject();
    cJSON *when = cJSON_AddObjectToObject(rule, "if");
    cJSON *func = cJSON_AddObjectToObject(cJSON_AddObjectToObject(when, "properties"), "func");
    cJSON *then = cJSON_AddObjectToObject(rule, "then");
    cJSON *required = cJSON_AddArrayToObject(when, "required");

    cJSON_AddStringToObject(func, "const", fault->func);
    cJSON_AddItemToArray(required, cJSON_CreateString("func"));
    cJSON_AddItemToObject(cJSON_AddObjectToObject(then, "properties"), "arguments",
                          field_export_schema(fault->arguments, false));
    return rule;
}

static cJSON *type_rule(const char *type, const char *const *needs)
{
    cJSON *rule = cJSON_CreateObject();
    cJSON *when = cJSON_AddObjectToObject(rule, "if");
    cJSON *is = cJSON_AddObjectToObject(cJSON_AddObjectToObject(when, "properties"), "type");
    cJSON *required = cJSON_AddArrayToObject(cJSON_AddObjectToObject(rule, "then"), "required");

    cJSON_AddStringToObject(is, "const", type);
    for (; *needs != NULL; needs++) {
        cJSON_AddItemToArray(required, cJSON_CreateString(*needs));
    }
    /* what "ref" names may say it */
    cJSON *said = cJSON_DetachItemFromObject(rule, "then");
    cJSON *either = cJSON_AddArrayToObject(cJSON_AddObjectToObject(rule, "then"), "anyOf");
    cJSON *other = cJSON_CreateObject();

    cJSON_AddItemToArray(cJSON_AddArrayToObject(other, "required"), cJSON_CreateString("ref"));
    cJSON_AddItemToArray(either, said);
    cJSON_AddItemToArray(either, other);
    return rule;
}

static cJSON *fault_names_schema(void)
{
    cJSON *schema = cJSON_CreateObject();
    cJSON *names = cJSON_AddArrayToObject(schema, "enum");

    for (const FaultDef *fault = fault_next(NULL); fault != NULL; fault = fault_next(fault)) {
        cJSON_AddItemToArray(names, cJSON_CreateString(fault->func));
    }
    return schema;
}

/* What an editor offers to write for each fault. */
static cJSON *fault_snippets(void)
{
    cJSON *snippets = cJSON_CreateArray();

    for (const FaultDef *fault = fault_next(NULL); fault != NULL; fault = fault_next(fault)) {
        cJSON *snippet = cJSON_CreateObject();
        cJSON *body = cJSON_CreateObject();

        cJSON_AddStringToObject(snippet, "label", fault->func);
        cJSON_AddStringToObject(snippet, "description", fault->help);
        cJSON_AddStringToObject(body, "type", "action");
        cJSON_AddStringToObject(body, "name", "${1:name}");
        cJSON_AddStringToObject(body, "at", "${2:120s}");
        cJSON_AddStringToObject(body, "func", fault->func);
        cJSON_AddItemToObject(snippet, "body", body);
        cJSON_AddItemToArray(snippets, snippet);
    }
    return snippets;
}

static cJSON *activity_schema(void)
{
    static const char *const action_needs[] = {"func", NULL};
    static const char *const probe_needs[] = {"query", "tolerance", NULL};
    cJSON *schema = field_export_schema(activity_fields, false);
    cJSON *target = field_export_schema(target_fields, false);
    cJSON *rules = cJSON_CreateArray();

    set_property(target, "link", field_export_schema(link_target_fields, false));
    set_property(schema, "target", target);
    set_property(schema, "every", field_export_schema(every_fields, false));
    set_property(schema, "when", field_export_schema(when_fields, false));
    set_property(schema, "func", fault_names_schema());
    cJSON_AddItemToArray(rules, type_rule("action", action_needs));
    cJSON_AddItemToArray(rules, type_rule("probe", probe_needs));
    for (const FaultDef *fault = fault_next(NULL); fault != NULL; fault = fault_next(fault)) {
        cJSON_AddItemToArray(rules, fault_rule(fault));
    }
    cJSON_AddItemToObject(schema, "allOf", rules);
    cJSON_AddItemToObject(schema, "defaultSnippets", fault_snippets());
    return schema;
}

/* --- sections ------------------------------------------------------------------------------ */

static cJSON *threshold_schema(void)
{
    cJSON *schema = cJSON_CreateObject();
    cJSON *either = cJSON_AddArrayToObject(schema, "anyOf");
    cJSON *text = cJSON_CreateObject();

    cJSON_AddStringToObject(text, "type", "string");
    cJSON_AddItemToArray(either, text);
    cJSON_AddItemToArray(either, field_export_schema(threshold_fields, false));
    return schema;
}

static cJSON *invariant_schema(void)
{
    cJSON *schema = field_export_schema(invariant_fields, false);
    cJSON *check = cJSON_CreateObject();
    cJSON *names = cJSON_AddArrayToObject(check, "enum");

    for (const char *const *name = invariant_checks; *name != NULL; name++) {
        cJSON_AddItemToArray(names, cJSON_CreateString(*name));
    }
    set_property(schema, "check", check);
    return schema;
}

static cJSON *wan_schema(bool overlay)
{
    cJSON *schema = field_export_schema(wan_fields, overlay);

    set_property(schema, "regions", map_of(field_export_schema(region_fields, overlay), NULL));
    set_property(schema, "checkers", map_of(field_export_schema(region_fields, overlay), NULL));
    set_property(schema, "link", kind_schema(&link_kind, true));
    set_property(schema, "links", map_of(kind_schema(&link_kind, true), NULL));
    set_property(schema, "lan", kind_schema(&link_kind, true));
    return schema;
}

static cJSON *node_group_schema(const Kind *const *kinds, bool overlay)
{
    cJSON *schema = field_export_schema(node_group_fields, overlay);
    cJSON *settings = field_export_schema((const Field[]){FIELD_END}, true);

    for (guint i = 0; kinds[i] != NULL; i++) {
        if (kinds[i]->scope == KIND_ON_NODE) {
            set_property(settings, kinds[i]->name, kind_schema(kinds[i], true));
        }
    }
    set_property(schema, "settings", settings);
    return schema;
}

static cJSON *system_schema(const Kind *const *kinds, bool overlay)
{
    cJSON *schema = field_export_schema((const Field[]){FIELD_END}, true);
    cJSON *cost = cJSON_CreateObject();

    cJSON_AddStringToObject(cost, "type", "number");
    cJSON_AddNumberToObject(cost, "minimum", 0);
    set_property(schema, "datacenters",
                 map_of(field_export_schema(datacenter_fields, overlay), "Sites of ours, by name"));
    set_property(schema, "sizes", map_of(kind_schema(&host_kind, true), "VPS sizes, by name"));
    set_property(schema, "nodes",
                 map_of(node_group_schema(kinds, overlay), "Groups of VPS, by role"));
    set_property(schema, "wan", wan_schema(overlay));
    set_property(schema, "host", kind_schema(&host_kind, true));
    set_property(schema, "monthly_cost", map_of(cost, "What else costs EUR a month, by name"));
    for (guint i = 0; kinds[i] != NULL; i++) {
        if (kinds[i]->scope == KIND_PER_LOAD) {
            set_property(schema, "clients",
                         map_of(kind_schema(kinds[i], true), "Profiles for 'load', by name"));
        } else if (kinds[i]->scope != KIND_PART) {
            set_property(schema, kinds[i]->name, kind_schema(kinds[i], overlay));
        }
    }
    return schema;
}

/* An entry may leave to its profile what is required. */
static cJSON *load_schema(const Kind *const *kinds)
{
    for (guint i = 0; kinds[i] != NULL; i++) {
        if (kinds[i]->scope == KIND_PER_LOAD) {
            cJSON *entry = kind_schema(kinds[i], true);

            if (json_member(json_member(entry, "properties"), "clients") == NULL) {
                set_property(entry, "clients", cJSON_CreateObject());
            }
            return map_of(entry, "Populations, by name");
        }
    }
    return map_of(cJSON_CreateObject(), "Populations, by name");
}

static cJSON *hypothesis_schema(bool overlay)
{
    cJSON *schema = field_export_schema(hypothesis_fields, overlay);

    set_property(schema, "probes", array_of(reference("activity"), "How one sees it"));
    return schema;
}

static void set_sections(cJSON *schema, const Kind *const *kinds, bool overlay)
{
    cJSON *version = cJSON_CreateObject();
    cJSON *files = cJSON_CreateObject();

    cJSON_AddStringToObject(version, "const", "1");
    cJSON_AddStringToObject(files, "type", "string");
    set_property(schema, "version", version);
    set_property(schema, "extends",
                 array_of(files, "Files that this one builds on, relative to it, merged left to "
                                 "right (RFC 7396)"));
    set_property(schema, "patch",
                 array_of(reference("patchOperation"), "Changes after merging (RFC 6902)"));
    set_property(schema, "simulation", field_export_schema(simulation_fields, overlay));
    set_property(schema, "system", system_schema(kinds, overlay));
    set_property(schema, "load", load_schema(kinds));
    set_property(schema, "steady-state-hypothesis", hypothesis_schema(overlay));
    set_property(schema, "method", array_of(reference("activity"), "Actions and probes"));
    set_property(schema, "rollbacks", array_of(reference("activity"), "Actions at the end"));
    set_property(schema, "thresholds",
                 map_of(array_of(threshold_schema(), "Conditions"), "Conditions by metric"));
    set_property(schema, "invariants", map_of(invariant_schema(), "What must hold, by name"));
    set_property(schema, "must-happen",
                 map_of(field_export_schema(must_happen_fields, overlay),
                        "Events without which the run proves nothing, by name"));
    set_property(schema, "published",
                 map_of(field_export_schema(published_fields, overlay),
                        "Figures that others have published, by name"));
    set_property(schema, "runtime", field_export_schema(runtime_fields, overlay));
}

/* --- overlays ------------------------------------------------------------------------------ */

/* Merging takes null as "delete this", so each member of an overlay may be null. */
static void allow_null(cJSON *schema);

static void allow_null_here(cJSON *parent, cJSON *schema)
{
    cJSON *either = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(either, "anyOf");
    cJSON *nothing = cJSON_CreateObject();

    if (schema->child == NULL) {
        cJSON_Delete(nothing);
        cJSON_Delete(either);
        return;
    }
    allow_null(schema);
    cJSON_AddStringToObject(nothing, "type", "null");
    cJSON_AddItemToArray(list, cJSON_Duplicate(schema, true));
    cJSON_AddItemToArray(list, nothing);
    either->string = schema->string;
    schema->string = NULL;
    cJSON_ReplaceItemViaPointer(parent, schema, either);
}

static void allow_null(cJSON *schema)
{
    cJSON *properties = json_member(schema, "properties");
    cJSON *others = json_member(schema, "additionalProperties");
    cJSON *next;

    for (cJSON *each = properties == NULL ? NULL : properties->child; each != NULL; each = next) {
        next = each->next;
        allow_null_here(properties, each);
    }
    if (cJSON_IsObject(others)) {
        allow_null_here(schema, others);
    }
}

cJSON *scenario_schema(const Kind *const *kinds, bool overlay)
{
    cJSON *schema = cJSON_CreateObject();
    cJSON *fields = field_export_schema(top_fields, overlay);
    cJSON *definitions = cJSON_Parse(definitions_text);

    g_assert_nonnull(definitions);
    set_sections(fields, kinds, overlay);
    if (overlay) {
        allow_null(fields);
    }
    cJSON_AddStringToObject(schema, "$schema", "http://json-schema.org/draft-07/schema#");
    cJSON_AddStringToObject(schema, "$id",
                            overlay ? "scenario-1-overlay.schema.json" : "scenario-1.schema.json");
    cJSON_AddStringToObject(schema, "title",
                            overlay ? "dcdrill scenario that extends others, format 1"
                                    : "dcdrill scenario, format 1");
    while (fields->child != NULL) {
        cJSON *member = cJSON_DetachItemViaPointer(fields, fields->child);
        g_autofree char *name = g_strdup(member->string);

        cJSON_AddItemToObject(schema, name, member);
    }
    cJSON_Delete(fields);
    cJSON_AddItemToObject(definitions, "activity", activity_schema());
    cJSON_AddItemToObject(schema, "definitions", definitions);
    return schema;
}
