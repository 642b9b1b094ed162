/* checker_trials.h - checkers held against many random histories: in short form by `make test`, in
 * long form by `make checkers`. Each fails the test that calls it, or ends the program, with the
 * number of the history. */
#pragma once

#include "sim/checkers/finding_list.h"

/* So many legal histories give no alarm, of any check. */
void checker_trial_legal(guint histories);

/* So many legal ones with one planted violation of this check are all caught, and counted as the
 * judge by brute force counts. */
void checker_trial_planted(Check check, guint histories);

/* So many histories of anything at all: counted as the judge counts. */
void checker_trial_wild(guint histories);
