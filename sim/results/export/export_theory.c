/* export_theory.c - see export_theory.h. */
#include "sim/results/export/export_theory.h"

#include "sim/results/export/export_json.h"

void export_theory(const Results *results, cJSON *summary)
{
    cJSON *list = cJSON_AddArrayToObject(summary, "theory");
    guint count;
    const ResultsTheory *rows = results_theory(results, &count);

    for (guint i = 0; i < count; i++) {
        cJSON *row = cJSON_CreateObject();

        cJSON_AddItemToArray(list, row);
        cJSON_AddStringToObject(row, "metric", rows[i].metric);
        cJSON_AddStringToObject(row, "aggregate", rows[i].aggregate);
        cJSON_AddStringToObject(row, "family", rows[i].family);
        cJSON_AddStringToObject(row, "question", rows[i].question);
        export_add_number(row, "predicted", rows[i].predicted);
        export_add_number(row, "observed", rows[i].observed);
        export_add_number(row, "low", rows[i].low);
        export_add_number(row, "high", rows[i].high);
        if (rows[i].within == RESULTS_UNKNOWN) {
            cJSON_AddNullToObject(row, "within");
        } else {
            cJSON_AddBoolToObject(row, "within", rows[i].within == RESULTS_WITHIN);
        }
        cJSON_AddStringToObject(row, "why", rows[i].why);
    }
}
