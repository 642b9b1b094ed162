#!/usr/bin/env bash
# slo_capacity.sh - the search for a capacity against closed forms: four queues whose highest rate at
# which a percentile of the time in the system keeps a promise is known (theory family slo-capacity).
# Each must be found within 1 %; arguments name some of them (default: all).
set -euo pipefail

build=${BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

# hold NAME SERVERS SERVICE_S QUANTILE TARGET_S WARMUP DURATION: one vector; the search begins at 60 %.
hold() {
    local exact rate error
    "$build/dcdrill" theory slo-capacity c="$2" mean_service="$3" quantile="$4" target="$5" >"$work/exact.json"
    exact=$(sqlite3 :memory: "SELECT json_extract(CAST(readfile('$work/exact.json') AS TEXT), '\$.max_rate')")
    awk -v c="$2" -v s="$3" -v q="$4" -v t="$5" -v w="$6" -v d="$7" 'BEGIN { printf "{ \"version\": \"1\", \"title\": \"a queue\", \"simulation\": { \"seed\": 1, \"warmup\": \"%s\", \"duration\": \"%s\", \"settle\": \"0s\", \"replications\": 20, \"sample_interval\": \"1s\" },\n\"system\": { \"queueing\": { \"sources\": { \"in\": { \"interarrival\": \"exponential(mean=%.0fns)\", \"to\": \"pool\" } }, \"stations\": { \"pool\": { \"servers\": %d, \"service\": \"exponential(mean=%.0fns)\" } } } },\n\"thresholds\": { \"station_sojourn\": [ \"p(%g)<%gms\" ] } }\n", w, d, 1e9 * s / (0.6 * c), c, 1e9 * s, 100 * q, 1000 * t }' >"$work/$1.json"
    "$build/dcdrill" capacity "$work/$1.json" --within 0.004 --progress none -o "$work/$1" >"$work/$1.txt" || true
    rate=$(sqlite3 :memory: "SELECT json_extract(CAST(readfile('$work/$1/study.json') AS TEXT), '\$.cases[0].capacity.value')")
    error=$(awk -v a="$rate" -v b="$exact" 'BEGIN { printf "%.2f", 100 * (a / b - 1) }')
    if awk -v e="$error" 'BEGIN { exit !(e <= 1 && e >= -1) }'; then
        echo "ok - $1: $(sed -n 's/^intact: //p' "$work/$1.txt"); exact $exact, $error %"
    else
        echo "not ok - $1: found $rate, exact $exact, $error %"
        bad=1
    fi
}

for name in "${@:-all}"; do
    case $name in
    all | slo-1) hold slo-1 1 0.001 0.95 0.006 2s 60s ;;&
    all | slo-8) hold slo-8 8 0.002 0.99 0.012 2s 60s ;;&
    all | slo-16) hold slo-16 16 0.01 0.999 0.075 2s 200s ;;&
    all | slo-150) hold slo-150 150 0.05 0.99 0.25 20s 200s ;;&
    esac
done
exit $bad
