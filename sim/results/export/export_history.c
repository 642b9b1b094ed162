/* export_history.c - what users asked of single data and were told. */
#include "sim/results/export/export_history.h"

#include <stdlib.h>
#include <string.h>

#include "sim/results/export/export_json.h"

/* One end of a request. */
typedef struct Line {
    SimTime time;
    const TraceRequest *request;
    bool is_end;
} Line;

/* By time; of equals an end comes first: what begins at that instant may rely on it. */
static int compare_lines(const void *a, const void *b)
{
    const Line *one = a;
    const Line *other = b;

    if (one->time != other->time) {
        return one->time < other->time ? -1 : 1;
    }
    if (one->request == other->request) {
        return one->is_end ? 1 : -1;
    }
    if (one->is_end != other->is_end) {
        return one->is_end ? -1 : 1;
    }
    return one->request->id < other->request->id ? -1 : 1;
}

static const char *name_kind(const TraceRequest *request)
{
    if (!request->is_write) {
        return "read";
    }
    return request->is_counter ? "add" : request->is_delete ? "delete" : "write";
}

static const char *name_end(const TraceRequest *request)
{
    if (request->reason == NULL) {
        return request->is_refused ? "fail" : "ok";
    }
    return request->is_write ? "info" : "fail";
}

static void append_line(GString *out, guint index, const Line *line)
{
    const TraceRequest *request = line->request;
    const char *end = line->is_end ? name_end(request) : "invoke";

    g_string_append_printf(
        out,
        "{\"index\":%u,\"type\":\"%s\",\"f\":\"%s\",\"process\":%" G_GUINT64_FORMAT
        ",\"time\":%" G_GINT64_FORMAT ",\"key\":%" G_GUINT64_FORMAT,
        index, end, name_kind(request), request->id, (gint64)line->time, request->key);
    if (strcmp(end, "ok") == 0 && request->version != 0) {
        g_string_append_printf(out, ",\"value\":%" G_GINT64_FORMAT, request->version);
    } else {
        g_string_append(out, ",\"value\":null");
    }
    if (request->session != 0) {
        g_string_append_printf(out, ",\"session\":%" G_GUINT64_FORMAT, request->session);
    }
    if (line->is_end && (request->reason != NULL || request->is_refused)) {
        g_string_append_printf(out, ",\"error\":\"%s\"",
                               request->reason != NULL ? request->reason : "refused");
    }
    g_string_append(out, "}\n");
}

char *export_history(const GArray *requests)
{
    g_autoptr(GArray) lines = g_array_new(false, false, sizeof(Line));
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < requests->len; i++) {
        const TraceRequest *request = &g_array_index(requests, TraceRequest, i);
        const Line ends[] = {{request->begin, request, false}, {request->end, request, true}};

        g_array_append_vals(lines, ends, 2);
    }
    if (lines->len > 0) {
        qsort(lines->data, lines->len, sizeof(Line), compare_lines);
    }
    for (guint i = 0; i < lines->len; i++) {
        append_line(out, i, &g_array_index(lines, Line, i));
    }
    return g_string_free(out, false);
}
