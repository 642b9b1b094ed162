/* capacity.c - the highest rate at which every threshold holds. */
#include "sim/study/capacity.h"

#include <math.h>
#include <string.h>

#include "sim/config/json_place.h"
#include "sim/study/capacity_tiers.h"
#include "sim/study/margin.h"

#define USUAL_WIDTH 0.02
#define FEWEST 4
#define FEWEST_SCOUTS 2
#define MOST_TIMES 8
#define USUAL_WARMUP (2 * SIM_MIN)
#define REACH 16
#define LIGHT 0.1   /* of the load, while users move away from a lost site */
#define SERVES 0.02 /* share of the answers from which on a site counts for a first guess */

/* --- what was seen at one rate --------------------------------------------------------------- */

typedef struct Look {
    double rate;
    GPtrArray *tiers, *shares;
} Look;

static void look_free(Look *look)
{
    g_ptr_array_unref(look->tiers);
    g_ptr_array_unref(look->shares);
    g_free(look);
}

/* One case on its way. */
typedef struct Search {
    Study *study;
    const CapacityOrder *order;
    const Rate *rate;
    CapacityCase *one;
    char **sets; /* of the case */
    double first, step;
    GPtrArray *looks;
    GPtrArray *names; /* of the trials' scratch */
} Search;

static GPtrArray *join(char **one, char **other)
{
    GPtrArray *all = g_ptr_array_new();

    for (guint i = 0; one != NULL && one[i] != NULL; i++) {
        g_ptr_array_add(all, one[i]);
    }
    for (guint i = 0; other != NULL && other[i] != NULL; i++) {
        g_ptr_array_add(all, other[i]);
    }
    g_ptr_array_add(all, NULL);
    return all;
}

static void tell_look(const Search *search, const FrontierPoint *point, guint replications)
{
    g_autofree char *line = NULL;

    if (search->study->tell != NULL) {
        line = g_strdup_printf("%s: %.6g a second %s, margin %+.1f%% [%+.1f, %+.1f] in %u "
                               "replications (%s)",
                               search->one->name, point->rate,
                               point->middle >= 0 ? "hold" : "do not hold", 100 * point->middle,
                               100 * point->low, 100 * point->high, replications, point->binding);
        search->study->tell(search->study->context, line);
    }
}

/* The rate at which the first tier is full, by the utilisation law. */
static double find_ceiling(const GPtrArray *tiers, double rate)
{
    double busiest = 0;

    for (guint i = 0; i < tiers->len; i++) {
        busiest = fmax(busiest, ((const CapacityTier *)g_ptr_array_index(tiers, i))->seen.value);
    }
    return busiest > 0 ? rate / busiest : 0;
}

static void keep_look(Search *search, const Trial *trial, FrontierPoint *point)
{
    double rate = point->rate;
    Look *look = g_new0(Look, 1);

    look->rate = rate;
    look->tiers = tiers_measure(trial);
    look->shares = shares_measure(trial);
    g_ptr_array_add(search->looks, look);
    point->ceiling = find_ceiling(look->tiers, rate);
}

static bool probe(void *context, double rate, guint replications, FrontierPoint *point,
                  GError **error)
{
    Search *search = context;
    g_auto(GStrv) turned = rate_sets(search->rate, rate);
    g_autoptr(GPtrArray) sets = join(turned, search->sets);
    char *name = g_strdup_printf("%s %.9g", search->one->name, rate);
    g_autoptr(Trial) trial = NULL;

    g_ptr_array_add(search->names, name);
    trial = study_try(search->study, search->order->path, (const char *const *)sets->pdata, name,
                      replications, NULL, error);
    if (trial == NULL || !margin_measure(trial, point, error)) {
        return false;
    }
    keep_look(search, trial, point);
    tell_look(search, point, replications);
    return true;
}

/* --- one case -------------------------------------------------------------------------------- */

static void case_free(CapacityCase *one)
{
    g_free(one->name);
    g_strfreev(one->lost);
    frontier_free(one->frontier);
    if (one->tiers != NULL) {
        g_ptr_array_unref(one->tiers);
    }
    if (one->shares != NULL) {
        g_ptr_array_unref(one->shares);
    }
    g_free(one);
}

