/* call.h - ask a peer and hear back exactly once: answer, refusal, reset or timeout.
 * The caller's `done` runs exactly once unless the caller itself stops first (then never). A late
 * answer is dropped and counted as wasted work. When the callee's process dies under a live kernel,
 * its callers hear OUTCOME_FAILED after the way back (FIN or RST); when its host goes dark they
 * hear nothing until their timeout. */
#pragma once

#include "sim/world/network.h"

typedef enum Outcome {
    OUTCOME_OK,          /* answered; the answer itself may say no */
    OUTCOME_FAILED,      /* the connection broke under way: it may have been done */
    OUTCOME_TIMEOUT,     /* silence: it may have been done */
    OUTCOME_REFUSED,     /* nobody listens, or the connection was stale: it was not done */
    OUTCOME_UNREACHABLE, /* no way there: it was not done */
} Outcome;

/* `reply` is NULL unless OUTCOME_OK, and valid until `done` returns. */
typedef void CallDone(Component *self, void *context, Outcome outcome, const Message *reply);

/* Sends `request` to `peer`. `timeout` SIM_NEVER waits for ever. */
void call_send(Component *self, Component *peer, const Message *request, SimSpan timeout,
               CallDone *done, void *context);

/* The same over a connection that the caller's kernel keeps alive: while the peer is silent it is
 * asked for a sign as `keepalive` says (which outlives the call). One that is gone answers with a
 * reset, OUTCOME_FAILED; one that is dark is given up, OUTCOME_TIMEOUT. Without this, who only
 * waits never notices either (reference network 3). */
void call_send_kept(Component *self, Component *peer, const Message *request, SimSpan timeout,
                    const TcpKeepalive *keepalive, CallDone *done, void *context);

/* Answers the call that `ticket` names; drops the answer when nobody waits any more. Once per
 * ticket. */
void call_reply(Component *self, const CallTicket *ticket, const Message *reply);

/* Lets the call end without an answer now: what a server does that closes the connection. The
 * caller hears OUTCOME_FAILED after the way back. */
void call_break(Component *self, const CallTicket *ticket);

/* The same for a request that came over a connection which was closed before: OUTCOME_REFUSED. */
void call_refuse(Component *self, const CallTicket *ticket);

/* Whether somebody still waits for the answer. */
bool call_is_waited_for(const CallTicket *ticket);

/* For component.c: ends the calls of a component that stopped. `is_silent`: the kernel died too. */
void call_component_stopped(Component *component, bool is_silent);
