/* part_tiers.c - which tier is full when: by the law, by simulation, whole and with sites lost. */
#include <math.h>
#include <string.h>

#include "reports/study/tell.h"
#include "sim/base/words.h"

#define TIERS_SHOWN 6
#define CASES_SHOWN 6

/* --- saturation ----------------------------------------------------------------------------- */

static void put_case(const StudyTelling *telling, const cJSON *one)
{
    const char *name = study_text(one, "case");
    const cJSON *tier = tell_bottleneck(one);
    Interval capacity = study_interval(one, "capacity");

    page_row_begin(telling->page);
    page_cell(telling->page, name);
    if (isfinite(capacity.value)) {
        tell_cell(telling, capacity, "1/s", "capacity %s", name);
    } else {
        page_cell(telling->page, study_text(one, "answer"));
    }
    page_cell(telling->page, study_text(tier, "name"));
    tell_cell(telling, tell_full_at(tier), "1/s", "bottleneck full, %s", name);
    tell_cell(telling, tell_bare(study_number(one, "replications")), "", "replications, %s", name);
    page_cell_class(telling->page, "prose", study_text(one, "binding"));
    page_row_end(telling->page);
}

static void put_law(const StudyTelling *telling, const cJSON *one)
{
    static const char *const heads[] = {"Tier", "#Busy by the law", "#Busy, simulated", "#Full at",
                                        NULL};
    const cJSON *tiers = study_member(one, "tiers");
    const char *name = study_text(one, "case");
    g_autofree char *rate = words_value(study_number(one, "tiers_at_rate"), "1/s");
    g_autofree char *caption =
        g_strdup_printf("Tiers %s at %s/s, the first to be full first", name, rate);

    if (study_count(tiers) == 0) {
        return;
    }
    page_open(telling->page, "details", NULL);
    page_element(telling->page, "summary", NULL, caption);
    page_table_begin(telling->page, caption, heads);
    for (guint i = 0; i < study_count(tiers); i++) {
        const cJSON *tier = study_item(tiers, i);
        const char *tier_name = study_text(tier, "name");

        page_row_begin(telling->page);
        page_cell(telling->page, tier_name);
        tell_cell(telling, tell_bare(study_number(tier, "utilisation_law")), "ratio",
                  "%s busy by the law, %s", tier_name, name);
        tell_cell(telling, study_interval(tier, "utilisation"), "ratio", "%s busy, %s", tier_name,
                  name);
        tell_cell(telling, tell_full_at(tier), "1/s", "%s full at, %s", tier_name, name);
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
    page_close(telling->page, "details");
}

void part_saturation(const StudyTelling *telling)
{
    static const char *const heads[] = {"Case",
                                        "#Carries",
                                        "Bottleneck",
                                        "#Full at, by the law",
                                        "#Replications",
                                        "First promise to give way",
                                        NULL};
    const cJSON *cases = study_member(telling->capacity, "cases");

    if (!tell_begin(telling, 4, "Where it is full", false)) {
        return;
    }
    page_table_begin(
        telling->page,
        "The highest rate at which every promise holds, beside the rate at which the "
        "bottleneck would be full by the utilisation law: what is busy for u at a rate "
        "r is full at r / u",
        heads);
    for (guint i = 0; i < study_count(cases); i++) {
        put_case(telling, study_item(cases, i));
    }
    page_table_end(telling->page);
    for (guint i = 0; i < study_count(cases); i++) {
        const cJSON *one = study_item(cases, i);
        const char *wall = study_text(study_member(one, "wall"), "words");

        if (wall[0] != '\0') {
            tell_say(telling, "%s: %s.", study_text(one, "case"), wall);
        }
    }
    tell_note(telling,
              "The law is the closed form of a tier: in proportion from the heaviest rate tried "
              "at which nothing was over 90 %% busy, else from the lightest; its interval is that "
              "of what "
              "was seen there. Where simulated and lawful differ, work is lost, repeated "
              "or waits for something else.");
    for (guint i = 0; i < study_count(cases); i++) {
        put_law(telling, study_item(cases, i));
    }
    tell_end(telling);
}

/* --- utilisation ---------------------------------------------------------------------------- */

/* All sites up, each one lost, and the worst pair. */
static GPtrArray *cases_to_draw(const cJSON *capacity)
{
    const cJSON *cases = study_member(capacity, "cases");
    const cJSON *pair = tell_worst(capacity, 2);
    GPtrArray *chosen = g_ptr_array_new();

    for (guint i = 0; i < study_count(cases) && chosen->len < CASES_SHOWN; i++) {
        const cJSON *one = study_item(cases, i);

        if (tell_lost(one) < 2 && study_count(study_member(one, "tiers")) > 0) {
            g_ptr_array_add(chosen, (gpointer)one);
        }
    }
    if (pair != NULL && study_count(study_member(pair, "tiers")) > 0) {
        g_ptr_array_add(chosen, (gpointer)pair);
    }
    return chosen;
}

/* The busiest tiers of any case. */
static GPtrArray *tiers_to_draw(const GPtrArray *cases)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint rank = 0; rank < TIERS_SHOWN; rank++) {
        for (guint i = 0; i < cases->len; i++) {
            const cJSON *tier = study_item(study_member(cases->pdata[i], "tiers"), rank);
            const char *name = study_text(tier, "name");

            if (tier != NULL && names->len < TIERS_SHOWN &&
                !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL)) {
                g_ptr_array_add(names, (gpointer)name);
            }
        }
    }
    return names;
}