/* The look that tells most of the capacity: the nearest one, and the last of several there. */
static const Look *nearest_look(const Search *search, double rate)
{
    const Look *nearest = NULL;

    for (guint i = 0; i < search->looks->len; i++) {
        const Look *look = g_ptr_array_index(search->looks, i);

        if (nearest == NULL || fabs(look->rate - rate) <= fabs(nearest->rate - rate)) {
            nearest = look;
        }
    }
    return nearest;
}

static const Look *lightest_look(const Search *search)
{
    const Look *lightest = g_ptr_array_index(search->looks, 0);

    for (guint i = 1; i < search->looks->len; i++) {
        const Look *look = g_ptr_array_index(search->looks, i);

        lightest = look->rate < lightest->rate ? look : lightest;
    }
    return lightest;
}

static void take_tiers(const Search *search)
{
    CapacityCase *one = search->one;
    double rate = isnan(one->frontier->rate)
                      ? g_array_index(one->frontier->points, FrontierPoint, 0).rate
                      : one->frontier->rate;
    const Look *look = nearest_look(search, rate);
    const Look *light = lightest_look(search);

    one->looked_at = look->rate;
    one->tiers = g_ptr_array_ref(look->tiers);
    one->shares = g_ptr_array_ref(look->shares);
    tiers_foretell(one->tiers, look->rate, light->tiers, light->rate);
}

static FrontierOrder frontier_order(const Search *search, const Scenario *scenario)
{
    const CapacityOrder *order = search->order;
    double offered = rate_offered(search->rate);
    guint replications = order->replications > 0
                             ? order->replications
                             : MAX((guint)scenario->simulation.replications, FEWEST);

    return (FrontierOrder){.from = order->from > 0 ? order->from : offered / REACH,
                           .to = order->to > 0 ? order->to : offered * REACH,
                           .first = search->first,
                           .step = search->step,
                           .width = order->width > 0 ? order->width : USUAL_WIDTH,
                           .scouts = MAX(replications / 2, FEWEST_SCOUTS),
                           .replications = replications,
                           .most = order->most > 0 ? MAX(order->most, replications)
                                                   : MOST_TIMES * replications,
                           .probe = probe,
                           .context = (void *)(uintptr_t)search};
}

static bool search_case(Search *search, const Scenario *scenario, GError **error)
{
    FrontierOrder order = frontier_order(search, scenario);

    search->one->frontier = frontier_search(&order, error);
    for (guint i = 0; i < search->names->len; i++) {
        study_forget(search->study, g_ptr_array_index(search->names, i));
    }
    if (search->one->frontier == NULL) {
        return false;
    }
    take_tiers(search);
    return search->one->frontier->end != FRONTIER_ENDED;
}

/* --- all cases ------------------------------------------------------------------------------- */

/* One action of the method, as --set takes it. */
static void add_action(const Scenario *scenario, GStrvBuilder *builder, guint index, char *action)
{
    bool has_method = json_member(scenario->root, "method") != NULL || index > 0;
    g_autofree char *line = has_method ? g_strdup_printf("/method/-=%s", action)
                                       : g_strdup_printf("/method=[%s]", action);

    g_strv_builder_add(builder, line);
    g_free(action);
}

/* What a case changes: its sites have no power from the first instant on, and a stretch before the
 * warm-up, with a tenth of the load, lasts until their users are served elsewhere. */
static char **case_sets(const Scenario *scenario, const CapacityOrder *order, char *const *lost)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    SimSpan moving = order->warmup > 0 ? order->warmup : USUAL_WARMUP;
    char warmup[SIM_SPAN_TEXT];
    char light[SIM_SPAN_TEXT];
    guint index = 0;

    if (lost[0] == NULL) {
        return g_strv_builder_end(builder);
    }
    sim_span_print(scenario->simulation.warmup + moving, warmup);
    sim_span_print(moving, light);
    g_autofree char *set = g_strdup_printf("/simulation/warmup=%s", warmup);

    g_strv_builder_add(builder, set);
    add_action(scenario, builder, index++,
               g_strdup_printf("{\"type\":\"action\",\"name\":\"users-move\",\"at\":\"-%s\","
                               "\"duration\":\"%s\",\"func\":\"load.surge\","
                               "\"target\":{},"
                               "\"arguments\":{\"factor\":%g}}",
                               warmup, light, LIGHT));
    for (guint i = 0; lost[i] != NULL; i++) {
        add_action(scenario, builder, index++,
                   g_strdup_printf("{\"type\":\"action\",\"name\":\"without-%s\",\"at\":\"-%s\","
                                   "\"func\":\"dc.outage\",\"target\":{\"dc\":\"%s\"},"
                                   "\"arguments\":{\"cause\":\"power\"}}",
                                   lost[i], warmup, lost[i]));
    }
    return g_strv_builder_end(builder);
}

