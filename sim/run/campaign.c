/* campaign.c - all replications of a scenario, a process each. */
#include "sim/run/campaign.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/config/json_place.h"
#include "sim/config/json_print.h"
#include "sim/results/evidence/experiment.h"
#include "sim/results/results_read.h"
#include "sim/run/instructions.h"
#include "sim/run/verdicts.h"
#include "sim/run/wall.h"
#include "sim/scenario/scenario_read.h"
#include "sim/world/host.h"
#include "sim/world/network.h"

/* How a replication's process ends. */
enum { CHILD_DONE = 0, CHILD_WRONG_INPUT = 2, CHILD_NO_DISK = 3, CHILD_BROKEN = 70 };

typedef struct Child {
    pid_t pid; /* 0: not begun; -1: ended */
    int pipe;
    bool has_results;
    int status; /* how it ended, as waitpid tells */
} Child;

typedef struct Campaign {
    const CampaignOrder *order;
    CampaignResult *result;
    guint total, next;
    Child *children;
    RunProgress *progress;
    CampaignState state;
    int signals; /* signalfd of those blocked */
    sigset_t before;
    guint interrupts;
    bool is_input_wrong, is_disk_full;
    guint broken; /* the first replication that ends it all: it breaks a check with fail-fast, or a
                     threshold has aborted it; else `total` */
    double began_s;
} Campaign;

char *campaign_run_path(const char *directory, guint run)
{
    return g_strdup_printf("%s/run-%04u.sqlite", directory, run);
}

static char *run_path(const CampaignOrder *order, guint run)
{
    return campaign_run_path(order->directory, run);
}

/* --- in the replication's own process --- */

typedef struct Reporter {
    int pipe, counter;
} Reporter;

/* Nobody merges what a replication writes when its campaign is gone. */
static void end_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(CHILD_DONE);
    }
}

static bool is_interrupted(void)
{
    sigset_t pending;

    sigpending(&pending);
    return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1;
}

static bool report_progress(void *context, const RunProgress *progress)
{
    const Reporter *reporter = context;
    RunProgress told = *progress;

    told.instructions = instructions_read(reporter->counter);
    /* a full pipe only means that nobody needs to know more yet */
    if (write(reporter->pipe, &told, sizeof told) < 0 && errno == EPIPE) {
        return false;
    }
    return !is_interrupted();
}

static int child_main(const CampaignOrder *order, guint run, int pipe_end)
{
    Reporter reporter = {pipe_end, instructions_begin()};
    g_autofree char *path = run_path(order, run);
    g_autoptr(DiagList) diags = scenario_diags_new(order->scenario);
    g_autoptr(GError) error = NULL;
    RunOrder one = {.scenario = order->scenario,
                    .kinds = order->kinds,
                    .run = (int)run,
                    .until = order->until,
                    .path = path,
                    .watch = report_progress,
                    .context = &reporter};

    if (run_execute(&one, diags, &error)) {
        return CHILD_DONE;
    }
    if (g_error_matches(error, RUN_ERROR, RUN_ERROR_LAW)) {
        g_printerr("internal error: replication %u: %s\n", run, error->message);
        return CHILD_BROKEN;
    }
    if (error != NULL) {
        g_printerr("dcdrill: error: replication %u: %s\n", run, error->message);
        return CHILD_NO_DISK;
    }
    if (run == 0) { /* the others say the same */
        g_autofree char *text = diag_list_to_text(diags);

        g_printerr("%s", text);
    }
    return CHILD_WRONG_INPUT;
}

/* --- in the parent --- */

static bool child_begin(Campaign *campaign, guint run, GError **error)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                    "cannot make a pipe: %s", g_strerror(errno));
        return false;
    }
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid < 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                    "cannot start a process: %s", g_strerror(errno));
        close(ends[0]);
        close(ends[1]);
        return false;
    }
    if (pid == 0) {
        close(ends[0]);
        end_with(parent);
        _exit(child_main(campaign->order, run, ends[1]));
    }
    close(ends[1]);
    campaign->children[run].pid = pid;
    campaign->children[run].pipe = ends[0];
    campaign->progress[run].run = (int)run;
    campaign->state.running++;
    return true;
}

static void drain_pipe(Campaign *campaign, guint run)
{
    RunProgress progress;

    while (read(campaign->children[run].pipe, &progress, sizeof progress) ==
           (ssize_t)sizeof progress) {
        campaign->progress[run] = progress;
    }
}

/* Whether the replication alone breaks a check: what takes several to decide does not count. */
static bool breaks_a_check(const Campaign *campaign, guint run)
{
    g_autofree char *path = run_path(campaign->order, run);
    g_autoptr(Results) results = results_open(path, NULL);
    g_autoptr(GPtrArray) judged =
        results != NULL ? verdicts_judge(campaign->order->scenario, results, NULL, NULL) : NULL;

    return judged != NULL && verdict_merge(judged, NULL) == VERDICT_FAIL;
}

