/* chart.c - figures over time as scripts for gnuplot. */
#include "reports/chart.h"

#include <math.h>
#include <string.h>

#include "reports/gnuplot.h"

/* Okabe and Ito's colours that can be told apart by everybody, on white and on black. */
static const char *const colors[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                     "#E69F00", "#56B4E9", "#808080"};

#define BAR_NAMES_MOST 6 /* more would lie on one another */

static void series_free(ChartSeries *series)
{
    g_free(series->name);
    g_free(series->color);
    g_free(series->means);
    g_free(series->lows);
    g_free(series->highs);
    g_free(series);
}

static void bar_free(ChartBar *bar)
{
    g_free(bar->name);
    g_free(bar);
}

static void limit_free(ChartLimit *limit)
{
    g_free(limit->name);
    g_free(limit);
}

Chart *chart_new(const char *title, const char *y_label, double step_s, guint count)
{
    Chart *chart = g_new0(Chart, 1);

    chart->title = g_strdup(title);
    chart->y_label = g_strdup(y_label);
    chart->step_s = step_s;
    chart->count = count;
    chart->width = 760;
    chart->height = 300;
    chart->series = g_ptr_array_new_with_free_func((GDestroyNotify)series_free);
    chart->bars = g_ptr_array_new_with_free_func((GDestroyNotify)bar_free);
    chart->limits = g_ptr_array_new_with_free_func((GDestroyNotify)limit_free);
    return chart;
}

void chart_free(Chart *chart)
{
    if (chart != NULL) {
        g_free(chart->title);
        g_free(chart->y_label);
        g_ptr_array_unref(chart->series);
        g_ptr_array_unref(chart->bars);
        g_ptr_array_unref(chart->limits);
        g_free(chart);
    }
}

ChartSeries *chart_add(Chart *chart, const char *name, const Bands *bands, double scale)
{
    ChartSeries *series = g_new0(ChartSeries, 1);
    guint index = chart->series->len;

    g_assert_cmpuint(bands->count, ==, chart->count);
    series->name = g_strdup(name);
    series->color = g_strdup(colors[index % G_N_ELEMENTS(colors)]);
    series->dash = index == 0 ? 0 : 1 + (index - 1) % 4 + 1;
    series->means = g_new(double, MAX(chart->count, 1));
    series->lows = g_new(double, MAX(chart->count, 1));
    series->highs = g_new(double, MAX(chart->count, 1));
    for (guint i = 0; i < chart->count; i++) {
        series->means[i] = bands_mean(bands, i) * scale;
        series->lows[i] = bands_low(bands, i) * scale;
        series->highs[i] = bands_high(bands, i) * scale;
    }
    g_ptr_array_add(chart->series, series);
    return series;
}

void chart_add_failed(Chart *chart, const Bands *bands, double scale)
{
    ChartSeries *series = chart_add(chart, "failed after all retries", bands, scale);

    g_free(series->color);
    series->color = g_strdup(CHART_COLOR_FAILED);
    series->dash = 0;
}

void chart_add_bar(Chart *chart, const char *name, double begin, double end)
{
    ChartBar *bar = g_new0(ChartBar, 1);

    bar->name = g_strdup(name);
    bar->begin = begin;
    bar->end = end;
    g_ptr_array_add(chart->bars, bar);
}

void chart_add_limit(Chart *chart, const char *name, double value)
{
    ChartLimit *limit = g_new0(ChartLimit, 1);

    limit->name = g_strdup(name);
    limit->value = value;
    g_ptr_array_add(chart->limits, limit);
}

/* --- extent --------------------------------------------------------------------------------- */

typedef struct Extent {
    double least; /* smallest value above 0 */
    double most;
} Extent;

static void widen(Extent *extent, double value)
{
    if (value > 0) { /* and not NAN */
        extent->least = fmin(extent->least, value);
        extent->most = fmax(extent->most, value);
    }
}

static Extent find_data_extent(const Chart *chart)
{
    Extent extent = {.least = (double)INFINITY};

    for (guint i = 0; i < chart->count; i++) {
        double stacked = 0;

        for (guint j = 0; j < chart->series->len; j++) {
            const ChartSeries *series = g_ptr_array_index(chart->series, j);

            if (chart->style == CHART_STACK) {
                stacked += isnan(series->means[i]) ? 0 : series->means[i];
            } else {
                widen(&extent, series->lows[i]);
                widen(&extent, series->highs[i]);
            }
        }
        widen(&extent, stacked);
    }
    return extent;
}

bool chart_shows_limit(const Chart *chart, const ChartLimit *limit)
{
    double most = chart->y_most > 0 ? chart->y_most : find_data_extent(chart).most;

    return chart->is_logarithmic ? limit->value > most / 1000 && limit->value <= most * 10
                                 : limit->value >= most / 100 && limit->value <= most * 3;
}

