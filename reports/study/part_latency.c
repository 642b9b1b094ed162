/* part_latency.c - how latency grows with the load, and how far each promise is from its limit. */
#include <math.h>
#include <string.h>

#include "reports/study/tell.h"
#include "sim/base/words.h"

#define CURVES_MOST 5

/* --- a sweep over one axis ------------------------------------------------------------------ */

static const char *metric_name(const cJSON *sweep, guint metric)
{
    const cJSON *name = study_item(study_member(sweep, "metrics"), metric);

    return cJSON_IsString(name) ? name->valuestring : "";
}

/* Thresholds write rates without a unit; a report says what they are. */
static const char *metric_unit(const cJSON *sweep, guint metric)
{
    const cJSON *unit = study_item(study_member(sweep, "units"), metric);
    const char *name = metric_name(sweep, metric);

    if (g_str_has_prefix(name, "goodput") || g_str_has_prefix(name, "station_throughput")) {
        return "1/s";
    }
    return study_unit(cJSON_IsString(unit) ? unit->valuestring : "");
}

static const char *axis_name(const cJSON *sweep, guint axis)
{
    const cJSON *name = study_item(study_member(sweep, "over"), axis);

    return cJSON_IsString(name) ? name->valuestring : "";
}

static const char *point_text(const cJSON *point, guint axis)
{
    const cJSON *text = study_item(study_member(point, "at"), axis);

    return cJSON_IsString(text) ? text->valuestring : "";
}

/* The number that a value is; NAN when it is none. */
static double point_number(const cJSON *point)
{
    const char *text = point_text(point, 0);
    char *end = NULL;
    double value = g_ascii_strtod(text, &end);

    return end != text && *end == '\0' ? value : (double)NAN;
}

static Interval value_of(const cJSON *point, guint metric)
{
    const cJSON *value = study_item(study_member(point, "values"), metric);

    return (Interval){study_number(value, "value"), study_number(value, "low"),
                      study_number(value, "high")};
}

