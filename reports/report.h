/* report.h - what stands in results files, told to people: one HTML page that needs nothing from
 * outside (styles and figures are in it), or a Markdown text for a merge request. The answer comes
 * first. The same results give the same bytes: no clock, no locale, no environment but the PATH
 * that gnuplot is found on. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Writes one page about all campaigns in `result_paths` (results.sqlite files; ends with NULL), in
 * that order, to `html_path`, whole or not at all. Without gnuplot the page has tables and says so;
 * a figure that gnuplot could not draw is told in words in its place. False and `error` when a file
 * cannot be read or the page not written. */
bool report_write(const char *const *result_paths, const char *html_path, GError **error);

/* The first page alone, for each campaign, as Markdown. */
bool report_write_markdown(const char *const *result_paths, const char *markdown_path,
                           GError **error);
