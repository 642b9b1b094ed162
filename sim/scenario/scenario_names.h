/* scenario_names.h - names that a scenario declares, and messages about those it does not. */
#pragma once

#include "sim/scenario/scenario.h"

/* The members of `object` that count: not "$comment", not "x-...". Starts with NULL, ends with
 * NULL. */
const cJSON *names_next(const cJSON *object, const cJSON *before);

#define NAMES_EACH(member, object)                                                                 \
    for (const cJSON *member = names_next(object, NULL); member != NULL;                           \
         member = names_next(object, member))

/* The names of all data centres, node groups, loads, nodes ("DC03-db1") and sites; strv to be freed
 * with g_strfreev. */
char **names_of_datacenters(const Scenario *scenario);
char **names_of_groups(const Scenario *scenario);
/* Roles of components: groups of nodes, and loads for those who ask. */
char **names_of_roles(const Scenario *scenario);
char **names_of_loads(const Scenario *scenario);
char **names_of_nodes(const Scenario *scenario);
char **names_of_regions(const Scenario *scenario);
char **names_of_checkers(const Scenario *scenario);
char **names_of_sites(const Scenario *scenario);

/* The data centre or group called `name`, or NULL. */
DataCentre *names_find_datacenter(const Scenario *scenario, const char *name);
NodeGroup *names_find_group(const Scenario *scenario, const char *role);

/* How many nodes of `group` stand in `dc`. */
guint names_count_nodes(const NodeGroup *group, const DataCentre *dc);

/* True when `name` is one of `known`; otherwise reports "unknown WHAT 'name'" at `node`. */
bool names_check(DiagList *diags, const cJSON *node, DiagSide side, const char *what,
                 const char *name, char *const *known);

/* True when `node` is an object; otherwise reports that the section called `what` must be one. */
bool names_check_object(DiagList *diags, const cJSON *node, const char *what);
