/* scenario_expect.c - see scenario_expect.h. */
#include "sim/scenario/scenario_expect.h"

#include "sim/config/json_place.h"
#include "sim/scenario/scenario_fields.h"
#include "sim/scenario/scenario_kind.h"
#include "sim/scenario/scenario_names.h"
#include "sim/scenario/scenario_where.h"
#include "sim/world/host.h"
#include "sim/world/network.h"

/* --- what thresholds may name -------------------------------------------------------------- */

enum { VALUE_LABELS = 6 };

/* Metrics and label values of one scenario. */
struct ScenarioKnown {
    GArray *metrics; /* of ThresholdMetric */
    char **of_label[VALUE_LABELS];
    ThresholdLabelValues values[VALUE_LABELS + 1];
    ThresholdKnown known;
};

static void add_metrics(GArray *metrics, const MetricDef *defs)
{
    static const ThresholdType types[] = {[METRIC_TYPE_COUNTER] = THRESHOLD_COUNTER,
                                          [METRIC_TYPE_GAUGE] = THRESHOLD_GAUGE,
                                          [METRIC_TYPE_HISTOGRAM] = THRESHOLD_HISTOGRAM};

    for (const MetricDef *def = defs; def != NULL && def->name != NULL; def++) {
        ThresholdMetric metric = {
            .name = def->name, .type = types[def->type], .unit = def->unit, .help = def->help};

        g_array_append_val(metrics, metric);
    }
}

static char **names_of_phases(const Scenario *scenario)
{
    static const char *const own[] = {"warmup", "baseline", "recovery", "settle", "drain"};
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i < G_N_ELEMENTS(own); i++) {
        g_ptr_array_add(names, g_strdup(own[i]));
    }
    for (guint i = 0; i < scenario->method->len; i++) {
        const Activity *activity = scenario->method->pdata[i];

        if (activity->type == ACTIVITY_ACTION && activity->name != NULL) {
            g_ptr_array_add(names, g_strdup(activity->name));
        }
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, false);
}

ScenarioKnown *scenario_known_new(const Scenario *scenario, const Kind *const *kinds)
{
    static const char *const labels[VALUE_LABELS] = {"dc",     "node",   "role",
                                                     "region", "client", "phase"};

    ScenarioKnown *known = g_new(ScenarioKnown, 1);

    *known = (ScenarioKnown){.metrics = g_array_new(true, true, sizeof(ThresholdMetric)),
                             .of_label = {names_of_datacenters(scenario), names_of_nodes(scenario),
                                          names_of_roles(scenario), names_of_regions(scenario),
                                          names_of_loads(scenario), names_of_phases(scenario)}};
    for (guint i = 0; i < VALUE_LABELS; i++) {
        known->values[i] =
            (ThresholdLabelValues){labels[i], (const char *const *)known->of_label[i]};
    }
    add_metrics(known->metrics, component_metrics);
    add_metrics(known->metrics, host_kind.metrics);
    add_metrics(known->metrics, link_kind.metrics);
    for (guint i = 0; kinds[i] != NULL; i++) {
        add_metrics(known->metrics, kinds[i]->metrics);
    }
    known->known =
        (ThresholdKnown){.declared = (const ThresholdMetric *)(const void *)known->metrics->data,
                         .values = known->values};
    return known;
}

const ThresholdKnown *scenario_known(const ScenarioKnown *known)
{
    return &known->known;
}

void scenario_known_free(ScenarioKnown *known)
{
    if (known == NULL) {
        return;
    }
    for (guint i = 0; i < VALUE_LABELS; i++) {
        g_strfreev(known->of_label[i]);
    }
    g_array_unref(known->metrics);
    g_free(known);
}

/* --- thresholds ---------------------------------------------------------------------------- */

static bool has_metric(const cJSON *metric, const ScenarioKnown *known, DiagList *diags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ThresholdRule) rule = threshold_parse_metric(metric->string, &known->known, &error);

    if (rule == NULL) {
        diag_add(diags, DIAG_ERROR, metric, DIAG_KEY, "%s", error->message);
    }
    return rule != NULL;
}

