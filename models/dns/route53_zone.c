/* route53_zone.c - record sets put into groups and held against AWS's rules. */
#include "models/dns/route53_zone.h"

#define NEGATIVE_TTL_DEFAULT_S 900 /* Route 53's default SOA: TTL 900, minimum 86400 */
#define WEIGHTED_MOST 100

static const char *const policy_words[] = {"simple",      "weighted",   "latency",      "failover",
                                           "geolocation", "multivalue", "geoproximity", "ip-based"};

const char *routing_policy_word(RoutingPolicy policy)
{
    return policy_words[policy];
}

/* --- record sets ---------------------------------------------------------------------------------
 */

static void record_set_clear(gpointer data)
{
    RecordSet *set = data;

    g_free(set->name);
    g_free(set->type);
    g_free(set->set_identifier);
    g_free(set->region);
    g_free(set->near);
    g_free(set->collection);
    g_free(set->location);
    g_strfreev(set->values);
    g_array_free(set->addresses, TRUE);
    g_free(set->alias_name);
    g_free(set->check_id);
}

RecordSet *record_set_new(void)
{
    RecordSet *set = g_rc_box_new0(RecordSet);

    set->addresses = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    return set;
}

RecordSet *record_set_share(RecordSet *set)
{
    return g_rc_box_acquire(set);
}

void record_set_free(RecordSet *set)
{
    if (set != NULL) {
        g_rc_box_release_full(set, record_set_clear);
    }
}

static void free_set(gpointer set)
{
    record_set_free(set);
}

/* Same name, type and SetIdentifier: the same set for a change. */
static bool is_same_set(const RecordSet *one, const RecordSet *other)
{
    return g_str_equal(one->name, other->name) && g_str_equal(one->type, other->type) &&
           g_strcmp0(one->set_identifier, other->set_identifier) == 0;
}

static bool has_value(char **values, const char *value)
{
    return values != NULL && g_strv_contains((const char *const *)values, value);
}

/* What DELETE must match besides. Values may come in any order. */
static bool has_same_content(const RecordSet *one, const RecordSet *other)
{
    if (one->policy != other->policy || one->weight != other->weight ||
        one->is_primary != other->is_primary || one->ttl_s != other->ttl_s ||
        one->evaluates_target != other->evaluates_target ||
        g_strcmp0(one->region, other->region) != 0 || g_strcmp0(one->near, other->near) != 0 ||
        one->bias != other->bias || g_strcmp0(one->collection, other->collection) != 0 ||
        g_strcmp0(one->location, other->location) != 0 ||
        strcmp(one->continent, other->continent) != 0 ||
        strcmp(one->country, other->country) != 0 ||
        strcmp(one->subdivision, other->subdivision) != 0 ||
        g_strcmp0(one->alias_name, other->alias_name) != 0 ||
        g_strcmp0(one->check_id, other->check_id) != 0 ||
        (one->values == NULL) != (other->values == NULL)) {
        return false;
    }
    if (one->values == NULL) {
        return true;
    }
    for (guint i = 0; one->values[i] != NULL; i++) {
        if (!has_value(other->values, one->values[i])) {
            return false;
        }
    }
    return g_strv_length(one->values) == g_strv_length(other->values);
}

/* --- groups --------------------------------------------------------------------------------------
 */

static void group_free(gpointer item)
{
    RecordGroup *group = item;

    g_array_free(group->members, TRUE);
    g_free(group);
}

static int compare_group(const char *name, const char *type, const RecordGroup *group)
{
    int order = strcmp(name, group->name);

    return order != 0 ? order : strcmp(type, group->type);
}

