/* ledger.c - one list of figures, from which all forms of a report are made. */
#include "reports/study/ledger.h"

#include <math.h>
#include <string.h>

#include "sim/base/words.h"
#include "sim/results/export/export_json.h"

static void part_free(LedgerPart *part)
{
    g_free(part->title);
    g_ptr_array_unref(part->sentences);
    g_free(part);
}

static void figure_free(LedgerFigure *figure)
{
    g_free(figure->name);
    g_free(figure->currency);
    g_free(figure->printed);
    g_free(figure);
}

Ledger *ledger_new(const char *title)
{
    Ledger *ledger = g_new0(Ledger, 1);

    ledger->title = g_strdup(title);
    ledger->parts = g_ptr_array_new_with_free_func((GDestroyNotify)part_free);
    ledger->figures = g_ptr_array_new_with_free_func((GDestroyNotify)figure_free);
    return ledger;
}

void ledger_free(Ledger *ledger)
{
    if (ledger != NULL) {
        g_free(ledger->title);
        g_ptr_array_unref(ledger->parts);
        g_ptr_array_unref(ledger->figures);
        g_free(ledger);
    }
}

void ledger_begin_part(Ledger *ledger, guint number, const char *title)
{
    LedgerPart *part = g_new0(LedgerPart, 1);

    part->number = number;
    part->title = g_strdup(title);
    part->sentences = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(ledger->parts, part);
}

static LedgerPart *last_part(const Ledger *ledger)
{
    g_assert_cmpuint(ledger->parts->len, >, 0);
    return g_ptr_array_index(ledger->parts, ledger->parts->len - 1);
}

/* Text as others read it: UTF-8, one line. */
static char *make_plain(const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);

    for (char *at = valid; *at != '\0'; at++) {
        if (g_ascii_iscntrl(*at)) {
            *at = ' ';
        }
    }
    return valid;
}

void ledger_add_sentence(Ledger *ledger, const char *text)
{
    g_ptr_array_add(last_part(ledger)->sentences, make_plain(text));
}

/* --- figures -------------------------------------------------------------------------------- */