static void put_sweep_numbers(const StudyTelling *telling, const cJSON *sweep, const guint *metrics,
                              guint count)
{
    const cJSON *points = study_member(sweep, "points");
    g_autoptr(GPtrArray) heads = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(heads, g_strdup(axis_name(sweep, 0)));
    for (guint k = 0; k < count; k++) {
        g_ptr_array_add(heads, g_strconcat("#", metric_name(sweep, metrics[k]), NULL));
    }
    g_ptr_array_add(heads, NULL);
    page_table_begin(telling->page, "Each point, with its interval",
                     (const char *const *)heads->pdata);
    for (guint i = 0; i < study_count(points); i++) {
        const cJSON *point = study_item(points, i);

        page_row_begin(telling->page);
        page_cell(telling->page, point_text(point, 0));
        for (guint k = 0; k < count; k++) {
            tell_cell(telling, value_of(point, metrics[k]), metric_unit(sweep, metrics[k]),
                      "%s at %s", metric_name(sweep, metrics[k]), point_text(point, 0));
        }
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
}

static void add_curve(Plot *plot, const cJSON *sweep, guint metric, double scale)
{
    const cJSON *points = study_member(sweep, "points");
    PlotSeries *series = plot_add(plot, metric_name(sweep, metric), PLOT_LINE);

    for (guint i = 0; i < study_count(points); i++) {
        Interval value = value_of(study_item(points, i), metric);
        double low = isfinite(value.low) ? value.low : value.value;
        double high = isfinite(value.high) ? value.high : value.value;

        plot_add_row(series, point_number(study_item(points, i)), scale * value.value, scale * low,
                     scale * high);
    }
}

/* Everything that is offered, beside what gets through. */
static void add_offered(const cJSON *sweep, Plot *plot)
{
    const cJSON *points = study_member(sweep, "points");
    PlotSeries *series = plot_add(plot, "all that is offered", PLOT_LINE);

    for (guint i = 0; i < study_count(points); i++) {
        double rate = point_number(study_item(points, i));

        plot_add_row(series, rate, rate, rate, rate);
    }
}

/* What the study knows of rates: promised ones as a stretch, capacities and the knee as lines. */
static void add_rates(const StudyTelling *telling, const cJSON *sweep, Plot *plot)
{
    const cJSON *inputs = study_member(study_member(telling->capacity, "outlook"), "inputs");
    const cJSON *worst = tell_worst(telling->capacity, 1);

    plot_add_stretch(plot, "what is promised", study_number(inputs, "target_low"),
                     study_number(inputs, "target_high"));
    plot_add_line(plot, "capacity, all sites up",
                  study_interval(tell_worst(telling->capacity, 0), "capacity").value, false);
    plot_add_line(plot, "capacity, one site lost", study_interval(worst, "capacity").value, false);
    plot_add_line(plot, "knee", study_number(sweep, "knee"), false);
}

/* How a figure draws what has a unit. */
typedef struct Drawn {
    const char *unit, *what, *label;
    double scale;
    bool is_felt; /* only what users wait for, else all but that */
} Drawn;

/* From the wish to the answer. Parts of it are smaller by powers of ten: on one axis with them its
 * rise could not be seen. */
static bool is_felt(const char *metric)
{
    return g_str_has_prefix(metric, "http_req_duration") || g_str_has_prefix(metric, "journey") ||
           g_str_has_prefix(metric, "station_sojourn");
}

static bool is_in(const cJSON *sweep, guint metric, const Drawn *drawn)
{
    return strcmp(metric_unit(sweep, metric), drawn->unit) == 0 &&
           (strcmp(drawn->unit, "s") != 0 || is_felt(metric_name(sweep, metric)) == drawn->is_felt);
}

/* 0 at every point: told, not drawn. */
static bool is_nothing(const cJSON *sweep, guint metric)
{
    const cJSON *points = study_member(sweep, "points");
    bool is_zero = study_count(points) > 0;

    for (guint i = 0; i < study_count(points); i++) {
        is_zero = is_zero && value_of(study_item(points, i), metric).value == 0;
    }
    return is_zero;
}

/* One figure for all metrics of a unit. */
static void put_unit(const StudyTelling *telling, const cJSON *sweep, const Drawn *drawn,
                     bool is_of_rate)
{
    guint chosen[CURVES_MOST];
    guint count = 0;
    bool is_latency = strcmp(drawn->unit, "s") == 0;
    g_autofree char *title = NULL;
    g_autoptr(Plot) plot = NULL;

    for (guint i = 0; i < study_count(study_member(sweep, "metrics")) && count < CURVES_MOST; i++) {
        if (is_in(sweep, i, drawn) && is_nothing(sweep, i)) {
            tell_say(telling, "%s: 0 at every point.", metric_name(sweep, i));
        } else if (is_in(sweep, i, drawn)) {
            chosen[count++] = i;
        }
    }
    if (count == 0) {
        return;
    }
    title = g_strdup_printf("%s over %s", drawn->what,
                            is_of_rate ? "the rate that is offered" : axis_name(sweep, 0));
    plot = plot_new(title, is_of_rate ? "requests a second, offered" : axis_name(sweep, 0),
                    drawn->label);
    plot->is_y_log = is_latency;
    plot->y_from = is_latency ? (double)NAN : 0;
    for (guint k = 0; k < count; k++) {
        add_curve(plot, sweep, chosen[k], drawn->scale);
    }
    if (is_of_rate && strcmp(drawn->unit, "1/s") == 0) {
        add_offered(sweep, plot);
    }
    if (is_of_rate) {
        add_rates(telling, sweep, plot);
    }
    page_plot_begin(telling->page, telling->drawer, plot, "Bands are the intervals.");
    put_sweep_numbers(telling, sweep, chosen, count);
    page_plot_end(telling->page);
}

static void put_curves(const StudyTelling *telling, const cJSON *sweep)
{
    static const Drawn all[] = {
        {"s", "How long users wait", "ms, logarithmic", 1000, true},
        {"1/s", "What gets through", "a second", 1, false},
        {"ratio", "Shares", "%", 100, false},
        {"s", "How long parts of it take", "ms, logarithmic", 1000, false},
        {"B", "Sizes", "MiB", 1.0 / (1024 * 1024), false},
        {"", "Counts", "", 1, false},
    };
    bool is_of_rate = strstr(axis_name(sweep, 0), "rate") != NULL;
    double knee = study_number(sweep, "knee");

    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        put_unit(telling, sweep, &all[i], is_of_rate);
    }
    if (isfinite(knee)) {
        tell_say(
            telling,
            "The knee of %s lies at %s: from there on it grows by more than 1 %% for each 1 %% "
            "of load. This is a convention; what the promises allow is the capacity.",
            study_text(sweep, "knee_metric"),
            tell_figure(telling, knee, (double)NAN, (double)NAN, is_of_rate ? "1/s" : "",
                        "knee of the curve"));
    }
    tell_note(telling, "%g replications a point; all points share their random numbers (seed %s).",
              study_number(sweep, "replications"), study_text(sweep, "seed"));
}

