/* plant_books.c - a station that tells nobody when one leaves: no leak, but a law broken. */
#include "tests/plants/plant.h"

typedef struct BadStation {
    Plant plant; /* first */
    Gauge here;
    Ledger ledger;
} BadStation;

static void lose_one(Component *self)
{
    BadStation *station = (BadStation *)self;
    SimTime now = world_now(self->world);

    ledger_come(&station->ledger, now, 1);
    if (now < 3 * SIM_S) {
        ledger_go(&station->ledger, now, 1);
    }
}

static void start(Component *self)
{
    plant_begin(self, lose_one);
}

static const LedgerDef books[] = {
    {.name = "counter",
     .ledger = offsetof(BadStation, ledger),
     .present = offsetof(BadStation, here)},
    LEDGER_END,
};

const Kind plant_kind = {.name = "plant",
                         .help = "A station that loses those who come",
                         .leaves_out = "everything",
                         .size = sizeof(BadStation),
                         .scope = KIND_ONE,
                         .ledgers = books,
                         .on_start = start};
