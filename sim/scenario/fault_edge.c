/* fault_edge.c - faults at the door of a process: connections that are refused, swallowed, reset or
 * half open, certificates that have run out, and balancers that lose their members, their sessions
 * or their address. Sources: Toxiproxy (timeout, reset_peer, slow_close, limit_data); RFC
 * 5280 4.1.2.5; mod_proxy manual of httpd 2.4. */
#include "sim/scenario/fault_front.h"

typedef struct Edge {
    double share;
    int conn_state;
    SimSpan latency;
    int64_t bytes;
} Edge;

enum { STATE_ALL, STATE_NEW, STATE_ESTABLISHED };
static const char *const states[] = {"all", "new", "established", NULL};

#define CONNECTIONS "Toxiproxy: toxicity 1.0 unless given"
#define SHARE(text, origin) FIELD_RATIO(Edge, share, .initial = "1", .help = text, .source = origin)

static Effect of_share(EffectShare which, const void *arguments)
{
    Effect effect = EFFECT_NONE;

    effect.shares[which] = ((const Edge *)arguments)->share;
    return effect;
}

/* --- connections -------------------------------------------------------------------------------
 */

static const Field no_arguments[] = {FIELD_END};

static const Field refuse_fields[] = {SHARE("Share of the connects that are refused", CONNECTIONS),
                                      FIELD_END};

static Effect refuse_effect(const void *arguments, bool forward)
{
    (void)forward;
    return of_share(SHARE_TCP_REFUSE, arguments);
}

static const Field blackhole_fields[] = {
    SHARE("Share of the connections that are swallowed", CONNECTIONS),
    FIELD_CHOICE(Edge, conn_state, .more = states, .initial = "all",
                 .help = "New connections, established ones, or all",
                 .source = "Datadog chaos-controller: connState; all unless given"),
    FIELD_END};

static Effect blackhole_effect(const void *arguments, bool forward)
{
    const Edge *edge = arguments;
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.shares[SHARE_TCP_SWALLOW_NEW] = edge->conn_state != STATE_ESTABLISHED ? edge->share : 0;
    effect.shares[SHARE_TCP_SWALLOW_OLD] = edge->conn_state != STATE_NEW ? edge->share : 0;
    return effect;
}

static const Field reset_fields[] = {
    SHARE("Share of the requests that are answered by a reset", CONNECTIONS), FIELD_END};

static Effect reset_effect(const void *arguments, bool forward)
{
    (void)forward;
    return of_share(SHARE_TCP_RESET, arguments);
}

static Effect half_open_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)arguments;
    (void)forward;
    effect.shares[SHARE_TCP_HALF_OPEN] = 1;
    return effect;
}

static const Field slow_fields[] = {
    FIELD_SPAN(Edge, latency, .flags = FIELD_REQUIRED, .lowest = "1ms", .highest = "10min",
               .help = "What it takes longer", .source = "no default: required"),
    FIELD_END};

static Effect slow_handshake_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.spans[SPAN_TCP_HANDSHAKE] = ((const Edge *)arguments)->latency;
    return effect;
}

static Effect slow_close_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.spans[SPAN_TCP_CLOSE] = ((const Edge *)arguments)->latency;
    return effect;
}

static const Field limit_fields[] = {
    FIELD_ROW(Edge, bytes, "bytes", FIELD_TYPE_BYTES, int64_t, .flags = FIELD_REQUIRED,
              .lowest = "1B", .help = "Longer answers break off with their connection",
              .source = "no default: required"),
    FIELD_END};

static Effect limit_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.answer_limit_bytes = ((const Edge *)arguments)->bytes;
    return effect;
}

/* --- certificates ------------------------------------------------------------------------------
 */

static Effect expire_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)arguments;
    (void)forward;
    effect.shares[SHARE_TLS_EXPIRED] = 1;
    return effect;
}

/* --- balancers ---------------------------------------------------------------------------------
 */

#define BALANCERS "assumption: all unless given"

static const Field mark_error_fields[] = {
    SHARE("Share of the members, rounded up, picked by the seed", BALANCERS), FIELD_END};

static Effect mark_error_effect(const void *arguments, bool forward)
{
    (void)forward;
    return of_share(SHARE_BALANCER_ERRORS, arguments);
}

static const Field sticky_dead_fields[] = {
    SHARE("Share of the sessions whose route leads to nobody", BALANCERS), FIELD_END};

