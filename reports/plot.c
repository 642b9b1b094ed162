/* plot.c - figures over anything but time as scripts for gnuplot. */
#include "reports/plot.h"

#include <math.h>

#include "reports/gnuplot.h"

/* Okabe and Ito's colours that can be told apart by everybody. */
static const char *const colors[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                     "#E69F00", "#56B4E9", "#808080"};

/* gnuplot's dashes, points and patterns, in the order of a figure's series. */
static const char *const dashes[] = {"1", "(12,4)", "(3,3)", "(12,4,3,4)", "(20,6)"};
static const guint points[] = {7, 5, 9, 13, 6};
static const guint patterns[] = {3, 4, 5, 1, 2, 6, 7};

static void series_free(PlotSeries *series)
{
    g_free(series->name);
    g_array_unref(series->rows);
    g_free(series);
}

static void line_free(PlotLine *line)
{
    g_free(line->name);
    g_free(line);
}

static void tic_free(PlotTic *tic)
{
    g_free(tic->name);
    g_free(tic);
}

static void cell_free(PlotCell *cell)
{
    g_free(cell->text);
    g_free(cell);
}

Plot *plot_new(const char *title, const char *x_label, const char *y_label)
{
    Plot *plot = g_new0(Plot, 1);

    plot->title = g_strdup(title);
    plot->x_label = g_strdup(x_label);
    plot->y_label = g_strdup(y_label);
    plot->x_from = plot->x_to = plot->y_from = plot->y_to = (double)NAN;
    plot->width = 760;
    plot->height = 320;
    plot->left = 9;
    plot->series = g_ptr_array_new_with_free_func((GDestroyNotify)series_free);
    plot->lines = g_ptr_array_new_with_free_func((GDestroyNotify)line_free);
    plot->tics = g_ptr_array_new_with_free_func((GDestroyNotify)tic_free);
    plot->cells = g_ptr_array_new_with_free_func((GDestroyNotify)cell_free);
    return plot;
}

void plot_free(Plot *plot)
{
    if (plot != NULL) {
        g_free(plot->title);
        g_free(plot->x_label);
        g_free(plot->y_label);
        g_ptr_array_unref(plot->series);
        g_ptr_array_unref(plot->lines);
        g_ptr_array_unref(plot->tics);
        g_ptr_array_unref(plot->cells);
        g_free(plot);
    }
}

PlotSeries *plot_add(Plot *plot, const char *name, PlotMark mark)
{
    PlotSeries *series = g_new0(PlotSeries, 1);
    guint named = 0;

    for (guint i = 0; i < plot->series->len; i++) {
        named += ((PlotSeries *)plot->series->pdata[i])->mark != PLOT_WHISKER ? 1 : 0;
    }
    series->name = g_strdup(name);
    series->mark = mark;
    series->look = named;
    series->color = mark == PLOT_WHISKER ? "#000000" : colors[named % G_N_ELEMENTS(colors)];
    series->rows = g_array_new(FALSE, FALSE, sizeof(PlotRow));
    g_ptr_array_add(plot->series, series);
    return series;
}

void plot_add_row(PlotSeries *series, double x, double y, double low, double high)
{
    PlotRow row = {x, y, low, high};

    g_array_append_val(series->rows, row);
}

static void add_line(Plot *plot, const char *name, double from, double to, bool is_of_y)
{
    PlotLine *line = g_new0(PlotLine, 1);

    *line = (PlotLine){g_strdup(name), from, to, is_of_y};
    g_ptr_array_add(plot->lines, line);
}

void plot_add_line(Plot *plot, const char *name, double at, bool is_of_y)
{
    if (isfinite(at)) {
        add_line(plot, name, at, (double)NAN, is_of_y);
    }
}

void plot_add_stretch(Plot *plot, const char *name, double from, double to)
{
    if (isfinite(from) && isfinite(to) && from < to) {
        add_line(plot, name, from, to, false);
    }
}

void plot_add_tic(Plot *plot, const char *name, double at, bool is_of_y)
{
    PlotTic *tic = g_new0(PlotTic, 1);

    *tic = (PlotTic){g_utf8_make_valid(name, -1), at, is_of_y};
    g_ptr_array_add(plot->tics, tic);
}

void plot_add_cell(Plot *plot, const char *text, double x, double y, double strength)
{
    PlotCell *cell = g_new0(PlotCell, 1);

    *cell = (PlotCell){g_strdup(text), x, y, strength};
    g_ptr_array_add(plot->cells, cell);
}

