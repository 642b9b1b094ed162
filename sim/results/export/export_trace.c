/* export_trace.c - one replication as a Chrome trace for Perfetto. */
#include "sim/results/export/export_trace.h"

#include <string.h>

#include "sim/results/export/export_json.h"
#include "sim/results/results_series.h"

enum { SCENARIO_PROCESS = 1, FIRST_SITE = 2, SITE_THREAD = 1, FIRST_NODE = 2 };

/* Processes and threads by name, in order of their first sight. */
typedef struct Trace {
    Results *results;
    int run;
    GString *out;
    GHashTable *ids; /* "site" and "site/node" to a number: only looked up */
    int sites, nodes;
} Trace;

/* --- events --------------------------------------------------------------------------------- */

static cJSON *event_new(const char *type, const char *name, const char *category, SimTime time,
                        int process, int thread)
{
    cJSON *event = cJSON_CreateObject();
    char *text = g_strdup_printf("%" G_GINT64_FORMAT ".%03d", time / 1000,
                                 (int)(time >= 0 ? time % 1000 : 0));

    cJSON_AddStringToObject(event, "name", name);
    cJSON_AddStringToObject(event, "cat", category);
    cJSON_AddStringToObject(event, "ph", type);
    cJSON_AddRawToObject(event, "ts", text);
    cJSON_AddNumberToObject(event, "pid", process);
    cJSON_AddNumberToObject(event, "tid", thread);
    g_free(text);
    return event;
}

/* Takes the event. */
static void put(Trace *trace, cJSON *event)
{
    char *text = cJSON_PrintUnformatted(event);

    g_string_append(trace->out, trace->out->str[trace->out->len - 1] == '[' ? "\n" : ",\n");
    g_string_append(trace->out, text);
    cJSON_free(text);
    cJSON_Delete(event);
}

static void put_name(Trace *trace, const char *what, const char *name, int process, int thread)
{
    cJSON *event = event_new("M", what, "__metadata", 0, process, thread);

    cJSON_AddStringToObject(cJSON_AddObjectToObject(event, "args"), "name", name);
    put(trace, event);
}

static void put_instant(Trace *trace, const char *name, const char *category, SimTime time,
                        int process, int thread, cJSON *args)
{
    cJSON *event = event_new("i", name, category, time, process, thread);

    cJSON_AddStringToObject(event, "s", thread == SITE_THREAD ? "p" : "t");
    cJSON_AddItemToObject(event, "args", args);
    put(trace, event);
}

/* --- places --------------------------------------------------------------------------------- */

static int process_of(Trace *trace, const char *site)
{
    int id = GPOINTER_TO_INT(g_hash_table_lookup(trace->ids, site));

    if (id == 0) {
        id = FIRST_SITE + trace->sites++;
        g_hash_table_insert(trace->ids, g_strdup(site), GINT_TO_POINTER(id));
        put_name(trace, "process_name", site, id, SITE_THREAD);
        put_name(trace, "thread_name", "site", id, SITE_THREAD);
    }
    return id;
}

static int thread_of(Trace *trace, const char *site, const char *node)
{
    g_autofree char *key = g_strconcat(site, "/", node != NULL ? node : "", NULL);
    int process = process_of(trace, site);
    int id = node != NULL ? GPOINTER_TO_INT(g_hash_table_lookup(trace->ids, key)) : SITE_THREAD;

    if (id == 0) {
        id = FIRST_NODE + trace->nodes++;
        put_name(trace, "thread_name", node, process, id);
        g_hash_table_insert(trace->ids, g_steal_pointer(&key), GINT_TO_POINTER(id));
    }
    return id;
}

/* All that the world has, so that a quiet node has its line too. */
static void put_places(Trace *trace)
{
    guint count;
    const ResultsComponent *components = results_components(trace->results, &count);

    put_name(trace, "process_name", "scenario", SCENARIO_PROCESS, SITE_THREAD);
    put_name(trace, "thread_name", "phases", SCENARIO_PROCESS, SITE_THREAD);
    for (guint i = 0; i < count; i++) {
        if (components[i].dc != NULL && components[i].node != NULL) {
            thread_of(trace, components[i].dc, components[i].node);
        }
    }
}

