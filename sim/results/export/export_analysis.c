/* export_analysis.c - which kind of experiment a campaign is, for summary.json. */
#include "sim/results/export/export_analysis.h"

#include <math.h>

#include "sim/results/evidence/experiment.h"
#include "sim/results/export/export_json.h"

/* Of a p-value or a cut that nobody tested nothing is written. */
static void add_if_known(cJSON *object, const char *name, double value)
{
    if (!isnan(value)) {
        export_add_number(object, name, value);
    }
}

void export_analysis(Results *results, cJSON *summary)
{
    const Experiment *experiment = experiment_examine(results);
    cJSON *analysis = cJSON_AddObjectToObject(summary, "analysis");
    g_autofree char *words = experiment_describe(results);
    cJSON *list;

    cJSON_AddStringToObject(analysis, "experiment", experiment_word(experiment->kind));
    cJSON_AddStringToObject(analysis, "words", words);
    cJSON_AddBoolToObject(analysis, "doubted",
                          experiment->doubt != NULL || experiment->doubt_of_mean != NULL);
    list = cJSON_AddArrayToObject(analysis, "series");
    for (guint i = 0; i < experiment->series->len; i++) {
        const ExperimentSeries *series = experiment->series->pdata[i];
        cJSON *shown = cJSON_CreateObject();

        cJSON_AddItemToArray(list, shown);
        cJSON_AddStringToObject(shown, "name", series->name);
        export_add_number(shown, "begin_s", sim_span_to_s(series->begin));
        export_add_number(shown, "step_s", sim_span_to_s(series->step));
        export_add_number(shown, "steps", series->count);
        export_add_number(shown, "steady_from_s", sim_span_to_s(series->cut));
        add_if_known(shown, "p_start", series->p_start);
        add_if_known(shown, "drift", series->drift);
        add_if_known(shown, "p_drift", series->p_drift);
    }
}
