/* draw_parse.c - the notation of distributions: a name and its arguments, or a bare value. */
#include <math.h>
#include <string.h>

#include "sim/base/draw_arguments.h"
#include "sim/base/draw_law.h"
#include "sim/base/fixed_math.h"

/* The 0.99 quantile of the standard normal distribution. */
#define NORMAL_P99 2.3263478740408408

/* Laws within laws, at most so deep; branches of a mixture. */
enum { MOST_DEPTH = 8, MOST_PARTS = 64 };

typedef struct LawSyntax {
    const char *name;
    DrawLaw *(*read)(LawArguments *arguments); /* NULL with the error set */
    const char *example[2];                    /* by DrawUnit */
} LawSyntax;

static DrawLaw *read_law(const char *text, DrawUnit unit, int depth, GError **error);

static DrawLaw *next_law(LawArguments *arguments)
{
    const char *text = arguments_next_text(arguments, "a distribution as its last argument");

    return text == NULL ? NULL
                        : read_law(text, arguments->unit, arguments->depth + 1, arguments->error);
}

static DrawLaw *read_constant(LawArguments *arguments)
{
    double value;

    return arguments_next_value(arguments, "a value", &value) ? law_new_constant(value) : NULL;
}

static DrawLaw *read_uniform(LawArguments *arguments)
{
    double low;
    double high;

    return arguments_next_bounds(arguments, &low, &high) ? law_new_uniform(low, high) : NULL;
}

static DrawLaw *read_exponential(LawArguments *arguments)
{
    double mean;

    return arguments_named_value(arguments, "mean", &mean) ? law_new_exponential(mean) : NULL;
}

static DrawLaw *read_erlang(LawArguments *arguments)
{
    double stages;
    double mean;

    if (!arguments_named_number(arguments, "k", 1, 10000, &stages) ||
        !arguments_named_value(arguments, "mean", &mean)) {
        return NULL;
    }
    if (stages != floor(stages)) {
        g_set_error(arguments->error, DRAW_ERROR, 0, "'k' must be a whole number, not %g", stages);
        return NULL;
    }
    return law_new_gamma(stages, mean);
}

static DrawLaw *read_gamma(LawArguments *arguments)
{
    double shape;
    double mean;

    return arguments_named_number(arguments, "shape", 0.01, 10000, &shape) &&
                   arguments_named_value(arguments, "mean", &mean)
               ? law_new_gamma(shape, mean)
               : NULL;
}

/* The deviation of the logarithm, from whichever argument gives it. */
static bool read_sigma(LawArguments *arguments, double median, double *sigma)
{
    double number;

    if (median > 0 && arguments_has(arguments, "p99")) {
        if (!arguments_named_value(arguments, "p99", &number)) {
            return false;
        }
        if (number < median) {
            g_set_error(arguments->error, DRAW_ERROR, 0, "'p99' must not be less than 'median'");
            return false;
        }
        *sigma = fixed_log(number / median) / NORMAL_P99;
        return true;
    }
    if (arguments_has(arguments, "sigma")) {
        return arguments_named_number(arguments, "sigma", 0, 10, sigma);
    }
    if (arguments_has(arguments, "scv")) {
        if (!arguments_named_number(arguments, "scv", 0, 1e6, &number)) {
            return false;
        }
        *sigma = sqrt(fixed_log(1 + number));
        return true;
    }
    g_set_error(arguments->error, DRAW_ERROR, 0, "'lognormal' needs %s, like \"%s\"",
                median > 0 ? "'p99', 'sigma' or 'scv' beside 'median'"
                           : "'scv' or 'sigma' beside 'mean'",
                arguments->example);
    return false;
}

static DrawLaw *read_lognormal(LawArguments *arguments)
{
    double value;
    double sigma;

    if (!arguments_has(arguments, "median") && arguments_has(arguments, "mean")) {
        if (!arguments_named_value(arguments, "mean", &value) ||
            !read_sigma(arguments, 0, &sigma)) {
            return NULL;
        }
        return law_new_lognormal(fixed_log(value) - sigma * sigma / 2, sigma);
    }
    if (!arguments_named_value(arguments, "median", &value) ||
        !read_sigma(arguments, value, &sigma)) {
        return NULL;
    }
    return law_new_lognormal(fixed_log(value), sigma);
}

