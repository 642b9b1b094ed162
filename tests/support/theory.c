/* theory.c - see theory.h. */
#include "tests/support/theory.h"

#include <check.h>
#include <unistd.h>

#include "sim/config/json_place.h"

static char *scenario_text(const char *queueing, const char *warmup, const char *duration)
{
    char *text = g_strdup_printf("{ 'version': '1', 'title': 'theory',\n"
                                 "'simulation': { 'warmup': '%s', 'duration': '%s', 'settle': "
                                 "'0s', 'sample_interval': '10s' },\n"
                                 "'system': { 'queueing':\n%s\n} }\n",
                                 warmup, duration, queueing);

    return g_strdelimit(text, "'", '"');
}

Theory *theory_new(const char *queueing, const char *warmup, const char *duration)
{
    Theory *theory = g_new0(Theory, 1);
    g_autofree char *text = scenario_text(queueing, warmup, duration);
    int file = g_file_open_tmp("theory-XXXXXX.json", &theory->path, NULL);

    ck_assert_int_ge(file, 0);
    close(file);
    ck_assert(g_file_set_contents(theory->path, text, -1, NULL));
    theory->scenario = scenario_read(theory->path, NULL, all_kinds, &theory->diags);
    return theory;
}

void theory_free(Theory *theory)
{
    diag_list_free(theory->diags);
    scenario_free(theory->scenario);
    unlink(theory->path);
    g_free(theory->path);
    g_free(theory);
}

char *theory_messages(const char *queueing)
{
    g_autoptr(Theory) theory = theory_new(queueing, "0s", "1s");
    g_autoptr(DiagList) diags = NULL;
    g_autoptr(Assembly) assembly = NULL;
    g_autofree char *text = NULL;
    g_auto(GStrv) parts = NULL;

    if (theory->scenario != NULL) {
        diags = scenario_diags_new(theory->scenario);
        assembly = assemble(theory->scenario, all_kinds, 1, diags);
    }
    text = diag_list_to_text(diags != NULL ? diags : theory->diags);
    parts = g_strsplit(text, theory->path, -1);
    return g_strjoinv("", parts);
}

Assembly *theory_start(const Theory *theory, uint64_t seed)
{
    g_autoptr(DiagList) diags = scenario_diags_new(theory->scenario);
    Assembly *assembly = assemble(theory->scenario, all_kinds, seed, diags);
    g_autofree char *text = diag_list_to_text(diags);

    ck_assert_msg(assembly != NULL && *text == '\0', "%s", text);
    world_start(assembly->world);
    return assembly;
}

static void *member_of(const Assembly *assembly, const char *part, const char *metric,
                       MetricType type)
{
    Component *component = world_find(assembly->world, part);

    ck_assert_msg(component != NULL, "no '%s'", part);
    for (const MetricDef *def = component->kind->metrics; def->name != NULL; def++) {
        if (strcmp(def->name, metric) == 0) {
            ck_assert_int_eq(def->type, type);
            return (char *)component + def->offset;
        }
    }
    ck_abort_msg("'%s' does not measure '%s'", part, metric);
}

uint64_t theory_counter(const Assembly *assembly, const char *part, const char *metric)
{
    return *(const uint64_t *)member_of(assembly, part, metric, METRIC_TYPE_COUNTER);
}

Gauge theory_gauge(const Assembly *assembly, const char *part, const char *metric)
{
    Gauge *gauge = member_of(assembly, part, metric, METRIC_TYPE_GAUGE);

    gauge_set(gauge, engine_now(assembly->engine), gauge->value);
    return *gauge;
}

Histogram *theory_histogram(const Assembly *assembly, const char *part, const char *metric)
{
    return *(Histogram **)member_of(assembly, part, metric, METRIC_TYPE_HISTOGRAM);
}
