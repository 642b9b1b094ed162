/* threshold.c - reads conditions on metrics. */
#include "sim/results/threshold.h"

#include <math.h>
#include <string.h>

#include "sim/base/sim_time.h"
#include "sim/config/diag.h"
#include "sim/config/unit.h"

G_DEFINE_QUARK(threshold - error - quark, threshold_error)

const ThresholdMetric threshold_user_metrics[] = {
    {"http_reqs", THRESHOLD_COUNTER, "1", "Requests that users asked for, retries not counted"},
    {"http_req_duration", THRESHOLD_HISTOGRAM, "s",
     "From the intended start to the answer, retries included, of requests that went well"},
    {"http_req_failed", THRESHOLD_RATIO, "ratio", "Share of requests that failed after retries"},
    {"goodput", THRESHOLD_SPEED, "1", "Requests that went well, a second"},
    {"outage_duration", THRESHOLD_OUTAGE, "s",
     "Spans of buckets (label bucket, 1s) with a success ratio after retries below label success "
     "(0.99)"},
    {"reroute_time", THRESHOLD_REROUTE, "s",
     "From a fault in a data centre until its users are served by another one"},
    {"retry_amplification", THRESHOLD_QUOTIENT, "1", "Tries for each request"},
    {.name = NULL},
};

/* Aggregates by name; `types` is a set of bits, one for each ThresholdType. */
#define OF(type) (1u << (type))
#define LEVELS (OF(THRESHOLD_GAUGE) | OF(THRESHOLD_QUOTIENT) | OF(THRESHOLD_SPEED))
static const struct {
    const char *name;
    ThresholdAggregate aggregate;
    unsigned types;
} aggregates[] = {
    {"avg", THRESHOLD_AVG, LEVELS | OF(THRESHOLD_HISTOGRAM) | OF(THRESHOLD_OUTAGE)},
    {"med", THRESHOLD_PERCENTILE, OF(THRESHOLD_HISTOGRAM) | OF(THRESHOLD_REROUTE)},
    {"min", THRESHOLD_MIN, LEVELS | OF(THRESHOLD_HISTOGRAM)},
    {"max", THRESHOLD_MAX,
     LEVELS | OF(THRESHOLD_HISTOGRAM) | OF(THRESHOLD_OUTAGE) | OF(THRESHOLD_REROUTE)},
    {"rate", THRESHOLD_RATE, OF(THRESHOLD_COUNTER) | OF(THRESHOLD_RATIO)},
    {"count", THRESHOLD_COUNT,
     OF(THRESHOLD_COUNTER) | OF(THRESHOLD_HISTOGRAM) | OF(THRESHOLD_OUTAGE)},
    {"value", THRESHOLD_VALUE, LEVELS},
    {"p(N)", THRESHOLD_PERCENTILE, OF(THRESHOLD_HISTOGRAM) | OF(THRESHOLD_REROUTE)},
};

static const char *const user_labels[] = {"dc", "region", "client", "phase", NULL};
static const char *const outage_labels[] = {
    "dc", "region", "client", "phase", "bucket", "success", NULL,
};
static const char *const reroute_labels[] = {"dc", "region", "client", NULL};
static const char *const component_labels[] = {
    "dc", "role", "node", "region", "kind", "component", "station", "phase", NULL,
};

/* --- names ---------------------------------------------------------------------------------- */

static const ThresholdMetric *find_metric(const ThresholdMetric *metrics, const char *name)
{
    for (; metrics != NULL && metrics->name != NULL; metrics++) {
        if (strcmp(metrics->name, name) == 0) {
            return metrics;
        }
    }
    return NULL;
}

static void add_names(GPtrArray *names, const ThresholdMetric *metrics)
{
    for (; metrics != NULL && metrics->name != NULL; metrics++) {
        g_ptr_array_add(names, (gpointer)metrics->name);
    }
}

/* A message lists no more names than these. */
#define NAMES_LISTED_MOST 12

static void refuse_name(GError **error, const char *what, const char *name,
                        const char *const *candidates)
{
    g_autofree char *suggestion = diag_suggest(name, candidates);
    g_autofree char *list = NULL;

    if (suggestion[0] == '\0' && g_strv_length((char **)candidates) > NAMES_LISTED_MOST) {
        list = g_strdup_printf("; 'dcdrill list %ss' tells all %u", what,
                               g_strv_length((char **)candidates));
    } else if (suggestion[0] == '\0') {
        g_autofree char *joined = g_strjoinv("', '", (char **)candidates);

        list = g_strdup_printf("; there are '%s'", joined);
    }
    g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_NAME, "unknown %s '%s'%s", what, name,
                list != NULL ? list : suggestion);
}

