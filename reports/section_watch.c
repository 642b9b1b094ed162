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

/* `region`: NULL for all users. */
static Truth truth_of(const Telling *telling, int run, const char *region)
{
    Truth truth = {.outages = g_array_new(false, false, sizeof(TrueOutage)),
                   .span = whole_span(telling, run)};
    ResultsUserFilter whose = {.region = region};
    g_autoptr(GArray) seconds =
        results_user_seconds(telling->view->results, &whose, run, truth.span);

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

/* Where it asks from: what it is answered is what those there are answered. */
static const char *place_of(const ResultsMeter *meter)
{
    const ResultsComponent *component = meter->component;

    return component->region != NULL ? component->region
           : component->dc != NULL   ? component->dc
                                     : WORDS_NONE;
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
    page_cell(telling->page, place_of(meter));
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

/* What it said, as a mean over replications, and only for those who say: else NAN. */
static double put_monitor(const Telling *telling, const ResultsMeter *meter, const Truth *truths,
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

    double said = estimate_mean(word.availability, view->run_count, view->confidence).value;

    g_free(word.availability);
    g_array_unref(word.delays);
    return said;
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
    page_cell(telling->page, "all regions");
    page_cell_range(telling->page, text, range);
    page_cell_format(telling->page, "%u", outages);
    page_cell(telling->page, WORDS_NONE);
    page_cell(telling->page, WORDS_NONE);
    page_cell(telling->page, WORDS_NONE);
    page_row_end(telling->page);
}

/* --- region by region ---------------------------------------------------------------------------
 */

/* A difference that is worth a sentence: 0.1 % of the time. */
#define FAR_FROM_TRUE 0.001
/* Data centres that answered less of a region's good requests are not named. */
#define NAMED_SHARE 0.05

/* What users of a region met: the share of the time without an outage in each replication. */
static Estimate region_truth(const Telling *telling, const char *region)
{
    const View *view = telling->view;
    g_autofree double *good = g_new0(double, view->run_count + 1);

    for (guint i = 0; i < view->run_count; i++) {
        Truth truth = truth_of(telling, view->runs[i].run, region);

        good[i] = truth.seconds > 0 ? 1.0 - (double)truth.bad / truth.seconds : (double)NAN;
        g_array_unref(truth.outages);
    }
    return estimate_mean(good, view->run_count, view->confidence);
}

static double sum_of(const Bands *bands)
{
    double sum = 0;

    for (guint i = 0; i < bands->count; i++) {
        sum += bands->known[i] > 0 ? bands->sums[i] : 0;
    }
    return sum;
}

/* "DC03 71 %, DC01 29 %". Caller frees. */
static char *answered_by(const Telling *telling, guint region)
{
    guint dcs = telling->view->dcs->len - 1;
    Bands *const *series =
        (Bands *const *)telling->users->by_region_dc->pdata + (gsize)region * (dcs + 1);
    GString *text = g_string_new(NULL);
    double all = 0;

    for (guint i = 0; i < dcs; i++) {
        all += sum_of(series[i]);
    }
    for (guint i = 0; i < dcs && all > 0; i++) {
        double share = sum_of(series[i]) / all;

        if (share >= NAMED_SHARE) {
            g_string_append_printf(text, "%s%s %.0f %%", text->len > 0 ? ", " : "",
                                   (const char *)telling->view->dcs->pdata[i], 100 * share);
        }
    }
    if (text->len == 0) {
        g_string_append(text, WORDS_NONE);
    }
    return g_string_free(text, false);
}

/* The monitors that ask from there. Caller frees. */
static char *monitors_in(const GArray *meters, const char *region)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < meters->len; i++) {
        const ResultsMeter *meter = &g_array_index(meters, ResultsMeter, i);

        if (g_strcmp0(meter->component->region, region) == 0) {
            g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", meter->component->name);
        }
    }
    return g_string_free(text->len > 0 ? text : g_string_append(text, "nobody"), false);
}

static void put_region(const Telling *telling, guint region, const Estimate *truth,
                       const GArray *meters)
{
    const char *name = telling->view->regions->pdata[region];
    g_autofree char *text = words_value(truth->value, "ratio");
    g_autofree char *range = words_range(truth, "ratio");
    g_autofree char *answered = answered_by(telling, region);
    g_autofree char *monitors = monitors_in(meters, name);

    page_row_begin(telling->page);
    page_cell(telling->page, name);
    page_cell_range(telling->page, text, range);
    page_cell(telling->page, answered);
    page_cell(telling->page, monitors);
    page_row_end(telling->page);
}

