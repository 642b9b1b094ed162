/* prediction.h - what closed forms say of the parts of one scenario, to be shown beside what was
 * simulated. A kind that knows a closed form of what it measures asks a family with the parameters
 * it was configured with, and names the metrics that the figures are of. */
#pragma once

#include "sim/theory/replicas.h"
#include "sim/theory/theory.h"

/* One figure foretold. */
typedef struct Prediction {
    char *metric;    /* as a threshold names it: "station_wait{station:web}" */
    char *aggregate; /* "avg", "rate", "p(99)"; "delay": from a fault to the first event `metric`;
                        "stale": share of requests that turn to a dead host, see predict.c;
                        "refused", "a write": see predict_refused.h */
    char *family;    /* "mmc", or a law in words */
    char *question;  /* "lam=2500 mu=20 c=150" */
    double value;    /* seconds, a ratio, a number, per second; with `work`, what a second of work
                        a second makes of it */
    GArray *work;    /* of PredictionWork, or NULL: the figure is `value` itself */
    double spread;   /* share of the figure by which one replication lies off (standard deviation)
                        for what it draws once; 0: it draws nothing for its whole length */
    char *spread_of; /* what it draws, in words, or NULL */
    struct PredictionRefusal *refusal; /* of "refused", or NULL */
} Prediction;

/* Statements that need replicas: what share is refused, or how many copies are missing, depends on
 * who is down. */
typedef struct PredictionRefusal {
    Replicas *replicas; /* held; its nodes are components with the gauges "down" and "nodes_down" */
    ReplicasNeed need;
    double keys;    /* that many data are asked for, wherever they lie */
    bool is_copies; /* missing copies of each write, where none is refused, and not refusals */
} PredictionRefusal;

/* Work that comes as often as a counter says. */
typedef struct PredictionWork {
    char *metric;  /* "mutations{dc:DC01}" */
    double cost_s; /* of each; NAN: unknown, with any of it nothing is foretold */
} PredictionWork;

typedef struct Predictions Predictions;

struct Predictions {
    GPtrArray *list;  /* of Prediction *, owned */
    Prediction *last; /* stated */
    const TheoryFamily *family;
    GArray *answer; /* to the last question, or NULL */
    char *question;
};

Predictions *predictions_new(void);
void predictions_free(Predictions *predictions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Predictions, predictions_free)

/* Asks a family; what is added next is of its answer. Takes `params`, an object. False when the
 * question has no answer, as of a queue that grows without end: then nothing is added either. */
bool predictions_ask(Predictions *predictions, const char *family, cJSON *params);

/* Figure `name` of the last answer, times `scale`, is what `aggregate` of `metric` should be. */
void predictions_add(Predictions *predictions, const char *name, double scale, const char *metric,
                     const char *aggregate);

/* A law that is no family: "utilisation law", with its terms in words. */
void predictions_state(Predictions *predictions, const char *law, const char *terms, double value,
                       const char *metric, const char *aggregate);

/* As predictions_state, but a prediction of `metric` by the same law goes on, and is the last one
 * stated: `terms` go before those it has. `common` ends them all. */
void predictions_share(Predictions *predictions, const char *law, const char *terms,
                       const char *common, double value, const char *metric, const char *aggregate);

/* Of what was stated last nothing is known after all, whoever goes on with it. */
void predictions_withdraw(Predictions *predictions);

/* The prediction stated last is of work that comes at measured rates: its value is the factor of
 * the sum of all rates times their costs. */
void predictions_add_work(Predictions *predictions, const char *metric, double cost_s);

/* The prediction stated last is a mean over replications, each of which draws `what` once: one of
 * them lies off by the share `spread` (standard deviation), however long its batches agree. */
void predictions_vary(Predictions *predictions, double spread, const char *what);

/* The prediction stated last is the share of statements that are refused while nodes are down, by
 * the counter `metric` and another one called "METRIC_unavailable". */
void predictions_refuse(Predictions *predictions, Replicas *replicas, const ReplicasNeed *need,
                        double keys);

/* The prediction stated last is how many copies of a write are missing while nodes are down and no
 * write is refused: `metric` counts them, "coordinated_writes" the writes. */
void predictions_miss(Predictions *predictions, Replicas *replicas, const ReplicasNeed *need,
                      double keys);

/* The figure of the last answer, NAN without one. */
double predictions_figure(const Predictions *predictions, const char *name);
