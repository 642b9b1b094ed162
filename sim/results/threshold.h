/* threshold.h - conditions on metrics as a scenario writes them, in k6's notation:
 *   "http_req_duration{dc:DC03,phase:baseline}": "p(99)<300ms"
 * A label's value '*' stands for the worst of all its values. Limits of durations need a unit. What
 * a metric means and how a condition is judged stands in sim/results/judge/. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* What can be asked of a metric, and how it is measured. */
typedef enum ThresholdType {
    THRESHOLD_COUNTER,   /* count, rate (per second) */
    THRESHOLD_GAUGE,     /* avg, min, max, value: levels of components over time */
    THRESHOLD_HISTOGRAM, /* avg, med, min, max, p(N), count */
    THRESHOLD_RATIO,     /* rate, from 0 to 1: a share of the requests */
    THRESHOLD_QUOTIENT,  /* value, avg, min, max: one total over another */
    THRESHOLD_SPEED,     /* avg, min, max, value: requests a second */
    THRESHOLD_OUTAGE,    /* max, avg, count: spans without service */
    THRESHOLD_REROUTE,   /* p(N), med, max: time since a fault */
} ThresholdType;

typedef struct ThresholdMetric {
    const char *name;
    ThresholdType type;
    const char *unit; /* "s" (limits are durations), "B" (sizes), "ratio" (0 to 1), else plain */
    const char *help;
} ThresholdMetric;

/* The metrics of users' requests, which need no component. Ends with a NULL name. */
extern const ThresholdMetric threshold_user_metrics[];

typedef enum ThresholdAggregate {
    THRESHOLD_AVG,
    THRESHOLD_MIN,
    THRESHOLD_MAX,
    THRESHOLD_PERCENTILE, /* "med" is p(50) */
    THRESHOLD_RATE,
    THRESHOLD_COUNT,
    THRESHOLD_VALUE,
} ThresholdAggregate;

typedef enum ThresholdOperator {
    THRESHOLD_LESS,
    THRESHOLD_AT_MOST,
    THRESHOLD_MORE,
    THRESHOLD_AT_LEAST,
    THRESHOLD_EQUAL,
    THRESHOLD_UNEQUAL,
} ThresholdOperator;

typedef struct ThresholdLabel {
    char *name, *value; /* value "*": the worst of all */
} ThresholdLabel;

#define THRESHOLD_LABELS_MOST 8

/* One condition, read. */
typedef struct ThresholdRule {
    char *metric;
    char *condition; /* as written */
    ThresholdType type;
    bool is_users; /* of users' requests; else of components */
    char *unit;
    ThresholdLabel labels[THRESHOLD_LABELS_MOST];
    guint label_count;
    ThresholdAggregate aggregate;
    double quantile; /* of THRESHOLD_PERCENTILE: 0.99 for p(99) */
    ThresholdOperator comparison;
    double limit; /* seconds, bytes, ratio, per second or a plain number */
} ThresholdRule;

/* What names there are. */
typedef struct ThresholdLabelValues {
    const char *label;
    const char *const *values; /* ends with NULL */
} ThresholdLabelValues;

typedef struct ThresholdKnown {
    const ThresholdMetric *declared;    /* by the kinds; ends with a NULL name; may be NULL */
    const ThresholdLabelValues *values; /* ends with a NULL label; labels that do not stand here
                                           take any value; may be NULL */
} ThresholdKnown;

/* Reads a metric with its labels and a condition. NULL and `error`, with a suggestion, when the
 * metric, a label, the aggregate or the limit is not one. */
ThresholdRule *threshold_parse(const char *metric, const char *condition,
                               const ThresholdKnown *known, GError **error);

/* Reads "name{label:value}" alone, for those who ask for a metric without a condition: aggregate
 * and limit stay 0. */
ThresholdRule *threshold_parse_metric(const char *metric, const ThresholdKnown *known,
                                      GError **error);
void threshold_free(ThresholdRule *rule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ThresholdRule, threshold_free)

/* The value of label `name`, or NULL. */
const char *threshold_label(const ThresholdRule *rule, const char *name);

/* "dc:DC03,phase:baseline", "" without labels. Caller frees. */
char *threshold_labels_text(const ThresholdRule *rule);

/* Whether `value < limit`, or what the comparison is, holds. */
bool threshold_holds(const ThresholdRule *rule, double value);

/* A copy in which label `name` has another value, for going through the values of '*'. */
ThresholdRule *threshold_with_label(const ThresholdRule *rule, const char *name, const char *value);

typedef enum ThresholdError { THRESHOLD_ERROR_SYNTAX, THRESHOLD_ERROR_NAME } ThresholdError;
#define THRESHOLD_ERROR (threshold_error_quark())
GQuark threshold_error_quark(void);
