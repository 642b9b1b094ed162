/* frontier.c - the highest rate at which something still holds. */
#include "sim/study/frontier.h"

#include <math.h>

/* Margins beyond these say nothing more about where 0 is. */
#define MARGIN_MOST 1.0
#define STEP_UP 1.5
#define PAST_CEILING 1.03 /* looks far beyond it cost much and tell nothing */
#define LOOKS_MOST 40
#define STEPS_OUT 6

typedef struct Search {
    const FrontierOrder *order;
    Frontier *frontier;
    guint looks;
} Search;

void frontier_free(Frontier *frontier)
{
    if (frontier != NULL) {
        for (guint i = 0; i < frontier->points->len; i++) {
            g_free(g_array_index(frontier->points, FrontierPoint, i).binding);
        }
        g_array_unref(frontier->points);
        g_free(frontier->binding);
        g_free(frontier);
    }
}

static FrontierPoint *point_at(const Search *search, guint index)
{
    return &g_array_index(search->frontier->points, FrontierPoint, index);
}

static double limited(double margin)
{
    return fmin(fmax(margin, -MARGIN_MOST), MARGIN_MOST);
}

/* --- looks ---------------------------------------------------------------------------------- */

static guint place_of(const Search *search, double rate)
{
    guint place = 0;

    while (place < search->frontier->points->len && point_at(search, place)->rate < rate) {
        place++;
    }
    return place;
}

/* Looks at `rate` with at least `replications`, unless that is known; its place. -1 on failure. */
static int look(Search *search, double rate, guint replications, GError **error)
{
    guint place = place_of(search, rate);
    bool is_known = place < search->frontier->points->len && point_at(search, place)->rate == rate;
    FrontierPoint point = {.rate = rate};

    if (is_known && point_at(search, place)->replications >= replications) {
        return (int)place;
    }
    search->looks++;
    if (!search->order->probe(search->order->context, rate, replications, &point, error)) {
        return -1;
    }
    point.replications = replications;
    if (is_known) {
        g_free(point_at(search, place)->binding);
        *point_at(search, place) = point;
    } else {
        g_array_insert_val(search->frontier->points, place, point);
    }
    return (int)place;
}

/* --- a bracket ------------------------------------------------------------------------------ */

typedef struct Bracket {
    double low, high;             /* rates: it holds at low, not at high */
    double low_value, high_value; /* limited margins there */
} Bracket;

/* The next rate up: not far beyond what cannot hold. */
static double step_up(const Search *search, const FrontierPoint *point)
{
    double step = point->rate * STEP_UP;

    if (point->ceiling > 0) {
        step = fmin(step, fmax(point->ceiling * PAST_CEILING, point->rate * PAST_CEILING));
    }
    return fmin(step, search->order->to);
}

/* Steps down until it holds; then up until it does not. */
static bool find_bracket(Search *search, Bracket *bracket, GError **error)
{
    const FrontierOrder *order = search->order;
    double rate = fmin(fmax(order->first, order->from), order->to);
    double low = (double)NAN;
    double high = (double)NAN;
    double low_value = 0;
    double high_value = 0;

    while (isnan(low) || isnan(high)) {
        int place = look(search, rate, order->replications, error);
        double value;

        if (place < 0) {
            return false;
        }
        value = limited(point_at(search, (guint)place)->middle);
        if (value >= 0) {
            low = rate;
            low_value = value;
        } else {
            high = rate;
            high_value = value;
        }
        if (value >= 0 && rate >= order->to) {
            search->frontier->end = FRONTIER_ALWAYS;
            return true;
        }
        if (value < 0 && rate <= order->from) {
            search->frontier->end = FRONTIER_NEVER;
            return true;
        }
        rate = isnan(high) ? step_up(search, point_at(search, (guint)place))
                           : fmax(rate / STEP_UP, order->from);
    }
    *bracket = (Bracket){low, high, low_value, high_value};
    return true;
}

/* The secant; where that moves the same end twice, as far from a crossing that is flat on one side
 * and steep on the other, the middle. */
static bool narrow(Search *search, Bracket *bracket, GError **error)
{
    double wanted = search->order->width / 2;
    int stood = 0;

    while (bracket->high - bracket->low > wanted * bracket->low && search->looks < LOOKS_MOST) {
        double span = bracket->high - bracket->low;
        double share = bracket->low_value / (bracket->low_value - bracket->high_value);
        bool is_stuck = stood < -1 || stood > 1;
        double rate = bracket->low + span * (is_stuck ? 0.5 : fmin(fmax(share, 0.1), 0.9));
        int place = look(search, rate, search->order->replications, error);
        double value;

        if (place < 0) {
            return false;
        }
        value = limited(point_at(search, (guint)place)->middle);
        if (value >= 0) {
            bracket->low = rate;
            bracket->low_value = value;
            stood = is_stuck || stood < 0 ? 1 : stood + 1;
        } else {
            bracket->high = rate;
            bracket->high_value = value;
            stood = is_stuck || stood > 0 ? -1 : stood - 1;
        }
    }
    return true;
}

/* --- the crossing --------------------------------------------------------------------------- */

typedef double PointValue(const FrontierPoint *point);

