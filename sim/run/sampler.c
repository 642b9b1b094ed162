/* sampler.c - reads every declared metric of every component at each sample interval. */
#include "sim/run/sampler.h"

#include <string.h>

#include "sim/world/host.h"

/* One metric of one component and what it stood at when last looked at. */
typedef struct Mark {
    Component *component;
    const MetricDef *def;
    int metric; /* id in the results */
    uint64_t counter;
    double area;
    bool is_known; /* it has a sample */
} Mark;

struct Sampler {
    World *world;
    ResultsWriter *writer;
    int run;
    SimTime start; /* scenario time 0 */
    SimTime last;  /* instant of the last look */
    GArray *marks; /* Mark */
};

static const char *const type_words[] = {"counter", "gauge", "histogram"};

static void *member_of(const Mark *mark)
{
    return (char *)mark->component + mark->def->offset;
}

/* --- set-up
 * ---------------------------------------------------------------------------------------- */

static int metric_id(Sampler *sampler, GHashTable *ids, const MetricDef *def)
{
    gpointer known;

    if (g_hash_table_lookup_extended(ids, def->name, NULL, &known)) {
        return GPOINTER_TO_INT(known);
    }
    int id = (int)g_hash_table_size(ids);

    g_hash_table_insert(ids, (gpointer)def->name, GINT_TO_POINTER(id));
    results_write_metric(sampler->writer, id, def->name, type_words[def->type], def->unit,
                         def->help);
    return id;
}

static void write_component(Sampler *sampler, const Component *component)
{
    const Site *site = component->site;
    bool is_dc = site != NULL && site->type == SITE_DC;

    results_write_component(sampler->writer, (int)component_id(component), component->name,
                            component->kind->name, is_dc ? site->name : NULL, component->role,
                            component_node(component), site != NULL && !is_dc ? site->name : NULL);
}

static bool has_own(const Kind *kind, const MetricDef *def)
{
    for (const MetricDef *own = kind->metrics; own != NULL && own->name != NULL; own++) {
        if (own != def && strcmp(own->name, def->name) == 0) {
            return true;
        }
    }
    return false;
}

/* `defs`: the kind's own, or those that all components share. */
static void add_marks(Sampler *sampler, GHashTable *ids, Component *component,
                      const MetricDef *defs)
{
    for (const MetricDef *def = defs; def != NULL && def->name != NULL; def++) {
        if (!has_own(component->kind, def)) {
            Mark mark = {
                .component = component, .def = def, .metric = metric_id(sampler, ids, def)};

            g_array_append_val(sampler->marks, mark);
        }
    }
}

Sampler *sampler_new(World *world, ResultsWriter *writer, int run, SimTime start)
{
    Sampler *sampler = g_new0(Sampler, 1);
    g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);

    sampler->world = world;
    sampler->writer = writer;
    sampler->run = run;
    sampler->start = start;
    sampler->marks = g_array_new(false, true, sizeof(Mark));
    for (guint i = 0; i < world_count(world); i++) {
        Component *component = world_component(world, i);

        write_component(sampler, component);
        add_marks(sampler, ids, component, component->kind->metrics);
        add_marks(sampler, ids, component, component_metrics);
    }
    return sampler;
}

void sampler_free(Sampler *sampler)
{
    if (sampler != NULL) {
        g_array_unref(sampler->marks);
        g_free(sampler);
    }
}

/* --- looking
 * --------------------------------------------------------------------------------------- */

static void write_sample(Sampler *sampler, Mark *mark, SimTime time, double value, double most)
{
    int component = (int)component_id(mark->component);

    if (mark->is_known) {
        results_write_later_sample(sampler->writer, sampler->run, component, mark->metric, time,
                                   value, most);
    } else {
        results_write_sample(sampler->writer, sampler->run, component, mark->metric, time, value,
                             most);
        mark->is_known = true;
    }
}

static void take_counter(Sampler *sampler, Mark *mark, SimTime time)
{
    uint64_t now = *(const uint64_t *)member_of(mark);
    double increase = (double)(now - mark->counter);

    write_sample(sampler, mark, time, increase, increase);
    mark->counter = now;
}

static void take_gauge(Sampler *sampler, Mark *mark, SimTime time, SimSpan length)
{
    Gauge *gauge = member_of(mark);

    gauge_set(gauge, sampler->last + length, gauge->value);
    if (length > 0) {
        double mean = (gauge->area - mark->area) / (double)length;

        write_sample(sampler, mark, time, mean, gauge->most);
    }
    mark->area = gauge->area;
    gauge->most = gauge->value;
}

static void take_histogram(Sampler *sampler, Mark *mark, SimTime time)
{
    Histogram *histogram = *(Histogram **)member_of(mark);

    if (histogram_count(histogram) > 0) {
        results_write_histogram(sampler->writer, sampler->run, (int)component_id(mark->component),
                                mark->metric, time, histogram);
    }
    histogram_reset(histogram);
}

void sampler_take(Sampler *sampler)
{
    SimTime now = world_now(sampler->world);
    SimTime time = sampler->last - sampler->start;
    SimSpan length = now - sampler->last;

    for (guint i = 0; i < sampler->marks->len; i++) {
        Mark *mark = &g_array_index(sampler->marks, Mark, i);

        switch (mark->def->type) {
        case METRIC_TYPE_COUNTER:
            take_counter(sampler, mark, time);
            break;
        case METRIC_TYPE_GAUGE:
            take_gauge(sampler, mark, time, length);
            break;
        case METRIC_TYPE_HISTOGRAM:
            take_histogram(sampler, mark, time);
            break;
        }
    }
    sampler->last = now;
}
