/* httpd_work.c - the life of a request in httpd: worker, member, fail-over, answer. Source: httpd
 * 2.4.62 modules/proxy (mod_proxy.c, mod_proxy_http.c). */
#include "models/web/httpd_parts.h"

static void work_choose(Work *work);
static void on_parsed(void *self, void *subject, uint64_t detail);
static const EventType parsed_event = {"httpd.parsed", on_parsed};

/* --- answers --- */

static uint64_t *counter_of(Httpd *httpd, uint32_t code)
{
    switch (code) {
    case 500:
        return &httpd->answers_500;
    case 502:
        return &httpd->answers_502;
    case 503:
        return &httpd->answers_503;
    case 504:
        return &httpd->answers_504;
    default: /* an application server may say 501 or 599 */
        return code < 500 ? &httpd->answers_ok : &httpd->answers_5xx;
    }
}

static void work_answer(Work *work, uint32_t code, const Message *from_backend)
{
    Httpd *httpd = work->httpd;
    Message answer =
        from_backend != NULL ? *from_backend : (Message){.op = MESSAGE_HTTP, .size_bytes = 400};

    answer.code = code;
    answer.time_to_live = httpd->keep_alive_timeout;
    answer.count = (uint32_t)httpd->keep_alive_requests;
    answer.connection = work->connection;
    if (httpd->sticky_session != NULL && from_backend != NULL) { /* the cookie that it sets */
        answer.subject = httpd->balancer.members[work->member].route;
    }
    if (!connection_keeps(httpd, work)) {
        answer.flags |= HTTP_CLOSE;
    }
    ++*counter_of(httpd, code);
    call_reply(&httpd->component, &work->request.ticket, &answer);
    work_free(work, ((answer.flags | work->request.flags) & HTTP_CLOSE) == 0);
}

/* The client's connection is closed without an answer. */
static void work_cut(Work *work)
{
    work->httpd->connections_cut++;
    call_break(&work->httpd->component, &work->request.ticket);
    work_free(work, false);
}

/* --- one attempt on a member --- */

static void work_take_member(Work *work, uint32_t member);
static void work_use_connection(Work *work);

static Backend *backend_of(const Work *work)
{
    return &work->httpd->backends[work->member];
}

/* What its process keeps open to its member. */
static Link *link_of(const Work *work)
{
    return &httpd_process(work->httpd, work->process)->links[work->member];
}

static void work_set_timer(Work *work, SimSpan wait, const EventType *type)
{
    Httpd *httpd = work->httpd;

    work->timer = engine_after(world_engine(httpd->component.world), wait, &httpd->component.owner,
                               type, work, 0);
}

/* The attempt is over: its connection to the member is free for who waits for one. */
static void work_release(Work *work)
{
    Backend *backend = backend_of(work);
    Work *next = backend->waiting;

    if (!work->is_holding) {
        return;
    }
    work->is_holding = false;
    backend->in_use--;
    if (next != NULL) {
        backend->waiting = next->next;
        next->next = NULL;
        engine_cancel(world_engine(work->httpd->component.world), next->timer);
        next->timer = EVENT_NONE;
        work_use_connection(next);
    }
}

/* The member is left out until `retry` is over. False when its errors are ignored (status=+I). */
static bool work_mark_error(Work *work)
{
    Httpd *httpd = work->httpd;
    SimTime now = world_now(httpd->component.world);

    if (!balancer_mark_error(&httpd->balancer, work->member, now)) {
        return false;
    }
    httpd_note_member(httpd, "httpd.member-error", work->member);
    return true;
}

/* The handler said 503: the member is in error and another one may be tried. */
static void work_fail_over(Work *work)
{
    Httpd *httpd = work->httpd;

    work_release(work);
    if (work_mark_error(work) && work->attempts <= (uint32_t)httpd->max_attempts) {
        httpd->failovers++;
        work_choose(work);
    } else {
        work_answer(work, 503, NULL);
    }
}

/* The handler said 500: the member is in error and nobody else is tried. */
static void work_fail_hard(Work *work)
{
    work_mark_error(work);
    work_answer(work, 500, NULL);
}

/* mod_proxy_ajp: no answer to what was sent. Without a body an idempotent method may be repeated.
 */
static void work_ajp_failed(Work *work)
{
    if ((work->request.flags & HTTP_WRITE) == 0) {
        work_fail_over(work);
    } else {
        work_fail_hard(work);
    }
}

/* Broken after the question was sent, before an answer came: what the client sees depends on whose
 * connections were used before (mod_proxy_http.c, ap_proxy_http_process_response). */
static void work_broken(Work *work)
{
    bool is_first_of_client = work->request.peer_incarnation == 0;

    work_release(work);
    if (work->httpd->scheme == SCHEME_AJP) {
        work_ajp_failed(work);
        return;
    }
    if (is_first_of_client) {
        work_answer(work, 502, NULL);
        return;
    }
    if (!work->is_pooled) {
        work_mark_error(work);
    }
    work_cut(work);
}

