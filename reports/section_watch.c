/* section_watch.c - what monitors said beside what was true: the availability that each would have
 * reported, which outages it saw and after how long, and how often it was wrong. */
#include <math.h>

#include "reports/sections.h"
#include "sim/base/words.h"
#include "sim/results/judge/outage.h"

/* Bad seconds that follow each other so closely are one outage; shorter ones than the least are
 * none that a monitor could be asked about. An alert belongs to an outage until so long after it.
 */
#define MERGE_S 60
#define LEAST_S 5
#define LATE_S 600

typedef struct TrueOutage {
    guint begin, end; /* seconds of the run */
} TrueOutage;

/* One replication. */
typedef struct Truth {
    GArray *outages; /* of TrueOutage */
    guint seconds, bad;
    ResultsSpan span;
} Truth;

/* One monitor in all replications. */
typedef struct Word {
    double *availability; /* as it would report it, of each replication */
    GArray *delays;       /* of double, s */
    guint outages, seen, false_alarms;
} Word;

static ResultsSpan whole_span(const Telling *telling, int run)
{
    g_autoptr(GArray) spans = results_spans(telling->view->results, run, NULL);

    return spans->len > 0 ? g_array_index(spans, ResultsSpan, 0) : (ResultsSpan){0, 0};
}

static void add_bad_second(Truth *truth, guint second)
{
    TrueOutage *last = truth->outages->len > 0
                           ? &g_array_index(truth->outages, TrueOutage, truth->outages->len - 1)
                           : NULL;

    truth->bad++;
    if (last != NULL && second < last->end + MERGE_S) {
        last->end = second + 1;
    } else {
        TrueOutage one = {second, second + 1};

        g_array_append_val(truth->outages, one);
    }
}

static Truth truth_of(const Telling *telling, int run)
{
    Truth truth = {.outages = g_array_new(false, false, sizeof(TrueOutage)),
                   .span = whole_span(telling, run)};
    ResultsUserFilter all = {0};
    g_autoptr(GArray) seconds = results_user_seconds(telling->view->results, &all, run, truth.span);

    truth.seconds = seconds->len;
    for (guint i = 0; i < seconds->len; i++) {
        const ResultsCounts *counts = &g_array_index(seconds, ResultsCounts, i);
        double asked = (double)(counts->ok + counts->failed);

        if ((double)counts->ok < outage_rules.success_ratio * asked) {
            add_bad_second(&truth, i);
        }
    }
    for (guint i = truth.outages->len; i-- > 0;) {
        const TrueOutage *one = &g_array_index(truth.outages, TrueOutage, i);

        if (one->end - one->begin < LEAST_S) {
            g_array_remove_index(truth.outages, i);
        }
    }
    return truth;
}

/* The outage that an alert at `second` belongs to, or -1. */
static int outage_at(const Truth *truth, double second)
{
    for (guint i = truth->outages->len; i-- > 0;) {
        const TrueOutage *one = &g_array_index(truth->outages, TrueOutage, i);

        if (second >= one->begin && second < one->end + LATE_S) {
            return (int)i;
        }
    }
    return -1;
}

/* A monitor's level is 0 or 1 but for the step in which it changed: when in it, is what is left. */
static void add_run(Word *word, const Truth *truth, const GArray *levels, double step_s, guint run)
{
    g_autofree bool *is_seen = g_new0(bool, truth->outages->len + 1);
    double down = 0.0, before = 0.0;

    for (guint i = 0; i < levels->len; i++) {
        double level = g_array_index(levels, ResultsLevel, i).value;

        down += level;
        if (level > 0 && before <= 0) {
            double at = ((double)i + 1.0 - level) * step_s;
            int outage = outage_at(truth, at);

            if (outage < 0) {
                word->false_alarms++;
            } else if (!is_seen[outage]) {
                double delay = at - g_array_index(truth->outages, TrueOutage, outage).begin;

                is_seen[outage] = true;
                word->seen++;
                g_array_append_val(word->delays, delay);
            }
        }
        before = level;
    }
    word->outages += truth->outages->len;
    word->availability[run] = levels->len > 0 ? 1.0 - down / levels->len : (double)NAN;
}

