/* probe.h - a toy component for tests: it sends, calls and connects when the test says so, answers
 * as the test tells it to, and records all it hears. */
#pragma once

#include "sim/world/call.h"
#include "sim/world/network.h"
#include "sim/world/world.h"

typedef enum ProbeManner {
    PROBE_ANSWERS, /* each call at once, or after `answer_delay`; the default */
    PROBE_KEEPS,   /* no call; the test answers through probe_answer */
    PROBE_BREAKS,  /* ends each call without an answer */
} ProbeManner;

/* A message that arrived. */
typedef struct ProbeHeard {
    SimTime time;
    Message message;
} ProbeHeard;

/* A call or a connection that the test asked for, and how it ended. */
typedef struct ProbeAsked {
    SimTime begun, ended;
    uint32_t ends; /* how often it ended: 1 when all is well, 0 as long as it is under way */
    Outcome outcome;
    ConnectOutcome connected;
    Component *peer; /* who accepted */
    uint32_t connection;
    Message reply; /* when the outcome is OUTCOME_OK */
} ProbeAsked;

typedef struct Probe Probe;
struct Probe {
    Component component;
    ProbeManner manner;
    Message answer; /* what it answers with; key and version are the request's when 0 */
    SimSpan answer_delay;
    ConnectAnswer connect_answer;
    bool counts_connections; /* and tells their numbers, from 1 */
    uint32_t connections;
    void (*hear)(Probe *self, const Message *message); /* in place of `manner`, when not NULL */
    GArray *heard;                                     /* of ProbeHeard, survives stops */
    GPtrArray *asked;                                  /* of ProbeAsked, survives stops */
    uint32_t stops, conditions;                        /* how often on_stop and on_condition ran */
    Effect stopped_by;
};

extern const Kind probe_kind;

/* The component as a probe. */
Probe *probe_of(Component *component);

/* What it heard; NULL beyond the last. */
guint probe_count_heard(const Probe *probe);
const ProbeHeard *probe_heard(const Probe *probe, guint index);

/* One message without a call. */
void probe_send(Probe *probe, Component *to, const Message *message);

/* Asks now; the record lives as long as the probe. */
const ProbeAsked *probe_call(Probe *probe, Component *to, const Message *request, SimSpan timeout);
const ProbeAsked *probe_call_kept(Probe *probe, Component *to, const Message *request,
                                  SimSpan timeout, const TcpKeepalive *keepalive);
const ProbeAsked *probe_connect(Probe *probe, uint32_t address, uint16_t port, SimSpan timeout);
const ProbeAsked *probe_connect_to(Probe *probe, Component *peer, SimSpan timeout);

/* Answers the call that the message number `index` belonged to. */
void probe_answer(Probe *probe, guint index, const Message *reply);
