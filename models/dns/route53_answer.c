/* route53_answer.c - candidates in order of preference, the healthy ones first, all of them when
 * none is. */
#include "models/dns/route53_answer.h"

#include "sim/world/network.h"

/* Steps through aliases and CNAMEs: a zone has no loop of aliases, but CNAMEs may make one. */
#define STEPS_MOST 64

/* Resolvers give up on longer chains of CNAMEs (Unbound 1.17: 11, BIND 9: 11). */
#define CNAMES_MOST 11

bool route53_is_healthy(const RecordMember *member, const bool *healthy)
{
    if (member->check >= 0 && !healthy[member->check]) {
        return false;
    }
    if (member->alias == NULL || !member->set->evaluates_target) {
        return true;
    }
    for (guint i = 0; i < member->alias->members->len; i++) {
        if (route53_is_healthy(record_group_at(member->alias, i), healthy)) {
            return true;
        }
    }
    return false;
}

/* --- one policy each: the preferred member among the healthy ones, or among all ------------------
 */

typedef struct Choice {
    const RecordGroup *group;
    const Question *question;
    const bool *healthy;
    bool takes_all; /* no candidate is healthy: all count as healthy */
    Rng *rng;
} Choice;

static bool is_usable(const Choice *choice, const RecordMember *member)
{
    return choice->takes_all || route53_is_healthy(member, choice->healthy);
}

static bool is_same(const char *wanted, const char *known)
{
    return wanted[0] != '\0' && known != NULL && strcmp(wanted, known) == 0;
}

/* How exactly a set's location fits the asker: 4 state, 3 country, 2 continent, 1 default, 0 not.
 */
static int fit(const RecordSet *set, const DnsPlace *place)
{
    if (strcmp(set->country, "*") == 0) {
        return 1;
    }
    if (set->continent[0] != '\0') {
        return is_same(set->continent, place->continent) ? 2 : 0;
    }
    if (!is_same(set->country, place->country)) {
        return 0;
    }
    if (set->subdivision[0] == '\0') {
        return 3;
    }
    return is_same(set->subdivision, place->subdivision) ? 4 : 0;
}

static const RecordMember *choose_geolocation(const Choice *choice)
{
    const RecordMember *best = NULL;
    int best_fit = 0;

    for (guint i = 0; i < choice->group->members->len; i++) {
        const RecordMember *member = record_group_at(choice->group, i);
        int own = fit(member->set, &choice->question->place);

        if (own > best_fit && is_usable(choice, member)) {
            best = member;
            best_fit = own;
        }
    }
    return best;
}

static const RecordMember *choose_failover(const Choice *choice)
{
    const RecordMember *best = NULL;

    for (guint i = 0; i < choice->group->members->len; i++) {
        const RecordMember *member = record_group_at(choice->group, i);

        if (is_usable(choice, member) && (best == NULL || member->set->is_primary)) {
            best = member;
        }
    }
    return best;
}

static const RecordMember *choose_latency(const Choice *choice)
{
    const Question *question = choice->question;
    const RecordMember *best = NULL;
    SimSpan least = SIM_NEVER;

    for (guint i = 0; i < choice->group->members->len; i++) {
        const RecordMember *member = record_group_at(choice->group, i);
        SimSpan own = question->latency != NULL
                          ? question->latency(question->latency_context, member->set->region)
                          : 0;

        if (is_usable(choice, member) && (best == NULL || own < least)) {
            best = member;
            least = own;
        }
    }
    return best;
}

/* A weight of 0 counts only when no usable member has another; then all are equal. The first of a
 * permutation drawn by weight and then cut down to the usable ones is the same as one draw among
 * these. */
static const RecordMember *choose_weighted(const Choice *choice)
{
    uint64_t sum = 0;
    uint64_t equal = 0;
    uint64_t ticket;

    for (guint i = 0; i < choice->group->members->len; i++) {
        const RecordMember *member = record_group_at(choice->group, i);

        if (is_usable(choice, member)) {
            sum += (uint64_t)member->set->weight;
            equal++;
        }
    }
    if (equal == 0) {
        return NULL;
    }
    ticket = rng_below(choice->rng, sum != 0 ? sum : equal);
    for (guint i = 0; i < choice->group->members->len; i++) {
        const RecordMember *member = record_group_at(choice->group, i);
        uint64_t share = sum != 0 ? (uint64_t)member->set->weight : 1;

        if (!is_usable(choice, member)) {
            continue;
        }
        if (ticket < share) {
            return member;
        }
        ticket -= share;
    }
    g_assert_not_reached();
}

