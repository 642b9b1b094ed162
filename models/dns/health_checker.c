/* health_checker.c - one of Route 53's health checkers: probes each endpoint over the real network,
 * with a phase of its own. Source: Route 53 Developer Guide ("How Route 53 determines whether a
 * health check is healthy": connect within 4 s and a status within 2 s, TCP within 10 s; interval
 * counted from the answer to the next request; checkers do not coordinate). */
#include "models/dns/health_checker.h"

#include "sim/world/call.h"
#include "sim/world/network.h"

#define CONNECT_BUDGET (4 * SIM_S)
#define CONNECT_BUDGET_TCP (10 * SIM_S)
#define STATUS_BUDGET (2 * SIM_S)
#define REQUEST_BYTES 200 /* request line, Host, User-Agent of the checker */

typedef struct HealthChecker HealthChecker;

/* The endless probing of one endpoint. */
typedef struct Probe {
    const HealthCheck *check;
    guint rank; /* of the check */
    uint32_t address;
    SimTime begun;
    HealthView view;
} Probe;

struct HealthChecker {
    Component component;
    Component *route53;
    guint rank;
    Probe *probes;
    guint probe_count;
    Rng phases;
    uint64_t probes_sent, probes_failed;
};

static void probe_begin(void *self, void *subject, uint64_t detail);

static const EventType probe_begins = {"health_checker.probe", probe_begin};

void health_checker_join(Component *self, Component *route53, guint rank)
{
    HealthChecker *checker = (HealthChecker *)self;

    checker->route53 = route53;
    checker->rank = rank;
}

static Engine *engine_of(const HealthChecker *checker)
{
    return world_engine(checker->component.world);
}

/* --- one probe ----------------------------------------------------------------------------------
 */

/* Whether a fault's effect is about the endpoint. */
static bool is_about(const HealthChecker *checker, const Probe *probe, const Effect *effect)
{
    return effect->about == NULL ||
           strcmp(effect->about, route53_check_dc(checker->route53, probe->rank)) == 0;
}

/* What a checker that lies, or that sees an endpoint come and go, makes of a result. */
static bool twist(const HealthChecker *checker, const Probe *probe, bool is_ok)
{
    SimTime now = world_now(checker->component.world);
    const Effect *effect;

    for (guint i = 0; (effect = component_effect(&checker->component, i, NULL)) != NULL; i++) {
        double duty = effect->shares[SHARE_CHECKER_FLAPS];
        SimSpan period = effect->spans[SPAN_FLAP_PERIOD];

        if (!is_about(checker, probe, effect)) {
            continue;
        }
        if (effect->shares[SHARE_CHECKER_SAYS_GOOD] > 0) {
            is_ok = true;
        }
        if (effect->shares[SHARE_CHECKER_SAYS_BAD] > 0 ||
            (duty > 0 && (double)(now % period) < duty * (double)period)) {
            is_ok = false;
        }
    }
    return is_ok;
}

/* From the end of a probe to the next one. */
static SimSpan wait_of(const HealthChecker *checker, const Probe *probe)
{
    SimSpan taken = world_now(checker->component.world) - probe->begun;

    return probe->check->period > 0 ? MAX(probe->check->period - taken, 0) : probe->check->interval;
}

static void probe_end(HealthChecker *checker, Probe *probe, bool is_ok)
{
    if (component_is_affected(&checker->component)) {
        is_ok = twist(checker, probe, is_ok);
    }
    checker->probes_failed += is_ok ? 0 : 1;
    health_view_add(&probe->view, is_ok, probe->check->threshold);
    route53_report(checker->route53, probe->rank, checker->rank, probe->view.is_bad);
    engine_after(engine_of(checker), wait_of(checker, probe), &checker->component.owner,
                 &probe_begins, probe, 0);
}

static void probe_on_answer(Component *self, void *context, Outcome outcome, const Message *reply)
{
    bool is_ok = outcome == OUTCOME_OK && reply->code >= 200 && reply->code <= 399;

    probe_end((HealthChecker *)self, context, is_ok);
}

static bool is_https(const HealthCheck *check)
{
    return check->type == HEALTH_HTTPS || check->type == HEALTH_HTTPS_STR_MATCH;
}

