/* intent_find.c - tries the alternatives, ranks them, and runs the winner again. */
#include <math.h>
#include <string.h>

#include "sim/base/words.h"
#include "sim/results/judge/judge.h"
#include "sim/results/judge/judge_runs.h"
#include "sim/results/judge/precision.h"
#include "sim/scenario/scenario_expect.h"
#include "sim/study/intent.h"

#define FIRST 10       /* replications of each, of KN */
#define FIRST_BUDGET 5 /* of OCBA */
#define STEP 5         /* so many at a time: a look at one more costs as little as at five */
#define USUAL_MOST 60
#define ROUND 2 /* replications an alternative that OCBA gives out at a time, on average */
#define LEAST_SHARE 1e-3

typedef struct Race {
    Study *study;
    const IntentOrder *order;
    Intent *intent;
    PrecisionGoal *goal;
    Trial **trials; /* the newest of each alternative */
} Race;

static Alternative *at(const Intent *intent, guint i)
{
    return g_ptr_array_index(intent->alternatives, i);
}

/* --- one alternative ------------------------------------------------------------------------- */

static bool take_values(Race *race, guint i, GError **error)
{
    Alternative *one = at(race->intent, i);
    g_autofree double *values = judge_each_run(race->trials[i]->results, race->goal->rule, 0);
    guint count;

    results_runs(race->trials[i]->results, &count);
    g_array_set_size(one->values, 0);
    for (guint k = 0; k < count; k++) {
        if (isnan(values[k])) {
            g_set_error(error, STUDY_ERROR, STUDY_ERROR_WRONG,
                        "%s: 'metric' %s measured nothing in replication %u of alternative '%s'",
                        race->order->intent, race->intent->metric, k, one->name);
            return false;
        }
        g_array_append_val(one->values, values[k]);
    }
    one->replications = count;
    return results_is_whole(race->trials[i]->results, error);
}

/* At least so many replications of it. */
static bool try_one(Race *race, guint i, guint replications, GError **error)
{
    Alternative *one = at(race->intent, i);
    g_autofree char *name = g_strdup_printf("alternative-%u", i);

    if (one->replications >= replications) {
        return true;
    }
    if (race->study->tell != NULL) {
        g_autofree char *line = g_strdup_printf("%s: %u replications", one->name, replications);

        race->study->tell(race->study->context, line);
    }
    trial_free(race->trials[i]);
    race->trials[i] = study_try(race->study, race->order->path, (const char *const *)one->sets,
                                name, replications, NULL, error);
    return race->trials[i] != NULL && take_values(race, i, error);
}

/* As the procedures want it: smaller is better. */
static double value_of(const Race *race, guint i, guint index)
{
    double value = g_array_index(at(race->intent, i)->values, double, index);

    return race->intent->is_smaller_better ? value : -value;
}

static bool look(void *context, guint i, guint index, double *value, GError **error)
{
    Race *race = context;
    guint wanted = index < FIRST ? FIRST : (index / STEP + 1) * STEP;

    if (!try_one(race, i, wanted, error)) {
        return false;
    }
    *value = value_of(race, i, index);
    return true;
}

/* --- KN and OCBA ----------------------------------------------------------------------------- */

/* A share of the first one's mean, where the difference is relative. */
static bool find_delta(Race *race, double *delta, GError **error)
{
    double unused;

    if (!look(race, 0, 0, &unused, error)) {
        return false;
    }
    const GArray *values = at(race->intent, 0)->values;
    double mean = estimate_average((const double *)(const void *)values->data, values->len);

    *delta = race->goal->is_relative ? race->goal->most * fabs(mean) : race->goal->most;
    if (!(*delta > 0)) {
        g_set_error(error, STUDY_ERROR, STUDY_ERROR_WRONG,
                    "%s: a share of nothing is no difference: '%s' is 0 for '%s'; give the "
                    "difference in the metric's own unit",
                    race->order->intent, race->intent->metric, at(race->intent, 0)->name);
    }
    return *delta > 0;
}

static bool rank_by_guarantee(Race *race, GError **error)
{
    Intent *intent = race->intent;
    ChooseOrder order = {.settings = intent->alternatives->len,
                         .first = FIRST,
                         .most = race->order->most > 0 ? MAX(race->order->most, FIRST) : USUAL_MOST,
                         .alpha = 1 - intent->confidence,
                         .look = look,
                         .context = race};

    if (!find_delta(race, &order.delta, error)) {
        return false;
    }
    g_autoptr(Choice) choice = choose_smallest(&order, error);

    if (choice == NULL) {
        return false;
    }
    intent->difference = order.delta;
    intent->best = choice->best;
    intent->is_guaranteed = choice->is_guaranteed;
    for (guint i = 0; i < intent->alternatives->len; i++) {
        at(intent, i)->dropped_at = choice->dropped_at[i];
    }
    return true;
}

