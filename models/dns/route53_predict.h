/* route53_predict.h - what a closed form says of how long health checks take to see a dead site. */
#pragma once

#include "models/dns/route53.h"
#include "sim/theory/prediction.h"

/* Predicts, for each data centre with one or two checks, the delay from a silent outage of it to
 * the decision "unhealthy". */
void route53_predict(const Component *self, Predictions *predictions);
