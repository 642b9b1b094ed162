/* relive.c - one replication lived once more, to see single requests. */
#include "sim/run/relive.h"

#include <unistd.h>

#include "sim/results/results_read.h"
#include "sim/scenario/scenario_read.h"

typedef struct Watch {
    const ReliveOrder *order;
    Relived *relived;
    GHashTable *under_way; /* id to GArray of TraceStep: only looked up */
    SimTime start;         /* instant of scenario time 0 */
} Watch;

/* Spread over all clients: ids of one client follow one another. */
static bool is_kept(const ReliveOrder *order, uint64_t id)
{
    return (id * UINT64_C(0x9e3779b97f4a7c15) >> 32) % MAX(order->share, 1) == 0;
}

static const char *keep(const Watch *watch, const char *text)
{
    return text != NULL ? g_string_chunk_insert_const(watch->relived->texts, text) : NULL;
}

static void on_hop(void *context, SimTime time, const Component *to, const Message *message)
{
    Watch *watch = context;
    uint64_t id = message->request;

    if (id == 0 || watch->order->is_by_key || !is_kept(watch->order, id)) {
        return;
    }
    GArray *steps = g_hash_table_lookup(watch->under_way, &id);
    TraceStep step = {.time = time - watch->start,
                      .site = keep(watch, to->site != NULL ? to->site->name : "everywhere"),
                      .node = keep(watch, component_node(to)),
                      .component = keep(watch, to->name),
                      .what = network_op_word(message->op)};

    if (steps == NULL) {
        steps = g_array_new(false, false, sizeof(TraceStep));
        g_hash_table_insert(watch->under_way, g_memdup2(&id, sizeof id), steps);
    }
    g_array_append_val(steps, step);
}

static void on_request(void *context, const UserRequest *request)
{
    Watch *watch = context;
    uint64_t id = request->id;

    if (!is_kept(watch->order, watch->order->is_by_key ? request->key : id)) {
        return;
    }
    GArray *steps = g_hash_table_lookup(watch->under_way, &id);
    TraceRequest kept = {.id = id,
                         .begin = request->intended - watch->start,
                         .end = request->ended - watch->start,
                         .client = keep(watch, request->client),
                         .region = keep(watch, request->region->name),
                         .dc = keep(watch, request->dc != NULL ? request->dc->name : NULL),
                         .reason = keep(watch, request->is_ok ? NULL : request->reason),
                         .is_write = request->is_write,
                         .is_delete = request->is_delete,
                         .is_refused = request->is_refused,
                         .is_counter = request->is_counter,
                         .attempts = request->attempts,
                         .key = request->key,
                         .session = request->session,
                         .version = request->version,
                         .steps = steps != NULL ? g_array_ref(steps) : NULL};

    g_hash_table_remove(watch->under_way, &id);
    if (kept.begin >= watch->order->from) {
        g_array_append_val(watch->relived->requests, kept);
    } else if (kept.steps != NULL) {
        g_array_unref(kept.steps);
    }
}

static void clear_request(void *item)
{
    TraceRequest *request = item;

    g_clear_pointer(&request->steps, g_array_unref);
}

static Relived *relived_new(void)
{
    Relived *relived = g_new0(Relived, 1);

    relived->texts = g_string_chunk_new(4096);
    relived->requests = g_array_new(false, false, sizeof(TraceRequest));
    g_array_set_clear_func(relived->requests, clear_request);
    return relived;
}

void relived_free(Relived *relived)
{
    if (relived != NULL) {
        g_array_unref(relived->requests);
        g_string_chunk_free(relived->texts);
        g_free(relived);
    }
}

static bool read_fingerprint(const char *path, uint64_t *fingerprint, GError **error)
{
    g_autoptr(Results) results = results_open(path, error);
    guint count = 0;
    const ResultsRun *runs = results != NULL ? results_runs(results, &count) : NULL;

    *fingerprint = count > 0 ? runs[0].fingerprint : 0;
    return results != NULL;
}

Relived *relive(const ReliveOrder *order, GError **error)
{
    g_autoptr(Relived) relived = relived_new();
    g_autoptr(GHashTable) under_way =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)g_array_unref);
    g_autoptr(DiagList) diags = scenario_diags_new(order->scenario);
    Watch watch = {order, relived, under_way, order->scenario->simulation.warmup};
    RunOrder one = {.scenario = order->scenario,
                    .kinds = order->kinds,
                    .run = order->run,
                    .until = order->until,
                    .path = order->path,
                    .hop = on_hop,
                    .hop_context = &watch,
                    .request = on_request,
                    .request_context = &watch};
    bool is_run = run_execute(&one, diags, error);

    if (!is_run && error != NULL && *error == NULL) {
        g_autofree char *text = diag_list_to_text(diags);

        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s", g_strchomp(text));
    }
    is_run = is_run && read_fingerprint(order->path, &relived->fingerprint, error);
    unlink(order->path);
    return is_run ? g_steal_pointer(&relived) : NULL;
}
