/* capacity_print.c - a capacity as text, JSON and CSV: the same numbers in all of them. */
#include <math.h>
#include <string.h>

#include "sim/base/words.h"
#include "sim/results/export/export_json.h"
#include "sim/study/capacity.h"

static const char *const end_words[] = {
    [FRONTIER_FOUND] = "found",   [FRONTIER_WIDE] = "not-converged", [FRONTIER_NEVER] = "never",
    [FRONTIER_ALWAYS] = "always", [FRONTIER_ENDED] = "unfinished",
};

static const FrontierPoint *end_point(const Frontier *frontier, bool is_last)
{
    return &g_array_index(frontier->points, FrontierPoint, is_last ? frontier->points->len - 1 : 0);
}

/* Half of the interval over the value, in words. */
static char *describe_width(const Frontier *frontier)
{
    double half = fmax(frontier->high - frontier->rate, frontier->rate - frontier->low);

    return isnan(half / frontier->rate)
               ? g_strdup("an end of the interval is not known")
               : g_strdup_printf("within %.2g %%", 100 * half / frontier->rate);
}

/* How far a search came that was ended. */
static char *describe_reached(const Frontier *frontier)
{
    GString *text = g_string_new("search not finished");

    for (guint i = 0; i < frontier->points->len; i++) {
        const FrontierPoint *point = &g_array_index(frontier->points, FrontierPoint, i);

        g_autofree char *rate = words_value(point->rate, "1/s");

        g_string_append_printf(text, "%s %s a second %s", i == 0 ? ":" : ",", rate,
                               point->middle >= 0 ? "hold" : "do not");
    }
    return g_string_free(text, FALSE);
}

char *capacity_describe(const CapacityCase *one)
{
    const Frontier *frontier = one->frontier;
    g_autofree char *width = NULL;
    g_autofree char *rates =
        words_with_interval(frontier->rate, frontier->low, frontier->high, "1/s");
    g_autoptr(GStringChunk) said = g_string_chunk_new(64);

    switch (frontier->end) {
    case FRONTIER_NEVER:
        return g_strdup_printf("does not hold even at %s a second, the lowest rate tried (%s)",
                               words_in(said, end_point(frontier, false)->rate, "1/s"),
                               frontier->binding);
    case FRONTIER_ALWAYS:
        return g_strdup_printf("holds at %s a second, the highest rate tried",
                               words_in(said, end_point(frontier, true)->rate, "1/s"));
    case FRONTIER_ENDED:
        return describe_reached(frontier);
    case FRONTIER_FOUND:
    case FRONTIER_WIDE:
        break;
    }
    width = describe_width(frontier);
    return g_strdup_printf("%s a second, %s%s, %u replications%s", rates, width,
                           frontier->end == FRONTIER_WIDE ? " (not converged)" : "",
                           frontier->replications,
                           frontier->is_wall ? " about the wall" : " a look");
}

/* Of cheap models whose wall is known 95 to 100 intervals in 100 held it while its places differed
 * by up to 2 %, 91 to 97 at 2.5 %, 78 to 95 at 3 and 4 %. */
#define SURE_SPREAD 0.025

char *capacity_describe_wall(const Frontier *frontier, const char *unit)
{
    const char *doubt = frontier->spread > SURE_SPREAD
                            ? "; over 2.5 % the interval is narrow: in models whose wall is known "
                              "78 to 95 of 100 such held it"
                            : "";
    g_autoptr(GStringChunk) said = g_string_chunk_new(128);
    g_autofree char *least = NULL;

    if (!frontier->is_wall || isnan(frontier->rate)) {
        return NULL;
    }
    least = isnan(frontier->sure_low)
                ? g_strdup("how far below at worst is not known")
                : g_strdup_printf("at least %s", words_in(said, frontier->sure_low, unit));
    return g_strdup_printf("a wall: beyond it requests fail by the thousand. Here a replication "
                           "holds with an even chance; nine in ten hold up to %s (%s); places of "
                           "the wall differ by %s (standard deviation)%s",
                           words_in(said, frontier->sure, unit), least,
                           words_in(said, frontier->spread, "ratio"), doubt);
}

/* --- text ----------------------------------------------------------------------------------- */

#define TIERS_SHOWN 6

