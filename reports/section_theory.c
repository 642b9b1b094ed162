/* section_theory.c - what closed forms say of parts of the campaign, beside what was simulated. */
#include <math.h>

#include "reports/sections.h"
#include "sim/base/words.h"

const char *theory_within_word(const ResultsTheory *row)
{
    static const char *const within[] = {[RESULTS_OUTSIDE] = "outside",
                                         [RESULTS_WITHIN] = "within",
                                         [RESULTS_UNKNOWN] = "not judged"};

    return within[row->within];
}

char *theory_observed(const ResultsTheory *row)
{
    if (isnan(row->observed)) {
        return g_strdup("-");
    }
    return isnan(row->low) || isnan(row->high)
               ? g_strdup_printf("%.4g", row->observed)
               : g_strdup_printf("%.4g [%.4g, %.4g]", row->observed, row->low, row->high);
}

char *theory_sentence(const View *view)
{
    guint count, judged = 0, within = 0;
    const ResultsTheory *rows = results_theory(view->results, &count);

    for (guint i = 0; i < count; i++) {
        judged += rows[i].within != RESULTS_UNKNOWN;
        within += rows[i].within == RESULTS_WITHIN;
    }
    if (count == 0) {
        return g_strdup("No part of this campaign has a closed form.");
    }
    if (judged == 0) {
        return g_strdup_printf("None of %u closed forms could be judged.", count);
    }
    return g_strdup_printf("%u of %u closed forms lie within the %g %% interval of what was "
                           "simulated; 1 in %.0f lies outside by chance.",
                           within, judged, 100 * view->confidence, 1 / (1 - view->confidence));
}

void section_theory(const Telling *telling)
{
    static const char *const heads[] = {"Metric",     "Figure",    "Closed form", "#Theory says",
                                        "#Simulated", "Agreement", "Method",      NULL};
    guint count;
    const ResultsTheory *rows = results_theory(telling->view->results, &count);
    g_autofree char *sentence = theory_sentence(telling->view);

    section_begin(telling, "theory", "Beside theory");
    page_element(telling->page, "p", NULL, sentence);
    if (count > 0) {
        page_table_begin(telling->page,
                         "Times in seconds; 'dcdrill theory FAMILY PARAMETERS' computes them again",
                         heads);
    }
    for (guint i = 0; i < count; i++) {
        g_autofree char *observed = theory_observed(&rows[i]);

        page_row_begin(telling->page);
        page_cell(telling->page, rows[i].metric);
        page_cell(telling->page, rows[i].aggregate);
        page_cell_format(telling->page, "%s %s", rows[i].family, rows[i].question);
        page_cell_format(telling->page, "%.4g", rows[i].predicted);
        page_cell(telling->page, observed);
        page_cell(telling->page, theory_within_word(&rows[i]));
        page_cell_class(telling->page, "prose", rows[i].why);
        page_row_end(telling->page);
    }
    if (count > 0) {
        page_table_end(telling->page);
    }
    section_end(telling);
}
