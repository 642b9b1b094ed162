/* call.c - ask a peer and hear back exactly once. Calls live in slabs of their own and not in a
 * pool: a ticket may outlive its call, and the generation that tells must stay readable. */
#include "sim/world/call.h"

#include "sim/world/inside.h"

#define SLAB_CALLS 512
#define QUEUES_MOST 8 /* of one caller, for one span each; further spans share one */

typedef struct Call Call;
typedef struct CallQueue CallQueue;
struct Call {
    uint32_t generation; /* goes up when the call ends; never reset */
    Transport transport;
    uint64_t luck;              /* of its question (message_luck); the answer's is its complement */
    Component *caller, *callee; /* the callee only while it owes the answer */
    CallDone *done;
    void *context;
    CallQueue *queue;
    SimTime deadline;
    EventId timeout;             /* of a call in a mixed queue */
    Call *out_next, *out_before; /* in the queue, by age; next also in the free list */
    Call *in_next, *in_before;   /* among those that the callee owes */
};

/* A caller's calls of one timeout, oldest first, so that one event serves them all: it stands at
 * the deadline that the oldest had when it was set, and finds mostly that this one was answered
 * long ago. Thousands of timeouts that never come stay out of the future. */
struct CallQueue {
    Component *caller;
    SimSpan timeout; /* SIM_NEVER: none; QUEUE_MIXED: each call has an event of its own */
    Call *first, *last;
    EventId event;
    bool is_due; /* its event is running */
    CallQueue *next;
};

#define QUEUE_MIXED ((SimSpan)-1)

/* One connection that is kept alive while its call lasts. */
typedef struct Keeper {
    CallTicket ticket;
    Component *peer;
    const TcpKeepalive *keepalive;
    uint32_t peer_life;
    int64_t unanswered; /* questions for a sign */
} Keeper;

struct CallStore {
    GPtrArray *slabs, *queues;
    Pool *keepers; /* of Keeper */
    Call *free;
};

static void call_time_out(void *self, void *subject, uint64_t detail);
static void call_queue_come_due(void *self, void *subject, uint64_t detail);
static void call_end_now(void *self, void *subject, uint64_t detail);

static const EventType call_times_out = {"call.timeout", call_time_out};
static const EventType call_queue_comes_due = {"call.timeouts", call_queue_come_due};
static const EventType call_ends_now = {"call.end", call_end_now};

/* --- store ------------------------------------------------------------------------------------ */

CallStore *call_store_new(void)
{
    CallStore *store = g_new0(CallStore, 1);

    store->slabs = g_ptr_array_new_with_free_func(g_free);
    store->queues = g_ptr_array_new_with_free_func(g_free);
    store->keepers = pool_new("connections kept alive", sizeof(Keeper));
    return store;
}

void call_store_free(CallStore *store)
{
    g_ptr_array_free(store->slabs, true);
    g_ptr_array_free(store->queues, true);
    pool_free(store->keepers);
    g_free(store);
}

static Call *call_store_take(CallStore *store)
{
    Call *call = store->free;

    if (G_UNLIKELY(call == NULL)) {
        Call *slab = g_new0(Call, SLAB_CALLS);

        g_ptr_array_add(store->slabs, slab);
        for (guint i = SLAB_CALLS; i-- > 0;) {
            slab[i].generation = 1;
            slab[i].out_next = store->free;
            store->free = &slab[i];
        }
        call = store->free;
    }
    store->free = call->out_next;
    return call;
}

/* --- lists ------------------------------------------------------------------------------------ */

static CallQueue *call_queue_add(Component *caller, SimSpan timeout)
{
    CallStore *store = world_head_network(caller->world)->calls;
    CallQueue *queue = g_new0(CallQueue, 1);

    queue->caller = caller;
    queue->timeout = timeout;
    queue->next = caller->calls_out;
    caller->calls_out = queue;
    g_ptr_array_add(store->queues, queue);
    return queue;
}