static bool set_metric(ThresholdRule *rule, const ThresholdKnown *known, GError **error)
{
    const ThresholdMetric *declared = known != NULL ? known->declared : NULL;
    const ThresholdMetric *metric = find_metric(threshold_user_metrics, rule->metric);
    g_autoptr(GPtrArray) names = NULL;

    rule->is_users = metric != NULL;
    if (metric == NULL) {
        metric = find_metric(declared, rule->metric);
    }
    if (metric == NULL) {
        names = g_ptr_array_new();
        add_names(names, threshold_user_metrics);
        add_names(names, declared);
        g_ptr_array_add(names, NULL);
        refuse_name(error, "metric", rule->metric, (const char *const *)names->pdata);
        return false;
    }
    rule->type = metric->type;
    rule->unit = g_strdup(metric->unit != NULL ? metric->unit : "1");
    return true;
}

/* --- labels --------------------------------------------------------------------------------- */

static const char *const *labels_of(const ThresholdRule *rule)
{
    if (rule->type == THRESHOLD_REROUTE) {
        return reroute_labels;
    }
    if (rule->type == THRESHOLD_OUTAGE) {
        return outage_labels;
    }
    return rule->is_users ? user_labels : component_labels;
}

static const char *const *values_of(const ThresholdKnown *known, const char *label)
{
    const ThresholdLabelValues *values = known != NULL ? known->values : NULL;

    for (; values != NULL && values->label != NULL; values++) {
        if (strcmp(values->label, label) == 0) {
            return values->values;
        }
    }
    return NULL;
}

/* What an outage is can be set: "bucket" in whole seconds, "success" as the ratio below which a
 * bucket is bad. */
static bool check_outage_label(const char *name, const char *value, GError **error)
{
    SimSpan bucket = 0;
    double success = 0;

    if (strcmp(name, "bucket") == 0 &&
        (!sim_span_parse(value, &bucket) || bucket < SIM_S || bucket % SIM_S != 0)) {
        g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_SYNTAX,
                    "'bucket:%s' must be a whole number of seconds, like \"bucket:5s\"", value);
        return false;
    }
    if (strcmp(name, "success") == 0 && !unit_parse_ratio(value, &success)) {
        g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_SYNTAX,
                    "'success:%s' must be a ratio from 0 to 1, like \"success:0.99\"", value);
        return false;
    }
    return true;
}

static bool check_label(const ThresholdRule *rule, const char *name, const char *value,
                        const ThresholdKnown *known, GError **error)
{
    const char *const *values = values_of(known, name);
    g_autofree char *what = g_strdup_printf("value of label '%s'", name);

    if (!g_strv_contains(labels_of(rule), name)) {
        refuse_name(error, "label", name, labels_of(rule));
        return false;
    }
    if (threshold_label(rule, name) != NULL) {
        g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_SYNTAX, "label '%s' stands twice",
                    name);
        return false;
    }
    if (strcmp(value, "*") != 0 && values != NULL && !g_strv_contains(values, value)) {
        refuse_name(error, what, value, values);
        return false;
    }
    return rule->type != THRESHOLD_OUTAGE || check_outage_label(name, value, error);
}

static bool add_label(ThresholdRule *rule, const char *text, const ThresholdKnown *known,
                      GError **error)
{
    const char *colon = strchr(text, ':');
    g_autofree char *name = NULL;
    g_autofree char *value = NULL;

    if (colon == NULL) {
        g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_SYNTAX,
                    "label '%s' must be written as 'name:value', like \"dc:DC03\"", text);
        return false;
    }
    name = g_strstrip(g_strndup(text, (gsize)(colon - text)));
    value = g_strstrip(g_strdup(colon + 1));
    if (value[0] == '\0') {
        g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_SYNTAX, "label '%s' has no value",
                    name);
        return false;
    }
    if (!check_label(rule, name, value, known, error)) {
        return false;
    }
    g_assert_cmpuint(rule->label_count, <, THRESHOLD_LABELS_MOST);
    rule->labels[rule->label_count++] =
        (ThresholdLabel){.name = g_steal_pointer(&name), .value = g_steal_pointer(&value)};
    return true;
}

static bool read_labels(ThresholdRule *rule, const char *brace, const ThresholdKnown *known,
                        GError **error)
{
    size_t length = strlen(brace);
    g_autofree char *inner = NULL;
    g_auto(GStrv) parts = NULL;

    if (length < 2 || brace[length - 1] != '}' || strchr(brace + 1, '{') != NULL ||
        strchr(brace, '}') != brace + length - 1) {
        g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_SYNTAX,
                    "labels '%s' must be written as \"{name:value,name:value}\"", brace);
        return false;
    }
    inner = g_strndup(brace + 1, length - 2);
    parts = g_strsplit(inner, ",", -1);
    if (parts[0] == NULL) {
        return add_label(rule, "", known, error);
    }
    for (guint i = 0; parts[i] != NULL; i++) {
        if (!add_label(rule, parts[i], known, error)) {
            return false;
        }
    }
    return true;
}

