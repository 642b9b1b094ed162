/* scenario_method.c - see scenario_method.h. */
#include "sim/scenario/scenario_method.h"

#include "sim/config/json_place.h"
#include "sim/scenario/scenario_fields.h"
#include "sim/scenario/scenario_names.h"
#include "sim/scenario/scenario_ref.h"

/* Phases that every run has: an action of that name could not be told from them. */
static const char *const own_phases[] = {"warmup", "baseline", "recovery", "settle", "drain", NULL};

/* --- faults -------------------------------------------------------------------------------- */

static char **fault_names(void)
{
    GPtrArray *names = g_ptr_array_new();

    for (const FaultDef *fault = fault_next(NULL); fault != NULL; fault = fault_next(fault)) {
        g_ptr_array_add(names, g_strdup(fault->func));
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, false);
}

static void read_arguments(Activity *activity, const cJSON *arguments, DiagList *diags)
{
    const FaultDef *fault = activity->fault;

    if (fault->size > 0) {
        activity->arguments = g_malloc0(fault->size);
        field_defaults(fault->arguments, activity->arguments);
    }
    if (arguments != NULL) {
        field_read(fault->arguments, activity->arguments, arguments, diags);
        return;
    }
    for (const Field *field = fault->arguments; field->name != NULL; field++) {
        if (field->flags & FIELD_REQUIRED) {
            diag_add(diags, DIAG_ERROR, json_member(activity->tree, "func"), DIAG_VALUE,
                     "'%s' needs 'arguments' with '%s'", fault->func, field->name);
        }
    }
}

/* "*" means all, as an absent list does. */
static char **take_list(char ***list)
{
    if (*list != NULL && (**list == NULL || (strcmp(**list, "*") == 0 && (*list)[1] == NULL))) {
        g_strfreev(g_steal_pointer(list));
    }
    return g_steal_pointer(list);
}

static void read_link(Target *target, const cJSON *tree, DiagList *diags)
{
    LinkText link = {0};

    field_read(link_target_fields, &link, tree, diags);
    target->link_from = g_steal_pointer(&link.from);
    target->link_to = g_steal_pointer(&link.to);
}

static void check_mode(const Target *target, const cJSON *tree, DiagList *diags)
{
    const cJSON *value = json_member(tree, "value");
    bool is_counted = target->mode == TARGET_FIXED;
    bool is_share =
        target->mode == TARGET_FIXED_PERCENT || target->mode == TARGET_RANDOM_MAX_PERCENT;

    if (target->mode == TARGET_PRIMARIES) {
        diag_add(diags, DIAG_ERROR, json_member(tree, "mode"), DIAG_VALUE,
                 "'primaries' needs copies of which one leads, and nothing here has any: "
                 "Cassandra's replicas are equals; name them by 'node', or take 'one'");
    }
    if (value == NULL) {
        if (is_counted || is_share) {
            diag_add(diags, DIAG_ERROR, json_member(tree, "mode"), DIAG_VALUE,
                     "this mode needs 'value', %s", is_share ? "a percentage" : "a number");
        }
        return;
    }
    if (!is_counted && !is_share) {
        diag_add(diags, DIAG_ERROR, value, DIAG_KEY,
                 "'value' only goes with the modes fixed, fixed-percent and random-max-percent");
    } else if (is_share && target->value > 100) {
        diag_add(diags, DIAG_ERROR, value, DIAG_VALUE, "'value' is per cent, at most 100");
    } else if (is_counted && (target->value < 1 || target->value > 1e6 ||
                              target->value > (double)(guint)target->value ||
                              target->value < (double)(guint)target->value)) {
        diag_add(diags, DIAG_ERROR, value, DIAG_VALUE, "'value' must be a whole number from 1");
    }
}

static void read_target(Activity *activity, const cJSON *tree, DiagList *diags)
{
    TargetText text = {0};
    Target *target = &activity->target;

    field_defaults(target_fields, &text);
    if (tree != NULL) {
        field_read(target_fields, &text, tree, diags);
    }
    *target = (Target){.dc = take_list(&text.dc),
                       .node = take_list(&text.node),
                       .role = g_steal_pointer(&text.role),
                       .process = g_steal_pointer(&text.process),
                       .group = g_steal_pointer(&text.group),
                       .mode = (TargetMode)text.mode,
                       .value = text.value};
    if (text.link != NULL) {
        read_link(target, text.link, diags);
    }
    check_mode(target, tree, diags);
    field_clear(target_fields, &text);
}

