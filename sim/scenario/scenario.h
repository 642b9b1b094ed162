/* scenario.h - one scenario file as plain data: nothing here points into a world, and nothing runs.
 * Times are as the user writes them: from the end of the warm-up, so "at": "120s" is 120 s into the
 * measured part. A run is: warm-up, `duration` (measured), `settle` (all faults healed, load goes
 * on), drain (load stopped, requests end). Texts and arrays belong to the scenario. */
#pragma once

#include <cjson/cJSON.h>
#include <glib.h>

#include "sim/base/sim_time.h"
#include "sim/config/diag.h"
#include "sim/results/threshold.h"
#include "sim/scenario/fault.h"

typedef struct SimulationSettings { /* "simulation"; read through simulation_fields */
    char *seed_text;                /* as written; an integer, 0x..., or up to 40 hex digits */
    uint64_t seed;
    SimSpan warmup, duration, settle, sample_interval;
    int64_t replications;
} SimulationSettings;

typedef struct DataCentre { /* one of system.datacenters, in order of the file */
    char *name, *city, *country, *continent, *provider, *size;
    bool is_live;
    double monthly_cost; /* of all its nodes, EUR */
    guint nodes;         /* how many */
} DataCentre;

typedef struct NodeGroup { /* one of system.nodes */
    char *role;
    char **runs;            /* kinds */
    GPtrArray *datacenters; /* of DataCentre *, not owned: where it stands */
    GArray *counts;         /* of guint, in step with `datacenters`: how many there */
    const cJSON *addresses; /* { "DC01": ["192.0.2.11", ...] }, or NULL */
    const cJSON *settings;  /* { "wildfly": {...} } over system.<kind>, or NULL */
} NodeGroup;

typedef struct Region { /* one of system.wan.regions or system.wan.checkers that is in use */
    char *name, *country, *continent, *subdivision;
    const cJSON *rtt; /* { "DC01": "98ms", ... } */
    const cJSON *tree;
} Region;

typedef enum ActivityType { ACTIVITY_ACTION, ACTIVITY_PROBE } ActivityType;
typedef enum ProbeMode {
    PROBE_SOT,
    PROBE_EOT,
    PROBE_EDGE,
    PROBE_CONTINUOUS,
    PROBE_ONCHAOS
} ProbeMode;
typedef enum TargetMode {
    TARGET_ALL,
    TARGET_ONE,
    TARGET_FIXED,
    TARGET_FIXED_PERCENT,
    TARGET_RANDOM_MAX_PERCENT,
    TARGET_MINORITY,
    TARGET_MAJORITY,
    TARGET_PRIMARIES, /* refused so far: no kind has any */
} TargetMode;

typedef struct Target { /* what a fault acts on; empty lists mean "any" */
    char **dc, **node;
    char *role, *process, *link_from, *link_to, *group;
    TargetMode mode;
    double value;
} Target;

typedef struct When {        /* what an activity waits for */
    char *event;             /* name of an event or of a level, as written; NULL: nothing */
    const MetricDef *metric; /* the level that is meant, or NULL: an event */
    const Kind *kind;        /* whose level */
    double above;            /* begins when it is seen more often, or the level is higher */
    const cJSON *where;      /* labels that it must have, or NULL */
} When;

typedef struct Activity { /* one step of "method", "rollbacks" or a hypothesis */
    ActivityType type;
    char *name;
    SimTime at;   /* SIM_NEVER when not given: then `after` or `when` decide */
    char **after; /* begins when all of these have ended */
    SimSpan every_interval, every_jitter; /* 0: once */
    int64_t every_count;
    When when;
    SimSpan duration;      /* 0: not given */
    SimSpan ramp;          /* 0: at once with its whole strength */
    const FaultDef *fault; /* of an action */
    void *arguments;       /* read through fault->arguments; NULL for a probe */
    Target target;
    ProbeMode mode; /* of a probe */
    char *query;
    const cJSON *tolerance;
    const cJSON *tree; /* for messages */
} Activity;