static void check_abort(const Scenario *scenario, const ThresholdText *text,
                        const ThresholdRule *rule, const cJSON *tree, DiagList *diags)
{
    const cJSON *delay = json_member(tree, "delayAbortEval");
    char end[SIM_SPAN_TEXT];

    if (delay != NULL && !text->abort_on_fail) {
        diag_add(diags, DIAG_ERROR, delay, DIAG_KEY,
                 "'delayAbortEval' means nothing without \"abortOnFail\": true");
    }
    if (text->abort_on_fail && text->delay_abort == 0 && rule != NULL &&
        rule->aggregate == THRESHOLD_COUNT &&
        (rule->comparison == THRESHOLD_MORE || rule->comparison == THRESHOLD_AT_LEAST)) {
        diag_add(diags, DIAG_ERROR, json_member(tree, "abortOnFail"), DIAG_KEY,
                 "a count that still grows would abort at once: give 'delayAbortEval'");
    }
    if (text->delay_abort >= scenario->simulation.duration) {
        diag_add(diags, DIAG_ERROR, delay, DIAG_VALUE,
                 "nothing is left to abort by then: the run ends at %s",
                 sim_span_print(scenario->simulation.duration, end));
    }
    if (text->abort_on_fail && text->severity == SEVERITY_WARNING) {
        diag_add(diags, DIAG_ERROR, json_member(tree, "abortOnFail"), DIAG_KEY,
                 "a warning decides nothing, so it cannot abort");
    }
}

static void read_threshold(Scenario *scenario, const cJSON *metric, const cJSON *tree,
                           const ScenarioKnown *known, DiagList *diags)
{
    ThresholdText text = {0};
    ThresholdRule *rule = NULL;
    Threshold *threshold;

    field_defaults(threshold_fields, &text);
    if (cJSON_IsString(tree)) {
        text.threshold = g_strdup(tree->valuestring);
    } else if (cJSON_IsObject(tree)) {
        field_read(threshold_fields, &text, tree, diags);
    } else {
        diag_add(diags, DIAG_ERROR, tree, DIAG_VALUE,
                 "a threshold must be a condition, like \"p(99)<300ms\", or an object with one");
    }
    if (known != NULL && text.threshold != NULL) {
        const cJSON *written = cJSON_IsString(tree) ? tree : json_member(tree, "threshold");
        g_autoptr(GError) error = NULL;

        rule = threshold_parse(metric->string, text.threshold, &known->known, &error);
        if (rule == NULL) {
            diag_add(diags, DIAG_ERROR, written, DIAG_VALUE, "%s", error->message);
        }
    }
    if (json_member(tree, "confidence") == NULL) {
        text.confidence = scenario->confidence;
    }
    check_abort(scenario, &text, rule, tree, diags);
    threshold = g_new0(Threshold, 1);
    *threshold = (Threshold){.metric = g_strdup(metric->string),
                             .condition = g_steal_pointer(&text.threshold),
                             .window = text.window,
                             .confidence = text.confidence,
                             .aborts = text.abort_on_fail,
                             .abort_after = text.delay_abort,
                             .is_warning = text.severity == SEVERITY_WARNING,
                             .rule = rule,
                             .tree = tree,
                             .metric_tree = metric};
    g_ptr_array_add(scenario->thresholds, threshold);
    field_clear(threshold_fields, &text);
}

static void read_thresholds(Scenario *scenario, const Kind *const *kinds, DiagList *diags)
{
    const cJSON *thresholds = json_member(scenario->root, "thresholds");
    g_autoptr(ScenarioKnown) known = NULL;

    if (thresholds == NULL || !names_check_object(diags, thresholds, "thresholds")) {
        return;
    }
    known = scenario_known_new(scenario, kinds);
    NAMES_EACH(metric, thresholds)
    {
        bool is_known = has_metric(metric, known, diags);

        if (!cJSON_IsArray(metric)) {
            diag_add(diags, DIAG_ERROR, metric, DIAG_VALUE,
                     "'%s' must be a list of conditions, like [\"p(99)<300ms\"]", metric->string);
            continue;
        }
        for (const cJSON *each = metric->child; each != NULL; each = each->next) {
            read_threshold(scenario, metric, each, is_known ? known : NULL, diags);
        }
    }
}

/* --- invariants ---------------------------------------------------------------------------- */

/* A limit that the check has no use for, or lacks. */
static void check_limit(const InvariantCheck *invariant, const char *limit, const char *example,
                        const char *const *users, const char *const *needers, DiagList *diags)
{
    const cJSON *member = json_member(invariant->tree, limit);

    if (member == NULL && g_strv_contains(needers, invariant->check)) {
        diag_add(diags, DIAG_ERROR, invariant->tree, DIAG_KEY, "'%s' needs '%s', like %s",
                 invariant->check, limit, example);
    }
    if (member != NULL && !g_strv_contains(users, invariant->check)) {
        diag_add(diags, DIAG_ERROR, member, DIAG_KEY, "'%s' has no '%s'", invariant->check, limit);
    }
}

