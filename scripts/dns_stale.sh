#!/usr/bin/env bash
# make dns-stale: the share of each population that still goes to a dead site, beside detection + propagation + caches; no further off than 2 points.
# dns_stale.sh BUILD [REPLICATIONS]
set -euo pipefail
build=$1
results=$build/dns-stale
"$build/dcdrill" run scenarios/theory/dns-stale.json -n "${2:-200}" -o "$results" -q --progress none
sqlite3 -header -column "$results/results.sqlite" \
    "SELECT metric, printf('%.4f', predicted) AS closed_form, printf('%.4f [%.4f, %.4f]', observed, low, high) AS simulated, printf('%+.2f', 100 * (observed - predicted)) AS points
     FROM theory WHERE aggregate = 'stale'"
verdict=$(sqlite3 -separator ' ' "$results/results.sqlite" \
    "SELECT COUNT(*), SUM(ABS(observed - predicted) > 0.02), printf('%.2f', 100 * MAX(ABS(observed - predicted))) FROM theory WHERE aggregate = 'stale'")
read -r rows off most <<<"$verdict"
echo "dns-stale: $rows shares, $off further off than 2 points, most $most points, ${2:-200} replications"
[ "$rows" -gt 0 ] && [ "$off" -eq 0 ]
