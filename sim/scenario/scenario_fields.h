/* scenario_fields.h - the rows of every section of a scenario file that is not a kind's: the reader
 * and the schema both use them. Each struct holds a section as written, before it is checked. */
#pragma once

#include "sim/scenario/scenario.h"

typedef struct TopText { /* the file */
    char *schema, *version, *title, *description;
    char **tags;
    const cJSON *contributions, *configuration, *simulation, *system, *load, *hypothesis;
    const cJSON *method, *rollbacks, *thresholds, *invariants, *must_happen, *published, *runtime,
        *search;
    const cJSON *extensions;
} TopText;
extern const Field top_fields[];

typedef struct SimulationText {
    const cJSON *seed;
    SimSpan warmup, duration, settle, sample_interval;
    int64_t replications;
} SimulationText;
extern const Field simulation_fields[];

typedef struct DataCentreText {
    char *city, *country, *continent, *provider, *size;
    int state;
} DataCentreText;
enum { STATE_LIVE, STATE_BACKUP };
extern const Field datacenter_fields[];

typedef struct NodeGroupText {
    const cJSON *in, *count, *addresses, *settings;
    char **runs;
} NodeGroupText;
extern const Field node_group_fields[];

typedef struct WanText {
    const cJSON *rtt, *regions, *checkers, *link, *links, *lan;
    SimSpan lan_rtt;
} WanText;
extern const Field wan_fields[];

typedef struct RegionText {
    char *continent, *country, *subdivision;
    const cJSON *rtt, *access;
} RegionText;
extern const Field region_fields[];

typedef struct ActivityText {
    int type, mode;
    char *name, *func, *query, *ref;
    char **after;
    SimSpan at, duration, ramp;
    const cJSON *when, *every, *target, *arguments, *tolerance;
} ActivityText;
extern const Field activity_fields[];

typedef struct EveryText {
    SimSpan interval, jitter;
    int64_t count;
} EveryText;
extern const Field every_fields[];

typedef struct WhenText {
    char *event;
    const cJSON *above, *where;
} WhenText;
extern const Field when_fields[];

typedef struct TargetText {
    char **dc, **node;
    char *role, *process, *group, *record, *topic;
    const cJSON *link;
    int mode;
    double value;
} TargetText;
extern const Field target_fields[];

typedef struct LinkText {
    char *from, *to;
} LinkText;
extern const Field link_target_fields[];

typedef struct ThresholdText {
    char *threshold;
    SimSpan window;
    SimSpan delay_abort;
    double confidence;
    int severity;
    bool abort_on_fail;
} ThresholdText;
enum { SEVERITY_CRITICAL, SEVERITY_WARNING };
extern const Field threshold_fields[];

typedef struct InvariantText {
    char *check;
    SimSpan max;
    int64_t most;
    int expect; /* InvariantExpect */
} InvariantText;
extern const Field invariant_fields[];

/* The checks that an invariant can name; the last entry is NULL. */
extern const char *const invariant_checks[];

typedef struct MustHappenText {
    char *event;
    const cJSON *where;
    int64_t min;
} MustHappenText;
extern const Field must_happen_fields[];

typedef struct PublishedText {
    char *metric, *figure, *source, *note;
} PublishedText;
extern const Field published_fields[];

typedef struct HypothesisText {
    char *title;
    const cJSON *probes;
} HypothesisText;
extern const Field hypothesis_fields[];

typedef struct RuntimeText {
    struct {
        int strategy;
        SimSpan frequency;
    } hypothesis;
    struct {
        int strategy;
    } rollbacks;
    bool fail_fast;
} RuntimeText;
extern const Field runtime_fields[];
