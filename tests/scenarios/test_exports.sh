#!/usr/bin/env bash
# What other programs read, made by a run: OpenMetrics, trace, HdrHistogram log, NDJSON, CSV; and messages as JSON.
. tests/scenarios/support.sh
scenario=scenarios/smoke/dc-lost.json

run run $scenario -n 1 -q --progress none -o "$work/out" --out metrics="$work/metrics.om" --out trace="$work/trace.json" \
    --out hlog="$work/latency.hlog" --out events="$work/events.ndjson" --out csv="$work/figures.csv" \
    --out history="$work/history.ndjson"
[ "$status" -le 3 ] && [ "$status" -ne 2 ]
pass_if $? "all exports are written" "$err"
if command -v promtool >/dev/null; then
    promtool check metrics <"$work/metrics.om" >"$work/said" 2>&1
    pass_if $? "promtool accepts the metrics" "$(head -n 5 "$work/said")"
    promtool tsdb create-blocks-from openmetrics "$work/metrics.om" "$work/blocks" >"$work/said" 2>&1
    pass_if $? "Prometheus can be filled with them" "$(head -n 5 "$work/said")"
else
    skip "promtool is not installed; test_exports.c has a strict reader of our own" "promtool accepts the metrics"
fi
trace() { sqlite3 :memory: "SELECT $1 FROM json_each(CAST(readfile('$work/trace.json') AS TEXT), '\$.traceEvents') AS e WHERE $2"; }
[ "$(trace 'count(*)' "value ->> 'ph' = 'b' AND value ->> 'cat' = 'request'")" -gt 500 ]
pass_if $? "the trace shows requests one by one"
[ "$(trace "count(DISTINCT value ->> 'id')" "value ->> 'ph' = 'b' AND value ->> 'cat' = 'request'")" = "$(trace "count(DISTINCT value ->> 'id')" "value ->> 'ph' = 'e' AND value ->> 'cat' = 'request'")" ]
pass_if $? "each of them ends"
[ "$(trace "count(*)" "value ->> 'ph' = 'M' AND value ->> 'name' = 'process_name' AND value -> 'args' ->> 'name' IN ('DC01', 'DC02', 'DC03', 'DCB1', 'DCB2')")" = 5 ]
pass_if $? "sites are processes of the trace"
[ "$(trace "count(*)" "value ->> 'ph' = 'i' AND value ->> 'name' = 'lose-dc03 applied'")" -ge 2 ]
pass_if $? "faults are instants of the trace"
[ "$(grep -c '^{.*}$' "$work/events.ndjson")" -gt 50 ] && ! grep -vq '^{.*}$' "$work/events.ndjson"
pass_if $? "each line of the events is an object"
sqlite3 "$work/history" "CREATE TABLE op (line TEXT); CREATE TABLE raw (text TEXT); INSERT INTO raw VALUES (CAST(readfile('$work/history.ndjson') AS TEXT));
    INSERT INTO op SELECT value FROM raw, json_each('[' || replace(rtrim(text, char(10)), char(10), ',') || ']')"
history() { sqlite3 "$work/history" "SELECT $1 FROM (SELECT line ->> 'index' AS i, line ->> 'type' AS type, line ->> 'f' AS f, line ->> 'process' AS process, line ->> 'time' AS time, line ->> 'value' AS value FROM op) WHERE $2"; }
[ "$(history "count(*)" "type = 'invoke'")" -gt 500 ] && [ "$(history "count(*)" "type = 'invoke'")" = "$(history "count(*)" "type IN ('ok', 'fail', 'info')")" ] && [ "$(history "count(DISTINCT process) * 2 = count(*) AND max(i) = count(*) - 1" 1)" = 1 ]
pass_if $? "the history has each request twice, and each is a process of its own"
[ "$(history "count(*)" "type = 'ok' AND f = 'write' AND value > 0")" -gt 100 ] && [ "$(history "count(*)" "type = 'invoke' AND value IS NOT NULL OR type = 'ok' AND f = 'write' AND value IS NULL OR type = 'info' AND f = 'read' OR type = 'fail' AND f = 'write'")" = 0 ]
pass_if $? "acknowledged writes have a version, unanswered ones may have happened, failed reads did not"
[ "$(sqlite3 "$work/history" "SELECT count(*) FROM (SELECT line ->> 'time' AS now, lag(line ->> 'time') OVER (ORDER BY line ->> 'index') AS before FROM op) WHERE now < before")" = 0 ]
pass_if $? "and stands in order of time"
[ "$(grep -c '^http_req_failed,,,,,ratio,' "$work/figures.csv")" = 1 ]
pass_if $? "the table has the share of failed requests"
run run $scenario -n 1 -q --progress none -o "$work/out" --out metrics="$work/again.om" --out trace="$work/again.json"
cmp -s "$work/metrics.om" "$work/again.om" && cmp -s "$work/trace.json" "$work/again.json"
pass_if $? "the same run gives the same bytes"

# --- beside a study the drill fills the parts on fail-over and data
mkdir "$work/study" && printf '{ "format": "dcdrill-capacity-1", "scenario": "none.json", "title": "none", "cases": [] }' >"$work/study/study.json"
run report "$work/study" "$work/out" -o "$work/whole"
figures() { sqlite3 :memory: "SELECT value ->> 'printed' FROM json_each(CAST(readfile('$work/whole/report.json') AS TEXT), '\$.parts[$1].figures') WHERE value ->> 'name' LIKE '$2'"; }
grep -q 'DC03: health checks have noticed, median' "$work/whole/report.txt" && [ -n "$(figures 6 '%error budget burnt')" ] && [ -n "$(figures 7 '%statements that found enough replicas')" ] && [ -n "$(figures 7 '%: hints stored')" ]
pass_if $? "beside a study a drill tells detection, error budget, quorums and backlog" "$err$(cat "$work/whole/report.txt")"
said=$(figures 6 '%health checks have noticed, worst')
grep -qF "worst: $said" "$work/whole/report.txt" && grep -qF ">$said<" "$work/whole/report.html" && grep -qF "$said" "$work/whole/report.csv"
pass_if $? "with the same digits in all forms" "$said"

run check "$work/nothing.json" --log-format json
[ "$status" -eq 2 ] && grep -qF '{"level":"error","message":"no such file","file":"'"$work/nothing.json"'"}' <<<"$err"
pass_if $? "'--log-format json' tells errors as JSON" "$err"
printf '{ "version": "1", "extends": ["%s"],\n  "loda": {} }' "$root/$scenario" >"$work/typing.json"
run check "$work/typing.json" --log-format json
grep -qF "\"file\":\"$work/typing.json\",\"line\":2,\"column\":" <<<"$err"
pass_if $? "with file, line and column" "$err"
run check $scenario --log-format xml
expect 2 "'--log-format' is text or json" "an unknown format of messages is refused"
run run $scenario -n 1 -d --progress none -o "$work/out" --until 1s
grep -q 'dcdrill: debug: .*identity' <<<"$err"
pass_if $? "'--debug' says what is done" "$err"
exit $bad