static bool may_abort(const Scenario *scenario)
{
    for (guint i = 0; i < scenario->thresholds->len; i++) {
        if (((const Threshold *)g_ptr_array_index(scenario->thresholds, i))->aborts) {
            return true;
        }
    }
    return false;
}

static bool was_aborted(const Campaign *campaign, guint run)
{
    g_autofree char *path = run_path(campaign->order, run);
    g_autoptr(Results) results = results_open(path, NULL);
    guint count = 0;
    const ResultsRun *runs = results != NULL ? results_runs(results, &count) : NULL;

    return count > 0 && strcmp(runs[0].ended, "aborted") == 0;
}

/* Those after the one that ends it all need not go on. */
static void end_later_ones(Campaign *campaign)
{
    for (guint run = campaign->broken + 1; run < campaign->total; run++) {
        if (campaign->children[run].pid > 0) {
            kill(campaign->children[run].pid, SIGKILL);
        }
    }
}

static void take_results(Campaign *campaign, guint run)
{
    const Scenario *scenario = campaign->order->scenario;

    campaign->children[run].has_results = true;
    campaign->state.finished++;
    if (run < campaign->broken && ((may_abort(scenario) && was_aborted(campaign, run)) ||
                                   (scenario->fail_fast && breaks_a_check(campaign, run)))) {
        campaign->broken = run;
        end_later_ones(campaign);
    }
}

static char *words_for_death(int status)
{
    if (!WIFSIGNALED(status)) {
        return g_strdup_printf("exit status %d", WEXITSTATUS(status));
    }
    return g_strdup_printf("signal %d (%s)%s", WTERMSIG(status), strsignal(WTERMSIG(status)),
                           WTERMSIG(status) == SIGKILL ? ", perhaps for want of memory" : "");
}

static void child_crashed(Campaign *campaign, guint run)
{
    CampaignResult *result = campaign->result;

    campaign->state.crashed++;
    if (result->crashed < 0 || (int)run < result->crashed) {
        g_autofree char *words = words_for_death(campaign->children[run].status);

        result->crashed = (int)run;
        g_strlcpy(result->crashed_of, words, sizeof result->crashed_of);
    }
}

static void child_ended(Campaign *campaign, guint run, int status)
{
    Child *child = &campaign->children[run];
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

    drain_pipe(campaign, run);
    close(child->pipe);
    child->pid = -1;
    child->status = status;
    campaign->state.running--;
    if (code == CHILD_DONE) {
        campaign->result->counted += campaign->progress[run].instructions > 0 ? 1 : 0;
        campaign->result->instructions += (double)campaign->progress[run].instructions;
        take_results(campaign, run);
    } else if (code == CHILD_WRONG_INPUT) {
        campaign->is_input_wrong = true;
    } else if (code == CHILD_NO_DISK) {
        campaign->is_disk_full = true;
    } else if (run < campaign->broken) { /* later ones were ended by us */
        child_crashed(campaign, run);
    }
}

static void reap(Campaign *campaign)
{
    for (guint run = 0; run < campaign->total; run++) {
        int status;

        if (campaign->children[run].pid > 0 &&
            waitpid(campaign->children[run].pid, &status, WNOHANG) == campaign->children[run].pid) {
            child_ended(campaign, run, status);
        }
    }
}

static void tell_children(Campaign *campaign, int signal_number)
{
    for (guint run = 0; run < campaign->total; run++) {
        if (campaign->children[run].pid > 0) {
            kill(campaign->children[run].pid, signal_number);
        }
    }
}

/* The first Ctrl-C lets the replications write what they have; the second ends them at once. */
static void on_signal(Campaign *campaign)
{
    struct signalfd_siginfo info;

    while (read(campaign->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD) {
            continue;
        }
        campaign->interrupts++;
        campaign->result->end = CAMPAIGN_INTERRUPTED;
        campaign->result->signal = (int)info.ssi_signo;
        tell_children(campaign, campaign->interrupts > 1 ? SIGKILL : (int)info.ssi_signo);
    }
}

static void check_wall_limit(Campaign *campaign)
{
    double limit = campaign->order->wall_limit_s;

    if (limit > 0 && wall_seconds() - campaign->began_s > limit &&
        campaign->result->end == CAMPAIGN_COMPLETED) {
        campaign->result->end = CAMPAIGN_WALL_LIMIT;
        tell_children(campaign, SIGTERM);
    }
}

