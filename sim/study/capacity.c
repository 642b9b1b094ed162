/* capacity.c - the highest rate at which every threshold holds. */
#include "sim/study/capacity.h"

#include <math.h>
#include <string.h>

#include "sim/config/json_place.h"
#include "sim/study/capacity_tiers.h"
#include "sim/study/loss.h"
#include "sim/study/margin.h"

#define USUAL_WIDTH 0.02
#define FEWEST 4
#define FEWEST_SCOUTS 2
#define MOST_TIMES 16
#define REACH 16
#define SERVES 0.02     /* share of the answers from which on a site counts for a first guess */
#define SHARE_STEP 1.07 /* first step from a guess by the number of sites that are left */

/* --- what was seen at one rate --------------------------------------------------------------- */

typedef struct Look {
    double rate;
    bool holds;
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
    const Rate *cpu; /* what is searched over instead, at `at_rate`; or NULL */
    double at_rate;
    CapacityCase *one;
    char **sets; /* of the case */
    double first, step;
    bool has_wall;
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

static void tell_look(const Search *search, const FrontierPoint *point)
{
    g_autofree char *line = NULL;
    guint held = 0;

    if (search->study->tell == NULL) {
        return;
    }
    for (guint i = 0; i < point->replications; i++) {
        held += point->margins[i] >= 0;
    }
    line = g_strdup_printf("%s: %.6g %s %s, margin %+.1f%% [%+.1f, %+.1f], %u of %u replications "
                           "hold (%s)",
                           search->one->name, search->cpu != NULL ? 1e3 * point->rate : point->rate,
                           search->cpu != NULL ? "ms a request" : "a second",
                           point->middle >= 0 ? "hold" : "do not hold", 100 * point->middle,
                           100 * point->low, 100 * point->high, held, point->replications,
                           point->binding);
    search->study->tell(search->study->context, line);
}

/* The rate at which the first tier is full, by the utilisation law. */
static double find_ceiling(const GPtrArray *tiers, double rate)
{
    double busiest = tiers_busiest(tiers);

    return busiest > 0 ? rate / busiest : 0;
}

static void keep_look(Search *search, const Trial *trial, FrontierPoint *point)
{
    double rate = point->rate;
    Look *look = g_new0(Look, 1);

    look->rate = rate;
    look->holds = point->middle >= 0;
    look->tiers = tiers_measure(trial);
    look->shares = shares_measure(trial);
    g_ptr_array_add(search->looks, look);
    point->ceiling = find_ceiling(look->tiers, rate);
}

static bool probe(void *context, FrontierPoint *point, GError **error)
{
    Search *search = context;
    double rate = point->rate;
    g_auto(GStrv) turned = rate_sets(search->rate, search->cpu != NULL ? search->at_rate : rate);
    g_auto(GStrv) spent = search->cpu != NULL ? rate_sets(search->cpu, 1 / rate) : NULL;
    g_autoptr(GPtrArray) loaded = join(turned, spent);
    g_autoptr(GPtrArray) sets = join((char **)loaded->pdata, search->sets);
    char *name = g_strdup_printf("%s %.9g from %u", search->one->name, rate, point->first);
    g_autoptr(Trial) trial = NULL;

    g_ptr_array_add(search->names, name);
    trial = study_try_from(search->study, search->order->path, (const char *const *)sets->pdata,
                           name, point->first, point->replications, error);
    if (trial == NULL || !margin_measure(trial, point, error)) {
        return false;
    }
    keep_look(search, trial, point);
    tell_look(search, point);
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

/* The look that tells most of the capacity: the nearest one, and the last of several there; at a
 * wall, beyond which nothing is as it was, the nearest one that holds. */
static const Look *nearest_look(const Search *search, double rate)
{
    const Look *nearest = NULL;
    bool is_wall = search->one->frontier->is_wall;

    for (guint i = 0; i < search->looks->len; i++) {
        const Look *look = g_ptr_array_index(search->looks, i);

        if ((look->holds || !is_wall) &&
            (nearest == NULL || fabs(look->rate - rate) <= fabs(nearest->rate - rate))) {
            nearest = look;
        }
    }
    return nearest != NULL ? nearest : g_ptr_array_index(search->looks, 0);
}

/* Beyond this a tier says little of what a request costs it: it cannot be busier than always, and
 * work is repeated or given up. */
#define BUSY_MOST 0.9

/* The look that the law goes on from: the heaviest at which no tier is too busy, since there most
 * requests were seen; without one the lightest. */
static const Look *base_look(const Search *search)
{
    const Look *best = g_ptr_array_index(search->looks, 0);

    for (guint i = 1; i < search->looks->len; i++) {
        const Look *look = g_ptr_array_index(search->looks, i);
        bool is_good = tiers_busiest(look->tiers) <= BUSY_MOST;
        bool was_good = tiers_busiest(best->tiers) <= BUSY_MOST;

        if (is_good != was_good ? is_good
                                : (is_good ? look->rate > best->rate : look->rate < best->rate)) {
            best = look;
        }
    }
    return best;
}

static void take_tiers(const Search *search)
{
    CapacityCase *one = search->one;
    double rate = isnan(one->frontier->rate)
                      ? g_array_index(one->frontier->points, FrontierPoint, 0).rate
                      : one->frontier->rate;
    const Look *look = nearest_look(search, rate);
    const Look *base = base_look(search);

    one->looked_at = look->rate;
    one->tiers = g_ptr_array_ref(look->tiers);
    one->shares = g_ptr_array_ref(look->shares);
    tiers_foretell(one->tiers, look->rate, base->tiers, base->rate);
}

static FrontierOrder frontier_order(const Search *search, const Scenario *scenario)
{
    const CapacityOrder *order = search->order;
    double offered =
        search->cpu != NULL ? 1 / rate_offered(search->cpu) : rate_offered(search->rate);
    bool is_limited = search->cpu == NULL; /* the limits are rates */
    guint replications = order->replications > 0
                             ? order->replications
                             : MAX((guint)scenario->simulation.replications, FEWEST);

    return (FrontierOrder){.from = is_limited && order->from > 0 ? order->from : offered / REACH,
                           .to = is_limited && order->to > 0 ? order->to : offered * REACH,
                           .first = search->first,
                           .step = search->step,
                           .has_wall = search->has_wall,
                           .width = order->width > 0 ? order->width : USUAL_WIDTH,
                           .scouts = MAX(replications / 2, FEWEST_SCOUTS),
                           .replications = replications,
                           .most = order->most > 0 ? MAX(order->most, replications)
                                                   : MOST_TIMES * replications,
                           .confidence = scenario->confidence,
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
    search->has_wall = intact->frontier->is_wall; /* without a site as well */
    if (lost == 0) {
        search->first = intact->frontier->rate * (1 - width / 2);
        search->step = 1 + width;
    } else if (lost < serving) {
        search->first = intact->frontier->rate * (serving - lost) / serving;
        search->step = SHARE_STEP;
    }
}

/* Where no lost site serves anybody, no users have to move. */
static char **case_sets(const Scenario *scenario, const CapacityOrder *order,
                        const CapacityCase *intact, const CapacityCase *one)
{
    bool is_moving = intact->shares == NULL; /* not known yet */

    for (guint i = 0; !is_moving && one->lost[i] != NULL; i++) {
        is_moving = is_serving(intact, one->lost[i]);
    }
    return loss_sets(scenario,
                     order->warmup > 0 ? order->warmup
                     : is_moving       ? LOSS_MOVING
                                       : LOSS_SETTLING,
                     one->lost);
}

static bool run_case(Study *study, const CapacityOrder *order, const Rate *rate,
                     const Scenario *scenario, const Capacity *capacity, guint index,
                     GError **error)
{
    CapacityCase *one = g_ptr_array_index(capacity->cases, index);
    const CapacityCase *intact = g_ptr_array_index(capacity->cases, 0);
    g_auto(GStrv) sets = case_sets(scenario, order, intact, one);
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
        guess_first(&search, intact, capacity->width);
    }
    return search_case(&search, scenario, error);
}

/* In the worst case, from what the utilisation law says on. */
static bool search_cpu(Study *study, const CapacityOrder *order, const Rate *rate,
                       const Scenario *scenario, Capacity *capacity, GError **error)
{
    const CapacityCase *worst = capacity_worst(capacity);
    g_autoptr(Rate) cpu = rate_find(scenario, order->cpu.pointer, error);

    if (cpu == NULL) {
        return false;
    }
    g_auto(GStrv) sets = case_sets(scenario, order, g_ptr_array_index(capacity->cases, 0), worst);
    g_autoptr(GPtrArray) looks = g_ptr_array_new_with_free_func((GDestroyNotify)look_free);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    double now_s = 1 / rate_offered(cpu);
    Search search = {.study = study,
                     .order = order,
                     .rate = rate,
                     .cpu = cpu,
                     .at_rate = order->cpu.rate,
                     .sets = sets,
                     .first = now_s * worst->frontier->rate / order->cpu.rate,
                     .step = (1 + capacity->width) * (1 + capacity->width),
                     .has_wall = worst->frontier->is_wall,
                     .looks = looks,
                     .names = names};

    capacity->cpu = g_new0(CapacityCase, 1);
    capacity->cpu->name = g_strdup_printf("%s, CPU at %.5g a second", worst->name, order->cpu.rate);
    capacity->cpu_now_s = now_s;
    capacity->cpu_rate = order->cpu.rate;
    search.one = capacity->cpu;
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
    capacity->target_low = order->target_low;
    capacity->target_high = order->target_high;
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
        g_clear_pointer(&capacity->cpu, case_free);
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

/* Where it is asked for and can be; when the study is told to end, without. */
static bool find_cpu(Study *study, const CapacityOrder *order, const Rate *rate,
                     const Scenario *scenario, Capacity *capacity, GError **error)
{
    g_autoptr(GError) own = NULL;

    if (order->cpu.pointer == NULL || capacity->unfinished != NULL ||
        isnan(capacity_worst(capacity)->frontier->rate) ||
        search_cpu(study, order, rate, scenario, capacity, &own)) {
        return true;
    }
    g_clear_pointer(&capacity->cpu, case_free);
    if (!g_error_matches(own, STUDY_ERROR, STUDY_ERROR_ENDED)) {
        g_propagate_error(error, g_steal_pointer(&own));
        return false;
    }
    capacity->unfinished = g_strdup_printf("%s: the CPU cost was not searched", own->message);
    return true;
}

Capacity *capacity_find(Study *study, const CapacityOrder *order, GError **error)
{
    study->seeks_what_holds = true;
    g_autoptr(Scenario) scenario = study_read(study, order->path, NULL, error);
    g_autoptr(Rate) rate = scenario != NULL ? rate_find(scenario, order->pointer, error) : NULL;
    g_autoptr(Capacity) capacity = NULL;

    if (rate == NULL || !check_order(scenario, order, rate, error)) {
        return NULL;
    }
    capacity = capacity_new(scenario, order, rate);
    list_cases(capacity, scenario, order->lost);
    return run_cases(study, order, rate, scenario, capacity, error) &&
                   find_cpu(study, order, rate, scenario, capacity, error)
               ? g_steal_pointer(&capacity)
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

const CapacityCase *capacity_worst_of(const Capacity *capacity, guint lost)
{
    const CapacityCase *worst = NULL;

    for (guint i = 0; i < capacity->cases->len; i++) {
        const CapacityCase *one = g_ptr_array_index(capacity->cases, i);
        guint count = one->lost != NULL ? g_strv_length(one->lost) : 0;

        if (count == lost && (worst == NULL || isnan(one->frontier->rate) ||
                              one->frontier->rate < worst->frontier->rate)) {
            worst = one;
        }
    }
    return worst;
}
