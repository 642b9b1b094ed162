/* draw_arguments.c - splitting arguments, and reading them one by one. */
#include "sim/base/draw_arguments.h"

#include <math.h>
#include <string.h>

static void clear_argument(gpointer argument)
{
    g_free(((Argument *)argument)->name);
    g_free(((Argument *)argument)->text);
}

GArray *arguments_new(void)
{
    GArray *list = g_array_new(FALSE, TRUE, sizeof(Argument));

    g_array_set_clear_func(list, clear_argument);
    return list;
}

/* Splits "name = text" at the first '=' or ':' that no parenthesis precedes. */
static void append_argument(GArray *list, const char *start, const char *end)
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
    g_array_append_val(list, argument);
}

bool arguments_split(const char *text, GArray *list)
{
    const char *start = text;
    int depth = 0;

    for (; *text != '\0'; text++) {
        if (*text == '(') {
            depth++;
        } else if (*text == ')' && depth > 0) {
            depth--;
        } else if (depth == 0 && (*text == ',' || *text == ')')) {
            if (*text == ',' || list->len > 0 || strspn(start, " \t") < (size_t)(text - start)) {
                append_argument(list, start, text);
            }
            start = text + 1;
            if (*text == ')') {
                return text[1] == '\0';
            }
        }
    }
    return false;
}

bool arguments_check_used(const LawArguments *arguments)
{
    for (guint i = 0; i < arguments->list->len; i++) {
        const Argument *argument = &g_array_index(arguments->list, Argument, i);

        if (!argument->is_used) {
            g_set_error(arguments->error, DRAW_ERROR, 0,
                        "'%s' takes no '%s' here; write it like \"%s\"", arguments->law,
                        argument->name != NULL ? argument->name : argument->text,
                        arguments->example);
            return false;
        }
    }
    return true;
}

bool arguments_read_number(const char *text, double *number)
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

bool arguments_read_value(const char *name, const char *text, DrawUnit unit, double *value,
                          GError **error)
{
    SimSpan span;

    if (unit == DRAW_NUMBER) {
        if (!arguments_read_number(text, value)) {
            g_set_error(error, DRAW_ERROR, 0, "'%s' needs a plain number, like 2.5, not '%s'", name,
                        text);
            return false;
        }
        return true;
    }
    if (!sim_span_parse(text, &span)) {
        double number;

        if (arguments_read_number(text, &number)) {
            g_set_error(error, DRAW_ERROR, 0,
                        "'%s' needs a unit (ns, us, ms, s, m, h, d), like \"2ms\"", name);
        } else {
            g_set_error(error, DRAW_ERROR, 0, "'%s' needs a span, like \"2ms\", not '%s'", name,
                        text);
        }
        return false;
    }
    if (span < 0) {
        g_set_error(error, DRAW_ERROR, 0, "'%s' must not be negative", name);
        return false;
    }
    *value = (double)span;
    return true;
}

static Argument *find_argument(LawArguments *arguments, const char *name)
{
    for (guint i = 0; i < arguments->list->len; i++) {
        Argument *argument = &g_array_index(arguments->list, Argument, i);

        if (g_strcmp0(argument->name, name) == 0) {
            argument->is_used = true;
            return argument;
        }
    }
    return NULL;
}

bool arguments_has(const LawArguments *arguments, const char *name)
{
    for (guint i = 0; i < arguments->list->len; i++) {
        if (g_strcmp0(g_array_index(arguments->list, Argument, i).name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The text of a named argument; NULL, with the error set, when it is missing. */
static const char *named_text(LawArguments *arguments, const char *name)
{
    const Argument *argument = find_argument(arguments, name);

    if (argument == NULL) {
        g_set_error(arguments->error, DRAW_ERROR, 0, "'%s' needs '%s', like \"%s\"", arguments->law,
                    name, arguments->example);
        return NULL;
    }
    return argument->text;
}

bool arguments_named_value(LawArguments *arguments, const char *name, double *value)
{
    const char *text = named_text(arguments, name);

    if (text == NULL ||
        !arguments_read_value(name, text, arguments->unit, value, arguments->error)) {
        return false;
    }
    if (!(*value > 0)) {
        g_set_error(arguments->error, DRAW_ERROR, 0, "'%s' must be greater than 0", name);
        return false;
    }
    return true;
}

bool arguments_named_number(LawArguments *arguments, const char *name, double least, double most,
                            double *number)
{
    const char *text = named_text(arguments, name);

    if (text == NULL) {
        return false;
    }
    if (!arguments_read_number(text, number)) {
        g_set_error(arguments->error, DRAW_ERROR, 0, "'%s' needs a plain number, not '%s'", name,
                    text);
        return false;
    }
    if (!(*number >= least && *number <= most)) {
        g_set_error(arguments->error, DRAW_ERROR, 0, "'%s' must lie from %g to %g, not %g", name,
                    least, most, *number);
        return false;
    }
    return true;
}

const char *arguments_next_text(LawArguments *arguments, const char *what)
{
    Argument *argument = NULL;

    for (guint i = 0; i < arguments->list->len && argument == NULL; i++) {
        Argument *candidate = &g_array_index(arguments->list, Argument, i);

        if (!candidate->is_used && candidate->name == NULL) {
            argument = candidate;
        }
    }
    if (argument == NULL) {
        g_set_error(arguments->error, DRAW_ERROR, 0, "'%s' needs %s, like \"%s\"", arguments->law,
                    what, arguments->example);
        return NULL;
    }
    argument->is_used = true;
    return argument->text;
}

bool arguments_next_value(LawArguments *arguments, const char *what, double *value)
{
    const char *text = arguments_next_text(arguments, what);

    return text != NULL &&
           arguments_read_value(arguments->law, text, arguments->unit, value, arguments->error);
}

bool arguments_next_bounds(LawArguments *arguments, double *low, double *high)
{
    if (!arguments_next_value(arguments, "a lower bound", low) ||
        !arguments_next_value(arguments, "an upper bound", high)) {
        return false;
    }
    if (*low > *high) {
        g_set_error(arguments->error, DRAW_ERROR, 0,
                    "'%s' has its lower bound above its upper bound", arguments->law);
        return false;
    }
    return true;
}