static void wait_for_news(Campaign *campaign)
{
    g_autofree struct pollfd *fds = g_new0(struct pollfd, campaign->total + 1);
    nfds_t count = 0;

    fds[count++] = (struct pollfd){campaign->signals, POLLIN, 0};
    for (guint run = 0; run < campaign->total; run++) {
        if (campaign->children[run].pid > 0) {
            fds[count++] = (struct pollfd){campaign->children[run].pipe, POLLIN, 0};
        }
    }
    poll(fds, count, 200);
    on_signal(campaign);
    for (guint run = 0; run < campaign->total; run++) {
        if (campaign->children[run].pid > 0) {
            drain_pipe(campaign, run);
        }
    }
    reap(campaign);
    check_wall_limit(campaign);
    if (campaign->order->watch != NULL) {
        campaign->order->watch(campaign->order->context, &campaign->state);
    }
}

static bool may_begin(const Campaign *campaign)
{
    return campaign->result->end == CAMPAIGN_COMPLETED && !campaign->is_input_wrong &&
           !campaign->is_disk_full && campaign->next < campaign->broken &&
           campaign->state.running < campaign->order->jobs;
}

static bool live(Campaign *campaign, GError **error)
{
    while (campaign->state.running > 0 || campaign->next < campaign->total) {
        while (may_begin(campaign)) {
            if (!campaign->children[campaign->next].has_results &&
                !child_begin(campaign, campaign->next, error)) {
                tell_children(campaign, SIGKILL);
                return false;
            }
            campaign->next++;
        }
        if (campaign->state.running == 0) {
            break;
        }
        wait_for_news(campaign);
    }
    return true;
}

/* --- what a former campaign did --- */

/* Whether replication `run` ran to its end in these results. */
static bool has_ended(const Results *results, guint run)
{
    guint count;
    const ResultsRun *runs = results != NULL ? results_runs(results, &count) : NULL;

    for (guint i = 0; runs != NULL && i < count; i++) {
        if (runs[i].run == (int)run) {
            return strcmp(runs[i].ended, "completed") == 0 || strcmp(runs[i].ended, "aborted") == 0;
        }
    }
    return false;
}

/* Writes the replication's own file anew from the results of all. */
static bool take_out(const Campaign *campaign, guint run, const char *path, GError **error)
{
    g_autoptr(ResultsWriter) writer = results_write_new(path, error);

    return writer != NULL &&
           results_write_merge_run(writer, campaign->order->earlier, (int)run, error) &&
           results_write_close(g_steal_pointer(&writer), error);
}

static bool take_over(Campaign *campaign, GError **error)
{
    g_autoptr(Results) earlier =
        campaign->order->earlier != NULL ? results_open(campaign->order->earlier, error) : NULL;

    if (campaign->order->earlier != NULL && earlier == NULL) {
        return false;
    }
    for (guint run = campaign->order->first; run < campaign->total; run++) {
        g_autofree char *path = run_path(campaign->order, run);
        g_autoptr(Results) own = results_open(path, NULL);
        bool is_there = has_ended(own, run);

        if (!is_there && has_ended(earlier, run)) {
            if (!take_out(campaign, run, path, error)) {
                return false;
            }
            is_there = true;
        }
        if (is_there) {
            campaign->result->taken++;
            take_results(campaign, run);
        }
    }
    return true;
}

/* --- merge --- */

static void append_left_out(GString *text, const Kind *kind)
{
    if (kind->leaves_out != NULL) {
        g_string_append_printf(text, "%s: %s\n", kind->name, kind->leaves_out);
    }
}

/* What the models leave out, a line for each kind, for those who judge the results. */
static void write_left_out(ResultsWriter *writer, const Kind *const *kinds)
{
    g_autoptr(GString) text = g_string_new(NULL);

    append_left_out(text, &host_kind);
    append_left_out(text, &link_kind);
    for (guint i = 0; kinds[i] != NULL; i++) {
        append_left_out(text, kinds[i]);
    }
    results_write_fact(writer, "leaves_out", text->str);
}

/* Which kind of experiment the scenario asks for; see experiment.h. */
static const char *find_experiment(const Scenario *scenario)
{
    for (guint i = 0; i < scenario->method->len; i++) {
        const Activity *activity = g_ptr_array_index(scenario->method, i);

        /* broken before anything is measured and so to the end: a state; ended then: past */
        if (activity->type == ACTIVITY_ACTION &&
            (activity->at >= 0 || (activity->duration > 0 && activity->duration > -activity->at))) {
            return experiment_word(EXPERIMENT_FAULT);
        }
    }
    for (guint i = 0; i < scenario->loads->len; i++) {
        const LoadEntry *load = g_ptr_array_index(scenario->loads, i);

        if (json_member(load->tree, "stages") != NULL ||
            json_member(load->tree, "startTime") != NULL ||
            json_member(load->tree, "duration") != NULL) {
            return experiment_word(EXPERIMENT_TERMINATING);
        }
    }
    return experiment_word(EXPERIMENT_STEADY);
}

