/* ask.h - what an operator sees: lets one replication live until an instant and asks a component
 * for one of its views (sim/world/view.h). Knows no kind by name; each command of operators is a
 * question. */
#pragma once

#include "sim/cli/options.h"
#include "sim/world/view.h"

typedef struct Question {
    const char *view;         /* the name of a view: "status" */
    const char *as;           /* the component that is asked, "cassandra@DC01-db1", or its place,
                                 "DC01-db1"; NULL: the first one that is up, in order of id */
    const char *const *words; /* its further arguments, ends with NULL; NULL: none */
} Question;

/* Asks at --at in replication --replication of the scenario at `path` and prints the answer, with
 * --json as data with its circumstances. Returns the exit status; says on standard error what is
 * wrong: no such view or component, an instant outside of the run, a component that is down. */
int ask(const Options *options, const Kind *const *kinds, const char *path,
        const Question *question);
