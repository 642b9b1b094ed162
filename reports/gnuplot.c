/* gnuplot.c - gnuplot as a child. Its three streams are files in memory, so that neither side waits
 * for the other and no pipe can break. */
#include "reports/gnuplot.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

G_DEFINE_QUARK(dcdrill - gnuplot - error - quark, gnuplot_error)

#define COMPLAINT_MOST 200 /* bytes of what gnuplot says, in a message */

/* --- the child ------------------------------------------------------------------------------ */

typedef enum StreamIndex { STREAM_IN, STREAM_OUT, STREAM_ERROR, STREAM_COUNT } StreamIndex;

typedef struct Streams {
    int files[STREAM_COUNT];
} Streams;

static void streams_close(Streams *streams)
{
    for (guint i = 0; i < STREAM_COUNT; i++) {
        if (streams->files[i] >= 0) {
            close(streams->files[i]);
        }
    }
}

static bool write_all(int file, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t written = write(file, text, left);

        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        text += written;
        left -= (size_t)written;
    }
    return true;
}

static bool streams_open(Streams *streams, const char *script, GError **error)
{
    *streams = (Streams){{-1, -1, -1}};
    for (guint i = 0; i < STREAM_COUNT; i++) {
        streams->files[i] = memfd_create("dcdrill-gnuplot", MFD_CLOEXEC);
        if (streams->files[i] < 0) {
            break;
        }
    }
    if (streams->files[STREAM_ERROR] < 0 || !write_all(streams->files[STREAM_IN], script) ||
        lseek(streams->files[STREAM_IN], 0, SEEK_SET) != 0) {
        g_set_error(error, GNUPLOT_ERROR, GNUPLOT_ERROR_FAILED,
                    "no memory for gnuplot's script: %s", g_strerror(errno));
        streams_close(streams);
        return false;
    }
    return true;
}

/* All that was written to the file. */
static char *read_all(int file)
{
    GString *text = g_string_new(NULL);
    char part[65536];
    off_t at = 0;

    for (;;) {
        ssize_t got = pread(file, part, sizeof part, at);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return g_string_free(text, FALSE);
        }
        g_string_append_len(text, part, got);
        at += got;
    }
}

static bool spawn(const Streams *streams, GPid *child, GError **error)
{
    static const char *const command[] = {"gnuplot", "-d", "-", NULL};
    g_auto(GStrv) environment = g_get_environ();
    g_autoptr(GError) cause = NULL;

    environment = g_environ_setenv(environment, "LC_ALL", "C.UTF-8", TRUE);
    environment = g_environ_unsetenv(environment, "GNUTERM");
    if (g_spawn_async_with_fds(NULL, (char **)command, environment,
                               G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, child,
                               streams->files[STREAM_IN], streams->files[STREAM_OUT],
                               streams->files[STREAM_ERROR], &cause)) {
        return true;
    }
    g_set_error(error, GNUPLOT_ERROR,
                g_error_matches(cause, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT) ? GNUPLOT_ERROR_MISSING
                                                                           : GNUPLOT_ERROR_FAILED,
                "cannot start gnuplot: %s", cause->message);
    return false;
}

static int wait_for(GPid child)
{
    int status = 0;

    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

/* The first line that gnuplot complained in; "line N: " is of no use to a reader. */
static char *find_complaint(int file)
{
    g_autofree char *all = read_all(file);
    g_auto(GStrv) lines = g_strsplit(all, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        char *line = g_strstrip(lines[i]);

        if (line[0] != '\0' && strcmp(line, "^") != 0) {
            line[MIN(strlen(line), COMPLAINT_MOST)] = '\0';
            return g_utf8_make_valid(line, -1);
        }
    }
    return g_strdup("no reason given");
}

char *gnuplot_run(const char *script, GError **error)
{
    Streams streams;
    GPid child;
    char *drawn = NULL;
    int status;

    if (!streams_open(&streams, script, error)) {
        return NULL;
    }
    if (spawn(&streams, &child, error)) {
        status = wait_for(child);
        drawn = read_all(streams.files[STREAM_OUT]);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || drawn[0] == '\0') {
            g_autofree char *complaint = find_complaint(streams.files[STREAM_ERROR]);

            g_clear_pointer(&drawn, g_free);
            g_set_error(error, GNUPLOT_ERROR, GNUPLOT_ERROR_FAILED, "gnuplot failed: %s",
                        complaint);
        }
    }
    streams_close(&streams);
    return drawn;
}

/* --- texts ---------------------------------------------------------------------------------- */

char *gnuplot_quote(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *quoted = g_string_new("'");

    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar letter = g_utf8_get_char(at);

        if (g_unichar_iscntrl(letter)) {
            g_string_append_c(quoted, ' ');
        } else if (letter < 0x80 && strchr("'\"`\\<>&{}@#$", (int)letter) != NULL) {
            g_string_append_c(quoted, '?');
        } else {
            g_string_append_unichar(quoted, letter);
        }
    }
    g_string_append_c(quoted, '\'');
    return g_string_free(quoted, FALSE);
}

