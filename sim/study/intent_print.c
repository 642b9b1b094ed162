/* intent_print.c - a choice as text, JSON and CSV: the same numbers in all of them. */
#include <math.h>
#include <string.h>

#include "sim/base/words.h"
#include "sim/results/export/export_json.h"
#include "sim/study/intent.h"

static const Alternative *at(const Intent *intent, guint i)
{
    return g_ptr_array_index(intent->alternatives, i);
}

static const char *word_of(Verdict verdict)
{
    static const char *const words[] = {
        [VERDICT_PASS] = "holds",
        [VERDICT_INCONCLUSIVE] = "undecided",
        [VERDICT_FAIL] = "fails",
    };

    return words[verdict];
}

/* The metric without the difference that matters, which stands last. Caller frees. */
static char *name_figure(const Intent *intent)
{
    const char *last = strrchr(intent->metric, ' ');

    return last != NULL ? g_strndup(intent->metric, (gsize)(last - intent->metric))
                        : g_strdup(intent->metric);
}

static void print_answer(GString *text, const Intent *intent)
{
    const char *asked =
        intent->is_cheapest ? "the cheapest at which every threshold holds" : "the best metric";

    if (intent->winner < 0) {
        g_string_append_printf(text, "Answer: none of %u alternatives: %s was asked for\n",
                               intent->alternatives->len, asked);
        return;
    }
    const Alternative *one = at(intent, (guint)intent->winner);
    bool is_sure = !intent->is_cheapest || intent->is_confirmed == VERDICT_PASS;
    g_autofree char *figure = name_figure(intent);
    g_autofree char *confirmed = words_estimate(&intent->confirmed, intent->unit);

    g_string_append_printf(text,
                           "Answer: %s, %.2f a month (%s)%s\n"
                           "    run again with seeds of its own (seed %s): %s %s\n",
                           one->name, one->monthly, asked,
                           is_sure ? "" : ": NOT CONFIRMED when run again", intent->fresh_seed,
                           figure, confirmed);
    if (intent->binding != NULL) {
        g_string_append_printf(text, "    then %s, the closest: %s\n",
                               word_of(intent->is_confirmed), intent->binding);
    }
}

/* Value and interval, or why there is none. Caller frees. */
static char *describe_metric(const Estimate *metric, const char *unit)
{
    return isnan(metric->value) ? g_strdup(metric->method) : words_estimate(metric, unit);
}

static void print_row(GString *text, const Intent *intent, guint i)
{
    const Alternative *one = at(intent, i);
    g_autofree char *rank =
        one->dropped_at > 0 ? g_strdup_printf("out after %u", one->dropped_at) : g_strdup("stayed");

    g_autofree char *metric = describe_metric(&one->metric, intent->unit);

    g_string_append_printf(text, "%s %9.2f  %s\n             %s; %s; %u replications, %s\n",
                           one->is_front ? "*" : " ", one->monthly, one->name,
                           word_of(one->verdict), metric, one->replications,
                           intent->budget > 0 ? "by budget" : rank);
    if (i > 0 && !isnan(one->difference.value)) {
        g_autofree char *difference = words_estimate(&one->difference, intent->unit);

        g_string_append_printf(text, "             against the first: %s\n", difference);
    }
}

char *intent_print(const Intent *intent)
{
    GString *text = g_string_new(NULL);

    print_answer(text, intent);
    g_string_append_printf(text, "%s  %s\n", intent->intent, intent->title);
    if (intent->lost != NULL && intent->lost[0] != NULL) {
        g_autofree char *lost = g_strjoinv(", ", intent->lost);

        g_string_append_printf(text, "dark from the first instant on: %s\n", lost);
    }
    if (!isnan(intent->rate)) {
        g_string_append_printf(text, "at %.5g requests a second\n", intent->rate);
    }
    g_string_append_printf(text,
                           "cost a month, thresholds, %s; * on the front: none costs less and is "
                           "better\n",
                           intent->metric);
    for (guint i = 0; i < intent->alternatives->len; i++) {
        print_row(text, intent, i);
    }
    if (intent->budget > 0) {
        g_string_append_printf(text,
                               "best by the metric: %s; OCBA with %u replications in all, no "
                               "guarantee\n",
                               at(intent, intent->best)->name, intent->budget);
    } else {
        g_autofree char *difference = words_value(intent->difference, intent->unit);

        g_string_append_printf(
            text, "best by the metric: %s; KN, %s within %s with %g %% probability\n",
            at(intent, intent->best)->name,
            intent->is_guaranteed ? "the best or" : "NOT DECIDED after the most replications:",
            difference, 100 * intent->confidence);
    }
    g_string_append_printf(text,
                           "%g %% intervals; alternatives share their random numbers (from seed "
                           "%s)\n",
                           100 * intent->confidence, intent->seed);
    return g_string_free(text, FALSE);
}

