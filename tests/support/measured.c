/* measured.c - runs of a real httpd in front of two back ends, played again. */
#include "tests/support/measured.h"

#include <check.h>
#include <stdlib.h>

#include "sim/base/draw.h"

#define LEAD (5 * SIM_S)
#define PHASE (200 * SIM_MS) /* the fault comes anywhere in it */
#define TAIL (70 * SIM_S)
#define SECOND_AFTER (2 * SIM_S)
#define PATIENCE (300 * SIM_S)

/* One request of a client. */
typedef struct Trial {
    SimTime begun, ended; /* ended below 0: not yet */
    Outcome outcome;
    uint32_t code;
} Trial;

typedef struct Play {
    const MeasuredCase *measured;
    Bed bed;
    GPtrArray *trials;
    Rng arrivals;
    SimTime fault, end_of_fault, full;
} Play;

/* --- clients --- */

static void on_done(Component *self, void *context, Outcome outcome, const Message *reply)
{
    Trial *trial = context;

    trial->ended = world_now(self->world);
    trial->outcome = outcome;
    trial->code = reply != NULL ? reply->code : 0;
}

static void on_open(Component *self, void *context, ConnectOutcome outcome, Component *peer,
                    uint32_t connection)
{
    Message request = {
        .op = MESSAGE_HTTP, .size_bytes = 500, .flags = HTTP_CLOSE, .connection = connection};

    if (outcome == CONNECTED) {
        call_send(self, peer, &request, PATIENCE, on_done, context);
    } else {
        on_done(self, context, OUTCOME_TIMEOUT, NULL);
    }
}

static void ask_one(const Play *play)
{
    Component *client = &play->bed.client->component, *httpd = play->bed.httpd;
    Trial *trial = g_new0(Trial, 1);
    Message request = {
        .op = MESSAGE_HTTP, .size_bytes = 500, .peer_incarnation = httpd->owner.incarnation};

    *trial = (Trial){.begun = rig_now(play->bed.rig), .ended = -1};
    g_ptr_array_add(play->trials, trial);
    if (play->measured->is_kept) {
        call_send(client, httpd, &request, PATIENCE, on_done, trial);
    } else {
        network_connect_as(client, &(ConnectManner){.stack = TCP_LINUX_6_5}, WEB_ADDRESS, 443,
                           PATIENCE, on_open, trial);
    }
}

/* --- members --- */

static void answer_apart(void *self, void *subject, uint64_t detail);
static const EventType answers_apart = {"measured.answer", answer_apart};

/* Health page and all else answer apart: one of them with the member's code, the other with 200. */
static void answer_apart(void *self, void *subject, uint64_t detail)
{
    Probe *member = self;
    const Message *message = &probe_heard(member, (guint)detail)->message;
    bool is_page_sick = subject != NULL;
    Message answer = member->answer;

    if (((message->flags & HTTP_HEALTH) != 0) != is_page_sick) {
        answer.code = 200;
    }
    call_reply(&member->component, &message->ticket, &answer);
}

static void hear_page_sick(Probe *self, const Message *message)
{
    (void)message;
    engine_after(world_engine(self->component.world), self->answer_delay, &self->component.owner,
                 &answers_apart, self, self->heard->len - 1);
}

static void hear_work_sick(Probe *self, const Message *message)
{
    (void)message;
    engine_after(world_engine(self->component.world), self->answer_delay, &self->component.owner,
                 &answers_apart, NULL, self->heard->len - 1);
}

static void break_member(const Play *play, Probe *member, const char *name, const char *host)
{
    const MeasuredCase *measured = play->measured;
    SimSpan length =
        measured->fault_length > 0 ? play->end_of_fault - rig_now(play->bed.rig) : SIM_NEVER;
    Effect effect = EFFECT_NONE;

    switch (measured->fault) {
    case MEASURED_KILL:
        rig_down(play->bed.rig, name, length);
        return;
    case MEASURED_DROP:
        effect.loss_ratio = 1.0;
        rig_effect(play->bed.rig, host, effect, length);
        return;
    case MEASURED_HANG:
        effect.paused = true;
        rig_effect(play->bed.rig, name, effect, length);
        return;
    case MEASURED_STATUS:
    case MEASURED_PAGE:
    case MEASURED_WORK:
        member->answer.code = measured->status;
        return;
    }
}

static void mend(const Play *play)
{
    Probe *members[] = {play->bed.a, play->bed.b};

    for (int i = 0; i < 2; i++) {
        members[i]->answer.code = 200;
    }
}

/* The stream until `end`; notes when all workers are busy. */
static void stream_until(Play *play, SimTime end)
{
    SimSpan mean = (SimSpan)(1e9 / play->measured->rate_per_s);
    double workers = play->measured->workers > 0 ? (double)play->measured->workers : 400.0;

    while (rig_now(play->bed.rig) < end) {
        SimSpan gap =
            play->measured->is_poisson ? draw_exponential_span(mean, &play->arrivals) : mean;

        ask_one(play);
        /* not rig_run, which holds the laws of queues after each step */
        engine_run(play->bed.rig->engine, MIN(rig_now(play->bed.rig) + gap, end));
        if (play->full == SIM_NEVER && rig_gauge(play->bed.rig, HTTPD, "workers_busy") >= workers) {
            play->full = rig_now(play->bed.rig) - play->fault;
        }
    }
    rig_run(play->bed.rig, 0);
}