static double low_of(const FrontierPoint *point)
{
    return limited(point->low);
}

static double middle_of(const FrontierPoint *point)
{
    return limited(point->middle);
}

static double high_of(const FrontierPoint *point)
{
    return limited(point->high);
}

/* Where the value falls through 0 among points with enough replications; `is_first`: the first
 * fall, else the last one. NAN when it does not, with `*is_below` telling that it never holds. */
static double crossing(const Search *search, PointValue *value, guint replications, bool is_first,
                       bool *is_below)
{
    const FrontierPoint *before = NULL;
    double found = (double)NAN;

    *is_below = false;
    for (guint i = 0; i < search->frontier->points->len; i++) {
        const FrontierPoint *point = point_at(search, i);

        if (point->replications < replications) {
            continue;
        }
        if (before == NULL) {
            *is_below = value(point) < 0;
        }
        if (before != NULL && value(before) >= 0 && value(point) < 0 &&
            (isnan(found) || !is_first)) {
            found = before->rate +
                    (point->rate - before->rate) * value(before) / (value(before) - value(point));
        }
        before = point;
    }
    return found;
}

/* Looks further out, a step at a time, until the value has a crossing. */
static bool reach(Search *search, PointValue *value, guint replications, bool is_first,
                  double centre, double step, double *found, GError **error)
{
    for (int k = 1; k <= STEPS_OUT; k++) {
        bool is_below;
        double rate;

        *found = crossing(search, value, replications, is_first, &is_below);
        if (!isnan(*found)) {
            return true;
        }
        rate = is_below ? centre * (1 - step * k * (k + 1) / 2)
                        : centre * (1 + step * k * (k + 1) / 2);
        if (rate <= 0 || look(search, rate, replications, error) < 0) {
            return rate <= 0;
        }
    }
    bool is_below;

    *found = crossing(search, value, replications, is_first, &is_below);
    return true;
}

static bool settle_ends(Search *search, double centre, guint replications, GError **error)
{
    Frontier *frontier = search->frontier;
    double step = search->order->width / 2;

    return look(search, centre * (1 - step), replications, error) >= 0 &&
           look(search, centre * (1 + step), replications, error) >= 0 &&
           reach(search, middle_of, replications, true, centre, step, &frontier->rate, error) &&
           reach(search, low_of, replications, true, centre, step, &frontier->low, error) &&
           reach(search, high_of, replications, false, centre, step, &frontier->high, error);
}

/* Half of the interval as a share of the frontier; NAN when an end is unknown. */
static double width_of(const Frontier *frontier)
{
    if (isnan(frontier->low) || isnan(frontier->rate) || isnan(frontier->high)) {
        return (double)NAN;
    }
    return fmax(frontier->high - frontier->rate, frontier->rate - frontier->low) / frontier->rate;
}

static guint more_replications(const Search *search, guint now, double width)
{
    double ratio = isnan(width) ? 2 : width / search->order->width;
    double wanted = ceil((double)now * ratio * ratio * 1.1);

    return (guint)fmin(fmin(fmax(wanted, now + 1), 3 * now), search->order->most);
}

static bool settle(Search *search, const Bracket *bracket, GError **error)
{
    Frontier *frontier = search->frontier;
    guint replications = search->order->replications;
    double centre = (bracket->low + bracket->high) / 2;

    for (;;) {
        double width;

        if (!settle_ends(search, centre, replications, error)) {
            return false;
        }
        width = width_of(frontier);
        frontier->replications = replications;
        frontier->end = width <= search->order->width ? FRONTIER_FOUND : FRONTIER_WIDE;
        if (frontier->end == FRONTIER_FOUND || replications >= search->order->most) {
            return true;
        }
        centre = isnan(frontier->rate) ? centre : frontier->rate;
        replications = more_replications(search, replications, width);
    }
}

/* What the first point beyond the frontier fails by. */
static void name_binding(Search *search)
{
    for (guint i = 0; i < search->frontier->points->len; i++) {
        const FrontierPoint *point = point_at(search, i);

        if (point->middle < 0) {
            search->frontier->binding = g_strdup(point->binding);
            return;
        }
    }
}

Frontier *frontier_search(const FrontierOrder *order, GError **error)
{
    g_autoptr(Frontier) frontier = g_new0(Frontier, 1);
    Search search = {.order = order, .frontier = frontier};
    Bracket bracket = {0};

    frontier->points = g_array_new(FALSE, FALSE, sizeof(FrontierPoint));
    frontier->end = FRONTIER_FOUND;
    frontier->rate = frontier->low = frontier->high = (double)NAN;
    frontier->replications = order->replications;
    bool is_good = find_bracket(&search, &bracket, error);

    if (is_good && frontier->end == FRONTIER_FOUND) {
        is_good = narrow(&search, &bracket, error) && settle(&search, &bracket, error);
    }
    if (!is_good && frontier->points->len == 0) {
        return NULL;
    }
    if (!is_good) {
        frontier->end = FRONTIER_ENDED;
        frontier->rate = frontier->low = frontier->high = (double)NAN;
    }
    name_binding(&search);
    return g_steal_pointer(&frontier);
}
