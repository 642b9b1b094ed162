/* export_hlog.c - users' latency as a HdrHistogram log. */
#include "sim/results/export/export_hlog.h"

#include <string.h>

#include "sim/results/results_series.h"

#define STEP (10 * SIM_S)

enum {
    COOKIE = 0x1c849313,            /* V2, words of at most 9 bytes */
    COOKIE_COMPRESSED = 0x1c849314, /* the same, compressed */
    SIGNIFICANT_DIGITS = 2,
    STORED_MOST = 65535, /* bytes of a stored block of zlib */
    ADLER_BASE = 65521,
};

/* --- bytes ---------------------------------------------------------------------------------- */

static void put_bits(GByteArray *out, uint64_t value, unsigned bits)
{
    while (bits > 0) {
        bits -= 8;
        guint8 byte = (guint8)(value >> bits);

        g_byte_array_append(out, &byte, 1);
    }
}

/* Zigzag, then 7 bits a byte, the ninth with 8: "ZigZag LEB128-64b9B". */
static void put_varint(GByteArray *out, int64_t value)
{
    uint64_t bits = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);

    for (int i = 0; i < 8 && bits >> 7 != 0; i++) {
        put_bits(out, (bits & 0x7f) | 0x80, 8);
        bits >>= 7;
    }
    put_bits(out, bits, 8);
}

/* --- the counts ----------------------------------------------------------------------------- */

/* Counts by index; a run of zeros is one negative number. */
typedef struct Counts {
    GByteArray *out;
    int64_t next; /* index that is to come */
} Counts;

/* The index of HdrHistogram for two digits: the value below 256, then 128 to an octave. */
static int64_t index_of(int64_t value)
{
    int shift = 0;

    while (value >> shift >= 256) {
        shift++;
    }
    return 128 * (int64_t)shift + (value >> shift);
}

static void on_bucket(int64_t lowest, int64_t highest, uint64_t count, void *context)
{
    Counts *counts = context;
    int64_t index = index_of(lowest);

    (void)highest;
    if (index > counts->next) {
        put_varint(counts->out, counts->next - index);
    }
    put_varint(counts->out, (int64_t)count);
    counts->next = index + 1;
}

static GByteArray *encode(const Histogram *histogram)
{
    GByteArray *out = g_byte_array_new();
    g_autoptr(GByteArray) payload = g_byte_array_new();
    Counts counts = {payload, 0};

    histogram_each(histogram, on_bucket, &counts);
    put_bits(out, COOKIE, 32);
    put_bits(out, payload->len, 32);
    put_bits(out, 0, 32); /* normalising offset */
    put_bits(out, SIGNIFICANT_DIGITS, 32);
    put_bits(out, 1, 64); /* lowest discernible value */
    put_bits(out, (uint64_t)MAX(histogram_max(histogram), 2), 64);
    put_bits(out, UINT64_C(0x3ff0000000000000), 64); /* 1.0: from whole numbers to doubles */
    g_byte_array_append(out, payload->data, payload->len);
    return out;
}

/* --- compressed and printable --------------------------------------------------------------- */

static uint32_t adler32(const GByteArray *bytes)
{
    uint32_t low = 1;
    uint32_t high = 0;

    for (guint i = 0; i < bytes->len; i++) {
        low = (low + bytes->data[i]) % ADLER_BASE;
        high = (high + low) % ADLER_BASE;
    }
    return high << 16 | low;
}

/* RFC 1950 and 1951 with stored blocks. */
static void put_zlib(GByteArray *out, const GByteArray *bytes)
{
    guint from = 0;

    put_bits(out, 0x7801, 16);
    do {
        guint size = MIN(bytes->len - from, STORED_MOST);
        bool is_last = from + size == bytes->len;
        const guint8 head[] = {is_last, (guint8)size, (guint8)(size >> 8), (guint8)~size,
                               (guint8)(~size >> 8)};

        g_byte_array_append(out, head, sizeof head);
        g_byte_array_append(out, bytes->data + from, size);
        from += size;
    } while (from < bytes->len);
    put_bits(out, adler32(bytes), 32);
}

