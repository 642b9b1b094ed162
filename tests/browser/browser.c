/* browser.c - looks at pages in a headless Chromium, over its debugging pipe: no console error, no
 * request to any host, nothing wider than the screen at 360 and 1280 pixels, ids unique, all
 * figures there. Usage: browser SHOTS PAGE...; a picture of each page at each width goes to SHOTS.
 * One line of TAP for each thing that holds or does not. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Browser {
    GPid child;
    int in, out;    /* to it, from it */
    GString *read;  /* what was read and not yet taken */
    int id;         /* of the last order */
    char *session;  /* of the page, once it is there */
    GString *noise; /* console messages and requests to hosts, a line each */
    bool is_bad;
} Browser;

/* --- messages: JSON that ends with a zero byte ----------------------------------------------- */

static void send_order(Browser *browser, const char *method, cJSON *parameters)
{
    cJSON *order = cJSON_CreateObject();
    char *text;

    cJSON_AddNumberToObject(order, "id", ++browser->id);
    cJSON_AddStringToObject(order, "method", method);
    cJSON_AddItemToObject(order, "params", parameters != NULL ? parameters : cJSON_CreateObject());
    if (browser->session != NULL) {
        cJSON_AddStringToObject(order, "sessionId", browser->session);
    }
    text = cJSON_PrintUnformatted(order);
    for (size_t at = 0, size = strlen(text) + 1; at < size;) {
        ssize_t written = write(browser->in, text + at, size - at);

        if (written <= 0) {
            g_error("the browser does not listen: %s", g_strerror(errno));
        }
        at += (size_t)written;
    }
    cJSON_free(text);
    cJSON_Delete(order);
}

/* The next message; the caller deletes it. The run's alarm ends a wait for ever. */
static cJSON *take_message(Browser *browser)
{
    char part[65536];
    char *end;

    while ((end = memchr(browser->read->str, '\0', browser->read->len)) == NULL) {
        ssize_t got = read(browser->out, part, sizeof part);

        if (got <= 0) {
            g_error("the browser has gone");
        }
        g_string_append_len(browser->read, part, got);
    }
    cJSON *message = cJSON_Parse(browser->read->str);

    g_string_erase(browser->read, 0, end - browser->read->str + 1);
    return message;
}

static const char *text_at(const cJSON *object, const char *first, const char *second)
{
    const cJSON *inner = cJSON_GetObjectItem(cJSON_GetObjectItem(object, first), second);

    return cJSON_IsString(inner) ? inner->valuestring : "";
}

/* Events that must not happen: anything on the console, any request but for the page itself. */
static void note_event(Browser *browser, const cJSON *message)
{
    const cJSON *method = cJSON_GetObjectItem(message, "method");
    const cJSON *parameters = cJSON_GetObjectItem(message, "params");
    const char *name = cJSON_IsString(method) ? method->valuestring : "";

    if (strcmp(name, "Log.entryAdded") == 0) {
        g_string_append_printf(browser->noise, "log: %s\n", text_at(parameters, "entry", "text"));
    } else if (strcmp(name, "Runtime.consoleAPICalled") == 0 ||
               strcmp(name, "Runtime.exceptionThrown") == 0) {
        g_string_append_printf(browser->noise, "%s\n", name);
    } else if (strcmp(name, "Network.requestWillBeSent") == 0) {
        const char *url = text_at(parameters, "request", "url");

        if (!g_str_has_prefix(url, "file://")) {
            g_string_append_printf(browser->noise, "request: %.200s\n", url);
        }
    }
}

/* Gives an order and waits for its answer; the caller deletes it. */
static cJSON *ask(Browser *browser, const char *method, cJSON *parameters)
{
    send_order(browser, method, parameters);
    for (;;) {
        cJSON *message = take_message(browser);
        const cJSON *id = cJSON_GetObjectItem(message, "id");

        if (cJSON_IsNumber(id) && id->valueint == browser->id) {
            if (cJSON_GetObjectItem(message, "error") != NULL) {
                g_error("%s: %s", method, text_at(message, "error", "message"));
            }
            return message;
        }
        note_event(browser, message);
        cJSON_Delete(message);
    }
}

static void tell(Browser *browser, const char *method, cJSON *parameters)
{
    cJSON_Delete(ask(browser, method, parameters));
}