typedef struct Threshold { /* one condition of one metric; the text is parsed by
                              sim/results/threshold */
    char *metric;          /* "http_req_duration{phase:baseline}" as written */
    char *condition;       /* "p(99)<300ms" */
    SimSpan window;        /* 0: over the whole phase */
    double confidence;
    SimTime abort_after; /* of those that abort: not before */
    bool is_warning, aborts;
    ThresholdRule *rule; /* both, read */
    const cJSON *tree, *metric_tree;
} Threshold;

/* Whether an invariant is to hold; index into the words of "expect". */
typedef enum InvariantExpect { INVARIANT_HOLDS, INVARIANT_BROKEN } InvariantExpect;

typedef struct InvariantCheck {
    char *name, *check; /* "durability", "no-lost-acked-write" */
    SimSpan max;        /* of staleness-bound, max-outage, converges; SIM_NEVER when not given */
    int64_t most;       /* of replicas-down-per-range; -1 when not given */
    InvariantExpect expect;
    const cJSON *tree;
} InvariantCheck;

typedef struct MustHappen {
    char *name, *event;
    const cJSON *where; /* { "dc": "DC03", "to": "unhealthy" }, or NULL */
    int64_t min;
    const cJSON *tree;
} MustHappen;

typedef struct LoadEntry { /* one of "load", with the profile that "clients" names merged in */
    char *name;
    const cJSON *tree;
} LoadEntry;

typedef enum HypothesisStrategy {
    HYPOTHESIS_DEFAULT, /* before and after the method */
    HYPOTHESIS_BEFORE,
    HYPOTHESIS_AFTER,
    HYPOTHESIS_DURING,
    HYPOTHESIS_CONTINUOUSLY,
} HypothesisStrategy;
typedef enum RollbackStrategy {
    ROLLBACK_DEFAULT, /* always, too: a simulated run is never left half-way */
    ROLLBACK_ALWAYS,
    ROLLBACK_NEVER,
    ROLLBACK_DEVIATED,
} RollbackStrategy;

/* What others have published of what is simulated here. */
typedef struct Published {
    char *name, *source, *note; /* note may be NULL */
    ThresholdRule *rule;        /* metric and figure, read as a condition */
} Published;

typedef struct CostItem {
    char *name;
    double monthly;
} CostItem;

typedef struct Scenario {
    char *path;      /* as the user gave it; "-" for standard input */
    char *directory; /* of `path`; relative paths inside start from the folder of the file that
                        names them: see scenario_path */
    cJSON *root;     /* the resolved document: extends, patch, variables and --set applied */
    char *title, *description;
    char **tags;
    SimulationSettings simulation;
    GPtrArray *datacenters;                     /* DataCentre */
    GPtrArray *nodes;                           /* NodeGroup */
    GPtrArray *regions;                         /* Region: client regions that some load names */
    GPtrArray *checkers;                        /* Region: all of system.wan.checkers */
    GPtrArray *loads;                           /* LoadEntry */
    GPtrArray *method, *rollbacks, *hypothesis; /* Activity */
    GPtrArray *thresholds;                      /* Threshold */
    GPtrArray *invariants;                      /* InvariantCheck */
    GPtrArray *must_happen;                     /* MustHappen */
    GPtrArray *published;                       /* Published */
    GPtrArray *costs;                           /* CostItem: system.monthly_cost */
    HypothesisStrategy hypothesis_strategy;
    SimSpan hypothesis_frequency;
    RollbackStrategy rollback_strategy;
    bool fail_fast;
    double confidence;       /* of intervals that say none of their own */
    GPtrArray *merged;       /* cJSON that loads and checks own beside the root */
    struct Origins *origins; /* which file set each value; see scenario_read.h */
} Scenario;

/* An empty scenario for the reader to fill. */
Scenario *scenario_new(const char *path);
void scenario_free(Scenario *scenario);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scenario, scenario_free)

/* system.<kind>, the section that configures all components of a kind, or NULL. */
const cJSON *scenario_section(const Scenario *scenario, const char *kind);

/* `path` as written in the value `node`, made relative to the file that wrote it. Caller frees. */
char *scenario_path(const Scenario *scenario, const cJSON *node, const char *path);

/* EUR a month: nodes by their size plus system.monthly_cost. */
double scenario_monthly_cost(const Scenario *scenario);