static CallQueue *call_queue_find(Component *caller, SimSpan timeout)
{
    CallQueue *mixed = NULL;
    guint count = 0;

    for (CallQueue *queue = caller->calls_out; queue != NULL; queue = queue->next) {
        if (queue->timeout == timeout) {
            return queue;
        }
        mixed = queue->timeout == QUEUE_MIXED ? queue : mixed;
        count++;
    }
    if (count < QUEUES_MOST) {
        return call_queue_add(caller, timeout);
    }
    return mixed != NULL ? mixed : call_queue_add(caller, QUEUE_MIXED);
}

/* Sets the queue's event to the deadline of the oldest call, when it has none. */
static void call_queue_arm(CallQueue *queue)
{
    if (queue->event == EVENT_NONE && !queue->is_due && queue->first != NULL &&
        queue->timeout >= 0 && queue->timeout != SIM_NEVER) {
        queue->event = engine_at(world_head_engine(queue->caller->world), queue->first->deadline,
                                 &queue->caller->owner, &call_queue_comes_due, queue, 0);
    }
}

static void call_join_caller(Call *call, SimSpan timeout)
{
    Engine *engine = world_head_engine(call->caller->world);
    CallQueue *queue = call_queue_find(call->caller, timeout);

    call->queue = queue;
    call->deadline = timeout == SIM_NEVER ? SIM_NEVER : engine_now(engine) + timeout;
    call->timeout = EVENT_NONE;
    call->out_next = NULL;
    call->out_before = queue->last;
    if (queue->last != NULL) {
        queue->last->out_next = call;
    } else {
        queue->first = call;
    }
    queue->last = call;
    call_queue_arm(queue);
    if (queue->timeout == QUEUE_MIXED && timeout != SIM_NEVER) {
        call->timeout = engine_at(engine, call->deadline, &call->caller->owner, &call_times_out,
                                  call, call->generation);
    }
}

static void call_leave_caller(Call *call)
{
    CallQueue *queue = call->queue;

    if (call->out_before != NULL) {
        call->out_before->out_next = call->out_next;
    } else {
        queue->first = call->out_next;
    }
    if (call->out_next != NULL) {
        call->out_next->out_before = call->out_before;
    } else {
        queue->last = call->out_before;
    }
    if (call->timeout != EVENT_NONE) {
        engine_cancel(world_head_engine(call->caller->world), call->timeout);
    }
}

static void call_leave_callee(Call *call)
{
    if (call->callee == NULL) {
        return;
    }
    if (call->in_before != NULL) {
        call->in_before->in_next = call->in_next;
    } else {
        call->callee->calls_in = call->in_next;
    }
    if (call->in_next != NULL) {
        call->in_next->in_before = call->in_before;
    }
    call->callee = NULL;
}

static void call_join_callee(Call *call, Component *callee)
{
    call_leave_callee(call);
    call->callee = callee;
    call->in_before = NULL;
    call->in_next = callee->calls_in;
    if (call->in_next != NULL) {
        call->in_next->in_before = call;
    }
    callee->calls_in = call;
}

/* Ends it for the store: whoever holds a ticket sees another generation from now on. */
static void call_release(Call *call)
{
    CallStore *store = world_head_network(call->caller->world)->calls;

    call_leave_caller(call);
    call_leave_callee(call);
    call->generation++;
    call->out_next = store->free;
    store->free = call;
}

/* --- end of a call ---------------------------------------------------------------------------- */

static Call *call_of(const CallTicket *ticket)
{
    Call *call = ticket->call;

    return call != NULL && call->generation == ticket->generation ? call : NULL;
}

bool call_is_waited_for(const CallTicket *ticket)
{
    return call_of(ticket) != NULL;
}

bool call_waits_beyond(const CallTicket *ticket, SimSpan span)
{
    const Call *call = call_of(ticket);

    return call != NULL && (call->deadline == SIM_NEVER ||
                            call->deadline > world_now(ticket->caller->world) + span);
}

static void call_count(Component *caller, Outcome outcome)
{
    switch (outcome) {
    case OUTCOME_OK:
        caller->calls_ok++;
        return;
    case OUTCOME_FAILED:
        caller->calls_failed++;
        return;
    case OUTCOME_TIMEOUT:
        caller->calls_timed_out++;
        return;
    case OUTCOME_REFUSED:
        caller->calls_refused++;
        return;
    case OUTCOME_UNREACHABLE:
        caller->calls_unreachable++;
        return;
    }
    g_assert_not_reached();
}

