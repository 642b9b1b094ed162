/* chance.c - where a wall stands whose place differs from replication to replication. */
#include "sim/study/chance.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#include "sim/base/estimate.h"

#define MOST_SPREAD 0.4
#define USUAL_SPREAD 0.02              /* that walls are thought to have before anything is seen, */
#define USUAL_RANGE 0.5                /* give or take so much of its logarithm */
#define NINE_IN_TEN 1.2815515655446004 /* normal quantile */
#define LEAST_LIKELY 1e-12
#define HALVINGS 24
#define NEAR_ENOUGH 1e-4 /* of a logarithm: a hundredth of a per cent */
#define SPREADS 14       /* tried, evenly in the logarithm */
#define REACH 1.5        /* logarithm of how far from all looks an end is sought */

/* What is known of one replication's wall: above `above`, at most `below` (logarithms of rates). */
typedef struct Known {
    double above, below;
} Known;

typedef struct Fit {
    GArray *known; /* of Known */
    double least_spread;
    double lowest, highest; /* logarithms of rates looked at */
} Fit;

/* --- likelihood ----------------------------------------------------------------------------- */

static double log_share(const Known *known, double centre, double spread)
{
    double share = gsl_cdf_ugaussian_P((known->below - centre) / spread) -
                   gsl_cdf_ugaussian_P((known->above - centre) / spread);

    return log(fmax(share, LEAST_LIKELY));
}

static double log_likelihood(const Fit *fit, double centre, double spread)
{
    double doubt = log(spread / USUAL_SPREAD) / USUAL_RANGE;
    double sum = -doubt * doubt / 2;

    for (guint i = 0; i < fit->known->len; i++) {
        sum += log_share(&g_array_index(fit->known, Known, i), centre, spread);
    }
    return sum;
}

static double spread_number(const Fit *fit, double number)
{
    return fit->least_spread * pow(MOST_SPREAD / fit->least_spread, number / (SPREADS - 1));
}

/* The best over all spreads of a law whose quantile `z` deviations below its centre is `at`. */
static double profile(const Fit *fit, double at, double z, double *spread)
{
    double best = -(double)INFINITY;

    for (int i = 0; i < SPREADS; i++) {
        double tried = spread_number(fit, i);
        double value = log_likelihood(fit, at + z * tried, tried);

        if (value > best) {
            best = value;
            *spread = tried;
        }
    }
    return best;
}

/* Golden section between the outermost looks: the profile rises and falls once. */
static double find_middle(const Fit *fit, double *spread, double *best)
{
    const double golden = (sqrt(5) - 1) / 2;
    double low = fit->lowest - 0.05;
    double high = fit->highest + 0.05;
    double left = high - golden * (high - low);
    double right = low + golden * (high - low);
    double at_left = profile(fit, left, 0, spread);
    double at_right = profile(fit, right, 0, spread);

    for (int i = 0; i < 2 * HALVINGS && high - low > NEAR_ENOUGH; i++) {
        if (at_left < at_right) {
            low = left;
            left = right;
            at_left = at_right;
            right = low + golden * (high - low);
            at_right = profile(fit, right, 0, spread);
        } else {
            high = right;
            right = left;
            at_right = at_left;
            left = high - golden * (high - low);
            at_left = profile(fit, left, 0, spread);
        }
    }
    *best = profile(fit, (low + high) / 2, 0, spread);
    return (low + high) / 2;
}

/* Where the profile falls below `limit` on the way from `from`, which lies above it, to `to`; NAN
 * when it does not. */
static double find_end(const Fit *fit, double from, double to, double z, double limit)
{
    double spread;

    if (profile(fit, to, z, &spread) >= limit) {
        return (double)NAN;
    }
    for (int i = 0; i < HALVINGS && fabs(to - from) > NEAR_ENOUGH; i++) {
        double middle = (from + to) / 2;

        if (profile(fit, middle, z, &spread) >= limit) {
            from = middle;
        } else {
            to = middle;
        }
    }
    return (from + to) / 2;
}

/* --- what is known -------------------------------------------------------------------------- */

static void add_known(Fit *fit, double above, double below)
{
    Known known = {above, below};

    g_array_append_val(fit->known, known);
}

/* All looks of one replication make one interval; where one held beyond one that did not, they
 * count as two replications. */
static void add_replication(Fit *fit, const ChanceLook *looks, guint count, guint replication)
{
    double above = -(double)INFINITY;
    double below = (double)INFINITY;

    for (guint i = 0; i < count; i++) {
        double rate = log(looks[i].rate);

        if (looks[i].replication == replication) {
            above = looks[i].holds ? fmax(above, rate) : above;
            below = looks[i].holds ? below : fmin(below, rate);
        }
    }
    if (above < below) {
        add_known(fit, above, below);
    } else {
        add_known(fit, above, (double)INFINITY);
        add_known(fit, -(double)INFINITY, below);
    }
}

static bool is_first_of(const ChanceLook *looks, guint index)
{
    for (guint i = 0; i < index; i++) {
        if (looks[i].replication == looks[index].replication) {
            return false;
        }
    }
    return true;
}

ChanceFit chance_fit(const ChanceLook *looks, guint count, double least_spread, double confidence)
{
    ChanceFit found = {
        (double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN, 0};
    Fit fit = {g_array_new(FALSE, FALSE, sizeof(Known)), least_spread, (double)INFINITY,
               -(double)INFINITY};
    guint held = 0;

    for (guint i = 0; i < count; i++) {
        fit.lowest = fmin(fit.lowest, log(looks[i].rate));
        fit.highest = fmax(fit.highest, log(looks[i].rate));
        held += looks[i].holds;
        if (is_first_of(looks, i)) {
            add_replication(&fit, looks, count, looks[i].replication);
            found.replications++;
        }
    }
    if (held > 0 && held < count) {
        double best;
        double centre = find_middle(&fit, &found.spread, &best);
        double factor = found.replications > 1
                            ? estimate_student_factor(confidence, found.replications - 1)
                            : (double)INFINITY;
        double limit = best - factor * factor / 2;
        double sure = centre - NINE_IN_TEN * found.spread;

        found.middle = exp(centre);
        found.low = exp(find_end(&fit, centre, fit.lowest - REACH, 0, limit));
        found.high = exp(find_end(&fit, centre, fit.highest + REACH, 0, limit));
        found.sure = exp(sure);
        found.sure_low = exp(find_end(&fit, sure, fit.lowest - REACH, NINE_IN_TEN, limit));
    }
    g_array_unref(fit.known);
    return found;
}
