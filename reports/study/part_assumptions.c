/* part_assumptions.c - which system under which load, who says so, and what is not modelled. */
#include <math.h>
#include <string.h>

#include "reports/study/tell.h"
#include "sim/base/words.h"

static const cJSON *find_basis(const StudyTelling *telling)
{
    for (guint i = 0; i < telling->files->len; i++) {
        const StudyFile *file = g_ptr_array_index(telling->files, i);
        const cJSON *basis = study_member(file->json, "basis");

        if (basis != NULL) {
            return basis;
        }
    }
    return NULL;
}

static void put_sites(const StudyTelling *telling, const cJSON *basis)
{
    static const char *const heads[] = {"Site", "Where",    "Part", "#Servers",
                                        "Size", "#A month", NULL};
    const cJSON *sites = study_member(basis, "sites");

    if (study_count(sites) == 0) {
        return;
    }
    tell_head(telling, "Sites");
    page_table_begin(telling->page, "Sites, with the servers of each and what these cost", heads);
    for (guint i = 0; i < study_count(sites); i++) {
        const cJSON *site = study_item(sites, i);
        const char *name = study_text(site, "name");

        page_row_begin(telling->page);
        page_cell(telling->page, name);
        page_cell(telling->page, study_text(site, "city"));
        page_cell(telling->page,
                  cJSON_IsTrue(study_member(site, "live")) ? "serves users" : "backup");
        tell_cell(telling, tell_bare(study_number(site, "nodes")), "", "servers in %s", name);
        page_cell(telling->page, study_text(site, "size"));
        tell_cell_money(telling, study_number(site, "monthly"), "EUR", "servers a month in %s",
                        name);
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
}

/* Every value that a file sets, and where. */
static void put_settings(const StudyTelling *telling, const cJSON *basis)
{
    static const char *const heads[] = {"Setting", "Value", "Says", NULL};
    const cJSON *settings = study_member(basis, "settings");

    if (study_count(settings) == 0) {
        return;
    }
    page_open(telling->page, "details", NULL);
    page_element_format(telling->page, "summary", NULL, "Load, service times and all %u settings",
                        study_count(settings));
    page_table_begin(
        telling->page,
        "What the scenario sets, and the file and line that does. All other values are "
        "defaults of the models; models/REFERENCE.md has them with their sources.",
        heads);
    for (guint i = 0; i < study_count(settings); i++) {
        const cJSON *row = study_item(settings, i);

        page_row_begin(telling->page);
        page_cell(telling->page, study_text(row, "setting"));
        page_cell(telling->page, study_text(row, "value"));
        page_cell(telling->page, study_text(row, "origin"));
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
    page_close(telling->page, "details");
}

static void put_left_out(const StudyTelling *telling, const cJSON *basis)
{
    const cJSON *lines = study_member(basis, "left_out");

    if (study_count(lines) == 0) {
        return;
    }
    tell_head(telling, "What is not modelled");
    page_open(telling->page, "ul", NULL);
    for (guint i = 0; i < study_count(lines); i++) {
        const cJSON *line = study_item(lines, i);

        page_element(telling->page, "li", NULL, cJSON_IsString(line) ? line->valuestring : "");
    }
    page_close(telling->page, "ul");
}

static void say_money_and_growth(const StudyTelling *telling)
{
    const cJSON *outlook = study_member(telling->capacity, "outlook");
    const cJSON *inputs = study_member(outlook, "inputs");

    if (outlook == NULL) {
        return;
    }
    tell_say(telling, "Prices are those of %s.", study_text(outlook, "prices_of"));
    if (isfinite(study_number(inputs, "linear_low"))) {
        g_autofree char *low = words_value(study_number(inputs, "linear_low"), "ratio");
        g_autofree char *high = words_value(study_number(inputs, "linear_high"), "ratio");
        const char *start = study_text(inputs, "start");

        tell_say(telling, "Demand is taken to grow by %s to %s a month%s%s.", low, high,
                 start[0] != '\0' ? ", counted from " : "", start);
    }
}

void part_assumptions(const StudyTelling *telling)
{
    const cJSON *basis = find_basis(telling);

    if (!tell_begin(telling, 2, "Assumptions and inputs", basis != NULL)) {
        return;
    }
    tell_say(telling, "The system is that of %s.", tell_scenario(telling));
    if (study_text(basis, "description")[0] != '\0') {
        tell_say(telling, "%s", study_text(basis, "description"));
    }
    say_money_and_growth(telling);
    if (basis == NULL) {
        tell_note(telling,
                  "This study keeps no list of its inputs: 'dcdrill show %s --origins' "
                  "prints them.",
                  tell_scenario(telling));
    }
    put_sites(telling, basis);
    put_settings(telling, basis);
    put_left_out(telling, basis);
    tell_end(telling);
}