static void add_case(Capacity *capacity, const char *first, const char *second)
{
    CapacityCase *one = g_new0(CapacityCase, 1);
    g_autoptr(GStrvBuilder) lost = g_strv_builder_new();

    if (first == NULL) {
        one->name = g_strdup("intact");
    } else if (second == NULL) {
        one->name = g_strdup_printf("without %s", first);
    } else {
        one->name = g_strdup_printf("without %s and %s", first, second);
    }
    if (first != NULL) {
        g_strv_builder_add(lost, first);
    }
    if (second != NULL) {
        g_strv_builder_add(lost, second);
    }
    one->lost = g_strv_builder_end(lost);
    g_ptr_array_add(capacity->cases, one);
}

static const char *site_name(const Scenario *scenario, guint index)
{
    return ((const DataCentre *)g_ptr_array_index(scenario->datacenters, index))->name;
}

static void list_cases(Capacity *capacity, const Scenario *scenario, guint lost)
{
    guint sites = scenario->datacenters->len;

    add_case(capacity, NULL, NULL);
    for (guint i = 0; lost >= 1 && i < sites; i++) {
        add_case(capacity, site_name(scenario, i), NULL);
    }
    for (guint i = 0; lost >= 2 && i < sites; i++) {
        for (guint k = i + 1; k < sites; k++) {
            add_case(capacity, site_name(scenario, i), site_name(scenario, k));
        }
    }
}

/* Whether the site answers in the intact case. */
static bool is_serving(const CapacityCase *intact, const char *dc)
{
    for (guint i = 0; i < intact->shares->len; i++) {
        const CapacityShare *share = g_ptr_array_index(intact->shares, i);

        if (strcmp(share->dc, dc) == 0) {
            return share->ratio >= SERVES;
        }
    }
    return false;
}

/* Where a case with sites lost begins: in proportion to the sites that serve and are left; where
 * none of them is lost, just below the intact capacity, with a small first step. */
static void guess_first(Search *search, const CapacityCase *intact, double width)
{
    guint serving = 0;
    guint lost = 0;

    for (guint i = 0; i < intact->shares->len; i++) {
        const CapacityShare *share = g_ptr_array_index(intact->shares, i);

        serving += share->ratio >= SERVES;
    }
    for (guint i = 0; search->one->lost[i] != NULL; i++) {
        lost += is_serving(intact, search->one->lost[i]);
    }
    if (isnan(intact->frontier->rate)) {
        return;
    }
    if (lost == 0) {
        search->first = intact->frontier->rate * (1 - width / 2);
        search->step = 1 + width;
    } else if (lost < serving) {
        search->first = intact->frontier->rate * (serving - lost) / serving;
    }
}

static bool run_case(Study *study, const CapacityOrder *order, const Rate *rate,
                     const Scenario *scenario, const Capacity *capacity, guint index,
                     GError **error)
{
    CapacityCase *one = g_ptr_array_index(capacity->cases, index);
    g_auto(GStrv) sets = case_sets(scenario, order, one->lost);
    g_autoptr(GPtrArray) looks = g_ptr_array_new_with_free_func((GDestroyNotify)look_free);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    Search search = {.study = study,
                     .order = order,
                     .rate = rate,
                     .one = one,
                     .sets = sets,
                     .first = rate_offered(rate),
                     .looks = looks,
                     .names = names};

    if (index > 0) {
        guess_first(&search, g_ptr_array_index(capacity->cases, 0), capacity->width);
    }
    return search_case(&search, scenario, error);
}