static char *printable(const Histogram *histogram)
{
    g_autoptr(GByteArray) plain = encode(histogram);
    g_autoptr(GByteArray) packed = g_byte_array_new();
    g_autoptr(GByteArray) whole = g_byte_array_new();

    put_zlib(packed, plain);
    put_bits(whole, COOKIE_COMPRESSED, 32);
    put_bits(whole, packed->len, 32);
    g_byte_array_append(whole, packed->data, packed->len);
    return g_base64_encode(whole->data, whole->len);
}

/* --- the log -------------------------------------------------------------------------------- */

/* A tag holds no comma, blank or line end. */
static void append_tag(GString *out, const char *dc, const char *phase)
{
    g_autofree char *tag = g_strconcat(dc[0] != '\0' ? dc : "none", ".", phase, NULL);

    for (char *c = tag; *c != '\0'; c++) {
        *c = *c == ',' || g_ascii_isspace(*c) ? '_' : *c;
    }
    g_string_append_printf(out, "Tag=%s,", tag);
}

static void append_line(GString *out, const char *dc, const char *phase, SimTime begin,
                        const Histogram *histogram)
{
    g_autofree char *text = printable(histogram);
    int64_t most = histogram_max(histogram) / 1000; /* us, shown as ms */

    append_tag(out, dc, phase);
    g_string_append_printf(out,
                           "%" G_GINT64_FORMAT ".000,%" G_GINT64_FORMAT ".000,%" G_GINT64_FORMAT
                           ".%03" G_GINT64_FORMAT ",%s\n",
                           begin / SIM_S, STEP / SIM_S, most / 1000, most % 1000, text);
}

/* Adds what the replications saw of `phase` within one step. */
static void add_step(Results *results, const ResultsUserFilter *filter, const char *phase,
                     SimTime begin, Histogram *into)
{
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    for (guint i = 0; i < count; i++) {
        g_autoptr(GArray) spans = results_spans(results, runs[i].run, phase);

        for (guint k = 0; k < spans->len; k++) {
            ResultsSpan span = g_array_index(spans, ResultsSpan, k);

            span.begin = MAX(span.begin, begin);
            span.end = MIN(span.end, begin + STEP);
            if (span.begin < span.end) {
                results_add_latency(results, filter, runs[i].run, span, into);
            }
        }
    }
}

static SimTime find_end(const Results *results)
{
    SimTime end = 0;
    guint count;
    const ResultsPhase *phases = results_phases(results, &count);

    for (guint i = 0; i < count; i++) {
        end = strcmp(phases[i].name, "drain") != 0 ? MAX(end, phases[i].end) : end;
    }
    return end;
}

static void append_step(GString *out, Results *results, const GPtrArray *phases,
                        const GPtrArray *dcs, SimTime begin)
{
    static const char *const unmeasured[] = {"warmup", "drain", NULL};

    for (guint p = 0; p + 1 < phases->len; p++) {
        for (guint d = 0; !g_strv_contains(unmeasured, phases->pdata[p]) && d + 1 < dcs->len; d++) {
            const ResultsUserFilter filter = {.dc = dcs->pdata[d]};
            g_autoptr(Histogram) histogram = histogram_new();

            add_step(results, &filter, phases->pdata[p], begin, histogram);
            if (histogram_count(histogram) > 0) {
                append_line(out, dcs->pdata[d], phases->pdata[p], begin, histogram);
            }
        }
    }
}

char *export_hlog(Results *results)
{
    GString *out = g_string_new("#[Logged by dcdrill: latency in ns, scenario time 0 is the end of "
                                "the warm-up]\n"
                                "#[Histogram log format version 1.3]\n"
                                "#[StartTime: 0.000 (seconds since epoch), scenario time]\n"
                                "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
                                "\"Interval_Compressed_Histogram\"\n");
    g_autoptr(GPtrArray) phases = results_phase_names(results);
    g_autoptr(GPtrArray) dcs = results_user_values(results, "dc");
    SimTime end = find_end(results);

    for (SimTime begin = 0; begin < end; begin += STEP) {
        append_step(out, results, phases, dcs, begin);
    }
    return g_string_free(out, false);
}
