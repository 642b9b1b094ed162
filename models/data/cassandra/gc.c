/* gc.c - see gc.h. Collections happen when counted allocation has filled eden; between two looks at
 * the counters it is taken to go on as it did. */
#include "models/data/cassandra/gc.h"

#include "models/data/cassandra/native_transport.h"

#include "models/data/cassandra/storage.h"

#define GC_FAULT EFFECT_OF_WORLD /* of the effect that stops the process */
#define MIB ((int64_t)1 << 20)
#define GIB ((double)(1 << 30))
#define NEW_MIB_PER_CORE 100 /* cassandra-env.sh */
#define EDEN_SHARE 0.8       /* SurvivorRatio 8: eden is 8 of 10 parts */
#define ROOM_LEAST 64        /* of eden, a part: a heap that is full to the brim */
#define SOON (1 * SIM_S)     /* until the next look */

struct Gc {
    int64_t heap_bytes, eden_bytes, old_bytes;
    double allocated_bytes; /* in eden */
    double rate_per_s;      /* bytes, in the last second */
    double garbage_bytes;   /* promoted, and dead by now */
    double cycle_bytes;     /* of it, what came since the concurrent cycle began */
    uint64_t counted_bytes; /* of all statements so far */
    uint64_t rated_bytes;
    SimTime rated_at; /* when the rate was measured, and what was counted then */
    bool is_due;      /* a collection is planned */
    bool is_pausing, is_concurrent;
    uint32_t cycle; /* number of the concurrent cycle */
    Rng rng;
};

const Field gc_fields[] = {
    FIELD_FLAG(GcSettings, modelled, .initial = "false",
               .help = "Whether collections of the Java heap stop the process",
               .source = "assumption: off, since lengths and rates below are assumptions"),
    FIELD_BYTES(GcSettings, new_size, .initial = "0B",
                .help = "Young generation, 8 parts of 10 of it eden; 0B: min(100 MB x vCPUs, "
                        "heap/4); the heap is 'storage.heap_size'",
                .source = "Cassandra 3.11 conf/cassandra-env.sh, HEAP_NEWSIZE"),
    FIELD_RATIO(GcSettings, initiating_occupancy, .initial = "0.75",
                .help = "Share of the old generation at which a concurrent cycle begins",
                .source = "Cassandra 3.11 jvm.options, CMSInitiatingOccupancyFraction"),
    FIELD_BYTES(GcSettings, live, .initial = "150MiB",
                .help = "What always lives: classes, caches, ring, buffers",
                .source = "assumption: key and counter caches 75 MB and as much beside them"),
    FIELD_BYTES(GcSettings, coordinator_write, .initial = "35kB",
                .help = "Allocated for a write at its coordinator",
                .source = "assumption: 20 to 50 KB"),
    FIELD_BYTES(GcSettings, replica_write, .initial = "7500B",
                .help = "Allocated for a write at each replica",
                .source = "assumption: 5 to 10 KB"),
    FIELD_BYTES(GcSettings, coordinator_read, .initial = "35kB",
                .help = "Allocated for a read at its coordinator",
                .source = "assumption: with one replica's part 30 to 100 KB"),
    FIELD_BYTES(GcSettings, replica_read, .initial = "30kB",
                .help = "Allocated for a read at each replica that is asked",
                .source = "assumption: as above"),
    FIELD_BYTES(GcSettings, waiting, .initial = "4KiB",
                .help = "What a statement or message that waits for a thread holds",
                .source = "assumption"),
    FIELD_DRAW_NUMBER(GcSettings, promotion, .initial = "uniform(0.03, 0.08)",
                      .help = "Share of eden that a young collection promotes",
                      .source = "assumption: 3 to 8 %"),
    FIELD_DRAW(GcSettings, young_pause, .initial = "lognormal(median=20ms, p99=80ms)",
               .help = "Stop of a young collection", .source = "assumption for 2 vCPUs"),
    FIELD_DRAW(GcSettings, mark_pause, .initial = "uniform(20ms, 100ms)",
               .help = "Each of the two stops of a concurrent cycle", .source = "assumption"),
    FIELD_DRAW(GcSettings, concurrent_cpu, .initial = "uniform(1s, 3s)",
               .help = "CPU of a concurrent cycle, on one vCPU", .source = "assumption"),
    FIELD_DRAW(GcSettings, full_pause, .initial = "uniform(1s, 1500ms)",
               .help = "Stop of a full collection, for each GiB of heap",
               .source = "assumption: serial and compacting"),
    FIELD_END,
};