static Effect sticky_dead_effect(const void *arguments, bool forward)
{
    (void)forward;
    return of_share(SHARE_BALANCER_LOST_ROUTES, arguments);
}

static const Field reload_fields[] = {
    FIELD_ROW(Edge, share, "drop_share", FIELD_TYPE_RATIO, double, .initial = "1",
              .help = "Share of the idle connections that are dropped; requests under way are "
                      "finished",
              .source = "httpd manual, Stopping and Restarting: graceful"),
    FIELD_END};

static Effect reload_effect(const void *arguments, bool forward)
{
    (void)forward;
    return of_share(SHARE_BALANCER_RELOAD, arguments);
}

static const Field split_fields[] = {
    SHARE("Share of the requests over kept connections that reach the other one, which resets them",
          BALANCERS),
    FIELD_END};

static Effect split_effect(const void *arguments, bool forward)
{
    (void)forward;
    return of_share(SHARE_TCP_RESET_OLD, arguments);
}

/* --- the table ---------------------------------------------------------------------------------
 */

#define ON_ANY .scope = FAULT_ON_PROCESSES, .size = sizeof(Edge)
#define ON_BALANCER .scope = FAULT_ON_PROCESSES, .process = "httpd", .size = sizeof(Edge)

const FaultDef fault_front_defs[] = {
    {.func = "tcp.refuse",
     .help = "A process refuses connections (RST) while it serves those that are open",
     .bites = "the share of refusals changed",
     ON_ANY,
     .arguments = refuse_fields,
     .effect = refuse_effect},
    {.func = "tcp.blackhole",
     .help = "Packets to a process vanish while its host answers others",
     .bites = "the share of swallowed connections changed",
     ON_ANY,
     .arguments = blackhole_fields,
     .effect = blackhole_effect},
    {.func = "tcp.reset",
     .help = "Connections to a process break when something is asked over them",
     .bites = "the share of resets changed",
     ON_ANY,
     .arguments = reset_fields,
     .effect = reset_effect},
    {.func = "tcp.half-open",
     .help =
         "A process loses its connections and says nothing: old ones are silent until the fault "
         "ends and reset afterwards, new ones work",
     .bites = "it knew its connections",
     ON_ANY,
     .arguments = no_arguments,
     .effect = half_open_effect},
    {.func = "tcp.slow-handshake",
     .help = "A process accepts connections late",
     .bites = "the delay of accepting changed",
     ON_ANY,
     .arguments = slow_fields,
     .effect = slow_handshake_effect},
    {.func = "tcp.slow-close",
     .help = "The end of a connection is told late: who closed it counts it as open no more, the "
             "other side does",
     .bites = "the delay of closing changed",
     ON_ANY,
     .arguments = slow_fields,
     .effect = slow_close_effect},
    {.func = "tcp.limit",
     .help = "Answers of a process break off after so many bytes",
     .bites = "the limit changed",
     ON_ANY,
     .arguments = limit_fields,
     .effect = limit_effect},
    {.func = "tls.expire",
     .help = "The certificate of a web server has run out: clients that use TLS turn away, Route "
             "53's checkers do not look",
     .bites = "the certificate was valid",
     ON_ANY,
     .arguments = no_arguments,
     .effect = expire_effect},
    {.func = "lb.mark-error",
     .help = "A balancer puts members into error, as after a failed request, until 'retry' is over",
     .bites = "the share of members in error changed",
     ON_BALANCER,
     .arguments = mark_error_fields,
     .effect = mark_error_effect},
    {.func = "lb.sticky-dead",
     .help = "Sessions are bound to a route that leads to nobody",
     .bites = "the share of such sessions changed",
     ON_BALANCER,
     .arguments = sticky_dead_fields,
     .effect = sticky_dead_effect},
    {.func = "lb.reload",
     .help = "A balancer reads its configuration again and drops idle connections",
     .bites = "it was not reloading",
     ON_BALANCER,
     .arguments = reload_fields,
     .effect = reload_effect},
    {.func = "lb.vip-split",
     .help = "Two balancers hold one address: some packets reach the one that knows nothing of the "
             "connection",
     .bites = "the share of stray packets changed",
     ON_BALANCER,
     .arguments = split_fields,
     .effect = split_effect},
    {.func = NULL},
};