/* Where the asker seems to be; the default is somewhere in the Atlantic, as good as any. */
static GeoPoint point_of(const DnsPlace *place)
{
    GeoPoint point = {0, 0};

    if (!geo_find_country(place->country, &point)) {
        geo_find_continent(place->continent, &point);
    }
    return point;
}

/* A bias of b from 1 to 99 makes distances 1 - b/100 as long, one of -b 1 / (1 - b/100) as long. */
static double biased(double distance, int64_t bias)
{
    double share = (double)bias / 100;

    return bias >= 0 ? distance * (1 - share) : distance / (1 + share);
}

static const RecordMember *choose_geoproximity(const Choice *choice)
{
    GeoPoint point = point_of(&choice->question->place);
    const RecordMember *best = NULL;
    double least = 0;

    for (guint i = 0; i < choice->group->members->len; i++) {
        const RecordMember *member = record_group_at(choice->group, i);
        double own = biased(geo_distance(point, member->set->point), member->set->bias);

        if (is_usable(choice, member) && (best == NULL || own < least)) {
            best = member;
            least = own;
        }
    }
    return best;
}

static const RecordMember *choose_ip_based(const Choice *choice)
{
    const Question *question = choice->question;
    const RecordMember *best = NULL;
    int best_fit = 0;

    for (guint i = 0; i < choice->group->members->len; i++) {
        const RecordMember *member = record_group_at(choice->group, i);
        int own = question->cidr != NULL ? question->cidr(question->latency_context, member->set)
                                         : strcmp(member->set->location, "*") == 0;

        if (own > best_fit && is_usable(choice, member)) {
            best = member;
            best_fit = own;
        }
    }
    return best;
}

static const RecordMember *choose_among(const Choice *choice)
{
    switch (choice->group->policy) {
    case ROUTING_WEIGHTED:
        return choose_weighted(choice);
    case ROUTING_LATENCY:
        return choose_latency(choice);
    case ROUTING_FAILOVER:
        return choose_failover(choice);
    case ROUTING_GEOLOCATION:
        return choose_geolocation(choice);
    case ROUTING_SIMPLE:
        return record_group_at(choice->group, 0);
    case ROUTING_GEOPROXIMITY:
        return choose_geoproximity(choice);
    case ROUTING_IP_BASED:
        return choose_ip_based(choice);
    case ROUTING_MULTIVALUE:
    case ROUTING_POLICIES:
        break;
    }
    g_assert_not_reached();
}

/* The member that answers; NULL when none fits the asker's place. */
static const RecordMember *choose(Choice *choice)
{
    const RecordMember *member;

    choice->takes_all = false;
    member = choose_among(choice);
    if (member == NULL) {
        choice->takes_all = true;
        member = choose_among(choice);
    }
    return member;
}

/* --- values --------------------------------------------------------------------------------------
 */

/* Puts the first `wanted` of `count` addresses into random order, each order as likely. */
static void shuffle(uint32_t *addresses, guint count, guint wanted, Rng *rng)
{
    for (guint i = 0; i + 1 < count && i < wanted; i++) {
        guint other = i + (guint)rng_below(rng, count - i);
        uint32_t kept = addresses[i];

        addresses[i] = addresses[other];
        addresses[other] = kept;
    }
}

static void take_set(Answer *answer, const RecordSet *set, Rng *rng)
{
    guint first = answer->count;

    answer->sets[answer->set_count++] = set;
    answer->ttl_s = answer->set_count == 1 ? set->ttl_s : MIN(answer->ttl_s, set->ttl_s);
    for (guint i = 0; i < set->addresses->len; i++) {
        uint32_t address = g_array_index(set->addresses, uint32_t, i);

        if (answer->count < ANSWER_MOST) {
            answer->addresses[answer->count++] = address;
        } else if (first == 0) {
            /* Reservoir: each eight of a long simple record are as likely. */
            guint slot = (guint)rng_below(rng, i + 1);

            if (slot < ANSWER_MOST) {
                answer->addresses[slot] = address;
            }
        }
    }
}

/* Up to eight usable members in random order: selection by reservoir, then a shuffle of the
 * addresses. */