/* The one place where a caller hears. The call is gone before `done` runs, so that `done` may do
 * anything. */
static void call_finish(Call *call, Outcome outcome, const Message *answer)
{
    Component *caller = call->caller;
    CallDone *done = call->done;
    void *context = call->context;

    call_release(call);
    call_count(caller, outcome);
    done(caller, context, outcome, answer);
}

static void call_time_out(void *self, void *subject, uint64_t detail)
{
    Call *call = subject;

    (void)self;
    g_assert_cmpuint(call->generation, ==, detail);
    call_finish(call, OUTCOME_TIMEOUT, NULL);
}

static void call_queue_come_due(void *self, void *subject, uint64_t detail)
{
    CallQueue *queue = subject;
    SimTime now = world_now(queue->caller->world);

    (void)self;
    (void)detail;
    queue->event = EVENT_NONE;
    queue->is_due = true;
    while (queue->first != NULL && queue->first->deadline <= now) {
        call_finish(queue->first, OUTCOME_TIMEOUT, NULL);
    }
    queue->is_due = false;
    call_queue_arm(queue);
}

/* `detail`: generation above, outcome in the lowest byte. */
static void call_end_now(void *self, void *subject, uint64_t detail)
{
    Call *call = subject;

    (void)self;
    if (call->generation == detail >> 8) {
        call_finish(call, (Outcome)(detail & 0xff), NULL);
    }
}

void call_end_soon(const CallTicket *ticket, Outcome outcome)
{
    Call *call = call_of(ticket);

    if (call != NULL) {
        engine_after(world_head_engine(call->caller->world), 0, &call->caller->owner,
                     &call_ends_now, call, (uint64_t)call->generation << 8 | (uint64_t)outcome);
    }
}

void call_answered(const CallTicket *ticket, const Message *answer)
{
    Call *call = call_of(ticket);

    if (call != NULL) {
        call_finish(call, OUTCOME_OK, answer);
    } else {
        ticket->caller->answers_late++;
    }
}

void call_ended(const CallTicket *ticket, Outcome outcome)
{
    Call *call = call_of(ticket);

    if (call != NULL) {
        call_finish(call, outcome, NULL);
    }
}

void call_arrived(const CallTicket *ticket, Component *callee)
{
    Call *call = call_of(ticket);

    if (call != NULL) {
        call_join_callee(call, callee);
    }
}

/* --- for everybody ---------------------------------------------------------------------------- */

static CallTicket call_begin(Component *self, Component *peer, const Message *request,
                             SimSpan timeout, CallDone *done, void *context)
{
    Network *network = world_head_network(self->world);
    Call *call = call_store_take(network->calls);
    CallTicket ticket = {.caller = self, .call = call, .generation = call->generation};

    g_assert_true(self->is_up);
    g_assert_cmpint(timeout, >=, 0);
    ticket.access_delay = request->access_delay;
    ticket.access_loss = (float)request->access_loss;
    call->caller = self;
    call->callee = NULL;
    call->done = done;
    call->context = context;
    call->transport = request->transport;
    call->luck = request->access_loss > 0 ? message_luck(request) : 0;
    call_join_caller(call, timeout);
    if (!network_has_way(network, self, peer)) {
        call_end_soon(&ticket, OUTCOME_UNREACHABLE);
    } else {
        network_launch(self, peer, request, &ticket, FLIGHT_REQUEST, request->transport,
                       call->luck);
    }
    return ticket;
}

void call_send(Component *self, Component *peer, const Message *request, SimSpan timeout,
               CallDone *done, void *context)
{
    call_begin(self, peer, request, timeout, done, context);
}

static void call_keep(void *self, void *subject, uint64_t detail);
static const EventType call_keeps = {"call.keepalive", call_keep};

