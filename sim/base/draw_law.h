/* draw_law.h - what stands behind a Draw: the laws as mathematics, without their notation.
 * Only draw.c and draw_parse.c look in here; everybody else holds a Draw. */
#pragma once

#include <glib.h>

#include "sim/base/draw.h"
#include "sim/base/quantile_table.h"

typedef enum LawKind {
    LAW_CONSTANT,    /* first */
    LAW_UNIFORM,     /* from first, second wide */
    LAW_EXPONENTIAL, /* mean first */
    LAW_GAMMA,       /* scale first, shape second; Erlang too */
    LAW_LOGNORMAL,   /* the logarithm is normal: mean first, deviation second */
    LAW_WEIBULL,     /* scale first, 1 / shape second */
    LAW_PARETO,      /* least first, 1 / shape second */
    LAW_MIXTURE,     /* parts, bounds; hyperexponential too */
    LAW_EMPIRICAL,   /* values, bounds */
    LAW_SHIFTED,     /* parts[0] plus first */
    LAW_CLIPPED,     /* parts[0] held between first and second */
} LawKind;

/* What each draw meets stands first and fills one cache line, which a law begins at. */
struct DrawLaw {
    LawKind kind;
    DrawUnit unit;
    QuantileTable *table; /* NULL: exact inversion is as quick, or the table not good enough */
    double first;
    double second;
    DrawLaw *first_part; /* parts[0], which a mixture draws below first_bound */
    double first_bound;
    double *bounds;  /* cumulative weight up to and with part or value i; the last is 1 */
    DrawLaw **parts; /* owned */
    size_t count;    /* of parts or values */
    double *values;  /* rising */
    double mean;
    double variance;
    gatomicrefcount owners;
    char *text;
};

/* Laws with one owner. The parameters must be in range: the notation's reader sees to it. */
DrawLaw *law_new_constant(double value);
DrawLaw *law_new_uniform(double low, double high);
DrawLaw *law_new_exponential(double mean);
DrawLaw *law_new_gamma(double shape, double mean);
DrawLaw *law_new_lognormal(double mu, double sigma);
DrawLaw *law_new_weibull(double shape, double scale);
DrawLaw *law_new_pareto(double least, double shape);
DrawLaw *law_new_shifted(double offset, DrawLaw *part);           /* takes `part` */
DrawLaw *law_new_clipped(double low, double high, DrawLaw *part); /* takes `part` */

/* Takes the `count` parts, copies the weights (each above 0, any sum). */
DrawLaw *law_new_mixture(size_t count, DrawLaw *const *parts, const double *weights);

/* Copies `count` values in rising order and their weights (each above 0, any sum). */
DrawLaw *law_new_empirical(size_t count, const double *values, const double *weights);

/* Balanced means: both branches carry half of the mean. `scv` >= 1. */
DrawLaw *law_new_hyperexponential(double mean, double scv);

/* One owner less; the last one frees it. NULL does nothing. */
void law_release(DrawLaw *law);

/* What one uniform u yields. Rises with u, but for a mixture, where u picks the branch first. */
double law_value(const DrawLaw *law, double u);

/* The value at probability u, of a mixture as well. */
double law_quantile(const DrawLaw *law, double u);

/* The smallest value there is. */
double law_lowest(const DrawLaw *law);

/* Reads the file of an empirical(...), as draw.h describes it. NULL, `error` set, when it cannot be
 * read or a line is wrong; the message names the line. */
DrawLaw *law_read_file(const char *name, DrawUnit unit, GError **error);
