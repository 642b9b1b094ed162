/* client_request.c - the life of a request: look up, connect, shake hands, ask, and try again.
 * Every wait is bounded by the user's patience, so no timer of its own is needed for it. */
#include "models/client/client_parts.h"

#include "models/parts/backoff.h"
#include "sim/world/version.h"

static void request_try(Request *request);
static void request_fail_attempt(Request *request, const char *reason, bool may_retry);
static void dial_next(Request *request);
static void request_ask(Request *request);
static void request_greet(Request *request);

static void on_fallback(void *self, void *subject, uint64_t detail);
static void on_handshake(void *self, void *subject, uint64_t detail);
static void on_retry(void *self, void *subject, uint64_t detail);
static const EventType fallback_event = {"client.fallback", on_fallback};
static const EventType handshake_event = {"client.handshake", on_handshake};
static const EventType retry_event = {"client.retry", on_retry};

static SimTime now_of(const Request *request)
{
    return world_now(request->client->component.world);
}

static SimSpan left_of(const Request *request)
{
    return MAX(request->deadline - now_of(request), 0);
}

static SimSpan access_delay(const User *user)
{
    return (SimSpan)(user->access_delay_us * 1000.0F);
}

static uint64_t session_of(const Request *request)
{
    const Client *client = request->client;

    return client->first_user + (uint64_t)(request->user - client->population);
}

/* What is still being opened is nobody's from now on. */
static void drop_dials(Request *request)
{
    for (Dial *dial = request->dials; dial != NULL; dial = dial->next) {
        dial->request = NULL;
    }
    request->dials = NULL;
}

static void take_dial(Request *request, Dial *dial)
{
    Dial **place = &request->dials;

    while (*place != dial) {
        place = &(*place)->next;
    }
    *place = dial->next;
}

static void cancel_timer(Request *request)
{
    engine_cancel(world_engine(request->client->component.world), request->timer);
    request->timer = EVENT_NONE;
}

static void set_timer(Request *request, SimSpan wait, const EventType *type)
{
    Client *client = request->client;

    request->timer = engine_after(world_engine(client->component.world), wait,
                                  &client->component.owner, type, request, 0);
}

/* --- begin and end --- */

void request_begin(Client *client, User *user, uint64_t key, uint32_t change)
{
    Request *request = pool_take(client->requests);

    request->client = client;
    request->user = user;
    request->intended = world_now(client->component.world);
    request->deadline = request->intended + draw_span(client->patience, &client->mix_rng);
    request->id = (uint64_t)component_id(&client->component) << 40 | ++client->next_id;
    request->key = key;
    request->change = (uint16_t)change;
    request->is_write = (change & HTTP_WRITE) != 0;
    request->next = client->first;
    if (client->first != NULL) {
        client->first->previous = request;
    }
    client->first = request;
    client->retry_tokens =
        MIN(client->retry_tokens + client->retry_budget, client->retry_tokens_most);
    gauge_add(&client->in_flight, request->intended, 1.0);
    history_request_begun(world_history(client->component.world), request->intended);
    ledger_come(&client->ledger, request->intended, (uint64_t)request->intended);
    request_try(request);
}

static void request_free(Request *request)
{
    Client *client = request->client;

    cancel_timer(request);
    if (request->previous != NULL) {
        request->previous->next = request->next;
    } else {
        client->first = request->next;
    }
    if (request->next != NULL) {
        request->next->previous = request->previous;
    }
    drop_dials(request);
    pool_give(client->requests, request);
}