static Extent find_extent(const Chart *chart)
{
    Extent extent = find_data_extent(chart);

    for (guint i = 0; i < chart->limits->len; i++) {
        const ChartLimit *limit = g_ptr_array_index(chart->limits, i);

        if (chart_shows_limit(chart, limit)) {
            widen(&extent, limit->value);
        }
    }
    return extent;
}

bool chart_has_something(const Chart *chart)
{
    return find_data_extent(chart).most > 0;
}

/* --- axes ----------------------------------------------------------------------------------- */

static void append_number(GString *script, double value)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append(script,
                    isnan(value) ? "NaN" : g_ascii_formatd(number, sizeof number, "%.6g", value));
}

/* "set NAME [a:b]". */
static void append_range(GString *script, const char *name, double from, double to)
{
    g_string_append_printf(script, "set %s [", name);
    append_number(script, from);
    g_string_append_c(script, ':');
    append_number(script, to);
    g_string_append(script, "]\n");
}

/* Marks at 1, 2 and 5 times each power of ten: gnuplot's own are too few for less than a decade. */
static void append_log_marks(GString *script, double least, double most)
{
    static const double steps[] = {1, 2, 5};
    const char *separator = "";

    g_string_append(script, "set logscale y\nset ytics (");
    for (int power = (int)floor(log10(least)); power <= (int)ceil(log10(most)); power++) {
        for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
            g_string_append(script, separator);
            append_number(script, steps[i] * pow(10, power));
            separator = ", ";
        }
    }
    g_string_append(script, ")\n");
}

/* Room above the data for the bars' names. */
static void append_y(GString *script, const Chart *chart)
{
    Extent extent = find_extent(chart);
    double most = extent.most > 0 ? extent.most : 1;
    bool has_names = chart->bars->len > 0;

    if (chart->is_logarithmic && extent.most > 0) {
        append_range(script, "yrange", extent.least / 1.3, most * (has_names ? 2.2 : 1.3));
        append_log_marks(script, extent.least / 1.3, most);
    } else if (chart->y_most > 0) {
        append_range(script, "yrange", 0, chart->y_most);
    } else {
        append_range(script, "yrange", 0, most * (has_names ? 1.22 : 1.08));
    }
}

typedef struct TimeUnit {
    double seconds;
    const char *label;
} TimeUnit;

static TimeUnit find_time_unit(const Chart *chart)
{
    double length = chart->step_s * chart->count;

    return length <= 3600        ? (TimeUnit){1, "time (s)"}
           : length <= 6 * 3600  ? (TimeUnit){60, "time (min)"}
           : length <= 7 * 86400 ? (TimeUnit){3600, "time (h)"}
                                 : (TimeUnit){86400, "time (days)"};
}

static void append_axes(GString *script, const Chart *chart)
{
    TimeUnit unit = find_time_unit(chart);
    g_autofree char *y_label = gnuplot_quote(chart->y_label);

    g_string_append_printf(
        script,
        "set terminal svg size %d,%d dynamic enhanced font 'sans-serif,13' linewidth 1\n"
        "set encoding utf8\nunset key\nset border 3\nset tics nomirror out scale 0.5\n"
        "set grid ytics lt 1 lw 0.5 lc rgb '#909090'\nset format '%%.9g'\n"
        "set lmargin 9\nset rmargin 2\nset tmargin 1\nset xlabel '%s' offset 0,0.6\nset ylabel %s "
        "noenhanced\n",
        chart->width, chart->height, unit.label, y_label);
    append_range(script, "xrange", 0, chart->step_s * chart->count / unit.seconds);
    append_y(script, chart);
}

/* --- bars ----------------------------------------------------------------------------------- */

/* One row of names below another, so that those of overlapping faults can be read. */
static void append_bar_name(GString *script, const Chart *chart, const ChartBar *bar, guint row)
{
    TimeUnit unit = find_time_unit(chart);
    double end = chart->step_s * chart->count;
    bool is_late = bar->begin > 0.7 * end;
    g_autofree char *name = gnuplot_quote(bar->name);

    g_string_append(script, "set label ");
    g_string_append(script, name);
    g_string_append(script, " at first ");
    append_number(script, (is_late ? fmin(bar->end, end) : fmax(bar->begin, 0)) / unit.seconds);
    g_string_append_printf(script, ",graph %s %s offset %s,0 font ',11' noenhanced front\n",
                           row % 2 == 0 ? "0.955" : "0.895", is_late ? "right" : "left",
                           is_late ? "-0.4" : "0.4");
}

static bool is_named_before(const Chart *chart, guint index)
{
    const ChartBar *bar = g_ptr_array_index(chart->bars, index);

    for (guint i = 0; i < index; i++) {
        const ChartBar *other = g_ptr_array_index(chart->bars, i);

        if (strcmp(other->name, bar->name) == 0) {
            return true;
        }
    }
    return false;
}