/* "800 [640; 1,000]"; "at most 468.1" of what was full already. Caller frees. */
static char *describe_full(const CapacityTier *tier)
{
    return isnan(tier->saturation_low) && tier->saturation_high == tier->saturation
               ? words_interval((double)NAN, tier->saturation, "1/s")
               : words_with_interval(tier->saturation, tier->saturation_low, tier->saturation_high,
                                     "1/s");
}

static void print_tiers(GString *text, const CapacityCase *one)
{
    g_autoptr(GStringChunk) said = g_string_chunk_new(512);

    if (one->tiers->len == 0) {
        return;
    }
    g_string_append_printf(text, "    %-28s %9s  %-22s %s\n", "at the rate nearest to it", "LAW",
                           "SIMULATED [INTERVAL]", "FULL AT, BY THE LAW [INTERVAL]");
    for (guint i = 0; i < MIN(one->tiers->len, TIERS_SHOWN); i++) {
        const CapacityTier *tier = g_ptr_array_index(one->tiers, i);
        g_autofree char *seen =
            words_with_interval(tier->seen.value, tier->seen.low, tier->seen.high, "ratio");

        g_autofree char *full = describe_full(tier);

        g_string_append_printf(text, "    %-28s %9s  %-22s %s a second%s\n", tier->name,
                               words_in(said, tier->law, "ratio"), seen, full,
                               i == 0 ? "  bottleneck" : "");
    }
    g_string_append_printf(text, "    looked at %s a second\n",
                           words_in(said, one->looked_at, "1/s"));
    if (one->tiers->len > TIERS_SHOWN) {
        g_string_append_printf(text, "    and %u that are full later\n",
                               one->tiers->len - TIERS_SHOWN);
    }
}

static void print_shares(GString *text, const CapacityCase *one)
{
    double backup = 0;
    g_autoptr(GStringChunk) said = g_string_chunk_new(256);

    if (one->shares->len == 0) {
        return;
    }
    g_string_append(text, "    answered by");
    for (guint i = 0; i < one->shares->len; i++) {
        const CapacityShare *share = g_ptr_array_index(one->shares, i);

        backup += share->is_backup ? share->ratio : 0;
        g_string_append_printf(text, "%s %s %s", i == 0 ? "" : ",", share->dc,
                               words_in(said, share->ratio, "ratio"));
    }
    g_string_append_printf(text, "; backup sites together %s\n", words_in(said, backup, "ratio"));
}

static void print_case(GString *text, const CapacityCase *one)
{
    g_autofree char *answer = capacity_describe(one);
    g_autofree char *wall = capacity_describe_wall(one->frontier, "1/s");

    g_string_append_printf(text, "%s: %s\n", one->name, answer);
    if (one->frontier->binding != NULL) {
        g_string_append_printf(text, "    first to give way: %s\n", one->frontier->binding);
    }
    if (wall != NULL) {
        g_string_append_printf(text, "    %s\n", wall);
    }
    print_tiers(text, one);
    print_shares(text, one);
}

/* What tiers may be busy with all sites up so that the others carry the share of `lost` ones: the
 * load at the worst such capacity over that at which each is full. */
static void print_static_stability(GString *text, const Capacity *capacity, guint lost)
{
    const CapacityCase *intact = g_ptr_array_index(capacity->cases, 0);
    const CapacityCase *worst = capacity_worst_of(capacity, lost);
    g_autoptr(GStringChunk) said = g_string_chunk_new(256);

    if (worst == NULL || isnan(worst->frontier->rate) || isnan(intact->frontier->rate)) {
        return;
    }
    double rate = worst->frontier->is_wall && !isnan(worst->frontier->sure)
                      ? worst->frontier->sure /* that nine in ten replications hold */
                      : worst->frontier->rate;

    g_string_append_printf(text,
                           "static stability: at %s a second or less the loss of any %s needs no "
                           "action; intact, tiers may then be busy\n   ",
                           words_in(said, rate, "1/s"), lost == 1 ? "site" : "two sites");
    for (guint i = 0; i < MIN(intact->tiers->len, TIERS_SHOWN); i++) {
        const CapacityTier *tier = g_ptr_array_index(intact->tiers, i);

        g_string_append_printf(text, "%s %s %s", i == 0 ? "" : ",", tier->name,
                               words_in(said, rate / tier->saturation, "ratio"));
    }
    g_string_append(text, "\n");
}