static void request_end(Request *request, bool is_ok, const Message *reply)
{
    Client *client = request->client;
    History *history = world_history(client->component.world);
    SimTime now = now_of(request);
    uint64_t session = session_of(request);
    UserRequest felt = {.intended = request->intended,
                        .ended = now,
                        .client = client->component.role,
                        .region = client->component.site,
                        .dc = request->dc,
                        .is_write = request->is_write,
                        .is_ok = is_ok,
                        .reason = is_ok ? NULL : request->reason,
                        .attempts = MAX(request->attempts, 1),
                        .id = request->id,
                        .session = session,
                        .key = request->key,
                        .is_counter = (request->change & HTTP_COUNTER) != 0};

    if (is_ok && reply->op == MESSAGE_HTTP) {
        felt.version = felt.is_counter ? 0 : reply->version;
        felt.is_refused = request->is_write && (reply->flags & HTTP_REFUSED) != 0;
        felt.is_delete = (request->change & HTTP_DELETE) != 0;
        felt.is_update = (request->change & (HTTP_UPDATE | HTTP_CAS)) != 0;
        felt.base = (int64_t)reply->detail;
        felt.found_nothing = reply->version == 0 || version_is_delete(reply->version);
    }
    gauge_add(&client->in_flight, now, -1.0);
    ledger_go(&client->ledger, now, (uint64_t)request->intended);
    history_request(history, &felt);
    if (is_ok && (request->change & HTTP_COUNTER) != 0) {
        ; /* a sum has no versions */
    } else if (is_ok && request->is_write && (reply->flags & HTTP_REFUSED) == 0) {
        history_write_acked(history, request->key, reply->version, now, &felt);
    } else if (is_ok) {
        history_read(history, session, request->key, reply->version, request->intended, &felt);
    }
    request_free(request);
}

void request_abandon(Request *request)
{
    request->reason = "unfinished";
    request_end(request, false, NULL);
}

/* --- an attempt --- */

/* A failed attempt is repeated while retries, budget and patience last. */
static void request_fail_attempt(Request *request, const char *reason, bool may_retry)
{
    Client *client = request->client;

    cancel_timer(request);
    drop_dials(request);
    request->reason = reason;
    if (!may_retry || request->attempts > client->retries) {
        request_end(request, false, NULL);
        return;
    }
    Backoff backoff = {client->backoff_first, client->backoff_most, client->backoff_jitter};
    Rng luck = rng_of_one(&client->retry_rng,
                          rng_fold(session_of(request) ^ request->id << 24, request->attempts));
    SimSpan wait = backoff_wait(&backoff, request->attempts, &luck);

    if (wait >= left_of(request)) {
        request_end(request, false, NULL);
        return;
    }
    if (client->retry_budget < 1.0 && client->retry_tokens < 1.0) {
        client->budget_refusals++;
        request_end(request, false, NULL);
        return;
    }
    client->retry_tokens -= client->retry_budget < 1.0 ? 1.0 : 0.0;
    set_timer(request, wait, &retry_event);
}

static void on_retry(void *self, void *subject, uint64_t detail)
{
    Request *request = subject;

    (void)self;
    (void)detail;
    request->timer = EVENT_NONE;
    request_try(request);
}

/* --- look-up --- */

static void on_resolved(Component *self, void *context, Outcome outcome, const Message *reply);

static void request_resolve(Request *request)
{
    Client *client = request->client;
    uint64_t user = (uint64_t)(request->user - client->population);
    Message query = {.op = MESSAGE_RESOLVE,
                     .transport = TRANSPORT_UDP,
                     .size_bytes = 64,
                     .request = request->id,
                     .subject = client->host_name,
                     .detail = client->first_user + user,
                     .access_delay = access_delay(request->user),
                     .access_loss = (double)request->user->access_loss};

    client->lookups++;
    query.count = ++request->dns_tries;
    call_send(&client->component, names_ask_whom(client, request->user, request->dns_tries), &query,
              MIN(client->dns_timeout, left_of(request)), on_resolved, request);
}

