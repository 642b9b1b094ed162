/* measured_users.h - clients as those whose outages were measured: a stream of requests, for each
 * one look-up, directly at the name server or behind a resolver, and one new connection; 1 s to
 * connect, 3 s in all. All that became of each request is kept. */
#pragma once

#include "tests/support/dns_rig.h"

/* One request. */
typedef struct MeasuredTrial {
    SimTime begun, ended; /* ended below 0: not yet */
    uint32_t address;     /* that it was sent to; 0: none was found */
    bool is_ok;
} MeasuredTrial;

typedef struct MeasuredUser {
    const char *name; /* that is looked up, without the last dot */
    Probe *probe;
    Component *resolver; /* NULL: `route53` is asked for each request */
    Component *route53;
    SimTime starts; /* with its requests: caches have phases of their own */
    GPtrArray *trials;
} MeasuredUser;

void measured_user_init(MeasuredUser *user, const DnsRig *dns, const char *place, const char *name,
                        Component *resolver);
void measured_user_clear(MeasuredUser *user);

/* One request now, when it has started. */
void measured_user_ask(MeasuredUser *user);

/* Of the requests that were asked for from `from` to before `until`: how many failed, and when the
 * last of them was asked for (-1: none did). */
guint measured_user_count_failed(const MeasuredUser *user, SimTime from, SimTime until);
SimTime measured_user_last_failed(const MeasuredUser *user, SimTime from, SimTime until);

/* When a request was first sent to `address` from `from` on; -1: never. */
SimTime measured_user_first_to(const MeasuredUser *user, uint32_t address, SimTime from);

/* The median time that those took which were asked for from `from` to before `until` and went well;
 * 0: none did. */
SimSpan measured_user_median(const MeasuredUser *user, SimTime from, SimTime until);
