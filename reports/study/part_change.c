/* part_change.c - what matters, what was tried instead, and what to do. */
#include <math.h>
#include <string.h>

#include "reports/study/tell.h"
#include "sim/base/words.h"

#define TORNADOS_MOST 3
#define SETTINGS_DRAWN 10

static const char *unit_of(const cJSON *row)
{
    return study_unit(study_text(row, "unit"));
}

/* --- sensitivity ---------------------------------------------------------------------------- */

static void put_effect(const StudyTelling *telling, const cJSON *effect)
{
    static const char *const ends[] = {"low", "high"};
    const char *setting = study_text(effect, "setting");

    page_row_begin(telling->page);
    page_cell(telling->page, setting);
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        const char *at = study_text(study_member(effect, ends[i]), "at");

        page_cell(telling->page, at);
        tell_cell(telling, study_interval(effect, ends[i]), unit_of(effect),
                  "change of %s with %s at %s", study_text(effect, "metric"), setting, at);
    }
    page_row_end(telling->page);
}

static void add_effect(Plot *plot, PlotSeries *const *series, PlotSeries *whiskers,
                       const cJSON *effect, guint row, double scale)
{
    static const char *const ends[] = {"low", "high"};

    plot_add_tic(plot, study_text(effect, "setting"), row, true);
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        Interval change = study_interval(effect, ends[i]);

        if (isfinite(change.value)) {
            double at = row + (i == 0 ? -0.2 : 0.2);

            plot_add_row(series[i], 0.36, at, fmin(0, scale * change.value),
                         fmax(0, scale * change.value));
            plot_add_row(whiskers, scale * change.value, at, scale * change.low,
                         scale * change.high);
        }
    }
}

/* How a figure draws what has a unit. */
typedef struct Drawn {
    const char *unit, *label, *change;
    double scale;
} Drawn;

static const Drawn *drawn_of(const char *unit)
{
    static const Drawn all[] = {
        {"s", "ms", "change (ms)", 1000},
        {"ratio", "%", "change (percentage points)", 100},
        {"B", "MiB", "change (MiB)", 1.0 / (1024 * 1024)},
        {"1/s", "a second", "change (a second)", 1},
        {"", "", "change", 1},
    };
    guint i = 0;

    while (i + 1 < G_N_ELEMENTS(all) && strcmp(unit, all[i].unit) != 0) {
        i++;
    }
    return &all[i];
}

static void put_tornado(const StudyTelling *telling, const cJSON *effects, const char *metric)
{
    static const char *const heads[] = {"Setting",    "First value", "#Change",
                                        "Last value", "#Change",     NULL};
    g_autofree char *title = g_strdup_printf("What each setting does to %s", metric);
    g_autoptr(Plot) plot = NULL;
    PlotSeries *whiskers;
    PlotSeries *series[2];
    guint rows = 0;
    const Drawn *drawn = drawn_of(unit_of(study_with(effects, "metric", metric)));

    plot = plot_new(title, drawn->change, "");
    series[0] = plot_add(plot, "at its first value", PLOT_BOX);
    series[1] = plot_add(plot, "at its last value", PLOT_BOX);
    whiskers = plot_add(plot, "interval", PLOT_WHISKER);
    for (guint i = 0; i < study_count(effects) && rows < SETTINGS_DRAWN; i++) {
        if (strcmp(study_text(study_item(effects, i), "metric"), metric) == 0) {
            add_effect(plot, series, whiskers, study_item(effects, i), rows++, drawn->scale);
        }
    }
    plot_add_line(plot, "", 0, false);
    plot->y_from = rows - 0.4;
    plot->y_to = -0.6;
    plot->left = 30;
    plot->height = (int)(110 + 48 * rows);
    page_plot_begin(
        telling->page, telling->drawer, plot,
        "Each setting goes to its ends alone, all others stay. Thin lines: intervals of "
        "the paired differences.");
    page_table_begin(telling->page, title, heads);
    for (guint i = 0; i < study_count(effects); i++) {
        if (strcmp(study_text(study_item(effects, i), "metric"), metric) == 0) {
            put_effect(telling, study_item(effects, i));
        }
    }
    page_table_end(telling->page);
    page_plot_end(telling->page);
}

