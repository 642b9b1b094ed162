/* intent.h - which of given alternatives to choose: each is a scenario with some values changed
 * (sizes, counts, sites, copies, levels, times to live, intervals: whatever has a JSON Pointer) and
 * a price. All are tried under common random numbers; KN ranks them by a metric (simulation
 * methodology, section 8) with as few replications as its guarantee takes, OCBA spreads a fixed
 * number of them. Chosen is the cheapest one at which every threshold passes, or the one with the
 * best metric; it is run again with seeds of its own before it is quoted, since the best of many
 * noisy ones looks better than it is. Those that no other one beats in both cost and metric are the
 * front.
 *
 * The file: "find": "cheapest" or "best"; "metric": "http_req_failed rate 0.0002", with the
 * difference that matters; "rate": requests a second; "lost": sites dark from the first instant
 * on; "set": { pointer: value } for all; "most_cost"; and what is tried, "alternatives": [ {
 * "name", "set", "monthly_cost" } ] or "values": { pointer: [ value or { "value", "monthly_cost" }
 * ] }, all of them crossed. "monthly_cost" comes on top of what the scenario's prices say. */
#pragma once

#include "sim/base/estimate.h"
#include "sim/results/verdict.h"
#include "sim/study/choose.h"
#include "sim/study/study.h"

#define INTENT_MOST 100

typedef struct IntentOrder {
    const char *path, *intent;
    const char *prices, *rate; /* as capacity takes them; may be NULL */
    guint budget;              /* replications in all, by OCBA; 0: KN */
    guint most;                /* replications of one alternative; 0: 60 */
} IntentOrder;

/* One setting of everything. */
typedef struct Alternative {
    char *name;
    char **sets;
    double extra, monthly; /* "monthly_cost"; with what the scenario's prices say */
    GArray *values;        /* of double, of the metric in each replication */
    Estimate metric;
    Estimate difference; /* of the metric to the first alternative, in pairs */
    Verdict verdict;     /* of all thresholds */
    guint replications;
    guint dropped_at; /* by KN, after so many; 0: it stayed */
    bool is_front;
} Alternative;

typedef struct Intent {
    char *path, *intent, *title, *metric, *seed, *fresh_seed;
    char *unit;       /* of the metric, as results carry it */
    bool is_cheapest; /* what is asked for; else the best metric */
    bool is_smaller_better;
    double difference; /* that matters, in the metric's unit; a share of the first one's mean when
                          `is_relative` */
    bool is_relative;
    double most_cost; /* INFINITY: no limit */
    double rate;      /* NAN: as the scenario offers */
    double confidence;
    guint budget;
    char **lost;
    GPtrArray *alternatives; /* of Alternative, the cheapest first */
    bool is_guaranteed;
    guint best;           /* by the procedure */
    int winner;           /* -1: none */
    Estimate confirmed;   /* the winner's metric with fresh seeds */
    Verdict is_confirmed; /* its thresholds then */
    char *binding;        /* the threshold that decided then, in words */
} Intent;

/* Reads the file and every alternative as a scenario, with its cost. NULL and `error` with all
 * mistakes of the file, or those of the first alternative that has some. */
Intent *intent_read(const Study *study, const IntentOrder *order, GError **error);

/* Reads, tries, chooses. NULL and `error`. */
Intent *intent_find(Study *study, const IntentOrder *order, GError **error);
void intent_free(Intent *intent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Intent, intent_free)

/* For a person, for programs, for spreadsheets. Caller frees. study.json, format dcdrill-intent-1:
 * "find", "metric", "procedure", "guaranteed", "best", "winner" (null: none) { "name", "monthly",
 * "seed", "metric": interval, "thresholds", "closest" }, "alternatives" [ { "name", "monthly",
 * "thresholds", "metric" and "difference": intervals, "replications", "front", "set" } ], the
 * cheapest first. Members are only added. */
char *intent_print(const Intent *intent);
cJSON *intent_to_json(const Intent *intent);
char *intent_to_csv(const Intent *intent);
