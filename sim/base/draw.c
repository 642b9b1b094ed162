/* draw.c - drawing from laws: one uniform, one value. */
#include "sim/base/draw.h"

#include <math.h>

#include "sim/base/draw_ahead.h"
#include "sim/base/draw_law.h"
#include "sim/base/fixed_math.h"
#include "sim/base/quick_log.h"

/* The longest span drawn, 73 years: two of them after one another still are a SimTime. */
#define LONGEST_SPAN (INT64_MAX / 4)

/* Above it a quick logarithm leaves more in doubt than it settles. */
#define QUICK_MEAN_MOST 0x1p38

GQuark draw_error_quark(void)
{
    return g_quark_from_static_string("draw-error");
}

static SimSpan whole_span(double nanoseconds)
{
    if (!(nanoseconds > 0)) {
        return 0;
    }
    if (nanoseconds >= (double)LONGEST_SPAN) {
        return LONGEST_SPAN;
    }
    return (SimSpan)(nanoseconds + 0.5);
}

/* 1 - u in units of 2^-53, with the u that rng_uniform makes of `word`. */
static inline int64_t exponential_above(uint64_t word)
{
    return ((int64_t)1 << 53) - 1 - (int64_t)(word >> 12 << 1);
}

/* whole_span(-mean * fixed_log(1 - u)) with the u that rng_uniform makes of `word`, nearly always
 * without it: 1 - u is an odd multiple of 2^-53. */
static inline SimSpan exponential_span(double mean, uint64_t word)
{
    int64_t above = exponential_above(word);

    if (G_LIKELY(mean <= QUICK_MEAN_MOST)) {
        double rough = quick_log_times(mean, above) + 0.5, doubt = mean * QUICK_LOG_DOUBT;
        SimSpan whole = (SimSpan)rough;
        double rest = rough - (double)whole;

        if (G_LIKELY(rest > doubt && rest < 1 - doubt)) {
            return whole;
        }
    }
    return whole_span(-mean * fixed_log((double)above * 0x1p-53));
}

static inline SimSpan law_span(const DrawLaw *law, uint64_t word)
{
    return law->kind == LAW_EXPONENTIAL ? exponential_span(law->first, word)
                                        : whole_span(law_value(law, rng_uniform_of(word)));
}

Draw draw_copy(Draw draw)
{
    if (draw.law != NULL) {
        g_atomic_ref_count_inc(&((DrawLaw *)draw.law)->owners);
    }
    return draw;
}

void draw_clear(Draw *draw)
{
    law_release((DrawLaw *)draw->law);
    draw->law = NULL;
}

double draw_quantile(Draw draw, double u)
{
    g_assert(draw.law != NULL && u > 0 && u < 1);
    return law_quantile(draw.law, u);
}

SimSpan draw_span(Draw draw, Rng *rng)
{
    g_assert(draw.law != NULL && draw.law->unit == DRAW_SPAN);
    return law_span(draw.law, rng_next(rng));
}

/* One after the other without a branch between them; those in doubt are drawn again. */
static void fill_exponential(DrawAhead *ahead, double mean)
{
    double doubt = mean * QUICK_LOG_DOUBT, rests[DRAW_AHEAD];
    bool is_sure = mean <= QUICK_MEAN_MOST;

    for (uint32_t i = is_sure ? ahead->next : DRAW_AHEAD; i < DRAW_AHEAD; i++) {
        double rough = quick_log_times(mean, exponential_above(ahead->words[i])) + 0.5;

        ahead->spans[i] = (SimSpan)rough;
        rests[i] = rough - (double)ahead->spans[i];
    }
    for (uint32_t i = ahead->next; i < DRAW_AHEAD; i++) {
        if (G_UNLIKELY(!is_sure || rests[i] <= doubt || rests[i] >= 1 - doubt)) {
            ahead->spans[i] = exponential_span(mean, ahead->words[i]);
        }
    }
}

void draw_ahead_fill(DrawAhead *ahead, Draw draw)
{
    g_assert(draw.law != NULL && draw.law->unit == DRAW_SPAN);
    if (ahead->draw.law == NULL || ahead->next == DRAW_AHEAD) {
        Rng rng = ahead->rng;

        for (uint32_t i = 0; i < DRAW_AHEAD; i++) {
            ahead->words[i] = rng_next(&rng);
        }
        ahead->rng = rng;
        ahead->next = 0;
    }
    if (draw.law->kind == LAW_EXPONENTIAL) {
        fill_exponential(ahead, draw.law->first);
    } else {
        for (uint32_t i = ahead->next; i < DRAW_AHEAD; i++) {
            ahead->spans[i] = law_span(draw.law, ahead->words[i]);
        }
    }
    if (ahead->draw.law != draw.law) {
        draw_clear(&ahead->draw);
        ahead->draw = draw_copy(draw);
    }
}

void draw_ahead_clear(DrawAhead *ahead)
{
    draw_clear(&ahead->draw);
}

double draw_number(Draw draw, Rng *rng)
{
    g_assert(draw.law != NULL && draw.law->unit == DRAW_NUMBER);
    return law_value(draw.law, rng_uniform(rng));
}

double draw_mean(Draw draw)
{
    g_assert(draw.law != NULL);
    return draw.law->mean;
}

double draw_scv(Draw draw)
{
    g_assert(draw.law != NULL);
    if (draw.law->variance == 0) {
        return 0;
    }
    return isinf(draw.law->variance) ? INFINITY
                                     : draw.law->variance / (draw.law->mean * draw.law->mean);
}

const char *draw_text(Draw draw)
{
    g_assert(draw.law != NULL);
    return draw.law->text;
}

SimSpan draw_exponential_span(SimSpan mean, Rng *rng)
{
    return exponential_span((double)mean, rng_next(rng));
}
