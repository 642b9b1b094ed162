/* study_file.c - study.json as a report reads it. */
#include "reports/study/study_file.h"

#include <math.h>
#include <string.h>

#define STUDY_FILE_ERROR g_quark_from_static_string("study-file")

static const struct {
    const char *format;
    StudyKind kind;
} formats[] = {
    {"dcdrill-capacity-", STUDY_CAPACITY}, {"dcdrill-sweep-", STUDY_SWEEP},
    {"dcdrill-tornado-", STUDY_TORNADO},   {"dcdrill-morris-", STUDY_MORRIS},
    {"dcdrill-diff-", STUDY_DIFF},         {"dcdrill-intent-", STUDY_INTENT},
};

static char *path_of(const char *directory)
{
    return g_build_filename(directory, "study.json", NULL);
}

gboolean study_file_is_there(const char *directory)
{
    g_autofree char *path = path_of(directory);

    return g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

static StudyKind kind_of(const cJSON *json)
{
    const char *format = study_text(json, "format");

    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (g_str_has_prefix(format, formats[i].format)) {
            return formats[i].kind;
        }
    }
    return STUDY_OTHER;
}

StudyFile *study_file_read(const char *directory, GError **error)
{
    g_autofree char *path = path_of(directory);
    g_autofree char *text = NULL;
    gsize size;
    StudyFile *file;
    cJSON *json;

    if (!g_file_get_contents(path, &text, &size, error)) {
        return NULL;
    }
    json = cJSON_ParseWithLength(text, size);
    if (!cJSON_IsObject(json) || kind_of(json) == STUDY_OTHER) {
        cJSON_Delete(json);
        g_set_error(error, STUDY_FILE_ERROR, 0,
                    "'%s' is no study of this program: a capacity, sweep or diff writes one", path);
        return NULL;
    }
    file = g_new0(StudyFile, 1);
    file->directory = g_strdup(directory);
    file->json = json;
    file->kind = kind_of(json);
    return file;
}

void study_file_free(StudyFile *file)
{
    if (file != NULL) {
        g_free(file->directory);
        cJSON_Delete(file->json);
        g_free(file);
    }
}

const cJSON *study_find(const GPtrArray *files, StudyKind kind)
{
    for (guint i = 0; i < files->len; i++) {
        const StudyFile *file = g_ptr_array_index(files, i);

        if (file->kind == kind) {
            return file->json;
        }
    }
    return NULL;
}

/* --- members -------------------------------------------------------------------------------- */

const cJSON *study_member(const cJSON *object, const char *name)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, name) : NULL;
}

double study_number(const cJSON *object, const char *name)
{
    const cJSON *member = study_member(object, name);

    return cJSON_IsNumber(member) ? member->valuedouble : (double)NAN;
}

const char *study_text(const cJSON *object, const char *name)
{
    const cJSON *member = study_member(object, name);

    return cJSON_IsString(member) ? member->valuestring : "";
}

Interval study_interval(const cJSON *object, const char *name)
{
    const cJSON *member = study_member(object, name);

    return (Interval){study_number(member, "value"), study_number(member, "low"),
                      study_number(member, "high")};
}

const char *study_unit(const char *text)
{
    static const char *const units[] = {"s", "ratio", "B", "1/s"};

    for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
        if (strcmp(text, units[i]) == 0) {
            return units[i];
        }
    }
    return "";
}

guint study_count(const cJSON *list)
{
    return cJSON_IsArray(list) ? (guint)cJSON_GetArraySize(list) : 0;
}

const cJSON *study_item(const cJSON *list, guint index)
{
    return cJSON_IsArray(list) ? cJSON_GetArrayItem(list, (int)index) : NULL;
}

const cJSON *study_with(const cJSON *list, const char *name, const char *value)
{
    for (guint i = 0; i < study_count(list); i++) {
        const cJSON *item = study_item(list, i);

        if (strcmp(study_text(item, name), value) == 0) {
            return item;
        }
    }
    return NULL;
}
