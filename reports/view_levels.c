/* view_levels.c - what components measured. */
#include "reports/view_levels.h"

#include <math.h>

#include "sim/results/evidence/experiment.h"

/* Sums of one replication. */
typedef struct Sums {
    double *steps;       /* of all components' values, by step */
    double *samples;     /* how many, by step */
    double *phases;      /* of all components' values, by phase */
    double *most;        /* by phase */
    double *phase_count; /* intervals, by phase */
} Sums;

/* --- one replication ------------------------------------------------------------------------ */

static void add_meter_to_steps(Levels *levels, const ResultsMeter *meter, int run, Sums *sums)
{
    SimSpan interval = results_sample_interval(levels->view->results);
    ResultsSpan whole = {0, levels->view->end};
    g_autoptr(GArray) values = results_levels(levels->view->results, meter, run, whole);

    for (guint i = 0; i < values->len; i++) {
        guint step = (guint)((SimTime)i * interval / levels->step);

        sums->steps[step] += g_array_index(values, ResultsLevel, i).value;
        sums->samples[step]++;
    }
}

static void add_meter_to_phase(const Levels *levels, const ResultsMeter *meter, int run,
                               guint phase, Sums *sums)
{
    const View *view = levels->view;
    g_autoptr(GArray) spans = results_spans(view->results, run, view->phases->pdata[phase]);

    for (guint i = 0; i < spans->len; i++) {
        g_autoptr(GArray) values =
            results_levels(view->results, meter, run, g_array_index(spans, ResultsSpan, i));

        for (guint j = 0; j < values->len; j++) {
            const ResultsLevel *level = &g_array_index(values, ResultsLevel, j);

            sums->phases[phase] += level->value;
            sums->phase_count[phase]++;
            sums->most[phase] = fmax(sums->most[phase], level->value);
        }
    }
}

static void fold_run(Levels *levels, guint run, LevelFold fold, const Sums *sums)
{
    double parts = fold == LEVEL_SUM ? levels->components : 1;

    for (guint i = 0; i < levels->step_count; i++) {
        sums->steps[i] =
            sums->samples[i] > 0 ? parts * sums->steps[i] / sums->samples[i] : (double)NAN;
    }
    bands_fold(levels->bands, sums->steps);
    for (guint i = 0; i < levels->view->phases->len; i++) {
        guint place = i * levels->view->run_count + run;

        levels->phases[place] =
            sums->phase_count[i] > 0 ? parts * sums->phases[i] / sums->phase_count[i] : (double)NAN;
        levels->most[place] = sums->phase_count[i] > 0 ? sums->most[i] : (double)NAN;
    }
}

static void read_run(Levels *levels, const GArray *meters, guint run, LevelFold fold)
{
    guint phases = levels->view->phases->len;
    g_autofree double *steps = g_new0(double, MAX(levels->step_count, 1));
    g_autofree double *samples = g_new0(double, MAX(levels->step_count, 1));
    g_autofree double *sums_of_phases = g_new0(double, phases);
    g_autofree double *most = g_new0(double, phases);
    g_autofree double *counts = g_new0(double, phases);
    Sums sums = {steps, samples, sums_of_phases, most, counts};
    int index = levels->view->runs[run].run;

    for (guint i = 0; i < meters->len; i++) {
        const ResultsMeter *meter = &g_array_index(meters, ResultsMeter, i);

        add_meter_to_steps(levels, meter, index, &sums);
        for (guint j = 0; j < phases; j++) {
            add_meter_to_phase(levels, meter, index, j, &sums);
        }
    }
    fold_run(levels, run, fold, &sums);
}

/* --- the campaign --------------------------------------------------------------------------- */

Levels *levels_new(const View *view, const char *metric, const ResultsComponentFilter *filter,
                   LevelFold fold)
{
    g_autoptr(GArray) meters = results_meters(view->results, metric, filter);
    SimSpan interval = results_sample_interval(view->results);
    Levels *levels;

    if (meters->len == 0) {
        return NULL;
    }
    levels = g_new0(Levels, 1);
    levels->view = view;
    levels->components = meters->len;
    levels->step = view_choose_step(view->end, interval, view->step);
    levels->step_count = (guint)((view->end + levels->step - 1) / levels->step);
    levels->bands = bands_new(levels->step_count);
    levels->phases = g_new0(double, view->phases->len *MAX(view->run_count, 1));
    levels->most = g_new0(double, view->phases->len *MAX(view->run_count, 1));
    for (guint i = 0; i < view->run_count; i++) {
        read_run(levels, meters, i, fold);
    }
    return levels;
}

void levels_free(Levels *levels)
{
    if (levels != NULL) {
        bands_free(levels->bands);
        g_free(levels->phases);
        g_free(levels->most);
        g_free(levels);
    }
}

Estimate levels_phase(const Levels *levels, guint phase)
{
    guint runs = levels->view->run_count;
    g_autofree double *known = g_new(double, MAX(runs, 1));
    guint count = 0;
    Estimate mean;

    for (guint i = 0; i < runs; i++) {
        double value = levels->phases[phase * runs + i];

        if (!isnan(value)) {
            known[count++] = value;
        }
    }
    mean = estimate_mean(known, count, levels->view->confidence);
    if (mean.low < 0) { /* and not NAN: levels are not negative */
        mean.low = 0;
    }
    experiment_refuse(levels->view->results, levels->view->phases->pdata[phase], false, &mean);
    return mean;
}

double levels_most(const Levels *levels, guint phase)
{
    guint runs = levels->view->run_count;
    double most = (double)NAN;

    for (guint i = 0; i < runs; i++) {
        most = fmax(most, levels->most[phase * runs + i]); /* NAN gives way */
    }
    return most;
}

bool levels_sum_each(const View *view, const char *metric, bool is_last, double *each)
{
    const ResultsComponentFilter all = {.dc = NULL};
    g_autoptr(GArray) meters = results_meters(view->results, metric, &all);

    for (guint i = 0; i < view->run_count; i++) {
        each[i] = 0;
        for (guint j = 0; j < meters->len; j++) {
            g_autoptr(GArray) levels =
                results_levels(view->results, &g_array_index(meters, ResultsMeter, j),
                               view->runs[i].run, (ResultsSpan){0, view->end});

            for (guint k = is_last && levels->len > 0 ? levels->len - 1 : 0; k < levels->len; k++) {
                each[i] += g_array_index(levels, ResultsLevel, k).value;
            }
        }
    }
    return meters->len > 0;
}
