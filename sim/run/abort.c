/* abort.c - thresholds that end a run early. */
#include "sim/run/abort.h"

#include <math.h>

#include "sim/results/judge/judge.h"
#include "sim/world/history.h"

struct Abort {
    const Scenario *scenario;
    SimSpan interval; /* from one look to the next */
    SimTime next;     /* of the scenario */
};

static bool has_any(const Scenario *scenario)
{
    for (guint i = 0; i < scenario->thresholds->len; i++) {
        if (((const Threshold *)g_ptr_array_index(scenario->thresholds, i))->aborts) {
            return true;
        }
    }
    return false;
}

Abort *abort_new(const Scenario *scenario)
{
    Abort *abort;

    if (!has_any(scenario)) {
        return NULL;
    }
    abort = g_new0(Abort, 1);
    abort->scenario = scenario;
    abort->interval =
        MAX(scenario->simulation.duration / ABORT_LOOKS, scenario->simulation.sample_interval);
    abort->next = abort->interval;
    return abort;
}

void abort_free(Abort *abort)
{
    g_free(abort);
}

char *abort_prefix(const Threshold *threshold)
{
    return g_strdup_printf("'%s' %s failed at ", threshold->metric, threshold->condition);
}

/* The first threshold whose value so far does not meet its condition, in the order of the file. As
 * in k6 the value itself decides: an interval would need the whole campaign. */
static char *find_failed(const Abort *abort, Results *results, SimTime now)
{
    char at[SIM_SPAN_TEXT];

    for (guint i = 0; i < abort->scenario->thresholds->len; i++) {
        const Threshold *threshold = g_ptr_array_index(abort->scenario->thresholds, i);
        g_autoptr(Judged) judged = NULL;

        if (!threshold->aborts || now < threshold->abort_after) {
            continue;
        }
        judged =
            judge_threshold(results, threshold->rule, threshold->window, threshold->confidence);
        if (!isnan(judged->observed) && !threshold_holds(threshold->rule, judged->observed)) {
            g_autofree char *prefix = abort_prefix(threshold);

            return g_strdup_printf("%s%s: %.4g so far", prefix, sim_span_print(now, at),
                                   judged->observed);
        }
    }
    return NULL;
}

/* Judges the part of the run whose requests have all ended. */
char *abort_look(Abort *abort, ResultsWriter *writer, const RecordOrder *frame)
{
    SimTime now = world_now(frame->world) - frame->start;
    RecordOrder seen = *frame;
    g_autoptr(Results) results = NULL;
    char *reason;

    if (now < abort->next) {
        return NULL;
    }
    while (abort->next <= now) {
        abort->next += abort->interval;
    }
    seen.end = seen.settled = MIN(history_taken_until(world_history(frame->world)), frame->end);
    if (seen.end <= frame->start) {
        return NULL;
    }
    record_write_frame(writer, &seen);
    results = results_open_writer(writer, NULL); /* its error sticks to the writer as well */
    reason = results != NULL ? find_failed(abort, results, now) : NULL;
    results_write_take_back(writer);
    return reason;
}
