/* quantile_table.h - an inverse distribution function, quick where it is costly to work out.
 * Nodes lie densest at both ends: 16 in each octave of u and of 1 - u, down to 2^-17, where the
 * table ends; between two nodes runs the cubic with the right values and slopes (Hermite). Measured
 * against exact inversion: relative error below 1e-6 for the laws in use, checked at the middle of
 * every interval when the table is made. */
#pragma once

typedef struct QuantileTable QuantileTable;

/* The value at u, and in `*slope` its derivative in u. `upper` is 1 - u, exact where u is not. */
typedef double QuantileFunction(const void *law, double u, double upper, double *slope);

/* A table of `function`, or NULL when it is off by more than 1e-6 of the value plus 1e-8 of `mean`
 * in the middle of some interval. */
QuantileTable *quantile_table_new(QuantileFunction *function, const void *law, double mean);
void quantile_table_free(QuantileTable *table);

/* Stands for a table that nobody has made yet; only to be compared with, or freed. */
extern QuantileTable *const quantile_table_wanted;

/* Where the table ends, at either side. */
#define QUANTILE_TABLE_END 0x1p-17

/* The value at QUANTILE_TABLE_END <= u <= 1 - QUANTILE_TABLE_END. */
double quantile_table_value(const QuantileTable *table, double u);