/* Sum of a counter of the same component over all replications; 0 when it has none. */
static double count_of(const Telling *telling, const ResultsMeter *meter, const char *counter)
{
    const View *view = telling->view;
    ResultsComponentFilter self = {.component = meter->component->name};
    g_autoptr(GArray) meters = results_meters(view->results, counter, &self);
    double sum = 0;

    for (guint i = 0; i < view->run_count && meters->len > 0; i++) {
        g_autoptr(GArray) levels =
            results_levels(view->results, &g_array_index(meters, ResultsMeter, 0),
                           view->runs[i].run, whole_span(telling, view->runs[i].run));

        for (guint k = 0; k < levels->len; k++) {
            sum += g_array_index(levels, ResultsLevel, k).value;
        }
    }
    return sum;
}

/* "it asks from NA, where users met 100 %". Caller frees. */
static char *reason_of(const Telling *telling, const ResultsMeter *meter, const Estimate *truths,
                       double worst)
{
    double failed = count_of(telling, meter, "watch_checks_failed");
    double denied = count_of(telling, meter, "denied");
    guint own = 0;

    if (denied > 0) {
        return g_strdup_printf(
            "%.0f of its checks failed, and re-checks from other places denied %.0f of them: names "
            "are answered there with a data centre that lives",
            failed, denied);
    }
    if (meter->component->region == NULL ||
        !g_ptr_array_find_with_equal_func(telling->view->regions, meter->component->region,
                                          g_str_equal, &own)) {
        return meter->component->dc != NULL
                   ? g_strdup_printf("it asks from %s and not from where users are",
                                     place_of(meter))
                   : g_strdup("it asks nobody itself and goes by what others found");
    }
    if (truths[own].value - worst > FAR_FROM_TRUE) {
        g_autofree char *text = words_value(truths[own].value, "ratio");

        return g_strdup_printf("it asks from %s, where users met %s", place_of(meter), text);
    }
    return failed > 0
               ? g_strdup_printf("%.0f of its checks failed, and what it says changes by its own "
                                 "rule, as long after as the table says",
                                 failed)
               : g_strdup("none of its checks failed: it asks seldom, or something else than users "
                          "ask for");
}

/* Why it said so much more than was true somewhere. */
static void explain(const Telling *telling, const ResultsMeter *meter, double said, guint worst,
                    const Estimate *truths)
{
    const char *region = telling->view->regions->pdata[worst];
    g_autofree char *said_text = words_value(said, "ratio");
    g_autofree char *true_text = words_value(truths[worst].value, "ratio");

    if (said - truths[worst].value > FAR_FROM_TRUE) { /* and both are known */
        g_autofree char *reason = reason_of(telling, meter, truths, truths[worst].value);

        page_element_format(telling->page, "p", NULL, "%s said %s while users of %s met %s: %s.",
                            meter->component->name, said_text, region, true_text, reason);
    }
}

/* Where it was worse than monitors said, and why they could not know. */
static void put_regions(const Telling *telling, const GArray *meters, const double *said)
{
    static const char *const heads[] = {"Region", "#Available", "Answered by (of good requests)",
                                        "Monitors that ask from there", NULL};
    const View *view = telling->view;
    guint worst = 0, count = view->regions->len - 1;
    g_autofree Estimate *truths = g_new0(Estimate, count + 1);

    if (count == 0) {
        return;
    }
    page_table_begin(telling->page, "What users met, and who asked from the same place", heads);
    for (guint i = 0; i < count; i++) {
        truths[i] = region_truth(telling, view->regions->pdata[i]);
        worst = truths[i].value < truths[worst].value ? i : worst;
        put_region(telling, i, &truths[i], meters);
    }
    page_table_end(telling->page);
    for (guint i = 0; i < meters->len; i++) {
        explain(telling, &g_array_index(meters, ResultsMeter, i), said[i], worst, truths);
    }
}

void section_watch(const Telling *telling)
{
    static const char *const heads[] = {
        "Monitor",        "Asks from",    "#Available",    "#Outages seen",
        "#Noticed after", "#Least, most", "#False alarms", NULL};
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
        truths[i] = truth_of(telling, view->runs[i].run, NULL);
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
    g_autofree double *said = g_new0(double, meters->len + 1);

    for (guint i = 0; i < meters->len; i++) {
        said[i] = put_monitor(telling, &g_array_index(meters, ResultsMeter, i), truths, true);
    }
    for (guint i = 0; i < people->len; i++) {
        put_monitor(telling, &g_array_index(people, ResultsMeter, i), truths, false);
    }
    page_table_end(telling->page);
    put_regions(telling, meters, said);
    for (guint i = 0; i < view->run_count; i++) {
        g_array_unref(truths[i].outages);
    }
    section_end(telling);
}
