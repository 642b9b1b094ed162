/* theory.h - closed forms of queueing, replication, fail-over and planning, by family: what an
 * expert holds a simulation against. Nothing here simulates or draws. Arithmetic is + - * / sqrt
 * and sim/base/fixed_math, so that the same question gives the same bytes everywhere.
 * Units: times and rates are in whatever unit the question uses, the same throughout. */
#pragma once

#include "sim/config/field.h"

typedef struct TheoryCase TheoryCase;

/* One family of questions. */
typedef struct TheoryFamily {
    const char *name;
    const char *help;    /* one line, no full stop */
    const char *formula; /* how it is computed */
    const char *assumes; /* what must be so; where it is not, the figure is another one */
    const char *source;
    const char *example; /* parameters as on the command line */
    const Field *fields; /* the parameters, read into a struct of `size` bytes */
    size_t size;
    void (*solve)(TheoryCase *theory); /* see theory_case.h */
} TheoryFamily;

/* All families in the order of their subjects; ends with NULL. */
extern const TheoryFamily *const theory_families[];

#define THEORY_NAME_ROOM 32

/* One figure of an answer: "Wq", "W_p99", "lambda_0". */
typedef struct TheoryValue {
    char name[THEORY_NAME_ROOM];
    double value; /* finite */
} TheoryValue;

/* The family called `name`, or NULL. */
const TheoryFamily *theory_find(const char *name);

/* "; did you mean 'mmc'?" or "". Caller frees. */
char *theory_suggest(const char *name);

/* All figures of a family for `params`, an object with its parameters. Mistakes go to `diags`, all
 * of them: NULL then. A queue that would grow without end is one. Caller unrefs the array of
 * TheoryValue. */
GArray *theory_solve(const TheoryFamily *family, const cJSON *params, DiagList *diags);

/* A figure of an answer, NAN when there is none of that name. */
double theory_value(const GArray *answer, const char *name);

/* One figure for parameters that are numbers or words: theory_figure("mmc", "Wq", "{'lam': %g
 * ...}") would lose digits, so they come as an object, which is deleted here. NAN when the family
 * has no answer for them. */
double theory_figure(const char *family, const char *figure, cJSON *params);

/* Parameters as words of a command line, "lam=0.8" and the like, as an object: values are JSON or
 * else text. What is no "name=value", or stands twice, goes to `diags`. Caller deletes. */
cJSON *theory_params(const char *const *words, DiagList *diags);

/* The answer as a JSON object, one figure a line. Caller frees. */
char *theory_print(const GArray *answer);

/* All about a family: parameters with units and limits, formula, source, example. Caller frees. */
char *theory_explain(const TheoryFamily *family);