static void put_tornados(const StudyTelling *telling, const cJSON *study)
{
    const cJSON *effects = study_member(study, "effects");
    g_autoptr(GPtrArray) metrics = g_ptr_array_new();

    for (guint i = 0; i < study_count(effects); i++) {
        const char *metric = study_text(study_item(effects, i), "metric");

        if (!g_ptr_array_find_with_equal_func(metrics, metric, g_str_equal, NULL)) {
            g_ptr_array_add(metrics, (gpointer)metric);
        }
    }
    for (guint i = 0; i < MIN(metrics->len, TORNADOS_MOST); i++) {
        put_tornado(telling, effects, metrics->pdata[i]);
    }
    if (metrics->len > TORNADOS_MOST) {
        tell_note(telling, "%u more metrics stand in study.json.", metrics->len - TORNADOS_MOST);
    }
}

static void put_morris(const StudyTelling *telling, const cJSON *study)
{
    static const char *const heads[] = {"Metric",     "Setting", "#Mean effect",
                                        "#Mean size", "#Spread", NULL};
    const cJSON *effects = study_member(study, "effects");

    page_table_begin(telling->page,
                     "Screening by Morris: from the first to the last value of each setting, at "
                     "many places of the others. A spread as large as the size tells that settings "
                     "act on each other",
                     heads);
    for (guint i = 0; i < study_count(effects); i++) {
        const cJSON *row = study_item(effects, i);
        const char *names[] = {"mean", "mean_size", "spread"};

        page_row_begin(telling->page);
        page_cell(telling->page, study_text(row, "metric"));
        page_cell(telling->page, study_text(row, "setting"));
        for (guint k = 0; k < G_N_ELEMENTS(names); k++) {
            tell_cell(telling, tell_bare(study_number(row, names[k])), unit_of(row),
                      "%s of %s on %s", names[k], study_text(row, "setting"),
                      study_text(row, "metric"));
        }
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
}

/* Searched for, with an interval; false: not asked. */
static bool say_cpu_found(const StudyTelling *telling)
{
    const cJSON *cpu = study_member(telling->capacity, "cpu");
    Interval most = study_interval(cpu, "most_s");
    g_autofree char *rate = words_value(study_number(cpu, "rate"), "1/s");
    double now = study_number(cpu, "now_s");

    if (!isfinite(most.value) || !isfinite(now)) {
        return false;
    }
    tell_say(telling,
             "A request costs %s of CPU. %s requests a second hold (%s) up to %s, simulated.",
             tell_figure(telling, now, (double)NAN, (double)NAN, "s", "CPU a request, now"), rate,
             study_text(cpu, "case"),
             tell_figure(telling, most.value, most.low, most.high, "s",
                         "CPU a request at which it stops holding"));
    return true;
}

static void say_cpu(const StudyTelling *telling)
{
    const cJSON *outlook = study_member(telling->capacity, "outlook");
    double most = study_number(outlook, "cpu_most_s");
    double now = study_number(outlook, "cpu_now_s");
    double target = study_number(study_member(outlook, "inputs"), "target_high");

    if (isfinite(most) && isfinite(now)) {
        g_autofree char *rate = words_value(target, "1/s");

        tell_say(telling,
                 "A request costs %s of CPU; %s requests a second stop holding at about %s, by the "
                 "utilisation law in the worst case, while CPU is what gives way.",
                 tell_figure(telling, now, (double)NAN, (double)NAN, "s", "CPU a request, now"),
                 rate,
                 tell_figure(telling, most, (double)NAN, (double)NAN, "s", "CPU a request, most"));
    }
}

void part_sensitivity(const StudyTelling *telling)
{
    const cJSON *tornado = study_find(telling->files, STUDY_TORNADO);
    const cJSON *morris = study_find(telling->files, STUDY_MORRIS);

    if (!tell_begin(telling, 11, "What matters most", tornado != NULL || morris != NULL)) {
        return;
    }
    if (!say_cpu_found(telling)) {
        say_cpu(telling);
    }
    if (tornado != NULL) {
        put_tornados(telling, tornado);
    }
    if (morris != NULL) {
        put_morris(telling, morris);
    }
    if (tornado == NULL && morris == NULL) {
        tell_note(telling,
                  "Which settings matter was not asked: 'dcdrill sweep %s --sensitivity --over "
                  "POINTER=LOW..HIGH/2' does, once for each --over, and 'dcdrill report' with both "
                  "folders puts it here.",
                  tell_scenario(telling));
    }
    tell_end(telling);
}

/* --- alternatives --------------------------------------------------------------------------- */

static void put_difference(const StudyTelling *telling, const cJSON *row)
{
    g_autofree char *name = g_strdup_printf(
        "%s%s%s %s", study_text(row, "metric"), study_text(row, "labels")[0] != '\0' ? " " : "",
        study_text(row, "labels"), study_text(row, "aggregate"));

    page_row_begin(telling->page);
    page_cell(telling->page, name);
    tell_cell(telling, tell_bare(study_number(row, "before")), unit_of(row), "%s before", name);
    tell_cell(telling, tell_bare(study_number(row, "after")), unit_of(row), "%s after", name);
    tell_cell(telling, study_interval(row, "difference"), unit_of(row), "%s, difference", name);
    tell_cell(telling, study_interval(row, "change"), "ratio", "%s, change", name);
    page_cell(telling->page, study_text(row, "verdict"));
    page_row_end(telling->page);
}

static void put_diff(const StudyTelling *telling, const cJSON *diff)
{
    static const char *const heads[] = {"Metric",  "#Before", "#After", "#Difference",
                                        "#Change", "Verdict", NULL};
    const cJSON *rows = study_member(diff, "metrics");

    tell_say(telling, "%s against %s, in %g pairs of replications: %s.", study_text(diff, "after"),
             study_text(diff, "before"), study_number(diff, "pairs"), study_text(diff, "verdict"));
    page_table_begin(telling->page,
                     "Paired differences under the same random numbers; the verdict is that of the "
                     "difference's interval, not of two intervals side by side",
                     heads);
    for (guint i = 0; i < study_count(rows); i++) {
        put_difference(telling, study_item(rows, i));
    }
    page_table_end(telling->page);
}

static void put_alternative(const StudyTelling *telling, const cJSON *row, const char *unit,
                            bool is_first)
{
    const char *name = study_text(row, "name");

    page_row_begin(telling->page);
    page_cell(telling->page, name);
    tell_cell_money(telling, study_number(row, "monthly"), "EUR", "%s a month", name);
    page_cell(telling->page, study_text(row, "thresholds"));
    tell_cell(telling, study_interval(row, "metric"), unit, "figure of %s", name);
    if (is_first) {
        page_cell(telling->page, "");
    } else {
        tell_cell(telling, study_interval(row, "difference"), unit, "%s against the cheapest",
                  name);
    }
    tell_cell(telling, tell_bare(study_number(row, "replications")), "", "replications of %s",
              name);
    page_cell(telling->page, cJSON_IsTrue(study_member(row, "front")) ? "yes" : "");
    page_row_end(telling->page);
}

static const char *asked_words(const cJSON *intent)
{
    return strcmp(study_text(intent, "find"), "best") == 0
               ? "the best"
               : "the cheapest at which every promise holds";
}

static const char *holds_words(const cJSON *winner)
{
    const char *word = study_text(winner, "thresholds");

    return strcmp(word, "holds") == 0   ? "every promise holds"
           : strcmp(word, "fails") == 0 ? "a promise is broken"
                                        : "not every promise is shown to hold";
}

/* The best of many noisy ones looks better than it is: what is quoted is its second run. */
static void say_winner(const StudyTelling *telling, const cJSON *intent, const cJSON *winner)
{
    Interval seen = study_interval(winner, "metric");
    const char *figure = tell_figure(telling, seen.value, seen.low, seen.high, unit_of(intent),
                                     "%s of the choice, run again", study_text(intent, "figure"));

    tell_say(
        telling,
        "Asked for is %s of %u alternatives: '%s'. Run again with fresh seeds (from %s) it has "
        "%s %s; %s.",
        asked_words(intent), study_count(study_member(intent, "alternatives")),
        study_text(winner, "name"), study_text(winner, "seed"), study_text(intent, "figure"),
        figure, holds_words(winner));
}

/* Cost across, the metric up: those that nothing beats in both, and the others. */
static Plot *make_front(const cJSON *intent)
{
    static const char *const names[] = {"on the front", "beaten in both"};
    const cJSON *rows = study_member(intent, "alternatives");
    const Drawn *drawn = drawn_of(unit_of(intent));
    g_autofree char *label = g_strdup_printf("%s%s%s%s", study_text(intent, "figure"),
                                             drawn->label[0] != '\0' ? " (" : "", drawn->label,
                                             drawn->label[0] != '\0' ? ")" : "");
    Plot *plot = plot_new("What each alternative costs, and what it comes to",
                          "EUR a month, all together", label);

    plot->x_from = plot->y_from = 0;
    for (guint k = 0; k < G_N_ELEMENTS(names); k++) {
        PlotSeries *series = plot_add(plot, names[k], PLOT_POINTS);

        for (guint i = 0; i < study_count(rows); i++) {
            const cJSON *row = study_item(rows, i);
            Interval seen = study_interval(row, "metric");
            bool is_front = cJSON_IsTrue(study_member(row, "front"));

            if (is_front == (k == 0) && isfinite(seen.value)) {
                plot->x_to =
                    fmax(isnan(plot->x_to) ? 1 : plot->x_to, 1.1 * study_number(row, "monthly"));
                plot_add_row(series, study_number(row, "monthly"), drawn->scale * seen.value,
                             drawn->scale * (isfinite(seen.low) ? seen.low : seen.value),
                             drawn->scale * (isfinite(seen.high) ? seen.high : seen.value));
            }
        }
    }
    return plot;
}

static void put_alternatives(const StudyTelling *telling, const cJSON *intent)
{
    const cJSON *rows = study_member(intent, "alternatives");
    g_autofree char *figure = g_strconcat("#", study_text(intent, "figure"), NULL);
    const char *const heads[] = {"Alternative",           "#A month",      "Promises",     figure,
                                 "#Against the cheapest", "#Replications", "On the front", NULL};

    page_table_begin(telling->page,
                     "Alternatives under the same random numbers. On the front: nothing that costs "
                     "as little is better",
                     heads);
    for (guint i = 0; i < study_count(rows); i++) {
        put_alternative(telling, study_item(rows, i), unit_of(intent), i == 0);
    }
    page_table_end(telling->page);
}

static void put_intent(const StudyTelling *telling, const cJSON *intent)
{
    const cJSON *winner = study_member(intent, "winner");
    g_autoptr(Plot) plot = make_front(intent);

    if (cJSON_IsObject(winner)) {
        say_winner(telling, intent, winner);
    } else {
        tell_say(telling, "Asked for is %s of %u alternatives; none holds.", asked_words(intent),
                 study_count(study_member(intent, "alternatives")));
    }
    put_alternatives(telling, intent);
    if (plot_has_something(plot)) {
        page_plot_begin(telling->page, telling->drawer, plot, "Thin lines are the intervals.");
        page_element(telling->page, "p", NULL, "The table above has them.");
        page_plot_end(telling->page);
    }
}

void part_alternatives(const StudyTelling *telling)
{
    bool has_any = study_find(telling->files, STUDY_DIFF) != NULL ||
                   study_find(telling->files, STUDY_INTENT) != NULL;

    if (!tell_begin(telling, 12, "Alternatives", has_any)) {
        return;
    }
    for (guint i = 0; i < telling->files->len; i++) {
        const StudyFile *file = g_ptr_array_index(telling->files, i);

        if (file->kind == STUDY_DIFF) {
            put_diff(telling, file->json);
        } else if (file->kind == STUDY_INTENT) {
            put_intent(telling, file->json);
        }
    }
    if (!has_any) {
        tell_note(telling,
                  "No alternative was tried: 'dcdrill diff %s --with /POINTER=VALUE' compares two "
                  "under the same random numbers, and 'dcdrill report' with both folders puts it "
                  "here.",
                  tell_scenario(telling));
    }
    tell_end(telling);
}

/* --- recommendations ------------------------------------------------------------------------ */

/* So busy, and waiting for something busy is what breaks a promise. */
#define BUSY 0.7

static const cJSON *worst_of_all(const cJSON *capacity)
{
    const cJSON *worst = tell_worst(capacity, 1);

    return worst != NULL ? worst : tell_worst(capacity, 0);
}

/* The next tier that is full at another rate than the bottleneck's: what relief can gain at most.
 */
static const cJSON *find_next(const cJSON *one)
{
    const cJSON *tiers = study_member(one, "tiers");
    double full = study_number(study_item(tiers, 0), "saturation_rate");

    for (guint i = 1; i < study_count(tiers); i++) {
        if (study_number(study_item(tiers, i), "saturation_rate") > 1.02 * full) {
            return study_item(tiers, i);
        }
    }
    return NULL;
}

char *advice_first(const StudyTelling *telling)
{
    const cJSON *worst = worst_of_all(telling->capacity);
    const cJSON *tier = tell_bottleneck(worst);
    const cJSON *next = find_next(worst);
    double rate = study_interval(worst, "capacity").value;
    double full = study_number(tier, "saturation_rate");
    g_autofree char *limit = words_value(study_number(next, "saturation_rate"), "1/s");

    if (tier == NULL || !isfinite(rate)) {
        return NULL;
    }
    if (rate / full < BUSY) {
        g_autofree char *busy = words_value(rate / full, "ratio");

        return g_strdup_printf(
            "not more of the same: '%s', the busiest, is only %s busy when the "
            "promise breaks. Look at how long a single request takes and what it "
            "waits for: bursts, distance, timeouts, connections.",
            study_text(tier, "name"), busy);
    }
    return next != NULL
               ? g_strdup_printf("relieve '%s', with more of it or less work a request. By the "
                                 "utilisation law that can gain until '%s' is full at %s/s, and "
                                 "waiting takes some of it.",
                                 study_text(tier, "name"), study_text(next, "name"), limit)
               : g_strdup_printf("relieve '%s', with more of it or less work a request.",
                                 study_text(tier, "name"));
}

/* What to do, what it is expected to do, what it costs, and what shows that. */
typedef struct Advice {
    const char *what, *effect, *cost, *support;
} Advice;

static void put_advice(const StudyTelling *telling, const Advice *advice)
{
    const char *const cells[] = {advice->what, advice->effect, advice->cost, advice->support};
    g_autofree char *said =
        g_strdup_printf("%s Expected effect: %s. Cost: %s. Supported by: %s.", advice->what,
                        advice->effect, advice->cost, advice->support);

    page_row_begin(telling->page);
    for (guint i = 0; i < G_N_ELEMENTS(cells); i++) {
        page_cell_class(telling->page, i == 0 ? "what" : "prose", cells[i]);
    }
    page_row_end(telling->page);
    ledger_add_sentence(telling->ledger, said);
}

static void put_choice(const StudyTelling *telling, const cJSON *intent)
{
    const cJSON *winner = study_member(intent, "winner");
    Interval seen = study_interval(winner, "metric");
    g_autofree char *figure = words_with_interval(seen.value, seen.low, seen.high, unit_of(intent));
    g_autofree char *effect =
        g_strdup_printf("%s %s; %s", study_text(intent, "figure"), figure, holds_words(winner));
    g_autofree char *money = words_value(study_number(winner, "monthly"), "money");
    g_autofree char *cost = g_strdup_printf("%s EUR a month for the whole system", money);
    g_autofree char *what = g_strdup_printf("Choose '%s'.", study_text(winner, "name"));
    g_autofree char *support =
        g_strdup_printf("part 12; its own run from seed %s", study_text(winner, "seed"));

    if (cJSON_IsObject(winner)) {
        put_advice(telling, &(Advice){what, effect, cost, support});
    }
}

/* The first metric that a change is shown to make better, with how much. Caller frees. */
static char *describe_gain(const cJSON *diff)
{
    const cJSON *row = study_with(study_member(diff, "metrics"), "verdict", "better");
    Interval change = study_interval(row, "change");
    Interval difference = study_interval(row, "difference");
    bool is_share = isfinite(change.value);
    const Interval *told = is_share ? &change : &difference;
    g_autofree char *figure =
        words_with_interval(told->value, told->low, told->high, is_share ? "ratio" : unit_of(row));

    return g_strdup_printf("%s %s by %s; part 12 has the others", study_text(row, "metric"),
                           study_text(row, "aggregate"), figure);
}

/* What a diff found better is a change to make. */
static void put_tried(const StudyTelling *telling)
{
    for (guint i = 0; i < telling->files->len; i++) {
        const StudyFile *file = g_ptr_array_index(telling->files, i);

        if (file->kind == STUDY_INTENT) {
            put_choice(telling, file->json);
        } else if (file->kind == STUDY_DIFF &&
                   strcmp(study_text(file->json, "verdict"), "better") == 0) {
            g_autofree char *what =
                g_strdup_printf("Change to %s.", study_text(file->json, "after"));
            g_autofree char *effect = describe_gain(file->json);
            g_autofree char *support = g_strdup_printf("%g pairs of replications, part 12",
                                                       study_number(file->json, "pairs"));

            put_advice(telling, &(Advice){what, effect, "not asked", support});
        }
    }
}

void part_advice(const StudyTelling *telling)
{
    static const char *const heads[] = {"What", "Expected effect", "Cost", "Supported by", NULL};
    g_autofree char *first = advice_first(telling);
    g_autofree char *again =
        g_strdup_printf("'dcdrill capacity %s --set ...'", tell_scenario(telling));

    if (!tell_begin(telling, 13, "Recommendations",
                    study_find(telling->files, STUDY_DIFF) != NULL ||
                        study_find(telling->files, STUDY_INTENT) != NULL)) {
        return;
    }
    page_table_begin(telling->page, "In order of weight", heads);
    if (first != NULL) {
        g_autofree char *what = g_strdup_printf("First: %s", first);

        put_advice(telling, &(Advice){what, "by a law, not simulated: no interval",
                                      "not asked; 'dcdrill capacity --intent' puts prices to "
                                      "alternatives",
                                      "parts 4 and 5 of this study"});
        put_advice(telling,
                   &(Advice){"Before money is spent: run this study again with the change.",
                             "turns the law's bound into a figure with an interval",
                             "no money: minutes of a computer", again});
    }
    put_tried(telling);
    put_advice(
        telling,
        &(Advice){"Hold the service times of part 2 against measurements of the running system.",
                  "every figure here moves in proportion to them", "no money: measuring",
                  "parts 2 and 11"});
    page_table_end(telling->page);
    tell_end(telling);
}
