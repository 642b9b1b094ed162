/* capacity.h - the highest rate at which every threshold of a scenario holds: as it stands, with
 * each site lost, with pairs of them. A site is lost before anything is measured and stays so: the
 * answer is what the others sustain, not how the loss is survived (drills ask that). A rate holds
 * when the estimate of every threshold meets its limit, and its interval is that of the thresholds
 * at each rate, inverted (frontier.h); a rate at which a queue grows or nothing becomes steady does
 * not hold. All rates and cases share their random numbers. */
#pragma once

#include "sim/base/estimate.h"
#include "sim/study/frontier.h"
#include "sim/study/rate.h"

/* And the highest CPU cost of a request at which a rate still holds in the worst case. */
typedef struct CapacityCpu {
    const char *pointer; /* to the law of CPU a request; NULL: not asked for */
    double rate;
} CapacityCpu;

typedef struct CapacityOrder {
    const char *path;
    const char *pointer;      /* of the offered load; NULL: found */
    double from, to;          /* 0: a sixteenth and sixteen times of what it offers */
    double width;             /* half-width asked for, as a share; 0: 0.02 */
    guint replications, most; /* of each look; 0: at least 4, and sixteen times as many */
    guint lost;               /* so many sites at once: 0, 1 or 2 */
    CapacityCpu cpu;
    double target_low, target_high; /* rates that are promised; 0: none */
    SimSpan warmup; /* after a loss, at a tenth of the load, until users have moved; 0: 2 min, and
                       30 s where the lost sites served nobody */
} CapacityOrder;

/* One place where work is done, and how busy it is. */
typedef struct CapacityTier {
    char *name;        /* "CPU of app in DC01", "station web" */
    double law;        /* by the utilisation law from another look: u(r) = u(r0) r / r0 */
    Estimate seen;     /* at the look nearest to the capacity, share of time busy */
    double saturation; /* rate at which it is full, by the law, */
    double saturation_low, saturation_high; /* and its interval; low NAN: at most so much, since it
                                               was full already */
} CapacityTier;

/* Where requests were answered. */
typedef struct CapacityShare {
    char *dc;
    double ratio;
    bool is_backup;
} CapacityShare;

typedef struct CapacityCase {
    char *name;  /* "intact", "without DC03" */
    char **lost; /* strv */
    Frontier *frontier;
    double looked_at;  /* rate of the look that tiers and shares are of */
    GPtrArray *tiers;  /* of CapacityTier, the busiest first */
    GPtrArray *shares; /* of CapacityShare */
} CapacityCase;

typedef struct Capacity {
    char *path, *title, *seed, *pointer;
    double offered; /* as the file has it */
    double width, confidence;
    GPtrArray *thresholds; /* char *: as written */
    GPtrArray *cases;      /* of CapacityCase, intact first */
    CapacityCase *cpu;     /* its frontier in seconds of CPU a request; NULL: not asked for */
    double cpu_now_s, cpu_rate;
    double target_low, target_high; /* 0: none */
    char *unfinished;               /* why cases are missing, or NULL */
} Capacity;

/* Searches. NULL and `error`; when the study was told to end, the cases done by then, and
 * `unfinished`. */
Capacity *capacity_find(Study *study, const CapacityOrder *order, GError **error);
void capacity_free(Capacity *capacity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Capacity, capacity_free)

/* The case with the lowest capacity, or with one that is not known. */
const CapacityCase *capacity_worst(const Capacity *capacity);

/* The same among the cases with so many sites lost; NULL when there is none. */
const CapacityCase *capacity_worst_of(const Capacity *capacity, guint lost);

/* "2740 a second [2700, 2780]", or why there is none. Caller frees. */
char *capacity_describe(const CapacityCase *one);

/* What a wall is, where there is one, with the rate (in `unit`) that nine in ten replications hold;
 * NULL where there is none. Caller frees. */
char *capacity_describe_wall(const Frontier *frontier, const char *unit);

/* Whether `rate` holds in a case: "holds", "does not hold", "is not decided". Short of a wall it
 * holds only where nine in ten replications do. */
const char *capacity_word(const CapacityCase *one, double rate);

/* What was asked, in a few lines: which of the promised rates hold, with what lost; the capacity;
 * what gives way; at which CPU cost it does. Nothing without promised rates. Caller frees. */
char *capacity_answer(const Capacity *capacity);

/* For a person, for programs, for spreadsheets. Caller frees. study.json, format
 * dcdrill-capacity-1: "answer" (text, empty without promised rates), "offered", "worst_case"; "cpu"
 * { "rate", "now_s", "most_s": interval in s, "looks" } when searched; "cases" [ { "case", "end",
 * "capacity": interval, "wall"?
 * { "spread", "nine_in_ten", "nine_in_ten_low", "words" }, "binding", "tiers" [ { "name",
 * "utilisation_law", "utilisation": interval, "saturation_rate", "saturation": interval } ],
 * "shares", "looks" [ { "rate", "margin": interval, "replications", "hold" } ] } ]; "outlook" {
 * "prices_of", "monthly", "reserve_monthly", "items", "walls" [ { "months_linear_first",
 * "full_linear", ... } ] }. An interval is { "value", "low", "high" }; what is not known is null.
 * Members are only added. */
char *capacity_print(const Capacity *capacity);
cJSON *capacity_to_json(const Capacity *capacity);
char *capacity_to_csv(const Capacity *capacity);
