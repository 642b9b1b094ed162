/* outputs.c - what --out asks for beside the output directory. */
#include "sim/cli/outputs.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/file_whole.h"
#include "sim/cli/annotate.h"
#include "sim/cli/report_outs.h"
#include "sim/results/export/export_events.h"
#include "sim/results/export/export_history.h"
#include "sim/results/export/export_hlog.h"
#include "sim/results/export/export_openmetrics.h"
#include "sim/run/relive.h"

/* So many requests of a replication are shown one by one, about: what a browser still draws. */
#define TRACE_REQUESTS 10000

/* So many stand in a history, about: what checkers still search through. */
#define HISTORY_REQUESTS 100000

static bool fail_stdout(GError **error)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_IO, "cannot write to standard output");
    return false;
}

/* --- single requests
 * ------------------------------------------------------------------------------ */

/* Results keep no single requests: the first replication is lived again to see some. NULL without
 * `error` when it was cut short by hand. */
static Relived *live_again(const OutputsOrder *order, guint share, bool is_by_key, GError **error)
{
    guint count = 0;
    const ResultsRun *runs = results_runs(order->results, &count);
    g_autofree char *path =
        g_strdup_printf("%s/dcdrill-trace-%ld.sqlite", g_get_tmp_dir(), (long)getpid());
    ReliveOrder again = {.scenario = order->scenario,
                         .kinds = order->kinds,
                         .run = runs[0].run,
                         .until = order->options->until,
                         .share = share,
                         .is_by_key = is_by_key,
                         .path = path};
    bool is_cut = strcmp(runs[0].ended, "interrupted") == 0 && order->options->until == 0;
    g_autoptr(Relived) relived = is_cut ? NULL : relive(&again, error);

    if (relived != NULL && relived->fingerprint != runs[0].fingerprint) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "replication %d did not come out the same when it was lived again to see "
                    "single requests: see --verify-determinism",
                    runs[0].run);
        return NULL;
    }
    return g_steal_pointer(&relived);
}

static guint share_of(const OutputsOrder *order, guint wanted)
{
    guint count = 0;
    const ResultsRun *runs = results_runs(order->results, &count);

    return MAX((guint)(runs[0].requests / wanted), 1);
}

static char *make_trace(const OutputsOrder *order, GError **error)
{
    guint count = 0;
    const ResultsRun *runs = results_runs(order->results, &count);
    guint share = share_of(order, TRACE_REQUESTS);
    GError *why = NULL;
    g_autoptr(Relived) relived = live_again(order, share, false, &why);

    if (why != NULL) {
        g_propagate_error(error, why);
        return NULL;
    }
    return export_trace(order->results, runs[0].run, relived != NULL ? relived->requests : NULL,
                        share);
}

static char *make_history(const OutputsOrder *order, GError **error)
{
    GError *why = NULL;
    g_autoptr(Relived) relived = live_again(order, share_of(order, HISTORY_REQUESTS), true, &why);

    if (relived == NULL && why == NULL) {
        g_set_error(&why, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "no history of a replication that was interrupted");
    }
    if (why != NULL) {
        g_propagate_error(error, why);
        return NULL;
    }
    return export_history(relived->requests);
}

/* --- all kinds ------------------------------------------------------------------------------ */

/* A text that is made now; NULL without `error` when the kind is a file of the directory. */
static char *make_text(const OutputsOrder *order, const char *kind, GError **error)
{
    if (strcmp(kind, "github") == 0) {
        return annotate_github(order->scenario, order->results);
    }
    if (strcmp(kind, "gitlab") == 0) {
        return annotate_gitlab(order->results);
    }
    if (strcmp(kind, "metrics") == 0) {
        return export_openmetrics(order->results);
    }
    if (strcmp(kind, "hlog") == 0) {
        return export_hlog(order->results);
    }
    if (strcmp(kind, "events") == 0) {
        return export_events(order->results);
    }
    if (strcmp(kind, "csv") == 0) {
        return export_csv(order->results, order->scenario->confidence);
    }
    if (strcmp(kind, "history") == 0) {
        return make_history(order, error);
    }
    return strcmp(kind, "trace") == 0 ? make_trace(order, error) : NULL;
}

static bool read_out(const OutputsOrder *order, const char *kind, char **text, gsize *size,
                     GError **error)
{
    GError *why = NULL;

    *text = make_text(order, kind, &why);
    if (why != NULL) {
        g_propagate_error(error, why);
        return false;
    }
    if (*text == NULL) {
        g_autofree char *path = g_build_filename(order->target, options_out_file(kind), NULL);

        if (strcmp(kind, "pdf") == 0 && !report_outs_print(order->target, error)) {
            g_prefix_error(error, "no PDF: ");
            return false;
        }
        return g_file_get_contents(path, text, size, error);
    }
    *size = strlen(*text);
    return results_is_whole(order->results, error);
}

static bool write_out(const OutputsOrder *order, const char *out, GError **error)
{
    g_auto(GStrv) sides = g_strsplit(out, "=", 2);
    g_autofree char *text = NULL;
    gsize size;

    if (!read_out(order, sides[0], &text, &size, error)) {
        return false;
    }
    if (strcmp(sides[1], "-") == 0) {
        return fwrite(text, 1, size, stdout) == size || fail_stdout(error);
    }
    return file_write_whole(sides[1], text, size, error);
}

/* GitHub shows what stands in the file that it names, up to 1 MiB. */
static bool append_job_summary(const OutputsOrder *order, GError **error)
{
    const char *summary = g_getenv("GITHUB_STEP_SUMMARY");
    g_autofree char *path = g_build_filename(order->target, "summary.md", NULL);
    g_autofree char *text = NULL;

    return summary == NULL || summary[0] == '\0' || !options_wants_out(order->options, "github") ||
           (g_file_get_contents(path, &text, NULL, error) && annotate_append(summary, text, error));
}

bool outputs_write(const OutputsOrder *order, GError **error)
{
    char **outs = order->options->outs;
    bool is_written = append_job_summary(order, error);

    for (guint i = 0; is_written && outs != NULL && outs[i] != NULL; i++) {
        is_written = write_out(order, outs[i], error);
    }
    return is_written;
}
