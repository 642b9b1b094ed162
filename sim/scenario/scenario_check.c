/* scenario_check.c - see scenario_check.h. */
#include "sim/scenario/scenario_check.h"

#include <arpa/inet.h>

#include "sim/config/json_place.h"
#include "sim/scenario/scenario_names.h"

/* --- messages ------------------------------------------------------------------------------ */

/* The node that wrote element `index` of a list or the only text of `name`. */
static const cJSON *list_node(const cJSON *parent, const char *name, guint index)
{
    const cJSON *list = json_member(parent, name);

    return cJSON_IsArray(list) ? cJSON_GetArrayItem(list, (int)index) : list;
}

static bool check_list(const cJSON *parent, const char *name, const char *what, char *const *list,
                       char *const *known, DiagList *diags)
{
    bool is_known = true;

    for (guint i = 0; list != NULL && list[i] != NULL; i++) {
        is_known &=
            names_check(diags, list_node(parent, name, i), DIAG_VALUE, what, list[i], known);
    }
    return is_known;
}

/* --- targets ------------------------------------------------------------------------------- */

static bool is_listed(char *const *list, const char *name)
{
    return list == NULL || list[0] == NULL || g_strv_contains((const char *const *)list, name);
}

static bool has_nodes(const Target *target, const NodeGroup *group, guint index)
{
    const DataCentre *dc = group->datacenters->pdata[index];

    for (guint number = 1; number <= g_array_index(group->counts, guint, index); number++) {
        g_autofree char *node = g_strdup_printf("%s-%s%u", dc->name, group->role, number);

        if (is_listed(target->node, node)) {
            return true;
        }
    }
    return false;
}

/* Whether any node is meant; `process` (may be NULL) must run there. */
static bool matches_node(const Scenario *scenario, const Target *target, const char *process)
{
    for (guint i = 0; i < scenario->nodes->len; i++) {
        const NodeGroup *group = scenario->nodes->pdata[i];

        if ((target->role != NULL && strcmp(target->role, group->role) != 0) ||
            (process != NULL && !g_strv_contains((const char *const *)group->runs, process))) {
            continue;
        }
        for (guint k = 0; k < group->datacenters->len; k++) {
            const DataCentre *dc = group->datacenters->pdata[k];

            if (is_listed(target->dc, dc->name) && has_nodes(target, group, k)) {
                return true;
            }
        }
    }
    return false;
}

static char **running_kinds(const Scenario *scenario)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i < scenario->nodes->len; i++) {
        const NodeGroup *group = scenario->nodes->pdata[i];

        for (char **kind = group->runs; *kind != NULL; kind++) {
            g_ptr_array_add(names, g_strdup(*kind));
        }
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, false);
}

static void check_nodes(const Scenario *scenario, const Activity *activity, const cJSON *tree,
                        DiagList *diags)
{
    const Target *target = &activity->target;
    g_auto(GStrv) nodes = names_of_nodes(scenario);
    g_auto(GStrv) groups = names_of_groups(scenario);
    bool is_known = check_list(tree, "node", "node", target->node, nodes, diags);

    if (target->role != NULL) {
        is_known &=
            names_check(diags, json_member(tree, "role"), DIAG_VALUE, "role", target->role, groups);
    }
    if (is_known && !matches_node(scenario, target, NULL)) {
        diag_add(diags, DIAG_ERROR, tree != NULL ? tree : activity->tree, DIAG_KEY,
                 "the target of '%s' matches no node", activity->name);
    }
}

