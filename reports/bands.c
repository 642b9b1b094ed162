/* bands.c - series of replications folded together. */
#include "reports/bands.h"

#include <math.h>

Bands *bands_new(guint count)
{
    Bands *bands = g_new0(Bands, 1);

    bands->count = count;
    bands->sums = g_new0(double, MAX(count, 1));
    bands->lows = g_new0(double, MAX(count, 1));
    bands->highs = g_new0(double, MAX(count, 1));
    bands->known = g_new0(guint, MAX(count, 1));
    return bands;
}

void bands_free(Bands *bands)
{
    if (bands != NULL) {
        g_free(bands->sums);
        g_free(bands->lows);
        g_free(bands->highs);
        g_free(bands->known);
        g_free(bands);
    }
}

void bands_fold(Bands *bands, const double *values)
{
    for (guint i = 0; i < bands->count; i++) {
        if (isnan(values[i])) {
            continue;
        }
        bands->lows[i] = bands->known[i] == 0 ? values[i] : fmin(bands->lows[i], values[i]);
        bands->highs[i] = bands->known[i] == 0 ? values[i] : fmax(bands->highs[i], values[i]);
        bands->sums[i] += values[i];
        bands->known[i]++;
    }
}

double bands_mean(const Bands *bands, guint step)
{
    return bands->known[step] > 0 ? bands->sums[step] / bands->known[step] : (double)NAN;
}

double bands_low(const Bands *bands, guint step)
{
    return bands->known[step] > 0 ? bands->lows[step] : (double)NAN;
}

double bands_high(const Bands *bands, guint step)
{
    return bands->known[step] > 0 ? bands->highs[step] : (double)NAN;
}