static bool is_taken(const Ledger *ledger, guint part, const char *name)
{
    for (guint i = 0; i < ledger->figures->len; i++) {
        const LedgerFigure *figure = g_ptr_array_index(ledger->figures, i);

        if (figure->part == part && strcmp(figure->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static char *name_freely(const Ledger *ledger, guint part, const char *wanted)
{
    g_autofree char *plain = make_plain(wanted);
    char *name = g_strdup(plain);

    for (guint i = 2; is_taken(ledger, part, name); i++) {
        g_free(name);
        name = g_strdup_printf("%s (%u)", plain, i);
    }
    return name;
}

static const char *suffix_of(const LedgerFigure *figure)
{
    if (strcmp(figure->unit, "1/s") == 0) {
        return "/s";
    }
    return strcmp(figure->unit, "months") == 0 ? " months" : "";
}

static char *print(const LedgerFigure *figure)
{
    g_autofree char *value = words_value(figure->value, figure->unit);
    g_autofree char *whole =
        words_with_interval(figure->value, figure->low, figure->high, figure->unit);
    bool is_number = isfinite(figure->value);

    if (!is_number) {
        return g_strdup(isinf(figure->value) ? "never" : WORDS_NONE);
    }
    if (isnan(figure->low) && figure->high == figure->value) {
        return g_strdup_printf("at most %s%s", value, suffix_of(figure));
    }
    return g_strconcat(value, suffix_of(figure), figure->currency != NULL ? " " : "",
                       figure->currency != NULL ? figure->currency : "", whole + strlen(value),
                       NULL);
}

const LedgerFigure *ledger_add(Ledger *ledger, const char *name, double value, double low,
                               double high, const char *unit, const char *currency)
{
    LedgerFigure *figure = g_new0(LedgerFigure, 1);
    bool has_interval = isfinite(low) || isfinite(high);

    figure->part = last_part(ledger)->number;
    figure->name = name_freely(ledger, figure->part, name);
    figure->value = value;
    figure->low = has_interval ? low : (double)NAN;
    figure->high = has_interval ? high : (double)NAN;
    figure->unit = unit != NULL ? unit : "";
    figure->currency = currency != NULL ? make_plain(currency) : NULL;
    figure->printed = print(figure);
    g_ptr_array_add(ledger->figures, figure);
    return figure;
}

/* --- other forms ---------------------------------------------------------------------------- */

static cJSON *figure_to_json(const LedgerFigure *figure)
{
    cJSON *row = cJSON_CreateObject();

    cJSON_AddStringToObject(row, "name", figure->name);
    export_add_number(row, "value", figure->value);
    export_add_number(row, "low", figure->low);
    export_add_number(row, "high", figure->high);
    cJSON_AddStringToObject(row, "unit",
                            figure->currency != NULL ? figure->currency : figure->unit);
    cJSON_AddStringToObject(row, "printed", figure->printed);
    return row;
}

static cJSON *part_to_json(const Ledger *ledger, const LedgerPart *part)
{
    cJSON *row = cJSON_CreateObject();
    cJSON *list;

    cJSON_AddNumberToObject(row, "part", part->number);
    cJSON_AddStringToObject(row, "title", part->title);
    list = cJSON_AddArrayToObject(row, "says");
    for (guint i = 0; i < part->sentences->len; i++) {
        cJSON_AddItemToArray(list, cJSON_CreateString(part->sentences->pdata[i]));
    }
    list = cJSON_AddArrayToObject(row, "figures");
    for (guint i = 0; i < ledger->figures->len; i++) {
        const LedgerFigure *figure = g_ptr_array_index(ledger->figures, i);

        if (figure->part == part->number) {
            cJSON_AddItemToArray(list, figure_to_json(figure));
        }
    }
    return row;
}

char *ledger_to_json(const Ledger *ledger)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *list;
    char *printed;
    char *text;

    cJSON_AddStringToObject(json, "format", "dcdrill-report-1");
    cJSON_AddStringToObject(json, "title", ledger->title);
    list = cJSON_AddArrayToObject(json, "parts");
    for (guint i = 0; i < ledger->parts->len; i++) {
        cJSON_AddItemToArray(list, part_to_json(ledger, ledger->parts->pdata[i]));
    }
    printed = cJSON_Print(json);
    text = g_strconcat(printed, "\n", NULL);
    cJSON_free(printed);
    cJSON_Delete(json);
    return text;
}

static void append_field(GString *text, const char *field)
{
    g_string_append_c(text, '"');
    for (const char *at = field; *at != '\0'; at++) {
        g_string_append(text, *at == '"' ? "\"" : "");
        g_string_append_c(text, *at);
    }
    g_string_append_c(text, '"');
}

char *ledger_to_csv(const Ledger *ledger)
{
    GString *text = g_string_new("part,name,value,low,high,unit,printed\n");

    for (guint i = 0; i < ledger->figures->len; i++) {
        const LedgerFigure *figure = g_ptr_array_index(ledger->figures, i);
        const double values[] = {figure->value, figure->low, figure->high};

        g_string_append_printf(text, "%u,", figure->part);
        append_field(text, figure->name);
        for (guint k = 0; k < G_N_ELEMENTS(values); k++) {
            char number[EXPORT_NUMBER_TEXT];

            g_string_append_printf(text, ",%s",
                                   isfinite(values[k]) ? export_number(values[k], number) : "");
        }
        g_string_append_c(text, ',');
        append_field(text, figure->currency != NULL ? figure->currency : figure->unit);
        g_string_append_c(text, ',');
        append_field(text, figure->printed);
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

char *ledger_to_text(const Ledger *ledger)
{
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "%s\n", ledger->title);
    for (guint i = 0; i < ledger->parts->len; i++) {
        const LedgerPart *part = g_ptr_array_index(ledger->parts, i);

        g_string_append_printf(text, "\n%u. %s\n", part->number, part->title);
        for (guint k = 0; k < part->sentences->len; k++) {
            g_string_append_printf(text, "   %s\n", (char *)part->sentences->pdata[k]);
        }
        for (guint k = 0; k < ledger->figures->len; k++) {
            const LedgerFigure *figure = g_ptr_array_index(ledger->figures, k);

            if (figure->part == part->number) {
                g_string_append_printf(text, "   - %s: %s\n", figure->name, figure->printed);
            }
        }
    }
    return g_string_free(text, FALSE);
}
