/* scenario_names.c - see scenario_names.h. */
#include "sim/scenario/scenario_names.h"

/* A message lists all names when there are no more than these. */
#define LISTED_MOST 8

const cJSON *names_next(const cJSON *object, const cJSON *before)
{
    const cJSON *next = before != NULL           ? before->next
                        : cJSON_IsObject(object) ? object->child
                                                 : NULL;

    while (next != NULL &&
           (strcmp(next->string, "$comment") == 0 || g_str_has_prefix(next->string, "x-"))) {
        next = next->next;
    }
    return next;
}

static char **strv_end(GPtrArray *names)
{
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, false);
}

static void add_datacenters(const Scenario *scenario, GPtrArray *names)
{
    for (guint i = 0; i < scenario->datacenters->len; i++) {
        g_ptr_array_add(names, g_strdup(((DataCentre *)scenario->datacenters->pdata[i])->name));
    }
}

static void add_regions(const GPtrArray *regions, GPtrArray *names)
{
    for (guint i = 0; i < regions->len; i++) {
        g_ptr_array_add(names, g_strdup(((Region *)regions->pdata[i])->name));
    }
}

char **names_of_datacenters(const Scenario *scenario)
{
    GPtrArray *names = g_ptr_array_new();

    add_datacenters(scenario, names);
    return strv_end(names);
}

char **names_of_groups(const Scenario *scenario)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i < scenario->nodes->len; i++) {
        g_ptr_array_add(names, g_strdup(((NodeGroup *)scenario->nodes->pdata[i])->role));
    }
    return strv_end(names);
}

char **names_of_roles(const Scenario *scenario)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i < scenario->nodes->len; i++) {
        g_ptr_array_add(names, g_strdup(((NodeGroup *)scenario->nodes->pdata[i])->role));
    }
    for (guint i = 0; i < scenario->loads->len; i++) {
        g_ptr_array_add(names, g_strdup(((LoadEntry *)scenario->loads->pdata[i])->name));
    }
    return strv_end(names);
}

char **names_of_loads(const Scenario *scenario)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i < scenario->loads->len; i++) {
        g_ptr_array_add(names, g_strdup(((LoadEntry *)scenario->loads->pdata[i])->name));
    }
    return strv_end(names);
}

char **names_of_nodes(const Scenario *scenario)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i < scenario->nodes->len; i++) {
        const NodeGroup *group = scenario->nodes->pdata[i];

        for (guint k = 0; k < group->datacenters->len; k++) {
            const DataCentre *dc = group->datacenters->pdata[k];

            for (guint number = 1; number <= g_array_index(group->counts, guint, k); number++) {
                g_ptr_array_add(names, g_strdup_printf("%s-%s%u", dc->name, group->role, number));
            }
        }
    }
    return strv_end(names);
}

char **names_of_regions(const Scenario *scenario)
{
    GPtrArray *names = g_ptr_array_new();

    add_regions(scenario->regions, names);
    return strv_end(names);
}

char **names_of_checkers(const Scenario *scenario)
{
    GPtrArray *names = g_ptr_array_new();

    add_regions(scenario->checkers, names);
    return strv_end(names);
}

char **names_of_sites(const Scenario *scenario)
{
    GPtrArray *names = g_ptr_array_new();

    add_datacenters(scenario, names);
    add_regions(scenario->regions, names);
    add_regions(scenario->checkers, names);
    return strv_end(names);
}

DataCentre *names_find_datacenter(const Scenario *scenario, const char *name)
{
    for (guint i = 0; i < scenario->datacenters->len; i++) {
        DataCentre *dc = scenario->datacenters->pdata[i];

        if (strcmp(dc->name, name) == 0) {
            return dc;
        }
    }
    return NULL;
}

NodeGroup *names_find_group(const Scenario *scenario, const char *role)
{
    for (guint i = 0; i < scenario->nodes->len; i++) {
        NodeGroup *group = scenario->nodes->pdata[i];

        if (strcmp(group->role, role) == 0) {
            return group;
        }
    }
    return NULL;
}

guint names_count_nodes(const NodeGroup *group, const DataCentre *dc)
{
    for (guint i = 0; i < group->datacenters->len; i++) {
        if (group->datacenters->pdata[i] == dc) {
            return g_array_index(group->counts, guint, i);
        }
    }
    return 0;
}

/* "; did you mean 'x'?", or else the few names that there are. */
static char *suggest_or_list(const char *name, char *const *known)
{
    g_autofree char *hint = diag_suggest(name, (const char *const *)known);
    guint count = g_strv_length((char **)known);

    if (*hint != '\0' || count > LISTED_MOST) {
        return g_steal_pointer(&hint);
    }
    if (count == 0) {
        return g_strdup("; there is none");
    }
    g_autofree char *list = g_strjoinv("', '", (char **)known);

    return g_strdup_printf("; there %s '%s'", count == 1 ? "is" : "are", list);
}

bool names_check(DiagList *diags, const cJSON *node, DiagSide side, const char *what,
                 const char *name, char *const *known)
{
    if (g_strv_contains((const char *const *)known, name)) {
        return true;
    }
    g_autofree char *hint = suggest_or_list(name, known);

    diag_add(diags, DIAG_ERROR, node, side, "unknown %s '%s'%s", what, name, hint);
    return false;
}

bool names_check_object(DiagList *diags, const cJSON *node, const char *what)
{
    if (cJSON_IsObject(node)) {
        return true;
    }
    diag_add(diags, DIAG_ERROR, node, DIAG_VALUE, "'%s' must be an object", what);
    return false;
}