static void add_case(Plot *plot, PlotSeries *whiskers, const cJSON *one, guint index, guint cases,
                     const GPtrArray *tiers)
{
    PlotSeries *series = plot_add(plot, study_text(one, "case"), PLOT_BOX);
    double thickness = 0.8 / cases;

    for (guint i = 0; i < tiers->len; i++) {
        const cJSON *tier = study_with(study_member(one, "tiers"), "name", tiers->pdata[i]);
        Interval busy = study_interval(tier, "utilisation");
        double at = i + (index + 0.5) * thickness - 0.4;

        if (isfinite(busy.value)) {
            plot_add_row(series, 0.85 * thickness, at, 0, 100 * busy.value);
            plot_add_row(whiskers, 100 * busy.value, at, 100 * busy.low, 100 * busy.high);
        }
    }
}

static void put_busy_numbers(const StudyTelling *telling, const GPtrArray *cases,
                             const GPtrArray *tiers)
{
    g_autoptr(GPtrArray) heads = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(heads, g_strdup("Tier"));
    for (guint i = 0; i < cases->len; i++) {
        g_ptr_array_add(heads, g_strconcat("#", study_text(cases->pdata[i], "case"), NULL));
    }
    g_ptr_array_add(heads, NULL);
    page_table_begin(telling->page, "Share of the time busy at the capacity of each case",
                     (const char *const *)heads->pdata);
    for (guint i = 0; i < tiers->len; i++) {
        page_row_begin(telling->page);
        page_cell(telling->page, tiers->pdata[i]);
        for (guint k = 0; k < cases->len; k++) {
            const cJSON *tier =
                study_with(study_member(cases->pdata[k], "tiers"), "name", tiers->pdata[i]);

            tell_cell(telling, study_interval(tier, "utilisation"), "ratio", "%s busy, %s",
                      (const char *)tiers->pdata[i], study_text(cases->pdata[k], "case"));
        }
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
}

static void put_busy(const StudyTelling *telling, const GPtrArray *cases, const GPtrArray *tiers)
{
    g_autoptr(Plot) plot =
        plot_new("How busy each tier is when the capacity is reached", "busy (%)", "");
    PlotSeries *whiskers = plot_add(plot, "interval", PLOT_WHISKER);

    for (guint k = 0; k < cases->len; k++) {
        add_case(plot, whiskers, cases->pdata[k], k, cases->len, tiers);
    }
    for (guint i = 0; i < tiers->len; i++) {
        plot_add_tic(plot, tiers->pdata[i], i, true);
    }
    plot_add_line(plot, "full", 100, false);
    plot->x_from = 0;
    plot->x_to = 110;
    plot->y_from = tiers->len - 0.4;
    plot->y_to = -0.8;
    plot->left = 24;
    plot->height = (int)(110 + tiers->len * MAX(34, 16 * cases->len));
    page_plot_begin(telling->page, telling->drawer, plot,
                    "Each case at its own capacity; the thin lines are the intervals.");
    put_busy_numbers(telling, cases, tiers);
    page_plot_end(telling->page);
}

void part_utilisation(const StudyTelling *telling)
{
    g_autoptr(GPtrArray) cases = cases_to_draw(telling->capacity);
    g_autoptr(GPtrArray) tiers = tiers_to_draw(cases);

    if (!tell_begin(telling, 5, "How busy each tier is", false)) {
        return;
    }
    if (tiers->len == 0) {
        tell_note(telling, "No tier of this system reports how busy it is.");
        tell_end(telling);
        return;
    }
    put_busy(telling, cases, tiers);
    for (guint i = 0; i < cases->len; i++) {
        tell_say(telling, "%s: %s is full first.", study_text(cases->pdata[i], "case"),
                 study_text(tell_bottleneck(cases->pdata[i]), "name"));
    }
    if (tell_worst(telling->capacity, 2) == NULL) {
        tell_note(telling,
                  "Two lost sites at once were not asked: 'dcdrill capacity %s --n-minus "
                  "2' does.",
                  tell_scenario(telling));
    }
    tell_end(telling);
}

/* --- static stability ----------------------------------------------------------------------- */

static void put_safe(const StudyTelling *telling, const cJSON *intact, double rate)
{
    static const char *const heads[] = {"Tier", "#Busy at most, all sites up", NULL};
    const cJSON *tiers = study_member(intact, "tiers");

    page_table_begin(telling->page, "How busy each tier may be while all sites are up", heads);
    for (guint i = 0; i < study_count(tiers); i++) {
        const cJSON *tier = study_item(tiers, i);

        page_row_begin(telling->page);
        page_cell(telling->page, study_text(tier, "name"));
        tell_cell(telling, tell_bare(rate / study_number(tier, "saturation_rate")), "ratio",
                  "%s safely busy", study_text(tier, "name"));
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
}

static void put_shares(const StudyTelling *telling)
{
    static const char *const heads[] = {"Case", "Site", "#Answers", "Part", NULL};
    const cJSON *cases = study_member(telling->capacity, "cases");

    if (study_count(study_member(study_item(cases, 0), "shares")) == 0) {
        return;
    }
    tell_head(telling, "Who answers");
    page_table_begin(telling->page, "Share of the requests that each site answers", heads);
    for (guint i = 0; i < study_count(cases); i++) {
        const cJSON *one = study_item(cases, i);
        const cJSON *shares = study_member(one, "shares");

        for (guint k = 0; k < study_count(shares); k++) {
            const cJSON *share = study_item(shares, k);

            page_row_begin(telling->page);
            page_cell(telling->page, study_text(one, "case"));
            page_cell(telling->page, study_text(share, "dc"));
            tell_cell(telling, tell_bare(study_number(share, "share")), "ratio",
                      "answered by %s, %s", study_text(share, "dc"), study_text(one, "case"));
            page_cell(telling->page,
                      cJSON_IsTrue(study_member(share, "backup")) ? "backup" : "serves users");
            page_row_end(telling->page);
        }
    }
    page_table_end(telling->page);
}

/* Beside what was simulated: with n sites that serve users, each may be busy for (n - 1) / n of
 * what it can, so that the others carry its share. Source: N + 1 redundancy; the simulation
 * methodology, section 13, part 6 (u n / (n - f)). */
static void say_closed_form(const StudyTelling *telling, const cJSON *intact, Interval simulated)
{
    const cJSON *sites = study_member(study_member(telling->capacity, "basis"), "sites");
    double whole = study_interval(intact, "capacity").value;
    guint live = 0;

    for (guint i = 0; i < study_count(sites); i++) {
        live += cJSON_IsTrue(study_member(study_item(sites, i), "live")) ? 1 : 0;
    }
    if (live < 2 || !isfinite(whole)) {
        return;
    }
    double even = whole * (live - 1) / live;

    tell_say(
        telling,
        "By the closed form, with the users of a lost site spread evenly over the %u others "
        "that serve users and none on backup sites, it would be %s; simulated is %s. What lies "
        "between is who really takes over: backup sites, and the nearest sites rather than "
        "all.",
        live - 1,
        tell_figure(telling, even, (double)NAN, (double)NAN, "1/s",
                    "closed form with one site lost, spread evenly"),
        simulated.low > even    ? "more"
        : simulated.high < even ? "less"
                                : "the same within its interval");
}

void part_stability(const StudyTelling *telling)
{
    const cJSON *intact = tell_worst(telling->capacity, 0);
    const cJSON *worst = tell_worst(telling->capacity, 1);
    Interval rate = study_interval(worst, "capacity");
    double sure = study_number(study_member(worst, "wall"), "nine_in_ten"); /* NAN: no wall */

    if (!tell_begin(telling, 6, "When a site is lost and nobody acts", false)) {
        return;
    }
    if (worst == NULL) {
        tell_note(telling, "Not asked: 'dcdrill capacity %s --n-minus 1' loses each site in turn.",
                  tell_scenario(telling));
    } else if (!isfinite(rate.value)) {
        tell_say(telling, "%s: %s.", study_text(worst, "case"), study_text(worst, "answer"));
    } else {
        tell_say(
            telling,
            "Up to %s the loss of any one site needs no action: no server is added, nothing is "
            "switched. The worst loss is %s.",
            tell_figure(telling, rate.value, rate.low, rate.high, "1/s",
                        "carried with any one site lost"),
            study_text(worst, "case"));
        if (isfinite(sure)) {
            tell_say(telling,
                     "That is the rate that every second replication holds; nine in ten hold up to "
                     "%s, and the shares below are for that.",
                     tell_figure(telling, sure, (double)NAN, (double)NAN, "1/s",
                                 "carried with any one site lost, nine in ten"));
        }
        say_closed_form(telling, intact, rate);
        put_safe(telling, intact, isfinite(sure) ? sure : rate.value);
    }
    put_shares(telling);
    tell_end(telling);
}
