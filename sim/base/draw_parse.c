/* draw_parse.c - the notation of distributions: a name and its arguments, or a bare value. */
#include <math.h>
#include <string.h>

#include "sim/base/draw_law.h"
#include "sim/base/fixed_math.h"

/* The 0.99 quantile of the standard normal distribution. */
#define NORMAL_P99 2.3263478740408408

/* Laws within laws, at most so deep; branches of a mixture. */
enum { MOST_DEPTH = 8, MOST_PARTS = 64 };

/* One argument: "name = text", "name: text" in a mixture, or only text. */
typedef struct Argument {
    char *name; /* NULL when it has none */
    char *text;
    bool is_used;
} Argument;

typedef struct LawSyntax LawSyntax;

/* A law being read. */
typedef struct Reading {
    const LawSyntax *syntax;
    GArray *arguments;
    DrawUnit unit;
    int depth;
    GError **error;
} Reading;

struct LawSyntax {
    const char *name;
    DrawLaw *(*read)(Reading *reading); /* NULL with the error set */
    const char *example[2];             /* by DrawUnit */
};

static DrawLaw *read_law(const char *text, DrawUnit unit, int depth, GError **error);

GQuark draw_error_quark(void)
{
    return g_quark_from_static_string("draw-error");
}

G_GNUC_PRINTF(2, 3)
static void fail(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_propagate_error(error, g_error_new_valist(DRAW_ERROR, 0, format, arguments));
    va_end(arguments);
}

/* A number without a unit and nothing else; no hexadecimals, no infinity. */
static bool read_number(const char *text, double *number)
{
    char *end;
    double value;

    if (*text == '\0' || strspn(text, "+-.0123456789eE") != strlen(text)) {
        return false;
    }
    value = g_ascii_strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value)) {
        return false;
    }
    *number = value;
    return true;
}

/* A value of the law: a span with its unit, or a plain number. `name` is for the message. */
static bool read_value(const char *name, const char *text, DrawUnit unit, double *value,
                       GError **error)
{
    SimSpan span;

    if (unit == DRAW_NUMBER) {
        if (!read_number(text, value)) {
            fail(error, "'%s' needs a plain number, like 2.5, not '%s'", name, text);
            return false;
        }
        return true;
    }
    if (!sim_span_parse(text, &span)) {
        double number;

        if (read_number(text, &number)) {
            fail(error, "'%s' needs a unit (ns, us, ms, s, m, h, d), like \"2ms\"", name);
        } else {
            fail(error, "'%s' needs a span, like \"2ms\", not '%s'", name, text);
        }
        return false;
    }
    if (span < 0) {
        fail(error, "'%s' must not be negative", name);
        return false;
    }
    *value = (double)span;
    return true;
}

static Argument *find_argument(Reading *reading, const char *name)
{
    for (guint i = 0; i < reading->arguments->len; i++) {
        Argument *argument = &g_array_index(reading->arguments, Argument, i);

        if (g_strcmp0(argument->name, name) == 0) {
            argument->is_used = true;
            return argument;
        }
    }
    return NULL;
}

static bool has_argument(const Reading *reading, const char *name)
{
    for (guint i = 0; i < reading->arguments->len; i++) {
        if (g_strcmp0(g_array_index(reading->arguments, Argument, i).name, name) == 0) {
            return true;
        }
    }
    return false;
}

static const char *example_of(const Reading *reading)
{
    return reading->syntax->example[reading->unit];
}

/* The text of a named argument; NULL, with the error set, when it is missing. */
static const char *named_text(Reading *reading, const char *name)
{
    const Argument *argument = find_argument(reading, name);

    if (argument == NULL) {
        fail(reading->error, "'%s' needs '%s', like \"%s\"", reading->syntax->name, name,
             example_of(reading));
        return NULL;
    }
    return argument->text;
}

