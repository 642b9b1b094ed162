/* command_capacity.c - the highest rate at which every threshold holds, intact and with sites lost.
 */
#include <stdio.h>

#include "sim/cli/study_job.h"
#include "sim/study/capacity.h"
#include "sim/study/intent.h"
#include "sim/study/outlook.h"

static bool is_found(const Capacity *capacity)
{
    for (guint i = 0; i < capacity->cases->len; i++) {
        const CapacityCase *one = g_ptr_array_index(capacity->cases, i);

        if (one->frontier->end == FRONTIER_WIDE || one->frontier->end == FRONTIER_ALWAYS) {
            return false;
        }
    }
    return true;
}

/* Thresholds that hold at no rate are a mistake of the input, unless only a loss breaks them. */
static int status_of(const Capacity *capacity)
{
    const CapacityCase *intact = g_ptr_array_index(capacity->cases, 0);

    if (intact->frontier->end == FRONTIER_NEVER) {
        return EXIT_USAGE;
    }
    return is_found(capacity) ? EXIT_PASSED : EXIT_INCONCLUSIVE;
}

/* What it means in months and money stands below it. */
static void add_outlook(StudyResult *result, const Outlook *outlook)
{
    if (outlook != NULL) {
        g_autofree char *before = result->text;
        g_autofree char *text = outlook_print(outlook);

        result->text = g_strconcat(before, text, NULL);
        cJSON_AddItemToObject(result->json, "outlook", outlook_to_json(outlook));
    }
}

/* Reads what the scenario says of the search. */
static bool read_inputs(const StudyJob *job, CapacityOrder *order, OutlookInputs *inputs,
                        GError **error)
{
    const StudyFlags *flags = &job->options->study;

    if (!outlook_check(&job->study, order->path, flags->prices, inputs, error)) {
        return false;
    }
    if (inputs->prices != NULL || flags->prices != NULL) { /* what is promised, and its price */
        order->target_low = inputs->target_low;
        order->target_high = inputs->target_high;
        order->cpu = (CapacityCpu){inputs->cpu, inputs->target_high};
    }
    order->lost = flags->n_minus >= 0 ? (guint)flags->n_minus : (guint)inputs->n_minus;
    return true;
}

static int find(StudyJob *job, CapacityOrder *order)
{
    g_autoptr(GError) error = NULL;
    const char *prices = job->options->study.prices;
    g_auto(OutlookInputs) inputs = {0};
    g_autoptr(Capacity) capacity =
        read_inputs(job, order, &inputs, &error) ? capacity_find(&job->study, order, &error) : NULL;
    g_autoptr(Outlook) outlook =
        capacity != NULL ? outlook_make(&job->study, order->path, prices, capacity, &error) : NULL;

    if (capacity == NULL || error != NULL) {
        return study_job_fail(job, error);
    }
    if (status_of(capacity) == EXIT_USAGE) {
        g_autofree char *why = capacity_describe(g_ptr_array_index(capacity->cases, 0));

        g_set_error(&error, STUDY_ERROR, STUDY_ERROR_WRONG,
                    "%s: what must hold %s; loosen the threshold, or search lower with --lowest",
                    order->path, why);
        return study_job_fail(job, error);
    }
    StudyResult result = {.text = capacity_print(capacity),
                          .csv = capacity_to_csv(capacity),
                          .json = capacity_to_json(capacity),
                          .is_partial = capacity->unfinished != NULL,
                          .status = status_of(capacity)};

    add_outlook(&result, outlook);
    study_job_add_basis(job, &result, order->path);
    return study_job_end(job, &result);
}

/* None holds: the answer is no. The best one is a result whether or not thresholds hold. */
static int status_of_intent(const Intent *intent)
{
    if (intent->winner < 0) {
        return EXIT_FAILED;
    }
    return !intent->is_cheapest || intent->is_confirmed == VERDICT_PASS ? EXIT_PASSED
                                                                        : EXIT_INCONCLUSIVE;
}

static int choose(StudyJob *job, const CapacityOrder *order)
{
    const StudyFlags *flags = &job->options->study;
    IntentOrder asked = {.path = order->path,
                         .intent = flags->intent,
                         .prices = flags->prices,
                         .rate = flags->rate,
                         .budget = (guint)flags->budget,
                         .most = order->most};
    g_autoptr(GError) error = NULL;
    g_autoptr(Intent) intent = intent_find(&job->study, &asked, &error);

    if (intent == NULL) {
        return study_job_fail(job, error);
    }
    StudyResult result = {.text = intent_print(intent),
                          .csv = intent_to_csv(intent),
                          .json = intent_to_json(intent),
                          .status = status_of_intent(intent)};

    study_job_add_basis(job, &result, order->path);
    return study_job_end(job, &result);
}

int command_capacity(const Options *options, const Kind *const *kinds)
{
    StudyJob job;
    int status = EXIT_USAGE;

    if (options->files->len != 1) {
        fprintf(stderr, "dcdrill: error: 'capacity' needs one scenario file, like "
                        "scenarios/capacity/five-dc.json\n");
        return EXIT_USAGE;
    }
    CapacityOrder order = {.path = g_ptr_array_index(options->files, 0),
                           .pointer = options->study.rate,
                           .from = options->study.from,
                           .to = options->study.to,
                           .width = options->study.width,
                           .replications = (guint)options->replications,
                           .most = options->study.most > 0 ? (guint)options->study.most : 0};

    if (study_job_begin(&job, options, kinds, order.path)) {
        status = options->study.intent != NULL ? choose(&job, &order) : find(&job, &order);
    }
    study_job_clear(&job);
    return status;
}
