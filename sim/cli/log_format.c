/* log_format.c - messages on standard error as JSON. A filter between all writers and the real
 * standard error: what a library or a dying replication says comes out as JSON too. */
#include "sim/cli/log_format.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const levels[] = {"error", "warning", "note", "debug", NULL};

/* "file", "file:line" or "file:line:column" before the level. */
static void add_place(cJSON *json, char *place)
{
    static const char *const names[] = {"line", "column"};
    gint64 values[2];
    int count = 0;

    for (char *colon = strrchr(place, ':');
         count < 2 && colon != NULL &&
         g_ascii_string_to_signed(colon + 1, 10, 1, G_MAXINT32, &values[count], NULL);
         colon = strrchr(place, ':')) {
        *colon = '\0';
        count++;
    }
    if (place[0] != '\0' && !g_str_has_prefix(place, "dcdrill")) {
        cJSON_AddStringToObject(json, "file", place);
        for (int i = 0; i < count; i++) {
            cJSON_AddNumberToObject(json, names[i], (double)values[count - 1 - i]);
        }
    }
}

char *log_line_to_json(const char *line)
{
    cJSON *json = cJSON_CreateObject();
    const char *level = "info";
    const char *message = line;
    g_autofree char *place = NULL;

    for (int i = 0; place == NULL && levels[i] != NULL; i++) {
        g_autofree char *word = g_strconcat(levels[i], ": ", NULL);
        const char *at = strstr(line, word);

        if (at != NULL && (at == line || g_str_has_prefix(at - MIN(at - line, 2), ": "))) {
            level = levels[i];
            message = at + strlen(word);
            place = g_strndup(line, (gsize)MAX(at - line - 2, 0));
        }
    }
    cJSON_AddStringToObject(json, "level", level);
    cJSON_AddStringToObject(json, "message", message);
    if (place != NULL) {
        add_place(json, place);
    }
    char *text = cJSON_PrintUnformatted(json);
    char *copy = g_strdup(text);

    cJSON_free(text);
    cJSON_Delete(json);
    return copy;
}

/* Lives until the last writer has closed its end. */
static void filter(int from)
{
    FILE *lines = fdopen(from, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t length;

    while (lines != NULL && (length = getline(&line, &room, lines)) >= 0) {
        while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r')) {
            line[--length] = '\0';
        }
        g_autofree char *valid = g_utf8_make_valid(line, length);
        g_autofree char *json = log_line_to_json(valid);

        if (length > 0) {
            fprintf(stderr, "%s\n", json);
        }
    }
    _exit(0);
}

bool log_begin_json(void)
{
    int ends[2];

    if (pipe(ends) != 0) {
        return false;
    }
    pid_t pid = fork();

    if (pid == 0) {
        setpgid(0, 0); /* Ctrl-C is for those who work: what they say of it is still to come */
        close(ends[1]);
        close(STDOUT_FILENO); /* whoever reads our output waits for us, not for it */
        filter(ends[0]);
    }
    close(ends[0]);
    bool is_begun = pid > 0 && dup2(ends[1], STDERR_FILENO) >= 0;

    close(ends[1]);
    return is_begun;
}

void log_end_json(void)
{
    fflush(stderr);
    close(STDERR_FILENO);
    wait(NULL); /* the filter is the only child that is left */
}
