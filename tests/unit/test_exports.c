/* test_exports.c - what other programs read says what is in the results: OpenMetrics, HdrHistogram
 * log, Chrome trace, NDJSON and CSV, each read back by a reader that knows only the format. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/config/json_place.h"
#include "sim/results/export/export_events.h"
#include "sim/results/export/export_hlog.h"
#include "sim/results/export/export_openmetrics.h"
#include "sim/results/export/export_trace.h"
#include "sim/results/results_export.h"
#include "sim/results/results_series.h"
#include "tests/support/results_rig.h"
#include "tests/support/suite.h"

/* Two runs of 30 s; DC03 is lost from 10 to 20 s, and what it served fails. */
static ResultsRig *campaign(void)
{
    ResultsRig *rig = results_rig_new(2, 30);

    results_write_fact(rig->writer, "scenario", "drills/lost.json");
    results_write_component(rig->writer, 0, "host@DC03-app1", "host", "DC03", "app", "DC03-app1",
                            NULL);
    results_write_component(rig->writer, 1, "host@DC03-app2", "host", "DC03", "app", "DC03-app2",
                            NULL);
    results_write_metric(rig->writer, 0, "utilisation", "gauge", "ratio", "Share \\ of\nits CPU");
    results_write_metric(rig->writer, 1, "refused", "counter", "1", "Connections refused");
    for (int i = 0; i < 2; i++) {
        results_rig_fault(rig, i, "DC03", 10, 20);
        for (int j = 0; j < 30; j++) {
            bool is_out = j >= 10 && j < 20;

            results_rig_users(rig, i, j, "Asia", "DC01", 100, 0, (200 + 7 * j) * SIM_MS);
            results_rig_users(rig, i, j, "Europe", "DC03", is_out ? 0 : 50, is_out ? 50 : 0,
                              20 * SIM_MS + j * 12345);
            for (int k = 0; k < 2; k++) {
                results_write_sample(rig->writer, i, k, 0, j * SIM_S, is_out ? 0 : 0.5 + 0.1 * k,
                                     0.8);
                results_write_sample(rig->writer, i, k, 1, j * SIM_S, is_out ? 2 : 0, 0);
            }
        }
        results_write_occurrence(rig->writer, &(ResultsOccurrence){.run = i,
                                                                   .event = "node.restarted",
                                                                   .component = "host@DC03-app1",
                                                                   .dc = "DC03",
                                                                   .node = "DC03-app1",
                                                                   .count = 3,
                                                                   .first = (20 + i) * SIM_S,
                                                                   .last = (22 + i) * SIM_S});
    }
    results_rig_open(rig);
    return rig;
}

/* --- OpenMetrics ---------------------------------------------------------------------------- */

/* A strict reader: families once and together, HELP and TYPE first, points in order of time. */
typedef struct Reader {
    GHashTable *families, *series; /* series: labels to the time of the last point */
    char *family, *type;
    guint samples;
} Reader;

static bool is_name(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!g_ascii_isalpha(text[i]) && text[i] != '_' && (i == 0 || !g_ascii_isdigit(text[i]))) {
            return false;
        }
    }
    return length > 0;
}

/* The length of "{name="value",...}" with escapes. */
static size_t read_labels(const char *text)
{
    const char *at = text;

    ck_assert_int_eq(*at, '{');
    do {
        const char *equals = strchr(++at, '=');

        ck_assert_msg(equals != NULL && is_name(at, (size_t)(equals - at)), "label in %s", text);
        ck_assert_int_eq(equals[1], '"');
        for (at = equals + 2; *at != '"'; at++) {
            ck_assert_msg(*at != '\0', "end of a value in %s", text);
            at += *at == '\\';
        }
    } while (*++at == ',');
    ck_assert_int_eq(*at, '}');
    return (size_t)(at + 1 - text);
}

static void read_head(Reader *reader, const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", 4);

    ck_assert_uint_eq(g_strv_length(words), 4);
    ck_assert(is_name(words[2], strlen(words[2])));
    if (strcmp(words[1], "HELP") == 0) {
        ck_assert_msg(g_hash_table_add(reader->families, g_strdup(words[2])), "twice %s", words[2]);
        g_free(reader->family);
        reader->family = g_strdup(words[2]);
        g_clear_pointer(&reader->type, g_free);
        return;
    }
    ck_assert_str_eq(words[1], "TYPE");
    ck_assert_str_eq(words[2], reader->family);
    ck_assert(strcmp(words[3], "gauge") == 0 || strcmp(words[3], "summary") == 0);
    reader->type = g_strdup(words[3]);
}