static const ResultsComponent *find_component(const Trace *trace, const char *name)
{
    guint count;
    const ResultsComponent *components = results_components(trace->results, &count);

    for (guint i = 0; name != NULL && i < count; i++) {
        if (strcmp(components[i].name, name) == 0) {
            return &components[i];
        }
    }
    return NULL;
}

/* --- what is in the results ----------------------------------------------------------------- */

/* Phases and faults overlap as they like: asynchronous spans of the scenario's own process. */
static void put_span(Trace *trace, const char *name, const char *category, guint id, SimTime begin,
                     SimTime end)
{
    for (int is_end = 0; is_end < 2; is_end++) {
        cJSON *event = event_new(is_end ? "e" : "b", name, category, is_end ? end : begin,
                                 SCENARIO_PROCESS, SITE_THREAD);

        cJSON_AddNumberToObject(event, "id", id);
        put(trace, event);
    }
}

static void put_phases(Trace *trace)
{
    guint count;
    const ResultsPhase *phases = results_phases(trace->results, &count);

    for (guint i = 0; i < count; i++) {
        if (phases[i].run == trace->run && phases[i].begin >= 0) {
            put_span(trace, phases[i].name, "phase", i, phases[i].begin, phases[i].end);
        }
    }
}

/* An instant at each place that a fault hits, as far as the text of its targets goes. */
static void put_fault_instants(Trace *trace, const ResultsFault *fault, SimTime time,
                               const char *word)
{
    g_auto(GStrv) targets = g_strsplit(fault->targets_text, ", ", -1);
    g_autofree char *name = g_strconcat(fault->name, " ", word, NULL);

    put_instant(trace, name, "fault", time, SCENARIO_PROCESS, SITE_THREAD, cJSON_CreateObject());
    for (guint i = 0; targets[i] != NULL; i++) {
        const ResultsComponent *hit = find_component(trace, targets[i]);

        if (hit != NULL && hit->dc != NULL) {
            int thread = thread_of(trace, hit->dc, hit->node);
            cJSON *args = cJSON_CreateObject();

            cJSON_AddStringToObject(args, "func", fault->func);
            cJSON_AddStringToObject(args, "target", targets[i]);
            put_instant(trace, name, "fault", time, process_of(trace, hit->dc), thread, args);
        }
    }
}

static void put_faults(Trace *trace)
{
    guint count;
    const ResultsFault *faults = results_faults(trace->results, &count);

    for (guint i = 0; i < count; i++) {
        if (faults[i].run == trace->run) {
            put_fault_instants(trace, &faults[i], faults[i].applied, "applied");
            if (faults[i].lifted != SIM_NEVER) {
                put_fault_instants(trace, &faults[i], faults[i].lifted, "lifted");
            }
        }
    }
}

/* Occurrences are counted, not listed: their first and last time, where they happened. */
static void put_occurrences(Trace *trace)
{
    guint count;
    const ResultsOccurrence *all = results_occurrences(trace->results, &count);

    for (guint i = 0; i < count; i++) {
        const char *site = all[i].dc != NULL ? all[i].dc : "elsewhere";

        for (int is_last = 0; all[i].run == trace->run && is_last < (all[i].count > 1 ? 2 : 1);
             is_last++) {
            cJSON *args = cJSON_CreateObject();
            int thread = thread_of(trace, site, all[i].node);

            cJSON_AddStringToObject(args, "component",
                                    all[i].component != NULL ? all[i].component : "");
            if (all[i].label1 != NULL) {
                cJSON_AddStringToObject(args, all[i].label1, all[i].value1);
            }
            if (all[i].label2 != NULL) {
                cJSON_AddStringToObject(args, all[i].label2, all[i].value2);
            }
            cJSON_AddNumberToObject(args, "count", (double)all[i].count);
            cJSON_AddStringToObject(args, "which", is_last ? "last" : "first");
            put_instant(trace, all[i].event, "event", is_last ? all[i].last : all[i].first,
                        process_of(trace, site), thread, args);
        }
    }
}