static bool read_metric(ThresholdRule *rule, const char *text, const ThresholdKnown *known,
                        GError **error)
{
    g_autofree char *copy = g_strstrip(g_strdup(text));
    const char *brace = strchr(copy, '{');
    size_t length = brace != NULL ? (size_t)(brace - copy) : strlen(copy);

    rule->metric = g_strstrip(g_strndup(copy, length));
    if (!set_metric(rule, known, error)) {
        return false;
    }
    if (brace != NULL && !read_labels(rule, brace, known, error)) {
        return false;
    }
    if (rule->type == THRESHOLD_REROUTE && threshold_label(rule, "dc") == NULL) {
        g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_SYNTAX,
                    "'%s' needs the data centre that its users have to leave, like "
                    "\"reroute_time{dc:DC03}\"",
                    rule->metric);
        return false;
    }
    return true;
}

/* --- conditions ----------------------------------------------------------------------------- */

static const struct {
    const char *text;
    ThresholdOperator comparison;
} operators[] = {
    /* longer ones first */
    {"<=", THRESHOLD_AT_MOST}, {">=", THRESHOLD_AT_LEAST}, {"==", THRESHOLD_EQUAL},
    {"!=", THRESHOLD_UNEQUAL}, {"<", THRESHOLD_LESS},      {">", THRESHOLD_MORE},
};

static bool parse_number(const char *text, double *number)
{
    char *end = NULL;
    double value = g_ascii_strtod(text, &end);

    if (end == text || *end != '\0' || !isfinite(value) || g_ascii_isspace(text[0]) ||
        strpbrk(text, "xXpPiInN") != NULL) {
        return false;
    }
    *number = value;
    return true;
}

static void refuse_aggregate(const ThresholdRule *rule, const char *name, GError **error)
{
    const char *allowed[G_N_ELEMENTS(aggregates) + 1];
    g_autofree char *what = g_strdup_printf("aggregate of '%s'", rule->metric);
    guint count = 0;

    for (guint i = 0; i < G_N_ELEMENTS(aggregates); i++) {
        if ((aggregates[i].types & OF(rule->type)) != 0) {
            allowed[count++] = aggregates[i].name;
        }
    }
    allowed[count] = NULL;
    refuse_name(error, what, name, allowed);
}

static bool read_percentile(ThresholdRule *rule, const char *name, GError **error)
{
    g_autofree char *inner = g_strndup(name + 2, strlen(name) - 3);
    double percent = 0;

    if (!parse_number(inner, &percent) || percent <= 0 || percent >= 100) {
        g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_SYNTAX,
                    "percentile '%s' must lie between 0 and 100, like \"p(99.9)\"", name);
        return false;
    }
    rule->quantile = percent / 100;
    return true;
}

static bool read_aggregate(ThresholdRule *rule, const char *name, GError **error)
{
    bool is_percentile = g_str_has_prefix(name, "p(") && g_str_has_suffix(name, ")");

    rule->quantile = 0.5;
    for (guint i = 0; i < G_N_ELEMENTS(aggregates); i++) {
        const char *wanted = is_percentile ? "p(N)" : name;

        if (strcmp(aggregates[i].name, wanted) == 0 &&
            (aggregates[i].types & OF(rule->type)) != 0) {
            rule->aggregate = aggregates[i].aggregate;
            return !is_percentile || read_percentile(rule, name, error);
        }
    }
    refuse_aggregate(rule, name, error);
    return false;
}

static bool read_duration(ThresholdRule *rule, const char *text, GError **error)
{
    double number = 0;
    SimSpan span = 0;

    if (sim_span_parse(text, &span)) {
        rule->limit = sim_span_to_s(span);
        return true;
    }
    if (parse_number(text, &number)) {
        g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_SYNTAX,
                    "limit '%s' of '%s' needs a unit (ns, us, ms, s, min, h, d), like \"%sms\"",
                    text, rule->metric, text);
    } else {
        g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_SYNTAX,
                    "limit '%s' of '%s' is not a duration, like \"300ms\"", text, rule->metric);
    }
    return false;
}