static void check_process(const Scenario *scenario, const Activity *activity, const cJSON *tree,
                          DiagList *diags)
{
    const char *process = activity->target.process;
    const cJSON *written = json_member(tree, "process");
    g_auto(GStrv) kinds = running_kinds(scenario);

    if (written == NULL) {
        written = json_member(json_member(activity->tree, "arguments"), "process");
    }
    if (process == NULL) {
        diag_add(diags, DIAG_ERROR, json_member(activity->tree, "func"), DIAG_VALUE,
                 "'%s' needs 'process', like \"wildfly\"", activity->fault->func);
        return;
    }
    if (names_check(diags, written, DIAG_VALUE, "process", process, kinds) &&
        matches_node(scenario, &activity->target, NULL) &&
        !matches_node(scenario, &activity->target, process)) {
        diag_add(diags, DIAG_ERROR, tree != NULL ? tree : activity->tree, DIAG_KEY,
                 "the target of '%s' matches no node that runs '%s'", activity->name, process);
    }
}

static void check_link(const Scenario *scenario, const Activity *activity, const cJSON *tree,
                       DiagList *diags)
{
    const Target *target = &activity->target;
    const cJSON *link = json_member(tree, "link");
    g_auto(GStrv) sites = names_of_sites(scenario);

    if (link == NULL) {
        if (target->dc == NULL && !activity->fault->needs_dc) {
            diag_add(diags, DIAG_ERROR, tree != NULL ? tree : activity->tree, DIAG_KEY,
                     "the target of '%s' must name a 'link' or a 'dc'", activity->name);
        }
        return;
    }
    if (target->link_from == NULL || target->link_to == NULL) {
        return; /* reported when it was read */
    }
    bool is_known =
        names_check(diags, json_member(link, "from"), DIAG_VALUE, "site", target->link_from, sites);

    is_known &=
        names_check(diags, json_member(link, "to"), DIAG_VALUE, "site", target->link_to, sites);
    if (is_known && strcmp(target->link_from, target->link_to) == 0) {
        diag_add(diags, DIAG_ERROR, link, DIAG_KEY, "a link goes from one site to another");
    } else if (is_known && names_find_datacenter(scenario, target->link_from) == NULL &&
               names_find_datacenter(scenario, target->link_to) == NULL) {
        diag_add(diags, DIAG_ERROR, link, DIAG_KEY,
                 "there is no link between '%s' and '%s': one of them must be a data centre",
                 target->link_from, target->link_to);
    }
}

static void check_places(const Scenario *scenario, const Activity *activity, DiagList *diags)
{
    bool is_of_checkers = activity->fault->scope == FAULT_ON_CHECKERS;
    const cJSON *arguments = json_member(activity->tree, "arguments");
    g_auto(GStrv) known = is_of_checkers ? names_of_checkers(scenario) : names_of_regions(scenario);
    const char *const *regions = NULL;
    double share;

    fault_places(activity->fault, activity->arguments, &regions, &share);
    for (guint i = 0; regions != NULL && regions[i] != NULL; i++) {
        names_check(diags, list_node(arguments, "regions", i), DIAG_VALUE,
                    is_of_checkers ? "checker region" : "region", regions[i], known);
    }
    if (is_of_checkers && scenario->checkers->len == 0) {
        diag_add(diags, DIAG_ERROR, json_member(activity->tree, "func"), DIAG_VALUE,
                 "'%s' hits nothing: 'system.wan.checkers' is empty", activity->fault->func);
    }
}

/* Arguments that name something of the scenario. */
static void check_arguments(const Scenario *scenario, const Activity *activity, DiagList *diags)
{
    const FaultDef *fault = activity->fault;
    const cJSON *arguments = json_member(activity->tree, "arguments");
    const cJSON *dc =
        fault->dc_argument != NULL ? json_member(arguments, fault->dc_argument) : NULL;
    const cJSON *address =
        fault->ip_argument != NULL ? json_member(arguments, fault->ip_argument) : NULL;
    g_auto(GStrv) dcs = names_of_datacenters(scenario);
    struct in_addr parsed;

    if (cJSON_IsString(dc)) {
        names_check(diags, dc, DIAG_VALUE, "data centre", dc->valuestring, dcs);
    }
    if (cJSON_IsString(address) && inet_pton(AF_INET, address->valuestring, &parsed) != 1) {
        diag_add(diags, DIAG_ERROR, address, DIAG_VALUE,
                 "'%s' is no IPv4 address, like \"192.0.2.11\"", address->valuestring);
    }
}

