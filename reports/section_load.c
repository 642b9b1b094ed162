/* section_load.c - how busy the machines were, by role and site. */
#include <math.h>

#include "reports/check_words.h"
#include "reports/sections.h"
#include "sim/base/words.h"

#define METRIC "utilisation"
#define PHASES_MOST 20 /* columns of the table */

/* One role in one data centre. */
typedef struct Tier {
    const char *role, *dc;
    Levels *levels;
} Tier;

static void clear_tier(Tier *tier)
{
    levels_free(tier->levels);
}

static GArray *list_tiers(const View *view)
{
    GArray *tiers = g_array_new(FALSE, FALSE, sizeof(Tier));
    g_autoptr(GPtrArray) roles = results_meter_values(view->results, METRIC, "role");
    g_autoptr(GPtrArray) dcs = results_meter_values(view->results, METRIC, "dc");

    g_array_set_clear_func(tiers, (GDestroyNotify)clear_tier);
    for (guint i = 0; i + 1 < roles->len; i++) {
        for (guint j = 0; j + 1 < dcs->len; j++) {
            const ResultsComponentFilter filter = {.role = roles->pdata[i], .dc = dcs->pdata[j]};
            Tier tier = {filter.role, filter.dc, levels_new(view, METRIC, &filter, LEVEL_MEAN)};

            if (tier.levels != NULL) {
                g_array_append_val(tiers, tier);
            }
        }
    }
    return tiers;
}

/* The sites of one role: tiers [first, last). */
static Chart *new_panel(const Telling *telling, const GArray *tiers, guint first, guint last)
{
    const Tier *tier = &g_array_index(tiers, Tier, first);
    g_autofree char *title = g_strdup_printf("CPU of role %s", tier->role);
    g_autofree char *label = g_strconcat("role:", tier->role, NULL);
    Chart *chart =
        chart_new(title, "busy (%)", sim_span_to_s(tier->levels->step), tier->levels->step_count);

    chart->width = 460;
    chart->height = 260;
    chart->y_most = 108;
    for (guint i = first; i < last; i++) {
        const Tier *one = &g_array_index(tiers, Tier, i);

        chart_add(chart, one->dc, one->levels->bands, 100);
    }
    view_add_bars(telling->view, chart);
    check_add_limits(telling->view, METRIC, label, 100, chart);
    return chart;
}

static void put_panels(const Telling *telling, const GArray *tiers)
{
    guint first = 0;

    page_open(telling->page, "div", "class", "panels", NULL);
    for (guint i = 1; i <= tiers->len; i++) {
        if (i == tiers->len || !g_str_equal(g_array_index(tiers, Tier, i).role,
                                            g_array_index(tiers, Tier, first).role)) {
            g_autoptr(Chart) chart = new_panel(telling, tiers, first, i);

            page_chart_put(telling->page, telling->drawer, chart, NULL);
            first = i;
        }
    }
    page_close(telling->page, "div");
}

static void put_row(const Telling *telling, const Tier *tier)
{
    const View *view = telling->view;

    page_row_begin(telling->page);
    page_cell(telling->page, tier->role);
    page_cell(telling->page, tier->dc);
    page_cell_format(telling->page, "%u", tier->levels->components);
    for (guint i = 0; i < view->phases->len && i < PHASES_MOST; i++) {
        Estimate mean = levels_phase(tier->levels, i);
        g_autofree char *value = words_value(mean.value, "ratio");
        g_autofree char *interval = words_range(&mean, "ratio");
        g_autofree char *most = words_value(levels_most(tier->levels, i), "ratio");
        g_autofree char *range = g_strdup_printf("%s top %s", interval, most);

        page_cell_range(telling->page, value, range);
    }
    page_row_end(telling->page);
}

static void put_table(const Telling *telling, const GArray *tiers)
{
    const View *view = telling->view;
    g_autoptr(GPtrArray) heads = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *caption = g_strdup_printf(
        "Share of the vCPUs with work on them: mean over the hosts and %u replication%s, interval "
        "by Student's t, and the largest value of any host at any instant. A host that is down "
        "counts as idle. * too few replications for a reliable interval.",
        view->run_count, view->run_count == 1 ? "" : "s");

    g_ptr_array_add(heads, g_strdup("Role"));
    g_ptr_array_add(heads, g_strdup("Site"));
    g_ptr_array_add(heads, g_strdup("#Hosts"));
    for (guint i = 0; i < view->phases->len && i < PHASES_MOST; i++) {
        g_ptr_array_add(heads, g_strconcat("#", view_phase_name(view->phases->pdata[i]), NULL));
    }
    g_ptr_array_add(heads, NULL);
    page_table_begin(telling->page, caption, (const char *const *)heads->pdata);
    for (guint i = 0; i < tiers->len; i++) {
        put_row(telling, &g_array_index(tiers, Tier, i));
    }
    page_table_end(telling->page);
}

void section_load(const Telling *telling)
{
    g_autoptr(GArray) tiers = list_tiers(telling->view);

    section_begin(telling, "load", "CPU by role and site");
    if (tiers->len == 0) {
        page_element(telling->page, "p", NULL, "No host was measured.");
    } else {
        put_panels(telling, tiers);
        put_table(telling, tiers);
    }
    section_end(telling);
}