/* `says`: it tells of an outage's whole length, as monitors do and people do not. */
static void put_word(const Telling *telling, const ResultsMeter *meter, const Word *word, bool says)
{
    const View *view = telling->view;
    Estimate said = estimate_mean(word->availability, view->run_count, view->confidence);
    const double *delays = (const double *)(const void *)word->delays->data;
    Estimate delay = estimate_mean(delays, word->delays->len, view->confidence);
    g_autofree char *said_text = words_value(said.value, "ratio");
    g_autofree char *said_range = words_range(&said, "ratio");
    g_autofree char *delay_text = words_value(delay.value, "s");
    g_autofree char *delay_range = words_range(&delay, "s");
    double least = INFINITY, most = 0;

    for (guint i = 0; i < word->delays->len; i++) {
        least = MIN(least, delays[i]);
        most = MAX(most, delays[i]);
    }
    page_row_begin(telling->page);
    page_cell(telling->page, meter->component->name);
    page_cell_range(telling->page, says ? said_text : WORDS_NONE, says ? said_range : NULL);
    page_cell_format(telling->page, "%u of %u", word->seen, word->outages);
    if (word->delays->len > 0) {
        page_cell_range(telling->page, delay_text, delay_range);
        page_cell_format(telling->page, "%.0f s to %.0f s", least, most);
    } else {
        page_cell(telling->page, WORDS_NONE);
        page_cell(telling->page, WORDS_NONE);
    }
    page_cell_format(telling->page, "%u", word->false_alarms);
    page_row_end(telling->page);
}

static void put_monitor(const Telling *telling, const ResultsMeter *meter, const Truth *truths,
                        bool says)
{
    const View *view = telling->view;
    double step_s = sim_span_to_s(results_sample_interval(view->results));
    Word word = {.availability = g_new0(double, view->run_count + 1),
                 .delays = g_array_new(false, false, sizeof(double))};

    for (guint i = 0; i < view->run_count; i++) {
        g_autoptr(GArray) levels =
            results_levels(view->results, meter, view->runs[i].run, truths[i].span);

        add_run(&word, &truths[i], levels, step_s, i);
    }
    put_word(telling, meter, &word, says);
    g_free(word.availability);
    g_array_unref(word.delays);
}

static void put_truth(const Telling *telling, const Truth *truths)
{
    const View *view = telling->view;
    g_autofree double *good = g_new0(double, view->run_count + 1);
    guint outages = 0;

    for (guint i = 0; i < view->run_count; i++) {
        good[i] =
            truths[i].seconds > 0 ? 1.0 - (double)truths[i].bad / truths[i].seconds : (double)NAN;
        outages += truths[i].outages->len;
    }
    Estimate estimate = estimate_mean(good, view->run_count, view->confidence);
    g_autofree char *text = words_value(estimate.value, "ratio");
    g_autofree char *range = words_range(&estimate, "ratio");

    page_row_begin(telling->page);
    page_cell(telling->page, "true, as users met it");
    page_cell_range(telling->page, text, range);
    page_cell_format(telling->page, "%u", outages);
    page_cell(telling->page, WORDS_NONE);
    page_cell(telling->page, WORDS_NONE);
    page_cell(telling->page, WORDS_NONE);
    page_row_end(telling->page);
}

void section_watch(const Telling *telling)
{
    static const char *const heads[] = {
        "Monitor",       "#Available", "#Outages seen", "#Noticed after", "#Least, most",
        "#False alarms", NULL};
    const View *view = telling->view;
    ResultsComponentFilter any = {0};
    g_autoptr(GArray) meters = results_meters(view->results, "says_down", &any);
    g_autoptr(GArray) people = results_meters(view->results, "hands_on", &any);
    g_autofree Truth *truths = g_new0(Truth, view->run_count + 1);

    section_begin(telling, "watch", "What monitors would have said");
    if (meters->len == 0) {
        page_element(telling->page, "p", NULL, "No monitor watched: 'system.watch' adds some.");
        section_end(telling);
        return;
    }
    for (guint i = 0; i < view->run_count; i++) {
        truths[i] = truth_of(telling, view->runs[i].run);
    }
    page_element_format(telling->page, "p", "note",
                        "Available: share of the time of the measured part in which no outage was, "
                        "or was said to be; "
                        "means over %u replication%s. True outages: seconds with under 99 %% of "
                        "good requests, those "
                        "within %d s of each other together, of %d s at least. Noticed after: from "
                        "the outage's begin "
                        "to the alert, over all outages seen; of people: to hands on the keyboard.",
                        view->run_count, view->run_count == 1 ? "" : "s", MERGE_S, LEAST_S);
    page_table_begin(telling->page, "The truth, and what each monitor made of it", heads);
    put_truth(telling, truths);
    for (guint i = 0; i < meters->len; i++) {
        put_monitor(telling, &g_array_index(meters, ResultsMeter, i), truths, true);
    }
    for (guint i = 0; i < people->len; i++) {
        put_monitor(telling, &g_array_index(people, ResultsMeter, i), truths, false);
    }
    page_table_end(telling->page);
    for (guint i = 0; i < view->run_count; i++) {
        g_array_unref(truths[i].outages);
    }
    section_end(telling);
}