static Capacity *capacity_new(const Scenario *scenario, const CapacityOrder *order,
                              const Rate *rate)
{
    Capacity *capacity = g_new0(Capacity, 1);

    capacity->path = g_strdup(order->path);
    capacity->title = g_strdup(scenario->title != NULL ? scenario->title : "");
    capacity->seed = g_strdup(scenario->simulation.seed_text);
    capacity->pointer = g_strdup(order->pointer);
    capacity->offered = rate_offered(rate);
    capacity->width = order->width > 0 ? order->width : USUAL_WIDTH;
    capacity->confidence = scenario->confidence;
    capacity->thresholds = g_ptr_array_new_with_free_func(g_free);
    capacity->cases = g_ptr_array_new_with_free_func((GDestroyNotify)case_free);
    for (guint i = 0; i < scenario->thresholds->len; i++) {
        const Threshold *threshold = g_ptr_array_index(scenario->thresholds, i);

        g_ptr_array_add(capacity->thresholds,
                        g_strdup_printf("%s %s", threshold->metric, threshold->condition));
    }
    return capacity;
}

void capacity_free(Capacity *capacity)
{
    if (capacity != NULL) {
        g_free(capacity->path);
        g_free(capacity->title);
        g_free(capacity->seed);
        g_free(capacity->pointer);
        g_free(capacity->unfinished);
        g_ptr_array_unref(capacity->thresholds);
        g_ptr_array_unref(capacity->cases);
        g_free(capacity);
    }
}

static bool check_order(const Scenario *scenario, const CapacityOrder *order, const Rate *rate,
                        GError **error)
{
    double from = order->from > 0 ? order->from : rate_offered(rate) / REACH;
    double to = order->to > 0 ? order->to : rate_offered(rate) * REACH;
    const char *why = NULL;

    if (scenario->thresholds->len == 0) {
        why = "a capacity needs thresholds: what must hold at it";
    } else if (!(from < to)) {
        why = "the lowest rate of the search must be below the highest (--lowest, --highest)";
    } else if (order->lost > 0 && scenario->datacenters->len <= order->lost) {
        why = "too few sites to lose so many (--n-minus)";
    }
    if (why != NULL) {
        g_set_error(error, STUDY_ERROR, STUDY_ERROR_WRONG, "%s: %s", order->path, why);
    }
    return why == NULL;
}

/* All cases, or those up to the one at which the study was told to end. */
static bool run_cases(Study *study, const CapacityOrder *order, const Rate *rate,
                      const Scenario *scenario, Capacity *capacity, GError **error)
{
    for (guint i = 0; i < capacity->cases->len; i++) {
        g_autoptr(GError) own = NULL;

        if (run_case(study, order, rate, scenario, capacity, i, &own)) {
            continue;
        }
        const CapacityCase *one = g_ptr_array_index(capacity->cases, i);
        guint kept = one->frontier != NULL ? i + 1 : i;

        if (kept == 0 || !g_error_matches(own, STUDY_ERROR, STUDY_ERROR_ENDED)) {
            g_propagate_error(error, g_steal_pointer(&own));
            return false;
        }
        capacity->unfinished = g_strdup_printf("%s: %u of %u cases were searched", own->message, i,
                                               capacity->cases->len);
        g_ptr_array_set_size(capacity->cases, (gint)kept);
    }
    return true;
}

Capacity *capacity_find(Study *study, const CapacityOrder *order, GError **error)
{
    g_autoptr(Scenario) scenario = study_read(study, order->path, NULL, error);
    g_autoptr(Rate) rate = scenario != NULL ? rate_find(scenario, order->pointer, error) : NULL;
    g_autoptr(Capacity) capacity = NULL;

    if (rate == NULL || !check_order(scenario, order, rate, error)) {
        return NULL;
    }
    capacity = capacity_new(scenario, order, rate);
    list_cases(capacity, scenario, order->lost);
    return run_cases(study, order, rate, scenario, capacity, error) ? g_steal_pointer(&capacity)
                                                                    : NULL;
}

const CapacityCase *capacity_worst(const Capacity *capacity)
{
    const CapacityCase *worst = g_ptr_array_index(capacity->cases, 0);

    for (guint i = 1; i < capacity->cases->len; i++) {
        const CapacityCase *one = g_ptr_array_index(capacity->cases, i);

        if (isnan(one->frontier->rate) || one->frontier->rate < worst->frontier->rate) {
            worst = one;
        }
    }
    return worst;
}
