/* chaos.c - begins faults, ends them, and keeps what they did. */
#include "sim/run/chaos.h"

#include "sim/run/target.h"
#include "sim/run/when.h"
#include "sim/world/history.h"
#include "sim/world/host.h"

/* Marks the number of an effect that a fault leaves behind. */
#define LEFT_BEHIND (UINT64_C(1) << 63)

/* A fault with a ramp comes on in so many steps. */
#define RAMP_STEPS 20

/* One action of the method and where it stands. */
typedef struct Step {
    Chaos *chaos;
    const Activity *activity;
    Rng rng;        /* picks targets, draws restart times and jitter */
    guint64 begun;  /* how often it began */
    double before;  /* of what it waits for, the count at the end of the warm-up */
    bool has_ended; /* for those that come after it */
} Step;

/* One application that still lasts, or has ended. */
typedef struct Application {
    ChaosEntry entry;
    Step *step;
    uint64_t number; /* names the effects it put on components */
    GArray *lasts;   /* of bool, in step with the targets: its effect is still on */
} Application;

struct Chaos {
    EventOwner owner; /* first: it never crashes */
    const Scenario *scenario;
    Assembly *assembly;
    SimTime start, end;
    GPtrArray *steps;        /* Step: of the method */
    GPtrArray *rollbacks;    /* Step */
    GPtrArray *applications; /* Application */
};

static void on_begin(void *self, void *subject, uint64_t detail);
static void on_end(void *self, void *subject, uint64_t detail);
static void on_restart(void *self, void *subject, uint64_t detail);
static void on_ramp(void *self, void *subject, uint64_t detail);
static void on_flap(void *self, void *subject, uint64_t detail);
static const EventType begin_event = {"chaos.begin", on_begin};
static const EventType end_event = {"chaos.end", on_end};
static const EventType restart_event = {"chaos.restart", on_restart};
static const EventType ramp_event = {"chaos.ramp", on_ramp};
static const EventType flap_event = {"chaos.flap", on_flap};

static void step_schedule(Step *step, SimTime time)
{
    if (time < step->chaos->end) {
        engine_at(step->chaos->assembly->engine, time, &step->chaos->owner, &begin_event, step, 0);
    }
}

/* --- ends
 * ------------------------------------------------------------------------------------------ */

static bool is_after_done(const Chaos *chaos, const Activity *activity)
{
    for (guint i = 0; activity->after[i] != NULL; i++) {
        for (guint k = 0; k < chaos->steps->len; k++) {
            const Step *other = g_ptr_array_index(chaos->steps, k);

            if (g_str_equal(other->activity->name, activity->after[i]) && !other->has_ended) {
                return false;
            }
        }
    }
    return true;
}

/* Those that wait for others begin when the last of these has ended. */
static void step_end(Step *step)
{
    Chaos *chaos = step->chaos;

    step->has_ended = true;
    for (guint i = 0; i < chaos->steps->len; i++) {
        Step *other = g_ptr_array_index(chaos->steps, i);

        if (other->begun == 0 && other->activity->after != NULL &&
            g_strv_contains((const char *const *)other->activity->after, step->activity->name) &&
            is_after_done(chaos, other->activity)) {
            step_schedule(other, engine_now(chaos->assembly->engine));
        }
    }
}

/* A site whose hosts all have power again is back. */
static void note_restored(const Application *application)
{
    const FaultDef *fault = application->entry.activity->fault;
    const Component *first = application->entry.targets->len > 0
                                 ? g_ptr_array_index(application->entry.targets, 0)
                                 : NULL;

    if (first != NULL && g_str_has_prefix(fault->func, "dc.")) {
        history_note(world_history(first->world), "dc.restored", first, "fault",
                     application->entry.activity->name, NULL, NULL);
    }
}

