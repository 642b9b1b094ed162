/* ledger.h - every figure and sentence that a report tells, in order: the page is made while they
 * are noted, and the same list then gives the report as JSON, CSV and text. So all forms carry the
 * same digits: each figure is printed once, here. */
#pragma once

#include <glib.h>

typedef struct LedgerFigure {
    guint part;
    char *name;              /* what it is, unique within its part */
    double value, low, high; /* NAN: no number, no interval */
    const char *unit;        /* of sim/base/words.h; a literal */
    char *currency;          /* of money, or NULL */
    char *printed;           /* "2,741/s [2,700; 2,780]" */
} LedgerFigure;

typedef struct LedgerPart {
    guint number; /* from 1 */
    char *title;
    GPtrArray *sentences; /* char * */
} LedgerPart;

typedef struct Ledger {
    char *title;
    GPtrArray *parts;   /* of LedgerPart */
    GPtrArray *figures; /* of LedgerFigure */
} Ledger;

Ledger *ledger_new(const char *title);
void ledger_free(Ledger *ledger);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ledger, ledger_free)

/* What follows belongs to this part. */
void ledger_begin_part(Ledger *ledger, guint number, const char *title);
void ledger_add_sentence(Ledger *ledger, const char *text);

/* Notes a figure (without a lower end and with itself as the upper one it is a bound: "at most
 * 468/s") and returns it as it was printed; the ledger owns it. A name that the part has
 * already gets a number. `currency` may be NULL. */
const LedgerFigure *ledger_add(Ledger *ledger, const char *name, double value, double low,
                               double high, const char *unit, const char *currency);

/* The report as JSON, CSV (part, name, value, low, high, unit, printed) and text. Caller frees. */
char *ledger_to_json(const Ledger *ledger);
char *ledger_to_csv(const Ledger *ledger);
char *ledger_to_text(const Ledger *ledger);