static void answer_multivalue(Choice *choice, Answer *answer)
{
    const RecordSet *chosen[ANSWER_MOST];
    guint seen = 0;

    choice->takes_all = false;
    for (int pass = 0; pass < 2 && seen == 0; pass++, choice->takes_all = true) {
        for (guint i = 0; i < choice->group->members->len; i++) {
            const RecordMember *member = record_group_at(choice->group, i);
            guint slot = seen;

            if (!is_usable(choice, member)) {
                continue;
            }
            if (seen >= ANSWER_MOST) {
                slot = (guint)rng_below(choice->rng, seen + 1);
            }
            if (slot < ANSWER_MOST) {
                chosen[slot] = member->set;
            }
            seen++;
        }
    }
    for (guint i = 0; i < MIN(seen, ANSWER_MOST); i++) {
        take_set(answer, chosen[i], choice->rng);
    }
}

/* --- names ---------------------------------------------------------------------------------------
 */

/* Room for the longest name that the reader lets through, with "*" and terminator. */
#define NAME_ROOM 1100

/* The name that answers for `name`: itself, or "*.x" for the nearest existing x above it (RFC
 * 4592), written to `room`. NULL when neither exists. */
static const char *find_owner(const Zone *zone, const char *name, char room[NAME_ROOM])
{
    if (zone_has_name(zone, name)) {
        return name;
    }
    for (const char *dot = strchr(name, '.'); dot != NULL && dot[1] != '\0';
         dot = strchr(dot + 1, '.')) {
        g_snprintf(room, NAME_ROOM, "*%s", dot);
        if (zone_has_name(zone, room)) {
            return room;
        }
        if (zone_has_name(zone, dot + 1)) {
            return NULL;
        }
    }
    return NULL;
}

static void tell(const Choice *choice, const RecordMember *chosen)
{
    const Question *question = choice->question;

    if (G_UNLIKELY(question->trace != NULL)) {
        question->trace(question->trace_context, choice->group, chosen, choice->takes_all);
    }
}

/* Follows aliases within the zone down to values. False when there are none for the asker. */
static bool answer_group(const RecordGroup *group, const Question *question, const bool *healthy,
                         Rng *rng, Answer *answer)
{
    for (int step = 0; step < STEPS_MOST; step++) {
        Choice choice = {.group = group, .question = question, .healthy = healthy, .rng = rng};
        const RecordMember *member;

        if (group->policy == ROUTING_MULTIVALUE) {
            answer_multivalue(&choice, answer);
            tell(&choice, NULL);
            return true;
        }
        member = choose(&choice);
        tell(&choice, member);
        if (member == NULL) {
            return false;
        }
        if (member->alias == NULL) {
            take_set(answer, member->set, rng);
            return true;
        }
        group = member->alias;
    }
    return false;
}

/* A CNAME of the same name stands in for every type; its target is asked next. */
static const RecordGroup *find_cname(const Zone *zone, const char *owner, const char *type)
{
    return g_str_equal(type, "CNAME") ? NULL : zone_find(zone, owner, "CNAME");
}

Answer route53_answer(const Zone *zone, const Question *question, const bool *healthy, Rng *rng)
{
    Answer answer = {.code = DNS_NOERROR, .ttl_s = zone->negative_ttl_s};
    const char *name = question->name;
    int64_t ttl_s = G_MAXINT64;
    char room[NAME_ROOM];

    for (int cname = 0; cname <= CNAMES_MOST; cname++) {
        const char *owner = find_owner(zone, name, room);
        const RecordGroup *group = owner != NULL ? zone_find(zone, owner, question->type) : NULL;
        const RecordGroup *other = owner != NULL ? find_cname(zone, owner, question->type) : NULL;
        Answer step = {.ttl_s = zone->negative_ttl_s};

        if (owner == NULL) {
            answer.code = DNS_NXDOMAIN;
            return answer;
        }
        if (group != NULL) {
            if (answer_group(group, question, healthy, rng, &answer)) {
                shuffle(answer.addresses, answer.count, answer.count, rng);
            }
            answer.ttl_s = MIN(answer.ttl_s, ttl_s);
            return answer;
        }
        if (other == NULL || !answer_group(other, question, healthy, rng, &step) ||
            step.set_count == 0) {
            return answer;
        }
        ttl_s = MIN(ttl_s, step.ttl_s);
        name = step.sets[0]->values[0];
    }
    answer.code = DNS_SERVFAIL;
    return answer;
}