static void read_sample(Reader *reader, const char *line)
{
    const char *brace = strchr(line, '{');
    size_t length = (size_t)(brace - line) + read_labels(brace);
    g_autofree char *series = g_strndup(line, length);
    g_auto(GStrv) values = g_strsplit(line + length, " ", -1);
    char *end;

    ck_assert(reader->type != NULL && g_str_has_prefix(line, reader->family));
    if (line[strlen(reader->family)] != '{') {
        ck_assert_str_eq(reader->type, "summary");
        ck_assert(g_str_has_prefix(line + strlen(reader->family), "_sum{") ||
                  g_str_has_prefix(line + strlen(reader->family), "_count{"));
    }
    ck_assert_uint_eq(g_strv_length(values), 3);
    g_ascii_strtod(values[1], &end);
    ck_assert_msg(end != values[1] && *end == '\0', "value in %s", line);
    gint64 time = g_ascii_strtoll(values[2], &end, 10);

    ck_assert_msg(*end == '\0', "time in %s", line);
    gpointer last = g_hash_table_lookup(reader->series, series);

    ck_assert_msg(last == NULL || GPOINTER_TO_INT(last) < time + 1, "order of %s", line);
    g_hash_table_insert(reader->series, g_steal_pointer(&series), GINT_TO_POINTER((int)time + 1));
    reader->samples++;
}

static guint read_openmetrics(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint count = g_strv_length(lines);
    Reader reader = {
        .families = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .series = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };

    ck_assert_uint_ge(count, 2);
    ck_assert_str_eq(lines[count - 2], "# EOF");
    ck_assert_str_eq(lines[count - 1], "");
    for (guint i = 0; i + 2 < count; i++) {
        if (lines[i][0] == '#') {
            read_head(&reader, lines[i]);
        } else {
            read_sample(&reader, lines[i]);
        }
    }
    g_hash_table_unref(reader.families);
    g_hash_table_unref(reader.series);
    g_free(reader.family);
    g_free(reader.type);
    return reader.samples;
}

START_TEST(openmetrics_is_read_by_a_strict_reader)
{
    g_autoptr(ResultsRig) rig = campaign();
    g_autofree char *text = export_openmetrics(rig->results);

    ck_assert_uint_gt(read_openmetrics(text), 500);
    ck_assert_ptr_nonnull(
        strstr(text, "\ndcdrill_requests{replication=\"1\",dc=\"DC03\",outcome=\"ok\"} 50 9\n"));
    ck_assert_ptr_nonnull(strstr(
        text, "\ndcdrill_requests{replication=\"1\",dc=\"DC03\",outcome=\"failed\"} 50 10\n"));
    ck_assert_ptr_nonnull(strstr(
        text, "\ndcdrill_utilisation_ratio{kind=\"host\",dc=\"DC03\",role=\"app\"} 0.55 9\n"));
    ck_assert_ptr_nonnull(strstr(
        text, "\ndcdrill_refused_per_second{kind=\"host\",dc=\"DC03\",role=\"app\"} 2 12\n"));
    ck_assert_ptr_nonnull(strstr(text, "Share \\\\ of its CPU\n"));
}
END_TEST

/* --- HdrHistogram --------------------------------------------------------------------------- */

static uint64_t take_bits(const guint8 **at, int bytes)
{
    uint64_t value = 0;

    while (bytes-- > 0) {
        value = value << 8 | *(*at)++;
    }
    return value;
}

