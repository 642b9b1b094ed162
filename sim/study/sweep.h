/* sweep.h - a scenario over the values of one or two of its settings: each metric with its interval
 * at each point, where latency begins to run away (the knee), and which of many settings matter
 * (tornado, Morris). All points share their random numbers. */
#pragma once

#include "sim/results/paired.h"
#include "sim/study/axis.h"
#include "sim/study/usl.h"

typedef struct SweepOrder {
    const char *path;
    const char *const *over;    /* axes: one or two; any number for effects and screening */
    const char *const *metrics; /* as --metric takes them; NULL: all whose direction is known */
    const char *rate;           /* pointer of the offered load, or NULL */
    guint replications;         /* 0: as the scenario says */
    guint trajectories;         /* of screening */
} SweepOrder;

/* One point of the grid. */
typedef struct SweepPoint {
    guint at[2];       /* index on each axis */
    GArray *estimates; /* of Estimate, in step with the metrics */
} SweepPoint;

typedef struct Sweep {
    char *path, *seed;
    guint replications;
    double confidence;
    GPtrArray *axes;    /* of Axis */
    GPtrArray *metrics; /* of PairedMetric */
    GPtrArray *points;  /* of SweepPoint, the last axis fastest */
    double knee;        /* value of the only axis; NAN: none within it, or it is no range */
    char *knee_metric;
    Usl usl;
    guint usl_index; /* of its metric */
    bool usl_has_peak;
    char *usl_metric; /* NULL: the axis counts nothing, or no throughput was asked for */
    char *unfinished;
} Sweep;

/* Runs the grid. NULL and `error`; when the study was told to end, the points by then. */
Sweep *sweep_run(Study *study, const SweepOrder *order, GError **error);
void sweep_free(Sweep *sweep);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sweep, sweep_free)

/* study.json, format dcdrill-sweep-1: "over" [ pointers ], "metrics" and "units" in step, "points"
 * [ { "at" [ a text for each axis ], "values" [ { "value", "low", "high", "n", "method" } in step
 * with the metrics ] } ], the last axis fastest: with two axes "points" is the heat map of each
 * metric; goodput is a metric beside http_reqs. "knee" of "knee_metric" (null: none), by
 * sweep_find_knee; "usl" { "metric", "alpha", "beta", "gamma" a second, each with its standard
 * "_error", "residual", "degrees", "peak", "peak_rate" (null: none inside the data) } where the
 * axis counts what does the work. Members are only added. */
char *sweep_print(const Sweep *sweep);
cJSON *sweep_to_json(const Sweep *sweep);
char *sweep_to_csv(const Sweep *sweep);

/* Where d ln y / d ln x passes 1 on a rising fit (isotonic) of the curve; NAN when it does not
 * within the data, or a value is not above 0. */
double sweep_find_knee(const double *x, const double *y, guint count);

/* The Universal Scalability Law through a throughput over whole numbers (users, nodes, servers), in
 * at least five points; `rate` is the pointer of the offered load, which is no such number. */
void sweep_fit_usl(Sweep *sweep, const char *rate);
void sweep_print_usl(const Sweep *sweep, GString *text);
cJSON *sweep_usl_to_json(const Sweep *sweep);

/* What one setting does to one metric. */
typedef struct SweepEffect {
    guint axis, metric;
    double base;               /* the metric as the scenario stands */
    PairedFigure low, high;    /* at the first and at the last value, against the base */
    double mean, size, spread; /* Morris: mu, mu*, sigma, from the first to the last value */
} SweepEffect;

typedef struct Effects {
    char *path, *seed;
    guint replications, trajectories; /* trajectories 0: one setting at a time */
    GPtrArray *axes, *metrics;
    GArray *list; /* of SweepEffect, by metric, the largest first */
} Effects;

/* Each setting to its first and to its last value, all others as they stand: paired differences
 * (tornado). Or, with trajectories, Morris's elementary effects. NULL and `error`. */
Effects *sweep_effects(Study *study, const SweepOrder *order, GError **error);
void effects_free(Effects *effects);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Effects, effects_free)
char *effects_print(const Effects *effects);
cJSON *effects_to_json(const Effects *effects);
char *effects_to_csv(const Effects *effects);

/* For both: the axes and the metrics of an order. NULL and `error`. */
GPtrArray *sweep_read_axes(const SweepOrder *order, guint most, GError **error);

/* Whether every value of every axis, the others as they stand, makes a scenario: a mistake in the
 * last one must not cost the time of all before it. */
bool sweep_check_axes(const Study *study, const SweepOrder *order, const GPtrArray *axes,
                      const Rate *rate, GError **error);
GPtrArray *sweep_read_metrics(const Study *study, const SweepOrder *order, GError **error);
char *sweep_name_metric(const PairedMetric *metric);
