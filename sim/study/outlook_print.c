/* outlook_print.c - months and money as text and JSON. */
#include <math.h>

#include "sim/base/words.h"
#include "sim/results/export/export_json.h"
#include "sim/study/outlook.h"

static char *describe_range(const Outlook *outlook, double first, double last)
{
    return words_months(outlook->inputs.start, first, last);
}

static const OutlookWall *first_wall(const Outlook *outlook)
{
    const OutlookWall *first = NULL;

    for (guint i = 0; i < outlook->walls->len; i++) {
        const OutlookWall *wall = g_ptr_array_index(outlook->walls, i);
        double months = fmin(wall->linear_first, wall->compound_first);

        if (first == NULL || months < fmin(first->linear_first, first->compound_first)) {
            first = wall;
        }
    }
    return first;
}

static void print_walls(GString *text, const Outlook *outlook)
{
    const OutlookWall *first = first_wall(outlook);
    g_autoptr(GStringChunk) said = g_string_chunk_new(256);

    if (outlook->walls->len == 0) {
        return;
    }
    g_string_append_printf(text,
                           "growth of %s to %s of today a month (linear), or of the month "
                           "before (compound)\n",
                           words_in(said, outlook->inputs.linear_low, "ratio"),
                           words_in(said, outlook->inputs.linear_high, "ratio"));
    for (guint i = 0; i < outlook->walls->len; i++) {
        const OutlookWall *wall = g_ptr_array_index(outlook->walls, i);
        g_autofree char *linear = describe_range(outlook, wall->linear_first, wall->linear_last);
        g_autofree char *compound =
            describe_range(outlook, wall->compound_first, wall->compound_last);

        g_string_append_printf(text, "    %s: %s of %s %s; full %s (linear), %s (compound)%s\n",
                               wall->name, words_in(said, wall->current, NULL),
                               words_in(said, wall->capacity, NULL), wall->unit, linear, compound,
                               wall == first ? "  <- the first wall" : "");
    }
}

static void print_costs(GString *text, const Outlook *outlook)
{
    const OutlookInputs *inputs = &outlook->inputs;
    g_autoptr(GStringChunk) said = g_string_chunk_new(256);

    g_string_append_printf(text, "cost a month (prices of %s, %s)\n", outlook->prices.date,
                           outlook->prices.currency);
    for (guint i = 0; i < outlook->items->len; i++) {
        const OutlookItem *item = g_ptr_array_index(outlook->items, i);

        g_string_append_printf(text, "    %-40s %9s\n", item->name,
                               words_in(said, item->monthly, "money"));
    }
    g_string_append_printf(text, "    %-40s %9s\n", "together",
                           words_in(said, outlook->total, "money"));
    if (inputs->mean_rate > 0) {
        g_string_append_printf(
            text, "    a million requests: %s at %s a second on average\n",
            words_in(said, money_per_million(outlook->total, inputs->mean_rate), "money"),
            words_in(said, inputs->mean_rate, "1/s"));
    }
    if (inputs->target_high > 0) {
        g_string_append_printf(
            text, "    a million requests: %s if it were always %s a second\n",
            words_in(said, money_per_million(outlook->total, inputs->target_high), "money"),
            words_in(said, inputs->target_high, "1/s"));
    }
    if (!isnan(outlook->reserve_ratio)) {
        g_string_append_printf(text,
                               "    of this %s pays for what only the loss of a site needs "
                               "(%s of the capacity)\n",
                               words_in(said, outlook->total * outlook->reserve_ratio, "money"),
                               words_in(said, outlook->reserve_ratio, "ratio"));
    }
}