static void on_resolved(Component *self, void *context, Outcome outcome, const Message *reply)
{
    Request *request = context;
    Client *client = request->client;

    (void)self;
    if (outcome != OUTCOME_OK || reply->code == DNS_SERVFAIL) {
        if (request->dns_tries < client->dns_attempts && left_of(request) > 0) {
            request_resolve(request);
        } else {
            request_fail_attempt(request, "dns", client->retry_on_connect);
        }
        return;
    }
    if (!user_remember(client, request->user, reply)) {
        request_fail_attempt(request, reply->code == DNS_NXDOMAIN ? "dns-nxdomain" : "dns-nodata",
                             client->retry_on_connect);
        return;
    }
    dial_next(request);
}

/* --- connections --- */

static void request_begin_attempt(Request *request)
{
    Client *client = request->client;
    User *user = request->user;

    request->tried_count = 0;
    request->dns_tries = 0;
    request->is_reused = user_has_connection(client, user);
    if (request->is_reused) {
        user->is_busy = true;
        request->peer = user->peer;
        request->connection = user->connection;
        request->address = user->peer_address;
        request_count_peer(request, user->peer);
        request_ask(request);
    } else if (user_has_answer(client, user) || names_use_old_list(client, user)) {
        dial_next(request);
    } else if (G_UNLIKELY(user_has_no_answer(client, user))) {
        request_fail_attempt(request, "dns-negative", client->retry_on_connect);
    } else {
        request_resolve(request);
    }
}

static void request_try(Request *request)
{
    request->attempts++;
    request->client->attempts++;
    request_begin_attempt(request);
}

static void on_dialled(Component *self, void *context, ConnectOutcome outcome, Component *peer,
                       uint32_t connection);

static void dial_address(Request *request, uint16_t address)
{
    Client *client = request->client;
    Dial *opening = pool_take(client->dials);

    opening->request = request;
    opening->user = request->user;
    opening->begun = now_of(request);
    opening->address = address;
    opening->next = request->dials;
    request->dials = opening;
    request->tried[request->tried_count++] = address;
    client->connects++;
    request_count_address(request, g_array_index(client->addresses, uint32_t, address));
    ConnectManner manner = {(TcpStack)client->tcp_stack, access_delay(request->user),
                            (double)request->user->access_loss, request_dial_luck(request)};

    network_connect_as(&client->component, &manner,
                       g_array_index(client->addresses, uint32_t, address), (uint16_t)client->port,
                       MIN(client->connect_timeout, left_of(request)), on_dialled, opening);
}

/* Dials the next address of the answer; the attempt has failed when there is none left and none
 * open. */
static void dial_next(Request *request)
{
    const Client *client = request->client;
    int address = user_next_address(request);

    if (address >= 0 && left_of(request) > 0 &&
        (request->tried_count == 0 || client->fallback != FALLBACK_NONE)) {
        dial_address(request, (uint16_t)address);
        if (client->fallback == FALLBACK_FAST && user_next_address(request) >= 0) {
            cancel_timer(request);
            set_timer(request, client->fallback_delay, &fallback_event);
        }
    } else if (request->dials == NULL) {
        if (request->reason == NULL) {
            request->reason = "connect-timeout";
        }
        request_fail_attempt(request, request->reason, client->retry_on_connect);
    }
}

static void on_fallback(void *self, void *subject, uint64_t detail)
{
    Request *request = subject;

    (void)self;
    (void)detail;
    request->timer = EVENT_NONE;
    dial_next(request);
}

static void dial_failed(Request *request, uint16_t address, ConnectOutcome outcome)
{
    Client *client = request->client;

    user_mark_failed(client, request->user, address);
    if (outcome == CONNECT_REFUSED) {
        client->connects_refused++;
        request->reason = "connect-refused";
    } else {
        client->connects_timed_out++;
        request->reason = outcome == CONNECT_TIMEOUT ? "connect-timeout" : "no-such-address";
    }
    if (request->user->cache == CLIENT_CACHE_FOREVER) {
        request->user->answer_until = 0;
    }
    if (request->timer == EVENT_NONE || request->dials == NULL) {
        cancel_timer(request);
        dial_next(request);
    }
}