/* Arguments that are right one by one and do not fit each other or the target. */
static void check_fit(const Activity *activity, DiagList *diags)
{
    const Target *target = &activity->target;
    const cJSON *place = json_member(activity->tree, "arguments");
    const char *why =
        activity->fault->refuse == NULL
            ? NULL
            : activity->fault->refuse(activity->arguments, target->dc,
                                      target->link_from != NULL || target->link_to != NULL);

    if (why != NULL) {
        diag_add(diags, DIAG_ERROR, place != NULL ? place : activity->tree, DIAG_VALUE, "%s", why);
    }
}

/* What the arguments say about the target goes there, so that only one place has it. */
static void complete_target(Activity *activity, DiagList *diags)
{
    Target *target = &activity->target;
    const char *process = fault_process(activity->fault, activity->arguments);
    const char *const *regions;
    double share;

    if (process != NULL && target->process != NULL && strcmp(process, target->process) != 0) {
        diag_add(diags, DIAG_ERROR, json_member(activity->tree, "arguments"), DIAG_KEY,
                 "'arguments' and 'target' name different processes, '%s' and '%s'", process,
                 target->process);
    } else if (process != NULL && target->process == NULL) {
        target->process = g_strdup(process);
    }
    if (fault_places(activity->fault, activity->arguments, &regions, &share) && share < 1) {
        target->mode = TARGET_FIXED_PERCENT;
        target->value = 100 * share;
    }
}

static void read_action(Activity *activity, const ActivityText *text, DiagList *diags)
{
    const cJSON *func = json_member(activity->tree, "func");
    static const char *const not_here[] = {"query", "tolerance", "mode"};

    for (guint i = 0; i < G_N_ELEMENTS(not_here); i++) {
        const cJSON *member = json_member(activity->tree, not_here[i]);

        if (member != NULL) {
            diag_add(diags, DIAG_ERROR, member, DIAG_KEY, "'%s' belongs to a probe, not an action",
                     not_here[i]);
        }
    }
    if (text->func == NULL) {
        if (func == NULL) {
            diag_add(diags, DIAG_ERROR, activity->tree, DIAG_VALUE,
                     "an action needs 'func', like \"node.crash\"");
        }
        return;
    }
    activity->fault = fault_find(text->func);
    if (activity->fault == NULL) {
        g_auto(GStrv) known = fault_names();

        names_check(diags, func, DIAG_VALUE, "fault", text->func, known);
        return;
    }
    read_arguments(activity, text->arguments, diags);
    read_target(activity, text->target, diags);
    complete_target(activity, diags);
    check_fit(activity, diags);
    if (activity->fault->needs_duration && activity->duration == 0 &&
        json_member(activity->tree, "duration") == NULL) {
        diag_add(diags, DIAG_ERROR, func, DIAG_VALUE, "'%s' needs 'duration', like \"30s\"",
                 text->func);
    }
}

/* --- probes -------------------------------------------------------------------------------- */

static bool is_range(const cJSON *node)
{
    const cJSON *low = cJSON_IsArray(node) ? node->child : NULL;
    const cJSON *high = low == NULL ? NULL : low->next;

    return high != NULL && high->next == NULL && cJSON_IsNumber(low) && cJSON_IsNumber(high) &&
           low->valuedouble <= high->valuedouble;
}

static bool is_tolerance(const cJSON *node)
{
    const cJSON *type = json_member(node, "type");

    if (cJSON_IsObject(node)) {
        return cJSON_IsString(type) && strcmp(type->valuestring, "range") == 0 &&
               is_range(json_member(node, "range"));
    }
    return cJSON_IsNumber(node) || is_range(node);
}

static void read_probe(Activity *activity, ActivityText *text, DiagList *diags)
{
    static const char *const not_here[] = {"func", "target", "arguments", "duration", "ramp"};

    for (guint i = 0; i < G_N_ELEMENTS(not_here); i++) {
        const cJSON *member = json_member(activity->tree, not_here[i]);

        if (member != NULL) {
            diag_add(diags, DIAG_ERROR, member, DIAG_KEY, "'%s' belongs to an action, not a probe",
                     not_here[i]);
        }
    }
    activity->mode = (ProbeMode)text->mode;
    activity->query = g_steal_pointer(&text->query);
    activity->tolerance = text->tolerance;
    if (json_member(activity->tree, "query") == NULL) {
        diag_add(diags, DIAG_ERROR, activity->tree, DIAG_VALUE, "a probe needs 'query'");
    }
    if (text->tolerance == NULL) {
        diag_add(diags, DIAG_ERROR, activity->tree, DIAG_VALUE, "a probe needs 'tolerance'");
    } else if (!is_tolerance(text->tolerance)) {
        diag_add(diags, DIAG_ERROR, text->tolerance, DIAG_VALUE,
                 "'tolerance' must be a number or a range, like "
                 "{\"type\": \"range\", \"range\": [0, 3]}");
    }
}

