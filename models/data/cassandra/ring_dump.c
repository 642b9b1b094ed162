/* ring_dump.c - the tokens of a real ring: what `nodetool ring` printed. */
#include "models/data/cassandra/ring_dump.h"

#include "models/data/cassandra/nodetool.h"

/* A row has address, rack, status, state, load ("?" or "7.31 GiB"), owns and token. */
#define ROW_WORDS_LEAST 7

/* Reading, line by line. */
typedef struct Dump {
    Cluster *cluster;
    const char *path;
    DiagList *diags;
    const Site *site; /* of the section; NULL: of none that we know */
    int line;
    guint *counts; /* tokens so far, by rank */
    int *lines;    /* where a node stood first; 0: nowhere */
} Dump;

static DiagPlace place_of(const Dump *dump, int column)
{
    return (DiagPlace){.file = dump->path, .line = dump->line, .column = column};
}

/* --- names --- */

static void report_site(Dump *dump, const char *name)
{
    const char *names[RING_SITES_MOST + 1] = {NULL};
    g_autofree char *hint = NULL;

    for (guint i = 0; i < dump->cluster->site_count; i++) {
        names[i] = dump->cluster->sites[i]->name;
    }
    hint = diag_suggest(name, names);
    diag_add_at(dump->diags, DIAG_ERROR, place_of(dump, (int)strlen("Datacenter: ") + 1),
                "there is no data centre '%s'%s", name, hint);
}

static void begin_site(Dump *dump, const char *name)
{
    dump->site = NULL;
    for (guint i = 0; i < dump->cluster->site_count; i++) {
        if (strcmp(dump->cluster->sites[i]->name, name) == 0) {
            dump->site = dump->cluster->sites[i];
        }
    }
    if (dump->site == NULL) {
        report_site(dump, name);
    }
}

static Cassandra *find_node(const Dump *dump, const char *address)
{
    const Cluster *cluster = dump->cluster;

    for (guint i = 0; i < cluster->node_count; i++) {
        g_autofree char *own = nodetool_print_address(cluster->nodes[i]);

        if (strcmp(own, address) == 0 ||
            strcmp(component_place(&cluster->nodes[i]->component), address) == 0) {
            return cluster->nodes[i];
        }
    }
    return NULL;
}

static void report_address(const Dump *dump, const char *address)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *hint = NULL;

    for (guint i = 0; i < dump->cluster->node_count; i++) {
        if (dump->cluster->nodes[i]->component.site == dump->site) {
            g_ptr_array_add(names, nodetool_print_address(dump->cluster->nodes[i]));
        }
    }
    g_ptr_array_add(names, NULL);
    hint = diag_suggest(address, (const char *const *)names->pdata);
    diag_add_at(dump->diags, DIAG_ERROR, place_of(dump, 1),
                "no Cassandra node of '%s' has the address or name '%s'%s", dump->site->name,
                address, hint);
}

/* --- rows --- */

static int column_of(const char *line, const char *word)
{
    const char *found = g_strrstr(line, word);

    return found != NULL ? (int)(found - line) + 1 : 1;
}

static void take_token(Dump *dump, const Cassandra *node, const char *line, const char *word)
{
    gint64 token;

    if (!g_ascii_string_to_signed(word, 10, G_MININT64 + 1, G_MAXINT64, &token, NULL)) {
        diag_add_at(dump->diags, DIAG_ERROR, place_of(dump, column_of(line, word)),
                    "'%s' is no token of the Murmur3 partitioner: a whole number from -2^63 + 1 to "
                    "2^63 - 1",
                    word);
    } else if (!ring_add_token(dump->cluster->ring, node->rank, token)) {
        diag_add_at(dump->diags, DIAG_ERROR, place_of(dump, column_of(line, word)),
                    "the token %s stands here a second time", word);
    }
}

static void read_row(Dump *dump, const char *line, char *const *words)
{
    Cassandra *node = find_node(dump, words[0]);

    if (node == NULL || node->component.site != dump->site) {
        report_address(dump, words[0]);
        return;
    }
    if (strcmp(words[1], node->rack) != 0) {
        diag_add_at(dump->diags, DIAG_ERROR, place_of(dump, column_of(line, words[1])),
                    "'%s' is in rack '%s' here, but in '%s' in the scenario", words[0], words[1],
                    node->rack);
    }
    if (dump->counts[node->rank]++ == 0) {
        dump->lines[node->rank] = dump->line;
    }
    take_token(dump, node, line, words[g_strv_length((char **)words) - 1]);
}

/* The words of a line, without empty ones. Caller frees. */
static char **split(const char *line)
{
    g_auto(GStrv) pieces = g_strsplit_set(line, " \t\r", -1);
    GPtrArray *words = g_ptr_array_new();

    for (guint i = 0; pieces[i] != NULL; i++) {
        if (pieces[i][0] != '\0') {
            g_ptr_array_add(words, g_strdup(pieces[i]));
        }
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

static void read_line(Dump *dump, const char *line)
{
    g_auto(GStrv) words = split(line);

    if (words[0] == NULL || g_str_has_prefix(line, " ")) {
        return; /* the last token alone, or a warning below the table */
    }
    if (strcmp(words[0], "Datacenter:") == 0 && words[1] != NULL) {
        begin_site(dump, words[1]);
    } else if (dump->site != NULL && strcmp(words[0], "Address") != 0 &&
               g_strv_length(words) >= ROW_WORDS_LEAST) {
        read_row(dump, line, words);
    } else if (dump->site != NULL && strcmp(words[0], "Address") != 0 && line[0] != '=') {
        diag_add_at(dump->diags, DIAG_ERROR, place_of(dump, 1),
                    "not a row of 'nodetool ring': address, rack, status, state, load, owns and "
                    "token are needed");
    }
}

/* --- the whole --- */

static void check_counts(Dump *dump)
{
    const Cluster *cluster = dump->cluster;

    for (guint i = 0; i < cluster->node_count; i++) {
        const Cassandra *node = cluster->nodes[i];

        dump->line = MAX(dump->lines[i], 1);
        if (dump->counts[i] == 0) {
            diag_add_at(dump->diags, DIAG_ERROR, place_of(dump, 1),
                        "'%s' has no token in this dump", component_place(&node->component));
        } else if (dump->counts[i] != (guint64)node->num_tokens) {
            diag_add_at(dump->diags, DIAG_ERROR, place_of(dump, 1),
                        "'%s' has %u tokens in this dump, but 'num_tokens' is %" G_GINT64_FORMAT,
                        component_place(&node->component), dump->counts[i], node->num_tokens);
        }
    }
}

bool ring_dump_read(Cluster *cluster, const char *path, const cJSON *setting, DiagList *diags)
{
    guint before = diag_count_errors(diags);
    Dump dump = {.cluster = cluster, .path = path, .diags = diags};
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    gsize size;

    if (!g_file_get_contents(path, &text, &size, &error)) {
        diag_add(diags, DIAG_ERROR, setting, DIAG_VALUE, "cannot read the token dump: %s",
                 error->message);
        return false;
    }
    if (strlen(text) < size) {
        diag_add(diags, DIAG_ERROR, setting, DIAG_VALUE,
                 "the token dump '%s' is no text: it has a byte of 0", path);
        return false;
    }
    dump.counts = g_new0(guint, cluster->node_count);
    dump.lines = g_new0(int, cluster->node_count);
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        dump.line = (int)i + 1;
        read_line(&dump, lines[i]);
    }
    if (diag_count_errors(diags) == before) {
        check_counts(&dump);
    }
    g_free(dump.counts);
    g_free(dump.lines);
    return diag_count_errors(diags) == before;
}
