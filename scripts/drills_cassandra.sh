#!/usr/bin/env bash
# drills_cassandra.sh [NAME...]: runs the drills of scenarios/drills/cassandra (all of the catalogue, or those named) and prints Cassandra's failure catalogue:
# row, scenario or test, verdict, what is not shown. Fails when a drill does not show what it must. Results stay in build/drills/.
set -euo pipefail
dcdrill=${DCDRILL:-build/dcdrill}
out=${OUT:-build/drills}
catalogue=tests/scenarios/catalogue.txt
mkdir -p "$out"
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
    mapfile -t names < <(grep -l '"catalogue"' scenarios/drills/cassandra/*.json | sed 's,.*/,,; s,\.json$,,')
fi
bad=0
rm -f "$out/rows"
for name in "${names[@]}"; do
    file=scenarios/drills/cassandra/$name.json
    status=0
    "$dcdrill" run "$file" -o "$out/$name" -q --progress none >"$out/$name.txt" 2>&1 || status=$?
    [ "$status" -eq 0 ] || bad=1
    case $status in 0) verdict=pass ;; 1) verdict=FAIL ;; 3) verdict=inconclusive ;; *) verdict="status $status" ;; esac
    row=$(grep -o '"row-[0-9]*"' "$file" | tr -dc 0-9)
    title=$(sqlite3 :memory: "SELECT json_extract(CAST(readfile('$file') AS TEXT), '\$.title')")
    echo "$((10#$row))|$name: $title|$verdict" >>"$out/rows"
done
echo '| row | fault | shown by | verdict |'
echo '| --- | --- | --- | --- |'
grep -v '^#' "$catalogue" | while IFS='|' read -r row fault tests missing; do
    shown=0
    while IFS='|' read -r _ what verdict; do
        echo "| $row | $fault | $what | $verdict |"
        shown=1
    done < <(grep "^$row|" "$out/rows" || true)
    if [ "$tests" != - ]; then
        for test in ${tests//,/ }; do echo "| $row | $fault | ${test#tests/} | make test |"; done
        shown=1
    fi
    [ "$missing" = - ] || echo "| $row | $fault | $([ $shown -eq 1 ] && echo 'not shown' || echo 'NOTHING'): $missing | - |"
done
exit "$bad"
