/* published.c - see published.h. */
#include "sim/run/published.h"

#include <cjson/cJSON.h>
#include <math.h>

#include "sim/config/json_print.h"
#include "sim/results/judge/judge.h"

static void add_number(cJSON *row, const char *name, double value)
{
    if (isfinite(value)) {
        cJSON_AddNumberToObject(row, name, value);
    } else {
        cJSON_AddNullToObject(row, name);
    }
}

static cJSON *row_of(const Published *published, Results *results, double confidence)
{
    static const char *const words[] = {
        [THRESHOLD_LESS] = "under", [THRESHOLD_AT_MOST] = "at most",
        [THRESHOLD_MORE] = "over",  [THRESHOLD_AT_LEAST] = "at least",
        [THRESHOLD_EQUAL] = "",     [THRESHOLD_UNEQUAL] = "not"};
    const ThresholdRule *rule = published->rule;
    g_autoptr(Judged) judged = judge_threshold(results, rule, 0, confidence);
    g_autofree char *labels = threshold_labels_text(rule);
    g_autofree char *metric = rule->label_count > 0
                                  ? g_strdup_printf("%s{%s}", rule->metric, labels)
                                  : g_strdup(rule->metric);
    g_autofree char *aggregate = g_strndup(rule->condition, strcspn(rule->condition, "<>=!"));
    cJSON *row = cJSON_CreateObject();

    cJSON_AddStringToObject(row, "name", published->name);
    cJSON_AddStringToObject(row, "metric", metric);
    cJSON_AddStringToObject(row, "aggregate", aggregate);
    cJSON_AddStringToObject(row, "comparison", words[rule->comparison]);
    add_number(row, "published", rule->limit);
    cJSON_AddStringToObject(row, "unit", rule->unit);
    cJSON_AddStringToObject(row, "source", published->source);
    cJSON_AddStringToObject(row, "note", published->note != NULL ? published->note : "");
    add_number(row, "observed", judged->observed);
    add_number(row, "low", judged->low);
    add_number(row, "high", judged->high);
    cJSON_AddStringToObject(row, "method", judged->why != NULL ? judged->why : "");
    return row;
}

char *published_compare(const Scenario *scenario, Results *results)
{
    cJSON *rows;
    char *text;

    if (scenario->published->len == 0) {
        return NULL;
    }
    rows = cJSON_CreateArray();
    for (guint i = 0; i < scenario->published->len; i++) {
        cJSON_AddItemToArray(rows,
                             row_of(scenario->published->pdata[i], results, scenario->confidence));
    }
    text = json_print_line(rows);
    cJSON_Delete(rows);
    return text;
}
