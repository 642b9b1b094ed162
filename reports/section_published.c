/* section_published.c - what others have published of what was simulated here, beside it. */
#include <cjson/cJSON.h>
#include <math.h>

#include "reports/sections.h"
#include "sim/base/words.h"

static const char *text_of(const cJSON *row, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(row, name);

    return cJSON_IsString(item) ? item->valuestring : "";
}

static double number_of(const cJSON *row, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(row, name);

    return cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
}

static void put_row(const Telling *telling, const cJSON *row)
{
    const char *unit = text_of(row, "unit");
    g_autofree char *published = words_value(number_of(row, "published"), unit);
    g_autofree char *observed = words_value(number_of(row, "observed"), unit);
    g_autofree char *range = words_interval(number_of(row, "low"), number_of(row, "high"), unit);
    const char *comparison = text_of(row, "comparison");

    page_row_begin(telling->page);
    page_cell(telling->page, text_of(row, "name"));
    page_cell_format(telling->page, "%s %s", text_of(row, "metric"), text_of(row, "aggregate"));
    page_cell_format(telling->page, "%s%s%s", comparison, *comparison != '\0' ? " " : "",
                     published);
    page_cell_range(telling->page, observed, range);
    page_cell_class(telling->page, "prose", text_of(row, "source"));
    page_cell_class(telling->page, "prose", text_of(row, "note"));
    page_cell_class(telling->page, "prose", text_of(row, "method"));
    page_row_end(telling->page);
}

void section_published(const Telling *telling)
{
    static const char *const heads[] = {"Figure", "Metric",          "#Published", "#Simulated",
                                        "Source", "Why they differ", "Method",     NULL};
    const char *text = view_fact(telling->view, "published", NULL);
    cJSON *rows = text != NULL ? cJSON_Parse(text) : NULL;
    const cJSON *row;

    section_begin(telling, "published", "Beside what was published");
    if (cJSON_GetArraySize(rows) == 0) {
        page_element(telling->page, "p", NULL, "The scenario states no published figures.");
    } else {
        page_table_begin(telling->page,
                         "What others published, and what was simulated; nothing is judged by it",
                         heads);
        cJSON_ArrayForEach(row, rows)
        {
            put_row(telling, row);
        }
        page_table_end(telling->page);
    }
    cJSON_Delete(rows);
    section_end(telling);
}