static void on_dialled(Component *self, void *context, ConnectOutcome outcome, Component *peer,
                       uint32_t connection)
{
    Dial opened = *(Dial *)context;
    Client *client = (Client *)self;
    Request *request = opened.request;

    if (request != NULL) {
        take_dial(request, context);
    }
    pool_give(client->dials, context);
    if (request == NULL) { /* another address was quicker, or the request is over */
        if (outcome == CONNECTED) {
            network_close(self, peer, connection, access_delay(opened.user),
                          (double)opened.user->access_loss);
        }
        return;
    }
    if (outcome != CONNECTED) {
        dial_failed(request, opened.address, outcome);
        return;
    }
    cancel_timer(request);
    drop_dials(request);
    request->peer = peer;
    request->connection = connection;
    request->address = opened.address;
    user_mark_good(request->user, opened.address);
    /* a round trip as it was just seen, without the seconds that lost SYNs cost */
    SimSpan base =
        2 * (network_base_delay(self->world, self->site, peer->site) + access_delay(request->user));
    SimSpan wait =
        request_tls_round_trips(request) * MIN(now_of(request) - opened.begun, base + base / 2);

    if (wait > 0) {
        set_timer(request, wait, &handshake_event);
    } else {
        request_greet(request);
    }
}

static void request_greet(Request *request)
{
    if (G_LIKELY(!request_sees_bad_certificate(request))) {
        request_ask(request);
        return;
    }
    request->dc = request->peer->site;
    network_close(&request->client->component, request->peer, request->connection,
                  access_delay(request->user), (double)request->user->access_loss);
    request_fail_attempt(request, "tls-certificate", false);
}

static void on_handshake(void *self, void *subject, uint64_t detail)
{
    Request *request = subject;

    (void)self;
    (void)detail;
    request->timer = EVENT_NONE;
    request_greet(request);
}

/* --- question and answer --- */

static void on_answered(Component *self, void *context, Outcome outcome, const Message *reply);

/* Whether asking twice does no harm. What counts or compares is never so. */
static bool is_repeatable(const Request *request)
{
    return !request->is_write || (request->client->idempotent_writes &&
                                  (request->change & (HTTP_CAS | HTTP_COUNTER | HTTP_UPDATE)) == 0);
}

static uint32_t flags_of(const Request *request)
{
    uint32_t flags = request->change;

    flags |= request->client->keep_alive == 0 ? HTTP_CLOSE : 0U;
    if (!request->is_reused && request->client->tls != TLS_NONE) {
        flags |= request->user->has_ticket ? HTTP_TLS_RESUMED : HTTP_TLS_FULL;
    }
    return flags;
}

static void request_ask(Request *request)
{
    Client *client = request->client;
    uint64_t user = (uint64_t)(request->user - client->population);
    Message question = {.op = MESSAGE_HTTP,
                        .size_bytes = (uint32_t)client->request_size,
                        .flags = flags_of(request),
                        .request = request->id,
                        .key = request->key,
                        .count = request->attempts,
                        .detail = client->first_user + user,
                        .subject = request->user->route,
                        .connection = request->connection,
                        .time_to_live = client->keep_alive,
                        .access_delay = access_delay(request->user),
                        .access_loss = (double)request->user->access_loss};

    SimSpan limit = left_of(request);

    if (request->is_reused) {
        question.peer_incarnation = request->user->peer_incarnation;
        if (client->nat_idle > 0 && now_of(request) - request->user->used_at > client->nat_idle) {
            question.access_loss = 1.0; /* nothing gets through any more */
        }
    }
    if (client->read_timeout > 0) {
        limit = MIN(limit, client->read_timeout);
    }
    if (client->keepalive.idle > 0) {
        call_send_kept(&client->component, request->peer, &question, limit, &client->keepalive,
                       on_answered, request);
    } else {
        call_send(&client->component, request->peer, &question, limit, on_answered, request);
    }
}

