/* part_money.c - how long it lasts, and what it costs. */
#include <math.h>
#include <string.h>

#include "reports/study/tell.h"
#include "sim/base/words.h"

#define WALLS_SHOWN 4

/* --- growth --------------------------------------------------------------------------------- */

/* Months until a wall; what is no number is never reached. */
static double months_of(const cJSON *wall, const char *name)
{
    double months = study_number(wall, name);

    return isfinite(months) ? months : (double)INFINITY;
}

double growth_first_months(const cJSON *wall)
{
    return fmin(months_of(wall, "months_linear_first"), months_of(wall, "months_compound_first"));
}

const cJSON *growth_first_wall(const cJSON *walls)
{
    const cJSON *first = NULL;

    for (guint i = 0; i < study_count(walls); i++) {
        if (first == NULL ||
            growth_first_months(study_item(walls, i)) < growth_first_months(first)) {
            first = study_item(walls, i);
        }
    }
    return first;
}

/* From the earlier to the later date, at the high and at the low end of the growth. */
static void put_months(const StudyTelling *telling, const cJSON *wall, const char *first,
                       const char *last, const char *growth)
{
    const char *start =
        study_text(study_member(study_member(telling->capacity, "outlook"), "inputs"), "start");
    double from = months_of(wall, first);
    double to = months_of(wall, last);
    g_autofree char *months = words_months(start, from, to);

    tell_cell(telling, tell_bare(from), "months", "%s full at the earliest, %s growth",
              study_text(wall, "name"), growth);
    tell_cell(telling, tell_bare(to), "months", "%s full at the latest, %s growth",
              study_text(wall, "name"), growth);
    page_cell(telling->page, months);
}

