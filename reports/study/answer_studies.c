/* answer_studies.c - what each study other than a capacity came to, on the first page. */
#include <math.h>
#include <string.h>

#include "reports/study/tell.h"
#include "sim/base/words.h"

#define CURVES_TOLD 3
#define EFFECTS_TOLD 3

/* The answer in large letters, with a word that says how good it is. */
static void put_verdict(const StudyTelling *telling, const char *class, const char *word,
                        const char *sentence)
{
    page_open(telling->page, "p", "class", class, NULL);
    page_element(telling->page, "strong", NULL, word);
    page_text(telling->page, " ");
    page_text(telling->page, sentence);
    page_close(telling->page, "p");
    ledger_add_sentence(telling->ledger, word);
    ledger_add_sentence(telling->ledger, sentence);
}

/* --- a diff --------------------------------------------------------------------------------- */

static guint count_verdicts(const cJSON *rows, const char *verdict)
{
    guint count = 0;

    for (guint i = 0; i < study_count(rows); i++) {
        count += strcmp(study_text(study_item(rows, i), "verdict"), verdict) == 0;
    }
    return count;
}

/* The most pairs that any undecided metric needs. */
static double most_needed(const cJSON *rows)
{
    double most = 0;

    for (guint i = 0; i < study_count(rows); i++) {
        const cJSON *row = study_item(rows, i);

        if (strcmp(study_text(row, "verdict"), "undecided") == 0) {
            most = fmax(most, study_number(row, "pairs_needed"));
        }
    }
    return most;
}

static void answer_diff(const StudyTelling *telling, const cJSON *diff)
{
    static const struct {
        const char *verdict, *class, *word;
    } looks[] = {
        {"better", "verdict pass", "BETTER"},
        {"equivalent", "verdict pass", "EQUIVALENT"},
        {"worse", "verdict fail", "WORSE"},
        {"undecided", "verdict open", "UNDECIDED"},
    };
    const cJSON *rows = study_member(diff, "metrics");
    const char *verdict = study_text(diff, "verdict");
    g_autofree char *sentence = g_strdup_printf(
        "%s, held against %s in %g pairs of replications under the same random "
        "numbers.",
        study_text(diff, "after"), study_text(diff, "before"), study_number(diff, "pairs"));
    double needed = most_needed(rows);

    for (guint i = 0; i < G_N_ELEMENTS(looks); i++) {
        if (strcmp(verdict, looks[i].verdict) == 0) {
            put_verdict(telling, looks[i].class, looks[i].word, sentence);
        }
    }
    tell_say(telling, "Of %u metrics %u are better, %u worse, %u equivalent, %u undecided.",
             study_count(rows), count_verdicts(rows, "better"), count_verdicts(rows, "worse"),
             count_verdicts(rows, "equivalent"), count_verdicts(rows, "undecided"));
    if (needed > 0) {
        tell_say(telling, "About %g pairs would decide all of them.", needed);
    }
}

/* --- a sweep -------------------------------------------------------------------------------- */

static const char *text_at(const cJSON *list, guint index)
{
    const cJSON *item = study_item(list, index);

    return cJSON_IsString(item) ? item->valuestring : "";
}

static void say_curve(const StudyTelling *telling, const cJSON *sweep, guint metric)
{
    const cJSON *points = study_member(sweep, "points");
    const char *name = text_at(study_member(sweep, "metrics"), metric);
    const char *unit = study_unit(text_at(study_member(sweep, "units"), metric));
    const cJSON *ends[] = {study_item(points, 0), study_item(points, study_count(points) - 1)};
    const char *said[2];

    for (guint i = 0; i < 2; i++) {
        const cJSON *value = study_item(study_member(ends[i], "values"), metric);
        const char *at = text_at(study_member(ends[i], "at"), 0);

        said[i] = tell_figure(telling, study_number(value, "value"), study_number(value, "low"),
                              study_number(value, "high"), unit, "%s at %s", name, at);
    }
    tell_say(telling, "%s: %s at %s, %s at %s.", name, said[0],
             text_at(study_member(ends[0], "at"), 0), said[1],
             text_at(study_member(ends[1], "at"), 0));
}

/* Where a metric is least and where it is most on a grid. */
static void say_extremes(const StudyTelling *telling, const cJSON *sweep, guint metric)
{
    const cJSON *points = study_member(sweep, "points");
    const char *name = text_at(study_member(sweep, "metrics"), metric);
    const char *unit = study_unit(text_at(study_member(sweep, "units"), metric));
    const cJSON *ends[2] = {NULL, NULL};
    double values[2] = {(double)INFINITY, -(double)INFINITY};
    const char *said[2];

    for (guint i = 0; i < study_count(points); i++) {
        const cJSON *point = study_item(points, i);
        double value = study_number(study_item(study_member(point, "values"), metric), "value");

        for (guint k = 0; k < 2; k++) {
            if (k == 0 ? value < values[k] : value > values[k]) {
                values[k] = value;
                ends[k] = point;
            }
        }
    }
    if (ends[0] == NULL || ends[1] == NULL) {
        return;
    }
    for (guint k = 0; k < 2; k++) {
        const cJSON *value = study_item(study_member(ends[k], "values"), metric);

        said[k] = tell_figure(telling, study_number(value, "value"), study_number(value, "low"),
                              study_number(value, "high"), unit, "%s, %s", name,
                              k == 0 ? "least" : "most");
    }
    tell_say(telling, "%s: least is %s, at %s and %s; most is %s, at %s and %s.", name, said[0],
             text_at(study_member(ends[0], "at"), 0), text_at(study_member(ends[0], "at"), 1),
             said[1], text_at(study_member(ends[1], "at"), 0),
             text_at(study_member(ends[1], "at"), 1));
}

