/* summary_theory.c - see summary_theory.h. */
#include "sim/cli/summary_theory.h"

#include <math.h>

#define LINES_MOST 24

static const char *const words[] = {
    [RESULTS_OUTSIDE] = "outside", [RESULTS_WITHIN] = "within", [RESULTS_UNKNOWN] = "not judged"};

static void print_row(FILE *to, const ResultsTheory *row)
{
    g_autofree char *name = g_strdup_printf("%s %s", row->metric, row->aggregate);
    g_autofree char *observed =
        isnan(row->low) || isnan(row->high)
            ? g_strdup_printf("%.4g", row->observed)
            : g_strdup_printf("%.4g [%.4g, %.4g]", row->observed, row->low, row->high);

    fprintf(to, "  %-44.44s %-10.4g %-31.31s %s\n", name, row->predicted,
            isnan(row->observed) ? "-" : observed, words[row->within]);
    if (row->within == RESULTS_UNKNOWN) {
        fprintf(to, "      %s\n", row->why);
    }
}

void summary_print_theory(FILE *to, const Results *results)
{
    guint count, judged = 0, within = 0;
    const ResultsTheory *rows = results_theory(results, &count);

    if (count == 0) {
        return;
    }
    fprintf(to, "  %-44s %-10s %s\n", "THEORY", "PREDICTED", "SIMULATED (95% CI)");
    for (guint i = 0; i < count; i++) {
        judged += rows[i].within != RESULTS_UNKNOWN;
        within += rows[i].within == RESULTS_WITHIN;
        if (i < LINES_MOST) {
            print_row(to, &rows[i]);
        }
    }
    if (count > LINES_MOST) {
        fprintf(to, "  ... and %u more in summary.json\n", count - LINES_MOST);
    }
    fprintf(to, "theory:    %u of %u closed forms lie within their intervals", within, judged);
    fprintf(to, within < judged ? " (1 in 20 lies outside by chance)\n" : "\n");
}
