#!/usr/bin/env bash
# pbs.sh [SCENARIO...]: runs the PBS scenarios (all of scenarios/theory/pbs-*.json) and prints what was published beside what
# was simulated, with 95 % intervals. Fails when a check of theirs does. Results stay in build/pbs/.
set -euo pipefail
dcdrill=${DCDRILL:-build/dcdrill}
out=build/pbs
files=("$@")
[ ${#files[@]} -gt 0 ] || files=(scenarios/theory/pbs-*.json)
bad=0
mkdir -p "$out"
for file in "${files[@]}"; do
    name=$(basename "$file" .json)
    status=0
    "$dcdrill" run "$file" -o "$out/$name" -q --progress none >"$out/$name.txt" 2>&1 || status=$?
    [ "$status" -eq 0 ] || bad=1
    echo
    echo "## $name (exit status $status)"
    echo
    echo '| published | figure | value | simulated | 95 % interval |'
    echo '| --- | --- | --- | --- | --- |'
    sqlite3 -noheader "$out/$name/results.sqlite" "SELECT printf('| %s | %s %s | %.5g | %.5g | %.5g to %.5g |', question,
        replace(replace(metric, 'component:reading@', ''), 'pbs_', ''), aggregate, predicted, observed, low, high) FROM theory"
    echo
    sqlite3 -noheader "$out/$name/results.sqlite" "SELECT verdict || ': ' || count(*) || ' checks' FROM checked GROUP BY verdict"
    sqlite3 -noheader "$out/$name/results.sqlite" "SELECT '  ' || verdict || ' ' || name || '{' || labels || '} ' || condition || ': ' || printf('%.6g [%.6g, %.6g]', observed, low, high)
        FROM checked WHERE verdict <> 'pass'"
done
exit "$bad"
