#!/usr/bin/env bash
# make dns-stale: the share of each population that still goes to a dead site, beside detection + propagation + caches.
# A light form of the drill with many replications: no share further off than 2 points, neither since the fault nor since the new answers.
# The drill itself with a few: no further off than 2 points since the new answers, where the time of detection does not count.
# dns_stale.sh BUILD [REPLICATIONS OF THE LIGHT FORM] [OF THE DRILL]
set -euo pipefail
build=$1
light=${2:-200}
drill=${3:-10}
bad=0

# hold NAME WHICH: prints all shares of a run and judges those whose metric is LIKE WHICH.
hold() {
    local results=$build/$1/results.sqlite rows off most
    sqlite3 -header -column "$results" \
        "SELECT metric, printf('%.4f', predicted) AS closed_form, printf('%.4f [%.4f, %.4f]', observed, low, high) AS simulated, printf('%+.2f', 100 * (observed - predicted)) AS points
         FROM theory WHERE aggregate IN ('stale', 'delay')"
    read -r rows off most < <(sqlite3 -separator ' ' "$results" \
        "SELECT COUNT(*), SUM(ABS(observed - predicted) > 0.02), printf('%.2f', 100 * MAX(ABS(observed - predicted))) FROM theory WHERE aggregate = 'stale' AND metric LIKE '$2'")
    echo "$1: $rows shares, $off further off than 2 points, most $most points, $(sqlite3 "$results" 'SELECT COUNT(*) FROM run') replications"
    [ "$rows" -gt 0 ] && [ "$off" -eq 0 ] || bad=1
}

"$build/dcdrill" run scenarios/theory/dns-stale.json -n "$light" -o "$build/dns-stale" -q --progress none >/dev/null
hold dns-stale '%'
status=0
"$build/dcdrill" run scenarios/drills/dc03-lost-dns-only.json -n "$drill" --until 485s -o "$build/dns-stale-drill" -q --progress none >/dev/null 2>&1 || status=$?
[ "$status" -le 3 ] || exit "$status" # it fails its thresholds, as it should
hold dns-stale-drill 'stale{after_change:%'
exit $bad
