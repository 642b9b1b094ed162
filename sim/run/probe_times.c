/* probe_times.c - when the probes of a scenario look, in one replication. */
#include "sim/run/probe_times.h"

#include <string.h>

#include "sim/results/verdict.h"

/* One replication and what its probes need to know of it. */
typedef struct Clock {
    const Scenario *scenario;
    const Results *results;
    int run;
    SimTime begin; /* of the first fault; the end without any */
    SimTime over;  /* of the method: the last fault is lifted */
    SimTime end;   /* of the measured part */
    GArray *times;
} Clock;

static void look_at(const Clock *clock, SimTime time)
{
    g_array_append_val(clock->times, time);
}

/* Each second, or so, of a stretch. */
static void look_during(const Clock *clock, SimTime begin, SimTime end, SimSpan often)
{
    for (SimTime time = begin; time <= end; time += often) {
        look_at(clock, time);
    }
}

static bool is_of_method(const Clock *clock, const char *name)
{
    for (guint i = 0; i < clock->scenario->method->len; i++) {
        const Activity *step = g_ptr_array_index(clock->scenario->method, i);

        if (step->type == ACTIVITY_ACTION && g_strcmp0(step->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void find_method(Clock *clock)
{
    guint count;
    const ResultsFault *faults = results_faults(clock->results, &count);
    SimTime over = 0;

    for (guint i = 0; i < count; i++) {
        if (faults[i].run == clock->run && is_of_method(clock, faults[i].name)) {
            clock->begin = MIN(clock->begin, faults[i].applied);
            over = MAX(over, faults[i].lifted);
        }
    }
    clock->over = over > clock->begin ? MIN(over, clock->end) : clock->end;
}

/* When the last application of the action `name` was lifted; SIM_NEVER while one lasts or none was.
 */
static SimTime end_of_action(const Clock *clock, const char *name)
{
    guint count;
    const ResultsFault *faults = results_faults(clock->results, &count);
    SimTime last = -1;

    for (guint i = 0; i < count; i++) {
        if (faults[i].run == clock->run && strcmp(faults[i].name, name) == 0) {
            last = MAX(last, faults[i].lifted);
        }
    }
    return last < 0 ? SIM_NEVER : last;
}

static void look_after(const Clock *clock, char *const *after)
{
    SimTime last = 0;

    for (; *after != NULL; after++) {
        last = MAX(last, end_of_action(clock, *after));
    }
    if (last <= clock->end) {
        look_at(clock, last);
    }
}

static void look_when(const Clock *clock, const When *when)
{
    guint count;
    const ResultsOccurrence *seen = results_occurrences(clock->results, &count);
    SimTime first = SIM_NEVER;

    for (guint i = 0; i < count; i++) {
        const cJSON *label;
        bool is_it = seen[i].run == clock->run && strcmp(seen[i].event, when->event) == 0;

        cJSON_ArrayForEach(label, when->where)
        {
            is_it = is_it && g_strcmp0(verdict_occurrence_label(&seen[i], label->string),
                                       label->valuestring) == 0;
        }
        if (is_it && seen[i].first >= 0) {
            first = MIN(first, seen[i].first);
        }
    }
    if (first <= clock->end) {
        look_at(clock, first);
    }
}

static void look_every(const Clock *clock, const Activity *probe)
{
    int64_t most = probe->every_count > 0 ? probe->every_count : INT64_MAX;
    SimTime time = probe->every_interval;

    for (int64_t i = 0; i < most && time <= clock->end; i++, time += probe->every_interval) {
        look_at(clock, time);
    }
}

/* Each second in which a fault of the method was on anything. */
static void look_on_chaos(const Clock *clock)
{
    guint count;
    const ResultsFault *faults = results_faults(clock->results, &count);

    for (SimTime time = clock->begin; time <= clock->over; time += SIM_S) {
        for (guint i = 0; i < count; i++) {
            if (faults[i].run == clock->run && faults[i].applied <= time &&
                time < faults[i].lifted && is_of_method(clock, faults[i].name)) {
                look_at(clock, time);
                break;
            }
        }
    }
}

static void look_by_mode(const Clock *clock, ProbeMode mode)
{
    switch (mode) {
    case PROBE_SOT:
        look_at(clock, clock->begin);
        return;
    case PROBE_EOT:
        look_at(clock, clock->end);
        return;
    case PROBE_EDGE:
        look_at(clock, clock->begin);
        look_at(clock, clock->end);
        return;
    case PROBE_CONTINUOUS:
        look_during(clock, SIM_S, clock->end, SIM_S);
        return;
    case PROBE_ONCHAOS:
        look_on_chaos(clock);
        return;
    }
    g_assert_not_reached();
}

/* Before the method, after it, or in between; without any fault the end counts as both. */
static void look_as_hypothesis(const Clock *clock)
{
    SimSpan often = clock->scenario->hypothesis_frequency;

    switch (clock->scenario->hypothesis_strategy) {
    case HYPOTHESIS_DEFAULT:
        look_by_mode(clock, clock->begin == clock->end ? PROBE_EOT : PROBE_EDGE);
        return;
    case HYPOTHESIS_BEFORE:
        look_by_mode(clock, PROBE_SOT);
        return;
    case HYPOTHESIS_AFTER:
        look_by_mode(clock, PROBE_EOT);
        return;
    case HYPOTHESIS_DURING:
        look_during(clock, clock->begin, clock->over, often);
        return;
    case HYPOTHESIS_CONTINUOUSLY:
        look_during(clock, MAX(often, SIM_S), clock->end, often);
        return;
    }
    g_assert_not_reached();
}

GArray *probe_times(const Scenario *scenario, const Activity *probe, const Results *results,
                    int run, bool is_hypothesis)
{
    Clock clock = {.scenario = scenario,
                   .results = results,
                   .run = run,
                   .begin = scenario->simulation.duration,
                   .end = scenario->simulation.duration,
                   .times = g_array_new(false, false, sizeof(SimTime))};

    find_method(&clock);
    if (is_hypothesis) {
        look_as_hypothesis(&clock);
    } else if (probe->at != SIM_NEVER) {
        look_at(&clock, probe->at);
    } else if (probe->after != NULL) {
        look_after(&clock, probe->after);
    } else if (probe->when.event != NULL) {
        look_when(&clock, &probe->when);
    } else if (probe->every_interval > 0) {
        look_every(&clock, probe);
    } else {
        look_by_mode(&clock, probe->mode);
    }
    return clock.times;
}
