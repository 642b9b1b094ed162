/* histogram_row.h - the histograms of many steps of time, kept as bytes until somebody asks.
 * A histogram of a quiet second takes 2 KiB, its bytes fewer than 100: a day of seconds must fit.
 * What is filled step by step, as files are read, costs one packing a step. */
#pragma once

#include "sim/base/histogram.h"

typedef struct HistogramRow HistogramRow;

/* A row of `count` empty steps. */
HistogramRow *histogram_row_new(guint count);
void histogram_row_free(HistogramRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HistogramRow, histogram_row_free)

guint histogram_row_length(const HistogramRow *row);

/* Adds what `part` holds to step `index`. Takes `part`. */
void histogram_row_take(HistogramRow *row, guint index, Histogram *part);

/* A copy of what step `index` holds, NULL when nothing was added there. Caller frees. */
Histogram *histogram_row_get(HistogramRow *row, guint index);

/* Its bytes in all, for those who state what a row takes. */
gsize histogram_row_bytes(const HistogramRow *row);