static void keeper_wait(Keeper *keeper, SimSpan wait)
{
    Component *caller = keeper->ticket.caller;

    engine_after(world_head_engine(caller->world), wait, &caller->door, &call_keeps, keeper, 0);
}

/* Whether a question reaches the peer's kernel and its sign comes back. */
static bool keeper_hears(const Keeper *keeper)
{
    Component *caller = keeper->ticket.caller, *peer = keeper->peer;
    Network *network = world_head_network(caller->world);
    Train train = {.access_loss = (double)keeper->ticket.access_loss};

    return (peer->host != NULL ? !network_is_dark(peer) : peer->is_up) &&
           network_pass(network, caller, peer, &train) != SIM_NEVER &&
           network_pass(network, peer, caller, &train) != SIM_NEVER;
}

static void call_keep(void *self, void *subject, uint64_t detail)
{
    Keeper *keeper = subject;
    Pool *keepers = world_head_network(keeper->peer->world)->calls->keepers;

    (void)self;
    (void)detail;
    if (!call_is_waited_for(&keeper->ticket)) {
        pool_give(keepers, keeper);
    } else if (!keeper_hears(keeper)) {
        if (++keeper->unanswered <= keeper->keepalive->count) {
            keeper_wait(keeper, keeper->keepalive->interval);
        } else {
            call_ended(&keeper->ticket, OUTCOME_TIMEOUT);
            pool_give(keepers, keeper);
        }
    } else if (!keeper->peer->is_up || keeper->peer->owner.incarnation != keeper->peer_life) {
        call_ended(&keeper->ticket, OUTCOME_FAILED); /* RST: it knows no such connection */
        pool_give(keepers, keeper);
    } else {
        keeper->unanswered = 0;
        keeper_wait(keeper, keeper->keepalive->idle);
    }
}

void call_send_kept(Component *self, Component *peer, const Message *request, SimSpan timeout,
                    const TcpKeepalive *keepalive, CallDone *done, void *context)
{
    CallStore *store = world_head_network(self->world)->calls;
    CallTicket ticket = call_begin(self, peer, request, timeout, done, context);

    if (keepalive->idle > 0 && call_is_waited_for(&ticket)) {
        Keeper *keeper = pool_take(store->keepers);

        *keeper = (Keeper){.ticket = ticket,
                           .peer = peer,
                           .keepalive = keepalive,
                           .peer_life = peer->owner.incarnation};
        keeper_wait(keeper, keepalive->idle);
    }
}

/* What goes back: an answer, or word that none will come. The callee owes nothing from now on. */
static void call_send_back(Component *self, const CallTicket *ticket, const Message *answer,
                           FlightKind kind)
{
    Call *call = call_of(ticket);

    if (ticket->call == NULL) {
        return;
    }
    if (call == NULL) {
        ticket->caller->answers_late++;
        return;
    }
    call_leave_callee(call);
    network_launch(self, ticket->caller, answer, ticket, kind, call->transport,
                   call->luck != 0 ? ~call->luck : 0);
}

void call_reply(Component *self, const CallTicket *ticket, const Message *reply)
{
    call_send_back(self, ticket, reply, FLIGHT_ANSWER);
}

void call_break(Component *self, const CallTicket *ticket)
{
    Message end = {.code = OUTCOME_FAILED};

    call_send_back(self, ticket, &end, FLIGHT_END);
}

void call_refuse(Component *self, const CallTicket *ticket)
{
    Message end = {.code = OUTCOME_REFUSED};

    call_send_back(self, ticket, &end, FLIGHT_END);
}

void call_component_stopped(Component *component, bool is_silent)
{
    for (CallQueue *queue = component->calls_out; queue != NULL; queue = queue->next) {
        while (queue->first != NULL) {
            call_release(queue->first);
        }
        engine_cancel(world_head_engine(component->world), queue->event);
        queue->event = EVENT_NONE;
    }
    while (component->calls_in != NULL) {
        Call *call = component->calls_in;
        CallTicket ticket = {.caller = call->caller, .call = call, .generation = call->generation};

        if (is_silent) {
            call_leave_callee(call);
        } else {
            call_break(component, &ticket);
        }
    }
}
