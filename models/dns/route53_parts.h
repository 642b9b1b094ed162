/* route53_parts.h - what the parts of Route 53 share: the data plane with its zone, the plane of
 * health, and the control plane that changes records. */
#pragma once

#include "models/dns/route53.h"
#include "sim/world/view.h"
#include "sim/world/world.h"

/* A change of records that an action may submit by its name. */
typedef struct Plan {
    char *name;
    GArray *changes;    /* of Change; the sets are its own */
    const char *status; /* "PENDING", "INSYNC", "refused"; NULL: not submitted */
    SimTime since;      /* when it was told so */
} Plan;

/* One check while the run goes on. */
typedef struct CheckState {
    const char *dc;          /* of its address, or its id: for the record of what happened */
    uint16_t reporting, bad; /* one bit for each checker */
    bool is_used, is_deep;
    bool is_healthy;     /* as the checkers have decided, Inverted counted in */
    SimTime visible_at;  /* when the data plane has the last change so far */
    EventId calculation; /* CALCULATED: pending evaluation */
} CheckState;

typedef struct Route53 {
    Component component;
    /* configuration */
    char *zone_path, *checks_path, *change_path;
    const cJSON *alarm_settings;
    GPtrArray *alarms; /* Alarm */
    const cJSON *change_files, *cidr_files, *client_blocks;
    HealthOverrides overrides;
    char *shallow_path;
    SimSpan ttl;
    Draw propagation, calculation, change_propagation;
    SimSpan report_validity;
    const cJSON *latency_regions;
    /* derived */
    Zone *zone;
    HealthChecks *checks;
    GHashTable *latency_sites; /* interned region -> const Site *; only looked up */
    GArray *blocks;            /* CidrBlock: of all collections */
    GArray *client_addresses;  /* ClientBlock */
    GPtrArray *plans;          /* Plan: the changes that an action may submit */
    /* state */
    CheckState *states;
    bool *visible, *at_start;         /* one flag for each check: healthy to the data plane */
    SimTime lost_at[HEALTH_CHECKERS]; /* SIM_NEVER: it works */
    Rng answers, delays, control, empties;
    GArray *pending;     /* of guint: plans submitted while the control plane stands still */
    uint64_t last_fault; /* the last one whose change was submitted */
    /* measurement */
    uint64_t queries, no_data, no_name, health_changes;
    uint64_t changes_submitted, changes_insync, changes_refused;
    Gauge unhealthy;
} Route53;

/* --- route53.c --- */

/* Who asks about latencies: the context of route53_latency. */
typedef struct LatencyFrom {
    const Route53 *self;
    const Site *region;
} LatencyFrom;
SimSpan route53_latency(void *context, const char *region);

/* Opens a file; one that cannot be read is told at `node`. */
JsonDocument *route53_open(const cJSON *node, const char *path, DiagList *diags);

/* --- route53_health.c --- */

/* How long a change takes to reach all name servers; the law, or what a fault puts in its place. */
SimSpan route53_propagation(Route53 *self, Draw law);

/* The status of a check is decided, Inverted counted in. */
void route53_put_health(Route53 *self, guint rank, bool is_healthy);

/* --- route53_alarm.c: checks that follow an alarm --- */

/* Reads `alarms`; begins to look at them; frees them. */
void alarms_read(Route53 *self, DiagList *diags);
void alarms_start(Route53 *self);
void alarms_free(Route53 *self);

/* --- route53_changes.c: the control plane --- */

/* Reads the files of `changes` and holds each against the zone. */
void changes_read(Route53 *self, DiagList *diags);
void changes_free(Route53 *self);

/* Why there is no plan of that name; NULL: there is. Caller frees. */
char *changes_refuse(const Route53 *self, const char *name);

/* Whether the control plane takes no change now. */
bool changes_are_frozen(const Route53 *self);

/* The condition changed: a plan may have come, or the control plane may stand still no more. */
void changes_on_condition(Route53 *self);

/* --- route53_cidr.c: IP-based routing --- */

/* Reads collections and clients' blocks; holds the zone's locations against them. */
void cidr_read(Route53 *self, DiagList *diags);
void cidr_free(Route53 *self);

/* An AnswerCidr; the context is a LatencyFrom. */
int cidr_fit(void *context, const RecordSet *set);

/* --- route53_warn.c: what is right and may still not be meant --- */

/* Addresses of no host, and regions that would get no answer. */
void route53_warn(const Route53 *self, World *world, DiagList *diags);

/* --- route53_view.c --- */

/* "dig": an answer as the name servers give it now, and why. */
extern const ViewDef route53_views[];
