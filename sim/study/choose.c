/* choose.c - which of several settings is best. */
#include "sim/study/choose.h"

#include <math.h>

#include "sim/base/estimate.h"
#include "sim/base/rng.h"

/* --- KN -------------------------------------------------------------------------------------- */

double choose_eta(double alpha, guint settings, guint first)
{
    return (pow(2 * alpha / (settings - 1), -2.0 / (first - 1)) - 1) / 2;
}

double choose_h2(double alpha, guint settings, guint first)
{
    return 2 * choose_eta(alpha, settings, first) * (first - 1);
}

void choice_free(Choice *choice)
{
    if (choice != NULL) {
        g_free(choice->replications);
        g_free(choice->means);
        g_free(choice->dropped_at);
        g_free(choice);
    }
}

/* Settings still in, and all values so far. */
typedef struct Race {
    const ChooseOrder *order;
    GArray **values;  /* of double, of each setting */
    double *variance; /* of differences over the first replications, settings x settings */
    Choice *choice;
} Race;

static bool is_in(const Race *race, guint i)
{
    return race->choice->dropped_at[i] == 0;
}

static bool look_on(Race *race, guint i, GError **error)
{
    double value;

    if (!race->order->look(race->order->context, i, race->values[i]->len, &value, error)) {
        return false;
    }
    g_array_append_val(race->values[i], value);
    race->choice->replications[i] = race->values[i]->len;
    race->choice->means[i] =
        estimate_average((const double *)(const void *)race->values[i]->data, race->values[i]->len);
    return true;
}

static void measure_differences(Race *race)
{
    guint settings = race->order->settings;
    guint first = race->order->first;
    g_autofree double *differences = g_new(double, first);

    for (guint i = 0; i < settings; i++) {
        for (guint k = 0; k < settings; k++) {
            for (guint j = 0; j < first; j++) {
                differences[j] = g_array_index(race->values[i], double, j) -
                                 g_array_index(race->values[k], double, j);
            }
            race->variance[i * settings + k] = estimate_variance(differences, first);
        }
    }
}

static guint count_in(const Race *race)
{
    guint count = 0;

    for (guint i = 0; i < race->order->settings; i++) {
        count += is_in(race, i) ? 1 : 0;
    }
    return count;
}

/* Drops those that are worse than another by more than chance allows after r replications. */
static void drop(Race *race, guint r)
{
    const ChooseOrder *order = race->order;
    double h2 = choose_h2(order->alpha, order->settings, order->first);
    g_autofree bool *is_out = g_new0(bool, order->settings);

    for (guint i = 0; i < order->settings; i++) {
        for (guint k = 0; is_in(race, i) && k < order->settings; k++) {
            double variance = race->variance[i * order->settings + k];
            double room =
                order->delta / (2 * r) * (h2 * variance / (order->delta * order->delta) - r);

            if (k != i && is_in(race, k) &&
                race->choice->means[i] > race->choice->means[k] + fmax(room, 0)) {
                is_out[i] = true;
            }
        }
    }
    for (guint i = 0; i < order->settings; i++) {
        race->choice->dropped_at[i] = is_out[i] ? r : race->choice->dropped_at[i];
    }
}

/* After so many replications even the closest two are told apart. */
static double longest(const Race *race)
{
    const ChooseOrder *order = race->order;
    double h2 = choose_h2(order->alpha, order->settings, order->first);
    double most = 0;

    for (guint i = 0; i < order->settings * order->settings; i++) {
        most = fmax(most, floor(h2 * race->variance[i] / (order->delta * order->delta)));
    }
    return most;
}

static guint find_best(const Race *race)
{
    guint best = race->order->settings;

    for (guint i = 0; i < race->order->settings; i++) {
        if (is_in(race, i) &&
            (best == race->order->settings || race->choice->means[i] < race->choice->means[best])) {
            best = i;
        }
    }
    return best;
}

static bool run_race(Race *race, GError **error)
{
    const ChooseOrder *order = race->order;
    guint r = order->first;

    for (guint j = 0; j < r; j++) {
        for (guint i = 0; i < order->settings; i++) {
            if (!look_on(race, i, error)) {
                return false;
            }
        }
    }
    measure_differences(race);
    for (;;) {
        drop(race, r);
        race->choice->is_guaranteed = count_in(race) == 1 || r > longest(race);
        if (race->choice->is_guaranteed || r >= order->most) {
            race->choice->best = find_best(race);
            return true;
        }
        r++;
        for (guint i = 0; i < order->settings; i++) {
            if (is_in(race, i) && !look_on(race, i, error)) {
                return false;
            }
        }
    }
}

