/* test_draw_parse.c - the notation of distributions: files, messages, nonsense. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/draw.h"
#include "tests/support/suite.h"

/* --- files ---------------------------------------------------------------------------------- */

/* Reads "empirical(...)" of a file with that text; NULL and the message when it is refused. */
static Draw parse_file(DrawUnit unit, const char *text, char **message)
{
    g_autofree char *name = NULL;
    g_autofree char *notation = NULL;
    g_autoptr(GError) error = NULL;
    Draw draw = {NULL};

    close(g_file_open_tmp("draw-XXXXXX.csv", &name, NULL));
    ck_assert(g_file_set_contents(name, text, -1, NULL));
    notation = g_strdup_printf("empirical(%s)", name);
    *message = draw_parse(&draw, unit, notation, &error) ? NULL : g_strdup(error->message);
    g_unlink(name);
    return draw;
}

START_TEST(a_file_gives_its_values_by_weight)
{
    g_autofree char *message = NULL;
    Draw draw = parse_file(DRAW_SPAN, "# measured\n3ms,1\n1ms, 2\n\n2ms\n", &message);

    ck_assert_ptr_null(message);
    ck_assert_double_eq(draw_quantile(draw, 0.49), 1e6);
    ck_assert_double_eq(draw_quantile(draw, 0.51), 2e6);
    ck_assert_double_eq(draw_quantile(draw, 0.74), 2e6);
    ck_assert_double_eq(draw_quantile(draw, 0.76), 3e6);
    ck_assert_double_eq(draw_mean(draw), 1.75e6);
    ck_assert_double_eq_tol(draw_scv(draw), 0.6875 / (1.75 * 1.75), 1e-12);
    draw_clear(&draw);
}
END_TEST

START_TEST(a_heading_gives_its_unit_to_bare_numbers)
{
    g_autofree char *message = NULL;
    Draw draw = parse_file(DRAW_SPAN, "latency_us,count\n250,1\n750,1\n", &message);

    ck_assert_ptr_null(message);
    ck_assert_double_eq(draw_mean(draw), 500e3);
    draw_clear(&draw);
}
END_TEST

START_TEST(a_file_of_numbers_is_read)
{
    g_autofree char *message = NULL;
    Draw draw = parse_file(DRAW_NUMBER, "size\r\n-1\r\n3\r\n", &message);

    ck_assert_ptr_null(message);
    ck_assert_double_eq(draw_mean(draw), 1);
    draw_clear(&draw);
}
END_TEST

static const struct {
    const char *text;
    const char *part;
} wrong_files[] = {
    {"", "holds no value"},
    {"# nothing\n", "holds no value"},
    {"1ms\n2\n", "line 2: a value is a span"},
    {"latency\n2\n", "line 2: a value is a span"},
    {"1ms,0\n", "line 1: a weight"},
    {"1ms,x\n", "line 1: a weight"},
    {"1ms\n-2ms\n", "line 2: a value"},
};

START_TEST(a_wrong_line_of_a_file_is_named)
{
    g_autofree char *message = NULL;

    parse_file(DRAW_SPAN, wrong_files[_i].text, &message);
    ck_assert_ptr_nonnull(message);
    ck_assert_msg(strstr(message, wrong_files[_i].part) != NULL, "%s", message);
}
END_TEST

