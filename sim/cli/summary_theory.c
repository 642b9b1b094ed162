/* summary_theory.c - see summary_theory.h. */
#include "sim/cli/summary_theory.h"

#include <math.h>
#include <string.h>

#include "sim/cli/summary.h"
#include "sim/results/results_export.h"

enum { LINES_MOST = 24, NAME_WIDTH = 48 };

static const char *const words[] = {
    [RESULTS_OUTSIDE] = "outside", [RESULTS_WITHIN] = "within", [RESULTS_UNKNOWN] = "not judged"};

static void print_row(FILE *to, const ResultsTheory *row)
{
    g_autofree char *name = g_strdup_printf("%s %s", row->metric, row->aggregate);
    g_autofree char *observed =
        isnan(row->low) || isnan(row->high)
            ? g_strdup_printf("%.4g", row->observed)
            : g_strdup_printf("%.4g [%.4g, %.4g]", row->observed, row->low, row->high);

    if (g_utf8_strlen(name, -1) > NAME_WIDTH) { /* alone on its line */
        fprintf(to, "  %s\n  %-*s", name, NAME_WIDTH, "");
    } else {
        fprintf(to, "  %-*s", NAME_WIDTH, name);
    }
    fprintf(to, " %-10.4g %-27s %s\n", row->predicted, isnan(row->observed) ? "-" : observed,
            words[row->within]);
}

void summary_print_theory(FILE *to, const Results *results)
{
    guint count, judged = 0, within = 0;
    const ResultsTheory *rows = results_theory(results, &count);
    double confidence = results_export_confidence(results);

    if (count == 0) {
        return;
    }
    fprintf(to, "  %-*s %-10s SIMULATED (%g%% CI)\n", NAME_WIDTH, "THEORY (times in seconds)",
            "PREDICTED", 100 * confidence);
    for (guint i = 0; i < count; i++) {
        judged += rows[i].within != RESULTS_UNKNOWN;
        within += rows[i].within == RESULTS_WITHIN;
        if (i < LINES_MOST) {
            bool is_last = i + 1 == MIN(count, LINES_MOST);

            print_row(to, &rows[i]);
            if (is_last || strcmp(rows[i].why, rows[i + 1].why) != 0) {
                summary_print_note(to, rows[i].why); /* once for neighbours that share it */
            }
        }
    }
    if (count > LINES_MOST) {
        fprintf(to, "  ... and %u more in summary.json\n", count - LINES_MOST);
    }
    if (judged == 0) {
        fprintf(to, "theory:    none of %u closed forms could be judged\n", count);
        return;
    }
    fprintf(to, "theory:    %u of %u closed forms lie within their intervals", within, judged);
    if (within < judged) {
        fprintf(to, " (1 in %.0f lies outside by chance)", 1 / (1 - confidence));
    }
    putc('\n', to);
}