static void wait_for(Browser *browser, const char *event)
{
    for (bool is_there = false; !is_there;) {
        cJSON *message = take_message(browser);
        const cJSON *method = cJSON_GetObjectItem(message, "method");

        is_there = cJSON_IsString(method) && strcmp(method->valuestring, event) == 0;
        note_event(browser, message);
        cJSON_Delete(message);
    }
}

/* --- the browser ---------------------------------------------------------------------------- */

static cJSON *with_text(const char *name, const char *value)
{
    cJSON *parameters = cJSON_CreateObject();

    cJSON_AddStringToObject(parameters, name, value);
    return parameters;
}

static void start(Browser *browser, const char *home)
{
    g_autofree char *profile = g_strconcat("--user-data-dir=", home, NULL);
    const char *const command[] = {"chromium",
                                   "--headless",
                                   "--remote-debugging-pipe",
                                   "--disable-gpu",
                                   "--disable-dev-shm-usage",
                                   "--disable-background-networking",
                                   "--disable-component-update",
                                   "--no-first-run",
                                   "--host-resolver-rules=MAP * ~NOTFOUND",
                                   profile,
                                   geteuid() == 0 ? "--no-sandbox" : NULL,
                                   NULL};
    g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), "HOME", home, TRUE);
    g_autoptr(GError) error = NULL;
    int to[2];
    int from[2];

    if (pipe(to) != 0 || pipe(from) != 0) {
        g_error("no pipe: %s", g_strerror(errno));
    }
    const int sources[] = {to[0], from[1]};
    const int targets[] = {3, 4};

    if (!g_spawn_async_with_pipes_and_fds(NULL, command, (const char *const *)environment,
                                          G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                                              G_SPAWN_STDOUT_TO_DEV_NULL |
                                              G_SPAWN_STDERR_TO_DEV_NULL,
                                          NULL, NULL, -1, -1, -1, sources, targets, 2,
                                          &browser->child, NULL, NULL, NULL, &error)) {
        g_error("%s", error->message);
    }
    close(to[0]);
    close(from[1]);
    browser->in = to[1];
    browser->out = from[0];
}

static void open_tab(Browser *browser)
{
    cJSON *answer = ask(browser, "Target.createTarget", with_text("url", "about:blank"));
    cJSON *parameters = with_text("targetId", text_at(answer, "result", "targetId"));

    cJSON_Delete(answer);
    cJSON_AddTrueToObject(parameters, "flatten");
    answer = ask(browser, "Target.attachToTarget", parameters);
    browser->session = g_strdup(text_at(answer, "result", "sessionId"));
    cJSON_Delete(answer);
    tell(browser, "Page.enable", NULL);
    tell(browser, "Runtime.enable", NULL);
    tell(browser, "Log.enable", NULL);
    tell(browser, "Network.enable", NULL);
}

static void stop(Browser *browser)
{
    g_clear_pointer(&browser->session, g_free);
    tell(browser, "Browser.close", NULL);
    waitpid(browser->child, NULL, 0);
    close(browser->in);
    close(browser->out);
}

/* --- one page ------------------------------------------------------------------------------- */

static void set_width(Browser *browser, int width)
{
    cJSON *parameters = cJSON_CreateObject();

    cJSON_AddNumberToObject(parameters, "width", width);
    cJSON_AddNumberToObject(parameters, "height", 800);
    cJSON_AddNumberToObject(parameters, "deviceScaleFactor", 1);
    cJSON_AddBoolToObject(parameters, "mobile", width < 500);
    tell(browser, "Emulation.setDeviceMetricsOverride", parameters);
}

/* What an expression is in the page, as text. Caller frees. */
static char *evaluate(Browser *browser, const char *expression)
{
    cJSON *parameters = with_text("expression", expression);
    cJSON *answer;
    char *text;

    cJSON_AddTrueToObject(parameters, "returnByValue");
    answer = ask(browser, "Runtime.evaluate", parameters);
    text = g_strdup(text_at(cJSON_GetObjectItem(answer, "result"), "result", "value"));
    cJSON_Delete(answer);
    return text;
}

static void hold(Browser *browser, const char *found, const char *page, int width, const char *what)
{
    bool is_good = found[0] == '\0';

    printf("%s - %s at %d pixels: %s\n", is_good ? "ok" : "not ok", page, width, what);
    if (!is_good) {
        printf("#   %.600s\n", found);
        browser->is_bad = true;
    }
}