static void put_walls(const StudyTelling *telling, const cJSON *walls)
{
    static const char *const heads[] = {"Wall",
                                        "#Today",
                                        "#Full at",
                                        "Unit",
                                        "#Linear, earliest",
                                        "#latest",
                                        "Month",
                                        "#Compound, earliest",
                                        "#latest",
                                        "Month",
                                        NULL};

    page_table_begin(telling->page,
                     "What is full when, at the high and at the low end of the growth", heads);
    for (guint i = 0; i < study_count(walls); i++) {
        const cJSON *wall = study_item(walls, i);
        const char *name = study_text(wall, "name");

        page_row_begin(telling->page);
        page_cell(telling->page, name);
        tell_cell(telling, tell_bare(study_number(wall, "current")), "", "%s today", name);
        tell_cell(telling, tell_bare(study_number(wall, "capacity")), "", "%s at most", name);
        page_cell(telling->page, study_text(wall, "unit"));
        put_months(telling, wall, "months_linear_first", "months_linear_last", "linear");
        put_months(telling, wall, "months_compound_first", "months_compound_last", "compound");
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
}

static double grown(double share, double growth, double months, bool is_compound)
{
    return is_compound ? share * pow(1 + growth, months) : share * (1 + growth * months);
}

/* How full a wall is over the months: the line in the middle of the linear growth, the band from
 * the slowest linear to the fastest compound one. */
static void add_wall(Plot *plot, const cJSON *wall, const cJSON *inputs, double most)
{
    PlotSeries *series = plot_add(plot, study_text(wall, "name"), PLOT_STEADY);
    double share = study_number(wall, "current") / study_number(wall, "capacity");
    double low = study_number(inputs, "linear_low");
    double high = study_number(inputs, "compound_high");
    double middle = (low + study_number(inputs, "linear_high")) / 2;

    for (guint i = 0; i <= 60; i++) {
        double months = most * i / 60;

        plot_add_row(series, months, fmin(100 * grown(share, middle, months, false), 200),
                     fmin(100 * grown(share, low, months, false), 200),
                     fmin(100 * grown(share, high, months, true), 200));
    }
}

static void put_growth(const StudyTelling *telling, const cJSON *outlook, const cJSON *walls)
{
    const cJSON *inputs = study_member(outlook, "inputs");
    g_autoptr(Plot) plot = plot_new("How full each wall is over the coming months",
                                    "months from the start", "full (%)");
    double last = months_of(growth_first_wall(walls), "months_linear_last");
    double most = fmin(fmax(isfinite(last) ? 1.15 * last : 60, 12), 120);

    for (guint i = 0; i < MIN(study_count(walls), WALLS_SHOWN); i++) {
        add_wall(plot, study_item(walls, i), inputs, most);
    }
    plot_add_line(plot, "full", 100, true);
    plot->x_from = plot->y_from = 0;
    plot->x_to = most;
    plot->y_to = 130;
    page_plot_begin(telling->page, telling->drawer, plot,
                    "Lines: the middle of the linear growth. Bands: from the slowest linear growth "
                    "to the fastest compound one.");
    put_walls(telling, walls);
    page_plot_end(telling->page);
}

void part_growth(const StudyTelling *telling)
{
    const cJSON *outlook = study_member(telling->capacity, "outlook");
    const cJSON *walls = study_member(outlook, "walls");
    const cJSON *first = growth_first_wall(walls);

    if (!tell_begin(telling, 9, "Growth: how long it lasts", false)) {
        return;
    }
    if (first == NULL) {
        tell_note(telling,
                  "Not asked: growth, data and quotas stand in \"search\": {\"capacity\": {...}} "
                  "of the scenario (scenarios/capacity/five-dc.json has them all).");
        tell_end(telling);
        return;
    }
    if (isfinite(growth_first_months(first))) {
        tell_say(telling, "The first wall is '%s': full in %s at the earliest.",
                 study_text(first, "name"),
                 tell_figure(telling, growth_first_months(first), (double)NAN, (double)NAN,
                             "months", "first wall, at the earliest"));
    } else {
        tell_say(telling, "No wall is reached at this growth.");
    }
    put_growth(telling, outlook, walls);
    tell_end(telling);
}

/* --- cost ----------------------------------------------------------------------------------- */

static void put_items(const StudyTelling *telling, const cJSON *outlook)
{
    static const char *const heads[] = {"Item", "#A month", NULL};
    const cJSON *items = study_member(outlook, "items");
    const char *currency = study_text(outlook, "currency");
    g_autoptr(Plot) plot = plot_new("What a month costs, item by item", currency, "");
    double sum = 0;

    for (guint i = 0; i < study_count(items); i++) {
        const cJSON *item = study_item(items, i);
        double amount = study_number(item, "monthly");

        if (amount > 0) {
            plot_add_row(plot_add(plot, study_text(item, "name"), PLOT_BOX), 0.6, 0, sum,
                         sum + amount);
            sum += amount;
        }
    }
    plot->x_from = 0;
    plot->y_from = -0.5;
    plot->y_to = 0.5;
    plot->height = 150;
    plot->left = 4;
    plot_add_tic(plot, "", 0, true);
    page_plot_begin(telling->page, telling->drawer, plot, NULL);
    page_table_begin(telling->page, "Cost a month by item", heads);
    for (guint i = 0; i < study_count(items); i++) {
        const cJSON *item = study_item(items, i);

        page_row_begin(telling->page);
        page_cell(telling->page, study_text(item, "name"));
        tell_cell_money(telling, study_number(item, "monthly"), currency, "%s a month",
                        study_text(item, "name"));
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
    page_plot_end(telling->page);
}

static void put_totals(const StudyTelling *telling, const cJSON *outlook)
{
    static const char *const heads[] = {"Cost", "#Amount", NULL};
    const char *currency = study_text(outlook, "currency");
    double monthly = study_number(outlook, "monthly");
    double reserve = study_number(outlook, "reserve_ratio");
    const struct {
        const char *name;
        double amount;
    } rows[] = {
        {"a month, together", monthly},
        {"a million requests at the average rate", study_number(outlook, "per_million_at_mean")},
        {"a million requests if it were always the peak",
         study_number(outlook, "per_million_at_peak")},
        {"a month for what only the loss of a site needs", monthly * reserve},
    };

    page_table_begin(telling->page, "What it costs", heads);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (isfinite(rows[i].amount)) {
            page_row_begin(telling->page);
            page_cell(telling->page, rows[i].name);
            tell_cell_money(telling, rows[i].amount, currency, "%s", rows[i].name);
            page_row_end(telling->page);
        }
    }
    page_table_end(telling->page);
    if (!isfinite(reserve)) {
        tell_note(telling, "What the reserve for a lost site costs is known when its loss is "
                           "asked: --n-minus 1.");
    }
}

void part_cost(const StudyTelling *telling)
{
    const cJSON *outlook = study_member(telling->capacity, "outlook");

    if (!tell_begin(telling, 10, "Cost", false)) {
        return;
    }
    if (outlook == NULL) {
        tell_note(telling,
                  "Not asked: 'dcdrill capacity %s --prices scenarios/data/prices.json' "
                  "does.",
                  tell_scenario(telling));
    } else {
        put_totals(telling, outlook);
        put_items(telling, outlook);
    }
    tell_end(telling);
}
