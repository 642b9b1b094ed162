/* invariant_data.c - a violation fails with its proof; nothing found passes only when there was
 * something to find and all of it was looked at. */
#include "sim/results/judge/invariant_data.h"

#include <math.h>
#include <string.h>

#include "sim/results/judge/invariant_parts.h"

/* Of `looked_at` things, `found` were wrong, in words. True when that decides. */
static bool decide_count(Results *results, Judged *judged, const char *check, const char *wrong,
                         const char *looked_at, const char *words)
{
    Sum found = sum_total(results, wrong);
    Sum all = sum_total(results, looked_at);
    g_autofree char *proof = sum_describe_proof(results, check, -1);

    sum_set_count(judged, &found);
    if (found.all > 0) {
        judged_decide(judged, VERDICT_FAIL,
                      "%.0f of %.0f %s in %u replications, worst replication %.0f%s", found.all,
                      all.all, words, sum_count_runs(results), found.most, proof);
        return true;
    }
    return false;
}

static void judge_resurrected(Results *results, Judged *judged)
{
    Sum deletes = sum_total(results, "deletes_acked");
    Sum purged = sum_total(results, "tombstones_purged");

    if (decide_count(results, judged, "no-resurrected-delete", "deletes_undone", "reads_checked",
                     "reads showed deleted data, or found it left in the end,")) {
        return;
    }
    if (deletes.all == 0 || deletes.absent > 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "no deletion was acknowledged in %u replications", deletes.absent);
    } else if (purged.all == 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "none of the tombstones of %.0f deletions was purged: nothing could return",
                      deletes.all);
    } else {
        judged_decide(judged, VERDICT_PASS,
                      "no data of %.0f deletions returned after %.0f tombstones were purged in %u "
                      "replications",
                      deletes.all, purged.all, sum_count_runs(results));
    }
}

static void judge_own_writes(Results *results, Judged *judged)
{
    Sum own = sum_total(results, "reads_of_own");

    if (decide_count(results, judged, "read-your-writes", "reads_without_own", "reads_of_own",
                     "reads of what the session had written showed something older")) {
        return;
    }
    if (own.all == 0 || own.absent > 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "no session read what it had written in %u replications", own.absent);
    } else {
        judged_decide(judged, VERDICT_PASS,
                      "none of %.0f reads of what the session had written in %u replications",
                      own.all, sum_count_runs(results));
    }
}

static void judge_overwritten(Results *results, Judged *judged)
{
    Sum acked = sum_total(results, "writes_acked");

    if (decide_count(results, judged, "lww-overwrite", "writes_overwritten", "writes_acked",
                     "acknowledged writes were hidden by earlier ones")) {
        return;
    }
    if (acked.all == 0 || acked.absent > 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE, "no write was acknowledged in %u replications",
                      acked.absent);
    } else {
        judged_decide(judged, VERDICT_PASS, "none of %.0f acknowledged writes in %u replications",
                      acked.all, sum_count_runs(results));
    }
}

static void judge_updates(Results *results, Judged *judged)
{
    Sum acked = sum_total(results, "updates_acked");

    if (decide_count(results, judged, "no-lost-update", "updates_lost", "writes_acked",
                     "acknowledged writes were overwritten by updates that had not seen them")) {
        return;
    }
    if (acked.all == 0 || acked.absent > 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "no update was acknowledged in %u replications: a load needs 'update' or "
                      "'cas' in its 'mix'",
                      acked.absent);
    } else {
        judged_decide(judged, VERDICT_PASS,
                      "none by any of %.0f acknowledged updates in %u replications", acked.all,
                      sum_count_runs(results));
    }
}

static void judge_linearizable(Results *results, Judged *judged)
{
    Sum keys = sum_total(results, "serial_keys");
    Sum statements = sum_total(results, "serial_statements");
    Sum undecided = sum_total(results, "serial_keys_undecided");
    Sum one_in = sum_total(results, "serial_one_in");
    Sum cut = sum_total(results, "serial_cut_off");

    if (decide_count(results, judged, "linearizable", "serial_keys_impossible", "serial_keys",
                     "keys have statements that no order explains")) {
        return;
    }
    if (keys.all == 0 || keys.absent > 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "no statement at SERIAL or LOCAL_SERIAL was told in %u replications",
                      keys.absent);
    } else if (undecided.all > 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "%.0f of %.0f keys have too many statements at once to try all orders; the "
                      "others have an order",
                      undecided.all, keys.all);
    } else if (one_in.most > 1 || cut.all > 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "%.0f statements on %.0f keys have an order, but only one key in %.0f was "
                      "followed%s: there were too many to keep",
                      statements.all, keys.all, one_in.most,
                      cut.all > 0 ? ", and not to the end" : "");
    } else {
        judged_decide(judged, VERDICT_PASS,
                      "%.0f statements on %.0f keys have an order, in %u replications together",
                      statements.all, keys.all, sum_count_runs(results));
    }
}

static void judge_replicas_down(Results *results, int64_t most, Judged *judged)
{
    Sum ranges = sum_total(results, "ranges_watched");
    Sum down = sum_total(results, "replicas_down_most");
    g_autofree char *proof = sum_describe_proof(results, "replicas-down-per-range", (double)most);

    sum_set_count(judged, &down);
    judged->margin = most > 0 ? ((double)most - down.most) / (double)most : (double)NAN;
    if (down.most > (double)most) {
        judged_decide(judged, VERDICT_FAIL, "%.0f replicas of one range were down at once%s",
                      down.most, proof);
    } else if (ranges.all == 0 || ranges.absent > 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE, "no range was watched in %u replications",
                      ranges.absent);
    } else {
        judged_decide(judged, VERDICT_PASS,
                      "most replicas of one range down at once in %u replications, of %.0f ranges",
                      sum_count_runs(results), ranges.most);
    }
}

void invariant_judge_data(Results *results, const char *check, int64_t most, Judged *judged)
{
    if (strcmp(check, "no-resurrected-delete") == 0) {
        judge_resurrected(results, judged);
    } else if (strcmp(check, "read-your-writes") == 0) {
        judge_own_writes(results, judged);
    } else if (strcmp(check, "lww-overwrite") == 0) {
        judge_overwritten(results, judged);
    } else if (strcmp(check, "no-lost-update") == 0) {
        judge_updates(results, judged);
    } else if (strcmp(check, "linearizable") == 0) {
        judge_linearizable(results, judged);
    } else {
        g_assert_cmpstr(check, ==, "replicas-down-per-range");
        judge_replicas_down(results, most, judged);
    }
}