static void take_picture(Browser *browser, const char *path)
{
    cJSON *parameters = with_text("format", "png");
    cJSON *answer;
    g_autofree guchar *bytes = NULL;
    gsize size;

    cJSON_AddTrueToObject(parameters, "captureBeyondViewport");
    answer = ask(browser, "Page.captureScreenshot", parameters);
    bytes = g_base64_decode(text_at(answer, "result", "data"), &size);
    cJSON_Delete(answer);
    if (!g_file_set_contents(path, (const char *)bytes, (gssize)size, NULL)) {
        g_error("cannot write '%s'", path);
    }
}

/* Everything that reaches beyond the right edge and does not scroll in a box of its own. */
static const char overflow[] =
    "(() => { const wide = document.documentElement.scrollWidth; const own = "
    "document.documentElement.clientWidth; if (wide <= own) return ''; const found = []; for "
    "(const e of document.querySelectorAll('body *')) { if (e.getBoundingClientRect().right > own "
    "+ "
    "1 && !e.parentElement.closest('.wide,.drawing')) found.push(e.tagName + '.' + e.className + ' "
    "' "
    "+ e.textContent.slice(0, 40)); } return wide + ' of ' + own + ': ' + found.slice(0, 4).join(' "
    "| "
    "'); })()";
static const char twins[] =
    "(() => { const seen = new Set(), twice = []; for (const e of "
    "document.querySelectorAll('[id]')) "
    "{ if (seen.has(e.id)) twice.push(e.id); seen.add(e.id); } return twice.join(' '); })()";
static const char dead_links[] =
    "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href').slice(1))"
    ".filter(id => !document.getElementById(id)).join(' ')";
/* One in which all values are 0 is not drawn and says so. */
static const char bare_figures[] =
    "[...document.querySelectorAll('figure')].filter(f => !(f.querySelector('svg[role=img] title') "
    "&& "
    "f.querySelector('details table')) && !/Nothing to be seen/.test(f.textContent))"
    ".map(f => f.textContent.slice(0, 60)).join(' | ')";
static const char head_order[] =
    "(() => { let last = 0; for (const h of document.querySelectorAll('h1,h2,h3,h4')) { const n = "
    "+h.tagName[1]; if (n > last + 1) return h.textContent; last = n; } return ''; })()";

static void look(Browser *browser, const char *path, int width, const char *shots)
{
    static const struct {
        const char *expression, *what;
    } holds[] = {
        {overflow, "nothing is wider than the screen"},
        {twins, "ids are unique"},
        {dead_links, "all links of the page lead somewhere"},
        {bare_figures, "every figure is drawn, has a title and its numbers"},
        {head_order, "headings stand in order"},
    };
    g_autofree char *absolute = g_canonicalize_filename(path, NULL);
    g_autofree char *uri = g_filename_to_uri(absolute, NULL, NULL);
    g_autofree char *folder = g_path_get_dirname(absolute);
    g_autofree char *name = g_path_get_basename(folder);
    g_autofree char *shot = g_strdup_printf("%s/%s-%d.png", shots, name, width);

    g_string_truncate(browser->noise, 0);
    set_width(browser, width);
    tell(browser, "Page.navigate", with_text("url", uri));
    wait_for(browser, "Page.loadEventFired");
    for (guint i = 0; i < G_N_ELEMENTS(holds); i++) {
        g_autofree char *found = evaluate(browser, holds[i].expression);

        hold(browser, found, name, width, holds[i].what);
    }
    take_picture(browser, shot);
    hold(browser, browser->noise->str, name, width, "no console message, no request to any host");
}

int main(int count, char **arguments)
{
    static const int widths[] = {360, 1280};
    Browser browser = {.read = g_string_new(NULL), .noise = g_string_new(NULL)};

    if (count < 3) {
        fprintf(stderr, "usage: browser SHOTS PAGE...\n");
        return 2;
    }
    alarm(300);
    start(&browser, arguments[1]);
    open_tab(&browser);
    for (int i = 2; i < count; i++) {
        for (guint k = 0; k < G_N_ELEMENTS(widths); k++) {
            look(&browser, arguments[i], widths[k], arguments[1]);
        }
    }
    stop(&browser);
    g_string_free(browser.read, TRUE);
    g_string_free(browser.noise, TRUE);
    return browser.is_bad ? 1 : 0;
}
