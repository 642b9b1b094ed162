/* invariant_parts.c - sums over runs and the proof to show. */
#include "sim/results/judge/invariant_parts.h"

#include <math.h>
#include <string.h>

Sum sum_total(const Results *results, const char *name)
{
    Sum sum = {.all = 0};
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    for (guint i = 0; i < count; i++) {
        double value = results_total(results, runs[i].run, name);

        sum.all += value;
        sum.most = fmax(sum.most, value);
        sum.least = i == 0 ? value : fmin(sum.least, value);
        sum.absent += value == 0 ? 1 : 0;
    }
    return sum;
}

guint sum_count_runs(const Results *results)
{
    guint count;

    results_runs(results, &count);
    return count;
}

/* The first proof of a violation beyond `limit`; of staleness, the worst one. */
static const ResultsFinding *find_proof(const Results *results, const char *invariant, double limit)
{
    const ResultsFinding *best = NULL;
    bool wants_worst = strcmp(invariant, "staleness-bound") == 0;
    guint count;
    const ResultsFinding *findings = results_findings(results, &count);

    for (guint i = 0; i < count; i++) {
        if (strcmp(findings[i].invariant, invariant) == 0 && findings[i].value > limit &&
            (best == NULL || (wants_worst && findings[i].value > best->value))) {
            best = &findings[i];
        }
    }
    return best;
}

char *sum_describe_proof(const Results *results, const char *invariant, double limit)
{
    const ResultsFinding *proof = find_proof(results, invariant, limit);

    return proof != NULL ? g_strdup_printf("; e.g. replication %d: %s", proof->run, proof->proof)
                         : g_strdup("");
}

void sum_set_count(Judged *judged, const Sum *sum)
{
    judged->observed = judged->high = sum->most;
    judged->low = sum->least;
}
