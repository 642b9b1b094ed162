/* pdf.h - a page as PDF, printed by a browser without a window: the same page, so the same numbers,
 * with its fonts in it and its headings as bookmarks. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum PdfError {
    PDF_ERROR_MISSING, /* no Chromium on the PATH */
    PDF_ERROR_FAILED,  /* it did not print within three minutes */
} PdfError;

#define PDF_ERROR (pdf_error_quark())
GQuark pdf_error_quark(void);

/* Prints the page at `html_path` to `pdf_path`, whole or not at all. The browser reaches no host,
 * runs no script of the page and leaves nothing behind; the same page gives the same bytes (the
 * dates in the file are 1970-01-01). False and `error`. */
bool pdf_print(const char *html_path, const char *pdf_path, GError **error);