/* A named argument in the law's unit, greater than 0. */
static bool named_value(Reading *reading, const char *name, double *value)
{
    const char *text = named_text(reading, name);

    if (text == NULL || !read_value(name, text, reading->unit, value, reading->error)) {
        return false;
    }
    if (!(*value > 0)) {
        fail(reading->error, "'%s' must be greater than 0", name);
        return false;
    }
    return true;
}

/* A named plain number from `least` to `most`. */
static bool named_number(Reading *reading, const char *name, double least, double most,
                         double *number)
{
    const char *text = named_text(reading, name);

    if (text == NULL) {
        return false;
    }
    if (!read_number(text, number)) {
        fail(reading->error, "'%s' needs a plain number, not '%s'", name, text);
        return false;
    }
    if (!(*number >= least && *number <= most)) {
        fail(reading->error, "'%s' must lie from %g to %g, not %g", name, least, most, *number);
        return false;
    }
    return true;
}

/* The next argument without a name; NULL, with the error set, when there is none. */
static const char *next_text(Reading *reading, const char *what)
{
    Argument *argument = NULL;

    for (guint i = 0; i < reading->arguments->len && argument == NULL; i++) {
        Argument *candidate = &g_array_index(reading->arguments, Argument, i);

        if (!candidate->is_used && candidate->name == NULL) {
            argument = candidate;
        }
    }
    if (argument == NULL) {
        fail(reading->error, "'%s' needs %s, like \"%s\"", reading->syntax->name, what,
             example_of(reading));
        return NULL;
    }
    argument->is_used = true;
    return argument->text;
}

static bool next_value(Reading *reading, const char *what, double *value)
{
    const char *text = next_text(reading, what);

    return text != NULL &&
           read_value(reading->syntax->name, text, reading->unit, value, reading->error);
}

static DrawLaw *next_law(Reading *reading)
{
    const char *text = next_text(reading, "a distribution as its last argument");

    return text == NULL ? NULL : read_law(text, reading->unit, reading->depth + 1, reading->error);
}

/* Both bounds, the lower one first. */
static bool next_bounds(Reading *reading, double *low, double *high)
{
    if (!next_value(reading, "a lower bound", low) ||
        !next_value(reading, "an upper bound", high)) {
        return false;
    }
    if (*low > *high) {
        fail(reading->error, "'%s' has its lower bound above its upper bound",
             reading->syntax->name);
        return false;
    }
    return true;
}

static DrawLaw *read_constant(Reading *reading)
{
    double value;

    return next_value(reading, "a value", &value) ? law_new_constant(value) : NULL;
}

static DrawLaw *read_uniform(Reading *reading)
{
    double low;
    double high;

    return next_bounds(reading, &low, &high) ? law_new_uniform(low, high) : NULL;
}

static DrawLaw *read_exponential(Reading *reading)
{
    double mean;

    return named_value(reading, "mean", &mean) ? law_new_exponential(mean) : NULL;
}

static DrawLaw *read_erlang(Reading *reading)
{
    double stages;
    double mean;

    if (!named_number(reading, "k", 1, 10000, &stages) || !named_value(reading, "mean", &mean)) {
        return NULL;
    }
    if (stages != floor(stages)) {
        fail(reading->error, "'k' must be a whole number, not %g", stages);
        return NULL;
    }
    return law_new_gamma(stages, mean);
}

static DrawLaw *read_gamma(Reading *reading)
{
    double shape;
    double mean;

    return named_number(reading, "shape", 0.01, 10000, &shape) &&
                   named_value(reading, "mean", &mean)
               ? law_new_gamma(shape, mean)
               : NULL;
}