/* --- messages ------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *message;
} mistakes[] = {
    {"2", "'2' needs a unit (ns, us, ms, s, m, h, d), like \"2ms\""},
    {"", "'' needs a span, like \"2ms\", not ''"},
    {"-2ms", "'-2ms' must not be negative"},
    {"lognormal(median=2, p99=40ms)",
     "'median' needs a unit (ns, us, ms, s, m, h, d), like \"2ms\""},
    {"lognormal(median=2ms)", "'lognormal' needs 'p99', 'sigma' or 'scv' beside 'median', like "
                              "\"lognormal(median=2ms, p99=40ms)\""},
    {"lognormal(median=40ms, p99=2ms)", "'p99' must not be less than 'median'"},
    {"lognormal(median=2ms, p99=40ms, sigma=1)",
     "'lognormal' takes no 'sigma' here; write it like \"lognormal(median=2ms, p99=40ms)\""},
    {"lognormal", "'lognormal' needs its arguments, like \"lognormal(median=2ms, p99=40ms)\""},
    {"lognorml(2ms)",
     "unknown distribution 'lognorml'; there are constant, uniform, exponential, erlang, gamma, "
     "lognormal, weibull, pareto, hyperexponential, mixture, shifted, clipped, empirical"},
    {"exponential()", "'exponential' needs 'mean', like \"exponential(mean=2ms)\""},
    {"exponential(2ms)", "'exponential' needs 'mean', like \"exponential(mean=2ms)\""},
    {"exponential(mean=0s)", "'mean' must be greater than 0"},
    {"exponential(mean=2ms, 3ms)",
     "'exponential' takes no '3ms' here; write it like \"exponential(mean=2ms)\""},
    {"exponential(mean=2ms", "'exponential' needs one ')' at its end, like "
                             "\"exponential(mean=2ms)\""},
    {"exponential(mean=2ms))", "'exponential' needs one ')' at its end, like "
                               "\"exponential(mean=2ms)\""},
    {"exponential(mean=two)", "'mean' needs a span, like \"2ms\", not 'two'"},
    {"erlang(k=2.5, mean=1ms)", "'k' must be a whole number, not 2.5"},
    {"gamma(shape=0, mean=1ms)", "'shape' must lie from 0.01 to 10000, not 0"},
    {"gamma(shape=2ms, mean=1ms)", "'shape' needs a plain number, not '2ms'"},
    {"hyperexponential(mean=1ms, scv=0.5)", "'scv' must lie from 1 to 1e+06, not 0.5"},
    {"uniform(3ms, 1ms)", "'uniform' has its lower bound above its upper bound"},
    {"uniform(3ms)", "'uniform' needs an upper bound, like \"uniform(1ms, 3ms)\""},
    {"mixture(1: 2ms)",
     "'mixture' needs from 2 to 64 branches, like \"mixture(0.9: 1ms, 0.1: 20ms)\""},
    {"mixture(1: 2ms, 3ms)", "'mixture' needs a weight above 0 before each ':', like "
                             "\"mixture(0.9: 1ms, 0.1: 20ms)\""},
    {"mixture(1: 2ms, 1: gama(1ms))",
     "unknown distribution 'gama'; there are constant, uniform, exponential, erlang, gamma, "
     "lognormal, weibull, pareto, hyperexponential, mixture, shifted, clipped, empirical"},
    {"clipped(1ms, 2ms)", "'clipped' needs a distribution as its last argument, like "
                          "\"clipped(1ms, 50ms, exponential(mean=2ms))\""},
};

START_TEST(a_mistake_is_named_with_what_would_be_right)
{
    g_autoptr(GError) error = NULL;
    Draw draw = {NULL};

    ck_assert(!draw_parse(&draw, DRAW_SPAN, mistakes[_i].text, &error));
    ck_assert_ptr_null(draw.law);
    ck_assert_str_eq(error->message, mistakes[_i].message);
    ck_assert(error->domain == DRAW_ERROR);
}
END_TEST

START_TEST(numbers_need_no_unit_and_take_none)
{
    g_autoptr(GError) error = NULL;
    Draw draw = {NULL};

    ck_assert(!draw_parse(&draw, DRAW_NUMBER, "exponential(mean=2ms)", &error));
    ck_assert_str_eq(error->message, "'mean' needs a plain number, like 2.5, not '2ms'");
}
END_TEST

START_TEST(nesting_has_an_end)
{
    g_autoptr(GString) text = g_string_new("2ms");
    Draw draw = {NULL};

    for (int i = 0; i < 100; i++) {
        g_string_prepend(text, "shifted(1ms, ");
        g_string_append_c(text, ')');
    }
    ck_assert(!draw_parse(&draw, DRAW_SPAN, text->str, NULL));
}
END_TEST

/* Any text is read or refused; pieces of the notation in any order find the deep places. */
START_TEST(random_notation_does_no_harm)
{
    static const char *const pieces[] = {
        "shifted(", "mixture(", "clipped(", "lognormal(", ")",       ",",   "1ms",
        "2",        "mean=",    "0.5:",     "sigma=",     "median=", " ",   "exponential(",
        "-",        "1e308",    "shape=",   "pareto(",    "min=",    "p99="};
    Rng rng;

    rng_init(&rng, 49, "notation");
    for (int i = 0; i < 20000; i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        Draw draw = {NULL};
        uint64_t count = rng_below(&rng, 12);

        for (uint64_t j = 0; j < count; j++) {
            g_string_append(text, pieces[rng_below(&rng, G_N_ELEMENTS(pieces))]);
        }
        if (draw_parse(&draw, DRAW_SPAN, text->str, &error)) {
            ck_assert_int_ge(draw_span(draw, &rng), 0);
            draw_clear(&draw);
        } else {
            ck_assert_ptr_nonnull(error);
        }
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("draw_parse");
    TCase *files = tcase_create("files");
    TCase *notation = tcase_create("notation");

    tcase_add_test(files, a_file_gives_its_values_by_weight);
    tcase_add_test(files, a_heading_gives_its_unit_to_bare_numbers);
    tcase_add_test(files, a_file_of_numbers_is_read);
    tcase_add_loop_test(files, a_wrong_line_of_a_file_is_named, 0, (int)G_N_ELEMENTS(wrong_files));
    tcase_add_loop_test(notation, a_mistake_is_named_with_what_would_be_right, 0,
                        (int)G_N_ELEMENTS(mistakes));
    tcase_add_test(notation, numbers_need_no_unit_and_take_none);
    tcase_add_test(notation, nesting_has_an_end);
    tcase_add_test(notation, random_notation_does_no_harm);
    suite_add_tcase(suite, files);
    suite_add_tcase(suite, notation);
    return suite;
}