bool plot_has_something(const Plot *plot)
{
    for (guint i = 0; i < plot->series->len; i++) {
        if (((PlotSeries *)plot->series->pdata[i])->rows->len > 0) {
            return true;
        }
    }
    return plot->cells->len > 0;
}

/* --- axes ----------------------------------------------------------------------------------- */

static void append_number(GString *script, double value)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append(script, isfinite(value) ? g_ascii_formatd(number, sizeof number, "%.6g", value)
                                            : "NaN");
}

static void append_end(GString *script, double value)
{
    if (isfinite(value)) {
        append_number(script, value);
    } else {
        g_string_append_c(script, '*');
    }
}

static void append_range(GString *script, char axis, double from, double to)
{
    g_string_append_printf(script, "set %crange [", axis);
    append_end(script, from);
    g_string_append_c(script, ':');
    append_end(script, to);
    g_string_append(script, "]\n");
}

/* What belongs to one word or number with its neighbours. */
static bool is_inner(gunichar letter)
{
    return g_unichar_isalnum(letter) || letter == '.';
}

static glong count_common_end(const char *one, const char *other)
{
    const char *a = one + strlen(one);
    const char *b = other + strlen(other);
    glong count = 0;

    while (a > one && b > other && a[-1] == b[-1]) {
        a--;
        b--;
        count += ((guchar)*a & 0xC0) != 0x80; /* letters, not bytes */
    }
    return count;
}

/* How many letters all names of an axis end with, from where a word begins; 0 for a single name. */
static glong count_shared(const Plot *plot, bool is_of_y)
{
    const char *first = NULL;
    glong shared = G_MAXLONG;

    for (guint i = 0; i < plot->tics->len; i++) {
        const PlotTic *tic = g_ptr_array_index(plot->tics, i);

        if (tic->is_of_y == is_of_y && first == NULL) {
            first = tic->name;
        } else if (tic->is_of_y == is_of_y && strcmp(tic->name, first) != 0) {
            glong common = count_common_end(first, tic->name);

            shared = MIN(shared, common);
        }
    }
    if (shared == G_MAXLONG) {
        return 0;
    }
    const char *end = g_utf8_offset_to_pointer(first, g_utf8_strlen(first, -1) - shared);

    while (*end != '\0' && is_inner(g_utf8_get_char(end))) {
        end = g_utf8_next_char(end);
        shared--;
    }
    return shared;
}

/* What fits: of a pointer its end, of values the place where they differ. */
static char *shorten(const char *name, glong letters, glong shared)
{
    glong length = g_utf8_strlen(name, -1);
    glong from = MAX(length - shared - (letters - 2), 0);
    glong to = MIN(from + letters - 2, length);

    if (length <= letters) {
        return g_strdup(name);
    }
    to = length - to == 1 ? length : to;
    g_autofree char *part = g_utf8_substring(name, from, to);

    return g_strconcat(from > 0 ? "…" : "", part, to < length ? "…" : "", NULL);
}

static void append_tics(GString *script, const Plot *plot, bool is_of_y)
{
    const char *separator = is_of_y ? "set ytics (" : "set xtics (";
    glong shared = count_shared(plot, is_of_y);

    for (guint i = 0; i < plot->tics->len; i++) {
        const PlotTic *tic = g_ptr_array_index(plot->tics, i);
        g_autofree char *fitting = shorten(tic->name, is_of_y ? plot->left : 20, shared);
        g_autofree char *name = gnuplot_quote(fitting);

        if (tic->is_of_y != is_of_y) {
            continue;
        }
        g_string_append_printf(script, "%s%s ", separator, name);
        append_number(script, tic->at);
        separator = ", ";
    }
    if (separator[0] == ',') {
        g_string_append(script, ") noenhanced\n");
    }
}