/* --- when ---------------------------------------------------------------------------------- */

static void read_every(Activity *activity, const cJSON *tree, DiagList *diags)
{
    EveryText every = {0};

    field_defaults(every_fields, &every);
    field_read(every_fields, &every, tree, diags);
    activity->every_interval = every.interval;
    activity->every_jitter = every.jitter;
    activity->every_count = every.count;
    if (activity->type == ACTIVITY_PROBE && every.jitter > 0) {
        diag_add(diags, DIAG_ERROR, json_member(tree, "jitter"), DIAG_KEY,
                 "'jitter' belongs to an action, not a probe");
    }
}

static void read_time(Activity *activity, ActivityText *text, ActivityPlace place, DiagList *diags)
{
    static const char *const words[] = {"at", "after", "when", "every"};
    const cJSON *first = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        const cJSON *member = json_member(activity->tree, words[i]);

        if (member == NULL) {
            continue;
        }
        if (place != IN_METHOD) {
            diag_add(diags, DIAG_ERROR, member, DIAG_KEY, "'%s' only stands in 'method'", words[i]);
        } else if (first != NULL) {
            diag_add(diags, DIAG_ERROR, member, DIAG_KEY,
                     "'%s' cannot stand beside '%s': an activity begins in one way", words[i],
                     first->string);
        } else {
            first = member;
        }
    }
    if (first == NULL && place == IN_METHOD && activity->type == ACTIVITY_ACTION) {
        diag_add(diags, DIAG_ERROR, activity->tree, DIAG_VALUE,
                 "an action needs one of 'at', 'after', 'when' and 'every', like \"at\": \"120s\"");
    }
    activity->at = json_member(activity->tree, "at") == NULL ? SIM_NEVER : text->at;
    activity->after = take_list(&text->after);
    if (text->every != NULL) {
        read_every(activity, text->every, diags);
    }
}

static void check_name(const Activity *activity, DiagList *diags)
{
    const cJSON *name = json_member(activity->tree, "name");

    if (activity->name == NULL) {
        return;
    }
    if (*activity->name == '\0' || strpbrk(activity->name, "{}:,\"") != NULL) {
        diag_add(diags, DIAG_ERROR, name, DIAG_VALUE,
                 "a name must not be empty and has none of { } : , \"");
    } else if (g_strv_contains(own_phases, activity->name)) {
        diag_add(diags, DIAG_ERROR, name, DIAG_VALUE,
                 "'%s' is the name of a phase that every run has", activity->name);
    }
}

static void read_activity(Scenario *scenario, const cJSON *written, ActivityPlace place,
                          GPtrArray *activities, DiagList *diags)
{
    ActivityText text = {0};
    Activity *activity = g_new0(Activity, 1);
    const cJSON *whole = scenario_ref_resolve(scenario, written, diags);
    const cJSON *tree = whole != NULL ? whole : written;

    field_defaults(activity_fields, &text);
    field_read(activity_fields, &text, tree, diags);
    activity->tree = tree;
    activity->type = (ActivityType)text.type;
    activity->name = g_steal_pointer(&text.name);
    activity->duration = text.duration;
    activity->ramp = text.ramp;
    g_ptr_array_add(activities, activity);
    check_name(activity, diags);
    if (place == IN_HYPOTHESIS && activity->type == ACTIVITY_ACTION) {
        diag_add(diags, DIAG_ERROR, tree, DIAG_VALUE, "a hypothesis has probes, not actions");
    }
    read_time(activity, &text, place, diags);
    if (whole == NULL) { /* what is missing stands where its "ref" should lead */
        activity->at = SIM_NEVER;
    } else if (activity->type == ACTIVITY_ACTION) {
        read_action(activity, &text, diags);
    } else {
        read_probe(activity, &text, diags);
    }
    field_clear(activity_fields, &text);
}

void scenario_method_read(Scenario *scenario, const cJSON *tree, const char *section,
                          ActivityPlace place, GPtrArray *activities, DiagList *diags)
{
    if (tree == NULL) {
        return;
    }
    if (!cJSON_IsArray(tree)) {
        diag_add(diags, DIAG_ERROR, tree, DIAG_VALUE, "'%s' must be a list of activities", section);
        return;
    }
    for (const cJSON *each = tree->child; each != NULL; each = each->next) {
        if (cJSON_IsObject(each)) {
            read_activity(scenario, each, place, activities, diags);
        } else {
            diag_add(diags, DIAG_ERROR, each, DIAG_VALUE, "an activity must be an object");
        }
    }
}