/* What outlasts the fault, until everything is healed: a clock that stood still is behind. */
static void leave_behind(const Application *application, Component *target)
{
    const Activity *activity = application->entry.activity;
    SimTime now = world_now(target->world);

    if (activity->fault->leaves != NULL) {
        Effect left =
            activity->fault->leaves(activity->arguments, now - application->entry.applied);

        if (!effect_is_same(left, EFFECT_NONE)) {
            component_add_effect(target, application->number | LEFT_BEHIND, left);
        }
    }
}

static void application_lift_one(Application *application, guint index)
{
    bool *lasts = &g_array_index(application->lasts, bool, index);

    if (*lasts) {
        *lasts = false;
        component_remove_effect(g_ptr_array_index(application->entry.targets, index),
                                application->number);
        leave_behind(application, g_ptr_array_index(application->entry.targets, index));
    }
}

static void application_lift(Application *application)
{
    Engine *engine = application->step->chaos->assembly->engine;

    if (application->entry.lifted != SIM_NEVER) {
        return;
    }
    application->entry.lifted = engine_now(engine);
    for (guint i = 0; i < application->entry.targets->len; i++) {
        application_lift_one(application, i);
    }
    note_restored(application);
    step_end(application->step);
}

static void on_end(void *self, void *subject, uint64_t detail)
{
    (void)self;
    (void)detail;
    application_lift(subject);
}

/* A supervisor restarts one of the targets; the application is over when none is left. */
static void on_restart(void *self, void *subject, uint64_t detail)
{
    Application *application = subject;

    (void)self;
    application_lift_one(application, (guint)detail);
    for (guint i = 0; i < application->lasts->len; i++) {
        if (g_array_index(application->lasts, bool, i)) {
            return;
        }
    }
    application_lift(application);
}

/* --- begins
 * ---------------------------------------------------------------------------------------- */

/* The time the fault's arguments set for the boot of what they took down, if they do. */
static void apply_boot(const Activity *activity, Component *target)
{
    Draw law = fault_boot(activity->fault, activity->arguments);

    if (law.law != NULL && host_of(target) != NULL) {
        host_set_boot(host_of(target), law);
    }
}

/* A ramp is a staircase around a straight line: in step k of 20 the strength of its middle. */
static double ramp_share(const Activity *activity, uint64_t step)
{
    return activity->ramp == 0 || step >= RAMP_STEPS ? 1
                                                     : ((double)step + 0.5) / (double)RAMP_STEPS;
}

static void schedule_ramp(Application *application, uint64_t step)
{
    Chaos *chaos = application->step->chaos;
    SimTime next = application->entry.applied +
                   (SimSpan)((double)application->entry.activity->ramp * (double)step / RAMP_STEPS);

    engine_at(chaos->assembly->engine, next, &chaos->owner, &ramp_event, application, step);
}

static Effect effect_on(const Application *application, const Component *target)
{
    const Activity *activity = application->entry.activity;
    Effect effect =
        activity->fault->effect(activity->arguments, target_is_forward(activity, target));

    if (activity->fault->complete != NULL) {
        SimTime end = application->entry.applied + activity->duration;

        activity->fault->complete(&effect, MIN(end, application->step->chaos->end));
    }
    return effect;
}

/* In place of what it put on all targets whose effect is still on: `share` of it. */
static void application_change(Application *application, double share)
{
    for (guint i = 0; i < application->entry.targets->len; i++) {
        Component *target = g_ptr_array_index(application->entry.targets, i);

        if (g_array_index(application->lasts, bool, i)) {
            component_change_effect(target, application->number,
                                    share > 0 ? effect_scale(effect_on(application, target), share)
                                              : EFFECT_NONE);
        }
    }
}

/* The next step of a ramp. */
static void on_ramp(void *self, void *subject, uint64_t detail)
{
    Application *application = subject;

    (void)self;
    if (application->entry.lifted != SIM_NEVER) {
        return;
    }
    application_change(application, ramp_share(application->entry.activity, detail));
    if (detail < RAMP_STEPS) {
        schedule_ramp(application, detail + 1);
    }
}

