/* gnuplot.h - runs gnuplot: script in, SVG out, both in memory, nothing left on the disk. */
#pragma once

#include <glib.h>

typedef enum GnuplotError {
    GNUPLOT_ERROR_MISSING, /* not on the PATH */
    GNUPLOT_ERROR_FAILED,  /* it ran and did not draw */
} GnuplotError;

#define GNUPLOT_ERROR (gnuplot_error_quark())
GQuark gnuplot_error_quark(void);

/* What gnuplot writes for `script`, without anybody's start-up files. NULL and `error`. Caller
 * frees. */
char *gnuplot_run(const char *script, GError **error);

/* `text` as a quoted string of gnuplot that stands for nothing but itself, also as text of an SVG:
 * no escapes, no commands, no markup.
 * Caller frees. */
char *gnuplot_quote(const char *text);

/* What is drawn in an SVG of gnuplot's, ready to stand within an HTML page: without prolog,
 * version, ids and outside names; black is the colour of the text around it. `viewport` ("0 0 720
 * 300") and `title` (what the figure shows) are put in. NULL and `error` when it is no such SVG.
 * Caller frees. */
char *gnuplot_clean_svg(const char *svg, const char *viewport, const char *title, GError **error);

/* The same for drawings with points and patterns, which SVG refers to by ids: these stay, with
 * `prefix` (letters and figures, one of each drawing of a page) before them. */
char *gnuplot_clean_svg_with_ids(const char *svg, const char *viewport, const char *title,
                                 const char *prefix, GError **error);