static void check_load(const Scenario *scenario, const Activity *activity, const cJSON *tree,
                       DiagList *diags)
{
    g_auto(GStrv) known = names_of_loads(scenario);

    if (activity->target.group != NULL) {
        names_check(diags, json_member(tree, "group"), DIAG_VALUE, "load", activity->target.group,
                    known);
    } else if (scenario->loads->len == 0) {
        diag_add(diags, DIAG_ERROR, json_member(activity->tree, "func"), DIAG_VALUE,
                 "'%s' hits nothing: 'load' is empty", activity->fault->func);
    }
}

/* Which members of a target mean something for a fault of that scope. */
static bool is_member_meant(const FaultDef *fault, const char *name)
{
    static const char *const on_hosts[] = {"dc", "node", "role", "mode", "value", NULL};
    static const char *const on_processes[] = {"dc",    "node",    "role", "mode",
                                               "value", "process", NULL};
    static const char *const on_links[] = {"dc", "link", "mode", "value", NULL};
    static const char *const on_load[] = {"group", "mode", "value", NULL};
    static const char *const on_sites[] = {"dc", NULL};
    static const char *const nothing[] = {NULL};
    static const char *const *const by_scope[] = {
        [FAULT_ON_HOSTS] = on_hosts,   [FAULT_ON_PROCESSES] = on_processes,
        [FAULT_ON_LINKS] = on_links,   [FAULT_ON_LOAD] = on_load,
        [FAULT_ON_CHECKERS] = nothing, [FAULT_ON_KIND] = nothing,
        [FAULT_ON_ALL] = nothing};

    return g_strv_contains(fault->needs_dc ? on_sites : by_scope[fault->scope], name);
}

static void check_target(const Scenario *scenario, const Activity *activity, DiagList *diags)
{
    const FaultDef *fault = activity->fault;
    const cJSON *tree = json_member(activity->tree, "target");
    g_auto(GStrv) dcs = names_of_datacenters(scenario);

    NAMES_EACH(member, tree)
    {
        if (!is_member_meant(fault, member->string)) {
            diag_add(diags, DIAG_ERROR, member, DIAG_KEY, "'%s' means nothing for '%s'",
                     member->string, fault->func);
        }
    }
    if (fault->needs_dc && json_member(tree, "dc") == NULL) {
        diag_add(diags, DIAG_ERROR, tree != NULL ? tree : activity->tree, DIAG_KEY,
                 "'%s' needs 'target' with 'dc', like {\"dc\": \"%s\"}", fault->func,
                 dcs[0] != NULL ? dcs[0] : "DC01");
        return;
    }
    if (!check_list(tree, "dc", "data centre", activity->target.dc, dcs, diags)) {
        return;
    }
    check_arguments(scenario, activity, diags);
    switch (fault->scope) {
    case FAULT_ON_HOSTS:
        check_nodes(scenario, activity, tree, diags);
        break;
    case FAULT_ON_PROCESSES:
        check_nodes(scenario, activity, tree, diags);
        check_process(scenario, activity, tree, diags);
        break;
    case FAULT_ON_LINKS:
        check_link(scenario, activity, tree, diags);
        break;
    case FAULT_ON_LOAD:
        check_load(scenario, activity, tree, diags);
        break;
    case FAULT_ON_CHECKERS:
        check_places(scenario, activity, diags);
        break;
    case FAULT_ON_KIND:
        check_places(scenario, activity, diags);
        break;
    case FAULT_ON_ALL:
        break;
    }
}

/* --- times --------------------------------------------------------------------------------- */

