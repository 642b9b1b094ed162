/* measured_users.c - clients as those whose outages were measured. */
#include "tests/support/measured_users.h"

#include <stdlib.h>

#include "models/dns/route53.h"

#define CONNECT SIM_S
#define PATIENCE (3 * SIM_S)

/* One request on its way. */
typedef struct Errand {
    MeasuredUser *user;
    MeasuredTrial *trial;
} Errand;

void measured_user_init(MeasuredUser *user, const DnsRig *dns, const char *place, const char *name,
                        Component *resolver)
{
    *user = (MeasuredUser){.name = name,
                           .probe = probe_of(rig_find(dns->rig, place)),
                           .resolver = resolver,
                           .route53 = dns->route53,
                           .trials = g_ptr_array_new_with_free_func(g_free)};
}

void measured_user_clear(MeasuredUser *user)
{
    g_ptr_array_free(user->trials, true);
}

/* --- one request --- */

static void end_errand(Errand *errand, bool is_ok)
{
    errand->trial->ended = world_now(errand->user->probe->component.world);
    errand->trial->is_ok = is_ok;
    g_free(errand);
}

static SimSpan patience_left(const Errand *errand)
{
    return PATIENCE - (world_now(errand->user->probe->component.world) - errand->trial->begun);
}

static void on_answer(Component *self, void *context, Outcome outcome, const Message *reply)
{
    (void)self;
    end_errand(context, outcome == OUTCOME_OK && reply->code == 200);
}

static void on_open(Component *self, void *context, ConnectOutcome outcome, Component *peer,
                    uint32_t connection)
{
    Errand *errand = context;
    Message request = {
        .op = MESSAGE_HTTP, .size_bytes = 300, .flags = HTTP_CLOSE, .connection = connection};

    if (outcome == CONNECTED) {
        call_send(self, peer, &request, patience_left(errand), on_answer, errand);
    } else {
        end_errand(errand, false);
    }
}

static void turn_to(Errand *errand, uint32_t address)
{
    errand->trial->address = address;
    network_connect(&errand->user->probe->component, address, 80, CONNECT, 0, 0, on_open, errand);
}

static void on_name(Component *self, void *context, Outcome outcome, const Message *reply)
{
    (void)self;
    if (outcome == OUTCOME_OK && reply->count > 0) {
        turn_to(context, reply->addresses[0]);
    } else {
        end_errand(context, false);
    }
}

void measured_user_ask(MeasuredUser *user)
{
    SimTime now = world_now(user->probe->component.world);
    Errand *errand;

    if (now < user->starts) {
        return;
    }
    errand = g_new0(Errand, 1);
    errand->user = user;
    errand->trial = g_new0(MeasuredTrial, 1);
    *errand->trial = (MeasuredTrial){.begun = now, .ended = -1};
    g_ptr_array_add(user->trials, errand->trial);
    if (user->resolver != NULL) {
        Message question = {.op = MESSAGE_RESOLVE,
                            .transport = TRANSPORT_UDP,
                            .subject = user->name,
                            .detail = 1,
                            .size_bytes = 60};

        call_send(&user->probe->component, user->resolver, &question, PATIENCE, on_name, errand);
    } else {
        g_autofree char *name = g_strconcat(user->name, ".", NULL);
        Route53Query query = {.name = name};
        Answer answer;

        route53_ask(user->route53, &query, &answer);
        turn_to(errand, answer.addresses[0]);
    }
}

/* --- what became of them --- */

static const MeasuredTrial *trial_at(const MeasuredUser *user, guint index)
{
    const MeasuredTrial *trial = g_ptr_array_index(user->trials, index);

    g_assert_cmpint(trial->ended, >=, 0);
    return trial;
}

guint measured_user_count_failed(const MeasuredUser *user, SimTime from, SimTime until)
{
    guint failed = 0;

    for (guint i = 0; i < user->trials->len; i++) {
        const MeasuredTrial *trial = trial_at(user, i);

        failed += trial->begun >= from && trial->begun < until && !trial->is_ok;
    }
    return failed;
}

SimTime measured_user_last_failed(const MeasuredUser *user, SimTime from, SimTime until)
{
    SimTime last = -1;

    for (guint i = 0; i < user->trials->len; i++) {
        const MeasuredTrial *trial = trial_at(user, i);

        if (trial->begun >= from && trial->begun < until && !trial->is_ok) {
            last = trial->begun;
        }
    }
    return last;
}

SimTime measured_user_first_to(const MeasuredUser *user, uint32_t address, SimTime from)
{
    for (guint i = 0; i < user->trials->len; i++) {
        const MeasuredTrial *trial = trial_at(user, i);

        if (trial->begun >= from && trial->address == address) {
            return trial->begun;
        }
    }
    return -1;
}

static int compare_spans(const void *a, const void *b)
{
    SimSpan x = *(const SimSpan *)a, y = *(const SimSpan *)b;

    return (x > y) - (x < y);
}

SimSpan measured_user_median(const MeasuredUser *user, SimTime from, SimTime until)
{
    g_autoptr(GArray) took = g_array_new(false, false, sizeof(SimSpan));

    for (guint i = 0; i < user->trials->len; i++) {
        const MeasuredTrial *trial = trial_at(user, i);
        SimSpan span = trial->ended - trial->begun;

        if (trial->begun >= from && trial->begun < until && trial->is_ok) {
            g_array_append_val(took, span);
        }
    }
    qsort(took->data, took->len, sizeof(SimSpan), compare_spans);
    return took->len > 0 ? g_array_index(took, SimSpan, took->len / 2) : 0;
}