static guint count_runs(const Intent *intent)
{
    guint runs = 0;

    for (guint i = 0; i < intent->alternatives->len; i++) {
        runs += at(intent, i)->replications;
    }
    return runs;
}

/* Where the next replications tell most. A deviation or a distance of 0 would take all or none:
 * they are kept above a thousandth of the largest. */
static void spread(const Race *race, guint budget, double *shares)
{
    guint count = race->intent->alternatives->len;
    g_autofree double *means = g_new0(double, count);
    g_autofree double *deviations = g_new0(double, count);
    double largest = 0;
    guint best = 0;

    for (guint i = 0; i < count; i++) {
        const GArray *values = at(race->intent, i)->values;
        const double *data = (const double *)(const void *)values->data;
        double mean = estimate_average(data, values->len);

        means[i] = race->intent->is_smaller_better ? mean : -mean;
        deviations[i] = sqrt(estimate_variance(data, values->len));
        best = means[i] < means[best] ? i : best;
        largest = fmax(largest, deviations[i]);
    }
    for (guint i = 0; i < count; i++) {
        deviations[i] = fmax(deviations[i], largest > 0 ? LEAST_SHARE * largest : 1);
        if (i != best) {
            means[i] = fmax(means[i], means[best] + LEAST_SHARE * deviations[i]);
        }
    }
    choose_spread(means, deviations, count, budget, shares);
    race->intent->best = best;
}

static bool rank_within_budget(Race *race, GError **error)
{
    Intent *intent = race->intent;
    guint count = intent->alternatives->len;
    g_autofree double *shares = g_new0(double, count);

    for (guint i = 0; i < count; i++) {
        if (!try_one(race, i, FIRST_BUDGET, error)) {
            return false;
        }
    }
    while (count_runs(intent) < intent->budget) {
        guint now = count_runs(intent);
        guint given = MIN(ROUND * count, intent->budget - now);
        guint most = 0;

        spread(race, now + given, shares);
        for (guint i = 1; i < count; i++) { /* who lacks most */
            most = shares[i] - at(intent, i)->replications >
                           shares[most] - at(intent, most)->replications
                       ? i
                       : most;
        }
        for (guint i = 0; i < count && given > 0; i++) {
            guint have = at(intent, i)->replications;
            double wanted = shares[i] - have;
            guint more = wanted > 0 ? MIN((guint)wanted, given) : 0;

            more = i == most ? MAX(more, 1) : more;
            given -= MIN(more, given);
            if (!try_one(race, i, have + more, error)) {
                return false;
            }
        }
    }
    spread(race, intent->budget, shares);
    return true;
}

/* --- what is said of each -------------------------------------------------------------------- */

/* "http_req_failed rate<0.001: 0.041 % [0.038; 0.044]". Caller frees. */
static char *describe_check(const Threshold *threshold, const Judged *judged)
{
    g_autofree char *seen =
        words_with_interval(judged->observed, judged->low, judged->high, threshold->rule->unit);

    return g_strdup_printf("%s %s: %s", threshold->metric, threshold->condition, seen);
}

/* Fail over inconclusive over pass; the threshold that decides, in words, when asked. */
static Verdict judge_all(const Trial *trial, char **binding)
{
    Verdict verdict = VERDICT_PASS;
    double least = (double)INFINITY;

    for (guint i = 0; i < trial->scenario->thresholds->len; i++) {
        const Threshold *threshold = g_ptr_array_index(trial->scenario->thresholds, i);
        g_autoptr(Judged) judged = judge_threshold(trial->results, threshold->rule,
                                                   threshold->window, threshold->confidence);

        verdict = MAX(verdict, judged->verdict);
        if (binding != NULL &&
            (*binding == NULL || judged->margin < least || isnan(judged->margin))) {
            g_free(*binding);
            *binding = describe_check(threshold, judged);
            least = judged->margin;
        }
    }
    return verdict;
}

static void describe_all(Race *race)
{
    const Alternative *first = at(race->intent, 0);

    for (guint i = 0; i < race->intent->alternatives->len; i++) {
        Alternative *one = at(race->intent, i);
        guint pairs = MIN(first->values->len, one->values->len);

        one->metric =
            judge_estimate(race->trials[i]->results, race->goal->rule, race->intent->confidence);
        one->metric.method = g_intern_string(one->metric.method); /* a doubt is of the results */
        one->difference = estimate_compare_paired((const double *)(const void *)first->values->data,
                                                  (const double *)(const void *)one->values->data,
                                                  pairs, race->intent->confidence)
                              .difference;
        if (isnan(first->metric.value) || isnan(one->metric.value)) {
            /* of what is not stable there is no mean, so no difference either */
            one->difference.value = one->difference.low = one->difference.high = (double)NAN;
        }
        one->verdict = judge_all(race->trials[i], NULL);
    }
}

