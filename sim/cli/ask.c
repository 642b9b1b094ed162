/* ask.c - lets one replication live until an instant and asks a component for one of its views. */
#include "sim/cli/ask.h"

#include <stdio.h>
#include <string.h>

#include "sim/base/file_whole.h"
#include "sim/cli/command.h"
#include "sim/config/diag.h"
#include "sim/run/look.h"
#include "sim/scenario/plan.h"
#include "sim/world/world.h"

#define ASK_ERROR g_quark_from_static_string("ask")

/* A question on its way, and its answer. */
typedef struct Asking {
    const Question *question;
    SimTime at;
    ViewAnswer answer;
    char *component; /* who answered */
    GError *error;
} Asking;

static const ViewDef *view_of(const Kind *kind, const char *name)
{
    for (const ViewDef *view = kind->views; view != NULL && view->name != NULL; view++) {
        if (strcmp(view->name, name) == 0) {
            return view;
        }
    }
    return NULL;
}

/* --- who is asked --- */

static bool is_meant(const Component *component, const Question *question)
{
    return view_of(component->kind, question->view) != NULL &&
           (question->as == NULL || strcmp(component->name, question->as) == 0 ||
            strcmp(component_place(component), question->as) == 0);
}

/* The component that is asked: one that is up if there is one. NULL: none is meant. */
static const Component *find_component(const World *world, const Question *question)
{
    const Component *down = NULL;

    for (guint i = 0; i < world_count(world); i++) {
        const Component *component = world_component(world, i);

        if (is_meant(component, question) && component->is_up) {
            return component;
        }
        if (is_meant(component, question) && down == NULL) {
            down = component;
        }
    }
    return down;
}

static bool check_component(const World *world, const Question *question, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    if (find_component(world, question) != NULL) {
        return true;
    }
    for (guint i = 0; i < world_count(world); i++) {
        const Component *component = world_component(world, i);

        if (view_of(component->kind, question->view) != NULL) {
            g_ptr_array_add(names, (gpointer)component_place(component));
        }
    }
    g_ptr_array_add(names, NULL);
    if (question->as == NULL || names->len == 1) {
        g_set_error(error, ASK_ERROR, 0, "no component of this scenario has the view '%s'",
                    question->view);
        return false;
    }
    g_autofree char *hint = diag_suggest(question->as, (const char *const *)names->pdata);

    g_set_error(error, ASK_ERROR, 0, "nothing called '%s' has the view '%s'%s", question->as,
                question->view, hint);
    return false;
}

/* What `component` can say of the words at once. */
static bool check_words(const Component *component, const Question *question, GError **error)
{
    const ViewDef *view = view_of(component->kind, question->view);

    return view->check == NULL || question->words == NULL ||
           view->check(component, question->words, error);
}

/* Whether some kind of the program has the view. */
static bool check_view(const Kind *const *kinds, const char *name, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (; *kinds != NULL; kinds++) {
        if (view_of(*kinds, name) != NULL) {
            return true;
        }
        for (const ViewDef *view = (*kinds)->views; view != NULL && view->name != NULL; view++) {
            g_ptr_array_add(names, (gpointer)view->name);
        }
    }
    g_ptr_array_add(names, NULL);
    g_autofree char *hint = diag_suggest(name, (const char *const *)names->pdata);
    g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);

    g_set_error(error, ASK_ERROR, 0, "unknown view '%s'%s; there are: %s", name, hint, all);
    return false;
}

/* --- asking --- */

static void on_instant(void *context, const World *world, SimTime epoch)
{
    static const char *const no_words[] = {NULL};
    Asking *asking = context;
    const Question *question = asking->question;
    const Component *component = find_component(world, question);
    const char *const *words = question->words != NULL ? question->words : no_words;
    const ViewDef *view = view_of(component->kind, question->view);

    asking->component = g_strdup(component->name);
    if (!component->is_up) {
        g_set_error(&asking->error, ASK_ERROR, 0, "'%s' is down at %gs: it answers nobody",
                    component->name, sim_span_to_s(asking->at));
    } else if (words[0] != NULL && view->arguments == NULL) {
        g_set_error(&asking->error, ASK_ERROR, 0, "the view '%s' takes no argument, not '%s'",
                    view->name, words[0]);
    } else {
        view->show(component, epoch, words, &asking->answer, &asking->error);
    }
}