static void probe_on_connect(Component *self, void *context, ConnectOutcome outcome,
                             Component *peer, uint32_t connection)
{
    HealthChecker *checker = (HealthChecker *)self;
    Probe *probe = context;
    SimSpan left = probe->check->timeout > 0
                       ? MAX(probe->begun + probe->check->timeout - world_now(self->world), 1)
                       : STATUS_BUDGET;
    Message request = {.op = MESSAGE_HTTP,
                       .transport = TRANSPORT_TCP,
                       .size_bytes = REQUEST_BYTES,
                       .connection = connection,
                       .patience = left};

    if (outcome != CONNECTED || probe->check->type == HEALTH_TCP) {
        if (outcome == CONNECTED) {
            network_close(self, peer, connection, 0, 0);
        }
        probe_end(checker, probe, outcome == CONNECTED);
        return;
    }
    request.flags =
        HTTP_CLOSE | (route53_is_deep(checker->route53, probe->rank) ? HTTP_HEALTH : HTTP_SHALLOW);
    if (is_https(probe->check)) {
        SimSpan one_way = self->site != NULL && peer->site != NULL
                              ? network_base_delay(self->world, self->site, peer->site)
                              : 0;

        /* The TLS handshake's round trip, without an event of its own. */
        request.flags |= HTTP_TLS_FULL;
        request.access_delay = one_way == SIM_NEVER ? 0 : one_way;
    }
    call_send(self, peer, &request, left, probe_on_answer, probe);
}

/* Without an IP address the name is looked up before each probe, A records only. */
static bool probe_resolve(HealthChecker *checker, Probe *probe)
{
    const Site *site = checker->component.site;
    Route53Query query = {.name = probe->check->domain, .region = site};
    Answer answer;

    if (probe->check->address != 0) {
        probe->address = probe->check->address;
        return true;
    }
    if (!checker->route53->is_up) {
        return false;
    }
    if (site != NULL) {
        query.place = (DnsPlace){.continent = site->continent, .country = site->country};
    }
    route53_ask(checker->route53, &query, &answer);
    probe->address = answer.count > 0 ? answer.addresses[0] : 0;
    return answer.count > 0;
}

static void probe_begin(void *self, void *subject, uint64_t detail)
{
    HealthChecker *checker = self;
    Probe *probe = subject;
    SimSpan budget = probe->check->type == HEALTH_TCP ? CONNECT_BUDGET_TCP : CONNECT_BUDGET;

    (void)detail;
    checker->probes_sent++;
    probe->begun = world_now(checker->component.world);
    if (probe->check->timeout > 0) {
        budget = probe->check->timeout;
    }
    if (!probe_resolve(checker, probe)) {
        probe_end(checker, probe, false);
        return;
    }
    network_connect(&checker->component, probe->address, probe->check->port, budget, 0, 0,
                    probe_on_connect, probe);
}

/* --- the kind -----------------------------------------------------------------------------------
 */

static void health_checker_on_wire(Component *self, World *world, DiagList *diags)
{
    HealthChecker *checker = (HealthChecker *)self;
    const HealthChecks *checks = route53_checks(checker->route53);
    g_autofree char *stream = g_strdup_printf("%s/phase", self->name);

    (void)diags;
    engine_open_stream(world_engine(world), &checker->phases, stream);
    checker->probes = g_new0(Probe, checks->checks->len);
    for (guint i = 0; i < checks->checks->len; i++) {
        if (route53_is_probed_by(checker->route53, i, checker->rank)) {
            checker->probes[checker->probe_count++] =
                (Probe){.check = health_checks_at(checks, i), .rank = i};
        }
    }
}

/* A checker that comes back goes on from the view it had, with nothing counted in a row. */
static void health_checker_on_start(Component *self)
{
    HealthChecker *checker = (HealthChecker *)self;

    for (guint i = 0; i < checker->probe_count; i++) {
        Probe *probe = &checker->probes[i];
        SimSpan every = probe->check->period > 0 ? probe->check->period : probe->check->interval;
        SimSpan phase = (SimSpan)rng_below(&checker->phases, (uint64_t)every);

        probe->view = (HealthView){.is_bad = probe->view.is_bad};
        engine_after(engine_of(checker), phase, &self->owner, &probe_begins, probe, 0);
    }
}

static void health_checker_on_stop(Component *self, const Effect *why)
{
    HealthChecker *checker = (HealthChecker *)self;

    (void)why;
    route53_lose_checker(checker->route53, checker->rank);
}

static void health_checker_on_free(Component *self)
{
    g_free(((HealthChecker *)self)->probes);
}

static const MetricDef health_checker_metrics[] = {
    METRIC_COUNTER(HealthChecker, probes_sent, "Probes begun"),
    METRIC_COUNTER(HealthChecker, probes_failed, "Probes that failed"),
    METRIC_END,
};

const Kind health_checker_kind = {
    .name = "health_checker",
    .help = "One of the checkers that probe endpoints for Route 53",
    .leaves_out = "the body that a string match reads and the certificate: neither changes while a "
                  "site fails; redirects count as success, as they do there",
    .size = sizeof(HealthChecker),
    .scope = KIND_PART,
    .metrics = health_checker_metrics,
    .on_wire = health_checker_on_wire,
    .on_start = health_checker_on_start,
    .on_stop = health_checker_on_stop,
    .on_free = health_checker_on_free,
};