static int64_t take_varint(const guint8 **at)
{
    uint64_t bits = 0;

    for (int i = 0; i < 9; i++) {
        guint8 byte = *(*at)++;

        bits |= (uint64_t)(i < 8 ? byte & 0x7f : byte) << (7 * i);
        if (i < 8 && byte < 0x80) {
            break;
        }
    }
    return (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
}

/* The lowest value of an index, as HdrHistogram computes it for two significant digits. */
static int64_t value_of(int64_t index)
{
    int64_t bucket = (index >> 7) - 1;
    int64_t sub = (index & 127) + 128;

    return bucket < 0 ? index : sub << bucket;
}

/* Stored blocks with their sum: caller unrefs. */
static GByteArray *inflate_stored(const guint8 *at, size_t size)
{
    GByteArray *out = g_byte_array_new();
    const guint8 *end = at + size;
    bool is_last = false;
    uint32_t low = 1, high = 0;

    ck_assert_uint_eq(take_bits(&at, 2) % 31, 0);
    while (!is_last) {
        is_last = take_bits(&at, 1) == 1;
        guint length = at[0] | (guint)at[1] << 8;

        ck_assert_uint_eq(length ^ (at[2] | (guint)at[3] << 8), 0xffff);
        g_byte_array_append(out, at + 4, length);
        at += 4 + length;
    }
    for (guint i = 0; i < out->len; i++) {
        low = (low + out->data[i]) % 65521;
        high = (high + low) % 65521;
    }
    ck_assert_uint_eq(take_bits(&at, 4), high << 16 | low);
    ck_assert_ptr_eq(at, end);
    return out;
}

static Histogram *read_histogram(const char *base64)
{
    gsize size;
    g_autofree guint8 *packed = g_base64_decode(base64, &size);
    const guint8 *at = packed;
    Histogram *histogram = histogram_new();

    ck_assert_uint_eq(take_bits(&at, 4), 0x1c849314);
    ck_assert_uint_eq(take_bits(&at, 4), size - 8);
    g_autoptr(GByteArray) plain = inflate_stored(at, size - 8);

    at = plain->data;
    ck_assert_uint_eq(take_bits(&at, 4), 0x1c849313);
    ck_assert_uint_eq(take_bits(&at, 4), plain->len - 40);
    ck_assert_uint_eq(take_bits(&at, 4), 0);
    ck_assert_uint_eq(take_bits(&at, 4), 2);
    ck_assert_uint_eq(take_bits(&at, 8), 1);
    ck_assert_uint_ge(take_bits(&at, 8), 2);
    at += 8;
    for (int64_t index = 0; at < plain->data + plain->len;) {
        int64_t count = take_varint(&at);

        if (count > 0) {
            histogram_add_many(histogram, value_of(index), (uint64_t)count);
        }
        index += count < 0 ? -count : 1;
    }
    return histogram;
}

static void append_bucket(int64_t lowest, int64_t highest, uint64_t count, void *context)
{
    (void)highest;
    g_string_append_printf(context, "%" G_GINT64_FORMAT ":%" G_GUINT64_FORMAT " ", lowest, count);
}

static void ck_assert_same_buckets(const Histogram *one, const Histogram *other)
{
    g_autoptr(GString) a = g_string_new(NULL);
    g_autoptr(GString) b = g_string_new(NULL);

    histogram_each(one, append_bucket, a);
    histogram_each(other, append_bucket, b);
    ck_assert_str_eq(a->str, b->str);
}

START_TEST(hlog_holds_every_bucket_of_the_latencies)
{
    g_autoptr(ResultsRig) rig = campaign();
    g_autofree char *text = export_hlog(rig->results);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint seen = 0;

    for (guint i = 0; lines[i] != NULL; i++) {
        g_auto(GStrv) fields = g_strsplit(lines[i], ",", -1);

        if (g_strcmp0(fields[0], "Tag=DC01.baseline") != 0) {
            continue;
        }
        g_autoptr(Histogram) read = read_histogram(fields[4]);
        g_autoptr(Histogram) wanted = histogram_new();
        SimTime begin = (SimTime)g_ascii_strtod(fields[1], NULL) * SIM_S;
        const ResultsUserFilter filter = {.dc = "DC01"};

        for (int run = 0; run < 2; run++) {
            results_add_latency(rig->results, &filter, run,
                                (ResultsSpan){begin, begin + 10 * SIM_S}, wanted);
        }
        ck_assert_same_buckets(read, wanted);
        ck_assert_str_eq(fields[2], "10.000");
        seen++;
    }
    ck_assert_uint_gt(seen, 0);
}
END_TEST

/* --- trace ---------------------------------------------------------------------------------- */

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *member = json_member(object, name);

    return cJSON_IsString(member) ? member->valuestring : "";
}

static double number_of(const cJSON *object, const char *name)
{
    return json_member(object, name)->valuedouble;
}

/* The only event of a type and name, from `from` on; NULL when there is none. */
static const cJSON *find_event(const cJSON *from, const char *type, const char *name)
{
    for (; from != NULL; from = from->next) {
        if (strcmp(text_of(from, "ph"), type) == 0 && strcmp(text_of(from, "name"), name) == 0) {
            return from;
        }
    }
    return NULL;
}

/* What a process or thread is called. */
static const char *name_of(const cJSON *events, const char *what, double pid, double tid)
{
    const cJSON *event = find_event(events, "M", what);

    while (event != NULL && (number_of(event, "pid") != pid || number_of(event, "tid") != tid)) {
        event = find_event(event->next, "M", what);
    }
    ck_assert_msg(event != NULL, "no %s of %g %g", what, pid, tid);
    return text_of(json_member(event, "args"), "name");
}

