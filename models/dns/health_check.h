/* health_check.h - Route 53 health checks: their configuration as `aws route53 list-health-checks`
 * prints it, what one checker makes of its probes, and what the checkers together decide.
 * Source: Route 53 Developer Guide and API reference 2013-04-01 (interval 10 or 30 s, threshold 1
 * to 10, more than 18 % of the checkers). */
#pragma once

#include "models/dns/aws_json.h"
#include "sim/config/field.h"

typedef enum HealthCheckType {
    HEALTH_HTTP,
    HEALTH_HTTPS,
    HEALTH_HTTP_STR_MATCH,
    HEALTH_HTTPS_STR_MATCH,
    HEALTH_TCP,
    HEALTH_CALCULATED,
    HEALTH_CLOUDWATCH_METRIC,
    HEALTH_RECOVERY_CONTROL,
} HealthCheckType;

/* The eight regions that AWS runs checkers in, and how many checkers each has (two published
 * address blocks a region). */
#define HEALTH_REGIONS 8
#define HEALTH_CHECKERS_A_REGION 2
#define HEALTH_CHECKERS (HEALTH_REGIONS * HEALTH_CHECKERS_A_REGION)
extern const char *const health_regions[HEALTH_REGIONS + 1]; /* ends with NULL */

typedef struct HealthCheck {
    char *id;
    HealthCheckType type;
    uint32_t address; /* 0: `domain` is resolved before each probe */
    char *domain;     /* FullyQualifiedDomainName with trailing dot, or NULL */
    uint16_t port;
    char *path;             /* ResourcePath, or NULL */
    SimSpan interval;       /* from the answer to the next request */
    SimSpan period;         /* from one request to the next instead; 0: by `interval` */
    SimSpan timeout;        /* of a whole probe; 0: as Route 53 does */
    int64_t threshold;      /* results in a row that turn a checker's view */
    int64_t healthy_needed; /* CALCULATED: HealthThreshold */
    GArray *children;       /* CALCULATED: of guint, indices of the checks it counts */
    guint regions;          /* bit i: probed from health_regions[i] */
    bool is_inverted, is_disabled;
    char *alarm;              /* CLOUDWATCH_METRIC: the name in AlarmIdentifier, or NULL */
    bool is_bad_without_data; /* InsufficientDataHealthStatus "Unhealthy" */
    bool keeps_without_data;  /* "LastKnownStatus", which is what Route 53 does by itself */
} HealthCheck;

/* Whether checkers probe it (and no rule or alarm decides). */
bool health_check_is_probed(const HealthCheck *check);

/* How many checkers probe it. */
guint health_check_count_checkers(const HealthCheck *check);

/* What a scenario sets for all checks over what their file says; 0 and as-configured set nothing.
 */
typedef enum HealthPath {
    HEALTH_PATH_AS_CONFIGURED,
    HEALTH_PATH_DEEP,
    HEALTH_PATH_SHALLOW
} HealthPath;
typedef struct HealthOverrides {
    int64_t interval_s, threshold, checkers;
    SimSpan period, timeout;
    int path;
} HealthOverrides;
extern const Field health_override_fields[];

typedef struct HealthChecks {
    GPtrArray *checks; /* HealthCheck */
} HealthChecks;

/* Reads the output of list-health-checks, or of create-health-check's and get-health-check's single
 * {"HealthCheck": ...}. NULL when anything was reported. */
HealthChecks *health_checks_read(JsonDocument *document, DiagList *diags);
HealthChecks *health_checks_new(void);
void health_checks_free(HealthChecks *checks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HealthChecks, health_checks_free)

static inline HealthCheck *health_checks_at(const HealthChecks *checks, guint index)
{
    return g_ptr_array_index(checks->checks, index);
}

/* The rank of the check called `id`, or -1; and the nearest id for a message, or "" (caller frees).
 */
int health_checks_find(const HealthChecks *checks, const char *id);
char *health_checks_suggest(const HealthChecks *checks, const char *id);

/* What one checker thinks of one endpoint. A new check counts as healthy. */
typedef struct HealthView {
    uint8_t good_in_row, bad_in_row;
    bool is_bad;
} HealthView;

/* One more result of a probe. True when the view turned. */
bool health_view_add(HealthView *view, bool is_ok, int64_t threshold);

/* What `good` of `reporting` checkers make together: healthy when they are more than 18 %. */
bool health_quorum(guint good, guint reporting);

/* The status of a CALCULATED check out of its children's (indexed by rank of check), before
 * Inverted. */
bool health_calculate(const HealthCheck *check, const bool *healthy);
