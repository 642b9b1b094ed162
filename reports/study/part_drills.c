/* part_drills.c - what drills that stand beside the study say: fail-over, and the data. Their own
 * pages follow the report; here is what each came to. */
#include "reports/study/tell.h"

#include "reports/check_words.h"
#include "sim/results/results_export.h"

/* What each drill's checks say whose name begins with one of `names` (ends with NULL). */
static void put_checks(const StudyTelling *telling, const View *view, const char *const *names)
{
    guint count;
    const ResultsCheck *checks = results_checks(view->results, &count);

    for (guint i = 0; i < count; i++) {
        g_autofree char *name = check_name(&checks[i]);
        g_autofree char *observed = check_observed(view, &checks[i]);
        bool is_asked = false;

        for (guint k = 0; names[k] != NULL; k++) {
            is_asked = is_asked || g_str_has_prefix(name, names[k]);
        }
        if (is_asked) {
            page_row_begin(telling->page);
            page_cell(telling->page, view->title);
            page_cell(telling->page, name);
            page_cell(telling->page, observed);
            page_cell(telling->page, checks[i].condition);
            page_cell(telling->page, check_verdict_word(check_verdict(&checks[i])));
            page_row_end(telling->page);
        }
    }
}

static void put_drills(const StudyTelling *telling, const char *const *names, const char *section)
{
    static const char *const heads[] = {"Drill", "Check", "Observed", "Limit", "Verdict", NULL};

    page_table_begin(telling->page, "What the drills' checks say", heads);
    for (guint i = 0; i < telling->views->len; i++) {
        put_checks(telling, telling->views->pdata[i], names);
    }
    page_table_end(telling->page);
    for (guint i = 0; i < telling->views->len; i++) {
        const View *view = telling->views->pdata[i];
        g_autofree char *target = g_strdup_printf("#c%u-%s", i + 1, section);
        g_autofree char *sentence = check_sentence(view->results);

        page_open(telling->page, "p", NULL);
        page_open(telling->page, "a", "href", target, NULL);
        page_text(telling->page, view->title);
        page_close(telling->page, "a");
        page_format(telling->page, ": %s", sentence);
        page_close(telling->page, "p");
        ledger_add_sentence(telling->ledger, sentence);
    }
}

static void say_no_drill(const StudyTelling *telling, const char *what)
{
    tell_note(telling,
              "%s was not asked: a capacity is what is carried once users have moved. A drill "
              "asks, 'dcdrill run scenarios/drills/dc03-lost.json', and 'dcdrill report' with both "
              "folders puts it here.",
              what);
}

void part_failover(const StudyTelling *telling)
{
    static const char *const names[] = {"http_req_failed", "outage", "reroute",
                                        "invariant max-outage", NULL};

    if (!tell_begin(telling, 7, "Fail-over", telling->views->len > 0)) {
        return;
    }
    if (telling->views->len > 0) {
        put_drills(telling, names, "reroute");
    } else {
        say_no_drill(telling, "How long the loss of a site is felt, and by whom,");
    }
    tell_end(telling);
}

void part_data(const StudyTelling *telling)
{
    static const char *const names[] = {"invariant", "cassandra", "stale", NULL};

    if (!tell_begin(telling, 8, "Consistency and data", telling->views->len > 0)) {
        return;
    }
    if (telling->views->len > 0) {
        put_drills(telling, names, "data");
    } else {
        say_no_drill(telling, "What becomes of the data when a site is lost");
    }
    tell_end(telling);
}
