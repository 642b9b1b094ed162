/* section_method.c - what is assumed, and how the figures were made. */
#include <string.h>

#include "reports/sections.h"
#include "sim/base/words.h"

static const char *const methods[] = {
    "A scenario with a fault is repeated in replications that differ in nothing but chance: "
    "arrivals, service times, and the phases of health checks, caches and timers. Intervals are "
    "made from replications only, never from single requests, which depend on one another.",
    "Means and shares: mean or ratio of totals over the replications, interval by Student's t, "
    "from "
    "10 replications on with Willink's correction for skewness. With fewer it is marked as not "
    "reliable; with one there is none.",
    "Percentiles: of all replications' requests together, from merged histograms with a relative "
    "error of at most 0.4 %; interval by Student's t from the replications' own percentiles. At "
    "least 100 requests must lie beyond the percentile in each of them, and there must be 100 "
    "times "
    "as many as count for one, since requests that follow one another are alike: how many that is "
    "the spread of the replications' means shows. Percentiles are never averaged over sites, "
    "regions "
    "or time.",
    "Without faults and at a constant load means and percentiles speak of the steady state, and "
    "are "
    "told only when it is one: the warm-up is long enough, nothing drifts, no station is offered "
    "more than it can serve.",
    "Latency counts from the moment the user wanted the request, whether or not the client could "
    "start it then, so that stalls are not hidden. Only requests that went well have one.",
    "A request counts as failed when the user got no answer after all retries. Where none failed, "
    "the words are 'none seen' and the limit is that for as many independent requests, 1 - (1 - "
    "confidence)^(1/n): failures come together, so the truth may be worse.",
    "Requests belong to the second in which they were wanted, and to the site that answered or "
    "failed them last.",
};

static void put_runs(const Telling *telling)
{
    static const char *const heads[] = {"#Replication", "#Seed", "#Requests", "#Events",
                                        "Fingerprint",  "Ended", "Note",      NULL};
    const View *view = telling->view;

    page_open(telling->page, "details", NULL);
    page_element(telling->page, "summary", NULL, "Replications, seeds and fingerprints");
    page_table_begin(telling->page, "The same seed and version give the same fingerprint", heads);
    for (guint i = 0; i < view->run_count; i++) {
        const ResultsRun *run = &view->runs[i];
        g_autofree char *requests = words_count((double)run->requests);
        g_autofree char *events = words_count((double)run->events);

        page_row_begin(telling->page);
        page_cell_format(telling->page, "%d", run->run);
        page_cell_format(telling->page, "%" G_GUINT64_FORMAT, run->seed);
        page_cell(telling->page, requests);
        page_cell(telling->page, events);
        page_cell_format(telling->page, "%016" G_GINT64_MODIFIER "x", run->fingerprint);
        page_cell(telling->page, run->ended);
        page_cell_class(telling->page, "prose", run->note != NULL ? run->note : "");
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
    page_close(telling->page, "details");
}

/* Whether anything of the kind that a line "kind: what it leaves out" is about was in the world. */
static bool is_about_us(const View *view, const char *line)
{
    guint count;
    const ResultsComponent *components = results_components(view->results, &count);
    const char *colon = strchr(line, ':');
    size_t length = colon != NULL ? (size_t)(colon - line) : 0;

    for (guint i = 0; i < count; i++) {
        const char *kind = components[i].kind;

        if (kind != NULL && strlen(kind) == length && strncmp(kind, line, length) == 0) {
            return true;
        }
    }
    return false;
}

static void put_left_out(const Telling *telling)
{
    const char *fact = results_fact(telling->view->results, "leaves_out");
    g_auto(GStrv) lines = NULL;

    if (fact == NULL) {
        return;
    }
    lines = g_strsplit(fact, "\n", -1);
    page_element(telling->page, "h3", NULL, "What is not modelled");
    page_open(telling->page, "ul", NULL);
    for (guint i = 0; lines[i] != NULL; i++) {
        if (is_about_us(telling->view, lines[i])) {
            page_element(telling->page, "li", NULL, lines[i]);
        }
    }
    page_close(telling->page, "ul");
}

/* How many hosts of a role stand at each site, in order of their appearance. */
static void count_hosts(const View *view, GPtrArray *keys, GArray *counts)
{
    guint count;
    const ResultsComponent *components = results_components(view->results, &count);

    for (guint i = 0; i < count; i++) {
        const ResultsComponent *one = &components[i];
        bool is_host = g_strcmp0(one->kind, "host") == 0 && one->dc != NULL && one->role != NULL;
        g_autofree char *key = is_host ? g_strdup_printf("%s\n%s", one->dc, one->role) : NULL;
        guint place = 0;

        if (key == NULL) {
            continue;
        }
        if (!g_ptr_array_find_with_equal_func(keys, key, g_str_equal, &place)) {
            place = keys->len;
            g_ptr_array_add(keys, g_steal_pointer(&key));
            g_array_set_size(counts, keys->len);
        }
        g_array_index(counts, guint, place)++;
    }
}

static void put_hosts(const Telling *telling)
{
    static const char *const heads[] = {"Site", "Role", "#Servers", NULL};
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) counts = g_array_new(FALSE, TRUE, sizeof(guint));

    count_hosts(telling->view, keys, counts);
    if (keys->len == 0) {
        return;
    }
    page_table_begin(telling->page, "What stood where", heads);
    for (guint i = 0; i < keys->len; i++) {
        g_auto(GStrv) sides = g_strsplit(keys->pdata[i], "\n", 2);

        page_row_begin(telling->page);
        page_cell(telling->page, sides[0]);
        page_cell(telling->page, sides[1]);
        page_cell_format(telling->page, "%u", g_array_index(counts, guint, i));
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
}

void section_assumptions(const Telling *telling)
{
    section_begin(telling, "assumptions", "What is assumed");
    page_element_format(telling->page, "p", NULL,
                        "The system, its load and every value are those of %s; 'dcdrill show "
                        "--origins' prints each with the file and line that says so, and "
                        "models/REFERENCE.md has the defaults with their sources.",
                        view_fact(telling->view, "scenario", "the scenario"));
    put_hosts(telling);
    put_left_out(telling);
    section_end(telling);
}

void section_method(const Telling *telling)
{
    const View *view = telling->view;
    g_autofree char *runs = words_plural(view->run_count, "replication");

    section_begin(telling, "method", "Evidence: how these figures were made");
    page_element_format(telling->page, "p", NULL,
                        "%s; intervals hold with %g %% confidence. gnuplot drew %u of %u figures.",
                        runs, 100 * view->confidence, telling->drawer->drawn,
                        telling->drawer->drawn + telling->drawer->failed);
    for (guint i = 0; i < telling->drawer->faults->len; i++) {
        page_element(telling->page, "p", "missing", telling->drawer->faults->pdata[i]);
    }
    page_open(telling->page, "ul", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(methods); i++) {
        page_element(telling->page, "li", NULL, methods[i]);
    }
    page_close(telling->page, "ul");
    put_runs(telling);
    section_end(telling);
}
