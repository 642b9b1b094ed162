/* dns_rig.h - a rig with Route 53: zone and checks from text, one endpoint that tests switch off.
 */
#pragma once

#include "tests/support/rig.h"

typedef struct DnsRig {
    Rig *rig;
    char *directory;
    Component *route53;
    Probe *endpoint; /* "probe@DC03-app1", port 80 of 192.0.2.31: answers 200 */
} DnsRig;

/* `sets`: the inside of the zone's array; `checks`: of the health checks' array. Quotes may be
 * single. Site DC03 with its host and endpoint is there. */
DnsRig dns_rig_new(uint64_t seed, const char *sets, const char *checks);

/* Adds Route 53 when all sites are there. `settings`: more members of its section, each with a
 * comma before it. */
void dns_rig_serve(DnsRig *dns, const char *settings);
void dns_rig_clear(DnsRig *dns);

/* The eight checker regions as sites, with the round trips to DC03 of network 6.4. */
void dns_rig_add_checker_sites(DnsRig *dns);
