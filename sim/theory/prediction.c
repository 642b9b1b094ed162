/* prediction.c - see prediction.h. */
#include "sim/theory/prediction.h"

#include <math.h>
#include <string.h>

#include "sim/config/json_print.h"
#include "sim/config/unit.h"

static void work_clear(gpointer data)
{
    g_free(((PredictionWork *)data)->metric);
}

static void prediction_free(gpointer data)
{
    Prediction *prediction = data;

    g_clear_pointer(&prediction->work, g_array_unref);
    if (prediction->refusal != NULL) {
        replicas_unref(prediction->refusal->replicas);
        g_free(prediction->refusal);
    }
    g_free(prediction->metric);
    g_free(prediction->aggregate);
    g_free(prediction->family);
    g_free(prediction->question);
    g_free(prediction->spread_of);
    g_free(prediction);
}

Predictions *predictions_new(void)
{
    Predictions *predictions = g_new0(Predictions, 1);

    predictions->list = g_ptr_array_new_with_free_func(prediction_free);
    return predictions;
}

void predictions_free(Predictions *predictions)
{
    if (predictions == NULL) {
        return;
    }
    g_ptr_array_unref(predictions->list);
    g_clear_pointer(&predictions->answer, g_array_unref);
    g_free(predictions->question);
    g_free(predictions);
}

/* As one would type them. */
static char *question_of(const cJSON *params)
{
    GString *text = g_string_new(NULL);
    const cJSON *param;

    cJSON_ArrayForEach(param, params)
    {
        g_autofree char *number =
            cJSON_IsNumber(param) ? unit_print_number(param->valuedouble) : NULL;
        g_autofree char *json = number == NULL ? json_print_line(param) : NULL;

        g_string_append_printf(text, "%s%s%s=%s%s", text->len > 0 ? " " : "",
                               cJSON_IsArray(param) ? "'" : "", param->string,
                               number != NULL          ? number
                               : cJSON_IsString(param) ? param->valuestring
                                                       : json,
                               cJSON_IsArray(param) ? "'" : "");
    }
    return g_string_free(text, false);
}

bool predictions_ask(Predictions *predictions, const char *family, cJSON *params)
{
    g_autoptr(DiagList) unanswered = diag_list_new(NULL, NULL);

    g_clear_pointer(&predictions->answer, g_array_unref);
    g_clear_pointer(&predictions->question, g_free);
    predictions->family = theory_find(family);
    g_assert_nonnull(predictions->family);
    predictions->answer = theory_solve(predictions->family, params, unanswered);
    predictions->question = question_of(params);
    cJSON_Delete(params);
    return predictions->answer != NULL;
}

double predictions_figure(const Predictions *predictions, const char *name)
{
    return predictions->answer != NULL ? theory_value(predictions->answer, name) : (double)NAN;
}

void predictions_add(Predictions *predictions, const char *name, double scale, const char *metric,
                     const char *aggregate)
{
    double value = predictions_figure(predictions, name) * scale;

    if (isfinite(value)) {
        predictions_state(predictions, predictions->family->name, predictions->question, value,
                          metric, aggregate);
    }
}

void predictions_state(Predictions *predictions, const char *law, const char *terms, double value,
                       const char *metric, const char *aggregate)
{
    Prediction *prediction = g_new0(Prediction, 1);

    prediction->metric = g_strdup(metric);
    prediction->aggregate = g_strdup(aggregate);
    prediction->family = g_strdup(law);
    prediction->question = g_strdup(terms);
    prediction->value = value;
    g_ptr_array_add(predictions->list, prediction);
    predictions->last = prediction;
}

void predictions_share(Predictions *predictions, const char *law, const char *terms,
                       const char *common, double value, const char *metric, const char *aggregate)
{
    g_autofree char *all = g_strdup_printf("%s; %s", terms, common);

    for (guint i = 0; i < predictions->list->len; i++) {
        Prediction *known = g_ptr_array_index(predictions->list, i);

        if (strcmp(known->metric, metric) == 0 && strcmp(known->family, law) == 0) {
            g_autofree char *question = g_steal_pointer(&known->question);

            known->question = g_strdup_printf("%s; %s", terms, question);
            predictions->last = known;
            return;
        }
    }
    predictions_state(predictions, law, all, value, metric, aggregate);
}

void predictions_withdraw(Predictions *predictions)
{
    predictions->last->value = (double)NAN;
}

void predictions_vary(Predictions *predictions, double spread, const char *what)
{
    g_free(predictions->last->spread_of);
    predictions->last->spread = spread;
    predictions->last->spread_of = g_strdup(what);
}

void predictions_add_work(Predictions *predictions, const char *metric, double cost_s)
{
    Prediction *last = predictions->last;
    PredictionWork work = {g_strdup(metric), cost_s};

    if (last->work == NULL) {
        last->work = g_array_new(false, false, sizeof(PredictionWork));
        g_array_set_clear_func(last->work, work_clear);
    }
    g_array_append_val(last->work, work);
}

static void add_refusal(Predictions *predictions, Replicas *replicas, const ReplicasNeed *need,
                        double keys, bool is_copies)
{
    PredictionRefusal *refusal = g_new(PredictionRefusal, 1);

    *refusal = (PredictionRefusal){replicas_ref(replicas), *need, keys, is_copies};
    predictions->last->refusal = refusal;
}

void predictions_refuse(Predictions *predictions, Replicas *replicas, const ReplicasNeed *need,
                        double keys)
{
    add_refusal(predictions, replicas, need, keys, false);
}

void predictions_miss(Predictions *predictions, Replicas *replicas, const ReplicasNeed *need,
                      double keys)
{
    add_refusal(predictions, replicas, need, keys, true);
}
