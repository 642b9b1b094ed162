/* tell.c - sentences and figures, into the page and the ledger at once. */
#include "reports/study/tell.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "sim/base/words.h"

/* --- parts ---------------------------------------------------------------------------------- */

bool tell_begin(const StudyTelling *telling, guint number, const char *title, bool has_something)
{
    g_autofree char *id = g_strdup_printf("part-%u", number);

    if (telling->capacity == NULL && !has_something) {
        g_ptr_array_add(telling->left_out, g_strdup(title));
        return false;
    }
    ledger_begin_part(telling->ledger, number, title);
    page_open(telling->page, "section", "id", id, NULL);
    page_element_format(telling->page, "h2", NULL, "%u. %s", number, title);
    return true;
}

void tell_end(const StudyTelling *telling)
{
    page_close(telling->page, "section");
}

void tell_head(const StudyTelling *telling, const char *title)
{
    page_element(telling->page, "h3", NULL, title);
}

static void say(const StudyTelling *telling, const char *class, const char *format,
                va_list arguments) G_GNUC_PRINTF(3, 0);

static void say(const StudyTelling *telling, const char *class, const char *format,
                va_list arguments)
{
    g_autofree char *text = g_strdup_vprintf(format, arguments);

    page_element(telling->page, "p", class, text);
    ledger_add_sentence(telling->ledger, text);
}

void tell_say(const StudyTelling *telling, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(telling, NULL, format, arguments);
    va_end(arguments);
}

void tell_note(const StudyTelling *telling, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(telling, "note", format, arguments);
    va_end(arguments);
}

/* --- figures -------------------------------------------------------------------------------- */

const char *tell_figure(const StudyTelling *telling, double value, double low, double high,
                        const char *unit, const char *format, ...)
{
    g_autofree char *name = NULL;
    va_list arguments;

    va_start(arguments, format);
    name = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return ledger_add(telling->ledger, name, value, low, high, unit, NULL)->printed;
}

/* The interval stands below the value. */
static void put_cell(const StudyTelling *telling, const LedgerFigure *figure)
{
    const char *range = strstr(figure->printed, " [");
    g_autofree char *value = range != NULL
                                 ? g_strndup(figure->printed, (gsize)(range - figure->printed))
                                 : g_strdup(figure->printed);
    g_autofree char *key = g_strdup_printf("%u %s", figure->part, figure->name);

    page_cell_figure(telling->page, key, value, range != NULL ? range + 1 : NULL);
}

void tell_cell(const StudyTelling *telling, Interval value, const char *unit, const char *format,
               ...)
{
    g_autofree char *name = NULL;
    va_list arguments;

    va_start(arguments, format);
    name = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    put_cell(telling,
             ledger_add(telling->ledger, name, value.value, value.low, value.high, unit, NULL));
}

void tell_cell_money(const StudyTelling *telling, double amount, const char *currency,
                     const char *format, ...)
{
    g_autofree char *name = NULL;
    va_list arguments;

    va_start(arguments, format);
    name = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    put_cell(telling, ledger_add(telling->ledger, name, amount, (double)NAN, (double)NAN, "money",
                                 currency));
}

Interval tell_bare(double value)
{
    return (Interval){value, (double)NAN, (double)NAN};
}

const char *tell_scenario(const StudyTelling *telling)
{
    for (guint i = 0; i < telling->files->len; i++) {
        const StudyFile *file = g_ptr_array_index(telling->files, i);
        const char *own = study_text(file->json, "scenario");
        const char *path = own[0] != '\0' ? own : study_text(file->json, "before");

        if (path[0] != '\0') {
            return path;
        }
    }
    return "FILE";
}

/* --- cases ---------------------------------------------------------------------------------- */

guint tell_lost(const cJSON *one)
{
    const char *name = study_text(one, "case");
    const cJSON *lost = study_member(one, "lost");

    if (lost != NULL) {
        return study_count(lost);
    }
    return !g_str_has_prefix(name, "without ") ? 0 : strstr(name, " and ") != NULL ? 2 : 1;
}

/* What the case carries at least, as a number to compare by. */
static double rank_of(const cJSON *one)
{
    const char *end = study_text(one, "end");

    if (strcmp(end, "always") == 0) {
        return (double)INFINITY;
    }
    if (strcmp(end, "found") != 0 && strcmp(end, "not-converged") != 0) {
        return -1;
    }
    return study_interval(one, "capacity").value;
}

const cJSON *tell_worst(const cJSON *capacity, guint lost)
{
    const cJSON *cases = study_member(capacity, "cases");
    const cJSON *worst = NULL;

    for (guint i = 0; i < study_count(cases); i++) {
        const cJSON *one = study_item(cases, i);

        if (tell_lost(one) == lost && (worst == NULL || rank_of(one) < rank_of(worst))) {
            worst = one;
        }
    }
    return worst;
}

char *tell_capacity(const StudyTelling *telling, const cJSON *one)
{
    Interval rate = study_interval(one, "capacity");

    return isfinite(rate.value)
               ? g_strdup(tell_figure(telling, rate.value, rate.low, rate.high, "1/s",
                                      "capacity %s", study_text(one, "case")))
               : g_strdup(study_text(one, "answer"));
}

int tell_carries(const cJSON *one, double rate)
{
    const char *end = study_text(one, "end");
    const cJSON *looks = study_member(one, "looks");
    Interval capacity = study_interval(one, "capacity");

    if (strcmp(end, "never") == 0) {
        return study_number(study_item(looks, 0), "rate") <= rate ? 0 : -1;
    }
    if (strcmp(end, "always") == 0) {
        return study_number(study_item(looks, study_count(looks) - 1), "rate") >= rate ? 1 : -1;
    }
    double sure = study_number(study_member(one, "wall"), "nine_in_ten"); /* NAN: no wall */

    return capacity.low >= rate && !(sure < rate) ? 1 : capacity.high < rate ? 0 : -1;
}

const cJSON *tell_bottleneck(const cJSON *one)
{
    return study_item(study_member(one, "tiers"), 0);
}

Interval tell_full_at(const cJSON *tier)
{
    Interval full = study_interval(tier, "saturation");

    full.value = study_number(tier, "saturation_rate");
    return full;
}
