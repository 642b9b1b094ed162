/* part_evidence.c - what was run, under which seeds, and how to run it again. */
#include <math.h>
#include <string.h>

#include "reports/study/tell.h"
#include "sim/base/words.h"

static double sum_of_replications(const cJSON *one)
{
    const cJSON *looks = study_member(one, "looks");
    double sum = 0;

    for (guint i = 0; i < study_count(looks); i++) {
        double own = study_number(study_item(looks, i), "replications");

        sum += isfinite(own) ? own : 0;
    }
    return sum;
}

static void put_search(const StudyTelling *telling)
{
    static const char *const heads[] = {"Case", "How it ended", "#Rates tried", "#Replications",
                                        NULL};
    const cJSON *cases = study_member(telling->capacity, "cases");

    page_table_begin(telling->page, "The search in each case; part 3 has every rate tried", heads);
    for (guint i = 0; i < study_count(cases); i++) {
        const cJSON *one = study_item(cases, i);
        const char *name = study_text(one, "case");

        page_row_begin(telling->page);
        page_cell(telling->page, name);
        page_cell(telling->page, study_text(one, "end"));
        tell_cell(telling, tell_bare(study_count(study_member(one, "looks"))), "",
                  "rates tried, %s", name);
        tell_cell(telling, tell_bare(sum_of_replications(one)), "", "replications in all, %s",
                  name);
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
}

static void say_warmup(const StudyTelling *telling, const StudyFile *file, const cJSON *basis)
{
    const cJSON *simulation = study_member(basis, "simulation");
    double warmup = study_number(simulation, "warmup_s");
    double duration = study_number(simulation, "duration_s");

    if (isfinite(warmup) && isfinite(duration)) {
        tell_say(telling, "Each replication warms up for %s and is measured for %s%s.",
                 tell_figure(telling, warmup, (double)NAN, (double)NAN, "s", "warm-up"),
                 tell_figure(telling, duration, (double)NAN, (double)NAN, "s", "measured"),
                 file->kind != STUDY_CAPACITY
                     ? ""
                     : "; a rate at which nothing becomes steady or a queue grows does not count "
                       "as carried. Where a site is lost, the warm-up is as long as users need to "
                       "move");
    }
}

static void put_command(const StudyTelling *telling, const StudyFile *file)
{
    static const char *const verbs[] = {[STUDY_CAPACITY] = "capacity",
                                        [STUDY_SWEEP] = "sweep",
                                        [STUDY_TORNADO] = "sweep --sensitivity",
                                        [STUDY_MORRIS] = "sweep --morris",
                                        [STUDY_DIFF] = "diff",
                                        [STUDY_INTENT] = "capacity --intent",
                                        [STUDY_OTHER] = "run"};
    const char *scenario = study_text(file->json, "scenario");
    const char *subject = scenario[0] != '\0' ? scenario : study_text(file->json, "before");
    const cJSON *basis = study_member(file->json, "basis");

    const char *command = study_text(file->json, "command");
    const char *fingerprint = study_text(file->json, "fingerprint");
    g_autofree char *plain = g_strdup_printf("dcdrill %s %s", verbs[file->kind], subject);

    tell_say(telling, "Made by '%s', seed %s%s%s%s%s.", command[0] != '\0' ? command : plain,
             study_text(file->json, "seed"), basis != NULL ? ", version " : "",
             study_text(basis, "version"), fingerprint[0] != '\0' ? ", fingerprint " : "",
             fingerprint);
    say_warmup(telling, file, basis);
}

/* What a reader of HTML would take for markup is written as JSON's own escapes. */
static void embed(const StudyTelling *telling)
{
    g_autofree char *json = ledger_to_json(telling->ledger);

    page_raw(telling->page, "<script type=\"application/json\" id=\"report-json\">\n");
    for (const char *at = json; *at != '\0';) {
        g_autofree char *piece = g_strndup(at, strcspn(at, "<>&"));

        page_raw(telling->page, piece);
        at += strlen(piece);
        if (*at != '\0') {
            page_raw(telling->page, *at == '<' ? "\\u003c" : *at == '>' ? "\\u003e" : "\\u0026");
            at++;
        }
    }
    page_raw(telling->page, "</script>\n");
}

void part_evidence(const StudyTelling *telling)
{
    tell_begin(telling, 14, "Evidence", true);
    for (guint i = 0; i < telling->files->len; i++) {
        put_command(telling, g_ptr_array_index(telling->files, i));
    }
    if (telling->capacity != NULL) {
        put_search(telling);
    }
    tell_say(
        telling,
        "In every run the laws of queues are checked: what came is what went and what is still "
        "there, time busy is rate times work, mean number is rate times mean stay, and every "
        "request ends exactly once. A run that breaks one ends as an error, not as a result.");
    tell_note(telling,
              "gnuplot drew %u of %u figures. study.json beside this page has every number "
              "in full; the same seeds and version give the same bytes.",
              telling->drawer->drawn, telling->drawer->drawn + telling->drawer->failed);
    for (guint i = 0; i < telling->drawer->faults->len; i++) {
        page_element(telling->page, "p", "missing", telling->drawer->faults->pdata[i]);
    }
    embed(telling);
    tell_end(telling);
}