Choice *choose_smallest(const ChooseOrder *order, GError **error)
{
    g_autoptr(Choice) choice = g_new0(Choice, 1);
    g_autofree double *variance = g_new0(double, order->settings * order->settings);
    g_autofree GArray **values = g_new0(GArray *, order->settings);
    Race race = {order, values, variance, choice};

    g_assert(order->settings >= 2 && order->first >= 2 && order->delta > 0);
    choice->replications = g_new0(guint, order->settings);
    choice->means = g_new0(double, order->settings);
    choice->dropped_at = g_new0(guint, order->settings);
    for (guint i = 0; i < order->settings; i++) {
        values[i] = g_array_new(FALSE, FALSE, sizeof(double));
    }
    bool is_good = run_race(&race, error);

    for (guint i = 0; i < order->settings; i++) {
        g_array_unref(values[i]);
    }
    return is_good ? g_steal_pointer(&choice) : NULL;
}

/* --- OCBA ------------------------------------------------------------------------------------- */

void choose_spread(const double *means, const double *deviations, guint count, double budget,
                   double *shares)
{
    guint best = 0;
    double squares = 0;
    double all = 0;

    for (guint i = 1; i < count; i++) {
        best = means[i] < means[best] ? i : best;
    }
    for (guint i = 0; i < count; i++) {
        double gap = means[i] - means[best];

        if (i != best) {
            shares[i] = (deviations[i] / gap) * (deviations[i] / gap);
            squares += (shares[i] / deviations[i]) * (shares[i] / deviations[i]);
            all += shares[i];
        }
    }
    shares[best] = deviations[best] * sqrt(squares);
    all += shares[best];
    for (guint i = 0; i < count; i++) {
        shares[i] *= budget / all;
    }
}

/* --- Morris ----------------------------------------------------------------------------------- */

#define LEVELS 4
#define STEP (2.0 / 3)

static guint draw_below(Rng *rng, guint limit)
{
    return MIN((guint)(rng_uniform(rng) * limit), limit - 1);
}

/* An order of the factors, drawn. */
static void shuffle(Rng *rng, guint *order, guint count)
{
    for (guint i = 0; i < count; i++) {
        order[i] = i;
    }
    for (guint i = count; i > 1; i--) {
        guint k = draw_below(rng, i);
        guint kept = order[i - 1];

        order[i - 1] = order[k];
        order[k] = kept;
    }
}

/* One trajectory: each factor moves once, by a step up or down that stays within the cube. */
static bool walk(Rng *rng, guint factors, guint trajectory, ScreenLook *look, void *context,
                 double *effects, GError **error)
{
    g_autofree double *point = g_new(double, factors);
    g_autofree guint *order = g_new(guint, factors);
    double before;

    for (guint i = 0; i < factors; i++) {
        point[i] = (double)draw_below(rng, LEVELS) / (LEVELS - 1);
    }
    shuffle(rng, order, factors);
    if (!look(context, point, trajectory, &before, error)) {
        return false;
    }
    for (guint i = 0; i < factors; i++) {
        guint factor = order[i];
        double step = point[factor] + STEP <= 1 + 1e-9 ? STEP : -STEP;
        double after;

        point[factor] = fmax(point[factor] + step, 0);
        if (!look(context, point, trajectory, &after, error)) {
            return false;
        }
        effects[factor] = (after - before) / step;
        before = after;
    }
    return true;
}

GArray *screen_factors(guint factors, guint trajectories, guint64 seed, ScreenLook *look,
                       void *context, GError **error)
{
    g_autofree double *effects = g_new(double, (gsize)factors *trajectories);
    g_autofree double *one = g_new(double, trajectories);
    GArray *all = g_array_new(FALSE, TRUE, sizeof(ScreenEffect));
    Rng rng;

    rng_init(&rng, seed, "study/morris");
    for (guint t = 0; t < trajectories; t++) {
        if (!walk(&rng, factors, t, look, context, effects + (gsize)t * factors, error)) {
            g_array_unref(all);
            return NULL;
        }
    }
    for (guint i = 0; i < factors; i++) {
        ScreenEffect effect = {0};

        for (guint t = 0; t < trajectories; t++) {
            one[t] = effects[(gsize)t * factors + i];
            effect.size += fabs(one[t]) / trajectories;
        }
        effect.mean = estimate_average(one, trajectories);
        effect.spread = sqrt(estimate_variance(one, trajectories));
        g_array_append_val(all, effect);
    }
    return all;
}
