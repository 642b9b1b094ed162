/* httpd_work.c - the life of a request in httpd: worker, member, fail-over, answer. Source: httpd
 * 2.4.62 modules/proxy (mod_proxy.c, mod_proxy_http.c). */
#include "models/web/httpd_parts.h"

static void work_parse(Work *work);
static void work_choose(Work *work);
static void on_parsed(void *self, void *subject, uint64_t detail);
static const EventType parsed_event = {"httpd.parsed", on_parsed};

/* --- workers and queue --- */

static void worker_take(Httpd *httpd, Work *work)
{
    httpd->busy++;
    gauge_set(&httpd->workers_busy, world_now(httpd->component.world), (double)httpd->busy);
    work_parse(work);
}

static void queue_push(Httpd *httpd, Work *work)
{
    work->stage = WORK_QUEUED;
    if (httpd->queue_last != NULL) {
        httpd->queue_last->next = work;
    } else {
        httpd->queue_first = work;
    }
    httpd->queue_last = work;
    httpd->queued++;
    gauge_set(&httpd->waiting, world_now(httpd->component.world), (double)httpd->queued);
}

static Work *queue_pop(Httpd *httpd)
{
    Work *work = httpd->queue_first;

    if (work != NULL) {
        httpd->queue_first = work->next;
        if (work->next == NULL) {
            httpd->queue_last = NULL;
        }
        work->next = NULL;
        httpd->queued--;
        gauge_set(&httpd->waiting, world_now(httpd->component.world), (double)httpd->queued);
    }
    return work;
}

/* The worker takes the next request that waits, or is idle. */
static void work_free(Work *work, bool is_kept)
{
    Httpd *httpd = work->httpd;
    Work *next = queue_pop(httpd);

    httpd->busy--;
    connection_answered(httpd, work, is_kept);
    pool_give(httpd->works, work);
    if (next != NULL) {
        worker_take(httpd, next);
    } else {
        gauge_set(&httpd->workers_busy, world_now(httpd->component.world), (double)httpd->busy);
    }
    connections_accept(httpd);
}

/* --- answers --- */

static void work_answer(Work *work, uint32_t code, const Message *from_backend)
{
    Httpd *httpd = work->httpd;
    Message answer =
        from_backend != NULL ? *from_backend : (Message){.op = MESSAGE_HTTP, .size_bytes = 400};

    answer.code = code;
    answer.time_to_live = httpd->keep_alive_timeout;
    answer.count = (uint32_t)httpd->keep_alive_requests;
    answer.connection = work->connection;
    if (!connection_keeps(httpd, work)) {
        answer.flags |= HTTP_CLOSE;
    }
    httpd->answers_ok += code < 500;
    httpd->answers_500 += code == 500;
    httpd->answers_502 += code == 502;
    httpd->answers_503 += code == 503;
    httpd->answers_504 += code == 504;
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

/* The member is left out until `retry` is over. */
static void work_mark_error(Work *work)
{
    Httpd *httpd = work->httpd;

    balancer_mark_error(&httpd->balancer, work->member, world_now(httpd->component.world));
    httpd_note_member(httpd, "httpd.member-error", work->member);
}

/* The handler said 503: the member is in error and another one may be tried. */
static void work_fail_over(Work *work)
{
    Httpd *httpd = work->httpd;

    work_mark_error(work);
    if (work->attempts <= (uint32_t)httpd->max_attempts) {
        httpd->failovers++;
        work_choose(work);
    } else {
        work_answer(work, 503, NULL);
    }
}

/* Broken after the question was sent, before an answer came: what the client sees depends on whose
 * connections were used before (mod_proxy_http.c, ap_proxy_http_process_response). */
static void work_broken(Work *work)
{
    bool is_first_of_client = work->request.peer_incarnation == 0;

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
    if (work->httpd->fail_on_timeout) {
        work_mark_error(work);
    }
    work_answer(work, 502, NULL);
}

static void on_connected(Component *self, void *context, ConnectOutcome outcome, Component *peer,
                         uint32_t connection);

static void work_connect(Work *work)
{
    Httpd *httpd = work->httpd;

    work->stage = WORK_CONNECTING;
    work->is_pooled = false;
    network_connect_to(&httpd->component, httpd->backends[work->member].peer,
                       httpd_connection_timeout(httpd), on_connected, work);
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
    Httpd *httpd = work->httpd;
    Backend *backend = &httpd->backends[work->member];

    if (work->is_pooled && backend->host_life == host_life(backend)) {
        backend->idle = 0;
        httpd->balancer.members[work->member].busy++;
        work_connect(work);
    } else {
        work_broken(work);
    }
}

static void work_answered(Work *work, const Message *reply)
{
    const Httpd *httpd = work->httpd;

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
    Backend *backend = &httpd->backends[work->member];
    BalancerMember *member = &httpd->balancer.members[work->member];

    member->busy--;
    switch (outcome) {
    case OUTCOME_OK:
        backend->idle++;
        member->bytes_in += reply->size_bytes;
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
    Backend *backend = &httpd->backends[work->member];
    Message question = work->request;

    work->stage = WORK_ASKED;
    question.ticket = (CallTicket){0};
    question.access_delay = 0;
    question.access_loss = 0.0;
    question.connection = 0;
    question.peer_incarnation = backend->peer_incarnation;
    httpd->balancer.members[work->member].bytes_out += question.size_bytes;
    call_send(&httpd->component, backend->peer, &question, httpd->proxy_timeout, on_answer, work);
}

static void on_connected(Component *self, void *context, ConnectOutcome outcome, Component *peer,
                         uint32_t connection)
{
    Work *work = context;
    Httpd *httpd = (Httpd *)self;
    Backend *backend = &httpd->backends[work->member];

    (void)connection;
    if (outcome != CONNECTED) {
        httpd->balancer.members[work->member].busy--;
        work_fail_over(work);
        return;
    }
    if (backend->peer_incarnation != peer->owner.incarnation) {
        backend->peer_incarnation = peer->owner.incarnation;
        backend->host_life = host_life(backend);
        backend->idle = 0;
    }
    work_ask(work);
}

static void work_choose(Work *work)
{
    Httpd *httpd = work->httpd;
    SimTime now = world_now(httpd->component.world);

    balancer_force_recovery(&httpd->balancer, now);
    int member = balancer_pick(&httpd->balancer, now);

    if (member < 0) {
        work_answer(work, 503, NULL);
        return;
    }
    Backend *backend = &httpd->backends[member];

    work->member = (uint32_t)member;
    work->attempts++;
    httpd->balancer.members[member].busy++;
    if (backend->idle > 0) {
        backend->idle--;
        work->is_pooled = true;
        work_ask(work);
    } else {
        work_connect(work);
    }
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

static void work_parse(Work *work)
{
    Httpd *httpd = work->httpd;
    SimSpan cpu = httpd->proxy_cpu;

    if ((work->request.flags & HTTP_TLS_FULL) != 0) {
        cpu += httpd->tls_full_cpu;
    } else if ((work->request.flags & HTTP_TLS_RESUMED) != 0) {
        cpu += httpd->tls_resumed_cpu;
    }
    work->stage = WORK_PARSING;
    host_work(httpd->component.host, &httpd->component.owner, cpu, &parsed_event, work, 0);
}

void work_begin(Work *work)
{
    Httpd *httpd = work->httpd;

    if (httpd->busy < (uint32_t)httpd->max_request_workers) {
        worker_take(httpd, work);
    } else {
        queue_push(httpd, work);
        connections_no_worker(httpd);
    }
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