static void check_invariant(const InvariantCheck *invariant, DiagList *diags)
{
    static const char *const with_max[] = {"staleness-bound", "max-outage", "converges", NULL};
    static const char *const need_max[] = {"staleness-bound", "max-outage", NULL};
    static const char *const with_most[] = {"replicas-down-per-range", NULL};

    check_limit(invariant, "max", "\"5s\"", with_max, need_max, diags);
    check_limit(invariant, "most", "1", with_most, with_most, diags);
}

static void read_invariants(Scenario *scenario, DiagList *diags)
{
    const cJSON *invariants = json_member(scenario->root, "invariants");

    if (invariants == NULL || !names_check_object(diags, invariants, "invariants")) {
        return;
    }
    NAMES_EACH(tree, invariants)
    {
        InvariantText text = {.max = SIM_NEVER, .most = -1};
        InvariantCheck *invariant;

        field_read(invariant_fields, &text, tree, diags);
        invariant = g_new0(InvariantCheck, 1);
        *invariant = (InvariantCheck){.name = g_strdup(tree->string),
                                      .check = g_steal_pointer(&text.check),
                                      .max = text.max,
                                      .most = text.most,
                                      .expect = (InvariantExpect)text.expect,
                                      .tree = tree};
        g_ptr_array_add(scenario->invariants, invariant);
        if (invariant->check != NULL &&
            names_check(diags, json_member(tree, "check"), DIAG_VALUE, "check", invariant->check,
                        (char *const *)invariant_checks)) {
            check_invariant(invariant, diags);
        }
        field_clear(invariant_fields, &text);
    }
}

/* --- what must happen ---------------------------------------------------------------------- */

static void read_must_happen(Scenario *scenario, const Kind *const *kinds, DiagList *diags)
{
    const cJSON *section = json_member(scenario->root, "must-happen");

    if (section == NULL || !names_check_object(diags, section, "must-happen")) {
        return;
    }
    NAMES_EACH(tree, section)
    {
        MustHappenText text = {0};
        MustHappen *must;
        const NoteDef *note;

        field_defaults(must_happen_fields, &text);
        field_read(must_happen_fields, &text, tree, diags);
        must = g_new0(MustHappen, 1);
        *must = (MustHappen){.name = g_strdup(tree->string),
                             .event = g_steal_pointer(&text.event),
                             .where = text.where,
                             .min = text.min,
                             .tree = tree};
        g_ptr_array_add(scenario->must_happen, must);
        note = must->event == NULL
                   ? NULL
                   : scenario_kind_event(kinds, must->event, json_member(tree, "event"), diags);
        if (note != NULL) {
            scenario_where_check(scenario, note, text.where, diags);
        }
        field_clear(must_happen_fields, &text);
    }
}

/* --- what was published -------------------------------------------------------------------- */

static void read_published(Scenario *scenario, const Kind *const *kinds, DiagList *diags)
{
    const cJSON *section = json_member(scenario->root, "published");
    ScenarioKnown *known;

    if (section == NULL || !names_check_object(diags, section, "published")) {
        return;
    }
    known = scenario_known_new(scenario, kinds);
    NAMES_EACH(tree, section)
    {
        PublishedText text = {0};
        Published *published = g_new0(Published, 1);
        g_autoptr(GError) error = NULL;

        field_read(published_fields, &text, tree, diags);
        published->name = g_strdup(tree->string);
        published->source = g_steal_pointer(&text.source);
        published->note = g_steal_pointer(&text.note);
        g_ptr_array_add(scenario->published, published);
        if (text.metric != NULL && text.figure != NULL) {
            published->rule = threshold_parse(text.metric, text.figure, &known->known, &error);
        }
        if (error != NULL) {
            diag_add(diags, DIAG_ERROR, tree, DIAG_VALUE, "%s", error->message);
        }
        field_clear(published_fields, &text);
    }
    scenario_known_free(known);
}

void scenario_expect_read(Scenario *scenario, const Kind *const *kinds, DiagList *diags)
{
    read_thresholds(scenario, kinds, diags);
    read_invariants(scenario, diags);
    read_must_happen(scenario, kinds, diags);
    read_published(scenario, kinds, diags);
}