static void work_timed_out(Work *work)
{
    work_release(work);
    if (work->httpd->scheme == SCHEME_AJP) {
        if (work->httpd->ping > 0) { /* the member is there, the request is slow */
            work_answer(work, 504, NULL);
        } else {
            work_ajp_failed(work);
        }
        return;
    }
    if (work->httpd->fail_on_timeout) {
        work_mark_error(work);
    }
    work_answer(work, 502, NULL);
}

/* --- a connection to the member --- */

static void on_connected(Component *self, void *context, ConnectOutcome outcome, Component *peer,
                         uint32_t connection);

static void work_connect(Work *work)
{
    Httpd *httpd = work->httpd;

    work->stage = WORK_CONNECTING;
    work->is_pooled = false;
    network_connect_to(&httpd->component, backend_of(work)->peer, httpd_connection_timeout(httpd),
                       on_connected, work);
}

static uint32_t host_life(const Backend *backend)
{
    return backend->peer->host != NULL ? host_component(backend->peer->host)->owner.incarnation : 0;
}

/* A pooled connection turned out to be dead. The kernel of a process that ended closed it, so a new
 * one to the same member takes its place before anything is sent; a host that lost its power closed
 * nothing, and answers what was sent to it before its fall with a reset. */
static void work_found_dead(Work *work)
{
    Link *link = link_of(work);

    if (work->is_pooled && link->host_life == host_life(backend_of(work))) {
        link->idle = 0;
        work_connect(work);
    } else {
        work_broken(work);
    }
}

static void on_acquire_timeout(void *self, void *subject, uint64_t detail);
static const EventType acquire_event = {"httpd.acquire-timeout", on_acquire_timeout};

static void work_wait_for_connection(Work *work)
{
    Backend *backend = backend_of(work);
    Work **end = &backend->waiting;

    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = work;
    work->stage = WORK_ACQUIRING;
    if (work->httpd->acquire > 0) {
        work_set_timer(work, work->httpd->acquire, &acquire_event);
    }
}

/* ap_proxy_acquire_connection gave up: 503, so the member is in error and another one is tried. */
static void on_acquire_timeout(void *self, void *subject, uint64_t detail)
{
    Work *work = subject, **place = &backend_of(work)->waiting;

    (void)self;
    (void)detail;
    work->timer = EVENT_NONE;
    while (*place != work) {
        place = &(*place)->next;
    }
    *place = work->next;
    work->next = NULL;
    work_fail_over(work);
}

static void work_acquire(Work *work)
{
    const Httpd *httpd = work->httpd;

    if (httpd->max > 0 && backend_of(work)->in_use >= (uint32_t)httpd->max * httpd->process_room) {
        work_wait_for_connection(work);
    } else {
        work_use_connection(work);
    }
}

/* --- question and answer --- */

static void work_answered(Work *work, const Message *reply)
{
    const Httpd *httpd = work->httpd;

    work_release(work);
    for (uint32_t i = 0; i < httpd->fail_codes_count; i++) {
        if (httpd->fail_codes[i] == reply->code) {
            work_mark_error(work);
        }
    }
    work_answer(work, reply->code, reply);
}

static void on_answer(Component *self, void *context, Outcome outcome, const Message *reply)
{
    Work *work = context;
    Httpd *httpd = (Httpd *)self;

    switch (outcome) {
    case OUTCOME_OK:
        link_of(work)->idle++;
        httpd->balancer.members[work->member].bytes_in += reply->size_bytes;
        work_answered(work, reply);
        return;
    case OUTCOME_REFUSED:
        work_found_dead(work);
        return;
    case OUTCOME_UNREACHABLE:
        work_fail_over(work);
        return;
    case OUTCOME_FAILED:
        work_broken(work);
        return;
    case OUTCOME_TIMEOUT:
        work_timed_out(work);
        return;
    }
}

static void work_ask(Work *work)
{
    Httpd *httpd = work->httpd;
    Message question = work->request;

    work->stage = WORK_ASKED;
    question.ticket = (CallTicket){0};
    question.access_delay = 0;
    question.access_loss = 0.0;
    question.connection = 0;
    question.peer_incarnation = link_of(work)->peer_incarnation;
    httpd->balancer.members[work->member].bytes_out += question.size_bytes;
    call_send(&httpd->component, backend_of(work)->peer, &question, httpd->proxy_timeout, on_answer,
              work);
}

/* --- ping: is the member there at all? --- */

static void on_pong(Component *self, void *context, Outcome outcome, const Message *reply)
{
    Work *work = context;

    (void)self;
    if (outcome == OUTCOME_OK && reply->code == 100) {
        work->is_pinged = true;
        work_ask(work);
    } else if (outcome == OUTCOME_OK) { /* an answer instead, to a request that it did not read */
        work_answered(work, reply);
    } else if (!work->is_renewed) { /* once more, on a connection of its own */
        work->is_renewed = true;
        work_connect(work);
    } else {
        work_fail_over(work);
    }
}

