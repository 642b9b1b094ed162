/* app_bed.h - a rig with one WildFly, four probes as database nodes and a client 10 ms away. */
#pragma once

#include "tests/support/rig.h"

#define WILDFLY "wildfly@DC01-app1"
#define APP_HOST "host@DC01-app1"
#define STORES 4

typedef struct AppBed {
    Rig *rig;
    Probe *client, *stores[STORES]; /* "probe@DC01-db1" to "probe@DC01-db4" */
    Component *wildfly;
} AppBed;

/* `settings`: more members of WildFly's section, each with a comma before it; `host`: of its
 * host's. Quotes may be single. */
AppBed app_bed_new(uint64_t seed, const char *settings, const char *host);
void app_bed_free(AppBed *bed);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AppBed, app_bed_free)

/* One request for `key` now; it waits for `timeout`. */
const ProbeAsked *app_bed_ask(AppBed *bed, uint32_t flags, uint64_t key, SimSpan timeout);

/* `count` reads, one every `gap`, that wait for a minute. */
void app_bed_stream(AppBed *bed, guint count, SimSpan gap);

/* The status that a request was answered with; the time that it took. It has ended. */
uint32_t app_bed_code(const ProbeAsked *asked);
SimSpan app_bed_latency(const ProbeAsked *asked);

/* Requests that were answered with `code`; statements that all database nodes heard. */
guint app_bed_count_code(const AppBed *bed, uint32_t code);
guint app_bed_count_statements(const AppBed *bed);

/* Lets every database node behave so. */
void app_bed_stores(AppBed *bed, ProbeManner manner, uint32_t code);

/* 400 reads while hosts, links and processes fall and return and the database nodes answer, keep
 * still or break off as they like; then asserts that each request has ended once and that no thread
 * and no place in the queue is taken. */
void app_bed_live_through_faults(AppBed *bed, uint64_t seed);