/* --- a sweep over two axes ------------------------------------------------------------------ */

static void find_extent(const cJSON *sweep, guint metric, double *least, double *most)
{
    const cJSON *points = study_member(sweep, "points");

    *least = (double)INFINITY;
    *most = -(double)INFINITY;
    for (guint i = 0; i < study_count(points); i++) {
        double value = value_of(study_item(points, i), metric).value;

        *least = fmin(*least, value);
        *most = fmax(*most, value);
    }
}

/* The place of a text among the values that an axis goes over, in order of their appearance. */
static guint place_of(GPtrArray *values, const char *text)
{
    guint place;

    if (!g_ptr_array_find_with_equal_func(values, text, g_str_equal, &place)) {
        place = values->len;
        g_ptr_array_add(values, (gpointer)text);
    }
    return place;
}

static void put_map_numbers(const StudyTelling *telling, const cJSON *sweep, guint metric)
{
    const cJSON *points = study_member(sweep, "points");
    const char *const heads[] = {axis_name(sweep, 0), axis_name(sweep, 1), "#Value", NULL};

    page_table_begin(telling->page, metric_name(sweep, metric), heads);
    for (guint i = 0; i < study_count(points); i++) {
        const cJSON *point = study_item(points, i);

        page_row_begin(telling->page);
        page_cell(telling->page, point_text(point, 0));
        page_cell(telling->page, point_text(point, 1));
        tell_cell(telling, value_of(point, metric), metric_unit(sweep, metric), "%s at %s, %s",
                  metric_name(sweep, metric), point_text(point, 0), point_text(point, 1));
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
}

static void put_map(const StudyTelling *telling, const cJSON *sweep, guint metric)
{
    const cJSON *points = study_member(sweep, "points");
    g_autoptr(GPtrArray) across = g_ptr_array_new();
    g_autoptr(GPtrArray) down = g_ptr_array_new();
    g_autofree char *title =
        g_strdup_printf("%s over two settings: the darker, the higher", metric_name(sweep, metric));
    g_autoptr(Plot) plot = plot_new(title, axis_name(sweep, 1), axis_name(sweep, 0));
    double least;
    double most;

    find_extent(sweep, metric, &least, &most);
    for (guint i = 0; i < study_count(points); i++) {
        const cJSON *point = study_item(points, i);
        double value = value_of(point, metric).value;
        g_autofree char *text = words_value(value, metric_unit(sweep, metric));

        plot_add_cell(plot, text, place_of(across, point_text(point, 1)),
                      place_of(down, point_text(point, 0)),
                      most > least ? (value - least) / (most - least) : 0);
    }
    for (guint i = 0; i < across->len; i++) {
        plot_add_tic(plot, across->pdata[i], i, false);
    }
    for (guint i = 0; i < down->len; i++) {
        plot_add_tic(plot, down->pdata[i], i, true);
    }
    plot->x_from = plot->y_from = -0.5;
    plot->x_to = across->len - 0.5;
    plot->y_to = down->len - 0.5;
    plot->left = 16;
    plot->height = (int)CLAMP(110 + 34 * down->len, 200, 900);
    page_plot_begin(telling->page, telling->drawer, plot, NULL);
    put_map_numbers(telling, sweep, metric);
    page_plot_end(telling->page);
}

/* --- how far from the limit ----------------------------------------------------------------- */

static void add_margins(Plot *plot, const cJSON *one)
{
    const cJSON *looks = study_member(one, "looks");
    PlotSeries *series = plot_add(plot, study_text(one, "case"), PLOT_LINE);

    for (guint i = 0; i < study_count(looks); i++) {
        const cJSON *look = study_item(looks, i);
        Interval margin = study_interval(look, "margin");

        plot_add_row(series, study_number(look, "rate"), 100 * fmax(margin.value, -1),
                     100 * fmax(margin.low, -1), 100 * fmax(margin.high, -1));
    }
}

static void put_margin_numbers(const StudyTelling *telling)
{
    static const char *const heads[] = {
        "Case", "#Rate", "#Left of the limit", "#Replications", "Nearest to its limit", NULL};
    const cJSON *cases = study_member(telling->capacity, "cases");

    page_table_begin(telling->page, "Each rate that was tried", heads);
    for (guint i = 0; i < study_count(cases); i++) {
        const cJSON *one = study_item(cases, i);
        const cJSON *looks = study_member(one, "looks");

        for (guint k = 0; k < study_count(looks); k++) {
            const cJSON *look = study_item(looks, k);
            g_autofree char *rate = words_value(study_number(look, "rate"), "1/s");

            page_row_begin(telling->page);
            page_cell(telling->page, study_text(one, "case"));
            tell_cell(telling, tell_bare(study_number(look, "rate")), "1/s", "rate tried, %s",
                      study_text(one, "case"));
            tell_cell(telling, study_interval(look, "margin"), "ratio",
                      "left of the limit at %s/s, %s", rate, study_text(one, "case"));
            tell_cell(telling, tell_bare(study_number(look, "replications")), "",
                      "replications at %s/s, %s", rate, study_text(one, "case"));
            page_cell_class(telling->page, "prose", study_text(look, "binding"));
            page_row_end(telling->page);
        }
    }
    page_table_end(telling->page);
}

/* The case with all sites up and the worst ones; more curves could not be told apart. */
static void put_margins(const StudyTelling *telling)
{
    g_autoptr(Plot) plot = plot_new("How far the promises are from their limits as the rate rises",
                                    "requests a second, offered", "left of the limit (%)");

    for (guint lost = 0; lost <= 2; lost++) {
        const cJSON *worst = tell_worst(telling->capacity, lost);

        if (worst != NULL) {
            add_margins(plot, worst);
        }
    }
    if (!plot_has_something(plot)) {
        return;
    }
    add_rates(telling, NULL, plot);
    plot_add_line(plot, "the limit", 0, true);
    page_plot_begin(telling->page, telling->drawer, plot,
                    "100 % is far below the limit, 0 % is the limit itself, below it a promise is "
                    "broken. Of each number of lost sites the worst case is drawn; bands are the "
                    "intervals.");
    put_margin_numbers(telling);
    page_plot_end(telling->page);
}

void part_latency(const StudyTelling *telling)
{
    const cJSON *sweep = study_find(telling->files, STUDY_SWEEP);

    if (!tell_begin(telling, 3, "Latency and load", sweep != NULL)) {
        return;
    }
    for (guint i = 0; i < telling->files->len; i++) {
        const StudyFile *file = g_ptr_array_index(telling->files, i);
        bool is_map = study_count(study_member(file->json, "over")) > 1;

        if (file->kind == STUDY_SWEEP && !is_map) {
            put_curves(telling, file->json);
        }
        for (guint k = 0; file->kind == STUDY_SWEEP && is_map &&
                          k < MIN(study_count(study_member(file->json, "metrics")), CURVES_MOST);
             k++) {
            put_map(telling, file->json, k);
        }
    }
    if (telling->capacity != NULL) {
        put_margins(telling);
    }
    if (sweep == NULL) {
        tell_note(
            telling,
            "The curve of latency itself was not asked: 'dcdrill sweep %s --over "
            "rate=500..3500/7 -o out/curve' does, and 'dcdrill report' with both folders puts "
            "it here.",
            tell_scenario(telling));
    }
    tell_end(telling);
}
