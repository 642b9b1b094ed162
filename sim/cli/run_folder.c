/* run_folder.c - every scenario below folders, several at once: a process each, whose output is
 * kept until it ends, so that nothing depends on who was first. */
#include "sim/cli/run_folder.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/file_whole.h"
#include "sim/cli/annotate.h"
#include "sim/config/json_place.h"

/* One scenario below a folder. */
typedef struct Item {
    char *path, *name; /* name: path below the folder without ending */
    char *target;
    char *said, *warned; /* files of what it wrote to standard output and error */
    pid_t pid;           /* 0: not begun or ended */
    bool has_run;
    int status;
} Item;

typedef struct Folder {
    const Options *options;
    const Kind *const *kinds;
    const char *target;
    char *scratch;
    GPtrArray *items; /* Item, in order of name */
    guint running, skipped;
    bool is_stopped; /* no more are begun */
    int signal;      /* that asked for the end; 0: none */
} Folder;

static void item_free(void *item)
{
    Item *own = item;

    g_free(own->path);
    g_free(own->name);
    g_free(own->target);
    g_free(own->said);
    g_free(own->warned);
    g_free(own);
}

/* --- which ---------------------------------------------------------------------------------- */

/* A file that only others extend (a topology, settings, data) has nothing to judge. One that cannot
 * be read is a scenario until it is known: whoever runs it says what is wrong. */
static bool is_scenario(const char *path)
{
    static const char *const judged[] = {
        "thresholds", "invariants", "must-happen", "steady-state-hypothesis", "method", NULL};
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document = json_document_read(path, diags);

    if (document == NULL) {
        return true;
    }
    for (guint i = 0; judged[i] != NULL; i++) {
        if (json_member(document->root, judged[i]) != NULL &&
            json_member(document->root, "title") != NULL) {
            return true;
        }
    }
    return false;
}

static void add_item(Folder *folder, const char *path, const char *name)
{
    Item *item = g_new0(Item, 1);
    const char *dot = strrchr(name, '.');

    item->path = g_strdup(path);
    item->name = dot != NULL ? g_strndup(name, (gsize)(dot - name)) : g_strdup(name);
    item->target = g_build_filename(folder->target, item->name, NULL);
    g_ptr_array_add(folder->items, item);
}

static void walk(Folder *folder, const char *path, const char *prefix)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *entry;

    while (directory != NULL && (entry = g_dir_read_name(directory)) != NULL) {
        g_autofree char *below = g_build_filename(path, entry, NULL);
        g_autofree char *name =
            prefix[0] != '\0' ? g_strconcat(prefix, "/", entry, NULL) : g_strdup(entry);
        bool is_json = g_str_has_suffix(entry, ".json") || g_str_has_suffix(entry, ".jsonc");

        if (entry[0] == '.') {
            continue;
        }
        if (g_file_test(below, G_FILE_TEST_IS_DIR)) {
            walk(folder, below, name);
        } else if (is_json && is_scenario(below)) {
            add_item(folder, below, name);
        } else if (is_json) {
            folder->skipped++;
        }
    }
}

static gint compare_items(gconstpointer a, gconstpointer b)
{
    const Item *const *one = a, *const *other = b;

    return strcmp((*one)->name, (*other)->name);
}

static bool find_items(Folder *folder, GError **error)
{
    for (guint i = 0; i < folder->options->files->len; i++) {
        const char *path = g_ptr_array_index(folder->options->files, i);
        g_autofree char *base = g_path_get_basename(path);

        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            walk(folder, path, "");
        } else {
            add_item(folder, path, base);
        }
    }
    g_ptr_array_sort(folder->items, compare_items);
    for (guint i = 0; i < folder->items->len; i++) {
        Item *item = folder->items->pdata[i];
        const Item *before = i > 0 ? folder->items->pdata[i - 1] : NULL;

        item->said = g_strdup_printf("%s/%u.out", folder->scratch, i);
        item->warned = g_strdup_printf("%s/%u.err", folder->scratch, i);
        if (before != NULL && strcmp(item->name, before->name) == 0) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
                        "'%s' and '%s' would write the same results", before->path, item->path);
            return false;
        }
    }
    if (folder->items->len == 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                    "there is no scenario to judge below '%s' (%u JSON files are for others to "
                    "extend)",
                    (char *)g_ptr_array_index(folder->options->files, 0), folder->skipped);
    }
    return folder->items->len > 0;
}