START_TEST(trace_shows_sites_as_processes_nodes_as_threads_and_requests_as_spans)
{
    g_autoptr(ResultsRig) rig = campaign();
    g_autoptr(GArray) requests = g_array_new(false, false, sizeof(TraceRequest));
    g_autoptr(GArray) steps = g_array_new(false, false, sizeof(TraceStep));
    TraceStep step = {1500 * SIM_US, "DC03", "DC03-app2", "host@DC03-app2", "http"};
    TraceRequest request = {.id = 77,
                            .begin = SIM_MS,
                            .end = 2 * SIM_MS,
                            .client = "users",
                            .region = "Europe",
                            .dc = "DC03",
                            .attempts = 1,
                            .steps = steps};

    g_array_append_val(steps, step);
    g_array_append_val(requests, request);
    g_autofree char *text = export_trace(rig->results, 0, requests, 1);
    cJSON *trace = cJSON_Parse(text);
    const cJSON *events = json_member(trace, "traceEvents")->child;
    const cJSON *begin = find_event(events, "b", "read");
    const cJSON *hop = find_event(events, "n", "http");
    const cJSON *end = find_event(events, "e", "read");

    ck_assert(begin != NULL && hop != NULL && end != NULL);
    ck_assert_str_eq(text_of(begin, "id"), text_of(end, "id"));
    ck_assert_str_eq(text_of(begin, "id"), text_of(hop, "id"));
    ck_assert_double_eq(number_of(begin, "ts"), 1000);
    ck_assert_double_eq(number_of(hop, "ts"), 1500);
    ck_assert_double_eq(number_of(end, "ts"), 2000);
    ck_assert_str_eq(name_of(events, "process_name", number_of(begin, "pid"), 1), "DC03");
    ck_assert_str_eq(name_of(events, "thread_name", number_of(hop, "pid"), number_of(hop, "tid")),
                     "DC03-app2");
    ck_assert_ptr_nonnull(find_event(events, "i", "lose applied"));
    ck_assert_ptr_nonnull(find_event(events, "i", "lose lifted"));
    ck_assert_double_eq(number_of(find_event(events, "i", "node.restarted"), "ts"), 20e6);
    ck_assert_double_eq(number_of(json_member(find_event(events, "C", "requests/s"), "args"), "ok"),
                        100);
    cJSON_Delete(trace);
}
END_TEST

/* --- lines ---------------------------------------------------------------------------------- */

START_TEST(events_come_as_json_lines_in_order_of_time)
{
    g_autoptr(ResultsRig) rig = campaign();
    g_autofree char *text = export_events(rig->results);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    double last = -INFINITY;
    guint applied = 0, restarted = 0;

    for (guint i = 0; lines[i + 1] != NULL; i++) {
        cJSON *line = cJSON_Parse(lines[i]);

        ck_assert_msg(line != NULL, "line %u: %s", i, lines[i]);
        ck_assert_double_ge(number_of(line, "time_s"), last);
        last = number_of(line, "time_s");
        applied += strcmp(text_of(line, "type"), "fault-applied") == 0;
        restarted += strcmp(text_of(line, "event"), "node.restarted") == 0;
        cJSON_Delete(line);
    }
    ck_assert_uint_eq(applied, 2);
    ck_assert_uint_eq(restarted, 4);
}
END_TEST

START_TEST(csv_has_the_numbers_of_the_summary)
{
    g_autoptr(ResultsRig) rig = campaign();
    g_autofree char *csv = export_csv(rig->results, 0.95);
    g_autofree char *text = results_export_summary(rig->results, 0.95);
    g_auto(GStrv) lines = g_strsplit(csv, "\r\n", -1);
    guint found = 0;

    for (guint i = 1; lines[i] != NULL; i++) {
        if (g_str_has_prefix(lines[i], "http_req_failed,,DC03,,,ratio,")) {
            g_auto(GStrv) fields = g_strsplit(lines[i], ",", -1);
            g_autofree char *wanted = g_strdup_printf("\"value\":\t%s,", fields[9]);

            ck_assert_str_eq(fields[8], "rate");
            ck_assert_double_eq_tol(g_ascii_strtod(fields[9], NULL), 1.0 / 3, 1e-12);
            ck_assert_ptr_nonnull(strstr(text, wanted));
            found++;
        }
    }
    ck_assert_uint_eq(found, 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("exports");
    TCase *tests = tcase_create("exports");

    tcase_add_test(tests, openmetrics_is_read_by_a_strict_reader);
    tcase_add_test(tests, hlog_holds_every_bucket_of_the_latencies);
    tcase_add_test(tests, trace_shows_sites_as_processes_nodes_as_threads_and_requests_as_spans);
    tcase_add_test(tests, events_come_as_json_lines_in_order_of_time);
    tcase_add_test(tests, csv_has_the_numbers_of_the_summary);
    suite_add_tcase(suite, tests);
    return suite;
}