static void put_counters(Trace *trace, const char *dc)
{
    const ResultsUserFilter filter = {.dc = dc};
    g_autoptr(GArray) spans = results_felt_spans(trace->results, trace->run);
    int process = process_of(trace, dc);

    for (guint s = 0; s < spans->len; s++) {
        ResultsSpan span = g_array_index(spans, ResultsSpan, s);
        g_autoptr(GArray) seconds = results_user_seconds(trace->results, &filter, trace->run, span);

        for (guint i = 0; i < seconds->len; i++) {
            const ResultsCounts *counts = &g_array_index(seconds, ResultsCounts, i);
            cJSON *event =
                event_new("C", "requests/s", "users", span.begin + i * SIM_S, process, SITE_THREAD);
            cJSON *args = cJSON_AddObjectToObject(event, "args");

            cJSON_AddNumberToObject(args, "ok", (double)counts->ok);
            cJSON_AddNumberToObject(args, "failed", (double)counts->failed);
            put(trace, event);
        }
    }
}

/* --- requests ------------------------------------------------------------------------------- */

static cJSON *request_event(Trace *trace, const TraceRequest *request, const char *type,
                            const char *name, SimTime time, const char *site, const char *node)
{
    g_autofree char *id = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", request->id);
    int thread = thread_of(trace, site, node);
    cJSON *event = event_new(type, name, "request", time, process_of(trace, site), thread);

    cJSON_AddStringToObject(event, "id", id);
    return event;
}

static void put_request(Trace *trace, const TraceRequest *request)
{
    const char *site = request->dc != NULL ? request->dc : "no data centre";
    const char *name = request->reason != NULL ? "failed" : request->is_write ? "write" : "read";
    cJSON *begin = request_event(trace, request, "b", name, request->begin, site, NULL);
    cJSON *args = cJSON_AddObjectToObject(begin, "args");

    cJSON_AddStringToObject(args, "client", request->client);
    cJSON_AddStringToObject(args, "region", request->region);
    cJSON_AddNumberToObject(args, "attempts", request->attempts);
    if (request->reason != NULL) {
        cJSON_AddStringToObject(args, "reason", request->reason);
    }
    put(trace, begin);
    for (guint i = 0; request->steps != NULL && i < request->steps->len; i++) {
        const TraceStep *step = &g_array_index(request->steps, TraceStep, i);
        cJSON *event =
            request_event(trace, request, "n", step->what, step->time, step->site, step->node);

        cJSON_AddStringToObject(cJSON_AddObjectToObject(event, "args"), "at", step->component);
        put(trace, event);
    }
    put(trace, request_event(trace, request, "e", name, request->end, site, NULL));
}

char *export_trace(Results *results, int run, const GArray *requests, guint share)
{
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Trace trace = {
        .results = results, .run = run, .out = g_string_new("{\"traceEvents\":["), .ids = ids};
    g_autoptr(GPtrArray) dcs = results_user_values(results, "dc");

    put_places(&trace);
    put_phases(&trace);
    put_faults(&trace);
    put_occurrences(&trace);
    for (guint i = 0; i + 1 < dcs->len; i++) {
        put_counters(&trace, dcs->pdata[i]);
    }
    for (guint i = 0; requests != NULL && i < requests->len; i++) {
        put_request(&trace, &g_array_index(requests, TraceRequest, i));
    }
    g_string_append_printf(trace.out,
                           "\n],\"displayTimeUnit\":\"ms\",\"otherData\":{\"replication\":%d,"
                           "\"one_request_in\":%u}}\n",
                           run, share);
    return g_string_free(trace.out, false);
}