/* What was not simulated: by the utilisation law, while CPU is what gives way. */
static void print_cpu(GString *text, const Outlook *outlook)
{
    g_autoptr(GStringChunk) said = g_string_chunk_new(128);

    if (!isnan(outlook->cpu_most_s)) {
        g_string_append_printf(text,
                               "by the utilisation law %s a second stop holding in the worst "
                               "case at %s of CPU a request (now %s)\n",
                               words_in(said, outlook->inputs.target_high, "1/s"),
                               words_in(said, outlook->cpu_most_s, "s"),
                               words_in(said, outlook->cpu_now_s, "s"));
    }
}

char *outlook_print(const Outlook *outlook)
{
    GString *text = g_string_new(NULL);

    print_cpu(text, outlook);
    print_walls(text, outlook);
    print_costs(text, outlook);
    return g_string_free(text, FALSE);
}

static cJSON *inputs_to_json(const OutlookInputs *inputs)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "start", inputs->start != NULL ? inputs->start : "");
    export_add_number(json, "target_low", inputs->target_low);
    export_add_number(json, "target_high", inputs->target_high);
    export_add_number(json, "mean_rate", inputs->mean_rate);
    export_add_number(json, "linear_low", inputs->linear_low);
    export_add_number(json, "linear_high", inputs->linear_high);
    export_add_number(json, "compound_low", inputs->compound_low);
    export_add_number(json, "compound_high", inputs->compound_high);
    cJSON_AddStringToObject(json, "cpu", inputs->cpu != NULL ? inputs->cpu : "");
    return json;
}

cJSON *outlook_to_json(const Outlook *outlook)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *list;

    cJSON_AddItemToObject(json, "inputs", inputs_to_json(&outlook->inputs));

    cJSON_AddStringToObject(json, "prices_of", outlook->prices.date);
    cJSON_AddStringToObject(json, "currency", outlook->prices.currency);
    export_add_number(json, "monthly", outlook->total);
    export_add_number(json, "per_million_at_mean",
                      money_per_million(outlook->total, outlook->inputs.mean_rate));
    export_add_number(json, "per_million_at_peak",
                      money_per_million(outlook->total, outlook->inputs.target_high));
    export_add_number(json, "reserve_ratio", outlook->reserve_ratio);
    export_add_number(json, "reserve_monthly", outlook->total * outlook->reserve_ratio);
    cJSON_AddStringToObject(json, "start",
                            outlook->inputs.start != NULL ? outlook->inputs.start : "");
    export_add_number(json, "cpu_now_s", outlook->cpu_now_s);
    export_add_number(json, "cpu_most_s", outlook->cpu_most_s);
    list = cJSON_AddArrayToObject(json, "items");
    for (guint i = 0; i < outlook->items->len; i++) {
        const OutlookItem *item = g_ptr_array_index(outlook->items, i);
        cJSON *row = cJSON_CreateObject();

        cJSON_AddStringToObject(row, "name", item->name);
        export_add_number(row, "monthly", item->monthly);
        cJSON_AddItemToArray(list, row);
    }
    list = cJSON_AddArrayToObject(json, "walls");
    for (guint i = 0; i < outlook->walls->len; i++) {
        const OutlookWall *wall = g_ptr_array_index(outlook->walls, i);
        cJSON *row = cJSON_CreateObject();

        cJSON_AddStringToObject(row, "name", wall->name);
        cJSON_AddStringToObject(row, "unit", wall->unit);
        export_add_number(row, "capacity", wall->capacity);
        export_add_number(row, "current", wall->current);
        export_add_number(row, "months_linear_first", wall->linear_first);
        export_add_number(row, "months_linear_last", wall->linear_last);
        export_add_number(row, "months_compound_first", wall->compound_first);
        export_add_number(row, "months_compound_last", wall->compound_last);
        g_autofree char *linear = describe_range(outlook, wall->linear_first, wall->linear_last);
        g_autofree char *compound =
            describe_range(outlook, wall->compound_first, wall->compound_last);

        cJSON_AddStringToObject(row, "full_linear", linear);
        cJSON_AddStringToObject(row, "full_compound", compound);
        cJSON_AddItemToArray(list, row);
    }
    return json;
}
