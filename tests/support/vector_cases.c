/* vector_cases.c - see vector_cases.h. Each family has one function that writes the network for its
 * parameters and names what is measured of each expected figure. One unit of time is a second. */
#include "tests/support/vector_cases.h"

#include <check.h>
#include <math.h>
#include <string.h>

#include "sim/config/json_place.h"
#include "tests/support/vector_family.h"

double vector_number(const FigureCase *test, const cJSON *params, const char *name)
{
    const cJSON *value = json_member(params, name);

    ck_assert_msg(cJSON_IsNumber(value), "%s: no number '%s'", test->name, name);
    return value->valuedouble;
}

char *vector_span(double seconds)
{
    return g_strdup_printf("%.0fns", seconds * (double)SIM_S);
}

static Figure *add(FigureCase *test, const cJSON *expect, const char *name, FigureOf of,
                   const char *part, const char *metric)
{
    const cJSON *value = json_member(expect, name);
    Figure *figure = &test->figures[test->count];

    ck_assert_msg(cJSON_IsNumber(value), "%s: no figure '%s'", test->name, name);
    ck_assert_int_lt(test->count, FIGURES_MOST);
    test->count++;
    *figure = (Figure){
        .of = of, .metric = metric, .expected = value->valuedouble, .scale = 1, .offset = 0};
    g_strlcpy(figure->name, name, sizeof figure->name);
    g_strlcpy(figure->part, part, sizeof figure->part);
    return figure;
}

void vector_mean(FigureCase *test, const cJSON *expect, const char *name, const char *part,
                 const char *metric)
{
    add(test, expect, name, FIGURE_MEAN, part, metric);
}

void vector_quantile(FigureCase *test, const cJSON *expect, const char *name, double quantile,
                     const char *part, const char *metric)
{
    if (json_member(expect, name) != NULL && json_member(expect, name)->valuedouble > 0) {
        add(test, expect, name, FIGURE_QUANTILE, part, metric)->quantile = quantile;
    }
}

void vector_positive(FigureCase *test, const cJSON *expect, const char *name, const char *part,
                     const char *metric)
{
    add(test, expect, name, FIGURE_POSITIVE, part, metric);
}

void vector_level(FigureCase *test, const cJSON *expect, const char *name, const char *part,
                  const char *metric)
{
    add(test, expect, name, FIGURE_LEVEL, part, metric);
}

void vector_idle(FigureCase *test, const cJSON *expect, const char *name, const char *part)
{
    Figure *figure = add(test, expect, name, FIGURE_LEVEL, part, "station_busy");

    figure->scale = -1;
    figure->offset = 1;
}

void vector_rate(FigureCase *test, const cJSON *expect, const char *name, const char *part,
                 const char *metric)
{
    add(test, expect, name, FIGURE_RATE, part, metric);
}

Figure *vector_share(FigureCase *test, const cJSON *expect, const char *name, const char *part,
                     const char *metric, const char *other_part, const char *other)
{
    Figure *figure = add(test, expect, name, FIGURE_SHARE, part, metric);

    g_strlcpy(figure->other_part, other_part, sizeof figure->other_part);
    figure->other = other;
    return figure;
}

void vector_complement(Figure *figure)
{
    g_autofree char *name = g_strdup_printf("1 - %s", figure->name);

    figure->expected = 1 - figure->expected;
    g_strlcpy(figure->name, name, sizeof figure->name);
}

static const VectorFamily *const tables[] = {vector_queues, vector_networks, vector_outages};

bool vector_case_make(const cJSON *vector, FigureCase *test)
{
    const char *family = json_member(vector, "family")->valuestring;

    *test = (FigureCase){.precision = 0.02};
    g_strlcpy(test->name, json_member(vector, "id")->valuestring, sizeof test->name);
    g_strlcpy(test->family, family, sizeof test->family);
    for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
        for (const VectorFamily *row = tables[i]; row->family != NULL; row++) {
            if (strcmp(row->family, family) == 0) {
                row->make(test, json_member(vector, "params"), json_member(vector, "expect"));
                return test->count > 0;
            }
        }
    }
    return false;
}
