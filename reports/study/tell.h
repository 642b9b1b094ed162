/* tell.h - how the parts of a study's report are told: into the page and the ledger at once. */
#pragma once

#include "reports/page_plot.h"
#include "reports/study/ledger.h"
#include "reports/study/study_file.h"
#include "reports/view.h"

#define TELL_PARTS 14

typedef struct StudyTelling {
    Page *page;
    Drawer *drawer;
    Ledger *ledger;
    const GPtrArray *files; /* of StudyFile */
    const GPtrArray *views; /* of View: drills that stand beside the study */
    const cJSON *capacity;  /* the first one's tree, or NULL */
    GPtrArray *left_out;    /* char *: parts that nothing was asked about, when they are left out */
} StudyTelling;

/* A part with its number and title; told in full when there is a capacity, else only when
 * `has_something`. False: leave it out. */
bool tell_begin(const StudyTelling *telling, guint number, const char *title, bool has_something);
void tell_end(const StudyTelling *telling);
void tell_head(const StudyTelling *telling, const char *title); /* of a piece of a part */

/* A sentence of its own paragraph. */
void tell_say(const StudyTelling *telling, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The same in small letters: what was not asked, and which command does. */
void tell_note(const StudyTelling *telling, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* A bare figure, noted: how it is printed, for a sentence. */
const char *tell_figure(const StudyTelling *telling, double value, double low, double high,
                        const char *unit, const char *format, ...) G_GNUC_PRINTF(6, 7);

/* The next cell of a table row is a figure, noted under the name that `format` makes. */
void tell_cell(const StudyTelling *telling, Interval value, const char *unit, const char *format,
               ...) G_GNUC_PRINTF(4, 5);
void tell_cell_money(const StudyTelling *telling, double amount, const char *currency,
                     const char *format, ...) G_GNUC_PRINTF(4, 5);

/* The same for a figure without an interval. */
Interval tell_bare(double value);

/* "scenarios/capacity/five-dc.json" of the study, or "FILE". */
const char *tell_scenario(const StudyTelling *telling);

/* --- cases of a capacity -------------------------------------------------------------------- */

/* How many sites a case has lost. */
guint tell_lost(const cJSON *one);

/* The case with the lowest capacity among those with so many sites lost; NULL when there is none.
 * One whose capacity is not known is lower than all. */
const cJSON *tell_worst(const cJSON *capacity, guint lost);

/* "2,741/s [2,700; 2,780]", or in words why there is none. Caller frees. */
char *tell_capacity(const StudyTelling *telling, const cJSON *one);

/* Whether a case carries a rate: 1 yes, 0 no, -1 not shown. */
int tell_carries(const cJSON *one, double rate);

/* The tier that is full first; NULL. */
const cJSON *tell_bottleneck(const cJSON *one);

/* The rate at which a tier is full, with its interval where the study has one. */
Interval tell_full_at(const cJSON *tier);

/* --- the parts, in order of the report ------------------------------------------------------ */

void part_answer(const StudyTelling *telling);
void part_assumptions(const StudyTelling *telling);
void part_latency(const StudyTelling *telling);
void part_saturation(const StudyTelling *telling);
void part_utilisation(const StudyTelling *telling);
void part_stability(const StudyTelling *telling);
void part_failover(const StudyTelling *telling);
void part_data(const StudyTelling *telling);
void part_growth(const StudyTelling *telling);
void part_cost(const StudyTelling *telling);
void part_sensitivity(const StudyTelling *telling);
void part_alternatives(const StudyTelling *telling);
void part_advice(const StudyTelling *telling);
void part_evidence(const StudyTelling *telling);

/* What a study other than a capacity came to; a choice among alternatives. */
void answer_study(const StudyTelling *telling, const StudyFile *file);
void answer_choice(const StudyTelling *telling, const cJSON *intent);

/* The wall of growth that is reached first, and in how many months at the earliest (INFINITY:
 * never). NULL: there is none. */
const cJSON *growth_first_wall(const cJSON *walls);
double growth_first_months(const cJSON *wall);

/* The first thing to change, in a sentence; NULL when nothing tells. Caller frees. */
char *advice_first(const StudyTelling *telling);
