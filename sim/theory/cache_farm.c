/* cache_farm.c - see cache_farm.h. */
#include "sim/theory/cache_farm.h"

#include <math.h>

#include "sim/base/fixed_math.h"

#define FARM_ROUNDS 40

guint cache_count_others(double mean, double weights[CACHE_OTHERS])
{
    weights[0] = 1;
    if (mean > CACHE_OTHERS / 3.0) {
        return 1;
    }
    weights[0] = fixed_exp(-mean);
    for (guint i = 1; i < CACHE_OTHERS; i++) {
        weights[i] = weights[i - 1] * mean / i;
    }
    return CACHE_OTHERS;
}

double farms_aged(const Farms *all, double x)
{
    double wait = all->wait;

    return wait > 0 ? wait * (fixed_exp(-x / wait) - fixed_exp(-all->life / wait)) : 0;
}

/* Who has answers for longer looks up less often, and caches that are asked less often are empty
 * more often, which makes answers live longer: a few rounds until both agree. */
static void settle(Farm *farm, const Farms *all, double others)
{
    double life = all->life, wait = all->wait, same = 1 / all->size;
    double aged = farms_aged(all, 0);

    farm->kept = life;
    for (int i = 0; i < FARM_ROUNDS; i++) {
        double asked = others / all->size / (farm->kept + wait);

        farm->full = life * asked / (1 + life * asked);
        farm->refilled = wait * asked / (1 + wait * asked);
        farm->kept = (1 - same) * (farm->full * life / 2 + (1 - farm->full) * life) +
                     same * (life - farm->refilled * aged);
    }
}

void farms_settle(Farms *all, double mean)
{
    double weights[CACHE_OTHERS];

    all->count = cache_count_others(mean, weights);
    for (guint i = 0; i < all->count; i++) {
        settle(&all->farms[i], all, all->count > 1 ? i : mean);
        all->farms[i].weight = weights[i];
    }
}

double farms_still_old(const Farms *all, double x)
{
    double life = all->life, wait = all->wait, same = 1 / all->size, left = life - x, sum = 0;
    double rested = wait > 0 ? fixed_exp(-x / wait) : 0;
    double aged = farms_aged(all, x);

    if (x < 0 || left <= 0) {
        return x < 0 ? 1 : 0;
    }
    for (guint i = 0; i < all->count; i++) {
        const Farm *farm = &all->farms[i];
        double lookups = 1 / (farm->kept + wait);
        double other = farm->full * (left * left / 2 + x * left) / life + (1 - farm->full) * left;
        double old = (1 - same) * other + same * (left - farm->refilled * aged);
        double idle = (1 - same) * farm->full * left / life + same * farm->refilled * rested;

        sum += farm->weight * lookups * (old + wait * idle);
    }
    return fmin(sum, 1);
}