/* --- what came of it --- */

static int compare_spans(const void *a, const void *b)
{
    SimSpan x = *(const SimSpan *)a, y = *(const SimSpan *)b;

    return (x > y) - (x < y);
}

static void count_one(const Play *play, const Trial *trial, MeasuredRun *run, GArray *good)
{
    SimSpan latency = trial->ended - trial->begun;

    g_assert_cmpint(trial->ended, >=, 0);
    run->asked += trial->begun >= play->fault;
    if (trial->outcome == OUTCOME_OK && trial->code < 500) {
        if (trial->begun >= play->fault) {
            g_array_append_val(good, latency);
            run->slow += latency > 500 * SIM_MS;
            run->ok_most = MAX(run->ok_most, latency);
        }
        return;
    }
    run->failed++;
    run->failed_502 += trial->outcome == OUTCOME_OK && trial->code == 502;
    run->failed_503 += trial->outcome == OUTCOME_OK && trial->code == 503;
    run->cut += trial->outcome == OUTCOME_FAILED;
    run->failed_most = MAX(run->failed_most, latency);
    run->last_failed = trial->begun - play->fault;
}

/* The first request, health checks apart, that the first member got after `time`. */
static SimTime first_heard(const Play *play, SimTime time)
{
    for (guint i = 0; i < probe_count_heard(play->bed.a); i++) {
        const ProbeHeard *heard = probe_heard(play->bed.a, i);

        if (heard->time >= time && (heard->message.flags & HTTP_HEALTH) == 0) {
            return heard->time - play->fault;
        }
    }
    return SIM_NEVER;
}

static SimTime since_fault(const Play *play, SimTime time)
{
    return time == SIM_NEVER ? SIM_NEVER : time - play->fault;
}

static MeasuredRun sum_up(const Play *play)
{
    MeasuredRun run = {.last_failed = -1, .full = play->full};
    GArray *good = g_array_new(false, false, sizeof(SimSpan));
    SimTime error = bed_noted_at(&play->bed, "httpd.member-error");

    for (guint i = 0; i < play->trials->len; i++) {
        count_one(play, g_ptr_array_index(play->trials, i), &run, good);
    }
    qsort(good->data, good->len, sizeof(SimSpan), compare_spans);
    run.ok_p49 = good->len > 0 ? g_array_index(good, SimSpan, good->len * 49 / 100) : 0;
    run.ok_median = good->len > 0 ? g_array_index(good, SimSpan, good->len / 2) : 0;
    g_array_free(good, true);
    run.leaves = since_fault(play, MIN(error, bed_noted_at(&play->bed, "httpd.member-out")));
    run.returns = first_heard(play, play->end_of_fault);
    run.back = since_fault(play, bed_noted_at(&play->bed, "httpd.member-back"));
    run.failovers = (guint)rig_counter(play->bed.rig, HTTPD, "failovers");
    return run;
}

MeasuredRun measured_run(const MeasuredCase *measured, uint64_t seed)
{
    Play play = {.measured = measured,
                 .bed = bed_new_on(seed, measured->settings, "linux-6.5"),
                 .full = SIM_NEVER};
    SimTime end;
    MeasuredRun run;

    rng_init(&play.arrivals, seed, "arrivals");
    play.trials = g_ptr_array_new_with_free_func(g_free);
    play.bed.a->answer_delay = measured->service > 0 ? measured->service : 10 * SIM_MS;
    play.bed.b->answer_delay = play.bed.a->answer_delay;
    if (measured->fault == MEASURED_PAGE || measured->fault == MEASURED_WORK) {
        play.bed.a->hear = measured->fault == MEASURED_PAGE ? hear_page_sick : hear_work_sick;
        play.bed.b->hear = play.bed.a->hear;
    }
    play.fault =
        (measured->lead > 0 ? measured->lead : LEAD) + (SimSpan)rng_below(&play.arrivals, PHASE);
    end = play.fault + measured->window;
    play.end_of_fault = measured->fault_length > 0 ? play.fault + measured->fault_length : end;
    stream_until(&play, play.fault);
    play.full = SIM_NEVER;
    break_member(&play, play.bed.a, A, "host@DC01-app1");
    if (measured->is_both) {
        stream_until(&play, play.fault + (measured->is_at_once ? 0 : SECOND_AFTER));
        break_member(&play, play.bed.b, B, "host@DC01-app2");
    }
    stream_until(&play, MIN(play.end_of_fault, end));
    mend(&play);
    stream_until(&play, end);
    rig_run(play.bed.rig, TAIL);
    run = sum_up(&play);
    g_ptr_array_free(play.trials, true);
    bed_free(&play.bed);
    return run;
}