static void append_bars(GString *script, const Chart *chart)
{
    TimeUnit unit = find_time_unit(chart);
    double least = 0.002 * chart->step_s * chart->count; /* what can be seen */
    guint named = 0;

    for (guint i = 0; i < chart->bars->len; i++) {
        const ChartBar *bar = g_ptr_array_index(chart->bars, i);
        double begin = fmax(bar->begin, 0);
        double end = fmin(fmax(bar->end, begin + least), chart->step_s * chart->count);

        if (end <= begin) {
            continue;
        }
        g_string_append(script, "set object rectangle from ");
        append_number(script, begin / unit.seconds);
        g_string_append(script, ",graph 0 to ");
        append_number(script, end / unit.seconds);
        g_string_append(script,
                        ",graph 1 behind fc rgb '#909090' fs transparent solid 0.2 noborder\n");
        if (named < BAR_NAMES_MOST && !is_named_before(chart, i)) {
            append_bar_name(script, chart, bar, named++);
        }
    }
}

static void append_limits(GString *script, const Chart *chart)
{
    for (guint i = 0; i < chart->limits->len; i++) {
        const ChartLimit *limit = g_ptr_array_index(chart->limits, i);

        if (chart_shows_limit(chart, limit)) {
            g_string_append(script, "set arrow from graph 0,first ");
            append_number(script, limit->value);
            g_string_append(script, " to graph 1,first ");
            append_number(script, limit->value);
            g_string_append(script, " nohead front lw 1.2 dt (2,3) lc rgb '#000000'\n");
        }
    }
}

/* --- data ----------------------------------------------------------------------------------- */

/* Whether any low differs from its high: a band of no width needs no drawing. */
static bool has_band(const Chart *chart, const ChartSeries *series)
{
    for (guint i = 0; i < chart->count && chart->style == CHART_LINES; i++) {
        if (!isnan(series->lows[i]) && series->lows[i] < series->highs[i]) {
            return true;
        }
    }
    return false;
}

/* Columns: time, mean, low, high; of a stack: time, mean, bottom, top of the area. */
static void append_data(GString *script, const Chart *chart)
{
    TimeUnit unit = find_time_unit(chart);
    g_autofree double *stacked = g_new0(double, MAX(chart->count, 1));

    for (guint i = 0; i < chart->series->len; i++) {
        const ChartSeries *series = g_ptr_array_index(chart->series, i);

        g_string_append_printf(script, "$d%u << END_OF_DATA\n", i);
        for (guint j = 0; j < chart->count; j++) {
            double low = series->lows[j];
            double high = series->highs[j];

            if (chart->style == CHART_STACK) {
                low = stacked[j];
                high = stacked[j] += isnan(series->means[j]) ? 0 : series->means[j];
            }
            append_number(script, (j + 0.5) * chart->step_s / unit.seconds);
            g_string_append_c(script, ' ');
            append_number(script, series->means[j]);
            g_string_append_c(script, ' ');
            append_number(script, low);
            g_string_append_c(script, ' ');
            append_number(script, high);
            g_string_append_c(script, '\n');
        }
        g_string_append(script, "END_OF_DATA\n");
    }
}

static void append_plot(GString *script, const Chart *chart)
{
    const char *separator = "plot ";

    for (guint i = 0; i < chart->series->len; i++) {
        const ChartSeries *series = g_ptr_array_index(chart->series, i);

        if (chart->style == CHART_STACK || has_band(chart, series)) {
            g_string_append_printf(
                script,
                "%s$d%u using 1:3:4 with filledcurves lc rgb '%s' fs transparent "
                "solid %s noborder",
                separator, i, series->color, chart->style == CHART_STACK ? "0.75" : "0.25");
            separator = ", ";
        }
    }
    for (guint i = 0; i < chart->series->len && chart->style == CHART_LINES; i++) {
        const ChartSeries *series = g_ptr_array_index(chart->series, i);

        g_string_append_printf(script, "%s$d%u using 1:2 with lines lw 1.8 lc rgb '%s' dt %s",
                               separator, i, series->color,
                               series->dash == 0   ? "1"
                               : series->dash == 2 ? "(12,4)"
                               : series->dash == 3 ? "(3,3)"
                               : series->dash == 4 ? "(12,4,3,4)"
                                                   : "(20,6)");
        separator = ", ";
    }
    g_string_append_c(script, '\n');
}

char *chart_script(const Chart *chart)
{
    GString *script = g_string_new(NULL);

    append_axes(script, chart);
    append_bars(script, chart);
    append_limits(script, chart);
    append_data(script, chart);
    append_plot(script, chart);
    return g_string_free(script, FALSE);
}

char *chart_draw(const Chart *chart, GError **error)
{
    g_autofree char *script = chart_script(chart);
    g_autofree char *svg = gnuplot_run(script, error);
    g_autofree char *viewport = g_strdup_printf("0 0 %d %d", chart->width, chart->height);

    return svg != NULL ? gnuplot_clean_svg(svg, viewport, chart->title, error) : NULL;
}