static void note_moved(Request *request, const Site *site)
{
    Client *client = request->client;
    User *user = request->user;

    if (user->last_dc != 255 && user->last_dc != site->index) {
        const Site *from = world_site(client->component.world, user->last_dc);

        history_note(world_history(client->component.world), "client.rerouted", &client->component,
                     "from", from->name, "to", site->name);
    }
    user->last_dc = (uint8_t)site->index;
}

static void request_answered(Request *request, const Message *reply)
{
    Client *client = request->client;
    User *user = request->user;
    Component *peer = request->peer;

    history_expect(world_history(client->component.world), session_of(request), request->key);
    if (!request->is_reused) {
        user->left = (uint16_t)(reply->count > 0 ? MIN(reply->count, UINT16_MAX) : UINT16_MAX);
        user->peer_incarnation = component_life(peer);
        user->peer_address = request->address;
        user->connection = request->connection;
    }
    user->has_ticket = true;
    if (reply->subject != NULL) {
        user->route = reply->subject;
    }
    user_keep_connection(client, user, peer, reply);
    if (reply->code < 400) {
        note_moved(request, peer->site);
        request_end(request, true, reply);
        return;
    }
    bool may_retry = client->retry_on_status && reply->code >= 500 && is_repeatable(request);

    /* the next attempt looks for another address than the one that could not serve it; the next
     * request may use it again, because the connection was good */
    if (may_retry) {
        user->peer = NULL;
        request->avoided |= address_mark(request->address);
    }
    request_fail_attempt(request,
                         reply->code == 502   ? "http-502"
                         : reply->code == 503 ? "http-503"
                         : reply->code == 504 ? "http-504"
                                              : "http-error",
                         may_retry);
}

/* An old connection that turns out to be dead is replaced without counting as a retry: nothing was
 * done on it (OkHttp retryOnConnectionFailure; browsers do the same). */
static void request_replace_connection(Request *request)
{
    request->client->stale_connections++;
    request_begin_attempt(request);
}

static void on_answered(Component *self, void *context, Outcome outcome, const Message *reply)
{
    Request *request = context;
    Client *client = (Client *)self;
    User *user = request->user;
    bool is_safe = is_repeatable(request);

    request->dc = request->peer->site;
    if (outcome == OUTCOME_OK) {
        request_answered(request, reply);
        return;
    }
    client->calls_failed++;
    user->peer = NULL;
    user->is_busy = false;
    if (request->is_reused &&
        (outcome == OUTCOME_REFUSED || (outcome == OUTCOME_FAILED && is_safe))) {
        request_replace_connection(request);
        return;
    }
    if (!request->is_reused) { /* OkHttp 4: a route fails with a connection that never worked */
        user_mark_failed(client, user, request->address);
    }
    switch (outcome) {
    case OUTCOME_TIMEOUT: /* it cannot be used again: closed, whatever comes over it */
        network_close(self, request->peer, request->connection, access_delay(request->user),
                      (double)user->access_loss);
        request_fail_attempt(request, left_of(request) > 0 ? "read-timeout" : "gave-up",
                             is_safe && client->retry_on_timeout);
        return;
    case OUTCOME_FAILED:
        request_fail_attempt(request, "connection-reset", is_safe && client->retry_on_reset);
        return;
    case OUTCOME_REFUSED:
    case OUTCOME_UNREACHABLE:
    case OUTCOME_OK:
        request_fail_attempt(request, "connection-refused", client->retry_on_connect);
        return;
    }
}

void request_hear_close(Client *client, const Message *message)
{
    uint64_t index = message->detail - client->first_user;

    if (index >= (uint64_t)client->users) {
        return;
    }
    User *user = &client->population[index];

    if (user->peer == message->from && user->connection == message->connection && !user->is_busy) {
        user->peer = NULL;
    }
}
