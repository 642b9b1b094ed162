/* report.c - the page: all campaigns, each told by its sections. */
#include "reports/report.h"

#include "reports/check_words.h"
#include "reports/report_frame.h"
#include "reports/sections.h"
#include "reports/style.h"
#include "sim/base/file_whole.h"
#include "sim/base/words.h"
#include "sim/results/results_export.h"

/* The order of a capacity's report, as far as a drill has its parts: the answer first, what is
 * assumed, load and tiers, fail-over, data, the evidence last. */
static const struct {
    const char *id, *title; /* in the contents; NULL: not there */
    void (*tell)(const Telling *telling);
} sections[] = {
    {"checks", "Checks", section_answer},
    {"assumptions", "What is assumed", section_assumptions},
    {"requests", "Requests", section_requests},
    {"load", "CPU", section_load},
    {"faults", "What was done", section_faults},
    {"reroute", "Who was rerouted when", section_reroute},
    {"watch", "What monitors said", section_watch},
    {"data", "Database and data", section_data},
    {"steady", "Steady or not", section_steady},
    {"theory", "Beside theory", section_theory},
    {"published", "Beside what was published", section_published},
    {"method", "Evidence", section_method},
};

/* --- the frame ------------------------------------------------------------------------------ */

void report_frame_put_head(Page *page, const char *title)
{
    page_raw(page, "<!DOCTYPE html>\n");
    page_open(page, "html", "lang", "en", NULL);
    page_open(page, "head", NULL);
    page_raw(page, "<meta charset=\"utf-8\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                   "style-src 'unsafe-inline'\">\n");
    page_element(page, "title", NULL, title);
    page_open(page, "style", NULL);
    page_raw(page, style_text);
    page_close(page, "style");
    page_close(page, "head");
}

static void put_contents(Page *page, const char *anchor)
{
    page_open(page, "nav", "aria-label", "Contents", NULL);
    page_open(page, "ul", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(sections); i++) {
        g_autofree char *target = g_strdup_printf("#%s-%s", anchor, sections[i].id);

        page_open(page, "li", NULL);
        page_open(page, "a", "href", target, NULL);
        page_text(page, sections[i].title);
        page_close(page, "a");
        page_close(page, "li");
    }
    page_close(page, "ul");
    page_close(page, "nav");
}

/* What several campaigns came to, at the top. */
static void put_overview(Page *page, const GPtrArray *views)
{
    static const char *const heads[] = {"Verdict", "Campaign", "Checks", NULL};

    page_element(page, "h1", NULL, "Overview");
    page_table_begin(page, "What each campaign came to", heads);
    for (guint i = 0; i < views->len; i++) {
        const View *view = views->pdata[i];
        g_autofree char *sentence = check_sentence(view->results);

        page_row_begin(page);
        page_cell(page, check_verdict_word(results_export_verdict(view->results, NULL)));
        page_cell(page, view->title);
        page_cell(page, sentence);
        page_row_end(page);
    }
    page_table_end(page);
}

void report_frame_put_campaign(Page *page, Drawer *drawer, const View *view, guint index)
{
    g_autofree char *anchor = g_strdup_printf("c%u", index + 1);
    g_autoptr(ViewUsers) users = view_users_new(view);
    Telling telling = {page, drawer, view, users, anchor};

    page_open(page, "article", "id", anchor, NULL);
    put_contents(page, anchor);
    for (guint i = 0; i < G_N_ELEMENTS(sections); i++) {
        sections[i].tell(&telling);
    }
    page_close(page, "article");
}

char *report_frame_whole(const char *title, const char *contents, const char *parts,
                         const char *tail)
{
    g_autoptr(Page) page = page_new();

    report_frame_put_head(page, title);
    page_open(page, "body", NULL);
    page_open(page, "main", NULL);
    page_raw(page, contents);
    page_raw(page, parts);
    page_raw(page, tail);
    page_close(page, "main");
    page_close(page, "body");
    page_close(page, "html");
    return page_to_text(page);
}

/* --- reading -------------------------------------------------------------------------------- */

static GPtrArray *open_views(const char *const *paths, GError **error)
{
    g_autoptr(GPtrArray) views = g_ptr_array_new_with_free_func((GDestroyNotify)view_free);

    for (guint i = 0; paths[i] != NULL; i++) {
        View *view = view_open(paths[i], error);

        if (view == NULL) {
            return NULL;
        }
        g_ptr_array_add(views, view);
    }
    return g_steal_pointer(&views);
}

static bool are_whole(const GPtrArray *views, GError **error)
{
    for (guint i = 0; i < views->len; i++) {
        if (!results_is_whole(((const View *)views->pdata[i])->results, error)) {
            return false;
        }
    }
    return true;
}

bool report_write(const char *const *result_paths, const char *html_path, GError **error)
{
    g_autoptr(GPtrArray) views = open_views(result_paths, error);
    g_autoptr(Page) page = page_new();
    g_autofree char *text = NULL;

    if (views == NULL) {
        return false;
    }
    report_frame_put_head(page, views->len == 1 ? ((const View *)views->pdata[0])->title
                                                : "dcdrill report");
    page_open(page, "body", NULL);
    if (views->len > 1) {
        put_overview(page, views);
    }
    for (guint i = 0; i < views->len; i++) {
        g_autoptr(Drawer) drawer = drawer_new();

        report_frame_put_campaign(page, drawer, views->pdata[i], i);
    }
    page_close(page, "body");
    page_close(page, "html");
    text = page_to_text(page);
    return are_whole(views, error) && file_write_text(html_path, text, error);
}
