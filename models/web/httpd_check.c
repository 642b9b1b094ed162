/* httpd_check.c - mod_proxy_hcheck: asks each member at its own pace, on a connection of its own.
 * Source: httpd 2.4.62 mod_proxy_hcheck.c: a watchdog looks every 0.1 s for members whose last
 * check ended more than hcinterval ago; counters are not reset by an opposite result. */
#include "models/web/httpd_parts.h"

#define WATCHDOG_STEP (100 * SIM_MS)

static void on_check_due(void *self, void *subject, uint64_t detail);
static const EventType check_event = {"httpd.check", on_check_due};

/* The watchdog's first look at or after the interval has passed. */
static void schedule_check(Backend *backend, SimSpan interval)
{
    Engine *engine = world_engine(backend->httpd->component.world);
    SimTime due = engine_now(engine) + interval;
    SimTime look = (due / WATCHDOG_STEP + 1) * WATCHDOG_STEP;

    engine_at(engine, look, &backend->httpd->component.owner, &check_event, backend, 0);
}

static void check_ended(Backend *backend, bool is_pass)
{
    Httpd *httpd = backend->httpd;
    SimTime now = world_now(httpd->component.world);

    if (!is_pass) {
        httpd->checks_failed++;
    }
    if (balancer_on_check(&httpd->balancer, backend->index, is_pass, now)) {
        httpd_note_member(httpd, is_pass ? "httpd.member-back" : "httpd.member-out",
                          backend->index);
    }
    schedule_check(backend, httpd->hc_interval);
}

static void on_check_answer(Component *self, void *context, Outcome outcome, const Message *reply)
{
    (void)self;
    check_ended(context, outcome == OUTCOME_OK && reply->code >= 200 && reply->code < 400);
}

static void on_check_connected(Component *self, void *context, ConnectOutcome outcome,
                               Component *peer, uint32_t connection)
{
    Backend *backend = context;
    (void)connection;
    Message question = {.op = MESSAGE_HTTP, .size_bytes = 120, .flags = HTTP_HEALTH | HTTP_CLOSE};

    if (outcome != CONNECTED) {
        check_ended(backend, false);
    } else if (backend->httpd->hc_method == CHECK_TCP) {
        check_ended(backend, true);
    } else {
        call_send(self, peer, &question, backend->httpd->proxy_timeout, on_check_answer, backend);
    }
}

static void on_check_due(void *self, void *subject, uint64_t detail)
{
    Backend *backend = subject;
    Httpd *httpd = self;

    (void)detail;
    network_connect_to(&httpd->component, backend->peer, httpd_connection_timeout(httpd),
                       on_check_connected, backend);
}

/* A server that has been up when the run begins is somewhere between two checks. */
void httpd_check_start(Httpd *httpd)
{
    SimSpan wait = httpd->hc_interval;

    if (httpd->hc_method == CHECK_NONE) {
        return;
    }
    if (world_now(httpd->component.world) == 0) {
        wait = (SimSpan)rng_below(&httpd->check_rng, (uint64_t)wait);
    }
    for (uint32_t i = 0; i < httpd->balancer.count; i++) {
        schedule_check(&httpd->backends[i], wait);
    }
}