/* What can be told of several scenarios in one file. */
static bool check_outs(const Options *options, GError **error)
{
    static const char *const joined[] = {"junit", "summary", "github", "gitlab",
                                         "md",    "events",  NULL};

    for (guint i = 0; options->outs != NULL && options->outs[i] != NULL; i++) {
        g_auto(GStrv) sides = g_strsplit(options->outs[i], "=", 2);

        if (!g_strv_contains(joined, sides[0])) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                        "'--out %s': of several scenarios there are junit, summary, github, "
                        "gitlab, md and events; run that one alone",
                        options->outs[i]);
            return false;
        }
    }
    return true;
}

/* --- in the scenario's own process ---------------------------------------------------------- */

/* The same --out kinds, one file each, for the parent to put together. */
static char **own_outs(const Folder *folder, guint index)
{
    GPtrArray *outs = g_ptr_array_new();
    char **asked = folder->options->outs;

    for (guint i = 0; asked != NULL && asked[i] != NULL; i++) {
        g_auto(GStrv) sides = g_strsplit(asked[i], "=", 2);

        g_ptr_array_add(outs,
                        g_strdup_printf("%s=%s/%u.%s", sides[0], folder->scratch, index, sides[0]));
    }
    g_ptr_array_add(outs, NULL);
    return (char **)g_ptr_array_free(outs, false);
}

static int live(const Folder *folder, guint index)
{
    const Item *item = folder->items->pdata[index];
    guint at_once = MIN((guint)folder->options->jobs, folder->items->len);
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    g_auto(GStrv) outs = own_outs(folder, index);
    Options own = *folder->options;

    g_unsetenv("GITHUB_STEP_SUMMARY"); /* the parent appends in order */
    g_ptr_array_add(files, item->path);
    own.files = files;
    own.out_dir = item->target;
    own.outs = outs;
    own.is_json = false;
    own.jobs = MAX(own.jobs / (int)at_once, 1);
    own.progress = PROGRESS_NONE;
    if (freopen(item->said, "w", stdout) == NULL || freopen(item->warned, "w", stderr) == NULL) {
        return EXIT_USAGE;
    }
    int status = run_scenario(&own, item->path, folder->kinds);

    return fflush(stdout) == 0 && fflush(stderr) == 0 ? status : EXIT_USAGE;
}

/* --- in the parent -------------------------------------------------------------------------- */

static void begin(Folder *folder, guint index, const sigset_t *before)
{
    Item *item = folder->items->pdata[index];
    pid_t parent = getpid();

    fflush(stdout);
    fflush(stderr);
    item->has_run = true;
    item->pid = fork();
    if (item->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        sigprocmask(SIG_SETMASK, before, NULL);
        _exit(getppid() == parent ? live(folder, index) : EXIT_TERMINATED);
    }
    if (item->pid < 0) {
        item->pid = 0;
        item->status = EXIT_USAGE;
        return;
    }
    folder->running++;
}

static void ended(Folder *folder, Item *item, int status)
{
    item->pid = 0;
    item->status = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_INTERNAL;
    folder->running--;
    if (!folder->options->is_quiet) {
        fprintf(stderr, "%s: exit status %d\n", item->name, item->status);
    }
    if (folder->options->fail_fast && item->status != EXIT_PASSED) {
        folder->is_stopped = true;
    }
}

static void reap(Folder *folder)
{
    for (guint i = 0; i < folder->items->len; i++) {
        Item *item = folder->items->pdata[i];
        int status;

        if (item->pid > 0 && waitpid(item->pid, &status, WNOHANG) == item->pid) {
            ended(folder, item, status);
        }
    }
}

static void pass_on(Folder *folder, int number)
{
    folder->is_stopped = true;
    folder->signal = number;
    for (guint i = 0; i < folder->items->len; i++) {
        const Item *item = folder->items->pdata[i];

        if (item->pid > 0) {
            kill(item->pid, number);
        }
    }
}

