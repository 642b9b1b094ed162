/* call.c - ask a peer and hear back exactly once. Calls live in slabs of their own and not in a
 * pool: a ticket may outlive its call, and the generation that tells must stay readable. */
#include "sim/world/call.h"

#include "sim/world/inside.h"

#define SLAB_CALLS 512

typedef struct Call Call;
struct Call {
    uint32_t generation; /* goes up when the call ends; never reset */
    bool is_endless;     /* no timeout of its own */
    Transport transport;
    Component *caller, *callee; /* the callee only while it owes the answer */
    CallDone *done;
    void *context;
    EventId timeout;
    Call *out_next, *out_before; /* among the caller's calls; next also in the free list */
    Call *in_next, *in_before;   /* among those that the callee owes */
};

struct CallStore {
    GPtrArray *slabs;
    Call *free;
};

static void call_time_out(void *self, void *subject, uint64_t detail);
static void call_end_now(void *self, void *subject, uint64_t detail);

static const EventType call_times_out = {"call.timeout", call_time_out};
static const EventType call_ends_now = {"call.end", call_end_now};

static const char *const outcome_words[] = {
    [OUTCOME_OK] = "ok",
    [OUTCOME_FAILED] = "failed",
    [OUTCOME_TIMEOUT] = "timeout",
    [OUTCOME_REFUSED] = "refused",
    [OUTCOME_UNREACHABLE] = "unreachable",
};

const char *outcome_word(Outcome outcome)
{
    g_assert_cmpuint(outcome, <, G_N_ELEMENTS(outcome_words));
    return outcome_words[outcome];
}

/* --- store ------------------------------------------------------------------------------------ */

CallStore *call_store_new(void)
{
    CallStore *store = g_new0(CallStore, 1);

    store->slabs = g_ptr_array_new_with_free_func(g_free);
    return store;
}

void call_store_free(CallStore *store)
{
    g_ptr_array_free(store->slabs, true);
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

static void call_join_caller(Call *call)
{
    Component *caller = call->caller;

    call->out_before = NULL;
    call->out_next = caller->calls_out;
    if (call->out_next != NULL) {
        call->out_next->out_before = call;
    }
    caller->calls_out = call;
}

static void call_leave_caller(Call *call)
{
    if (call->out_before != NULL) {
        call->out_before->out_next = call->out_next;
    } else {
        call->caller->calls_out = call->out_next;
    }
    if (call->out_next != NULL) {
        call->out_next->out_before = call->out_before;
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

bool call_is_endless(const CallTicket *ticket)
{
    const Call *call = call_of(ticket);

    return call != NULL && call->is_endless;
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

    engine_cancel(world_head_engine(caller->world), call->timeout);
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

void call_send(Component *self, Component *peer, const Message *request, SimSpan timeout,
               CallDone *done, void *context)
{
    Network *network = world_head_network(self->world);
    Call *call = call_store_take(network->calls);
    CallTicket ticket = {.caller = self, .call = call, .generation = call->generation};

    g_assert_true(self->is_up);
    ticket.access_delay = request->access_delay;
    ticket.access_loss = (float)request->access_loss;
    call->caller = self;
    call->callee = NULL;
    call->done = done;
    call->context = context;
    call->transport = request->transport;
    call->is_endless = timeout == SIM_NEVER;
    call->timeout = EVENT_NONE;
    call_join_caller(call);
    if (!network_has_way(network, self, peer)) {
        call_end_soon(&ticket, OUTCOME_UNREACHABLE);
        return;
    }
    if (timeout != SIM_NEVER) {
        call->timeout = engine_after(network->engine, timeout, &self->owner, &call_times_out, call,
                                     call->generation);
    }
    network_launch(self, peer, request, &ticket, FLIGHT_REQUEST);
}

/* What goes back: an answer, or word that none will come. The callee owes nothing from now on. */
static void call_send_back(Component *self, const CallTicket *ticket, Message *answer,
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
    answer->transport = call->transport;
    answer->access_delay = ticket->access_delay;
    answer->access_loss = (double)ticket->access_loss;
    network_launch(self, ticket->caller, answer, ticket, kind);
}

void call_reply(Component *self, const CallTicket *ticket, const Message *reply)
{
    Message answer = *reply;

    call_send_back(self, ticket, &answer, FLIGHT_ANSWER);
}

void call_break(Component *self, const CallTicket *ticket)
{
    Message end = {.code = OUTCOME_FAILED};

    call_send_back(self, ticket, &end, FLIGHT_END);
}

void call_component_stopped(Component *component, bool is_silent)
{
    Engine *engine = world_head_engine(component->world);

    while (component->calls_out != NULL) {
        Call *call = component->calls_out;

        engine_cancel(engine, call->timeout);
        call_release(call);
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