static void check_end(const Scenario *scenario, const Activity *activity, DiagList *diags)
{
    SimSpan end = scenario->simulation.duration;
    char begin_text[SIM_SPAN_TEXT], end_text[SIM_SPAN_TEXT];
    const cJSON *at = json_member(activity->tree, "at");
    const cJSON *every = json_member(activity->tree, "every");

    if (activity->at < 0 &&
        (activity->type == ACTIVITY_PROBE || activity->at < -scenario->simulation.warmup)) {
        diag_add(diags, DIAG_ERROR, at, DIAG_VALUE, "'%s' would begin at %s: %s", activity->name,
                 sim_span_print(activity->at, begin_text),
                 activity->type == ACTIVITY_PROBE ? "a probe looks at the measured part, from 0s on"
                                                  : "the warm-up is shorter than that");
    } else if (activity->at != SIM_NEVER && activity->at >= end) {
        diag_add(diags, DIAG_ERROR, at, DIAG_VALUE,
                 "'%s' would begin at %s, after the end of the run at %s", activity->name,
                 sim_span_print(activity->at, begin_text), sim_span_print(end, end_text));
    } else if (activity->at != SIM_NEVER && activity->duration > end - activity->at) {
        diag_add(diags, DIAG_WARNING, json_member(activity->tree, "duration"), DIAG_VALUE,
                 "'%s' is cut short: the run ends at %s", activity->name,
                 sim_span_print(end, end_text));
    }
    if (activity->every_interval >= end) {
        diag_add(diags, DIAG_ERROR, json_member(every, "interval"), DIAG_VALUE,
                 "'%s' would begin at %s, after the end of the run at %s", activity->name,
                 sim_span_print(activity->every_interval, begin_text),
                 sim_span_print(end, end_text));
    }
}

/* A fault that a supervisor ends has no duration of its own. */
static void check_lasting(const Activity *activity, DiagList *diags)
{
    bool is_restarted = fault_restart_after(activity->fault, activity->arguments).law != NULL;

    if (is_restarted && activity->duration > 0) {
        diag_add(diags, DIAG_ERROR, json_member(activity->tree, "duration"), DIAG_KEY,
                 "'%s' lasts either for its 'duration' or until 'restart_after'", activity->name);
    }
    if (activity->fault->is_heal && activity->duration > 0) {
        diag_add(diags, DIAG_ERROR, json_member(activity->tree, "duration"), DIAG_KEY,
                 "'%s' happens at once and has no 'duration'", activity->fault->func);
    }
    if (activity->every_interval > 0 && activity->duration == 0 && !is_restarted &&
        !activity->fault->is_heal) {
        diag_add(diags, DIAG_ERROR, json_member(activity->tree, "every"), DIAG_KEY,
                 "'%s' comes again and again, so it needs 'duration'", activity->name);
    }
}

/* Only what has a strength can come on slowly. */
static void check_ramp(const Activity *activity, DiagList *diags)
{
    const FaultDef *fault = activity->fault;
    const cJSON *ramp = json_member(activity->tree, "ramp");
    char text[SIM_SPAN_TEXT];

    if (activity->ramp == 0) {
        return;
    }
    if (!effect_is_gradual(fault->effect(activity->arguments, true)) &&
        !effect_is_gradual(fault->effect(activity->arguments, false))) {
        diag_add(diags, DIAG_ERROR, ramp, DIAG_KEY,
                 "'ramp' means nothing for '%s', which is either on or off", fault->func);
    } else if (activity->duration > 0 && activity->ramp > activity->duration) {
        diag_add(diags, DIAG_ERROR, ramp, DIAG_VALUE, "'ramp' is longer than 'duration', %s",
                 sim_span_print(activity->duration, text));
    }
}

/* --- order --------------------------------------------------------------------------------- */

static const Activity *find_activity(const GPtrArray *activities, const char *name)
{
    for (guint i = 0; i < activities->len; i++) {
        const Activity *activity = activities->pdata[i];

        if (g_strcmp0(activity->name, name) == 0) {
            return activity;
        }
    }
    return NULL;
}

