/* main.c - the program: names a command and calls it. */
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/command.h"
#include "sim/cli/fleet.h"
#include "sim/cli/log_format.h"

extern const Kind *const all_kinds[]; /* build/kinds.c, generated */

const Command commands[] = {
    {"run", "FILE|DIR...", "Run scenarios, print the verdict, write the results",
     "dcdrill run scenarios/drills/dc03-lost.json -n 10 -o out/dc03-lost", command_run},
    {"check", "FILE...", "Read and check scenarios without simulating; estimate cost and run time",
     "dcdrill check scenarios/drills/*.json", command_check},
    {"show", "FILE",
     "Print the resolved scenario; --origins: who set what; --plan: what happens when",
     "dcdrill show scenarios/drills/dc03-lost.json --plan", command_show},
    {"replay", "DIR|CAPSULE [RUN]",
     "Repeat one replication exactly; --trace ID: one request's path",
     "dcdrill replay out/dc03-lost 3 --until 130s --trace 5", command_replay},
    {"status", "FILE",
     "Print what an operator sees at an instant; --as: asked on that node; --info: another view",
     "dcdrill status scenarios/drills/dc03-lost.json --at 130s --as DC01-db1", command_status},
    {"dns", "FILE", "Answer a question of names at an instant as `dig` would, and say why",
     "dcdrill dns scenarios/drills/dc03-lost-dns-only.json --at 230s --from 'Europe west'",
     command_dns},
    {"diff", "BEFORE AFTER",
     "Compare two scenarios, or two values in one (--with), under the same random numbers",
     "dcdrill diff scenarios/smoke/steady.json --with '/system/wildfly/cpu=\"lognormal(mean=1.7ms, "
     "sigma=0.6)\"'",
     command_diff},
    {"sweep", "FILE",
     "Go over the values of one or two settings; --sensitivity, --morris: which of many matter",
     "dcdrill sweep scenarios/smoke/steady.json --over rate=50..200/4", command_sweep},
    {"capacity", "FILE",
     "Find the highest rate at which every threshold holds, also with sites lost (--n-minus)",
     "dcdrill capacity scenarios/capacity/five-dc.json --n-minus 1", command_capacity},
    {"baseline", "DIR", "Keep results as small text files for a repository, to compare with later",
     "dcdrill baseline out -o baselines", command_baseline},
    {"compare", "DIR BASELINE",
     "Hold results against baselines: fingerprint, every metric in pairs, instructions",
     "dcdrill compare out baselines --out junit=compare.xml", command_compare},
    {"history", "FILE [DIR...]",
     "Keep what was measured at a revision, and tell where a metric changed its level",
     "dcdrill history history.sqlite out --commit 3f9c2e1", command_history},
    {"plan", "FILE", "Divide a campaign into chunks for several machines",
     "dcdrill plan scenarios/drills/dc03-lost.json -n 100 --chunks 20 -o plan", command_plan},
    {"work", "PLAN CHUNK", "Run one chunk of a plan, or go on with it", "dcdrill work plan 3",
     command_work},
    {"merge", "PLAN", "Put all chunks together: the bytes of a run on one machine",
     "dcdrill merge plan -o out/dc03-lost", command_merge},
    {"report", "DIR...", "Write the report again from stored results",
     "dcdrill report out/dc03-lost", command_report},
    {"list", "faults|checks|metrics|events|kinds|lints", "List what a scenario can name",
     "dcdrill list faults", command_list},
    {"explain", "[NAME]",
     "Tell all about a kind, field, fault, metric, event or check; without a name the whole "
     "reference",
     "dcdrill explain node.crash", command_explain},
    {"theory", "[FAMILY [NAME=VALUE...]]",
     "Print a closed form (queues, quorums, fail-over, planning) as JSON; without a family list "
     "all",
     "dcdrill theory mmc lam=2500 mu=20 c=150", command_theory},
    {"schema", "", "Print the JSON Schema of scenario files", "dcdrill schema > schema.json",
     command_schema},
    {NULL, NULL, NULL, NULL, NULL},
};

