/* study_report.h - the report of a study for those who plan and pay: fourteen parts in a fixed
 * order, the answer first. Made from what studies (study.json) and drills (results.sqlite) left in
 * their directories; nothing is simulated. One list of figures gives all its forms, so HTML, JSON,
 * CSV and text carry the same digits. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct StudyReport {
    char *html, *json, *csv, *text;
} StudyReport;

/* `directories` ends with NULL; at least one holds a study. NULL and `error`. */
StudyReport *study_report_make(const char *const *directories, GError **error);
void study_report_free(StudyReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StudyReport, study_report_free)

/* Writes report.html, .json, .csv and .txt into `target`. False and `error`. */
bool study_report_write(const StudyReport *report, const char *target, GError **error);

/* Whether any of the directories holds a study. */
bool study_report_is_asked(const char *const *directories);
