/* web_bed.h - a rig with one Apache httpd in front of two probes, and a client 10 ms away. */
#pragma once

#include "tests/support/rig.h"

#define HTTPD "httpd@DC01-web1"
#define A "probe@DC01-app1"
#define B "probe@DC01-app2"
#define WEB_ADDRESS 0xC000020Bu /* 192.0.2.11 */

/* One process, so that it is known whose pool of connections a request finds. */
#define ONE_PROCESS ", 'ServerLimit': 1, 'ThreadsPerChild': 400"

/* httpd on one host, a member on each of two others. */
typedef struct Bed {
    Rig *rig;
    Probe *client, *a, *b;
    Component *httpd;
} Bed;

/* All processes from the start and for good. `settings`: more members of httpd's section, each with
 * a comma before it; quotes may be single. */
Bed bed_new(uint64_t seed, const char *settings);
/* The same on machines whose kernel is `stack`, of tcp_stack_words; new connections only. */
Bed bed_new_on(uint64_t seed, const char *settings, const char *stack);
void bed_free(Bed *bed);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Bed, bed_free)

/* One request now, on a connection of its own. */
const ProbeAsked *bed_ask(Bed *bed, uint32_t flags);

/* Over a connection that carried a request before. */
const ProbeAsked *bed_ask_again(Bed *bed);

/* A connection now, and what it came to when `patience` was over at the latest; a request over one
 * that was made like this. */
const ProbeAsked *bed_connect(Bed *bed, SimSpan patience);
const ProbeAsked *bed_ask_over(Bed *bed, const ProbeAsked *connection, uint32_t flags);

/* `count` requests, one every `gap`. */
void bed_stream(Bed *bed, guint count, SimSpan gap);

/* Request number `index` of all. */
const ProbeAsked *bed_asked(const Bed *bed, guint index);

/* The status that a request was answered with; the time that it took. It has ended. */
uint32_t bed_code(const ProbeAsked *asked);
SimSpan bed_latency(const ProbeAsked *asked);

/* Requests that were answered with `code`; that took from `least` to below `most`. */
guint bed_count_code(const Bed *bed, uint32_t code);
guint bed_count_slower(const Bed *bed, SimSpan least, SimSpan most);

/* When `event` was first noted; SIM_NEVER when not yet. */
SimTime bed_noted_at(const Bed *bed, const char *event);