static void append_axes(GString *script, const Plot *plot)
{
    g_autofree char *x_label = gnuplot_quote(plot->x_label);
    g_autofree char *y_label = gnuplot_quote(plot->y_label);

    g_string_append_printf(
        script,
        "set terminal svg size %d,%d dynamic enhanced font 'sans-serif,13' linewidth 1\n"
        "set encoding utf8\nunset key\nset border 3\nset tics nomirror out scale 0.5\n"
        "set format '%%.9g'\nset lmargin %u\nset rmargin 3\nset tmargin 2\n"
        "set xlabel %s noenhanced offset 0,0.4\nset ylabel %s noenhanced\n",
        plot->width, plot->height, plot->left, x_label, y_label);
    append_range(script, 'x', plot->x_from, plot->x_to);
    append_range(script, 'y', plot->y_from, plot->y_to);
    append_tics(script, plot, false);
    append_tics(script, plot, true);
    g_string_append(script, plot->is_y_log ? "set logscale y\n" : "");
    if (plot->cells->len == 0) {
        g_string_append(script, "set grid lt 1 lw 0.5 lc rgb '#a0a0a0'\n");
    }
}

/* --- lines, stretches and cells ------------------------------------------------------------- */

static void append_stretch(GString *script, const PlotLine *line)
{
    g_string_append(script, "set object rectangle from ");
    append_number(script, line->from);
    g_string_append(script, ",graph 0 to ");
    append_number(script, line->to);
    g_string_append(script, ",graph 1 behind fc rgb '#909090' fs transparent solid 0.2 noborder\n");
}

/* Names of lines upright stand above the figure in turns of height; those across at the right. */
static void append_line(GString *script, const PlotLine *line, guint turn)
{
    g_autofree char *name = gnuplot_quote(line->name);
    const char *from = line->is_of_y ? "graph 0,first " : "first ";

    g_string_append_printf(script, "set arrow from %s", from);
    append_number(script, line->from);
    g_string_append(script, line->is_of_y ? " to graph 1,first " : ",graph 0 to first ");
    append_number(script, line->from);
    g_string_append_printf(script, "%s nohead front lw 1.4 dt %s lc rgb '#000000'\n",
                           line->is_of_y ? "" : ",graph 1", line->is_of_y ? "(2,3)" : "(8,3)");
    if (line->name[0] == '\0') {
        return;
    }
    g_string_append_printf(script, "set label %s at ", name);
    if (line->is_of_y) {
        g_string_append(script, "graph 0.995,first ");
        append_number(script, line->from);
        g_string_append(script, " right offset 0,0.5 font ',11' noenhanced front\n");
        return;
    }
    g_string_append(script, "first ");
    append_number(script, line->from);
    g_string_append_printf(script, ",graph %s right offset -0.5,0 font ',11' noenhanced front\n",
                           turn % 3 == 0   ? "0.95"
                           : turn % 3 == 1 ? "0.87"
                                           : "0.79");
}

static void append_lines(GString *script, const Plot *plot)
{
    guint turn = 0;

    for (guint i = 0; i < plot->lines->len; i++) {
        const PlotLine *line = g_ptr_array_index(plot->lines, i);

        if (isfinite(line->to)) {
            append_stretch(script, line);
        } else {
            append_line(script, line, turn++);
        }
    }
}

/* From white to dark blue; the text of a cell is black or white, whichever can be read. */
static void append_cells(GString *script, const Plot *plot)
{
    for (guint i = 0; i < plot->cells->len; i++) {
        const PlotCell *cell = g_ptr_array_index(plot->cells, i);
        double strength = CLAMP(isfinite(cell->strength) ? cell->strength : 0, 0, 1);
        g_autofree char *text = gnuplot_quote(cell->text);

        g_string_append(script, "set object rectangle from ");
        append_number(script, cell->x - 0.48);
        g_string_append_c(script, ',');
        append_number(script, cell->y - 0.46);
        g_string_append(script, " to ");
        append_number(script, cell->x + 0.48);
        g_string_append_c(script, ',');
        append_number(script, cell->y + 0.46);
        g_string_append_printf(
            script, " fc rgb '#%02x%02x%02x' fs solid 1 noborder\nset label %s at first ",
            (guint)lrint(240 - 240 * strength), (guint)lrint(246 - 176 * strength),
            (guint)lrint(251 - 131 * strength), text);
        append_number(script, cell->x);
        g_string_append_c(script, ',');
        append_number(script, cell->y);
        g_string_append_printf(script, " center font ',11' noenhanced front textcolor rgb '%s'\n",
                               strength > 0.5 ? "#ffffff" : "#101010");
    }
}

/* --- series --------------------------------------------------------------------------------- */

static bool has_band(const PlotSeries *series)
{
    for (guint i = 0; i < series->rows->len; i++) {
        const PlotRow *row = &g_array_index(series->rows, PlotRow, i);

        if (row->low < row->high) {
            return true;
        }
    }
    return false;
}

