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

static void check_begin(Backend *backend);

/* A thread of the pool is free for the next one that waits (ProxyHCTPsize). */
static void take_next(Httpd *httpd)
{
    Backend *next = httpd->checks_first;

    httpd->checks_running--;
    if (next != NULL) {
        httpd->checks_first = next->next;
        next->next = NULL;
        check_begin(next);
    }
}

static void check_ended(Backend *backend, bool is_pass)
{
    Httpd *httpd = backend->httpd;
    SimTime now = world_now(httpd->component.world);

    take_next(httpd);

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
    const Httpd *httpd = (const Httpd *)self;

    if (httpd->hc_method == CHECK_CPING) {
        check_ended(context, outcome == OUTCOME_OK && reply->code == 100);
    } else {
        check_ended(context, outcome == OUTCOME_OK && reply->code < HTTPD_CODES &&
                                 httpd->hc_codes[reply->code]);
    }
}

static void on_check_connected(Component *self, void *context, ConnectOutcome outcome,
                               Component *peer, uint32_t connection)
{
    Backend *backend = context;
    (void)connection;
    Message question = {.op = MESSAGE_HTTP, .size_bytes = 120, .flags = HTTP_HEALTH | HTTP_CLOSE};

    if (backend->httpd->hc_method == CHECK_CPING) {
        question.flags = HTTP_PING;
    }
    if (outcome != CONNECTED) {
        check_ended(backend, false);
    } else if (backend->httpd->hc_method == CHECK_TCP) {
        check_ended(backend, true);
    } else {
        call_send(self, peer, &question, backend->httpd->proxy_timeout, on_check_answer, backend);
    }
}

/* Measured once: 10.7 s without any check after the process that made them had left. */
#define HAND_OVER (10700 * SIM_MS)

void httpd_check_hand_over(Httpd *httpd, uint32_t process)
{
    if (process != httpd->check_process) {
        return;
    }
    httpd->check_pause_until = world_now(httpd->component.world) + HAND_OVER;
    for (uint32_t i = 0; i < httpd->process_room; i++) {
        if (httpd->processes[i].is_alive && !httpd->processes[i].is_leaving) {
            httpd->check_process = i;
            return;
        }
    }
}

static void check_begin(Backend *backend)
{
    Httpd *httpd = backend->httpd;

    httpd->checks_running++;
    network_connect_to(&httpd->component, backend->peer, httpd_connection_timeout(httpd),
                       on_check_connected, backend);
}

static void on_check_due(void *self, void *subject, uint64_t detail)
{
    Backend *backend = subject, *last;
    Httpd *httpd = self;

    (void)detail;
    if (world_now(httpd->component.world) < httpd->check_pause_until) {
        schedule_check(backend, httpd->check_pause_until - world_now(httpd->component.world));
        return;
    }
    if (httpd->balancer.members[backend->index].flags.is_stopped) {
        schedule_check(backend, 0);
        return;
    }
    if (httpd->checks_running < (uint32_t)MAX(httpd->hc_threads, 1)) {
        check_begin(backend);
        return;
    }
    if (httpd->checks_first == NULL) {
        httpd->checks_first = backend;
        return;
    }
    for (last = httpd->checks_first; last->next != NULL; last = last->next) {
    }
    last->next = backend;
}

/* A server that has been up when the run begins is somewhere between two checks. */
void httpd_check_start(Httpd *httpd)
{
    SimSpan wait = httpd->hc_interval;

    httpd->check_pause_until = 0;
    httpd->checks_running = 0;
    httpd->checks_first = NULL;
    if (httpd->hc_method == CHECK_NONE) {
        return;
    }
    if (world_now(httpd->component.world) == 0) {
        wait = (SimSpan)rng_below(&httpd->check_rng, (uint64_t)wait);
    }
    for (uint32_t i = 0; i < httpd->balancer.count; i++) {
        httpd->backends[i].next = NULL;
        schedule_check(&httpd->backends[i], wait);
    }
}