static bool read_limit(ThresholdRule *rule, const char *text, GError **error)
{
    bool is_count = rule->aggregate == THRESHOLD_COUNT;
    bool is_rate = rule->type == THRESHOLD_SPEED ||
                   (rule->type == THRESHOLD_COUNTER && rule->aggregate == THRESHOLD_RATE);
    int64_t bytes = 0;
    const char *example = "10";
    bool is_read;

    if (!is_count && !is_rate && strcmp(rule->unit, "s") == 0) {
        return read_duration(rule, text, error);
    }
    if (!is_count && strcmp(rule->unit, "ratio") == 0) {
        is_read = unit_parse_ratio(text, &rule->limit);
        example = "0.01\" or \"1%";
    } else if (!is_count && !is_rate && strcmp(rule->unit, "B") == 0) {
        is_read = unit_parse_bytes(text, &bytes);
        rule->limit = (double)bytes;
        example = "64MiB";
    } else {
        is_read =
            parse_number(text, &rule->limit) || (is_rate && unit_parse_rate(text, &rule->limit));
    }
    if (!is_read) {
        g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_SYNTAX,
                    "limit '%s' of '%s' is not one, like \"%s\"", text, rule->metric, example);
    }
    return is_read;
}

static bool read_condition(ThresholdRule *rule, const char *condition, GError **error)
{
    for (const char *at = condition; *at != '\0'; at++) {
        for (guint i = 0; i < G_N_ELEMENTS(operators); i++) {
            if (g_str_has_prefix(at, operators[i].text)) {
                g_autofree char *name = g_strstrip(g_strndup(condition, (gsize)(at - condition)));
                g_autofree char *limit = g_strstrip(g_strdup(at + strlen(operators[i].text)));

                rule->comparison = operators[i].comparison;
                return read_aggregate(rule, name, error) && read_limit(rule, limit, error);
            }
        }
    }
    g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_SYNTAX,
                "condition '%s' must compare (<, <=, >, >=, ==, !=), like \"p(99)<300ms\"",
                condition);
    return false;
}

/* --- public --------------------------------------------------------------------------------- */

ThresholdRule *threshold_parse_metric(const char *metric, const ThresholdKnown *known,
                                      GError **error)
{
    ThresholdRule *rule = g_new0(ThresholdRule, 1);

    if (!read_metric(rule, metric, known, error)) {
        threshold_free(rule);
        return NULL;
    }
    return rule;
}

ThresholdRule *threshold_parse(const char *metric, const char *condition,
                               const ThresholdKnown *known, GError **error)
{
    ThresholdRule *rule = threshold_parse_metric(metric, known, error);

    if (rule == NULL) {
        return NULL;
    }
    rule->condition = g_strdup(condition);
    if (!read_condition(rule, condition, error)) {
        threshold_free(rule);
        return NULL;
    }
    return rule;
}

void threshold_free(ThresholdRule *rule)
{
    if (rule == NULL) {
        return;
    }
    for (guint i = 0; i < rule->label_count; i++) {
        g_free(rule->labels[i].name);
        g_free(rule->labels[i].value);
    }
    g_free(rule->metric);
    g_free(rule->condition);
    g_free(rule->unit);
    g_free(rule);
}

const char *threshold_label(const ThresholdRule *rule, const char *name)
{
    for (guint i = 0; i < rule->label_count; i++) {
        if (strcmp(rule->labels[i].name, name) == 0) {
            return rule->labels[i].value;
        }
    }
    return NULL;
}

char *threshold_labels_text(const ThresholdRule *rule)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < rule->label_count; i++) {
        g_string_append_printf(text, "%s%s:%s", i == 0 ? "" : ",", rule->labels[i].name,
                               rule->labels[i].value);
    }
    return g_string_free(text, FALSE);
}

bool threshold_holds(const ThresholdRule *rule, double value)
{
    switch (rule->comparison) {
    case THRESHOLD_LESS:
        return value < rule->limit;
    case THRESHOLD_AT_MOST:
        return value <= rule->limit;
    case THRESHOLD_MORE:
        return value > rule->limit;
    case THRESHOLD_AT_LEAST:
        return value >= rule->limit;
    case THRESHOLD_EQUAL:
        return value == rule->limit;
    case THRESHOLD_UNEQUAL:
        return value != rule->limit;
    }
    g_assert_not_reached();
}

ThresholdRule *threshold_with_label(const ThresholdRule *rule, const char *name, const char *value)
{
    ThresholdRule *copy = g_new0(ThresholdRule, 1);

    *copy = *rule;
    copy->metric = g_strdup(rule->metric);
    copy->condition = g_strdup(rule->condition);
    copy->unit = g_strdup(rule->unit);
    for (guint i = 0; i < rule->label_count; i++) {
        bool is_it = strcmp(rule->labels[i].name, name) == 0;

        copy->labels[i].name = g_strdup(rule->labels[i].name);
        copy->labels[i].value = g_strdup(is_it ? value : rule->labels[i].value);
    }
    return copy;
}
