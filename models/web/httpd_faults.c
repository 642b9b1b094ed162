/* httpd_faults.c - what faults of a balancer do to one: members put into error, sessions bound to a
 * dead route, connections dropped by a reload. Each is what httpd itself does in such a case, begun
 * from outside. Source: httpd 2.4 manual ("Stopping and Restarting": a graceful
 * restart finishes requests and closes idle connections). */
#include "models/web/httpd_parts.h"

bool httpd_is_session_lost(const Httpd *httpd, uint64_t session)
{
    double share = httpd->component.condition.shares[SHARE_BALANCER_LOST_ROUTES];

    session = (session ^ (session >> 31)) * 0x9e3779b97f4a7c15u;
    session ^= session >> 29;
    return (double)(session >> 11) * 0x1p-53 < share;
}

/* A share of the members, rounded up: the first ones of a random order. */
static void mark_members(Httpd *httpd, double share)
{
    SimTime now = world_now(httpd->component.world);
    uint32_t count = httpd->balancer.count;
    uint32_t wanted = (uint32_t)((double)count * share);

    wanted += (double)wanted < (double)count * share ? 1 : 0;
    for (uint32_t i = 0; i < count && wanted > 0; i++) {
        if (rng_below(&httpd->fault_rng, count - i) < wanted) {
            wanted--;
            if (balancer_mark_error(&httpd->balancer, i, now)) {
                httpd_note_member(httpd, "httpd.member-error", i);
            }
        }
    }
}

void httpd_suffer(Httpd *httpd, const Effect *before)
{
    const Effect *now = &httpd->component.condition;
    double errors = now->shares[SHARE_BALANCER_ERRORS];
    double dropped = now->shares[SHARE_BALANCER_RELOAD];

    if (errors > before->shares[SHARE_BALANCER_ERRORS]) {
        mark_members(httpd, errors);
    }
    if (dropped > before->shares[SHARE_BALANCER_RELOAD]) {
        connections_drop(httpd, dropped, &httpd->fault_rng);
    }
}