/* The deviation of the logarithm, from whichever argument gives it. */
static bool read_sigma(Reading *reading, double median, double *sigma)
{
    double number;

    if (median > 0 && has_argument(reading, "p99")) {
        if (!named_value(reading, "p99", &number)) {
            return false;
        }
        if (number < median) {
            fail(reading->error, "'p99' must not be less than 'median'");
            return false;
        }
        *sigma = fixed_log(number / median) / NORMAL_P99;
        return true;
    }
    if (has_argument(reading, "sigma")) {
        return named_number(reading, "sigma", 0, 10, sigma);
    }
    if (has_argument(reading, "scv")) {
        if (!named_number(reading, "scv", 0, 1e6, &number)) {
            return false;
        }
        *sigma = sqrt(fixed_log(1 + number));
        return true;
    }
    fail(reading->error, "'lognormal' needs %s, like \"%s\"",
         median > 0 ? "'p99', 'sigma' or 'scv' beside 'median'" : "'scv' or 'sigma' beside 'mean'",
         example_of(reading));
    return false;
}

static DrawLaw *read_lognormal(Reading *reading)
{
    double value;
    double sigma;

    if (!has_argument(reading, "median") && has_argument(reading, "mean")) {
        if (!named_value(reading, "mean", &value) || !read_sigma(reading, 0, &sigma)) {
            return NULL;
        }
        return law_new_lognormal(fixed_log(value) - sigma * sigma / 2, sigma);
    }
    if (!named_value(reading, "median", &value) || !read_sigma(reading, value, &sigma)) {
        return NULL;
    }
    return law_new_lognormal(fixed_log(value), sigma);
}

static DrawLaw *read_weibull(Reading *reading)
{
    double shape;
    double scale;

    return named_number(reading, "shape", 0.05, 1000, &shape) &&
                   named_value(reading, "scale", &scale)
               ? law_new_weibull(shape, scale)
               : NULL;
}

static DrawLaw *read_pareto(Reading *reading)
{
    double least;
    double shape;

    return named_value(reading, "min", &least) && named_number(reading, "shape", 0.1, 1000, &shape)
               ? law_new_pareto(least, shape)
               : NULL;
}

static DrawLaw *read_hyperexponential(Reading *reading)
{
    double mean;
    double scv;

    return named_value(reading, "mean", &mean) && named_number(reading, "scv", 1, 1e6, &scv)
               ? law_new_hyperexponential(mean, scv)
               : NULL;
}

/* Adds the law of one branch and its weight. */
static bool add_branch(Reading *reading, Argument *branch, GPtrArray *parts, GArray *weights)
{
    double weight;
    DrawLaw *part;

    branch->is_used = true;
    if (branch->name == NULL || !read_number(branch->name, &weight) || !(weight > 0)) {
        fail(reading->error, "'mixture' needs a weight above 0 before each ':', like \"%s\"",
             example_of(reading));
        return false;
    }
    part = read_law(branch->text, reading->unit, reading->depth + 1, reading->error);
    if (part == NULL) {
        return false;
    }
    g_array_append_val(weights, weight);
    g_ptr_array_add(parts, part);
    return true;
}

static DrawLaw *read_mixture(Reading *reading)
{
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func((GDestroyNotify)law_release);
    g_autoptr(GArray) weights = g_array_new(FALSE, FALSE, sizeof(double));

    if (reading->arguments->len < 2 || reading->arguments->len > MOST_PARTS) {
        fail(reading->error, "'mixture' needs from 2 to %d branches, like \"%s\"", MOST_PARTS,
             example_of(reading));
        return NULL;
    }
    for (guint i = 0; i < reading->arguments->len; i++) {
        if (!add_branch(reading, &g_array_index(reading->arguments, Argument, i), parts, weights)) {
            return NULL;
        }
    }
    g_ptr_array_set_free_func(parts, NULL); /* the mixture takes them */
    return law_new_mixture(parts->len, (DrawLaw *const *)parts->pdata,
                           (const double *)(void *)weights->data);
}

static DrawLaw *read_shifted(Reading *reading)
{
    double offset;
    DrawLaw *part;

    if (!next_value(reading, "an offset", &offset)) {
        return NULL;
    }
    part = next_law(reading);
    return part == NULL ? NULL : law_new_shifted(offset, part);
}

