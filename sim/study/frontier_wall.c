/* frontier_wall.c - where a wall is: looks with fresh replications up and down beside it. */
#include <math.h>

#include "sim/study/frontier_search.h"

#define WALL_BATCH 2            /* replications of a look beside a wall */
#define WALL_FEWEST 10          /* replications in all that tell where one is */
#define WALL_OUT 0.5            /* deviations that looks keep from it, to learn how steep it is */
#define WALL_STEEPEST (1.0 / 8) /* deviation of the steepest one, in half-widths */

/* What all looks so far say of it; the half-width as a share. */
static double fit_wall(const Search *search, ChanceFit *fit)
{
    const FrontierOrder *order = search->order;
    Frontier *frontier = search->frontier;

    *fit =
        chance_fit((const ChanceLook *)(const void *)search->sides->data, search->sides->len,
                   order->width * WALL_STEEPEST, order->confidence > 0 ? order->confidence : 0.95);
    frontier->rate = fit->middle;
    frontier->low = fit->low;
    frontier->high = fit->high;
    frontier->spread = fit->spread;
    frontier->sure = fit->sure;
    frontier->sure_low = fit->sure_low;
    frontier->replications = fit->replications;
    return search_width(frontier);
}

/* Where a pair of fresh replications looks next: above and below the wall in turn; as long as all
 * that were seen ended alike, a step further that way. 0: there is nowhere to go. */
static double next_to_wall(const Search *search, const ChanceFit *fit, double side, double *step)
{
    const FrontierOrder *order = search->order;
    double out = WALL_OUT * fmin(fmax(fit->spread, order->width / 2), 0.1);

    if (!isnan(fit->middle)) {
        return fit->middle * exp(side * out);
    }
    if (search->sides->len == 0) {
        return fmin(fmax(order->first, order->from), order->to);
    }
    const ChanceLook *last = &g_array_index(search->sides, ChanceLook, search->sides->len - 1);
    double next =
        fmin(fmax(last->holds ? last->rate * *step : last->rate / *step, order->from), order->to);

    *step = fmin(*step * *step, STEP_UP);
    if (fabs(next - last->rate) < 1e-9 * next) {
        search->frontier->end = last->holds ? FRONTIER_ALWAYS : FRONTIER_NEVER;
        return 0;
    }
    return next;
}

bool search_wall(Search *search, GError **error)
{
    const FrontierOrder *order = search->order;
    double step = order->step > 1 ? order->step : 1 + STEP_DOWN;
    double side = 1;

    search->frontier->is_wall = true;
    for (;;) {
        ChanceFit fit;
        double width = fit_wall(search, &fit);
        bool is_narrow = width <= order->width && fit.replications >= WALL_FEWEST;

        if (is_narrow || fit.replications >= MAX(order->most, WALL_FEWEST)) {
            search->frontier->end = is_narrow ? FRONTIER_FOUND : FRONTIER_WIDE;
            return true;
        }
        FrontierPoint point = {.rate = next_to_wall(search, &fit, side, &step),
                               .first = search->next,
                               .replications = WALL_BATCH};

        if (point.rate <= 0) {
            search->frontier->is_wall = false;
            return true;
        }
        if (!search_probe(search, &point, error)) {
            return false;
        }
        g_array_insert_val(search->frontier->points, search_place(search, point.rate), point);
        side = isnan(fit.middle) ? side : -side;
    }
}
