/* frontier.c - the highest rate at which something still holds. */
#include "sim/study/frontier.h"

#include <math.h>

#include "sim/results/judge/reroute.h"
#include "sim/study/frontier_search.h"

#define NEAR_CEILING 0.92 /* of the ceiling: a first look there, when it is further away */
#define PAST_CEILING 1.03 /* a look far beyond it costs much; squared where that holds too */
#define LEAST_STEP 1.02   /* up, however near an extrapolation says that it is */
#define LOOKS_MOST 60
#define STEPS_OUT 6
#define GAP_SHARE 0.25 /* of the distance between looks: what interpolation may err by */
#define CLIFF (-0.5)   /* bent margin from which on a look is beyond a cliff: twice the limit */
#define TORN (-0.3)    /* the same for one replication, while another one holds there */
#define NEAR_WALL 5    /* half-widths between two looks, from which on a cliff counts as a wall */

/* Rates: it holds at low, not at high. */
typedef struct Bracket {
    double low, high;
    double low_value, high_value; /* bent margins there */
} Bracket;

void frontier_free(Frontier *frontier)
{
    if (frontier != NULL) {
        for (guint i = 0; i < frontier->points->len; i++) {
            g_free(g_array_index(frontier->points, FrontierPoint, i).binding);
            g_free(g_array_index(frontier->points, FrontierPoint, i).margins);
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

/* From -1 to 1. The limit over the value is a straight line where the value goes with 1 / (most -
 * rate); margins beyond half of the limit say nothing more about where 0 is. */
static double bend(double margin)
{
    return margin >= 0.5 ? 1 : margin / (1 - margin);
}

/* --- looks ---------------------------------------------------------------------------------- */

guint search_place(const Search *search, double rate)
{
    guint place = 0;

    while (place < search->frontier->points->len && point_at(search, place)->rate < rate) {
        place++;
    }
    return place;
}

bool search_probe(Search *search, FrontierPoint *point, GError **error)
{
    search->looks++;
    if (!search->order->probe(search->order->context, point, error)) {
        return false;
    }
    search->next = MAX(search->next, point->first + point->replications);
    for (guint i = 0; point->margins != NULL && i < point->replications; i++) {
        ChanceLook side = {point->rate, point->first + i, point->margins[i] >= 0};

        g_array_append_val(search->sides, side);
    }
    return true;
}

/* Looks at `rate` with at least `replications`, unless that is known; its place. -1 on failure. */
static int look(Search *search, double rate, guint replications, GError **error)
{
    guint place = search_place(search, rate);
    bool is_known = place < search->frontier->points->len && point_at(search, place)->rate == rate;
    FrontierPoint point = {.rate = rate, .replications = replications};

    if (is_known && point_at(search, place)->replications >= replications) {
        return (int)place;
    }
    if (!search_probe(search, &point, error)) {
        return -1;
    }
    if (is_known) {
        g_free(point_at(search, place)->binding);
        g_free(point_at(search, place)->margins);
        *point_at(search, place) = point;
    } else {
        g_array_insert_val(search->frontier->points, place, point);
    }
    return (int)place;
}

/* --- a bracket ------------------------------------------------------------------------------ */

/* Where a straight line through two looks that hold falls through 0; INFINITY: nowhere above. */
static double extrapolate(const FrontierPoint *lower, const FrontierPoint *upper)
{
    double fall = bend(lower->middle) - bend(upper->middle);

    return fall > 0 ? upper->rate + bend(upper->middle) * (upper->rate - lower->rate) / fall
                    : (double)INFINITY;
}

/* The next rate up from a look that holds: near the ceiling, then past it, not beyond where the
 * looks so far say that it ends. */
static double step_up(const Search *search, guint place, double step, double *past)
{
    const FrontierPoint *point = point_at(search, place);
    double next = point->rate * step;

    if (search->order->step == 0 && point->ceiling > 0) {
        if (point->rate < 0.95 * NEAR_CEILING * point->ceiling) {
            next = NEAR_CEILING * point->ceiling;
        } else {
            next = fmax(point->ceiling, point->rate) * *past;
            *past *= *past;
        }
    }
    if (place > 0) {
        double end =
            extrapolate(point_at(search, place - 1), point) * (1 + search->order->width / 2);

        next = fmin(next, fmax(end, point->rate * LEAST_STEP));
    }
    return fmin(next, search->order->to);
}

static void take_side(Bracket *bracket, const FrontierPoint *point)
{
    if (point->middle >= 0) {
        bracket->low = point->rate;
        bracket->low_value = bend(point->middle);
    } else {
        bracket->high = point->rate;
        bracket->high_value = bend(point->middle);
    }
}

/* Steps down from `first` until it holds; then up until it does not. A small first step says that
 * `first` is thought to be near, on whichever side. */
static bool find_bracket(Search *search, double first, Bracket *bracket, GError **error)
{
    const FrontierOrder *order = search->order;
    double rate = fmin(fmax(first, order->from), order->to);
    double up = order->step > 0 ? order->step : STEP_UP;
    double down = order->step > 0 ? order->step - 1 : STEP_DOWN;
    double past = PAST_CEILING;

    *bracket = (Bracket){(double)NAN, (double)NAN, 0, 0};
    while (isnan(bracket->low) || isnan(bracket->high)) {
        int place = look(search, rate, search->replications, error);

        if (place < 0) {
            return false;
        }
        take_side(bracket, point_at(search, (guint)place));
        if (isnan(bracket->high) && rate >= order->to) {
            search->frontier->end = FRONTIER_ALWAYS;
            return true;
        }
        if (isnan(bracket->low) && rate <= order->from) {
            search->frontier->end = FRONTIER_NEVER;
            return true;
        }
        if (isnan(bracket->high)) {
            rate = step_up(search, (guint)place, up, &past);
            up = fmin(up * up, STEP_UP);
        } else {
            rate = fmax(rate / (1 + down), order->from);
            down *= 2;
        }
    }
    return true;
}

/* Whether some of its replications hold and others are far from it. */
static bool is_torn(const FrontierPoint *point)
{
    bool holds = false;
    bool fails = false;

    for (guint i = 0; point->margins != NULL && i < point->replications; i++) {
        holds = holds || point->margins[i] >= 0;
        fails = fails || bend(point->margins[i]) < TORN;
    }
    return holds && fails;
}

static bool has_torn(const Search *search)
{
    for (guint i = 0; i < search->frontier->points->len; i++) {
        if (is_torn(point_at(search, i))) {
            return true;
        }
    }
    return false;
}

/* Whether the bracket's ends stand on both sides of a wall, or a look on the wall. */
static bool meets_wall(const Search *search, const Bracket *bracket)
{
    double span = NEAR_WALL * search->order->width * bracket->low;

    if (has_torn(search)) {
        return true;
    }
    for (guint i = 0; i < search->frontier->points->len; i++) {
        const FrontierPoint *point = point_at(search, i);

        if (point->margins != NULL && point->rate == bracket->high && bracket->high_value < CLIFF &&
            bracket->high - bracket->low <= span) {
            return true;
        }
    }
    return false;
}

/* The secant; where that moves the same end twice, as far from a crossing that is flat on one side
 * and steep on the other, the middle. */
static bool narrow(Search *search, Bracket *bracket, GError **error)
{
    int stood = 0;

    while (bracket->high - bracket->low > search->order->width * bracket->low &&
           search->looks < LOOKS_MOST && !meets_wall(search, bracket)) {
        double span = bracket->high - bracket->low;
        double share = bracket->low_value / (bracket->low_value - bracket->high_value);
        bool is_flat = bracket->low_value >= 1 || bracket->high_value <= -0.9;
        bool is_stuck = stood < -1 || stood > 1 || is_flat;
        double rate = bracket->low + span * (is_stuck ? 0.5 : fmin(fmax(share, 0.1), 0.9));
        int place = look(search, rate, search->replications, error);

        if (place < 0) {
            return false;
        }
        if (point_at(search, (guint)place)->middle >= 0) {
            stood = is_stuck || stood < 0 ? 1 : stood + 1;
        } else {
            stood = is_stuck || stood > 0 ? -1 : stood - 1;
        }
        take_side(bracket, point_at(search, (guint)place));
    }
    return true;
}

/* With few replications what fails in some of them alone is missed, or seen too often: where more
 * of them say otherwise of an end, a bracket is sought again from there, with all. */
static bool make_sure(Search *search, Bracket *bracket, GError **error)
{
    guint all = search->order->replications;
    int low = look(search, bracket->low, all, error);
    bool is_low = low >= 0 && point_at(search, (guint)low)->middle >= 0;
    int high = is_low ? look(search, bracket->high, all, error) : 0;

    if (low < 0 || high < 0) {
        return false;
    }
    if (is_low && point_at(search, (guint)high)->middle < 0) {
        return true;
    }
    search->replications = all;
    return find_bracket(search, is_low ? bracket->high : bracket->low / (1 + STEP_DOWN), bracket,
                        error) &&
           (search->frontier->end != FRONTIER_FOUND || narrow(search, bracket, error));
}

/* --- the crossing --------------------------------------------------------------------------- */

typedef double PointValue(const FrontierPoint *point);

static double low_of(const FrontierPoint *point)
{
    return bend(point->low);
}

static double middle_of(const FrontierPoint *point)
{
    return bend(point->middle);
}

static double high_of(const FrontierPoint *point)
{
    return bend(point->high);
}

/* The looks with enough replications, and the best falling curve through a value of them. */
typedef struct Curve {
    guint count;
    double *rates, *values;
} Curve;

static void curve_clear(Curve *curve)
{
    g_free(curve->rates);
    g_free(curve->values);
}

static Curve curve_through(const Search *search, PointValue *value, guint replications)
{
    guint most = search->frontier->points->len;
    Curve curve = {0, g_new0(double, most), g_new0(double, most)};
    g_autofree double *weights = g_new0(double, most);

    for (guint i = 0; i < most; i++) {
        const FrontierPoint *point = point_at(search, i);

        if (point->replications >= replications) {
            curve.rates[curve.count] = point->rate;
            curve.values[curve.count] = -value(point);
            weights[curve.count++] = 1;
        }
    }
    reroute_make_rising(curve.values, weights, curve.count);
    for (guint i = 0; i < curve.count; i++) {
        curve.values[i] = -curve.values[i];
    }
    return curve;
}

/* Where it falls through 0, with the looks on both sides; NAN when it does not, with `*is_below`
 * telling that it never holds. */
static double crossing(const Search *search, PointValue *value, guint replications, bool *is_below,
                       Bracket *sides)
{
    Curve curve = curve_through(search, value, replications);
    double found = (double)NAN;

    *is_below = curve.count > 0 && curve.values[0] < 0;
    for (guint i = 1; i < curve.count; i++) {
        double before = curve.values[i - 1];

        if (before >= 0 && curve.values[i] < 0) {
            *sides = (Bracket){curve.rates[i - 1], curve.rates[i], before, curve.values[i]};
            found = sides->low + (sides->high - sides->low) * before / (before - curve.values[i]);
        }
    }
    curve_clear(&curve);
    return found;
}

/* Looks further out, a step at a time, until the value has a crossing. */
static bool reach(Search *search, PointValue *value, guint replications, double centre, double step,
                  double *found, Bracket *sides, GError **error)
{
    for (int k = 1; k <= STEPS_OUT; k++) {
        bool is_below;
        double out = step * k * (k + 1) / 2;

        *found = crossing(search, value, replications, &is_below, sides);
        if (!isnan(*found)) {
            return true;
        }
        if (out >= 1 || search->looks >= LOOKS_MOST || has_torn(search)) {
            return true;
        }
        if (look(search, is_below ? centre * (1 - out) : centre * (1 + out), replications, error) <
            0) {
            return false;
        }
    }
    bool is_below;

    *found = crossing(search, value, replications, &is_below, sides);
    return true;
}

/* More replications at both ends; then further looks where the interval ends beyond them. */
static bool settle_ends(Search *search, const Bracket *bracket, guint replications, GError **error)
{
    Frontier *frontier = search->frontier;
    double step = search->order->width;
    double centre = (bracket->low + bracket->high) / 2;
    Bracket sides = {0};
    Bracket unused;

    if (look(search, bracket->low, replications, error) < 0 ||
        look(search, bracket->high, replications, error) < 0 ||
        !reach(search, middle_of, replications, centre, step, &frontier->rate, &sides, error) ||
        !reach(search, low_of, replications, centre, step, &frontier->low, &unused, error) ||
        !reach(search, high_of, replications, centre, step, &frontier->high, &unused, error)) {
        return false;
    }
    double gap = GAP_SHARE * (sides.high - sides.low);
    bool is_cliff = sides.high_value < CLIFF; /* it may be anywhere between the two looks */
    double low = is_cliff ? sides.low : frontier->rate - gap;
    double high = is_cliff ? sides.high : frontier->rate + gap;

    /* an end that is not known stays so */
    frontier->low = frontier->low > low ? low : frontier->low;
    frontier->high = frontier->high < high ? high : frontier->high;
    return true;
}

double search_width(const Frontier *frontier)
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

/* The looks on both sides of the frontier as it is known now. */
static void bracket_again(const Search *search, Bracket *bracket)
{
    double rate = search->frontier->rate;

    for (guint i = 0; i < search->frontier->points->len && !isnan(rate); i++) {
        double at = point_at(search, i)->rate;

        if (at <= rate && (at > bracket->low || bracket->low > rate)) {
            bracket->low = at;
        }
        if (at > rate && (at < bracket->high || bracket->high <= rate)) {
            bracket->high = at;
        }
    }
}

static bool settle(Search *search, Bracket *bracket, GError **error)
{
    Frontier *frontier = search->frontier;
    guint replications = search->order->replications;

    for (;;) {
        double width;

        if (!settle_ends(search, bracket, replications, error)) {
            return false;
        }
        if (meets_wall(search, bracket)) { /* a mean over such replications says nothing */
            return true;
        }
        width = search_width(frontier);
        frontier->replications = replications;
        frontier->end = width <= search->order->width ? FRONTIER_FOUND : FRONTIER_WIDE;
        if (frontier->end == FRONTIER_FOUND || replications >= search->order->most) {
            return true;
        }
        bracket_again(search, bracket);
        replications = more_replications(search, replications, width);
    }
}

/* --- all of it ------------------------------------------------------------------------------ */

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

static bool search_all(Search *search, GError **error)
{
    const Frontier *frontier = search->frontier;
    Bracket bracket;

    if (search->order->has_wall) {
        return search_wall(search, error);
    }
    if (!find_bracket(search, search->order->first, &bracket, error)) {
        return false;
    }
    if (frontier->end != FRONTIER_FOUND) {
        return true;
    }
    if (!narrow(search, &bracket, error)) {
        return false;
    }
    if (!meets_wall(search, &bracket)) {
        if (!make_sure(search, &bracket, error)) {
            return false;
        }
        if (frontier->end != FRONTIER_FOUND) {
            return true;
        }
        if (!meets_wall(search, &bracket) && !settle(search, &bracket, error)) {
            return false;
        }
    }
    return !meets_wall(search, &bracket) || search_wall(search, error);
}

Frontier *frontier_search(const FrontierOrder *order, GError **error)
{
    g_autoptr(Frontier) frontier = g_new0(Frontier, 1);
    g_autoptr(GArray) sides = g_array_new(FALSE, FALSE, sizeof(ChanceLook));
    Search search = {.order = order,
                     .frontier = frontier,
                     .sides = sides,
                     .replications = order->scouts > 0 ? MIN(order->scouts, order->replications)
                                                       : order->replications};

    frontier->points = g_array_new(FALSE, FALSE, sizeof(FrontierPoint));
    frontier->end = FRONTIER_FOUND;
    frontier->rate = frontier->low = frontier->high = (double)NAN;
    frontier->spread = frontier->sure = frontier->sure_low = (double)NAN;
    frontier->replications = order->replications;
    bool is_good = search_all(&search, error);

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