/* The place of (name, type) among the groups; `is_found` says whether it is taken. */
static guint group_rank(const Zone *zone, const char *name, const char *type, bool *is_found)
{
    guint low = 0;
    guint high = zone->groups->len;

    *is_found = false;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        int order = compare_group(name, type, g_ptr_array_index(zone->groups, middle));

        if (order == 0) {
            *is_found = true;
            return middle;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

const RecordGroup *zone_find(const Zone *zone, const char *name, const char *type)
{
    bool is_found;
    guint rank = group_rank(zone, name, type, &is_found);

    return is_found ? g_ptr_array_index(zone->groups, rank) : NULL;
}

bool zone_has_name(const Zone *zone, const char *name)
{
    size_t length = strlen(name);

    for (guint i = 0; i < zone->groups->len; i++) {
        const char *own = ((const RecordGroup *)g_ptr_array_index(zone->groups, i))->name;
        size_t longer = strlen(own);

        if (longer >= length && strcmp(own + (longer - length), name) == 0 &&
            (longer == length || own[longer - length - 1] == '.')) {
            return true;
        }
    }
    return false;
}

static void zone_add(Zone *zone, RecordSet *set)
{
    bool is_found;
    guint rank = group_rank(zone, set->name, set->type, &is_found);
    RecordMember member = {.set = set, .check = -1};
    RecordGroup *group;

    if (is_found) {
        group = g_ptr_array_index(zone->groups, rank);
    } else {
        group = g_new0(RecordGroup, 1);
        group->name = set->name;
        group->type = set->type;
        group->policy = set->policy;
        group->members = g_array_new(FALSE, FALSE, sizeof(RecordMember));
        g_ptr_array_insert(zone->groups, (int)rank, group);
    }
    g_array_append_val(group->members, member);
}

/* --- AWS's rules ---------------------------------------------------------------------------------
 */

typedef struct Judge {
    Zone *zone;
    const HealthChecks *checks;
    DiagList *diags;
    guint errors;
} Judge;

static void complain(Judge *judge, const RecordSet *set, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static void complain(Judge *judge, const RecordSet *set, const char *format, ...)
{
    va_list arguments;
    g_autofree char *text = NULL;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    diag_add_at(judge->diags, DIAG_ERROR, set->place, "'%s' type %s%s%s%s: %s", set->name,
                set->type, set->set_identifier != NULL ? ", set '" : "",
                set->set_identifier != NULL ? set->set_identifier : "",
                set->set_identifier != NULL ? "'" : "", text);
    judge->errors++;
}

/* What two sets of one group may not have in common; NULL when they get along. */
static const char *clash(const RecordSet *one, const RecordSet *other)
{
    if (g_strcmp0(one->set_identifier, other->set_identifier) == 0) {
        return "the same 'SetIdentifier' stands twice for this name and type";
    }
    switch (one->policy) {
    case ROUTING_FAILOVER:
        return one->is_primary == other->is_primary
                   ? "a name and type have one 'PRIMARY' and one 'SECONDARY' at most"
                   : NULL;
    case ROUTING_LATENCY:
        return g_strcmp0(one->region, other->region) == 0
                   ? "the same 'Region' stands twice; a region may occur once in a name and type"
                   : NULL;
    case ROUTING_GEOLOCATION:
        return strcmp(one->continent, other->continent) == 0 &&
                       strcmp(one->country, other->country) == 0 &&
                       strcmp(one->subdivision, other->subdivision) == 0
                   ? "the same 'GeoLocation' stands twice"
                   : NULL;
    case ROUTING_WEIGHTED:
        return one->alias_name == NULL && other->alias_name == NULL && one->ttl_s != other->ttl_s
                   ? "all weighted sets of a name and type must have the same 'TTL'"
                   : NULL;
    case ROUTING_GEOPROXIMITY:
        return g_strcmp0(one->near, other->near) == 0
                   ? "the same 'GeoProximityLocation' stands twice"
                   : NULL;
    case ROUTING_IP_BASED:
        return g_strcmp0(one->collection, other->collection) != 0
                   ? "all IP-based sets of a name and type must name the same 'CollectionId'"
               : g_strcmp0(one->location, other->location) == 0
                   ? "the same 'LocationName' stands twice"
                   : NULL;
    case ROUTING_SIMPLE:
    case ROUTING_MULTIVALUE:
    case ROUTING_POLICIES:
        break;
    }
    return NULL;
}

static void judge_pair(Judge *judge, const RecordSet *earlier, const RecordSet *set)
{
    const char *reason;

    if (earlier->policy != set->policy) {
        complain(judge, set,
                 "routing policies %s and %s cannot share a name and type; point an "
                 "alias record to another name",
                 policy_words[earlier->policy], policy_words[set->policy]);
        return;
    }
    if (set->policy == ROUTING_SIMPLE) {
        complain(judge, set,
                 "a name and type have one simple record set; give several values in it "
                 "or choose a routing policy");
        return;
    }
    reason = clash(earlier, set);
    if (reason != NULL) {
        complain(judge, set, "%s", reason);
    }
}

static void judge_group(Judge *judge, const RecordGroup *group)
{
    for (guint i = 1; i < group->members->len; i++) {
        const RecordSet *set = record_group_at(group, i)->set;

        for (guint k = 0; k < i; k++) {
            guint before = judge->errors;

            judge_pair(judge, record_group_at(group, k)->set, set);
            if (judge->errors != before) {
                break;
            }
        }
        if (group->policy == ROUTING_WEIGHTED && i == WEIGHTED_MOST) {
            complain(judge, set, "at most %d weighted sets for a name and type", WEIGHTED_MOST);
        }
    }
    if (g_str_equal(group->type, "CNAME")) {
        for (guint i = 0; i < judge->zone->groups->len; i++) {
            const RecordGroup *other = g_ptr_array_index(judge->zone->groups, i);

            if (other != group && g_str_equal(other->name, group->name)) {
                complain(judge, record_group_at(group, 0)->set,
                         "a CNAME cannot stand beside other types; there is type %s", other->type);
                break;
            }
        }
    }
}

/* Finds what the names in a set stand for. */
static void link_member(Judge *judge, const RecordGroup *group, RecordMember *member)
{
    const RecordSet *set = member->set;

    if (set->check_id != NULL) {
        member->check = health_checks_find(judge->checks, set->check_id);
        if (member->check < 0) {
            g_autofree char *hint = health_checks_suggest(judge->checks, set->check_id);

            complain(judge, set, "health check '%s' names nothing%s", set->check_id, hint);
        }
    } else if (set->policy == ROUTING_FAILOVER && set->is_primary && !set->evaluates_target) {
        diag_add_at(judge->diags, DIAG_WARNING, set->place,
                    "'%s' type %s: a 'PRIMARY' without health check never fails over", set->name,
                    set->type);
    }
    if (set->alias_name != NULL) {
        member->alias = zone_find(judge->zone, set->alias_name, group->type);
        if (member->alias == NULL) {
            complain(judge, set, "alias target '%s' has no records of type %s in this zone",
                     set->alias_name, group->type);
        }
    }
}

typedef enum Colour { UNSEEN, ON_PATH, DONE } Colour;

static guint rank_of(const Judge *judge, const RecordGroup *group)
{
    guint rank = 0;

    g_ptr_array_find(judge->zone->groups, group, &rank);
    return rank;
}

/* Goes down the alias tree; a group met again on the way down closes a loop. Each group is gone
 * through once. */
static void find_loop(Judge *judge, const RecordGroup *group, Colour *colours)
{
    guint rank = rank_of(judge, group);

    colours[rank] = ON_PATH;
    for (guint i = 0; i < group->members->len; i++) {
        const RecordMember *member = record_group_at(group, i);
        Colour colour = member->alias != NULL ? colours[rank_of(judge, member->alias)] : DONE;

        if (colour == ON_PATH) {
            complain(judge, member->set, "alias target '%s' closes a loop of aliases",
                     member->set->alias_name);
        } else if (colour == UNSEEN) {
            find_loop(judge, member->alias, colours);
        }
    }
    colours[rank] = DONE;
}

static void judge_zone(Judge *judge)
{
    Zone *zone = judge->zone;
    g_autofree Colour *colours = g_new0(Colour, zone->groups->len + 1);

    for (guint i = 0; i < zone->groups->len; i++) {
        RecordGroup *group = g_ptr_array_index(zone->groups, i);

        judge_group(judge, group);
        for (guint k = 0; k < group->members->len; k++) {
            link_member(judge, group, &g_array_index(group->members, RecordMember, k));
        }
    }
    for (guint i = 0; i < zone->groups->len; i++) {
        if (colours[i] == UNSEEN) {
            find_loop(judge, g_ptr_array_index(zone->groups, i), colours);
        }
    }
}

/* min(TTL, minimum) of the SOA, whose last word is the minimum (RFC 2308). */
static int64_t negative_ttl(const Zone *zone)
{
    for (guint i = 0; i < zone->sets->len; i++) {
        const RecordSet *set = g_ptr_array_index(zone->sets, i);

        if (g_str_equal(set->type, "SOA") && set->values != NULL) {
            const char *last = strrchr(set->values[0], ' ');
            uint64_t minimum = 0;

            if (last != NULL &&
                g_ascii_string_to_unsigned(last + 1, 10, 0, G_MAXINT32, &minimum, NULL)) {
                return MIN(set->ttl_s, (int64_t)minimum);
            }
        }
    }
    return NEGATIVE_TTL_DEFAULT_S;
}

Zone *zone_new(GPtrArray *sets, const HealthChecks *checks, DiagList *diags)
{
    g_autoptr(Zone) zone = g_new0(Zone, 1);
    Judge judge = {zone, checks, diags, 0};

    zone->sets = g_ptr_array_new_with_free_func(free_set);
    zone->groups = g_ptr_array_new_with_free_func(group_free);
    for (guint i = 0; i < sets->len; i++) {
        RecordSet *set = record_set_share(g_ptr_array_index(sets, i));

        g_ptr_array_add(zone->sets, set);
        zone_add(zone, set);
    }
    judge_zone(&judge);
    zone->negative_ttl_s = negative_ttl(zone);
    return judge.errors == 0 ? g_steal_pointer(&zone) : NULL;
}

void zone_free(Zone *zone)
{
    if (zone != NULL) {
        g_ptr_array_free(zone->groups, TRUE);
        g_ptr_array_free(zone->sets, TRUE);
        g_free(zone);
    }
}

/* --- changes -------------------------------------------------------------------------------------
 */

static int find_set(const GPtrArray *sets, const RecordSet *wanted)
{
    for (guint i = 0; i < sets->len; i++) {
        if (is_same_set(g_ptr_array_index(sets, i), wanted)) {
            return (int)i;
        }
    }
    return -1;
}

static void apply(Judge *judge, GPtrArray *sets, const Change *change)
{
    int rank = find_set(sets, change->set);

    if (change->action == CHANGE_CREATE && rank >= 0) {
        complain(judge, change->set, "'CREATE', but it already exists");
        return;
    }
    if (change->action == CHANGE_DELETE) {
        if (rank < 0) {
            complain(judge, change->set, "'DELETE', but it was not found");
        } else if (!has_same_content(g_ptr_array_index(sets, rank), change->set)) {
            complain(judge, change->set,
                     "'DELETE', but the values provided do not match the current values");
        } else {
            g_ptr_array_remove_index(sets, (guint)rank);
        }
        return;
    }
    if (rank >= 0) {
        g_ptr_array_remove_index(sets, (guint)rank);
        g_ptr_array_insert(sets, rank, record_set_share(change->set));
    } else {
        g_ptr_array_add(sets, record_set_share(change->set));
    }
}

Zone *zone_change(const Zone *zone, const GArray *changes, const HealthChecks *checks,
                  DiagList *diags)
{
    g_autoptr(GPtrArray) sets = g_ptr_array_new_with_free_func(free_set);
    Judge judge = {NULL, checks, diags, 0};

    for (guint i = 0; i < zone->sets->len; i++) {
        g_ptr_array_add(sets, record_set_share(g_ptr_array_index(zone->sets, i)));
    }
    for (guint i = 0; i < changes->len; i++) {
        apply(&judge, sets, &g_array_index(changes, Change, i));
    }
    return judge.errors == 0 ? zone_new(sets, checks, diags) : NULL;
}