/* What an exit status means. */
static const struct {
    int status;
    const char *meaning;
} statuses[] = {
    {EXIT_PASSED, "every check passed"},
    {EXIT_FAILED, "a check failed"},
    {EXIT_USAGE, "the command line, the input or the place for results is wrong"},
    {EXIT_INCONCLUSIVE, "nothing failed, but something could not be judged or never happened"},
    {EXIT_WORSE, "nothing failed, but something is significantly worse than before"},
    {EXIT_DISAGREED,
     "a replay ended differently than the run, or two lives of a replication differ"},
    {EXIT_INTERNAL, "a replication died: an error of the program"},
    {EXIT_WALL_LIMIT, "the wall limit was reached; what was seen so far is kept"},
    {EXIT_INTERRUPTED, "interrupted; what was seen so far is kept"},
    {EXIT_TERMINATED, "terminated; what was seen so far is kept"},
};

const Command *command_find(const char *name)
{
    for (const Command *command = commands; command->name != NULL; command++) {
        if (strcmp(command->name, name) == 0) {
            return command;
        }
    }
    return NULL;
}

char *command_help(const char *name, const char *flags)
{
    const Command *command = name != NULL ? command_find(name) : NULL;
    GString *text = g_string_new(NULL);
    const char *list = strstr(flags, "\n\n"); /* after GLib's own usage line */

    if (command != NULL) {
        g_string_append_printf(text, "Example:\n  %s\n\nUsage: dcdrill %s %s [FLAG...]\n%s.\n",
                               command->example, command->name, command->arguments, command->help);
    } else {
        g_string_append(text,
                        "dcdrill answers, before a change ships: does the promise still hold? "
                        "What breaks, who notices, how long, what is lost, what does it cost?\n\n"
                        "Example:\n  dcdrill run scenarios/drills/dc03-lost.json\n\n"
                        "Usage: dcdrill COMMAND [FILE...] [FLAG...]\n\nCommands:\n");
        for (command = commands; command->name != NULL; command++) {
            g_string_append_printf(text, "  %-8s %-35s %s\n", command->name, command->arguments,
                                   command->help);
        }
    }
    g_string_append(text, list != NULL ? list + 1 : flags);
    g_string_append(text, "Exit status:\n");
    for (guint i = 0; i < G_N_ELEMENTS(statuses); i++) {
        g_string_append_printf(text, "  %-4d %s\n", statuses[i].status, statuses[i].meaning);
    }
    return g_string_free(text, false);
}

static int unknown_command(const char *name)
{
    const char *names[32] = {NULL};
    guint count = 0;

    for (const Command *command = commands; command->name != NULL; command++) {
        names[count++] = command->name;
    }
    g_autofree char *hint = diag_suggest(name, names);

    fprintf(stderr, "dcdrill: error: unknown command '%s'%s\n", name, hint);
    return EXIT_USAGE;
}

/* What is still buffered goes out. A reader that has seen enough (`| head`) is no error. */
static int end_output(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
    bool is_written = fflush(stdout) == 0 && ferror(stdout) == 0;

    if (is_written || (poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0)) {
        return EXIT_PASSED;
    }
    fprintf(stderr, "dcdrill: error: cannot write to standard output\n");
    return EXIT_USAGE;
}

static int serve(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *help = NULL;

    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of a write, not the end */
    signal(SIGXFSZ, SIG_IGN); /* and so is a file that may not grow */
    g_autoptr(Options) options = options_read(argc - 1, argv + 1, &help, &error);

    if (fleet_is_worker()) {
        return fleet_work(help == NULL ? options : NULL, all_kinds);
    }
    if (options == NULL) {
        fprintf(stderr, "dcdrill: error: %s\n", error->message);
        return EXIT_USAGE;
    }
    if (help != NULL) {
        fputs(help, stdout);
        return end_output();
    }
    const Command *command = command_find(options->command);

    if (command == NULL) {
        return unknown_command(options->command);
    }
    bool is_json = options->is_log_json && log_begin_json();
    int status = command->run(options, all_kinds);

    status = command_worse(status, end_output());
    if (is_json) {
        log_end_json();
    }
    return status;
}

int main(int argc, char **argv)
{
    fleet_begin(&argc, &argv);
    int status = serve(argc, argv);

    fleet_end();
    return status;
}
