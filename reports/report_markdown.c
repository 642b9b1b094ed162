/* report_markdown.c - the first page as Markdown, for merge requests and job summaries. */
#include <string.h>

#include "reports/check_words.h"
#include "reports/report.h"
#include "reports/sections.h"
#include "sim/base/file_whole.h"
#include "sim/base/words.h"
#include "sim/results/results_export.h"

/* Text that is nothing but text, also within a table. */
static void append_text(GString *markdown, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar letter = g_utf8_get_char(at);

        if (g_unichar_iscntrl(letter)) {
            g_string_append_c(markdown, ' ');
        } else if (letter == '<') {
            g_string_append(markdown, "&lt;");
        } else if (letter == '&') {
            g_string_append(markdown, "&amp;");
        } else {
            if (letter < 0x80 && strchr("\\`*_[]|#~!>", (int)letter) != NULL) {
                g_string_append_c(markdown, '\\');
            }
            g_string_append_unichar(markdown, letter);
        }
    }
}

static void append_cell(GString *markdown, const char *text)
{
    g_string_append_c(markdown, ' ');
    append_text(markdown, text);
    g_string_append(markdown, " |");
}

static void append_checks(GString *markdown, const View *view)
{
    guint count;
    const ResultsCheck *checks = results_checks(view->results, &count);

    if (count == 0) {
        return;
    }
    g_string_append_printf(
        markdown,
        "| Verdict | Check | Observed [%g %% interval] | Limit | Margin | Method |\n"
        "|---|---|---|---|--:|---|\n",
        100 * view->confidence);
    for (guint i = 0; i < count; i++) {
        g_autofree char *name = check_name(&checks[i]);
        g_autofree char *observed = check_observed(view->results, &checks[i]);
        g_autofree char *margin = words_margin(checks[i].margin);

        g_string_append(markdown, "|");
        append_cell(markdown, check_verdict_word(check_verdict(&checks[i])));
        append_cell(markdown, name);
        append_cell(markdown, observed);
        append_cell(markdown, checks[i].condition);
        append_cell(markdown, margin);
        append_cell(markdown, checks[i].why != NULL ? checks[i].why : "");
        g_string_append_c(markdown, '\n');
    }
    g_string_append_c(markdown, '\n');
}

static void append_theory(GString *markdown, const View *view)
{
    guint count;
    const ResultsTheory *rows = results_theory(view->results, &count);
    g_autofree char *sentence = theory_sentence(view);

    if (count == 0) {
        return;
    }
    append_text(markdown, sentence);
    g_string_append(markdown,
                    "\n\n| Metric | Figure | Closed form | Theory says | Simulated | | Method "
                    "|\n|---|---|---|--:|--:|---|---|\n");
    for (guint i = 0; i < count; i++) {
        g_autofree char *observed = theory_observed(&rows[i]);
        g_autofree char *form = g_strdup_printf("%s %s", rows[i].family, rows[i].question);
        g_autofree char *predicted = g_strdup_printf("%.4g", rows[i].predicted);

        g_string_append(markdown, "|");
        append_cell(markdown, rows[i].metric);
        append_cell(markdown, rows[i].aggregate);
        append_cell(markdown, form);
        append_cell(markdown, predicted);
        append_cell(markdown, observed);
        append_cell(markdown, theory_within_word(&rows[i]));
        append_cell(markdown, rows[i].why);
        g_string_append_c(markdown, '\n');
    }
    g_string_append_c(markdown, '\n');
}

static void append_campaign(GString *markdown, const View *view)
{
    g_autofree char *sentence = check_sentence(view->results);
    g_autofree char *requests = words_count(check_requests(view));
    g_autofree char *runs = words_plural(view->run_count, "replication");
    g_autoptr(GPtrArray) advice = check_advice(view);

    g_string_append(markdown, "# ");
    append_text(markdown, view->title);
    g_string_append_printf(markdown, "\n\n**%s** ",
                           check_verdict_word(results_export_verdict(view->results, NULL)));
    append_text(markdown, sentence);
    g_string_append_printf(markdown, "\n\n%s, %s requests, seed ", runs, requests);
    append_text(markdown, view_fact(view, "seed", WORDS_NONE));
    g_string_append_printf(markdown, ", fingerprint `%016" G_GINT64_MODIFIER "x`, version ",
                           results_export_fingerprint(view->results));
    append_text(markdown, view_fact(view, "version", WORDS_NONE));
    g_string_append(markdown, "\n\n");
    append_checks(markdown, view);
    append_theory(markdown, view);
    for (guint i = 0; i < advice->len; i++) {
        g_string_append(markdown, "- ");
        append_text(markdown, advice->pdata[i]);
        g_string_append_c(markdown, '\n');
    }
    g_string_append_c(markdown, '\n');
}

bool report_write_markdown(const char *const *result_paths, const char *markdown_path,
                           GError **error)
{
    g_autoptr(GString) markdown = g_string_new(NULL);

    for (guint i = 0; result_paths[i] != NULL; i++) {
        g_autoptr(View) view = view_open(result_paths[i], error);

        if (view == NULL) {
            return false;
        }
        append_campaign(markdown, view);
        if (!results_is_whole(view->results, error)) {
            return false;
        }
    }
    return file_write_text(markdown_path, markdown->str, error);
}
