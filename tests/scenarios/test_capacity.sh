#!/usr/bin/env bash
# The highest rate at which every threshold holds is found, and what cannot be found is said plainly.
. tests/scenarios/support.sh

# queue FILE CONDITION: one server of 1 ms, 500 requests a second.
queue() {
    cat >"$1" <<END
{ "version": "1", "title": "a queue", "simulation": { "seed": 1, "warmup": "1s", "duration": "30s", "settle": "0s", "replications": 6, "sample_interval": "500ms" },
  "system": { "queueing": { "sources": { "in": { "interarrival": "exponential(mean=2ms)", "to": "pool" } }, "stations": { "pool": { "service": "exponential(mean=1ms)" } } } },
  "thresholds": { "station_sojourn": [ "$2" ] } }
END
}
queue "$work/queue.json" "p(95)<6ms"
queue "$work/never.json" "p(95)<1us"
queue "$work/easy.json" "p(95)<1h"
search=(--lowest 400 --highest 600 --within 0.03 --progress none)

run capacity "$work/queue.json" "${search[@]}" -o "$work/two" -j 2
expect 0 "" "a capacity is found"
# exact: 500.711 a second (reference vector slo-1-0.001-p95-0.006)
rate=$(json "$work/two/study.json" '$.cases[0].capacity.value')
[ "$(sqlite3 :memory: "SELECT abs($rate - 500.711) < 0.03 * 500.711")" = 1 ]
pass_if $? "as near to the closed form as asked for" "$rate"
[[ $out == *"station pool"*"bottleneck"* && $out == *"first to give way: station_sojourn p(95)<6ms"* ]]
pass_if $? "the bottleneck and the threshold that gives way are named" "$out"
printed=$(json "$work/two/report.json" '$.parts[0].figures[0].printed')
rate=${printed%%/s*} range=${printed#*[}
[[ $out == *"$rate [$range"* && $(<"$work/two/report.txt") == *"$printed"* && $(<"$work/two/report.html") == *"$printed"* ]]
pass_if $? "terminal, page and text say the same digits" "$printed"
[ -s "$work/two/report.csv" ] && { command -v chromium >/dev/null || [[ $out == *"no report.pdf: there is no Chromium"* ]]; }
pass_if $? "a PDF that could not be made is said" "$out"
# bare TEXT: without white space, which a page breaks as it likes
bare() { tr -d '[:space:]' | sed 's/\xc2\xa0//g'; }
if [ -s "$work/two/report.pdf" ] && command -v pdftotext >/dev/null; then
    pages=$(pdftotext -layout "$work/two/report.pdf" - | bare)$(pdftotext -raw "$work/two/report.pdf" - | bare)
    told=0 missing=
    while IFS= read -r figure; do
        told=$((told + 1))
        [[ $pages == *"$(bare <<<"$figure")"* ]] || missing+=" '$figure'"
    done < <(sqlite3 :memory: "SELECT DISTINCT json_extract(figure.value, '\$.printed') FROM json_each(CAST(readfile('$work/two/report.json') AS TEXT), '\$.parts') AS part, json_each(part.value, '\$.figures') AS figure")
    [[ $told -gt 10 && -z $missing ]]
    pass_if $? "every figure of the report stands in the PDF with the same digits" "$told told, missing:$missing"
else
    echo "ok - every figure of the report stands in the PDF # SKIP no Chromium or no pdftotext here"
fi
run report "$work/two" --out csv=- --out html="$work/again.html" -o "$work/three"
expect 0 "" "a report is made again from what is stored"
[[ $out == part,name,value,* ]] && cmp -s "$work/again.html" "$work/two/report.html"
pass_if $? "byte for byte" "$out"
run report "$work/two" --out md="$work/no.md"
expect 2 "html, pdf, json, csv or text" "a form that a study has not is refused"
run capacity "$work/queue.json" "${search[@]}" -o "$work/one" -j 1
cmp "$work/one/study.json" "$work/two/study.json"
pass_if $? "how many run at once changes nothing"

run capacity "$work/queue.json" "${search[@]}" --prices scenarios/data/prices.json -o "$work/money" -n 5
expect 0 "" "a capacity has a price"
# five checks 3.75, zone 0.50, 38 resolvers at a time to live of 60 s 1.15 USD: 5.40 USD at 0.92
[ "$(sqlite3 :memory: "SELECT abs($(json "$work/money/study.json" '$.outlook.monthly') - 4.967) < 0.001")" = 1 ]
pass_if $? "that of its name server, where it has no other" "$(json "$work/money/study.json" '$.outlook.monthly')"
sed 's|"thresholds|"search": { "capacity": { "target_low": 300, "target_high": 400, "cpu": "/system/queueing/stations/pool/service" } }, "thresholds|' "$work/queue.json" >"$work/promised.json"
run capacity "$work/promised.json" "${search[@]}" --prices scenarios/data/prices.json -o "$work/promised"
expect 0 "" "what is promised is answered"
[[ $out == "Answer: the promise holds in full with nothing lost"* && $out == *"400 a second holds intact"* ]]
pass_if $? "first of all" "$out"
# p95 = ln 20 / (1 / s - 400) = 6 ms: s = 1.112 ms
[ "$(sqlite3 :memory: "SELECT abs($(json "$work/promised/study.json" '$.cpu.most_s.value') - 0.001112) < 0.03 * 0.001112")" = 1 ]
pass_if $? "and at which cost of a request it stops holding" "$(json "$work/promised/study.json" '$.cpu.most_s.value')"
sed '/volume_per_gb/d' scenarios/data/prices.json >"$work/prices.json"
run capacity "$work/queue.json" "${search[@]}" --prices "$work/prices.json" -o "$work/none"
expect 2 "volume_per_gb" "a price that is missing is named before anything is searched"

cp "$work/one/study.json" "$work/before"
# hopeless CONDITIONS WORDS: refused at its own line, before anything is searched
hopeless() {
    sed "s/\"station_sojourn\": .*\]/$1/" "$work/queue.json" >"$work/hopeless.json"
    run capacity "$work/hopeless.json" "${search[@]}" -o "$work/one"
    expect 2 "$2" "'$1' is refused"
    [[ $err == *"hopeless.json:3:"* && $err != *interval* ]]
    pass_if $? "at its own line, with the plain reason" "$err"
}
hopeless '"station_sojourn": [ "p(95)<0s" ]' "'station_sojourn: p(95)<0s' can never hold: it is never below 0"
hopeless '"station_sojourn": [ "avg<2ms", "avg>3ms" ]' "'station_sojourn: avg>3ms' can never hold together with 'avg<2ms'"
hopeless '"station_busy": [ "avg>1" ]' "can never hold: it is a share, never above 1"
run capacity scenarios/smoke/steady.json --set '/thresholds={"http_req_duration":["p(95)<=0ms"]}' --progress none -o "$work/one"
expect 2 "'http_req_duration: p(95)<=0ms' can never hold: no answer takes 0 s or less" "an answer in no time is refused"
[[ $err != *interval* ]]
pass_if $? "with the plain reason" "$err"
run capacity "$work/never.json" "${search[@]}" -o "$work/one"
expect 2 "does not hold even at 400 a second" "a threshold that can never hold is said plainly"
cmp -s "$work/one/study.json" "$work/before"
pass_if $? "and earlier results stay"
run capacity "$work/easy.json" "${search[@]}" -o "$work/easy"
expect 3 "" "what holds at the highest rate tried is no capacity"
[[ $out == *"holds at 600 a second, the highest rate tried"* ]]
pass_if $? "and is not extrapolated" "$out"
run capacity "$work/queue.json" --lowest 600 --highest 400 -o "$work/one"
expect 2 "must be below the highest" "a search from top to bottom is refused"
run capacity "$work/queue.json" --n-minus 1 -o "$work/one"
expect 2 "too few sites to lose" "sites that are not there cannot be lost"
run capacity "$work/queue.json" --rate /system/none -o "$work/one"
expect 2 "'/system/none' is not in the scenario" "a load that is not there is refused"
sed 's/"thresholds.*$/"description": "none" }/' "$work/queue.json" >"$work/bare.json"
run capacity "$work/bare.json" -o "$work/one"
expect 2 "a capacity needs thresholds" "a scenario that asks for nothing is refused"
run capacity scenarios/drills/steady.json -o "$work/one"
expect 2 "changes with time" "a load that changes with time is refused"
run check scenarios/smoke/dc-lost.json --set /method/0/at=-10m
expect 2 "the warm-up is shorter than that" "a fault cannot begin before the warm-up"
exit $bad
