/* balancer.c - how mod_proxy_balancer chooses a member. */
#include "models/web/balancer.h"

bool balancer_is_usable(const BalancerMember *member)
{
    return !member->in_error && !member->is_failed && !member->is_disabled;
}

static void retry_if_due(const Balancer *balancer, BalancerMember *member, SimTime now)
{
    if (member->in_error && now > member->error_time + balancer->retry) {
        member->in_error = false;
    }
}

/* Whether `member` beats `best` by the method; a tie keeps the first. */
static bool is_better(const Balancer *balancer, const BalancerMember *member,
                      const BalancerMember *best)
{
    switch (balancer->method) {
    case BALANCER_BY_REQUESTS:
        return member->status > best->status;
    case BALANCER_BY_BUSYNESS:
        return member->busy < best->busy ||
               (member->busy == best->busy && member->status > best->status);
    case BALANCER_BY_TRAFFIC: {
        uint64_t mine = member->bytes_out / (uint64_t)member->factor +
                        member->bytes_in / (uint64_t)member->factor;
        uint64_t other =
            best->bytes_out / (uint64_t)best->factor + best->bytes_in / (uint64_t)best->factor;

        return mine < other;
    }
    }
    return false;
}

int balancer_pick(Balancer *balancer, SimTime now)
{
    int best = -1;
    int64_t total = 0;

    for (uint32_t i = 0; i < balancer->count; i++) {
        BalancerMember *member = &balancer->members[i];

        if (!balancer_is_usable(member)) {
            retry_if_due(balancer, member, now);
        }
        if (!balancer_is_usable(member)) {
            continue;
        }
        if (balancer->method != BALANCER_BY_TRAFFIC) {
            member->status += member->factor;
            total += member->factor;
        }
        if (best < 0 || is_better(balancer, member, &balancer->members[best])) {
            best = (int)i;
        }
    }
    if (best >= 0) {
        balancer->members[best].status -= total;
    }
    return best;
}

void balancer_force_recovery(Balancer *balancer, SimTime now)
{
    for (uint32_t i = 0; i < balancer->count; i++) {
        retry_if_due(balancer, &balancer->members[i], now);
        if (!balancer->members[i].in_error) {
            return;
        }
    }
    for (uint32_t i = 0; balancer->force_recovery && i < balancer->count; i++) {
        balancer->members[i].in_error = false;
    }
}

void balancer_mark_error(Balancer *balancer, uint32_t index, SimTime now)
{
    balancer->members[index].in_error = true;
    balancer->members[index].error_time = now;
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
