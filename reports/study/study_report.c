/* study_report.c - fourteen parts in their order, and the drills after them. */
#include "reports/study/study_report.h"

#include "reports/report_frame.h"
#include "reports/study/tell.h"
#include "sim/base/file_whole.h"

static const struct {
    const char *title;
    void (*tell)(const StudyTelling *telling);
} parts[TELL_PARTS] = {
    {"Answer", part_answer},
    {"Assumptions", part_assumptions},
    {"Latency and load", part_latency},
    {"Where it is full", part_saturation},
    {"How busy", part_utilisation},
    {"A site lost", part_stability},
    {"Fail-over", part_failover},
    {"Data", part_data},
    {"Growth", part_growth},
    {"Cost", part_cost},
    {"What matters", part_sensitivity},
    {"Alternatives", part_alternatives},
    {"Recommendations", part_advice},
    {"Evidence", part_evidence},
};

bool study_report_is_asked(const char *const *directories)
{
    for (guint i = 0; directories[i] != NULL; i++) {
        if (study_file_is_there(directories[i])) {
            return true;
        }
    }
    return false;
}

/* --- reading -------------------------------------------------------------------------------- */

static bool read_all(const char *const *directories, GPtrArray *files, GPtrArray *views,
                     GError **error)
{
    for (guint i = 0; directories[i] != NULL; i++) {
        if (study_file_is_there(directories[i])) {
            StudyFile *file = study_file_read(directories[i], error);

            if (file == NULL) {
                return false;
            }
            g_ptr_array_add(files, file);
        } else {
            g_autofree char *path = g_build_filename(directories[i], "results.sqlite", NULL);
            View *view = view_open(path, error);

            if (view == NULL) {
                return false;
            }
            g_ptr_array_add(views, view);
        }
    }
    return true;
}

static const char *title_of(const GPtrArray *files)
{
    static const char *const names[] = {"title", "scenario", "before"};

    for (guint k = 0; k < G_N_ELEMENTS(names); k++) {
        for (guint i = 0; i < files->len; i++) {
            const StudyFile *file = g_ptr_array_index(files, i);
            const cJSON *basis = study_member(file->json, "basis");
            const char *own = study_text(file->json, names[k]);
            const char *title = own[0] != '\0' ? own : study_text(basis, names[k]);

            if (title[0] != '\0') {
                return title;
            }
        }
    }
    return "A study";
}

/* --- the page ------------------------------------------------------------------------------- */

static bool is_told(const Ledger *ledger, guint number)
{
    for (guint i = 0; i < ledger->parts->len; i++) {
        if (((const LedgerPart *)ledger->parts->pdata[i])->number == number) {
            return true;
        }
    }
    return false;
}

/* Contents of what was told. */
static void put_contents(Page *page, const Ledger *ledger)
{
    page_open(page, "nav", "aria-label", "Contents", NULL);
    page_open(page, "ul", NULL);
    for (guint i = 0; i < TELL_PARTS; i++) {
        g_autofree char *target = g_strdup_printf("#part-%u", i + 1);

        if (is_told(ledger, i + 1)) {
            page_open(page, "li", NULL);
            page_open(page, "a", "href", target, NULL);
            page_format(page, "%u. %s", i + 1, parts[i].title);
            page_close(page, "a");
            page_close(page, "li");
        }
    }
    page_close(page, "ul");
    page_close(page, "nav");
}

static void put_left_out(Page *page, const GPtrArray *titles)
{
    g_autoptr(GString) text = g_string_new("Not asked, so not told: ");

    for (guint i = 0; i < titles->len; i++) {
        g_string_append_printf(text, "%s%s", i > 0 ? "; " : "", (char *)titles->pdata[i]);
    }
    g_string_append(text, ". 'dcdrill capacity' asks most of it.");
    if (titles->len > 0) {
        page_element(page, "p", "note", text->str);
    }
}

/* The parts go to a page of their own first: the contents before them say which there are. */
static char *make_html(const GPtrArray *files, const GPtrArray *views, Ledger *ledger)
{
    g_autoptr(Page) head = page_new();
    g_autoptr(Page) body = page_new();
    g_autoptr(Page) tail = page_new();
    g_autoptr(Drawer) drawer = drawer_new();
    g_autoptr(GPtrArray) left_out = g_ptr_array_new_with_free_func(g_free);
    StudyTelling telling = {.page = body,
                            .drawer = drawer,
                            .ledger = ledger,
                            .files = files,
                            .views = views,
                            .capacity = study_find(files, STUDY_CAPACITY),
                            .left_out = left_out};
    g_autofree char *head_text = NULL;
    g_autofree char *body_text = NULL;
    g_autofree char *tail_text = NULL;

    for (guint i = 0; i < TELL_PARTS; i++) {
        parts[i].tell(&telling);
    }
    put_left_out(body, left_out);
    put_contents(head, ledger);
    for (guint i = 0; i < views->len; i++) {
        report_frame_put_campaign(tail, drawer, views->pdata[i], i);
    }
    head_text = page_to_text(head);
    body_text = page_to_text(body);
    tail_text = page_to_text(tail);
    return report_frame_whole(ledger->title, head_text, body_text, tail_text);
}

StudyReport *study_report_make(const char *const *directories, GError **error)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func((GDestroyNotify)study_file_free);
    g_autoptr(GPtrArray) views = g_ptr_array_new_with_free_func((GDestroyNotify)view_free);
    g_autoptr(Ledger) ledger = NULL;
    StudyReport *report;

    if (!read_all(directories, files, views, error)) {
        return NULL;
    }
    ledger = ledger_new(title_of(files));
    report = g_new0(StudyReport, 1);
    report->html = make_html(files, views, ledger);
    report->json = ledger_to_json(ledger);
    report->csv = ledger_to_csv(ledger);
    report->text = ledger_to_text(ledger);
    return report;
}

void study_report_free(StudyReport *report)
{
    if (report != NULL) {
        g_free(report->html);
        g_free(report->json);
        g_free(report->csv);
        g_free(report->text);
        g_free(report);
    }
}

static bool write_form(const char *target, const char *name, const char *text, GError **error)
{
    g_autofree char *path = g_build_filename(target, name, NULL);

    return file_write_text(path, text, error);
}

bool study_report_write(const StudyReport *report, const char *target, GError **error)
{
    return write_form(target, "report.html", report->html, error) &&
           write_form(target, "report.json", report->json, error) &&
           write_form(target, "report.csv", report->csv, error) &&
           write_form(target, "report.txt", report->text, error);
}