static void run_all(Folder *folder)
{
    sigset_t wanted, before;
    guint next = 0;

    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    sigprocmask(SIG_BLOCK, &wanted, &before);
    while (folder->running > 0 || (next < folder->items->len && !folder->is_stopped)) {
        while (next < folder->items->len && !folder->is_stopped &&
               folder->running < (guint)folder->options->jobs) {
            begin(folder, next++, &before);
        }
        int number = folder->running > 0 ? sigwaitinfo(&wanted, NULL) : 0;

        if (number == SIGINT || number == SIGTERM) {
            pass_on(folder, number);
        }
        reap(folder);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
}

/* --- what is told --------------------------------------------------------------------------- */

static const char *word_of(const Item *item)
{
    return !item->has_run                      ? "not run"
           : item->status == EXIT_PASSED       ? "pass"
           : item->status == EXIT_FAILED       ? "fail"
           : item->status == EXIT_INCONCLUSIVE ? "inconclusive"
           : item->status == EXIT_USAGE        ? "wrong input"
           : item->status == EXIT_DISAGREED    ? "not deterministic"
           : item->status == EXIT_INTERNAL     ? "internal error"
                                               : "ended early";
}

static int worst_of(const Folder *folder)
{
    int worst = EXIT_PASSED;

    for (guint i = 0; i < folder->items->len; i++) {
        const Item *item = folder->items->pdata[i];
        int status = item->has_run ? item->status : EXIT_INCONCLUSIVE;

        worst = command_worse(worst,
                              command_is_forgiven(folder->options, status) ? EXIT_PASSED : status);
    }
    return folder->signal != 0 ? command_worse(worst, 128 + folder->signal) : worst;
}

/* A JUnit file with the suites of all; a scenario that left none has an error of its own. */
static char *join_junit(const Folder *folder)
{
    GString *out = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");

    for (guint i = 0; i < folder->items->len; i++) {
        const Item *item = folder->items->pdata[i];
        g_autofree char *path = g_build_filename(item->target, "junit.xml", NULL);
        g_autofree char *text = NULL;
        char *begin = NULL, *end = NULL;

        if (item->has_run && item->status != EXIT_USAGE && item->status != EXIT_INTERNAL &&
            g_file_get_contents(path, &text, NULL, NULL)) {
            begin = strstr(text, "<testsuite ");
            end = g_strrstr(text, "</testsuites>");
        }
        if (begin != NULL && end > begin) {
            g_string_append(out, "  ");
            g_string_append_len(out, begin, end - begin);
        } else {
            g_autofree char *suite = g_markup_printf_escaped(
                "  <testsuite name=\"%s\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n"
                "    <testcase classname=\"%s\" name=\"run\"><error message=\"%s\"/></testcase>\n"
                "  </testsuite>\n",
                item->name, item->name, word_of(item));

            g_string_append(out, suite);
        }
    }
    g_string_append(out, "</testsuites>\n");
    return g_string_free(out, false);
}

/* Lines of metrics of all: a family stays together, its head stands once. */
static char *join_metrics(const GPtrArray *texts)
{
    g_autoptr(GPtrArray) heads = g_ptr_array_new_with_free_func(g_free);
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < texts->len; i++) {
        g_auto(GStrv) lines = g_strsplit(texts->pdata[i], "\n", -1);

        for (guint k = 0; lines[k] != NULL; k++) {
            if (g_str_has_prefix(lines[k], "# TYPE ") &&
                !g_ptr_array_find_with_equal_func(heads, lines[k], g_str_equal, NULL)) {
                g_ptr_array_add(heads, g_strdup(lines[k]));
            }
        }
    }
    for (guint h = 0; h < heads->len; h++) {
        const char *head = heads->pdata[h];
        bool is_begun = false;

        for (guint i = 0; i < texts->len; i++) {
            g_auto(GStrv) lines = g_strsplit(texts->pdata[i], "\n", -1);
            bool is_ours = false;

            for (guint k = 0; lines[k] != NULL; k++) {
                bool is_type = g_str_has_prefix(lines[k], "# TYPE ");
                bool is_head = lines[k][0] == '#';

                is_ours = is_type ? strcmp(lines[k], head) == 0 : is_ours;
                if (is_ours && strcmp(lines[k], "# EOF") != 0 && lines[k][0] != '\0' &&
                    (!is_head || !is_begun)) {
                    g_string_append_printf(out, "%s\n", lines[k]);
                }
            }
            is_begun = is_begun || strstr(texts->pdata[i], head) != NULL;
        }
    }
    g_string_append(out, "# EOF\n");
    return g_string_free(out, false);
}

/* The JSON of all scenarios: what they came to and where it is. */
static char *list_json(const Folder *folder)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *list;

    cJSON_AddNumberToObject(json, "format", 1);
    cJSON_AddNumberToObject(json, "status", worst_of(folder));
    list = cJSON_AddArrayToObject(json, "scenarios");
    for (guint i = 0; i < folder->items->len; i++) {
        const Item *item = folder->items->pdata[i];
        cJSON *row = cJSON_CreateObject();

        cJSON_AddStringToObject(row, "name", item->name);
        cJSON_AddStringToObject(row, "scenario", item->path);
        cJSON_AddStringToObject(row, "verdict", word_of(item));
        cJSON_AddNumberToObject(row, "status", item->has_run ? item->status : -1);
        cJSON_AddItemToArray(list, row);
    }
    char *text = cJSON_Print(json);
    char *line = g_strconcat(text, "\n", NULL);

    cJSON_free(text);
    cJSON_Delete(json);
    return line;
}