/* A flap is on from now on, and then off, each as long as its law says. */
static void schedule_flap(Application *application, bool is_on)
{
    const Activity *activity = application->entry.activity;
    Chaos *chaos = application->step->chaos;
    Draw on, off;

    activity->fault->flaps(activity->arguments, &on, &off);
    engine_after(chaos->assembly->engine,
                 MAX(draw_span(is_on ? on : off, &application->step->rng), 1), &chaos->owner,
                 &flap_event, application, is_on ? 0 : 1);
}

/* All targets at once: one cable, both ways. */
static void on_flap(void *self, void *subject, uint64_t detail)
{
    Application *application = subject;

    (void)self;
    if (application->entry.lifted == SIM_NEVER) {
        application_change(application, detail != 0 ? 1 : 0);
        schedule_flap(application, detail != 0);
    }
}

static void apply_to(Application *application, Component *target, guint index)
{
    const Activity *activity = application->entry.activity;
    Effect effect = effect_scale(effect_on(application, target), ramp_share(activity, 0));
    bool yes = true;

    g_array_append_val(application->lasts, yes);
    apply_boot(activity, target);
    if (component_add_effect(target, application->number, effect)) {
        application->entry.bit++;
    }
    Draw restart = fault_restart_after(activity->fault, activity->arguments);

    if (restart.law != NULL) {
        Chaos *chaos = application->step->chaos;

        engine_after(chaos->assembly->engine, draw_span(restart, &application->step->rng),
                     &chaos->owner, &restart_event, application, index);
    }
}

static void schedule_next(Step *step)
{
    const Activity *activity = step->activity;
    SimSpan wait = activity->every_interval;

    if (wait == 0 || (activity->every_count > 0 && (int64_t)step->begun >= activity->every_count)) {
        return;
    }
    if (activity->every_jitter > 0) {
        wait += (SimSpan)(rng_uniform(&step->rng) * (double)activity->every_jitter);
    }
    step_schedule(step, engine_now(step->chaos->assembly->engine) + wait);
}

static Application *application_new(Step *step)
{
    Chaos *chaos = step->chaos;
    Application *application = g_new0(Application, 1);

    application->step = step;
    application->entry.activity = step->activity;
    application->entry.applied = engine_now(chaos->assembly->engine);
    application->entry.lifted = SIM_NEVER;
    application->entry.targets = chaos_targets(chaos->assembly->world, step->activity, &step->rng);
    application->lasts = g_array_new(false, true, sizeof(bool));
    application->number = chaos->applications->len + 1;
    g_ptr_array_add(chaos->applications, application);
    return application;
}

/* On how many some fault is. */
static guint count_faulted(const GPtrArray *targets)
{
    guint count = 0;

    for (guint i = 0; i < targets->len; i++) {
        const Component *target = g_ptr_array_index(targets, i);

        count += target->effects != NULL && target->effects->len > 0;
    }
    return count;
}

static void on_begin(void *self, void *subject, uint64_t detail)
{
    Chaos *chaos = self;
    Step *step = subject;
    Application *application = application_new(step);

    (void)detail;
    step->begun++;
    if (step->activity->fault->is_heal) {
        application->entry.bit = count_faulted(application->entry.targets);
        application->entry.lifted = application->entry.applied;
        chaos_heal(chaos);
        step_end(step);
        return;
    }
    for (guint i = 0; i < application->entry.targets->len; i++) {
        apply_to(application, g_ptr_array_index(application->entry.targets, i), i);
    }
    if (step->activity->duration > 0) {
        engine_after(chaos->assembly->engine, step->activity->duration, &chaos->owner, &end_event,
                     application, 0);
    }
    if (step->activity->ramp > 0) {
        schedule_ramp(application, 1);
    }
    if (step->activity->fault->flaps != NULL) {
        schedule_flap(application, true);
    }
    schedule_next(step);
}

