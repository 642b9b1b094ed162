/* histogram_row.c - see histogram_row.h. */
#include "sim/base/histogram_row.h"

#include <stdint.h>
#include <string.h>

/* Made to the length of its bytes. */
typedef struct Packed {
    uint32_t size;
    guint8 bytes[];
} Packed;

struct HistogramRow {
    guint count, open_index;
    Histogram *open; /* of `open_index`, not packed yet; or NULL */
    Packed **steps;  /* NULL: nothing */
};

HistogramRow *histogram_row_new(guint count)
{
    HistogramRow *row = g_new0(HistogramRow, 1);

    row->count = count;
    row->steps = g_new0(Packed *, count);
    return row;
}

void histogram_row_free(HistogramRow *row)
{
    if (row == NULL) {
        return;
    }
    for (guint i = 0; i < row->count; i++) {
        g_free(row->steps[i]);
    }
    g_free(row->steps);
    histogram_free(row->open);
    g_free(row);
}

guint histogram_row_length(const HistogramRow *row)
{
    return row->count;
}

static void pack_open(HistogramRow *row)
{
    g_autoptr(GBytes) bytes = NULL;
    gsize size;
    const void *data;
    Packed *packed;

    if (row->open == NULL) {
        return;
    }
    bytes = histogram_to_bytes(row->open);
    data = g_bytes_get_data(bytes, &size);
    packed = g_malloc(sizeof(Packed) + size);
    packed->size = (uint32_t)size;
    memcpy(packed->bytes, data, size);
    row->steps[row->open_index] = packed;
    g_clear_pointer(&row->open, histogram_free);
}

/* Its bytes are ours: they are always good. */
static Histogram *unpack(const Packed *packed)
{
    Histogram *histogram = histogram_from_bytes(packed->bytes, packed->size);

    g_assert_nonnull(histogram);
    return histogram;
}

void histogram_row_take(HistogramRow *row, guint index, Histogram *part)
{
    g_assert_cmpuint(index, <, row->count);
    if (row->open == NULL || row->open_index != index) {
        pack_open(row);
        row->open_index = index;
        if (row->steps[index] == NULL) {
            row->open = part;
            return;
        }
        row->open = unpack(row->steps[index]);
        g_clear_pointer(&row->steps[index], g_free);
    }
    histogram_merge(row->open, part);
    histogram_free(part);
}

Histogram *histogram_row_get(HistogramRow *row, guint index)
{
    g_assert_cmpuint(index, <, row->count);
    pack_open(row);
    return row->steps[index] != NULL ? unpack(row->steps[index]) : NULL;
}

gsize histogram_row_bytes(const HistogramRow *row)
{
    gsize bytes = sizeof(HistogramRow) + row->count * sizeof(Packed *);

    for (guint i = 0; i < row->count; i++) {
        bytes += row->steps[i] != NULL ? sizeof(Packed) + row->steps[i]->size : 0;
    }
    return bytes;
}