static cJSON *row_to_json(const Alternative *one)
{
    cJSON *row = cJSON_CreateObject();
    cJSON *sets = cJSON_CreateArray();

    cJSON_AddStringToObject(row, "name", one->name);
    export_add_number(row, "monthly", one->monthly);
    cJSON_AddStringToObject(row, "thresholds", word_of(one->verdict));
    export_add_interval(row, "metric", one->metric.value, one->metric.low, one->metric.high);
    export_add_interval(row, "difference", one->difference.value, one->difference.low,
                        one->difference.high);
    cJSON_AddNumberToObject(row, "replications", one->replications);
    cJSON_AddNumberToObject(row, "dropped_at", one->dropped_at);
    cJSON_AddBoolToObject(row, "front", one->is_front);
    for (guint i = 0; one->sets[i] != NULL; i++) {
        cJSON_AddItemToArray(sets, cJSON_CreateString(one->sets[i]));
    }
    cJSON_AddItemToObject(row, "set", sets);
    return row;
}

cJSON *intent_to_json(const Intent *intent)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *list;

    cJSON_AddStringToObject(json, "format", "dcdrill-intent-1");
    cJSON_AddStringToObject(json, "scenario", intent->path);
    cJSON_AddStringToObject(json, "intent", intent->intent);
    cJSON_AddStringToObject(json, "title", intent->title);
    cJSON_AddStringToObject(json, "seed", intent->seed);
    cJSON_AddStringToObject(json, "find", intent->is_cheapest ? "cheapest" : "best");
    cJSON_AddStringToObject(json, "metric", intent->metric);
    g_autofree char *figure = name_figure(intent);

    cJSON_AddStringToObject(json, "figure", figure);
    cJSON_AddStringToObject(json, "unit", intent->unit);
    export_add_number(json, "rate", intent->rate);
    export_add_number(json, "confidence", intent->confidence);
    cJSON_AddStringToObject(json, "procedure", intent->budget > 0 ? "OCBA" : "KN");
    cJSON_AddNumberToObject(json, "budget", intent->budget);
    cJSON_AddBoolToObject(json, "guaranteed", intent->is_guaranteed);
    export_add_number(json, "difference", intent->difference);
    cJSON_AddStringToObject(json, "best", at(intent, intent->best)->name);
    if (intent->winner >= 0) {
        cJSON *winner = cJSON_AddObjectToObject(json, "winner");

        cJSON_AddStringToObject(winner, "name", at(intent, (guint)intent->winner)->name);
        export_add_number(winner, "monthly", at(intent, (guint)intent->winner)->monthly);
        cJSON_AddStringToObject(winner, "seed", intent->fresh_seed);
        export_add_interval(winner, "metric", intent->confirmed.value, intent->confirmed.low,
                            intent->confirmed.high);
        cJSON_AddStringToObject(winner, "thresholds", word_of(intent->is_confirmed));
        cJSON_AddStringToObject(winner, "closest", intent->binding != NULL ? intent->binding : "");
    } else {
        cJSON_AddNullToObject(json, "winner");
    }
    list = cJSON_AddArrayToObject(json, "alternatives");
    for (guint i = 0; i < intent->alternatives->len; i++) {
        cJSON_AddItemToArray(list, row_to_json(at(intent, i)));
    }
    return json;
}

char *intent_to_csv(const Intent *intent)
{
    GString *text =
        g_string_new("name,monthly,thresholds,metric,metric_low,metric_high,replications,front\n");

    for (guint i = 0; i < intent->alternatives->len; i++) {
        const Alternative *one = at(intent, i);
        const double values[] = {one->metric.value, one->metric.low, one->metric.high};
        g_auto(GStrv) quotes = g_strsplit(one->name, "\"", -1);
        g_autofree char *name = g_strjoinv("\"\"", quotes);
        char number[EXPORT_NUMBER_TEXT];

        g_string_append_printf(text, "\"%s\",%s,%s", name, export_number(one->monthly, number),
                               word_of(one->verdict));
        for (guint k = 0; k < G_N_ELEMENTS(values); k++) {
            g_string_append_printf(text, ",%s", export_number(values[k], number));
        }
        g_string_append_printf(text, ",%u,%s\n", one->replications, one->is_front ? "yes" : "no");
    }
    return g_string_free(text, FALSE);
}
