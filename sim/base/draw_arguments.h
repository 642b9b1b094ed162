/* draw_arguments.h - the arguments of a distribution's notation, as they stand between its
 * parentheses. Only the readers of laws (draw_parse.c, draw_file.c) look in here. */
#pragma once

#include <glib.h>

#include "sim/base/draw.h"

/* One argument: "name = text", "name: text" in a mixture, or only text. */
typedef struct Argument {
    char *name; /* NULL when it has none */
    char *text;
    bool is_used;
} Argument;

/* All arguments of one law. */
typedef struct LawArguments {
    const char *law;     /* its name, for messages */
    const char *example; /* how it is written */
    DrawUnit unit;
    int depth;      /* laws around this one */
    GArray *list;   /* of Argument */
    GError **error; /* where every function below says what is wrong */
} LawArguments;

/* An empty list for arguments_split; the caller unrefs it. */
GArray *arguments_new(void);

/* Splits what stands between the outer parentheses at the commas outside inner ones; `text` begins
 * behind the opening one. False when the last ')' is not the one that closes it. */
bool arguments_split(const char *text, GArray *list);

/* A number without a unit and nothing else; no hexadecimals, no infinity. */
bool arguments_read_number(const char *text, double *number);

/* A value of the law: a span with its unit, or a plain number. `name` is for the message. */
bool arguments_read_value(const char *name, const char *text, DrawUnit unit, double *value,
                          GError **error);

/* Whether there is one of that name. */
bool arguments_has(const LawArguments *arguments, const char *name);

/* The named argument in the law's unit, greater than 0. */
bool arguments_named_value(LawArguments *arguments, const char *name, double *value);

/* The named argument, a plain number from `least` to `most`. */
bool arguments_named_number(LawArguments *arguments, const char *name, double least, double most,
                            double *number);

/* The next argument without a name; NULL when there is none. `what` it should be. */
const char *arguments_next_text(LawArguments *arguments, const char *what);
bool arguments_next_value(LawArguments *arguments, const char *what, double *value);

/* Two values, the lower one first. */
bool arguments_next_bounds(LawArguments *arguments, double *low, double *high);

/* False when an argument is left that no law asked for. */
bool arguments_check_used(const LawArguments *arguments);