/* --- the drawing ---------------------------------------------------------------------------- */

/* What goes out of a drawing, in this order. */
static const struct {
    const char *pattern, *replacement;
} cleanings[] = {
    {"<title>[^<]*</title>", ""},
    {"<desc>[^<]*</desc>", ""},
    {"<!--.*?-->", ""},
    {" class=\"gridline\"", ""},
    {" id=[\"'][^\"']*[\"']", ""},
    {" color=\"[a-z]*\"", ""},
    {"stroke=(['\"])black['\"]", "stroke=\\1currentColor\\1"},
    {"fill=(['\"])black['\"]", "fill=\\1currentColor\\1"},
    {" shape-rendering=['\"]crispEdges['\"]", ""},
    {"(['\"])rgb\\( *0, *0, *0\\)['\"]", "\\1currentColor\\1"},
    {"<tspan[^>]*>([^<]*)</tspan>", "\\1"},
    {" font-family=\"[^\"]*\"", ""},
    {" xml:space=\"preserve\"", ""},
    {"\\s+", " "},
    {"<g [^>]*>\\s*</g>", ""},
    {"<g [^>]*>\\s*</g>", ""},
    {"> <", ">\n<"},
};

static char *replace_all(char *text, const char *pattern, const char *replacement)
{
    g_autofree char *before = text;
    g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_DOTALL | G_REGEX_OPTIMIZE, 0, NULL);
    char *after = g_regex_replace(regex, before, -1, 0, replacement, 0, NULL);

    g_assert_nonnull(after);
    return after;
}

static char *clean(char *drawn)
{
    for (guint i = 0; i < G_N_ELEMENTS(cleanings); i++) {
        drawn = replace_all(drawn, cleanings[i].pattern, cleanings[i].replacement);
    }
    return drawn;
}

/* What is drawn, without the definitions before it; NULL and `error` when there is none. */
static char *find_drawing(const char *svg, GError **error)
{
    const char *begin = strstr(svg, "</defs>");
    const char *end = g_strrstr(svg, "</g>");

    if (begin == NULL || end == NULL || end <= begin) {
        g_set_error(error, GNUPLOT_ERROR, GNUPLOT_ERROR_FAILED,
                    "gnuplot's drawing is not the kind of SVG that was asked for");
        return NULL;
    }
    begin += strlen("</defs>");
    return g_utf8_make_valid(begin, end - begin);
}

/* Takes `drawn`. */
static char *frame(char *drawn, const char *viewport, const char *title)
{
    g_autofree char *inner = drawn;
    g_autofree char *plain = g_utf8_make_valid(title, -1);
    g_autofree char *escaped = NULL;

    for (char *at = plain; *at != '\0'; at++) {
        *at = g_ascii_iscntrl(*at) ? ' ' : *at;
    }
    escaped = g_markup_escape_text(plain, -1);
    return g_strdup_printf("<svg viewBox=\"%s\" role=\"img\" font-family=\"sans-serif\">\n"
                           "<title>%s</title>\n%s\n</svg>\n",
                           viewport, escaped, g_strstrip(inner));
}

char *gnuplot_clean_svg(const char *svg, const char *viewport, const char *title, GError **error)
{
    char *drawn = find_drawing(svg, error);

    return drawn != NULL ? frame(clean(drawn), viewport, title) : NULL;
}

/* The symbols of points, which stand before the drawing; the filters beside them are of no use. */
static char *find_symbols(const char *svg, const char *drawn)
{
    const char *begin = strstr(svg, "<defs>");
    const char *end = begin != NULL ? strstr(begin, "<filter") : NULL;
    g_autofree char *symbols = NULL;

    if (end == NULL || strstr(drawn, "#gpPt") == NULL) {
        return g_strdup("");
    }
    symbols = g_strndup(begin, (gsize)(end - begin));
    return g_strconcat(symbols, "</defs>", NULL);
}

char *gnuplot_clean_svg_with_ids(const char *svg, const char *viewport, const char *title,
                                 const char *prefix, GError **error)
{
    g_autofree char *drawn = find_drawing(svg, error);
    g_autofree char *symbols = drawn != NULL ? find_symbols(svg, drawn) : NULL;
    g_autofree char *kept = g_strdup_printf("KEPT-ID=\"%s-\\1\"", prefix);
    g_autofree char *used = g_strdup_printf("href=\"#%s-\\1\"", prefix);
    g_autofree char *filled = g_strdup_printf("url(#%s-\\1)", prefix);
    char *whole;

    if (drawn == NULL) {
        return NULL;
    }
    whole = g_strconcat(symbols, drawn, NULL);
    whole = replace_all(whole, "\\bid=['\"](gp[A-Za-z]+[0-9]*)['\"]", kept);
    whole = replace_all(whole, "xlink:href=['\"]#(gp[A-Za-z]+[0-9]*)['\"]", used);
    whole = replace_all(whole, "url\\(#(gp[A-Za-z]+[0-9]*)\\)", filled);
    whole = replace_all(clean(whole), "KEPT-ID=", "id=");
    return frame(whole, viewport, title);
}