static void on_collect(void *self, void *subject, uint64_t detail);
static void on_resume(void *self, void *subject, uint64_t detail);
static void on_marked(void *self, void *subject, uint64_t detail);
static const EventType collect = {"cassandra.gc", on_collect};
static const EventType resumed = {"cassandra.gc-resumed", on_resume};
static const EventType marked = {"cassandra.gc-marked", on_marked};

/* --- what is allocated and what lives -----------------------------------------------------------
 */

static uint64_t count_bytes(const Cassandra *node)
{
    const GcSettings *settings = &node->gc_settings;
    uint64_t writes = node->coordinated_writes + node->coordinated_cas + node->coordinated_batches +
                      node->coordinated_counters;

    return writes * (uint64_t)settings->coordinator_write +
           node->mutations * (uint64_t)settings->replica_write +
           node->coordinated_reads * (uint64_t)settings->coordinator_read +
           node->replica_reads * (uint64_t)settings->replica_read;
}

static void look(Cassandra *node)
{
    Gc *gc = node->gc;
    uint64_t bytes = count_bytes(node);

    gc->allocated_bytes += (double)(bytes - gc->counted_bytes);
    gc->counted_bytes = bytes;
}

static void measure_rate(Cassandra *node)
{
    Gc *gc = node->gc;
    SimSpan since = node_now(node) - gc->rated_at;

    if (since > 0) {
        gc->rate_per_s =
            (double)(gc->counted_bytes - gc->rated_bytes) * (double)SIM_S / (double)since;
    }
    gc->rated_bytes = gc->counted_bytes;
    gc->rated_at = node_now(node);
}

/* Memtables, half full where they are not modelled, and what waits for threads. */
static double live_bytes(const Cassandra *node)
{
    double heap = (double)node->gc->heap_bytes;
    double memtables = node->storage != NULL ? (double)node->storage->heap_used : heap / 4 / 3 / 2;
    guint waiting = native_transport_waiting(node) + node->requests.active +
                    node->mutation_stage.count + node->read_stage.count;

    return (double)node->gc_settings.live + memtables +
           (double)waiting * (double)node->gc_settings.waiting;
}

/* What can be allocated until the next collection: less than eden when the old generation
 * overflows. */
static double room_bytes(const Cassandra *node)
{
    const Gc *gc = node->gc;
    double over = live_bytes(node) + gc->garbage_bytes - (double)gc->old_bytes;
    double eden = (double)gc->eden_bytes;

    return MAX(eden - MAX(over, 0), eden / ROOM_LEAST);
}

static void plan(Cassandra *node)
{
    Gc *gc = node->gc;
    double left = room_bytes(node) - gc->allocated_bytes;
    double after = left <= 0 ? 0 : left / MAX(gc->rate_per_s, 1) * (double)SIM_S;

    if (!gc->is_due && !gc->is_pausing && after < (double)SOON) {
        gc->is_due = true;
        engine_after(node->engine, (SimSpan)after, &node->component.owner, &collect, NULL, 0);
    }
}

/* --- pauses -------------------------------------------------------------------------------------
 */

/* The process stands still, `threads` collect. Whoever wakes it must not sleep with it. */
static void stop_the_world(Cassandra *node, SimSpan span, guint threads, const char *collector)
{
    Effect frozen = EFFECT_NONE;

    frozen.paused = true;
    node->gc->is_pausing = true;
    histogram_add(node->gc_pause, span);
    if (node->storage != NULL && span > 200 * SIM_MS) {
        storage_log(node->storage, span > SIM_S ? "WARN" : "INFO",
                    "%s GC in %" G_GINT64_FORMAT "ms.", collector, span / SIM_MS);
    }
    for (guint i = 0; i < threads; i++) {
        host_spend(node->component.host, &node->component.owner, span);
    }
    component_add_effect(&node->component, GC_FAULT | component_id(&node->component), frozen);
    engine_after(node->engine, span, &node->cluster->owner, &resumed, node,
                 node->component.owner.incarnation);
}

static void on_resume(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = subject;

    (void)self;
    component_remove_effect(&node->component, GC_FAULT | component_id(&node->component));
    if (node->component.is_up && node->component.owner.incarnation == detail) {
        node->gc->is_pausing = false;
        plan(node);
    }
}

/* --- the old generation -------------------------------------------------------------------------
 */

static void show_heap(Cassandra *node)
{
    gauge_set(&node->heap_used, node_now(node),
              MIN(live_bytes(node) + node->gc->garbage_bytes, (double)node->gc->heap_bytes));
}

/* OutOfMemoryError: the process is killed (JVMStabilityInspector). */
static void run_out(Cassandra *node)
{
    node->out_of_memory++;
    history_note(world_history(node->component.world), "cassandra.out-of-memory", &node->component,
                 NULL, NULL, NULL, NULL);
    component_stop(&node->component, NULL);
}

