/* early_return.h - sites that came back before they could serve: their web servers answer while the
 * application behind them still boots, and whoever is sent there is told 502, 503 or 504. Real
 * sites do so, too; it follows from the boot times and from what the health check asks. */
#pragma once

#include "reports/view.h"

/* Adds a sentence for each fault and site to `advice` (char *, owned). */
void early_return_advise(const View *view, GPtrArray *advice);