static DrawLaw *read_weibull(LawArguments *arguments)
{
    double shape;
    double scale;

    return arguments_named_number(arguments, "shape", 0.05, 1000, &shape) &&
                   arguments_named_value(arguments, "scale", &scale)
               ? law_new_weibull(shape, scale)
               : NULL;
}

static DrawLaw *read_pareto(LawArguments *arguments)
{
    double least;
    double shape;

    return arguments_named_value(arguments, "min", &least) &&
                   arguments_named_number(arguments, "shape", 0.1, 1000, &shape)
               ? law_new_pareto(least, shape)
               : NULL;
}

static DrawLaw *read_hyperexponential(LawArguments *arguments)
{
    double mean;
    double scv;

    return arguments_named_value(arguments, "mean", &mean) &&
                   arguments_named_number(arguments, "scv", 1, 1e6, &scv)
               ? law_new_hyperexponential(mean, scv)
               : NULL;
}

/* Adds the law of one branch and its weight. */
static bool add_branch(LawArguments *arguments, Argument *branch, GPtrArray *parts, GArray *weights)
{
    double weight;
    DrawLaw *part;

    branch->is_used = true;
    if (branch->name == NULL || !arguments_read_number(branch->name, &weight) || !(weight > 0)) {
        g_set_error(arguments->error, DRAW_ERROR, 0,
                    "'mixture' needs a weight above 0 before each ':', like \"%s\"",
                    arguments->example);
        return false;
    }
    part = read_law(branch->text, arguments->unit, arguments->depth + 1, arguments->error);
    if (part == NULL) {
        return false;
    }
    g_array_append_val(weights, weight);
    g_ptr_array_add(parts, part);
    return true;
}

static DrawLaw *read_mixture(LawArguments *arguments)
{
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func((GDestroyNotify)law_release);
    g_autoptr(GArray) weights = g_array_new(FALSE, FALSE, sizeof(double));

    if (arguments->list->len < 2 || arguments->list->len > MOST_PARTS) {
        g_set_error(arguments->error, DRAW_ERROR, 0,
                    "'mixture' needs from 2 to %d branches, like \"%s\"", MOST_PARTS,
                    arguments->example);
        return NULL;
    }
    for (guint i = 0; i < arguments->list->len; i++) {
        if (!add_branch(arguments, &g_array_index(arguments->list, Argument, i), parts, weights)) {
            return NULL;
        }
    }
    g_ptr_array_set_free_func(parts, NULL); /* the mixture takes them */
    return law_new_mixture(parts->len, (DrawLaw *const *)parts->pdata,
                           (const double *)(void *)weights->data);
}

static DrawLaw *read_shifted(LawArguments *arguments)
{
    double offset;
    DrawLaw *part;

    if (!arguments_next_value(arguments, "an offset", &offset)) {
        return NULL;
    }
    part = next_law(arguments);
    return part == NULL ? NULL : law_new_shifted(offset, part);
}

static DrawLaw *read_clipped(LawArguments *arguments)
{
    double low;
    double high;
    DrawLaw *part;

    if (!arguments_next_bounds(arguments, &low, &high)) {
        return NULL;
    }
    part = next_law(arguments);
    return part == NULL ? NULL : law_new_clipped(low, high, part);
}

static DrawLaw *read_empirical(LawArguments *arguments)
{
    const char *name = arguments_next_text(arguments, "a file");

    return name == NULL ? NULL : law_read_file(name, arguments->unit, arguments->error);
}

