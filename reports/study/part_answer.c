/* part_answer.c - the first page: what is carried, against what was promised, what gives way first,
 * what to change, and how far to trust it. */
#include <math.h>
#include <string.h>

#include "reports/study/tell.h"
#include "sim/base/words.h"

/* "journey p(99)<400ms and http_req_failed rate<0.001". Caller frees. */
static char *name_thresholds(const cJSON *capacity)
{
    const cJSON *list = study_member(capacity, "thresholds");
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < study_count(list); i++) {
        const cJSON *item = study_item(list, i);

        g_string_append_printf(text, "%s%s", i > 0 ? " and " : "",
                               cJSON_IsString(item) ? item->valuestring : "");
    }
    return g_string_free(text, FALSE);
}

static const char *loss_words(guint lost)
{
    return lost == 0   ? "with all sites up"
           : lost == 1 ? "with any one site lost"
                       : "with any two sites lost";
}

/* How a rate's being carried is told. */
static const char *carried_words(int carries)
{
    return carries > 0 ? "met" : carries == 0 ? "not met" : "not shown to be met";
}

/* "2,741/s [2,700; 2,783] at p(99)<800ms with any one site lost (the worst case: without DC03)". */
static char *describe_loss(const StudyTelling *telling, guint lost, const char *thresholds)
{
    const cJSON *worst = tell_worst(telling->capacity, lost);
    Interval rate = study_interval(worst, "capacity");
    double sure = study_number(study_member(worst, "wall"), "nine_in_ten"); /* NAN: no wall */
    g_autofree char *carried = tell_capacity(telling, worst);
    g_autofree char *which =
        lost > 0 ? g_strdup_printf(" (the worst case: %s)", study_text(worst, "case"))
                 : g_strdup("");

    if (!isfinite(rate.value)) {
        return g_strdup_printf("%s%s: %s.", loss_words(lost), which, carried);
    }
    if (isfinite(sure)) {
        return g_strdup_printf(
            "Sustains %s in nine of ten replications and %s in every second one, "
            "at %s %s%s: beyond this wall requests fail by the thousand.",
            tell_figure(telling, sure, (double)NAN, (double)NAN, "1/s", "capacity %s, nine in ten",
                        study_text(worst, "case")),
            carried, thresholds, loss_words(lost), which);
    }
    return g_strdup_printf("Sustains %s at %s %s%s.", carried, thresholds, loss_words(lost), which);
}

/* Every case with as many sites lost has to carry the rate. */
static int all_carry(const cJSON *capacity, guint lost, double rate)
{
    const cJSON *cases = study_member(capacity, "cases");
    int all = 1;

    for (guint i = 0; i < study_count(cases); i++) {
        const cJSON *one = study_item(cases, i);
        int carries = tell_lost(one) == lost ? tell_carries(one, rate) : 1;

        all = carries == 0 || all == 0 ? 0 : MIN(all, carries);
    }
    return all;
}

static void say_target(const StudyTelling *telling, guint lost)
{
    const cJSON *inputs = study_member(study_member(telling->capacity, "outlook"), "inputs");
    double low = study_number(inputs, "target_low");
    double high = study_number(inputs, "target_high");
    g_autofree char *from = words_value(low, "1/s");
    g_autofree char *to = words_value(high, "1/s");
    int low_met;
    int high_met;

    if (!(high > 0)) {
        tell_note(telling, "No promised rate was given to hold this against: \"search\": "
                           "{\"capacity\": {\"target_low\": ..., \"target_high\": ...}} in the "
                           "scenario does.");
        return;
    }
    low_met = all_carry(telling->capacity, lost, low);
    high_met = all_carry(telling->capacity, lost, high);
    tell_say(telling,
             "Promised are %s to %s requests a second: %s, the lower end is %s, the upper "
             "end is %s.",
             from, to, loss_words(lost), carried_words(low_met), carried_words(high_met));
}

static void say_bottleneck(const StudyTelling *telling, const cJSON *worst)
{
    const cJSON *tier = tell_bottleneck(worst);
    Interval full = tell_full_at(tier);
    const char *binding = study_text(worst, "binding");

    if (binding[0] != '\0') {
        tell_say(telling, "The first promise to give way: %s.", binding);
    }
    if (tier != NULL) {
        tell_say(telling,
                 "The bottleneck: %s (%s); rate at which it is full, by the utilisation law: %s.",
                 study_text(tier, "name"), study_text(worst, "case"),
                 tell_figure(telling, full.value, full.low, full.high, "1/s",
                             "rate at which the bottleneck is full"));
    }
}

static void say_first_change(const StudyTelling *telling)
{
    g_autofree char *advice = advice_first(telling);

    if (advice != NULL) {
        tell_say(telling, "The first thing to change: %s", advice);
    }
}

/* What was chosen among alternatives answers more than a law. */
static void say_choice(const StudyTelling *telling)
{
    const cJSON *intent = study_find(telling->files, STUDY_INTENT);

    if (intent != NULL) {
        answer_choice(telling, intent);
    }
}

