/* balancer.c - how mod_proxy_balancer chooses a member. */
#include "models/web/balancer.h"

#include <string.h>

/* mod_lbmethod_heartbeat: older heartbeats do not count. */
#define HEARTBEAT_AGE (10 * SIM_S)

bool balancer_is_usable(const BalancerMember *member)
{
    return !member->in_error && !member->is_failed && !member->flags.is_disabled &&
           !member->flags.is_stopped;
}

/* ap_proxy_retry_worker. */
static void retry_if_due(BalancerMember *member, SimTime now)
{
    if (member->in_error && !member->flags.is_stopped &&
        (member->flags.ignores_errors || member->retry == 0 ||
         now > member->error_time + member->retry)) { /* with 0 always: some us have passed */
        member->in_error = false;
    }
}

static void retry_if_unusable(BalancerMember *member, SimTime now)
{
    if (!balancer_is_usable(member)) {
        retry_if_due(member, now);
    }
}

/* --- one choice over the members of a set --- */

typedef struct Choice {
    Balancer *balancer;
    BalancerMember *best;
    int64_t total; /* of the factors of all that were considered */
} Choice;

static uint64_t traffic_of(const BalancerMember *member)
{
    uint64_t factor = (uint64_t)member->factor;

    return member->bytes_out / factor + member->bytes_in / factor;
}

/* Whether `member` beats the best one by the method; a tie keeps the first. */
static bool is_better(const Choice *choice, const BalancerMember *member)
{
    const BalancerMember *best = choice->best;

    if (best == NULL) {
        return true;
    }
    switch (choice->balancer->method) {
    case BALANCER_BY_REQUESTS:
        return member->status > best->status;
    case BALANCER_BY_BUSYNESS:
        return member->busy < best->busy ||
               (member->busy == best->busy && member->status > best->status);
    case BALANCER_BY_TRAFFIC:
        return traffic_of(member) < traffic_of(best);
    case BALANCER_BY_HEARTBEAT:
        return false;
    }
    return false;
}

static void consider(Choice *choice, BalancerMember *member)
{
    if (choice->balancer->method != BALANCER_BY_TRAFFIC) {
        member->status += member->factor;
        choice->total += member->factor;
    }
    if (is_better(choice, member)) {
        choice->best = member;
    }
}

static bool is_standby(const BalancerMember *member)
{
    return member->flags.is_standby && !member->flags.is_spare;
}

/* The members of `set` that are neither spare nor standby. Returns how many of them cannot take
 * anything. */
static uint32_t consider_regulars(Choice *choice, uint32_t set, SimTime now)
{
    uint32_t unusable = 0;

    for (uint32_t i = 0; i < choice->balancer->count; i++) {
        BalancerMember *member = &choice->balancer->members[i];
        bool is_regular = !member->flags.is_spare && !member->flags.is_standby;

        if (member->set != set) {
            continue;
        }
        if (member->flags.is_draining) {
            unusable += is_regular;
            continue;
        }
        retry_if_unusable(member, now);
        if (is_regular && balancer_is_usable(member)) {
            consider(choice, member);
        } else {
            unusable += is_regular;
        }
    }
    return unusable;
}

/* Up to `most` usable spares, or standbys, of `set`, in configuration order. */
static void consider_reserve(Choice *choice, uint32_t set, bool spares, uint32_t most)
{
    for (uint32_t i = 0; i < choice->balancer->count && most > 0; i++) {
        BalancerMember *member = &choice->balancer->members[i];
        bool is_asked = spares ? member->flags.is_spare : is_standby(member);

        if (member->set == set && is_asked && !member->flags.is_draining &&
            balancer_is_usable(member)) {
            consider(choice, member);
            most--;
        }
    }
}

/* ap_proxy_balancer_get_best_worker. */
static int pick_best(Balancer *balancer, SimTime now)
{
    Choice choice = {.balancer = balancer};
    uint32_t last = 0;

    for (uint32_t i = 0; i < balancer->count; i++) {
        last = balancer->members[i].set > last ? balancer->members[i].set : last;
    }
    for (uint32_t set = 0; set <= last && choice.best == NULL; set++) {
        uint32_t unusable = consider_regulars(&choice, set, now);

        consider_reserve(&choice, set, true, unusable);
        if (choice.best == NULL) {
            consider_reserve(&choice, set, false, balancer->count);
        }
    }
    if (choice.best == NULL) {
        return BALANCER_NOBODY;
    }
    choice.best->status -= choice.total;
    return (int)(choice.best - balancer->members);
}

/* --- heartbeats --- */

static uint64_t ready_slots(BalancerMember *member, SimTime now)
{
    retry_if_unusable(member, now);
    if (!balancer_is_usable(member) || member->heard < 0 || now - member->heard >= HEARTBEAT_AGE) {
        return 0;
    }
    /* one without any work has just come: not all at once */
    return member->slots_busy == 0 ? member->slots_ready / 4 : member->slots_ready;
}

