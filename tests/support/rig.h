/* rig.h - a small world around the component under test: sites, quiet links, hosts, probes and the
 * kinds that the test names. A mistake in what the test writes ends the test with the message.
 *
 *     g_autoptr(Rig) rig = rig_new(7, &redis_kind, NULL);
 *     rig_site(rig, "DC01");
 *     rig_host(rig, "DC01-app1", "192.0.2.11", NULL);
 *     Component *redis = rig_add(rig, "redis", "DC01-app1", "{ \"service\": \"80us\" }");
 *     Probe *probe = rig_probe(rig, "DC01-app1");
 *     rig_link_all(rig, "90ms");
 *     rig_start(rig);
 *     probe_call(probe, redis, &(Message){.op = MESSAGE_READ}, SIM_S);
 *     rig_run(rig, 2 * SIM_S);
 */
#pragma once

#include "sim/world/history.h"
#include "sim/world/host.h"
#include "sim/world/laws.h"
#include "tests/support/probe.h"

typedef struct Rig {
    Engine *engine;
    World *world;
    DiagList *diags;
    GPtrArray *kinds, *trees;
    EventOwner owner; /* of the ends of effects */
    uint64_t faults;
    Laws *laws; /* held at the end of each rig_run */
} Rig;

/* `seed`, then pointers to kinds, then NULL; host, link and probe are always there. */
Rig *rig_new(uint64_t seed, ...) G_GNUC_NULL_TERMINATED;
void rig_free(Rig *rig);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rig, rig_free)

/* A live data centre with a LAN of 150 us one way; or a site of another type. */
Site *rig_site(Rig *rig, const char *name);
Site *rig_site_of(Rig *rig, const char *name, SiteType type);

/* "host@PLACE" at the site that PLACE begins with ("DC01-db1" at "DC01"), of the role "db"; `json`
 * (may be NULL) is for its fields. */
Host *rig_host(Rig *rig, const char *place, const char *address, const char *json);

/* "KIND@PLACE" on the host of that place when there is one; at the site named like the place, or
 * like what comes after its "/" ("web/Europe central"); nowhere otherwise. */
Component *rig_add(Rig *rig, const char *kind, const char *place, const char *json);
Probe *rig_probe(Rig *rig, const char *place);

/* All links that are not there yet, LANs included: `rtt` between sites, no jitter, no loss. */
void rig_link_all(Rig *rig, const char *rtt);

/* One direction. */
Component *rig_link(Rig *rig, const char *from, const char *to, const char *json);

/* Wires and starts; lets `span` pass. */
void rig_start(Rig *rig);
void rig_run(Rig *rig, SimSpan span);
SimTime rig_now(const Rig *rig);

/* Puts `effect` on the component called `name` for `span`; SIM_NEVER: until rig_heal. True when it
 * bit. */
bool rig_effect(Rig *rig, const char *name, Effect effect, SimSpan span);
void rig_down(Rig *rig, const char *name, SimSpan span);
void rig_heal(Rig *rig);

/* What must be there. */
Component *rig_find(const Rig *rig, const char *name);

/* A counter of the component, its kind's or a general one, by name; a gauge's value now; a
 * histogram. */
uint64_t rig_counter(const Rig *rig, const char *name, const char *metric);
double rig_gauge(const Rig *rig, const char *name, const char *metric);
const Histogram *rig_histogram(const Rig *rig, const char *name, const char *metric);

/* How often `event` was noted, over all components and labels. */
uint64_t rig_noted(const Rig *rig, const char *event);
