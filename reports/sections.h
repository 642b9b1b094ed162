/* sections.h - the parts of a report, each about one campaign, in the order of the page. */
#pragma once

#include "reports/page.h"
#include "reports/page_chart.h"
#include "reports/view_levels.h"
#include "reports/view_users.h"

/* What every section is given. */
typedef struct Telling {
    Page *page;
    Drawer *drawer;
    const View *view;
    const ViewUsers *users;
    const char *anchor; /* of this campaign: begins the ids of its headings */
} Telling;

/* A heading of level 2 with an id. */
void section_begin(const Telling *telling, const char *id, const char *title);
void section_end(const Telling *telling);

/* Cells of a row: requests, those that failed, the percentiles of latency, the largest. */
void section_put_felt(const Telling *telling, const UserGroup *group);

/* Of the page and of its short form: a row's agreement, its figure with interval, all in a
 * sentence. Caller frees the latter two. */
const char *theory_within_word(const ResultsTheory *row);
char *theory_observed(const ResultsTheory *row);
char *theory_sentence(const View *view);

void section_answer(const Telling *telling);      /* verdict, checks, what broke, cost */
void section_assumptions(const Telling *telling); /* the system, and what is not modelled */
void section_requests(const Telling *telling);    /* by site, latency, failures */
void section_reroute(const Telling *telling);     /* who was served by whom when */
void section_load(const Telling *telling);        /* CPU by role and site */
void section_data(const Telling *telling);        /* the database, and what the data checks found */
void section_faults(const Telling *telling);      /* what was done and what happened */
void section_steady(const Telling *telling);      /* kind of experiment, Welch's figure */
void section_theory(const Telling *telling);      /* closed forms beside what was simulated */
void section_watch(const Telling *telling);       /* what monitors said beside what was true */
void section_published(
    const Telling *telling);                 /* what others published beside what was simulated */
void section_method(const Telling *telling); /* how figures were made, what is left out */
