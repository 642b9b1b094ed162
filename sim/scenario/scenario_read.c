/* scenario_read.c - see scenario_read.h. */
#include "sim/scenario/scenario_read.h"

#include "sim/config/json_place.h"
#include "sim/scenario/scenario_check.h"
#include "sim/scenario/scenario_expect.h"
#include "sim/scenario/scenario_fields.h"
#include "sim/scenario/scenario_merge.h"
#include "sim/scenario/scenario_method.h"
#include "sim/scenario/scenario_names.h"
#include "sim/scenario/scenario_origins.h"
#include "sim/scenario/scenario_system.h"
#include "sim/scenario/scenario_when.h"

/* A JSON number beyond it has lost digits. */
#define WHOLE_MOST 9007199254740992.0

/* --- simulation ---------------------------------------------------------------------------- */

/* Decimal digits, "0x..." or hex digits as of a commit; longer ones than 64 bits are hashed. */
static bool parse_seed(const char *text, uint64_t *seed)
{
    bool is_prefixed = g_str_has_prefix(text, "0x") || g_str_has_prefix(text, "0X");
    const char *digits = is_prefixed ? text + 2 : text;
    size_t size = strlen(digits);
    bool is_decimal = !is_prefixed && strspn(digits, "0123456789") == size;

    if (size == 0 || size > 40 || strspn(digits, "0123456789abcdefABCDEF") != size) {
        return false;
    }
    if (is_decimal && g_ascii_string_to_unsigned(digits, 10, 0, UINT64_MAX, seed, NULL)) {
        return true;
    }
    if (size <= 16) {
        return g_ascii_string_to_unsigned(digits, 16, 0, UINT64_MAX, seed, NULL);
    }
    g_autofree char *lower = g_ascii_strdown(digits, -1);

    *seed = rng_hash(lower);
    return true;
}

static void read_seed(SimulationSettings *settings, const cJSON *seed, DiagList *diags)
{
    settings->seed = 1;
    if (seed == NULL) {
        settings->seed_text = g_strdup("1");
    } else if (cJSON_IsNumber(seed)) {
        if (seed->valuedouble < 0 || seed->valuedouble > WHOLE_MOST ||
            seed->valuedouble != (double)(uint64_t)seed->valuedouble) {
            diag_add(diags, DIAG_ERROR, seed, DIAG_VALUE,
                     "'seed' must be a whole number up to 2^53; write larger ones as a string");
            return;
        }
        settings->seed = (uint64_t)seed->valuedouble;
        settings->seed_text = g_strdup_printf("%" G_GUINT64_FORMAT, settings->seed);
    } else if (cJSON_IsString(seed) && parse_seed(seed->valuestring, &settings->seed)) {
        settings->seed_text = g_strdup(seed->valuestring);
    } else {
        diag_add(diags, DIAG_ERROR, seed, DIAG_VALUE,
                 "'seed' must be an integer, \"0x...\" or up to 40 hex digits");
    }
}

static void read_simulation(Scenario *scenario, const cJSON *tree, DiagList *diags)
{
    SimulationSettings *settings = &scenario->simulation;
    SimulationText text = {0};

    field_defaults(simulation_fields, &text);
    if (tree != NULL) {
        field_read(simulation_fields, &text, tree, diags);
    }
    *settings = (SimulationSettings){.warmup = text.warmup,
                                     .duration = text.duration,
                                     .settle = text.settle,
                                     .sample_interval = text.sample_interval,
                                     .replications = text.replications};
    read_seed(settings, text.seed, diags);
    field_clear(simulation_fields, &text);
}

/* --- the top ------------------------------------------------------------------------------- */

static void check_version(const cJSON *root, const char *version, DiagList *diags)
{
    if (version != NULL && strcmp(version, SCENARIO_VERSION) != 0) {
        diag_add(diags, DIAG_ERROR, json_member(root, "version"), DIAG_VALUE,
                 "format '%s' is unknown; this program reads format \"" SCENARIO_VERSION "\"",
                 version);
    }
}

static void check_contributions(const cJSON *tree, DiagList *diags)
{
    static const char *const levels[] = {"high", "medium", "low", "none", NULL};

    if (tree == NULL || !names_check_object(diags, tree, "contributions")) {
        return;
    }
    NAMES_EACH(member, tree)
    {
        if (!cJSON_IsString(member) || !g_strv_contains(levels, member->valuestring)) {
            diag_add(diags, DIAG_ERROR, member, DIAG_VALUE,
                     "'%s' must be one of high, medium, low, none", member->string);
        }
    }
}