static const LawSyntax law_syntaxes[] = {
    {"constant", read_constant, {"constant(2ms)", "constant(2)"}},
    {"uniform", read_uniform, {"uniform(1ms, 3ms)", "uniform(1, 3)"}},
    {"exponential", read_exponential, {"exponential(mean=2ms)", "exponential(mean=2)"}},
    {"erlang", read_erlang, {"erlang(k=4, mean=2ms)", "erlang(k=4, mean=2)"}},
    {"gamma", read_gamma, {"gamma(shape=2, mean=2ms)", "gamma(shape=2, mean=2)"}},
    {"lognormal",
     read_lognormal,
     {"lognormal(median=2ms, p99=40ms)", "lognormal(median=2, p99=40)"}},
    {"weibull", read_weibull, {"weibull(shape=0.7, scale=2ms)", "weibull(shape=0.7, scale=2)"}},
    {"pareto", read_pareto, {"pareto(min=1.5ms, shape=3.8)", "pareto(min=1.5, shape=3.8)"}},
    {"hyperexponential",
     read_hyperexponential,
     {"hyperexponential(mean=2ms, scv=4)", "hyperexponential(mean=2, scv=4)"}},
    {"mixture", read_mixture, {"mixture(0.9: 1ms, 0.1: 20ms)", "mixture(0.9: 1, 0.1: 20)"}},
    {"shifted",
     read_shifted,
     {"shifted(1ms, exponential(mean=2ms))", "shifted(1, exponential(mean=2))"}},
    {"clipped",
     read_clipped,
     {"clipped(1ms, 50ms, exponential(mean=2ms))", "clipped(1, 50, exponential(mean=2))"}},
    {"empirical", read_empirical, {"empirical(latency.csv)", "empirical(sizes.csv)"}},
};

static const LawSyntax *find_syntax(const char *name, GError **error)
{
    g_autoptr(GString) known = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(law_syntaxes); i++) {
        if (strcmp(law_syntaxes[i].name, name) == 0) {
            return &law_syntaxes[i];
        }
        g_string_append_printf(known, "%s%s", i == 0 ? "" : ", ", law_syntaxes[i].name);
    }
    g_set_error(error, DRAW_ERROR, 0, "unknown distribution '%s'; there are %s", name, known->str);
    return NULL;
}

/* Reads a law with its parentheses; `text` is stripped. */
static DrawLaw *read_named_law(const char *text, DrawUnit unit, int depth, GError **error)
{
    const char *open = strchr(text, '(');
    g_autofree char *name = g_strchomp(g_strndup(text, (gsize)(open - text)));
    g_autoptr(GArray) list = arguments_new();
    const LawSyntax *syntax = find_syntax(name, error);
    LawArguments arguments = {
        .law = name, .unit = unit, .depth = depth, .list = list, .error = error};
    DrawLaw *law;

    if (syntax == NULL) {
        return NULL;
    }
    arguments.example = syntax->example[unit];
    if (depth > MOST_DEPTH) {
        g_set_error(error, DRAW_ERROR, 0, "distributions are nested more than %d deep", MOST_DEPTH);
        return NULL;
    }
    if (!arguments_split(open + 1, list)) {
        g_set_error(error, DRAW_ERROR, 0, "'%s' needs one ')' at its end, like \"%s\"", name,
                    arguments.example);
        return NULL;
    }
    law = syntax->read(&arguments);
    if (law == NULL) {
        return NULL;
    }
    if (!arguments_check_used(&arguments)) {
        law_release(law);
        return NULL;
    }
    return law;
}

static DrawLaw *read_law(const char *text, DrawUnit unit, int depth, GError **error)
{
    g_autofree char *stripped = g_strstrip(g_strdup(text));
    DrawLaw *law = NULL;
    double value;

    if (strchr(stripped, '(') != NULL) {
        law = read_named_law(stripped, unit, depth, error);
    } else if (g_ascii_isalpha(*stripped)) {
        const LawSyntax *syntax = find_syntax(stripped, error);

        if (syntax != NULL) {
            g_set_error(error, DRAW_ERROR, 0, "'%s' needs its arguments, like \"%s\"", stripped,
                        syntax->example[unit]);
        }
    } else if (arguments_read_value(stripped, stripped, unit, &value, error)) {
        law = law_new_constant(value);
    }
    if (law == NULL) {
        return NULL;
    }
    law->unit = unit;
    law->text = g_steal_pointer(&stripped);
    return law;
}

bool draw_parse(Draw *draw, DrawUnit unit, const char *text, GError **error)
{
    DrawLaw *law = read_law(text, unit, 0, error);

    if (law == NULL) {
        return false;
    }
    draw->law = law;
    return true;
}
