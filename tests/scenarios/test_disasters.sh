#!/usr/bin/env bash
# Public outages, created again: what caused what must have happened, and each published figure stands beside a simulated one.
# DISASTERS=all (make disasters) lives through all of them with all replications; otherwise the four shortest, once.
. tests/scenarios/support.sh
few=(ovh-pwr ovh-bgp fastly-2021 cloudflare-2020)
arguments=(-n 1)
if [ "${DISASTERS:-}" = all ]; then
    mapfile -t few < <(basename -s .json scenarios/disasters/*.json)
    arguments=()
fi
for name in "${few[@]}"; do
    results=${DISASTERS:+$build/disasters/$name}
    results=${results:-$work/$name}
    run run "scenarios/disasters/$name.json" "${arguments[@]}" -o "$results" -q --progress none
    expect 0 "" "$name happens as it did"
    stated=$(sqlite3 :memory: "SELECT COUNT(*) FROM json_each(CAST(readfile('scenarios/disasters/$name.json') AS TEXT), '$.published')")
    shown=$(sqlite3 :memory: "SELECT COUNT(*) FROM json_each(CAST(readfile('$results/summary.json') AS TEXT), '$.published') WHERE json_extract(value, '$.observed') IS NOT NULL")
    [ "$stated" -gt 0 ] && [ "$stated" -eq "$shown" ]
    pass_if $? "each published figure of $name stands beside a simulated one" "$shown of $stated"
    grep -q 'What others published, and what was simulated' "$results/report.html"
    pass_if $? "the report of $name shows them"
    if [ "${DISASTERS:-}" = all ]; then
        sqlite3 -separator ' | ' :memory: "SELECT '#', '$name', json_extract(value, '$.name'), json_extract(value, '$.comparison') || ' ' || json_extract(value, '$.published'),
            json_extract(value, '$.observed'), '[' || IFNULL(json_extract(value, '$.low'), '-') || ', ' || IFNULL(json_extract(value, '$.high'), '-') || '] ' || json_extract(value, '$.unit')
            FROM json_each(CAST(readfile('$results/summary.json') AS TEXT), '$.published')"
    fi
done
exit $bad
