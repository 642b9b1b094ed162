/* route53_zone.h - a hosted zone: record sets in groups of one name and type, each group with one
 * routing policy, alias records resolved to the groups they point to. Source: Route 53 Developer
 * Guide (routing policies, alias records) and API reference 2013-04-01 (limits, change batches). */
#pragma once

#include "models/dns/geo_distance.h"
#include "models/dns/health_check.h"

typedef enum RoutingPolicy {
    ROUTING_SIMPLE,
    ROUTING_WEIGHTED,
    ROUTING_LATENCY,
    ROUTING_FAILOVER,
    ROUTING_GEOLOCATION,
    ROUTING_MULTIVALUE,
    ROUTING_GEOPROXIMITY,
    ROUTING_IP_BASED,
    ROUTING_POLICIES,
} RoutingPolicy;

/* "simple", "weighted" ... */
const char *routing_policy_word(RoutingPolicy policy);

/* One record set. Immutable and counted: a zone and the zone that a change made of it share it. */
typedef struct RecordSet {
    char *name;           /* lower case, with trailing dot, "*" for \052 */
    char *type;           /* "A" */
    char *set_identifier; /* NULL: simple */
    RoutingPolicy policy;
    int64_t weight;
    char *region; /* of the latency policy: "eu-central-1" */
    bool is_primary;
    char continent[3], country[3], subdivision[4]; /* of geolocation; "" when not given; country "*"
                                                      is the default */
    char *near; /* of geoproximity: its region, or its coordinates */
    GeoPoint point;
    int64_t bias;
    char *collection, *location; /* of IP-based routing; location "*": all others */
    int64_t ttl_s;
    char **values;     /* NULL for an alias */
    GArray *addresses; /* of uint32_t: the values of an A record */
    char *alias_name;  /* NULL: no alias */
    bool evaluates_target;
    char *check_id;  /* NULL: none */
    DiagPlace place; /* `file` is an interned string */
} RecordSet;

RecordSet *record_set_new(void);
RecordSet *record_set_share(RecordSet *set);
void record_set_free(RecordSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RecordSet, record_set_free)

typedef struct RecordGroup RecordGroup;

/* A record set in its group, with what its names stand for. */
typedef struct RecordMember {
    RecordSet *set;
    int check;                /* rank of the health check, -1: none */
    const RecordGroup *alias; /* the group it points to, NULL: no alias */
} RecordMember;

struct RecordGroup {
    const char *name, *type; /* of its first member */
    RoutingPolicy policy;
    GArray *members; /* of RecordMember, in order of the file */
};

typedef struct Zone {
    GPtrArray *sets;        /* RecordSet, in order of the file */
    GPtrArray *groups;      /* RecordGroup, by name and type */
    int64_t negative_ttl_s; /* how long resolvers keep "no such name" and "no such type": the
                               smaller of the SOA's TTL and minimum; 900 without SOA (Route 53's
                               default SOA) */
} Zone;

/* Makes a zone of `sets` (shared with the caller), checks it against AWS's rules and against
 * `checks`. Mistakes go to `diags` at the sets' places; NULL when there was one. */
Zone *zone_new(GPtrArray *sets, const HealthChecks *checks, DiagList *diags);
void zone_free(Zone *zone);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Zone, zone_free)

/* The group, or NULL. `name` in lower case with trailing dot. */
const RecordGroup *zone_find(const Zone *zone, const char *name, const char *type);

/* Whether `name` exists: it has records of some type, or stands above a name that has. */
bool zone_has_name(const Zone *zone, const char *name);

static inline const RecordMember *record_group_at(const RecordGroup *group, guint index)
{
    return &g_array_index(group->members, RecordMember, index);
}

/* --- changes -------------------------------------------------------------------------------------
 */

typedef enum ChangeAction { CHANGE_CREATE, CHANGE_DELETE, CHANGE_UPSERT } ChangeAction;

typedef struct Change {
    ChangeAction action;
    RecordSet *set;
} Change;

/* What the change batch `changes` (of Change) makes of `zone`: all of it or, with the reasons in
 * `diags`, nothing (NULL). `zone` stays as it is. CREATE needs that there is no such set, DELETE
 * that there is one with the same values, UPSERT replaces the set of the same name, type and
 * SetIdentifier. */
Zone *zone_change(const Zone *zone, const GArray *changes, const HealthChecks *checks,
                  DiagList *diags);