static void print_method(GString *text, const Capacity *capacity)
{
    bool has_wall = false;
    bool has_slope = false;

    for (guint i = 0; i < capacity->cases->len; i++) {
        const CapacityCase *one = g_ptr_array_index(capacity->cases, i);

        has_wall = has_wall || one->frontier->is_wall;
        has_slope = has_slope || !one->frontier->is_wall;
    }
    g_string_append_printf(text, "%g %% intervals", 100 * capacity->confidence);
    if (has_slope) {
        g_string_append_printf(text,
                               ": the rates at which the interval of the threshold that gives way "
                               "holds its limit;\nreplications and rates share their random "
                               "numbers (from seed %s)",
                               capacity->seed);
    }
    if (has_wall) {
        g_string_append_printf(text,
                               "%s at a wall: profile likelihood of the rates at which "
                               "replications\n(probit, a fresh pair of them up and down beside "
                               "it, from seed %s) go from holding to not",
                               has_slope ? ";" : "", capacity->seed);
    }
    g_string_append(text, ".\nLAW: in proportion from the heaviest rate tried at which nothing was "
                          "over 90 % busy, else from the\nlightest. The load of users climbs in "
                          "three fifths of the warm-up.\n");
}

char *capacity_print(const Capacity *capacity)
{
    GString *text = g_string_new(NULL);
    g_autofree char *answer = capacity_answer(capacity);

    g_string_append(text, answer);
    g_string_append_printf(text, "%s  %s\nhighest rate at which all of these hold:\n",
                           capacity->path, capacity->title);
    for (guint i = 0; i < capacity->thresholds->len; i++) {
        g_string_append_printf(text, "  %s\n", (char *)g_ptr_array_index(capacity->thresholds, i));
    }
    for (guint i = 0; i < capacity->cases->len; i++) {
        print_case(text, g_ptr_array_index(capacity->cases, i));
    }
    print_static_stability(text, capacity, 1);
    print_static_stability(text, capacity, 2);
    print_method(text, capacity);
    if (capacity->unfinished != NULL) {
        g_string_append_printf(text, "%s\n", capacity->unfinished);
    }
    return g_string_free(text, FALSE);
}

/* --- JSON and CSV ----------------------------------------------------------------------------- */

static guint count_holding(const FrontierPoint *point)
{
    guint held = 0;

    for (guint i = 0; point->margins != NULL && i < point->replications; i++) {
        held += point->margins[i] >= 0;
    }
    return held;
}

static cJSON *points_to_json(const Frontier *frontier)
{
    cJSON *points = cJSON_CreateArray();

    for (guint i = 0; i < frontier->points->len; i++) {
        const FrontierPoint *point = &g_array_index(frontier->points, FrontierPoint, i);
        cJSON *row = cJSON_CreateObject();

        export_add_number(row, "rate", point->rate);
        export_add_interval(row, "margin", point->middle, point->low, point->high);
        cJSON_AddNumberToObject(row, "replications", point->replications);
        cJSON_AddNumberToObject(row, "hold", count_holding(point));
        cJSON_AddStringToObject(row, "binding", point->binding != NULL ? point->binding : "");
        cJSON_AddItemToArray(points, row);
    }
    return points;
}

static void add_wall(cJSON *row, const Frontier *frontier, const char *unit)
{
    g_autofree char *words = capacity_describe_wall(frontier, unit);

    if (words != NULL) {
        cJSON *wall = cJSON_AddObjectToObject(row, "wall");

        export_add_number(wall, "spread", frontier->spread);
        export_add_number(wall, "nine_in_ten", frontier->sure);
        export_add_number(wall, "nine_in_ten_low", frontier->sure_low);
        cJSON_AddStringToObject(wall, "words", words);
    }
}