/* What it costs, in one sentence. */
static void say_cost(const StudyTelling *telling, const cJSON *outlook)
{
    const char *currency = study_text(outlook, "currency");
    double monthly = study_number(outlook, "monthly");
    double reserve = monthly * study_number(outlook, "reserve_ratio");
    g_autofree char *month = words_value(monthly, "money");
    double each = study_number(outlook, "per_million_at_mean");
    g_autofree char *price = words_value(each, "money");
    g_autofree char *million =
        isfinite(each) ? g_strdup_printf(", %s %s for a million requests", price, currency)
                       : g_strdup("");
    g_autofree char *spare = words_value(reserve, "money");
    g_autofree char *of_this =
        isfinite(reserve) ? g_strdup_printf("; %s %s of a month's pay for what only the loss of a "
                                            "site needs",
                                            spare, currency)
                          : g_strdup("");

    if (isfinite(monthly)) {
        tell_say(telling, "It costs %s %s a month%s%s (part 10).", month, currency, million,
                 of_this);
    }
}

/* How long it lasts, in one sentence. */
static void say_lasting(const StudyTelling *telling, const cJSON *outlook)
{
    const cJSON *wall = growth_first_wall(study_member(outlook, "walls"));
    const char *start = study_text(study_member(outlook, "inputs"), "start");
    double months = growth_first_months(wall);
    g_autofree char *month = words_month(start, months);
    bool is_date = g_ascii_isdigit(month[0]);

    if (wall == NULL) {
        return;
    }
    if (months <= 0) {
        tell_say(telling, "It does not last: '%s' is full already (part 9).",
                 study_text(wall, "name"));
    } else if (isfinite(months)) {
        tell_say(telling,
                 "It lasts until '%s' is full, at the fastest growth assumed %s%s (part 9).",
                 study_text(wall, "name"), is_date ? "in " : "", month);
    } else {
        tell_say(telling, "Nothing is ever full at the growth assumed (part 9).");
    }
}

static void say_trust(const StudyTelling *telling)
{
    g_autofree char *confidence =
        g_strdup_printf("%g", 100 * study_number(telling->capacity, "confidence"));

    tell_note(
        telling,
        "How far to trust this: in brackets stand the rates between which the truth lies with "
        "%s %% confidence, as far as chance goes and if the model is right. The laws of "
        "queues, of quorums and of fail-over in the model are held against closed forms and "
        "published measurements; the figures of this system (part 2) have not been held "
        "against the system itself. Until a load test has, take differences as sounder than "
        "absolute numbers.",
        confidence);
}

/* What the promise comes to, in a word: colour is not the only carrier. */
static const char *promise_word(int low, int high)
{
    return high > 0    ? "PROMISE KEPT"
           : low == 0  ? "PROMISE NOT KEPT"
           : high == 0 ? "KEPT IN PART"
                       : "NOT SHOWN";
}

static void put_headline(const StudyTelling *telling, guint lost, const char *headline)
{
    const cJSON *inputs = study_member(study_member(telling->capacity, "outlook"), "inputs");
    double target = study_number(inputs, "target_high");
    int low = all_carry(telling->capacity, lost, study_number(inputs, "target_low"));
    int high = all_carry(telling->capacity, lost, target);
    bool is_promised = target > 0;

    page_open(telling->page, "p", "class",
              !is_promised ? "verdict"
              : high > 0   ? "verdict pass"
              : low == 0   ? "verdict fail"
                           : "verdict open",
              NULL);
    if (is_promised) {
        page_element(telling->page, "strong", NULL, promise_word(low, high));
        page_text(telling->page, " ");
        ledger_add_sentence(telling->ledger, promise_word(low, high));
    }
    page_text(telling->page, headline);
    page_close(telling->page, "p");
    ledger_add_sentence(telling->ledger, headline);
}

static guint most_lost(const cJSON *capacity)
{
    return tell_worst(capacity, 2) != NULL && tell_worst(capacity, 1) == NULL ? 2
           : tell_worst(capacity, 1) != NULL                                  ? 1
                                                                              : 0;
}

static void answer_capacity(const StudyTelling *telling)
{
    const cJSON *capacity = telling->capacity;
    guint lost = most_lost(capacity);
    g_autofree char *thresholds = name_thresholds(capacity);
    g_autofree char *headline = describe_loss(telling, lost, thresholds);

    put_headline(telling, lost, headline);
    if (lost > 0) {
        g_autofree char *intact = describe_loss(telling, 0, "the same");

        tell_say(telling, "%s", intact);
    } else {
        tell_note(telling,
                  "What is left when a site is lost was not asked: 'dcdrill capacity %s --n-minus "
                  "1' does.",
                  tell_scenario(telling));
    }
    say_target(telling, lost);
    say_bottleneck(telling, tell_worst(capacity, lost));
    say_first_change(telling);
    say_choice(telling);
    say_cost(telling, study_member(capacity, "outlook"));
    say_lasting(telling, study_member(capacity, "outlook"));
    if (study_text(capacity, "unfinished")[0] != '\0') {
        tell_say(telling, "Not complete: %s.", study_text(capacity, "unfinished"));
    }
    say_trust(telling);
}

void part_answer(const StudyTelling *telling)
{
    page_element(telling->page, "h1", NULL, telling->ledger->title);
    tell_begin(telling, 1, "Answer", true);
    if (telling->capacity != NULL) {
        answer_capacity(telling);
    } else {
        for (guint i = 0; i < telling->files->len; i++) {
            answer_study(telling, g_ptr_array_index(telling->files, i));
        }
    }
    if (telling->drawer->is_missing) {
        page_element(telling->page, "p", "missing",
                     "Figures are left out: there is no gnuplot on this machine. All tables are "
                     "here; 'dcdrill report' draws the figures later.");
    }
    tell_end(telling);
}