static bool check_instant(const Options *options, const Scenario *scenario, GError **error)
{
    SimTime latest = look_latest(scenario);

    if (options->at < 0) {
        g_set_error(error, ASK_ERROR, 0,
                    "'%s' needs an instant, counted from the end of the warm-up: --at 130s",
                    options->command);
    } else if (options->at > latest) {
        g_set_error(error, ASK_ERROR, 0, "'--at' is %gs, but all is over at %gs",
                    sim_span_to_s(options->at), sim_span_to_s(latest));
    }
    return options->at >= 0 && options->at <= latest;
}

/* What can be told before the world lives: it may take a minute. */
static bool check_world(const Scenario *scenario, const Options *options, const Kind *const *kinds,
                        const Question *question, DiagList *diags, GError **error)
{
    uint64_t seed = plan_seed(scenario, (uint32_t)options->replication);
    g_autoptr(Assembly) assembly = assemble(scenario, kinds, seed, diags);

    return assembly != NULL && check_component(assembly->world, question, error) &&
           check_words(find_component(assembly->world, question), question, error);
}

static void print_answer(const Options *options, const Scenario *scenario, Asking *asking)
{
    if (!options->is_json) {
        fputs(asking->answer.text->str, stdout);
        return;
    }
    cJSON *whole = cJSON_CreateObject();

    cJSON_AddStringToObject(whole, "scenario", scenario->path);
    cJSON_AddNumberToObject(whole, "replication", options->replication);
    cJSON_AddNumberToObject(whole, "at_s", sim_span_to_s(asking->at));
    cJSON_AddStringToObject(whole, "asked", asking->component);
    cJSON_AddStringToObject(whole, "view", asking->question->view);
    cJSON_AddItemToObject(whole, "answer", g_steal_pointer(&asking->answer.data));
    g_autofree char *text = cJSON_Print(whole);

    puts(text);
    cJSON_Delete(whole);
}

static bool ask_world(const Options *options, const Kind *const *kinds, const Scenario *scenario,
                      Asking *asking, GError **error)
{
    RunOrder order = {.scenario = scenario, .kinds = kinds, .run = options->replication};
    g_autoptr(DiagList) diags = scenario_diags_new(scenario);
    bool is_seen = check_world(scenario, options, kinds, asking->question, diags, error) &&
                   look_at(&order, asking->at, on_instant, asking, diags, error);

    if (*error == NULL && asking->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&asking->error));
    }
    if (diag_count_errors(diags) > 0) {
        g_autofree char *text = diag_list_to_text(diags);

        fputs(text, stderr);
    }
    return is_seen && *error == NULL;
}

int ask(const Options *options, const Kind *const *kinds, const char *path,
        const Question *question)
{
    g_autoptr(GError) error = NULL;
    Asking asking = {.question = question, .at = options->at};
    g_autoptr(Scenario) scenario = NULL;
    int status = EXIT_USAGE;

    asking.answer = (ViewAnswer){.text = g_string_new(NULL), .data = cJSON_CreateObject()};
    if (check_view(kinds, question->view, &error)) {
        scenario = command_read_scenario(options, path, kinds);
    }
    if (scenario != NULL && check_instant(options, scenario, &error) &&
        ask_world(options, kinds, scenario, &asking, &error)) {
        print_answer(options, scenario, &asking);
        status = EXIT_PASSED;
    }
    if (error != NULL) {
        bool is_ours = g_error_matches(error, RUN_ERROR, RUN_ERROR_LAW);

        fprintf(stderr, "dcdrill: %serror: %s\n", is_ours ? "internal " : "", error->message);
        status = is_ours ? EXIT_INTERNAL : EXIT_USAGE;
    }
    g_string_free(asking.answer.text, TRUE);
    cJSON_Delete(asking.answer.data);
    g_free(asking.component);
    return status;
}