static void work_ping(Work *work)
{
    Httpd *httpd = work->httpd;
    Message ping = {.op = MESSAGE_HTTP,
                    .size_bytes = 200,
                    .flags = httpd->scheme == SCHEME_AJP ? HTTP_PING : HTTP_EXPECT,
                    .peer_incarnation = link_of(work)->peer_incarnation};

    call_send(&httpd->component, backend_of(work)->peer, &ping, httpd->ping, on_pong, work);
}

static void work_speak(Work *work)
{
    const Httpd *httpd = work->httpd;
    bool is_asked = httpd->scheme == SCHEME_AJP || (work->request.flags & HTTP_WRITE) != 0;

    if (httpd->ping > 0 && is_asked && !work->is_pinged) {
        work_ping(work);
    } else {
        work_ask(work);
    }
}

static void on_connected(Component *self, void *context, ConnectOutcome outcome, Component *peer,
                         uint32_t connection)
{
    Work *work = context;
    Link *link = link_of(work);

    (void)self;
    (void)connection;
    if (outcome != CONNECTED) {
        work_fail_over(work);
        return;
    }
    if (link->peer_incarnation != component_life(peer)) {
        link->peer_incarnation = component_life(peer);
        link->host_life = host_life(backend_of(work));
        link->idle = 0;
    }
    work_speak(work);
}

static void work_use_connection(Work *work)
{
    Link *link = link_of(work);

    backend_of(work)->in_use++;
    work->is_holding = true;
    if (link->idle > 0) {
        link->idle--;
        work->is_pooled = true;
        work_speak(work);
    } else {
        work_connect(work);
    }
}

/* --- choice --- */

#define LOOKS 100 /* for a usable member, spread over the balancer's timeout */

static void on_look_again(void *self, void *subject, uint64_t detail);
static const EventType look_event = {"httpd.look-again", on_look_again};

static void work_find_nobody(Work *work)
{
    if (work->waits < LOOKS && work->httpd->worker_wait > 0) {
        work->stage = WORK_CHOOSING;
        work->waits++;
        work_set_timer(work, work->httpd->worker_wait / LOOKS, &look_event);
    } else {
        work_answer(work, 503, NULL);
    }
}

/* find_best_worker: looks again without its session, and without forcing recovery. */
static void on_look_again(void *self, void *subject, uint64_t detail)
{
    Work *work = subject;
    Httpd *httpd = self;
    int member = balancer_pick(&httpd->balancer, world_now(httpd->component.world));

    (void)detail;
    work->timer = EVENT_NONE;
    if (member < 0) {
        work_find_nobody(work);
    } else {
        work_take_member(work, (uint32_t)member);
    }
}

static void work_choose(Work *work)
{
    Httpd *httpd = work->httpd;
    SimTime now = world_now(httpd->component.world);
    const char *route = httpd->sticky_session != NULL ? work->request.subject : NULL;

    balancer_force_recovery(&httpd->balancer, now);
    bool is_lost = route != NULL && httpd_is_session_lost(httpd, work->request.detail);
    int member = is_lost && httpd->no_failover
                     ? BALANCER_NO_FAILOVER
                     : balancer_choose(&httpd->balancer, is_lost ? NULL : route, now);

    if (member == BALANCER_NO_FAILOVER) {
        work_answer(work, 503, NULL);
    } else if (member < 0) {
        work->waits = 0;
        work_find_nobody(work);
    } else {
        work_take_member(work, (uint32_t)member);
    }
}

/* It counts as busy until the request ends, even when another one answers it in the end. */
static void work_take_member(Work *work, uint32_t member)
{
    work->member = member;
    work->attempts++;
    work->is_pinged = false;
    work->is_renewed = false;
    if (work->busy_count < WORK_BUSY) {
        work->busy_with[work->busy_count++] = (uint16_t)member;
        work->httpd->balancer.members[member].busy++;
    }
    work_acquire(work);
}

/* --- a request comes in --- */

static void on_parsed(void *self, void *subject, uint64_t detail)
{
    Work *work = subject;

    (void)self;
    (void)detail;
    if ((work->request.flags & HTTP_SHALLOW) != 0) {
        work_answer(work, 200, NULL);
    } else {
        work_choose(work);
    }
}

void work_parse(Work *work)
{
    Httpd *httpd = work->httpd;
    SimSpan cpu = httpd->proxy_cpu;

    if ((work->request.flags & HTTP_TLS_FULL) != 0) {
        cpu += httpd->tls_full_cpu;
        httpd->handshakes_full++;
    } else if ((work->request.flags & HTTP_TLS_RESUMED) != 0) {
        cpu += httpd->tls_resumed_cpu;
        httpd->handshakes_resumed++;
    }
    work->stage = WORK_PARSING;
    host_work(httpd->component.host, &httpd->component.owner, cpu, &parsed_event, work, 0);
}

void work_forget(Work *work)
{
    pool_give(work->httpd->works, work);
}

void work_arrive(Httpd *httpd, const Message *message)
{
    Work *work = pool_take(httpd->works);

    work->httpd = httpd;
    work->request = *message;
    httpd->requests++;
    if (!connection_ask(httpd, work)) {
        call_refuse(&httpd->component, &message->ticket);
        work_forget(work);
    }
}