void chaos_roll_back(Chaos *chaos)
{
    for (guint i = 0; i < chaos->rollbacks->len; i++) {
        on_begin(chaos, g_ptr_array_index(chaos->rollbacks, i), 0);
    }
}

void chaos_heal(Chaos *chaos)
{
    for (guint i = 0; i < chaos->applications->len; i++) {
        application_lift(g_ptr_array_index(chaos->applications, i));
    }
    world_heal_all(chaos->assembly->world);
}

void chaos_look(Chaos *chaos)
{
    SimTime now = engine_now(chaos->assembly->engine);
    World *world = chaos->assembly->world;

    for (guint i = 0; i < chaos->steps->len; i++) {
        Step *step = g_ptr_array_index(chaos->steps, i);
        const When *when = &step->activity->when;

        if (when->event == NULL || step->begun > 0 || now >= chaos->end) {
            continue;
        }
        if (now <= chaos->start) { /* what happens in the warm-up starts nothing */
            step->before = when_measure(when, world);
        } else if (when_has_come(when, world, step->before)) {
            on_begin(chaos, step, 0);
        }
    }
}

/* --- set-up
 * ---------------------------------------------------------------------------------------- */

static void step_free(gpointer data)
{
    g_free(data);
}

static void application_free(gpointer data)
{
    Application *application = data;

    g_ptr_array_unref(application->entry.targets);
    g_array_unref(application->lasts);
    g_free(application);
}

static Step *step_new(Chaos *chaos, const Activity *activity)
{
    Step *step = g_new0(Step, 1);
    g_autofree char *stream = g_strdup_printf("chaos/%s", activity->name);

    step->chaos = chaos;
    step->activity = activity;
    engine_open_stream(chaos->assembly->engine, &step->rng, stream);
    return step;
}

static void add_step(Chaos *chaos, const Activity *activity)
{
    Step *step = step_new(chaos, activity);

    g_ptr_array_add(chaos->steps, step);
    if (activity->at != SIM_NEVER) {
        step_schedule(step, chaos->start + activity->at);
    } else if (activity->every_interval > 0) {
        step_schedule(step, chaos->start + activity->every_interval);
    }
}

Chaos *chaos_new(const Scenario *scenario, Assembly *assembly, SimTime start, SimTime end)
{
    Chaos *chaos = g_new0(Chaos, 1);

    chaos->owner.id = UINT32_MAX;
    chaos->scenario = scenario;
    chaos->assembly = assembly;
    chaos->start = start;
    chaos->end = end;
    chaos->steps = g_ptr_array_new_with_free_func(step_free);
    chaos->rollbacks = g_ptr_array_new_with_free_func(step_free);
    chaos->applications = g_ptr_array_new_with_free_func(application_free);
    for (guint i = 0; i < scenario->method->len; i++) {
        const Activity *activity = g_ptr_array_index(scenario->method, i);

        if (activity->type == ACTIVITY_ACTION) {
            add_step(chaos, activity);
        }
    }
    for (guint i = 0; i < scenario->rollbacks->len; i++) {
        g_ptr_array_add(chaos->rollbacks,
                        step_new(chaos, g_ptr_array_index(scenario->rollbacks, i)));
    }
    return chaos;
}

void chaos_free(Chaos *chaos)
{
    if (chaos == NULL) {
        return;
    }
    g_ptr_array_unref(chaos->applications);
    g_ptr_array_unref(chaos->rollbacks);
    g_ptr_array_unref(chaos->steps);
    g_free(chaos);
}

guint chaos_count(const Chaos *chaos)
{
    return chaos->applications->len;
}

const ChaosEntry *chaos_entry(const Chaos *chaos, guint index)
{
    return &((const Application *)g_ptr_array_index(chaos->applications, index))->entry;
}
