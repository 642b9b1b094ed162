/* journal.c - journal.json in the Chaos Toolkit's shape, and run-meta.json. */
#include "sim/run/journal.h"

#include <math.h>
#include <string.h>
#include <sys/utsname.h>

#include "sim/results/verdict.h"

static void add_seconds(cJSON *object, const char *name, SimTime time)
{
    if (time == SIM_NEVER) {
        cJSON_AddNullToObject(object, name);
    } else {
        cJSON_AddNumberToObject(object, name, sim_span_to_s(time));
    }
}

static const Judged *find_judged(const GPtrArray *judged, const char *kind, const char *name)
{
    for (guint i = 0; i < judged->len; i++) {
        const Judged *one = g_ptr_array_index(judged, i);

        if (strcmp(one->kind, kind) == 0 && g_strcmp0(one->name, name) == 0) {
            return one;
        }
    }
    return NULL;
}

/* Chaos Toolkit's words for a verdict of a probe. */
static const char *status_word(const Judged *judged)
{
    if (judged == NULL) {
        return "aborted";
    }
    return judged->verdict == VERDICT_FAIL ? "failed" : "succeeded";
}

/* One application of an action in one replication: applied, bit, lifted. */
static cJSON *fault_entry(const ResultsFault *fault)
{
    cJSON *entry = cJSON_CreateObject();
    cJSON *activity = cJSON_AddObjectToObject(entry, "activity");
    cJSON *output = cJSON_AddObjectToObject(entry, "output");

    cJSON_AddStringToObject(activity, "type", "action");
    cJSON_AddStringToObject(activity, "name", fault->name);
    cJSON_AddStringToObject(activity, "func", fault->func);
    cJSON_AddStringToObject(entry, "status", fault->bit > 0 ? "succeeded" : "failed");
    cJSON_AddNumberToObject(entry, "replication", fault->run);
    add_seconds(entry, "start", fault->applied);
    add_seconds(entry, "end", fault->lifted);
    cJSON_AddNumberToObject(output, "applied", fault->targets);
    cJSON_AddNumberToObject(output, "bit", fault->bit);
    cJSON_AddBoolToObject(output, "lifted", fault->lifted != SIM_NEVER);
    cJSON_AddStringToObject(output, "targets", fault->targets_text);
    return entry;
}

static cJSON *probe_entry(const Activity *probe, const Judged *judged)
{
    cJSON *entry = cJSON_CreateObject();
    cJSON *activity = cJSON_AddObjectToObject(entry, "activity");

    cJSON_AddStringToObject(activity, "type", "probe");
    cJSON_AddStringToObject(activity, "name", probe->name);
    cJSON_AddStringToObject(activity, "query", probe->query);
    cJSON_AddStringToObject(entry, "status", status_word(judged));
    add_seconds(entry, "start", probe->at);
    if (judged != NULL && !isnan(judged->observed)) {
        cJSON_AddNumberToObject(entry, "output", judged->observed);
    } else {
        cJSON_AddNullToObject(entry, "output");
    }
    if (judged != NULL) {
        cJSON_AddBoolToObject(entry, "tolerance_met", judged->verdict == VERDICT_PASS);
    }
    return entry;
}

/* What was applied of one list of activities, in every replication. */
static void add_faults(cJSON *list, const GPtrArray *activities, const Results *results)
{
    guint count;
    const ResultsFault *faults = results_faults(results, &count);

    for (guint i = 0; i < count; i++) {
        for (guint k = 0; k < activities->len; k++) {
            if (strcmp(((const Activity *)g_ptr_array_index(activities, k))->name,
                       faults[i].name) == 0) {
                cJSON_AddItemToArray(list, fault_entry(&faults[i]));
            }
        }
    }
}

static void add_run(cJSON *journal, const Scenario *scenario, const Results *results,
                    const GPtrArray *judged)
{
    cJSON *run = cJSON_AddArrayToObject(journal, "run");

    add_faults(run, scenario->method, results);
    for (guint i = 0; i < scenario->method->len; i++) {
        const Activity *step = g_ptr_array_index(scenario->method, i);

        if (step->type == ACTIVITY_PROBE) {
            cJSON_AddItemToArray(run, probe_entry(step, find_judged(judged, "probe", step->name)));
        }
    }
}

static void add_hypothesis(cJSON *journal, const Scenario *scenario, const GPtrArray *judged)
{
    cJSON *states = cJSON_AddObjectToObject(journal, "steady_states");
    cJSON *during = cJSON_AddObjectToObject(states, "during");
    cJSON *probes = cJSON_AddArrayToObject(during, "probes");
    bool is_met = true;

    for (guint i = 0; i < scenario->hypothesis->len; i++) {
        const Activity *probe = g_ptr_array_index(scenario->hypothesis, i);
        const Judged *one = find_judged(judged, "hypothesis", probe->name);

        is_met = is_met && one != NULL && one->verdict == VERDICT_PASS;
        cJSON_AddItemToArray(probes, probe_entry(probe, one));
    }
    cJSON_AddBoolToObject(during, "steady_state_met", is_met);
}

cJSON *journal_make(const Scenario *scenario, const Results *results, const GPtrArray *judged,
                    const char *ended)
{
    cJSON *journal = cJSON_CreateObject();
    Verdict verdict = verdict_merge(judged, NULL);

    cJSON_AddStringToObject(journal, "chaoslib-version", "1.44.0");
    cJSON_AddStringToObject(journal, "platform", "dcdrill " DCDRILL_VERSION);
    cJSON_AddItemToObject(journal, "experiment", cJSON_Duplicate(scenario->root, true));
    cJSON_AddStringToObject(journal, "status", ended);
    cJSON_AddBoolToObject(journal, "deviated", verdict == VERDICT_FAIL);
    cJSON_AddStringToObject(journal, "verdict", verdict_word(verdict));
    cJSON_AddNumberToObject(journal, "duration", sim_span_to_s(scenario->simulation.duration));
    add_hypothesis(journal, scenario, judged);
    add_run(journal, scenario, results, judged);
    add_faults(cJSON_AddArrayToObject(journal, "rollbacks"), scenario->rollbacks, results);
    return journal;
}

cJSON *run_meta_make(const RunMeta *meta)
{
    cJSON *object = cJSON_CreateObject();
    struct utsname system = {0};

    cJSON_AddStringToObject(object, "began", meta->began);
    if (meta->ended != NULL) {
        cJSON_AddStringToObject(object, "ended", meta->ended);
        cJSON_AddNumberToObject(object, "spent_s", meta->spent_s);
    }
    if (meta->instructions > 0) {
        cJSON_AddNumberToObject(object, "instructions", meta->instructions);
    } else if (meta->doubt != NULL) {
        cJSON_AddStringToObject(object, "instructions_unknown", meta->doubt);
    }
    cJSON_AddNumberToObject(object, "jobs", meta->jobs);
    cJSON_AddStringToObject(object, "version", meta->version);
    cJSON_AddStringToObject(object, "command", meta->command);
    cJSON_AddStringToObject(object, "campaign", meta->identity);
    if (uname(&system) == 0) {
        cJSON_AddStringToObject(object, "host", system.nodename);
        cJSON_AddStringToObject(object, "system", system.sysname);
        cJSON_AddStringToObject(object, "machine", system.machine);
    }
    cJSON_AddStringToObject(object, "compiler", __VERSION__);
    cJSON_AddNumberToObject(object, "processors", g_get_num_processors());
    return object;
}