/* What all wrote for one kind of --out. */
static GPtrArray *read_parts(const Folder *folder, const char *kind)
{
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < folder->items->len; i++) {
        g_autofree char *path = g_strdup_printf("%s/%u.%s", folder->scratch, i, kind);
        char *text = NULL;

        if (g_file_get_contents(path, &text, NULL, NULL)) {
            g_ptr_array_add(texts, text);
        }
    }
    return texts;
}

static char *join(const Folder *folder, const char *kind)
{
    g_autoptr(GPtrArray) texts = read_parts(folder, kind);

    if (strcmp(kind, "junit") == 0) {
        return join_junit(folder);
    }
    if (strcmp(kind, "summary") == 0) {
        return list_json(folder);
    }
    if (strcmp(kind, "gitlab") == 0) {
        return join_metrics(texts);
    }
    g_ptr_array_add(texts, NULL);
    return g_strjoinv("", (char **)texts->pdata);
}

static bool write_outs(const Folder *folder, GError **error)
{
    char **asked = folder->options->outs;

    for (guint i = 0; asked != NULL && asked[i] != NULL; i++) {
        g_auto(GStrv) sides = g_strsplit(asked[i], "=", 2);
        g_autofree char *text = join(folder, sides[0]);

        if (strcmp(sides[1], "-") == 0) {
            fputs(text, stdout);
        } else if (!file_write_text(sides[1], text, error)) {
            return false;
        }
    }
    return true;
}

static bool append_summaries(const Folder *folder, GError **error)
{
    const char *summary = g_getenv("GITHUB_STEP_SUMMARY");
    bool is_asked =
        summary != NULL && summary[0] != '\0' && options_wants_out(folder->options, "github");

    for (guint i = 0; is_asked && i < folder->items->len; i++) {
        const Item *item = folder->items->pdata[i];
        g_autofree char *path = g_build_filename(item->target, "summary.md", NULL);
        g_autofree char *text = NULL;

        if (item->has_run && g_file_get_contents(path, &text, NULL, NULL) &&
            !annotate_append(summary, text, error)) {
            return false;
        }
    }
    return true;
}

static void copy_stream(const char *path, FILE *to)
{
    g_autofree char *text = NULL;

    if (g_file_get_contents(path, &text, NULL, NULL)) {
        fputs(text, to);
    }
}

static bool tell(const Folder *folder, GError **error)
{
    bool is_taken = options_use_stdout(folder->options);
    FILE *to = is_taken ? stderr : stdout;
    g_autofree char *junit = join_junit(folder);
    g_autofree char *json = list_json(folder);
    g_autofree char *junit_path = g_build_filename(folder->target, "junit.xml", NULL);
    g_autofree char *json_path = g_build_filename(folder->target, "folder.json", NULL);

    for (guint i = 0; i < folder->items->len; i++) {
        const Item *item = folder->items->pdata[i];

        fprintf(to, "=== %s\n", item->path);
        copy_stream(item->warned, stderr);
        copy_stream(item->said, to);
    }
    fprintf(to, "\n%-40s %s\n", "SCENARIO", "VERDICT");
    for (guint i = 0; i < folder->items->len; i++) {
        const Item *item = folder->items->pdata[i];

        fprintf(to, "%-40s %s\n", item->name, word_of(item));
    }
    fprintf(to, "%u scenarios, exit status %d\n", folder->items->len, worst_of(folder));
    if (folder->options->is_json) {
        fputs(json, stdout);
    }
    return file_write_text(junit_path, junit, error) && file_write_text(json_path, json, error) &&
           write_outs(folder, error) && append_summaries(folder, error);
}

static void remove_scratch(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *entry;

    while (directory != NULL && (entry = g_dir_read_name(directory)) != NULL) {
        g_autofree char *file = g_build_filename(path, entry, NULL);

        g_unlink(file);
    }
    g_rmdir(path);
}

int run_folder(const Options *options, const Kind *const *kinds)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(item_free);
    const char *target = options->out_dir != NULL ? options->out_dir : "out";
    g_autofree char *scratch = g_dir_make_tmp("dcdrill-folder-XXXXXX", &error);
    Folder folder = {
        .options = options, .kinds = kinds, .target = target, .scratch = scratch, .items = items};
    int status = EXIT_USAGE;

    if (scratch != NULL && check_outs(options, &error) && find_items(&folder, &error)) {
        if (g_mkdir_with_parents(target, 0777) != 0) {
            g_set_error(&error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                        "cannot make the directory '%s': %s", target, g_strerror(errno));
        } else {
            run_all(&folder);
            status = tell(&folder, &error) ? worst_of(&folder) : EXIT_USAGE;
        }
    }
    if (error != NULL) {
        fprintf(stderr, "dcdrill: error: %s\n", error->message);
    }
    if (scratch != NULL) {
        remove_scratch(scratch);
    }
    return status;
}