static int pick_by_heartbeat(Balancer *balancer, SimTime now)
{
    uint64_t ready = 0, drawn;

    for (uint32_t i = 0; i < balancer->count; i++) {
        ready += ready_slots(&balancer->members[i], now);
    }
    if (ready == 0) {
        return BALANCER_NOBODY;
    }
    drawn = rng_below(balancer->rng, ready);
    for (uint32_t i = 0; i < balancer->count; i++) {
        uint64_t mine = ready_slots(&balancer->members[i], now);

        if (drawn < mine) {
            return (int)i;
        }
        drawn -= mine;
    }
    return BALANCER_NOBODY;
}

void balancer_on_heartbeat(Balancer *balancer, uint32_t index, uint32_t busy, uint32_t ready,
                           SimTime now)
{
    BalancerMember *member = &balancer->members[index];

    member->heard = now;
    member->slots_busy = busy;
    member->slots_ready = ready;
}

int balancer_pick(Balancer *balancer, SimTime now)
{
    return balancer->method == BALANCER_BY_HEARTBEAT ? pick_by_heartbeat(balancer, now)
                                                     : pick_best(balancer, now);
}

/* --- sessions --- */

static bool is_of_route(const BalancerMember *member, const char *route)
{
    return member->route != NULL && strcmp(member->route, route) == 0;
}

static bool is_route_known(const Balancer *balancer, const char *route)
{
    for (uint32_t i = 0; i < balancer->count; i++) {
        if (is_of_route(&balancer->members[i], route)) {
            return true;
        }
    }
    return false;
}

/* Who takes the sessions of a route (find_route_worker): a usable member of that route, those in
 * service before standbys, or whom an unusable one redirects to, and so on through as many
 * redirections as there are members. */
static BalancerMember *find_route(Balancer *balancer, const char *route, uint32_t depth,
                                  SimTime now)
{
    for (int standbys = 0; standbys <= 1; standbys++) {
        for (uint32_t i = 0; i < balancer->count; i++) {
            BalancerMember *member = &balancer->members[i], *other = NULL;

            if (member->flags.is_standby != (standbys == 1) || !is_of_route(member, route)) {
                continue;
            }
            retry_if_unusable(member, now);
            if (balancer_is_usable(member)) {
                return member;
            }
            if (member->redirect != NULL && depth < balancer->count) {
                other = find_route(balancer, member->redirect, depth + 1, now);
            }
            if (other != NULL) {
                return other;
            }
        }
    }
    return NULL;
}

/* A session's request counts in the turns of all, so that those without a session go elsewhere. */
static int take_session(Balancer *balancer, BalancerMember *taken)
{
    int64_t total = 0;

    for (uint32_t i = 0; i < balancer->count; i++) {
        BalancerMember *member = &balancer->members[i];

        if (balancer_is_usable(member)) {
            member->status += member->factor;
            total += member->factor;
        }
    }
    taken->status -= total;
    return (int)(taken - balancer->members);
}

int balancer_choose(Balancer *balancer, const char *route, SimTime now)
{
    if (route != NULL) {
        BalancerMember *member = find_route(balancer, route, 0, now);

        if (member != NULL) {
            return take_session(balancer, member);
        }
        if (balancer->no_failover && is_route_known(balancer, route)) {
            return BALANCER_NO_FAILOVER;
        }
    }
    return balancer_pick(balancer, now);
}

/* --- errors and checks --- */

void balancer_force_recovery(Balancer *balancer, SimTime now)
{
    for (uint32_t i = 0; i < balancer->count; i++) {
        retry_if_due(&balancer->members[i], now);
        if (!balancer->members[i].in_error) {
            return;
        }
    }
    for (uint32_t i = 0; balancer->force_recovery && i < balancer->count; i++) {
        balancer->members[i].in_error = false;
    }
}

bool balancer_mark_error(Balancer *balancer, uint32_t index, SimTime now)
{
    BalancerMember *member = &balancer->members[index];

    if (member->flags.ignores_errors) {
        return false;
    }
    member->in_error = true;
    member->error_time = now;
    return true;
}

bool balancer_on_check(Balancer *balancer, uint32_t index, bool is_pass, SimTime now)
{
    BalancerMember *member = &balancer->members[index];

    if (member->is_failed || member->in_error) {
        if (is_pass && ++member->passes >= balancer->hcpasses) {
            member->is_failed = false;
            member->in_error = false;
            member->passes = 0;
            return true;
        }
    } else if (!is_pass) {
        member->error_time = now;
        if (++member->fails >= balancer->hcfails) {
            member->is_failed = true;
            member->fails = 0;
            return true;
        }
    }
    return false;
}

/* --- flags --- */

bool balancer_read_flags(const char *text, MemberFlags *flags)
{
    bool value = true;

    for (const char *at = text; *at != '\0'; at++) {
        switch (*at) {
        case '+':
        case '-':
            value = *at == '+';
            break;
        case 'D':
        case 'd':
            flags->is_disabled = value;
            break;
        case 'S':
        case 's':
            flags->is_stopped = value;
            break;
        case 'I':
        case 'i':
            flags->ignores_errors = value;
            break;
        case 'N':
        case 'n':
            flags->is_draining = value;
            break;
        case 'H':
        case 'h':
            flags->is_standby = value;
            break;
        case 'R':
        case 'r':
            flags->is_spare = value;
            break;
        default:
            return false;
        }
    }
    return true;
}
