/* vector_family.h - what the families' networks are written with; for vector_*.c only. */
#pragma once

#include "tests/support/vector_cases.h"

typedef struct VectorFamily {
    const char *family; /* NULL ends a table */
    void (*make)(FigureCase *test, const cJSON *params, const cJSON *expect);
} VectorFamily;

extern const VectorFamily vector_queues[], vector_networks[], vector_outages[];

/* A parameter that must be there. */
double vector_number(const FigureCase *test, const cJSON *params, const char *name);

/* Seconds in the notation of scenarios. Caller frees. */
char *vector_span(double seconds);

/* Figures: `name` of the closed form is `metric` of `part`. A quantile that is not expected, or 0,
 * is left out. */
void vector_mean(FigureCase *test, const cJSON *expect, const char *name, const char *part,
                 const char *metric);
void vector_quantile(FigureCase *test, const cJSON *expect, const char *name, double quantile,
                     const char *part, const char *metric);
void vector_positive(FigureCase *test, const cJSON *expect, const char *name, const char *part,
                     const char *metric);
void vector_level(FigureCase *test, const cJSON *expect, const char *name, const char *part,
                  const char *metric);
void vector_idle(FigureCase *test, const cJSON *expect, const char *name, const char *part);
void vector_rate(FigureCase *test, const cJSON *expect, const char *name, const char *part,
                 const char *metric);
Figure *vector_share(FigureCase *test, const cJSON *expect, const char *name, const char *part,
                     const char *metric, const char *other_part, const char *other);

/* Expects 1 less the figure: what is lost, where nearly nothing is. */
void vector_complement(Figure *figure);
