/* health_checker.h - one health checker of Route 53, made by the route53 component. */
#pragma once

#include "models/dns/route53.h"

extern const Kind health_checker_kind;

/* Tells a fresh health checker whom it works for and its number. */
void health_checker_join(Component *self, Component *route53, guint rank);