static void answer_sweep(const StudyTelling *telling, const cJSON *sweep)
{
    const cJSON *over = study_member(sweep, "over");
    const char *axis = text_at(over, 0);
    double knee = study_number(sweep, "knee");
    guint metrics = study_count(study_member(sweep, "metrics"));

    tell_say(telling, "%s was tried over %s%s%s, %u points.", study_text(sweep, "scenario"), axis,
             study_count(over) > 1 ? " and " : "", text_at(over, 1),
             study_count(study_member(sweep, "points")));
    for (guint i = 0; i < MIN(metrics, CURVES_TOLD); i++) {
        if (study_count(over) == 1) {
            say_curve(telling, sweep, i);
        } else {
            say_extremes(telling, sweep, i);
        }
    }
    if (isfinite(knee)) {
        tell_say(telling, "From %s on %s grows faster than the load.",
                 tell_figure(telling, knee, (double)NAN, (double)NAN,
                             strstr(axis, "rate") != NULL ? "1/s" : "", "knee"),
                 study_text(sweep, "knee_metric"));
    }
    if (study_text(sweep, "unfinished")[0] != '\0') {
        tell_say(telling, "Not complete: %s.", study_text(sweep, "unfinished"));
    }
}

/* --- a choice ------------------------------------------------------------------------------- */

void answer_choice(const StudyTelling *telling, const cJSON *intent)
{
    const cJSON *winner = study_member(intent, "winner");
    guint count = study_count(study_member(intent, "alternatives"));
    bool is_cheapest = strcmp(study_text(intent, "find"), "best") != 0;
    bool holds = strcmp(study_text(winner, "thresholds"), "holds") == 0;
    g_autofree char *money = words_value(study_number(winner, "monthly"), "money");
    g_autofree char *sentence = NULL;

    if (!cJSON_IsObject(winner)) {
        sentence = g_strdup_printf("None of the %u alternatives that were tried keeps every "
                                   "promise.",
                                   count);
        put_verdict(telling, "verdict fail", "NONE HOLDS", sentence);
        return;
    }
    sentence = g_strdup_printf("Choose '%s', %s EUR a month: of %u alternatives it %s. %s",
                               study_text(winner, "name"), money, count,
                               is_cheapest ? "is the cheapest at which every promise holds"
                                           : "is the best by the metric asked for",
                               holds ? "Run again with fresh seeds, every promise holds."
                                     : "Run again with fresh seeds, not every promise is shown to "
                                       "hold.");
    put_verdict(telling, holds ? "verdict pass" : "verdict open",
                holds || !is_cheapest ? "CHOSEN" : "NOT CONFIRMED", sentence);
    if (strcmp(study_text(intent, "procedure"), "OCBA") == 0) {
        tell_note(telling, "A fixed number of replications was spread over the alternatives: "
                           "without a guarantee that the best by the metric was found.");
    }
}

/* --- what matters --------------------------------------------------------------------------- */

/* The first metric's largest effects; they stand in order. */
static void answer_effects(const StudyTelling *telling, const cJSON *study)
{
    const cJSON *effects = study_member(study, "effects");
    const char *metric = study_text(study_item(effects, 0), "metric");
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 1; i < MIN(study_count(effects), EFFECTS_TOLD); i++) {
        const cJSON *effect = study_item(effects, i);

        if (strcmp(study_text(effect, "metric"), metric) == 0) {
            g_string_append_printf(text, ", then %s", study_text(effect, "setting"));
        }
    }
    tell_say(telling, "Of the settings of %s that were tried, %s does most to %s%s.",
             study_text(study, "scenario"), study_text(study_item(effects, 0), "setting"), metric,
             text->str);
}

void answer_study(const StudyTelling *telling, const StudyFile *file)
{
    switch (file->kind) {
    case STUDY_DIFF:
        answer_diff(telling, file->json);
        break;
    case STUDY_SWEEP:
        answer_sweep(telling, file->json);
        break;
    case STUDY_INTENT:
        answer_choice(telling, file->json);
        break;
    case STUDY_TORNADO:
    case STUDY_MORRIS:
        answer_effects(telling, file->json);
        break;
    case STUDY_CAPACITY:
    case STUDY_OTHER:
        break;
    }
}
