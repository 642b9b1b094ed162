/* change_point.c - where a history of measurements changed its level. */
#include "sim/base/change_point.h"

#include <math.h>
#include <string.h>

#include "sim/base/estimate.h"
#include "sim/base/rng.h"

enum {
    PERMUTATIONS = 199,
    PERMUTATIONS_BEYOND = 9, /* (9 + 1) / (199 + 1) = 0.05 */
    STRICT_PERMUTATIONS = 999,
    STRICT_BEYOND = 9, /* (9 + 1) / (999 + 1) = CHANGE_POINT_LEVEL */
};

typedef struct Search {
    const double *values;
    GArray *found; /* ChangePoint by index */
    Rng rng;
    double *sums; /* [(i, j)]: of |x - y| over the first i and the first j values of a stretch */
    guint stride;
} Search;

/* --- energy distance ------------------------------------------------------------------------ */

static void sum_distances(Search *search, const double *values, guint count)
{
    guint stride = search->stride = count + 1;

    for (guint i = 0; i <= count; i++) {
        search->sums[i] = search->sums[i * stride] = 0;
    }
    for (guint i = 0; i < count; i++) {
        for (guint j = 0; j < count; j++) {
            search->sums[(i + 1) * stride + j + 1] =
                fabs(values[i] - values[j]) + search->sums[i * stride + j + 1] +
                search->sums[(i + 1) * stride + j] - search->sums[i * stride + j];
        }
    }
}

/* Of all pairs between [a, b) and [c, d). */
static double distance(const Search *search, guint a, guint b, guint c, guint d)
{
    const double *sums = search->sums;
    guint stride = search->stride;

    return sums[b * stride + d] - sums[a * stride + d] - sums[b * stride + c] +
           sums[a * stride + c];
}

/* Q of X = [0, tau) and Y = [tau, kappa); reference: simulation methodology 12. */
static double divergence(const Search *search, guint tau, guint kappa)
{
    double m = tau;
    double l = kappa - tau;
    double between = 2 / (m * l) * distance(search, 0, tau, tau, kappa);
    double in_x = distance(search, 0, tau, 0, tau) / (m * (m - 1));
    double in_y = distance(search, tau, kappa, tau, kappa) / (l * (l - 1));

    return m * l / (m + l) * (between - in_x - in_y);
}

/* The largest Q of a stretch; `split` receives its tau. */
static double find_split(Search *search, const double *values, guint count, guint *split)
{
    double most = -INFINITY;

    sum_distances(search, values, count);
    for (guint tau = CHANGE_POINT_SEGMENT; tau + CHANGE_POINT_SEGMENT <= count; tau++) {
        for (guint kappa = tau + CHANGE_POINT_SEGMENT; kappa <= count; kappa++) {
            double q = divergence(search, tau, kappa);

            if (q > most) {
                most = q;
                *split = tau;
            }
        }
    }
    return most;
}

/* --- candidates ----------------------------------------------------------------------------- */

static void shuffle(Rng *rng, double *values, guint count)
{
    for (guint i = count - 1; i > 0; i--) {
        guint other = (guint)rng_below(rng, i + 1);
        double value = values[i];

        values[i] = values[other];
        values[other] = value;
    }
}

/* The share of `most` permutations of a stretch that part as far as `q`, itself counted; 1 as soon
 * as more than `allowed` do. */
static double share_beyond(Search *search, const double *values, guint count, double q, guint most,
                           guint allowed)
{
    g_autofree double *shuffled = g_memdup2(values, count * sizeof *values);
    guint beyond = 0;
    guint split;

    for (guint i = 0; i < most && beyond <= allowed; i++) {
        shuffle(&search->rng, shuffled, count);
        beyond += find_split(search, shuffled, count, &split) >= q;
    }
    return beyond > allowed ? 1 : (beyond + 1.0) / (most + 1.0);
}

static void look(Search *search, guint begin, guint end)
{
    const double *values = search->values + begin;
    guint count = end - begin;
    ChangePoint point = {0};
    guint split = 0;

    if (count < 2 * CHANGE_POINT_SEGMENT) {
        return;
    }
    double q = find_split(search, values, count, &split);

    if (!(q > 0) ||
        share_beyond(search, values, count, q, PERMUTATIONS, PERMUTATIONS_BEYOND) >= 1) {
        return;
    }
    look(search, begin, begin + split);
    point.index = begin + split;
    g_array_append_val(search->found, point);
    look(search, begin + split, end);
}

/* --- the strict look ------------------------------------------------------------------------ */

static guint bound(const GArray *points, gint index, guint count)
{
    return index < 0                    ? 0
           : (guint)index < points->len ? g_array_index(points, ChangePoint, index).index
                                        : count;
}

/* Means and p of each point between its neighbours. */
static void weigh(Search *search, guint count)
{
    const double *values = search->values;

    for (gint i = 0; i < (gint)search->found->len; i++) {
        ChangePoint *point = &g_array_index(search->found, ChangePoint, i);
        guint from = bound(search->found, i - 1, count);
        guint to = bound(search->found, i + 1, count);
        guint split;
        double q = find_split(search, values + from, to - from, &split);

        point->p =
            share_beyond(search, values + from, to - from, q, STRICT_PERMUTATIONS, STRICT_BEYOND);
        point->before = estimate_average(values + from, point->index - from);
        point->after = estimate_average(values + point->index, to - point->index);
    }
}

static double effect_of(const ChangePoint *point)
{
    double change = fabs(point->after - point->before);

    return point->before != 0 ? change / fabs(point->before) : change > 0 ? INFINITY : 0;
}

/* The point that least deserves to stay: the largest p over the level, else the smallest effect
 * under the least; -1 when all may. */
static gint find_weakest(const GArray *points, double least_effect)
{
    gint weakest = -1;
    double worst = 0;

    for (guint i = 0; i < points->len; i++) {
        const ChangePoint *point = &g_array_index(points, ChangePoint, i);
        double effect = effect_of(point);
        double badness = point->p > CHANGE_POINT_LEVEL ? 1 + point->p
                         : effect < least_effect       ? 1 - effect / least_effect
                                                       : 0;

        if (badness > worst) {
            worst = badness;
            weakest = (gint)i;
        }
    }
    return weakest;
}

GArray *change_points_find(const double *values, guint count, double least_effect, uint64_t seed)
{
    Search search = {.values = values, .found = g_array_new(false, true, sizeof(ChangePoint))};
    gint weakest;

    search.sums = g_new(double, ((gsize)count + 1) * (count + 1));
    rng_init(&search.rng, seed, "change points");
    look(&search, 0, count);
    do {
        weigh(&search, count);
        weakest = find_weakest(search.found, least_effect);
        if (weakest >= 0) {
            g_array_remove_index(search.found, (guint)weakest);
        }
    } while (weakest >= 0);
    g_free(search.sums);
    return search.found;
}