static cJSON *case_to_json(const CapacityCase *one)
{
    cJSON *row = cJSON_CreateObject();
    g_autofree char *answer = capacity_describe(one);
    cJSON *list;

    cJSON_AddStringToObject(row, "case", one->name);
    cJSON_AddStringToObject(row, "end", end_words[one->frontier->end]);
    export_add_interval(row, "capacity", one->frontier->rate, one->frontier->low,
                        one->frontier->high);
    cJSON_AddNumberToObject(row, "replications", one->frontier->replications);
    cJSON_AddStringToObject(row, "answer", answer);
    add_wall(row, one->frontier, "1/s");
    cJSON_AddStringToObject(row, "binding",
                            one->frontier->binding != NULL ? one->frontier->binding : "");
    export_add_number(row, "tiers_at_rate", one->looked_at);
    list = cJSON_AddArrayToObject(row, "tiers");
    for (guint i = 0; i < one->tiers->len; i++) {
        const CapacityTier *tier = g_ptr_array_index(one->tiers, i);
        cJSON *item = cJSON_CreateObject();

        cJSON_AddStringToObject(item, "name", tier->name);
        export_add_number(item, "utilisation_law", tier->law);
        export_add_interval(item, "utilisation", tier->seen.value, tier->seen.low, tier->seen.high);
        export_add_number(item, "saturation_rate", tier->saturation);
        export_add_interval(item, "saturation", tier->saturation, tier->saturation_low,
                            tier->saturation_high);
        cJSON_AddItemToArray(list, item);
    }
    list = cJSON_AddArrayToObject(row, "shares");
    for (guint i = 0; i < one->shares->len; i++) {
        const CapacityShare *share = g_ptr_array_index(one->shares, i);
        cJSON *item = cJSON_CreateObject();

        cJSON_AddStringToObject(item, "dc", share->dc);
        export_add_number(item, "share", share->ratio);
        cJSON_AddBoolToObject(item, "backup", share->is_backup);
        cJSON_AddItemToArray(list, item);
    }
    cJSON_AddItemToObject(row, "looks", points_to_json(one->frontier));
    return row;
}

cJSON *capacity_to_json(const Capacity *capacity)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *list;

    cJSON_AddStringToObject(json, "format", "dcdrill-capacity-1");
    cJSON_AddStringToObject(json, "scenario", capacity->path);
    cJSON_AddStringToObject(json, "title", capacity->title);
    cJSON_AddStringToObject(json, "seed", capacity->seed);
    export_add_number(json, "offered", capacity->offered);
    export_add_number(json, "width_asked", capacity->width);
    export_add_number(json, "confidence", capacity->confidence);
    cJSON_AddStringToObject(json, "worst_case", capacity_worst(capacity)->name);
    g_autofree char *answer = capacity_answer(capacity);

    cJSON_AddStringToObject(json, "answer", answer);
    if (capacity->cpu != NULL) {
        cJSON *cpu = cJSON_AddObjectToObject(json, "cpu");
        const Frontier *frontier = capacity->cpu->frontier;

        cJSON_AddStringToObject(cpu, "case", capacity->cpu->name);
        cJSON_AddStringToObject(cpu, "end", end_words[frontier->end]);
        export_add_number(cpu, "rate", capacity->cpu_rate);
        export_add_number(cpu, "now_s", capacity->cpu_now_s);
        export_add_interval(cpu, "most_s", frontier->rate, frontier->low, frontier->high);
        add_wall(cpu, frontier, "s");
        cJSON_AddItemToObject(cpu, "looks", points_to_json(frontier));
    }
    if (capacity->unfinished != NULL) {
        cJSON_AddStringToObject(json, "unfinished", capacity->unfinished);
    }
    list = cJSON_AddArrayToObject(json, "thresholds");
    for (guint i = 0; i < capacity->thresholds->len; i++) {
        cJSON_AddItemToArray(list, cJSON_CreateString(g_ptr_array_index(capacity->thresholds, i)));
    }
    list = cJSON_AddArrayToObject(json, "cases");
    for (guint i = 0; i < capacity->cases->len; i++) {
        cJSON_AddItemToArray(list, case_to_json(g_ptr_array_index(capacity->cases, i)));
    }
    return json;
}

char *capacity_to_csv(const Capacity *capacity)
{
    GString *text = g_string_new("case,rate,margin,margin_low,margin_high,replications\n");

    for (guint i = 0; i < capacity->cases->len; i++) {
        const CapacityCase *one = g_ptr_array_index(capacity->cases, i);

        for (guint k = 0; k < one->frontier->points->len; k++) {
            const FrontierPoint *point = &g_array_index(one->frontier->points, FrontierPoint, k);
            const double values[] = {point->rate, point->middle, point->low, point->high};

            g_string_append_printf(text, "%s", one->name);
            for (guint j = 0; j < G_N_ELEMENTS(values); j++) {
                char number[EXPORT_NUMBER_TEXT];

                g_string_append_printf(text, ",%s", export_number(values[j], number));
            }
            g_string_append_printf(text, ",%u\n", point->replications);
        }
    }
    return g_string_free(text, FALSE);
}
