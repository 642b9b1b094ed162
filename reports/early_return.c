/* early_return.c - sites that came back before they could serve. */
#include "reports/early_return.h"

#include <string.h>

#include "sim/base/words.h"

/* Errors of this long after a fault was lifted are laid to the return. */
#define RETURN_LASTS (300 * SIM_S)

/* What answers of a site's web servers meant over all replications. */
typedef struct Return {
    double errors_most; /* in one replication */
    SimTime last;       /* the end of the last interval with any */
    guint runs;
} Return;

/* Whether some web server of `dc` was down during the sample interval that began at `time`. */
static bool was_down(const View *view, const char *dc, int run, SimTime time)
{
    const ResultsComponentFilter filter = {.dc = dc, .kind = "httpd"};
    g_autoptr(GArray) meters = results_meters(view->results, "down", &filter);
    SimSpan step = results_sample_interval(view->results);

    for (guint i = 0; i < meters->len; i++) {
        g_autoptr(GArray) levels =
            results_levels(view->results, &g_array_index(meters, ResultsMeter, i), run,
                           (ResultsSpan){time, time + step});

        if (levels->len > 0 && g_array_index(levels, ResultsLevel, 0).value > 0) {
            return true;
        }
    }
    return false;
}

/* Adds what the web servers of `dc` answered with `metric`, from `span.begin` on. */
static double sum_errors(const View *view, const char *metric, const char *dc, int run,
                         ResultsSpan span, SimTime *last)
{
    const ResultsComponentFilter filter = {.dc = dc, .kind = "httpd"};
    g_autoptr(GArray) meters = results_meters(view->results, metric, &filter);
    SimSpan step = results_sample_interval(view->results);
    double sum = 0;

    for (guint i = 0; i < meters->len; i++) {
        g_autoptr(GArray) levels =
            results_levels(view->results, &g_array_index(meters, ResultsMeter, i), run, span);

        for (guint k = 0; k < levels->len; k++) {
            double count = g_array_index(levels, ResultsLevel, k).value;

            sum += count;
            *last = count > 0 ? MAX(*last, span.begin + (SimTime)(k + 1) * step) : *last;
        }
    }
    return sum;
}

/* From the instant a fault was lifted to when its effects are over: another fault begins, the run
 * ends, or it is long ago. Whole sample intervals. */
static ResultsSpan span_of_return(const View *view, const ResultsFault *fault)
{
    SimSpan step = results_sample_interval(view->results);
    SimTime end = MIN(fault->lifted + RETURN_LASTS, view->end);
    guint count;
    const ResultsFault *faults = results_faults(view->results, &count);

    for (guint i = 0; i < count; i++) {
        if (faults[i].run == fault->run && faults[i].applied > fault->lifted) {
            end = MIN(end, faults[i].applied);
        }
    }
    return (ResultsSpan){fault->lifted / step * step, end / step * step};
}

static void look_at(const View *view, const ResultsFault *fault, const char *dc, Return *seen)
{
    static const char *const metrics[] = {"answers_502", "answers_503", "answers_504"};
    ResultsSpan span = span_of_return(view, fault);
    SimSpan step = results_sample_interval(view->results);
    double errors = 0;

    if (span.end <= span.begin || !was_down(view, dc, fault->run, span.begin - step)) {
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(metrics); i++) {
        errors += sum_errors(view, metrics[i], dc, fault->run, span, &seen->last);
    }
    seen->errors_most = MAX(seen->errors_most, errors);
    seen->runs += errors > 0 ? 1 : 0;
}

static void advise(const View *view, const char *fault, const char *dc, const Return *seen,
                   GPtrArray *advice)
{
    g_autofree char *errors = words_count(seen->errors_most);
    g_autofree char *until = words_time(seen->last);

    g_ptr_array_add(
        advice,
        g_strdup_printf("'%s' came back from '%s' before it could serve: in %u of %u replications "
                        "its web servers answered 502, 503 or 504, at most %s times in one and up "
                        "to %s, while the application behind them was not ready; real sites do the "
                        "same, and a health check that asks the application keeps users away",
                        dc, fault, seen->runs, view->run_count, errors, until));
}

static bool is_first_of_name(const ResultsFault *faults, guint index)
{
    for (guint i = 0; i < index; i++) {
        if (strcmp(faults[i].name, faults[index].name) == 0) {
            return false;
        }
    }
    return true;
}

void early_return_advise(const View *view, GPtrArray *advice)
{
    g_autoptr(GPtrArray) dcs = results_meter_values(view->results, "answers_503", "dc");
    guint count;
    const ResultsFault *faults = results_faults(view->results, &count);

    for (guint i = 0; i < count; i++) {
        for (guint d = 0; d + 1 < dcs->len && is_first_of_name(faults, i); d++) {
            Return seen = {.errors_most = 0};

            for (guint k = 0; k < count; k++) {
                if (strcmp(faults[k].name, faults[i].name) == 0 && faults[k].lifted < view->end) {
                    look_at(view, &faults[k], dcs->pdata[d], &seen);
                }
            }
            if (seen.errors_most > 0) {
                advise(view, faults[i].name, dcs->pdata[d], &seen, advice);
            }
        }
    }
}
