/* quantile_table.c - Hermite interpolation on nodes that follow the bits of a double. */
#include "sim/base/quantile_table.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    SUB_BITS = 4, /* 16 intervals an octave */
    OCTAVES = 16, /* from 2^-17 to 2^-1 */
    INTERVALS = OCTAVES << SUB_BITS,
    INDEX_SHIFT = 52 - SUB_BITS,
};

/* A double's exponent and first fraction bits, read as a number, count the intervals in order. */
#define FIRST_INDEX (((uint64_t)(1023 - 17)) << SUB_BITS)

typedef struct Node {
    double value;
    double slope; /* by the distance from the table's end */
} Node;

struct QuantileTable {
    Node lower[INTERVALS + 1]; /* by u */
    Node upper[INTERVALS + 1]; /* by 1 - u */
};

/* Its address is all there is to it. */
static const char wanted;
QuantileTable *const quantile_table_wanted = (QuantileTable *)(uintptr_t)&wanted;

static double double_of(uint64_t bits)
{
    double x;

    memcpy(&x, &bits, sizeof(x));
    return x;
}

static double node_place(size_t node)
{
    return double_of((FIRST_INDEX + node) << INDEX_SHIFT);
}

static inline double interpolate(const Node *nodes, double place)
{
    uint64_t bits;
    uint64_t index;
    uint64_t exponent;
    double width;
    double t;
    double rise;
    const Node *left;

    memcpy(&bits, &place, sizeof(bits));
    index = bits >> INDEX_SHIFT;
    exponent = index >> SUB_BITS;
    /* place = start + t * width, with t in the fraction bits below the index. */
    width = double_of((exponent - SUB_BITS) << 52);
    t = (place - double_of(index << INDEX_SHIFT)) / width;
    left = &nodes[index - FIRST_INDEX];
    rise = left[1].value - left[0].value;
    return left[0].value + t * (width * left[0].slope +
                                t * (3 * rise - width * (2 * left[0].slope + left[1].slope) +
                                     t * (width * (left[0].slope + left[1].slope) - 2 * rise)));
}

double quantile_table_value(const QuantileTable *table, double u)
{
    if (u < 0.5) {
        return interpolate(table->lower, u);
    }
    /* 1 - u is at most 1/2; at 1/2 itself the last node is the value. */
    return u > 0.5 ? interpolate(table->upper, 1 - u) : table->upper[INTERVALS].value;
}

static bool is_close(const QuantileTable *table, QuantileFunction *function, const void *law,
                     double mean)
{
    for (size_t i = 0; i < INTERVALS; i++) {
        double place = (node_place(i) + node_place(i + 1)) / 2;
        double slope;
        double low = function(law, place, 1 - place, &slope);
        double high = function(law, 1 - place, place, &slope);

        if (!(fabs(interpolate(table->lower, place) - low) <= 1e-6 * low + 1e-8 * mean) ||
            !(fabs(interpolate(table->upper, place) - high) <= 1e-6 * high + 1e-8 * mean)) {
            return false;
        }
    }
    return true;
}

QuantileTable *quantile_table_new(QuantileFunction *function, const void *law, double mean)
{
    QuantileTable *table = g_new(QuantileTable, 1);

    for (size_t i = 0; i <= INTERVALS; i++) {
        double place = node_place(i);
        double slope;

        table->lower[i].value = function(law, place, 1 - place, &slope);
        table->lower[i].slope = slope;
        table->upper[i].value = function(law, 1 - place, place, &slope);
        table->upper[i].slope = -slope;
    }
    if (!is_close(table, function, law, mean)) {
        quantile_table_free(table);
        return NULL;
    }
    return table;
}

void quantile_table_free(QuantileTable *table)
{
    if (table != quantile_table_wanted) {
        g_free(table);
    }
}
