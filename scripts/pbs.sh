#!/usr/bin/env bash
# pbs.sh [SCENARIO...]: runs the PBS scenarios (all of scenarios/theory/pbs-*.json) and prints what was published beside what was
# simulated, with 95 % intervals. The published visibility p(99.9) came of sweeps that cross early: it is held to those by
# build/tests/models/test_pbs_sweep (PBS=full), the simulated one to the true quantile. Fails when a value lies outside of its tolerance; says where an interval reaches beyond it.
# Results stay in build/pbs/.
set -euo pipefail
dcdrill=${DCDRILL:-build/dcdrill}
out=build/pbs
files=("$@")
[ ${#files[@]} -gt 0 ] || files=(scenarios/theory/pbs-*.json)
mkdir -p "$out"
rm -f "$out/checked"
for file in "${files[@]}"; do
    name=$(basename "$file" .json)
    status=0
    "$dcdrill" run "$file" -o "$out/$name" -q --progress none >"$out/$name.txt" 2>&1 || status=$?
    if [ "$status" -gt 3 ] || [ ! -f "$out/$name/results.sqlite" ]; then
        cat "$out/$name.txt"
        exit "$status"
    fi
    printf '\n## %s\n\n' "$name"
    echo '| published in | figure | value | simulated | 95 % interval |'
    echo '| --- | --- | --- | --- | --- |'
    sqlite3 "$out/$name/results.sqlite" "SELECT printf('| %s | %s %s | %.5g | %.5g | %s |', question,
        replace(replace(metric, 'component:reading@', ''), 'pbs_', ''), aggregate, predicted, observed,
        CASE WHEN low IS NULL THEN 'none: too few values' ELSE printf('%.5g to %.5g', low, high) END) FROM theory"
    sqlite3 -separator '|' "$out/$name/results.sqlite" "SELECT '$name', name || ' ' || labels, condition, observed, low, high, verdict
        FROM checked WHERE kind = 'threshold'" >>"$out/checked"
done
echo
awk -F'|' '
function limit(text) {
    sub(/^[^<>=]*[<>=]+/, "", text)
    if (text ~ /ms$/) return text / 1e3
    if (text ~ /us$/) return text / 1e6
    if (text ~ /ns$/) return text / 1e9
    return text + 0
}
{
    n++
    inside = $3 ~ />/ ? $4 > limit($3) : $3 ~ /</ ? $4 < limit($3) : $4 == limit($3)
    within += $7 == "pass"
    if (!inside) { outside++; print "outside: " $1 " " $2 " " $3 ": " $4 " [" $5 ", " $6 "]" }
    else if ($7 != "pass") { print "interval reaches beyond: " $1 " " $2 " " $3 ": " $4 " [" $5 ", " $6 "]" }
}
END {
    printf "%d of %d values lie within their tolerance, %d with their whole interval\n", n - outside, n, within
    exit outside > 0
}' "$out/checked"
