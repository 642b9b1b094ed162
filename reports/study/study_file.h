/* study_file.h - what studies left behind, study.json, as a report reads it. Whatever is missing in
 * it is NAN, "" or an empty list: a part of the report then says that it was not asked. */
#pragma once

#include <cjson/cJSON.h>
#include <glib.h>

typedef enum StudyKind {
    STUDY_CAPACITY,
    STUDY_SWEEP,
    STUDY_TORNADO,
    STUDY_MORRIS,
    STUDY_DIFF,
    STUDY_INTENT,
    STUDY_OTHER,
} StudyKind;

typedef struct StudyFile {
    char *directory;
    StudyKind kind;
    cJSON *json;
} StudyFile;

/* Reads DIRECTORY/study.json. NULL and `error`. */
StudyFile *study_file_read(const char *directory, GError **error);
void study_file_free(StudyFile *file);

/* Whether a directory holds a study. */
gboolean study_file_is_there(const char *directory);

/* The first study of a kind in `files` (of StudyFile), its tree; NULL without one. */
const cJSON *study_find(const GPtrArray *files, StudyKind kind);

typedef struct Interval {
    double value, low, high;
} Interval;

/* Members of an object, which may be NULL. */
double study_number(const cJSON *object, const char *name);
const char *study_text(const cJSON *object, const char *name);
Interval study_interval(const cJSON *object, const char *name);
const cJSON *study_member(const cJSON *object, const char *name);

/* A unit of results as sim/base/words.h knows it; "" for others. */
const char *study_unit(const char *text);

/* How many members a list has; NULL has none. */
guint study_count(const cJSON *list);
const cJSON *study_item(const cJSON *list, guint index);

/* The object of a list whose text `name` is `value`; NULL. */
const cJSON *study_with(const cJSON *list, const char *name, const char *value);
