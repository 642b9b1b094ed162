/* scenario_origins.h - which file wrote each value of a resolved scenario.
 * Every node of every file read, and every node copied from one by extends, patch or a variable,
 * has one origin: a node of a file, or a flag of the command line. */
#pragma once

#include "sim/config/json_place.h"

typedef struct Origins Origins;

Origins *origins_new(void);
void origins_free(Origins *origins);

/* Takes `document`; its nodes are their own origins from here on. */
void origins_add_document(Origins *origins, JsonDocument *document);

/* A JsonCopied whose context is an Origins: `to` comes from where `from` comes from. */
void origins_copied(void *origins, const cJSON *from, const cJSON *to);

/* `node` and all below it come from where the single node `original` comes from. */
void origins_inherit_one(Origins *origins, const cJSON *node, const cJSON *original);

/* `node` and all below it come from the command line; `label` is copied ("--set /load/x=1"). */
void origins_label(Origins *origins, const cJSON *node, const char *label);

/* Forgets `node` and all below it: to be called before they are deleted. */
void origins_forget(Origins *origins, const cJSON *node);

/* The file that wrote `node`, or NULL when it is unknown or a flag. Owned by the origins. */
const char *origins_file(const Origins *origins, const cJSON *node);

/* A DiagFind whose context is an Origins. File names stay valid for ever, pointers as long as the
 * origins. */
bool origins_find(void *origins, const cJSON *node, DiagSide side, DiagPlace *place);
