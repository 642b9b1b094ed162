/* report_outs.c - a report in its forms. */
#include "sim/cli/report_outs.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "reports/pdf.h"
#include "reports/report.h"
#include "reports/study/study_report.h"
#include "sim/base/file_whole.h"

#define REPORT_OUTS_ERROR g_quark_from_static_string("report-outs")

static const struct Form {
    const char *kind, *study, *drill; /* NULL: has it not */
} forms[] = {
    {"html", "report.html", "report.html"}, {"pdf", "report.pdf", "report.pdf"},
    {"json", "report.json", NULL},          {"csv", "report.csv", NULL},
    {"text", "report.txt", NULL},           {"md", NULL, "summary.md"},
};

static const char *file_of(const char *kind, bool is_study)
{
    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        if (strcmp(forms[i].kind, kind) == 0) {
            return is_study ? forms[i].study : forms[i].drill;
        }
    }
    return NULL;
}

/* "html, pdf or md". Caller frees. */
static char *list_forms(bool is_study)
{
    g_autoptr(GPtrArray) kinds = g_ptr_array_new();
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        if ((is_study ? forms[i].study : forms[i].drill) != NULL) {
            g_ptr_array_add(kinds, (void *)(uintptr_t)forms[i].kind);
        }
    }
    for (guint i = 0; i < kinds->len; i++) {
        g_string_append_printf(text, "%s%s",
                               i == 0                ? ""
                               : i + 1 == kinds->len ? " or "
                                                     : ", ",
                               (const char *)g_ptr_array_index(kinds, i));
    }
    return g_string_free(text, FALSE);
}

static bool write_drills(const char *const *directories, const char *target, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *html = g_build_filename(target, "report.html", NULL);
    g_autofree char *markdown = g_build_filename(target, "summary.md", NULL);

    for (guint i = 0; directories[i] != NULL; i++) {
        g_ptr_array_add(paths, g_build_filename(directories[i], "results.sqlite", NULL));
    }
    g_ptr_array_add(paths, NULL);
    return report_write((const char *const *)paths->pdata, html, error) &&
           report_write_markdown((const char *const *)paths->pdata, markdown, error);
}

bool report_outs_write(const char *const *directories, const char *target, GError **error)
{
    g_autoptr(StudyReport) report = NULL;
    g_autofree char *pdf = g_build_filename(target, "report.pdf", NULL);

    g_remove(pdf); /* that of an earlier report would tell other figures */
    if (!study_report_is_asked(directories)) {
        return write_drills(directories, target, error);
    }
    report = study_report_make(directories, error);
    return report != NULL && study_report_write(report, target, error);
}

bool report_outs_print(const char *target, GError **error)
{
    g_autofree char *html = g_build_filename(target, "report.html", NULL);
    g_autofree char *pdf = g_build_filename(target, "report.pdf", NULL);

    return pdf_print(html, pdf, error);
}

bool report_outs_check(const Options *options, bool is_study, GError **error)
{
    for (guint i = 0; options->outs != NULL && options->outs[i] != NULL; i++) {
        g_auto(GStrv) sides = g_strsplit(options->outs[i], "=", 2);

        if (sides[0] == NULL || sides[1] == NULL || sides[1][0] == '\0' ||
            file_of(sides[0], is_study) == NULL) {
            g_autofree char *kinds = list_forms(is_study);

            g_set_error(error, REPORT_OUTS_ERROR, 0, "'--out %s' is not KIND=PATH with %s",
                        options->outs[i], kinds);
            return false;
        }
    }
    return true;
}

static bool copy_out(const char *out, const char *target, bool is_study, GError **error)
{
    g_auto(GStrv) sides = g_strsplit(out, "=", 2);
    g_autofree char *path = g_build_filename(target, file_of(sides[0], is_study), NULL);
    g_autofree char *bytes = NULL;
    gsize size;

    if (strcmp(sides[0], "pdf") == 0 && !g_file_test(path, G_FILE_TEST_EXISTS) &&
        !report_outs_print(target, error)) {
        g_prefix_error(error, "no '%s': ", sides[1]);
        return false;
    }
    if (!g_file_get_contents(path, &bytes, &size, error)) {
        return false;
    }
    if (strcmp(sides[1], "-") != 0) {
        return file_write_whole(sides[1], bytes, size, error);
    }
    if (fwrite(bytes, 1, size, stdout) != size) {
        g_set_error(error, REPORT_OUTS_ERROR, 0, "cannot write to standard output");
        return false;
    }
    return true;
}

bool report_outs_copy(const Options *options, const char *target, bool is_study, GError **error)
{
    for (guint i = 0; options->outs != NULL && options->outs[i] != NULL; i++) {
        if (!copy_out(options->outs[i], target, is_study, error)) {
            return false;
        }
    }
    return true;
}
