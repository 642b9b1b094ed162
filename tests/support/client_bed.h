/* client_bed.h - a rig with clients of one region, a toy resolver and two web servers that are
 * probes: one in DC01, one in DC02, each 20 ms away. */
#pragma once

#include "tests/support/rig.h"

#define CLIENT "client@web/EU"
#define ADDRESS_ONE 0xC000020Bu /* 192.0.2.11 */
#define ADDRESS_TWO 0xC0000215u /* 192.0.2.21 */
#define HOST_ONE "host@DC01-web1"
#define HOST_TWO "host@DC02-web1"
#define SERVER_ONE "probe@DC01-web1"
#define SERVER_TWO "probe@DC02-web1"

/* A resolver that says what the test wants. */
typedef struct ToyResolver {
    Component component;
    bool is_silent;
    uint32_t code, count;
    uint32_t addresses[MESSAGE_ADDRESSES];
    SimSpan time_to_live;
    uint32_t asked;
    bool is_odd; /* each answer is one that nobody had before */
} ToyResolver;

typedef struct ClientBed {
    Rig *rig;
    Component *client;
    ToyResolver *resolver;
    Probe *one, *two;
} ClientBed;

/* Two addresses, first DC01's, for an hour; one user with fibre, no TLS, one request each second at
 * 1 s, 2 s and so on, unless `settings` (members with a comma before each, quotes may be single)
 * say otherwise: those that are named twice hold the last value. */
ClientBed client_bed_new(uint64_t seed, const char *settings);

/* Wires and starts; what is changed before it is not too late. */
void client_bed_start(ClientBed *bed);
void client_bed_free(ClientBed *bed);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ClientBed, client_bed_free)

/* What became of the requests of the seconds from `first` to below `end`. */
typedef struct Felt {
    uint64_t ok, failed, attempts;
    SimSpan latency;    /* the longest of the ok ones */
    const char *reason; /* of a failed one; "" when none failed */
    const char *dc;     /* of the last cell; "" for none */
} Felt;
Felt client_bed_felt(const ClientBed *bed, uint32_t first, uint32_t end);

/* A counter of the client. */
uint64_t client_bed_counter(const ClientBed *bed, const char *name);