static void check_extensions(const cJSON *tree, DiagList *diags)
{
    if (tree != NULL && !cJSON_IsArray(tree)) {
        diag_add(diags, DIAG_ERROR, tree, DIAG_VALUE, "'extensions' must be a list of objects");
        return;
    }
    for (const cJSON *each = tree == NULL ? NULL : tree->child; each != NULL; each = each->next) {
        if (!cJSON_IsString(json_member(each, "name"))) {
            diag_add(diags, DIAG_ERROR, each, DIAG_VALUE,
                     "an extension must be an object with 'name'");
        }
    }
}

static void read_runtime(Scenario *scenario, const cJSON *tree, DiagList *diags)
{
    RuntimeText text = {0};

    field_defaults(runtime_fields, &text);
    if (tree != NULL) {
        field_read(runtime_fields, &text, tree, diags);
    }
    scenario->hypothesis_strategy = (HypothesisStrategy)text.hypothesis.strategy;
    scenario->hypothesis_frequency = text.hypothesis.frequency;
    scenario->rollback_strategy = (RollbackStrategy)text.rollbacks.strategy;
    scenario->fail_fast = text.fail_fast;
    field_clear(runtime_fields, &text);
}

static void read_hypothesis(Scenario *scenario, const cJSON *tree, DiagList *diags)
{
    HypothesisText text = {0};

    if (tree == NULL) {
        return;
    }
    field_read(hypothesis_fields, &text, tree, diags);
    scenario_method_read(scenario, text.probes, "probes", IN_HYPOTHESIS, scenario->hypothesis,
                         diags);
    field_clear(hypothesis_fields, &text);
}

static void read_sections(Scenario *scenario, const TopText *top, const Kind *const *kinds,
                          DiagList *diags)
{
    if (top->configuration != NULL) {
        names_check_object(diags, top->configuration, "configuration");
    }
    if (top->search != NULL) {
        names_check_object(diags, top->search, "search");
    }
    check_contributions(top->contributions, diags);
    check_extensions(top->extensions, diags);
    read_simulation(scenario, top->simulation, diags);
    read_runtime(scenario, top->runtime, diags);
    scenario_system_read(scenario, kinds, diags);
    scenario_method_read(scenario, top->method, "method", IN_METHOD, scenario->method, diags);
    scenario_method_read(scenario, top->rollbacks, "rollbacks", IN_ROLLBACKS, scenario->rollbacks,
                         diags);
    read_hypothesis(scenario, top->hypothesis, diags);
    scenario_when_read(scenario, kinds, diags);
    scenario_expect_read(scenario, kinds, diags);
    scenario_check(scenario, diags);
}

static void read_top(Scenario *scenario, const Kind *const *kinds, DiagList *diags)
{
    TopText top = {0};

    field_defaults(top_fields, &top);
    field_read(top_fields, &top, scenario->root, diags);
    check_version(scenario->root, top.version, diags);
    scenario->title = g_steal_pointer(&top.title);
    scenario->description = g_steal_pointer(&top.description);
    scenario->tags = g_steal_pointer(&top.tags);
    read_sections(scenario, &top, kinds, diags);
    field_clear(top_fields, &top);
}

/* --- the public functions ------------------------------------------------------------------ */

DiagList *scenario_diags_new(const Scenario *scenario)
{
    return diag_list_new(origins_find, scenario->origins);
}

Scenario *scenario_read(const char *path, const ScenarioChanges *changes, const Kind *const *kinds,
                        DiagList **diags)
{
    Scenario *scenario = scenario_new(path);

    *diags = scenario_diags_new(scenario);
    if (!g_utf8_validate(path, -1, NULL)) {
        /* Results name it in JSON. */
        diag_add_at(*diags, DIAG_ERROR, (DiagPlace){.file = g_intern_string(path)},
                    "the file's name is no valid UTF-8");
    }
    scenario->root = scenario_merge(path, changes, scenario->origins, *diags);
    scenario->confidence = changes != NULL && changes->confidence > 0 ? changes->confidence : 0.95;
    if (scenario->root != NULL) {
        read_top(scenario, kinds, *diags);
    }
    if (diag_count_errors(*diags) > 0) {
        scenario_free(scenario);
        return NULL;
    }
    return scenario;
}

char *scenario_origin(const Scenario *scenario, const cJSON *node)
{
    DiagPlace place = {0};

    if (!origins_find(scenario->origins, node, DIAG_VALUE, &place)) {
        return g_strdup("default");
    }
    return place.line == 0 ? g_strdup(place.file)
                           : g_strdup_printf("%s:%d", place.file, place.line);
}
