/* fuzz_notation.c - any text as a span, size, rate, ratio, number or distribution.
 * Holds: what is accepted is finite and in range, and prints in a form that reads back. */
#include <glib.h>
#include <math.h>
#include <stdint.h>

#include "sim/base/draw.h"
#include "sim/config/diag.h"
#include "sim/config/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_span(const char *text)
{
    char printed[SIM_SPAN_TEXT];
    SimSpan span, back;

    if (sim_span_parse(text, &span)) {
        g_assert_true(sim_span_parse(sim_span_print(span, printed), &back));
        g_assert_cmpint(span, ==, back);
    }
}

static void check_units(const char *text)
{
    int64_t bytes, back;
    double value;

    if (unit_parse_bytes(text, &bytes)) {
        g_autofree char *printed = unit_print_bytes(bytes);

        g_assert_cmpint(bytes, >=, 0);
        g_assert_true(unit_parse_bytes(printed, &back));
        g_assert_cmpint(bytes, ==, back);
    }
    g_assert_true(!unit_parse_rate(text, &value) || (isfinite(value) && value >= 0));
    g_assert_true(!unit_parse_byte_rate(text, &value) || (isfinite(value) && value >= 0));
    g_assert_true(!unit_parse_ratio(text, &value) || (value >= 0 && value <= 1));
    g_assert_true(!unit_parse_number(text, &value) || isfinite(value));
    unit_parse_count(text, &bytes);
}

static void check_draw(const char *text, DrawUnit unit)
{
    g_autoptr(GError) error = NULL;
    Draw draw = {0};

    if (!draw_parse(&draw, unit, text, &error)) {
        g_assert_nonnull(error);
        return;
    }
    g_assert_false(isnan(draw_mean(draw)));
    g_assert_false(isnan(draw_quantile(draw, 0.5)));
    g_assert_true(unit == DRAW_NUMBER || draw_quantile(draw, 0.001) >= 0);
    draw_clear(&draw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const words[] = {"workers", "idle", "LOCAL_QUORUM", NULL};
    g_autofree char *text = g_strndup((const char *)data, size);

    /* Distributions may name a file to read; that is not what is tried here. */
    check_span(text);
    check_units(text);
    diag_nearest(text, words);
    if (g_strstr_len(text, -1, "empirical") == NULL) {
        check_draw(text, DRAW_SPAN);
        check_draw(text, DRAW_NUMBER);
    }
    return 0;
}