/* What the results say of the campaign as a whole, whenever and wherever it ran. */
static void write_facts(ResultsWriter *writer, const CampaignOrder *order)
{
    const Scenario *scenario = order->scenario;
    g_autofree char *interval =
        g_strdup_printf("%" G_GINT64_FORMAT, scenario->simulation.sample_interval);
    g_autofree char *confidence = g_strdup_printf("%.15g", scenario->confidence);
    g_autofree char *cost = g_strdup_printf("%.2f", scenario_monthly_cost(scenario));
    g_autofree char *resolved = json_print_line(scenario->root);

    results_write_fact(writer, "scenario", scenario->path);
    results_write_fact(writer, "title", scenario->title != NULL ? scenario->title : "");
    results_write_fact(writer, "description",
                       scenario->description != NULL ? scenario->description : "");
    results_write_fact(writer, "seed", scenario->simulation.seed_text);
    results_write_fact(writer, "changes", order->changes != NULL ? order->changes : "");
    results_write_fact(writer, "experiment", find_experiment(scenario));
    results_write_fact(writer, "version", DCDRILL_VERSION);
    results_write_fact(writer, "sample_interval_ns", interval);
    results_write_fact(writer, "cost_per_month", cost);
    results_write_fact(writer, "confidence", confidence);
    results_write_fact(writer, "resolved", resolved);
}

/* A replication that left nothing, with why; its seed repeats it. */
static void write_lost(const Campaign *campaign, ResultsWriter *writer, guint run)
{
    const Child *child = &campaign->children[run];
    bool is_begun = child->pid != 0;
    g_autofree char *death = is_begun ? words_for_death(child->status) : NULL;
    g_autofree char *note = is_begun ? g_strdup_printf("it died of %s", death)
                                     : g_strdup("it was not begun: the campaign was told to end");
    ResultsRun row = {
        .run = (int)run,
        .seed = rng_replication_seed(campaign->order->scenario->simulation.seed, run),
        .ended = is_begun ? "errored" : "interrupted",
        .note = note,
    };

    results_write_run(writer, &row);
}

static bool merge(Campaign *campaign, GError **error)
{
    g_autofree char *path = g_strdup_printf("%s/results.sqlite", campaign->order->directory);
    g_autoptr(ResultsWriter) writer = results_write_new(path, error);

    if (writer == NULL) {
        return false;
    }
    write_facts(writer, campaign->order);
    write_left_out(writer, campaign->order->kinds);
    for (guint run = campaign->order->first; run < campaign->total; run++) {
        g_autofree char *part = run_path(campaign->order, run);

        /* whether one after the first broken one was begun depends on the number of jobs */
        if (campaign->children[run].has_results && run <= campaign->broken) {
            campaign->result->written++;
            if (!results_write_merge(writer, part, error)) {
                return false;
            }
        } else if (run <= campaign->broken) {
            write_lost(campaign, writer, run);
        }
    }
    if (campaign->result->written == 0) {
        return true; /* the caller says why from the result */
    }
    return results_write_close(g_steal_pointer(&writer), error);
}

bool campaign_is_run_file(const char *name)
{
    return g_str_has_prefix(name, "run-") && g_ascii_isdigit(name[strlen("run-")]) &&
           g_str_has_suffix(name, ".sqlite");
}

static void block_signals(Campaign *campaign)
{
    sigset_t blocked;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, &campaign->before);
    campaign->signals = signalfd(-1, &blocked, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool campaign_run(const CampaignOrder *order, CampaignResult *result, GError **error)
{
    guint total =
        order->first + (order->replications > 0 ? order->replications
                                                : (guint)order->scenario->simulation.replications);
    g_autofree Child *children = g_new0(Child, total);
    g_autofree RunProgress *progress = g_new0(RunProgress, total);
    Campaign campaign = {.order = order,
                         .result = result,
                         .total = total,
                         .next = order->first,
                         .broken = total,
                         .children = children,
                         .progress = progress,
                         .began_s = wall_seconds()};

    *result = (CampaignResult){.end = CAMPAIGN_COMPLETED, .crashed = -1};
    campaign.state =
        (CampaignState){.scenario = order->scenario, .total = total, .progress = progress};
    for (guint run = 0; run < total; run++) {
        progress[run].run = -1;
    }
    block_signals(&campaign);
    bool is_good = take_over(&campaign, error) && live(&campaign, error);

    close(campaign.signals);
    sigprocmask(SIG_SETMASK, &campaign.before, NULL);
    if (!is_good) {
        return false;
    }
    if (campaign.is_disk_full) {
        result->end = CAMPAIGN_NO_DISK;
        return true;
    }
    if (campaign.is_input_wrong) {
        result->end = CAMPAIGN_FAILED;
    } else if (campaign.state.crashed > 0 && result->end == CAMPAIGN_COMPLETED) {
        result->end = CAMPAIGN_CRASHED;
    }
    return merge(&campaign, error);
}
