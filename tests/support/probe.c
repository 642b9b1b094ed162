/* probe.c - a toy component for tests: it sends, calls, connects and records. */
#include "tests/support/probe.h"

static void probe_answer_later(void *self, void *subject, uint64_t detail);
static const EventType probe_answers = {"probe.answer", probe_answer_later};

Probe *probe_of(Component *component)
{
    g_assert_true(component->kind == &probe_kind);
    return (Probe *)component;
}

guint probe_count_heard(const Probe *probe)
{
    return probe->heard->len;
}

const ProbeHeard *probe_heard(const Probe *probe, guint index)
{
    return index < probe->heard->len ? &g_array_index(probe->heard, ProbeHeard, index) : NULL;
}

void probe_send(Probe *probe, Component *to, const Message *message)
{
    network_send(&probe->component, to, message);
}

static ProbeAsked *probe_ask(Probe *probe)
{
    ProbeAsked *asked = g_new0(ProbeAsked, 1);

    asked->begun = world_now(probe->component.world);
    g_ptr_array_add(probe->asked, asked);
    return asked;
}

static void probe_on_done(Component *self, void *context, Outcome outcome, const Message *reply)
{
    ProbeAsked *asked = context;

    asked->ends++;
    asked->ended = world_now(self->world);
    asked->outcome = outcome;
    g_assert_true((reply != NULL) == (outcome == OUTCOME_OK));
    if (reply != NULL) {
        asked->reply = *reply;
    }
}

static void probe_on_connected(Component *self, void *context, ConnectOutcome outcome,
                               Component *peer, uint32_t connection)
{
    ProbeAsked *asked = context;

    asked->ends++;
    asked->ended = world_now(self->world);
    asked->connected = outcome;
    asked->peer = peer;
    asked->connection = connection;
    g_assert_true((peer != NULL) == (outcome == CONNECTED));
}

const ProbeAsked *probe_call(Probe *probe, Component *to, const Message *request, SimSpan timeout)
{
    ProbeAsked *asked = probe_ask(probe);

    call_send(&probe->component, to, request, timeout, probe_on_done, asked);
    return asked;
}

const ProbeAsked *probe_call_kept(Probe *probe, Component *to, const Message *request,
                                  SimSpan timeout, const TcpKeepalive *keepalive)
{
    ProbeAsked *asked = probe_ask(probe);

    call_send_kept(&probe->component, to, request, timeout, keepalive, probe_on_done, asked);
    return asked;
}

const ProbeAsked *probe_connect(Probe *probe, uint32_t address, uint16_t port, SimSpan timeout)
{
    ProbeAsked *asked = probe_ask(probe);

    network_connect(&probe->component, address, port, timeout, 0, 0, probe_on_connected, asked);
    return asked;
}

const ProbeAsked *probe_connect_to(Probe *probe, Component *peer, SimSpan timeout)
{
    ProbeAsked *asked = probe_ask(probe);

    network_connect_to(&probe->component, peer, timeout, probe_on_connected, asked);
    return asked;
}

void probe_answer(Probe *probe, guint index, const Message *reply)
{
    const ProbeHeard *heard = probe_heard(probe, index);

    g_assert_nonnull(heard);
    call_reply(&probe->component, &heard->message.ticket, reply);
}

static void probe_answer_later(void *self, void *subject, uint64_t detail)
{
    Probe *probe = self;
    const ProbeHeard *heard = probe_heard(probe, (guint)detail);
    Message answer = probe->answer;

    (void)subject;
    answer.key = answer.key != 0 ? answer.key : heard->message.key;
    answer.version = answer.version != 0 ? answer.version : heard->message.version;
    answer.request = heard->message.request;
    call_reply(&probe->component, &heard->message.ticket, &answer);
}

static void probe_on_make(Component *self, World *world, DiagList *diags)
{
    Probe *probe = probe_of(self);

    (void)world;
    (void)diags;
    probe->heard = g_array_new(false, false, sizeof(ProbeHeard));
    probe->asked = g_ptr_array_new_with_free_func(g_free);
}

static void probe_on_message(Component *self, const Message *message)
{
    Probe *probe = probe_of(self);
    ProbeHeard heard = {world_now(self->world), *message};

    g_array_append_val(probe->heard, heard);
    if (probe->hear != NULL) {
        probe->hear(probe, message);
        return;
    }
    if (message->ticket.call == NULL || probe->manner == PROBE_KEEPS) {
        return;
    }
    if (probe->manner == PROBE_BREAKS) {
        call_break(self, &message->ticket);
    } else if (probe->answer_delay == 0) {
        probe_answer_later(probe, NULL, probe->heard->len - 1);
    } else {
        engine_after(world_engine(self->world), probe->answer_delay, &self->owner, &probe_answers,
                     NULL, probe->heard->len - 1);
    }
}

static void probe_on_stop(Component *self, const Effect *why)
{
    Probe *probe = probe_of(self);

    probe->stops++;
    probe->stopped_by = *why;
}

static void probe_on_condition(Component *self, const Effect *before)
{
    g_assert_false(effect_is_same(*before, self->condition));
    probe_of(self)->conditions++;
}

static ConnectAnswer probe_on_connect(Component *self, uint32_t *connection)
{
    Probe *probe = probe_of(self);

    if (probe->counts_connections) {
        *connection = ++probe->connections;
    }
    return probe->connect_answer;
}

static void probe_on_free(Component *self)
{
    Probe *probe = probe_of(self);

    g_array_free(probe->heard, true);
    g_ptr_array_free(probe->asked, true);
}

const Kind probe_kind = {
    .name = "probe",
    .help = "A toy component for tests",
    .leaves_out = "all of reality: it is a test's hand",
    .size = sizeof(Probe),
    .scope = KIND_PART,
    .on_make = probe_on_make,
    .on_message = probe_on_message,
    .on_stop = probe_on_stop,
    .on_condition = probe_on_condition,
    .on_connect = probe_on_connect,
    .on_free = probe_on_free,
};