static void collect_all(Cassandra *node)
{
    Gc *gc = node->gc;
    double per_gib = (double)draw_span(node->gc_settings.full_pause, &gc->rng);

    node->gc_full_collections++;
    gc->garbage_bytes = gc->cycle_bytes = 0;
    gc->is_concurrent = false;
    show_heap(node);
    if (live_bytes(node) >= (double)(gc->old_bytes + gc->eden_bytes)) {
        run_out(node);
        return;
    }
    stop_the_world(node, (SimSpan)(per_gib * (double)gc->heap_bytes / GIB), 1,
                   "ConcurrentMarkSweep");
}

/* The concurrent cycle has marked and swept: what was dead at its begin is free. */
static void on_marked(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Gc *gc = node->gc;

    (void)subject;
    if (!gc->is_concurrent || gc->cycle != detail) {
        return; /* a full collection came before it */
    }
    gc->is_concurrent = false;
    gc->garbage_bytes = gc->cycle_bytes;
    show_heap(node);
    stop_the_world(node, draw_span(node->gc_settings.mark_pause, &gc->rng),
                   host_count_vcpus(node->component.host), "ConcurrentMarkSweep");
}

static SimSpan begin_cycle(Cassandra *node)
{
    Gc *gc = node->gc;

    gc->is_concurrent = true;
    gc->cycle_bytes = 0;
    gc->cycle++;
    node->gc_cycles++;
    node_work(node, draw_span(node->gc_settings.concurrent_cpu, &gc->rng), &marked, NULL,
              gc->cycle);
    return draw_span(node->gc_settings.mark_pause, &gc->rng);
}

/* --- a young collection -------------------------------------------------------------------------
 */

static void on_collect(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Gc *gc = node->gc;
    double promoted, used;
    SimSpan span;

    (void)subject;
    (void)detail;
    look(node);
    gc->is_due = false;
    if (gc->is_pausing) { /* the concurrent cycle has just stopped it */
        return;
    }
    if (gc->allocated_bytes < room_bytes(node)) { /* less was allocated than looked likely */
        plan(node);
        return;
    }
    gc->allocated_bytes -= room_bytes(node);
    node->gc_collections++;
    promoted = draw_number(node->gc_settings.promotion, &gc->rng) * (double)gc->eden_bytes;
    used = live_bytes(node) + gc->garbage_bytes + promoted;
    if (used > (double)gc->old_bytes) {
        collect_all(node);
        return;
    }
    gc->garbage_bytes += promoted;
    gc->cycle_bytes += promoted;
    span = draw_span(node->gc_settings.young_pause, &gc->rng);
    if (!gc->is_concurrent &&
        used >= node->gc_settings.initiating_occupancy * (double)gc->old_bytes) {
        span += begin_cycle(node);
    }
    show_heap(node);
    stop_the_world(node, span, host_count_vcpus(node->component.host), "ParNew");
}

/* --- life ---------------------------------------------------------------------------------------
 */

void gc_make(Cassandra *node)
{
    int64_t heap = storage_heap_size(node), new_size = node->gc_settings.new_size;
    g_autofree char *stream = g_strconcat(node->component.name, "/gc", NULL);
    Gc *gc;

    if (!node->gc_settings.modelled) {
        return;
    }
    if (new_size == 0) {
        new_size = MIN(NEW_MIB_PER_CORE * MIB * host_count_vcpus(node->component.host), heap / 4);
    }
    gc = node->gc = g_new0(Gc, 1);
    gc->heap_bytes = heap;
    gc->eden_bytes = (int64_t)(EDEN_SHARE * (double)MIN(new_size, heap / 2));
    gc->old_bytes = heap - MIN(new_size, heap / 2);
    engine_open_stream(node->engine, &gc->rng, stream);
}

void gc_start(Cassandra *node)
{
    Gc *gc = node->gc;

    if (gc != NULL) {
        gc->allocated_bytes = gc->rate_per_s = gc->garbage_bytes = gc->cycle_bytes = 0;
        gc->is_due = gc->is_pausing = gc->is_concurrent = false;
        gc->counted_bytes = gc->rated_bytes = count_bytes(node);
        gc->rated_at = node_now(node);
    }
}

void gc_sweep(Cassandra *node)
{
    if (node->gc != NULL) {
        look(node);
        measure_rate(node);
        plan(node);
    }
}

void gc_stop(Cassandra *node)
{
    if (node->gc != NULL) {
        gauge_set(&node->heap_used, node_now(node), 0);
    }
}

void gc_free(Cassandra *node)
{
    g_clear_pointer(&node->gc, g_free);
}