/* Alternatives stand by cost: on the front is what is better than all before it. */
static void find_front(const Intent *intent)
{
    double best = (double)INFINITY;

    for (guint i = 0; i < intent->alternatives->len; i++) {
        Alternative *one = at(intent, i);
        double value = intent->is_smaller_better ? one->metric.value : -one->metric.value;

        one->is_front = value < best;
        best = fmin(best, value);
    }
}

static int find_winner(const Intent *intent)
{
    int winner = -1;
    double best = (double)INFINITY;

    for (guint i = 0; i < intent->alternatives->len; i++) {
        const Alternative *one = at(intent, i);
        double value = intent->is_smaller_better ? one->metric.value : -one->metric.value;
        bool is_allowed = one->monthly <= intent->most_cost;

        if (intent->is_cheapest && is_allowed && one->verdict == VERDICT_PASS) {
            return (int)i;
        }
        if (!intent->is_cheapest && is_allowed && value < best) {
            winner = (int)i;
            best = value;
        }
    }
    /* what the procedure guarantees, where money allows it */
    return !intent->is_cheapest && at(intent, intent->best)->monthly <= intent->most_cost
               ? (int)intent->best
               : winner;
}

static bool confirm(Race *race, GError **error)
{
    Intent *intent = race->intent;
    const Alternative *one = at(intent, (guint)intent->winner);
    g_autofree char *seed = g_strdup_printf("/simulation/seed=%s", intent->fresh_seed);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autoptr(Trial) trial = NULL;

    g_strv_builder_addv(builder, (const char **)one->sets);
    g_strv_builder_add(builder, seed);
    g_auto(GStrv) sets = g_strv_builder_end(builder);

    if (race->study->tell != NULL) {
        g_autofree char *line = g_strdup_printf("%s: again with fresh seeds", one->name);

        race->study->tell(race->study->context, line);
    }
    trial = study_try(race->study, race->order->path, (const char *const *)sets, "confirmation",
                      MAX(one->replications, FIRST), NULL, error);
    if (trial == NULL) {
        return false;
    }
    intent->confirmed = judge_estimate(trial->results, race->goal->rule, intent->confidence);
    intent->confirmed.method = g_intern_string(intent->confirmed.method);
    intent->is_confirmed = judge_all(trial, &intent->binding);
    return results_is_whole(trial->results, error);
}

/* --- all of it ------------------------------------------------------------------------------- */

static PrecisionGoal *read_metric(const Race *race, GError **error)
{
    g_autoptr(Scenario) scenario = study_read(race->study, race->order->path, NULL, error);
    g_autoptr(ScenarioKnown) known =
        scenario != NULL ? scenario_known_new(scenario, race->study->kinds) : NULL;
    PrecisionGoal *goal =
        scenario != NULL ? precision_goal_parse(race->intent->metric, scenario_known(known), error)
                         : NULL;

    if (goal == NULL) {
        g_prefix_error(error, "%s: 'metric': ", race->order->intent);
    }
    return goal;
}

static bool check_budget(const Intent *intent, GError **error)
{
    guint least = FIRST_BUDGET * intent->alternatives->len;

    if (intent->budget > 0 && intent->budget < least) {
        g_set_error(error, STUDY_ERROR, STUDY_ERROR_WRONG,
                    "%s: %u replications (--budget) are too few for %u alternatives: %u of each "
                    "are %u",
                    intent->intent, intent->budget, intent->alternatives->len, (guint)FIRST_BUDGET,
                    least);
    }
    return intent->budget == 0 || intent->budget >= least;
}

static bool run_race(Race *race, GError **error)
{
    Intent *intent = race->intent;
    bool is_ranked =
        intent->budget > 0 ? rank_within_budget(race, error) : rank_by_guarantee(race, error);

    if (!is_ranked) {
        return false;
    }
    describe_all(race);
    find_front(intent);
    intent->winner = find_winner(intent);
    return intent->winner < 0 || confirm(race, error);
}

Intent *intent_find(Study *study, const IntentOrder *order, GError **error)
{
    study->seeks_what_holds = true;
    g_autoptr(Intent) intent = intent_read(study, order, error);

    if (intent == NULL || !check_budget(intent, error)) {
        return NULL;
    }
    g_autofree Trial **trials = g_new0(Trial *, intent->alternatives->len);
    Race race = {study, order, intent, NULL, trials};

    race.goal = read_metric(&race, error);
    if (race.goal == NULL) {
        return NULL;
    }
    intent->unit = g_strdup(race.goal->rule->unit);
    intent->is_smaller_better = strcmp(race.goal->rule->metric, "goodput") != 0 &&
                                strcmp(race.goal->rule->metric, "station_throughput") != 0;
    bool is_good = run_race(&race, error);

    for (guint i = 0; i < intent->alternatives->len; i++) {
        trial_free(trials[i]);
    }
    precision_goal_free(race.goal);
    return is_good ? g_steal_pointer(&intent) : NULL;
}