static DrawLaw *read_clipped(Reading *reading)
{
    double low;
    double high;
    DrawLaw *part;

    if (!next_bounds(reading, &low, &high)) {
        return NULL;
    }
    part = next_law(reading);
    return part == NULL ? NULL : law_new_clipped(low, high, part);
}

static DrawLaw *read_empirical(Reading *reading)
{
    const char *name = next_text(reading, "a file");

    return name == NULL ? NULL : law_read_file(name, reading->unit, reading->error);
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
    fail(error, "unknown distribution '%s'; there are %s", name, known->str);
    return NULL;
}

static void clear_argument(gpointer argument)
{
    g_free(((Argument *)argument)->name);
    g_free(((Argument *)argument)->text);
}

/* Splits "name = text" at the first '=' or ':' that no parenthesis precedes. */
static void append_argument(GArray *arguments, const char *start, const char *end)
{
    g_autofree char *piece = g_strndup(start, (gsize)(end - start));
    char *cut = piece + strcspn(piece, "=:(");
    Argument argument = {.name = NULL};

    if (*cut == '=' || *cut == ':') {
        argument.name = g_strstrip(g_strndup(piece, (gsize)(cut - piece)));
        argument.text = g_strstrip(g_strdup(cut + 1));
    } else {
        argument.text = g_strstrip(g_strdup(piece));
    }
    g_array_append_val(arguments, argument);
}

/* Splits what stands between the outer parentheses at the commas outside inner ones; `text` begins
 * behind the opening one. False when the last ')' is not the one that closes it. */
static bool split_arguments(const char *text, GArray *arguments)
{
    const char *start = text;
    int depth = 0;

    for (; *text != '\0'; text++) {
        if (*text == '(') {
            depth++;
        } else if (*text == ')' && depth > 0) {
            depth--;
        } else if (depth == 0 && (*text == ',' || *text == ')')) {
            if (*text == ',' || arguments->len > 0 ||
                strspn(start, " \t") < (size_t)(text - start)) {
                append_argument(arguments, start, text);
            }
            start = text + 1;
            if (*text == ')') {
                return text[1] == '\0';
            }
        }
    }
    return false;
}

static bool check_all_used(const Reading *reading)
{
    for (guint i = 0; i < reading->arguments->len; i++) {
        const Argument *argument = &g_array_index(reading->arguments, Argument, i);

        if (!argument->is_used) {
            fail(reading->error, "'%s' takes no '%s' here; write it like \"%s\"",
                 reading->syntax->name, argument->name != NULL ? argument->name : argument->text,
                 example_of(reading));
            return false;
        }
    }
    return true;
}

/* Reads a law with its parentheses; `text` is stripped. */
static DrawLaw *read_named_law(const char *text, DrawUnit unit, int depth, GError **error)
{
    const char *open = strchr(text, '(');
    g_autofree char *name = g_strchomp(g_strndup(text, (gsize)(open - text)));
    g_autoptr(GArray) arguments = g_array_new(FALSE, TRUE, sizeof(Argument));
    Reading reading = {find_syntax(name, error), arguments, unit, depth, error};
    DrawLaw *law;

    g_array_set_clear_func(arguments, clear_argument);
    if (reading.syntax == NULL) {
        return NULL;
    }
    if (depth > MOST_DEPTH) {
        fail(error, "distributions are nested more than %d deep", MOST_DEPTH);
        return NULL;
    }
    if (!split_arguments(open + 1, arguments)) {
        fail(error, "'%s' needs one ')' at its end, like \"%s\"", name, example_of(&reading));
        return NULL;
    }
    law = reading.syntax->read(&reading);
    if (law == NULL) {
        return NULL;
    }
    if (!check_all_used(&reading)) {
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
            fail(error, "'%s' needs its arguments, like \"%s\"", stripped, syntax->example[unit]);
        }
    } else if (read_value(stripped, stripped, unit, &value, error)) {
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