/* Lines: x y low high. Bars and whiskers: from to y, and the ends of a bar's thickness. */
static void append_row(GString *script, const PlotSeries *series, const PlotRow *row)
{
    bool is_line =
        series->mark == PLOT_LINE || series->mark == PLOT_STEADY || series->mark == PLOT_POINTS;
    double columns[] = {row->low,           row->y, row->low, row->high, row->y - row->x / 2,
                        row->y + row->x / 2};

    columns[0] = is_line ? row->x : columns[0];
    for (guint i = 0; i < (is_line ? 4 : G_N_ELEMENTS(columns)); i++) {
        append_number(script, columns[i]);
        g_string_append_c(script, ' ');
    }
    g_string_append_c(script, '\n');
}

static void append_data(GString *script, const Plot *plot)
{
    for (guint i = 0; i < plot->series->len; i++) {
        const PlotSeries *series = g_ptr_array_index(plot->series, i);

        g_string_append_printf(script, "$d%u << END_OF_DATA\n", i);
        for (guint k = 0; k < series->rows->len; k++) {
            append_row(script, series, &g_array_index(series->rows, PlotRow, k));
        }
        g_string_append(script, "END_OF_DATA\n");
    }
}

static void append_series(GString *script, const PlotSeries *series, guint index)
{
    const char *dash = dashes[series->look % G_N_ELEMENTS(dashes)];

    switch (series->mark) {
    case PLOT_LINE:
        g_string_append_printf(script,
                               "$d%u using 1:2 with linespoints lw 1.8 lc rgb '%s' dt %s pt %u ps "
                               "0.7",
                               index, series->color, dash,
                               points[series->look % G_N_ELEMENTS(points)]);
        break;
    case PLOT_STEADY:
        g_string_append_printf(script, "$d%u using 1:2 with lines lw 1.8 lc rgb '%s' dt %s", index,
                               series->color, dash);
        break;
    case PLOT_POINTS:
        g_string_append_printf(script,
                               "$d%u using 1:2:3:4 with yerrorbars lw 1.2 lc rgb '%s' pt %u", index,
                               series->color, series->look == 0 ? 7 : 4);
        break;
    case PLOT_BOX:
        g_string_append_printf(script,
                               "$d%u using 1:2:3:4:5:6 with boxxyerror lc rgb '%s' fs pattern %u "
                               "border",
                               index, series->color,
                               patterns[series->look % G_N_ELEMENTS(patterns)]);
        break;
    case PLOT_WHISKER:
        g_string_append_printf(script, "$d%u using 1:2:3:4 with xerrorbars pt 0 lw 1.2 lc rgb '%s'",
                               index, series->color);
        break;
    }
}

static void append_plot(GString *script, const Plot *plot)
{
    const char *separator = "plot ";

    for (guint i = 0; i < plot->series->len; i++) {
        const PlotSeries *series = g_ptr_array_index(plot->series, i);

        if ((series->mark == PLOT_LINE || series->mark == PLOT_STEADY) && has_band(series)) {
            g_string_append_printf(script,
                                   "%s$d%u using 1:3:4 with filledcurves lc rgb '%s' fs "
                                   "transparent solid 0.25 noborder",
                                   separator, i, series->color);
            separator = ", ";
        }
    }
    for (guint i = 0; i < plot->series->len; i++) {
        const PlotSeries *series = g_ptr_array_index(plot->series, i);

        if (series->rows->len > 0) {
            g_string_append(script, separator);
            append_series(script, series, i);
            separator = ", ";
        }
    }
    g_string_append(script, separator[0] == ',' ? "\n" : "plot NaN\n");
}

char *plot_script(const Plot *plot)
{
    GString *script = g_string_new(NULL);

    append_axes(script, plot);
    append_lines(script, plot);
    append_cells(script, plot);
    append_data(script, plot);
    append_plot(script, plot);
    return g_string_free(script, FALSE);
}

char *plot_draw(const Plot *plot, const char *prefix, GError **error)
{
    g_autofree char *script = plot_script(plot);
    g_autofree char *svg = gnuplot_run(script, error);
    g_autofree char *viewport = g_strdup_printf("0 0 %d %d", plot->width, plot->height);

    return svg != NULL ? gnuplot_clean_svg_with_ids(svg, viewport, plot->title, prefix, error)
                       : NULL;
}
