/* fuzz_notation.c - any text as a span, size, rate, ratio, number or distribution.
 * Holds: what is accepted is finite and in range, and prints in a form that reads back. The same
 * for what a condition, a precision and an axis of a sweep are written in. */
#include <glib.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "sim/base/draw.h"
#include "sim/config/diag.h"
#include "sim/config/unit.h"
#include "sim/results/judge/precision.h"
#include "sim/study/axis.h"

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
    if (unit_parse_number(text, &value)) {
        g_autofree char *printed = unit_print_number(value);
        double again;

        g_assert_true(isfinite(value) && unit_parse_number(printed, &again));
        g_assert_true(again >= value && again <= value);
    }
    unit_parse_count(text, &bytes);
}

static void check_read_back(Draw draw, DrawUnit unit)
{
    Draw again = {0};

    g_assert_true(draw_parse(&again, unit, draw_text(draw), NULL));
    for (int i = 1; i < 4; i++) {
        double one = draw_quantile(draw, i / 4.0), other = draw_quantile(again, i / 4.0);

        g_assert_true(one >= other && one <= other);
    }
    draw_clear(&again);
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
    check_read_back(draw, unit);
    draw_clear(&draw);
}

static void check_condition(const char *text)
{
    static const char *const metrics[] = {
        "http_reqs",       "http_req_duration",     "http_req_failed",
        "outage_duration", "reroute_time{dc:DC01}", "goodput"};
    g_autoptr(ThresholdRule) asked = threshold_parse_metric(text, NULL, NULL);
    g_autoptr(PrecisionGoal) goal = precision_goal_parse(text, NULL, NULL);

    g_assert_true(goal == NULL || (goal->most > 0 && isfinite(goal->most)));
    for (size_t i = 0; i < G_N_ELEMENTS(metrics); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(ThresholdRule) rule = threshold_parse(metrics[i], text, NULL, &error);

        g_assert_true((rule == NULL) == (error != NULL));
        g_assert_true(rule == NULL || (isfinite(rule->limit) && rule->quantile < 1));
    }
}

/* A number says the same as the text that the scenario gets, and the next one something else. */
static void check_axis(const char *text)
{
    g_autoptr(Axis) axis = axis_parse(text, NULL);

    for (guint i = 0; axis != NULL && axis->is_range && axis->after[0] == '\0' && i < axis->count;
         i++) {
        double said = g_ascii_strtod(axis->texts[i] + strlen(axis->before), NULL);

        g_assert_true(said >= axis->numbers[i] && said <= axis->numbers[i]);
        g_assert_true(i == 0 || axis->numbers[i] > axis->numbers[i - 1] ||
                      axis->numbers[i] < axis->numbers[i - 1]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const words[] = {"workers", "idle", "LOCAL_QUORUM", NULL};
    g_autofree char *text = g_strndup((const char *)data, size);

    /* Distributions may name a file to read; that is not what is tried here. */
    check_span(text);
    check_units(text);
    diag_nearest(text, words);
    check_condition(text);
    check_axis(text);
    if (g_strstr_len(text, -1, "empirical") == NULL) {
        check_draw(text, DRAW_SPAN);
        check_draw(text, DRAW_NUMBER);
    }
    return 0;
}