/* Whether `from` waits, directly or not, for `wanted`; `seen` holds those looked at. */
static bool waits_for(const GPtrArray *activities, const Activity *from, const char *wanted,
                      GHashTable *seen)
{
    if (!g_hash_table_add(seen, (void *)from)) {
        return false;
    }
    for (char **name = from->after; name != NULL && *name != NULL; name++) {
        const Activity *before = find_activity(activities, *name);

        if (strcmp(*name, wanted) == 0 ||
            (before != NULL && waits_for(activities, before, wanted, seen))) {
            return true;
        }
    }
    return false;
}

static bool is_waiting_for_itself(const GPtrArray *activities, const Activity *activity)
{
    GHashTable *seen = g_hash_table_new(NULL, NULL); /* only looked up */
    bool is_waiting =
        activity->name != NULL && waits_for(activities, activity, activity->name, seen);

    g_hash_table_destroy(seen);
    return is_waiting;
}

static void check_after(const GPtrArray *method, const Activity *activity, DiagList *diags)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    const cJSON *after = json_member(activity->tree, "after");

    if (activity->after == NULL) {
        return;
    }
    for (guint i = 0; i < method->len; i++) {
        const Activity *other = method->pdata[i];

        if (other->name != NULL && other->type == ACTIVITY_ACTION) {
            g_ptr_array_add(known, other->name);
        }
    }
    g_ptr_array_add(known, NULL);
    check_list(activity->tree, "after", "action", activity->after, (char *const *)known->pdata,
               diags);
    if (is_waiting_for_itself(method, activity)) {
        diag_add(diags, DIAG_ERROR, after, DIAG_KEY, "'%s' waits for itself", activity->name);
    }
    for (char **name = activity->after; *name != NULL; name++) {
        const Activity *before = find_activity(method, *name);

        if (before != NULL && before->fault != NULL && before->duration == 0 &&
            !before->fault->is_heal &&
            fault_restart_after(before->fault, before->arguments).law == NULL) {
            diag_add(diags, DIAG_ERROR, after, DIAG_VALUE,
                     "'%s' waits for '%s', which has no 'duration' and so never ends",
                     activity->name, *name);
        }
    }
}

static void check_twice(const GPtrArray *activities, guint index, DiagList *diags)
{
    const Activity *activity = activities->pdata[index];
    const Activity *first =
        activity->name == NULL ? NULL : find_activity(activities, activity->name);

    if (first != NULL && first != activity) {
        diag_add(diags, DIAG_ERROR, json_member(activity->tree, "name"), DIAG_VALUE,
                 "two activities are called '%s'", activity->name);
    }
}

static void check_activities(const Scenario *scenario, const GPtrArray *activities, DiagList *diags)
{
    for (guint i = 0; i < activities->len; i++) {
        const Activity *activity = activities->pdata[i];

        check_twice(activities, i, diags);
        check_end(scenario, activity, diags);
        check_after(activities, activity, diags);
        if (activity->fault != NULL && activity->name != NULL) {
            check_target(scenario, activity, diags);
            check_lasting(activity, diags);
            check_ramp(activity, diags);
        }
    }
}

/* Whether a run deviated is known only when its results are judged. */
static void check_runtime(const Scenario *scenario, DiagList *diags)
{
    const cJSON *runtime = json_member(scenario->root, "runtime");
    const cJSON *strategy = json_member(json_member(runtime, "rollbacks"), "strategy");

    if (scenario->rollback_strategy == ROLLBACK_DEVIATED) {
        diag_add(diags, DIAG_ERROR, strategy, DIAG_VALUE,
                 "'deviated' cannot be known while a run lives: it is judged from its results; "
                 "write 'always' or 'never'");
    }
}

void scenario_check(const Scenario *scenario, DiagList *diags)
{
    check_runtime(scenario, diags);
    check_activities(scenario, scenario->method, diags);
    check_activities(scenario, scenario->rollbacks, diags);
    check_activities(scenario, scenario->hypothesis, diags);
}
