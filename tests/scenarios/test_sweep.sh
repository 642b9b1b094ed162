#!/usr/bin/env bash
# A scenario goes over the values of its settings; which of many matter is told.
. tests/scenarios/support.sh

cat >"$work/queue.json" <<'END'
{ "version": "1", "title": "a queue", "simulation": { "seed": 3, "warmup": "1s", "duration": "8s", "settle": "0s", "replications": 4, "sample_interval": "200ms" },
  "system": { "queueing": { "sources": { "in": { "interarrival": "exponential(mean=1ms)", "to": "web" } }, "stations": { "web": { "service": "exponential(mean=700us)" } } } } }
END
busy=(--metric 'station_busy avg 1%' --progress none)
server=/system/queueing/stations/web/servers
service=/system/queueing/stations/web/service

run sweep "$work/queue.json" --over rate=200..1200/6 --metric 'station_sojourn p(90) 1%' "${busy[@]}" -o "$work/rate" -j 2
expect 0 "" "a queue goes over six rates"
# utilisation law: 700 us times the rate
[ "$(sqlite3 :memory: "SELECT abs($(json "$work/rate/study.json" '$.points[5].values[1].value') - 0.84) < 0.02")" = 1 ]
pass_if $? "and is as busy as the utilisation law says"
# p90 of M/M/1 rises by 1 % for each 1 % at half of its capacity: 714 a second
[ "$(sqlite3 :memory: "SELECT abs($(json "$work/rate/study.json" '$.knee') - 714) < 150")" = 1 ]
pass_if $? "its knee is where theory has it" "$(json "$work/rate/study.json" '$.knee')"
[ "$(wc -l <"$work/rate/study.csv")" = 13 ]
pass_if $? "a line of CSV for each point and metric"
[[ $(head -n 2 "$work/rate/study.csv" | tail -n 1) == *'"pooled quantile, Student t with skewness over replications","'* && $out == *"n, method and why of each are in study.json"* ]]
pass_if $? "with n, method and why it is not reliable" "$(head -n 3 "$work/rate/study.csv") $out"
run sweep "$work/queue.json" --over rate=200..1200/3 --metric 'station_throughput rate 1%' --progress none -o "$work/through" -n 3
expect 0 "" "what gets through goes over three rates"
grep -q "What gets through over the rate that is offered" "$work/through/report.html" && grep -q "all that is offered" "$work/through/report.html"
pass_if $? "and is drawn beside what is offered" "$(grep -o 'over the rate[^<]*' "$work/through/report.html" | head -n 3)"
again=$(json "$work/through/study.json" '$.command')
(eval "\"\$dcdrill\" ${again#dcdrill } --progress none -j 1 -o $work/again") >/dev/null 2>&1
cmp -s "$work/through/study.json" "$work/again/study.json" && grep -qF "$(json "$work/through/study.json" '$.fingerprint')" "$work/through/report.txt"
pass_if $? "the command in the report gives the same figures and fingerprint again" "$again"
run sweep "$work/queue.json" --over rate=400..1000/2 --over "$server=1,2" "${busy[@]}" -o "$work/grid" -n 3
expect 0 "" "two settings make a grid"
corners="SELECT group_concat(abs(json_extract(value, '$.values[0].value') - CASE key WHEN 0 THEN 0.28 WHEN 1 THEN 0.14 WHEN 2 THEN 0.7 ELSE 0.35 END) < 0.02, '') FROM json_each(CAST(readfile('$work/grid/study.json') AS TEXT), '$.points')"
[ "$(sqlite3 :memory: "$corners")" = 1111 ]
pass_if $? "of which each corner is told" "$out"
run sweep "$work/queue.json" --sensitivity --over rate=950..1050/2 --over "$server=1,2" "${busy[@]}" -o "$work/tornado" -n 10
expect 0 "" "each setting goes to its ends alone"
[ "$(json "$work/tornado/study.json" '$.effects[0].setting')" = "$server" ]
pass_if $? "what matters most stands first" "$out"
run sweep "$work/queue.json" --morris 3 --over rate=500..1100/2 --over "$service=exponential(mean={600..800/2}us)" "${busy[@]}" -o "$work/morris" -n 3
expect 0 "" "settings are screened"
[ "$(json "$work/morris/study.json" '$.effects[0].setting')" = rate ]
pass_if $? "what matters most stands first here too" "$out"

# customers who think for 9 ms and are served for 1 ms, one after the other: 1,000 a second, and never fewer
cat >"$work/closed.json" <<'END'
{ "version": "1", "title": "a closed queue", "simulation": { "seed": 3, "warmup": "1s", "duration": "8s", "settle": "0s", "replications": 3, "sample_interval": "200ms" },
  "system": { "queueing": { "populations": { "users": { "customers": 1, "think": "exponential(mean=9ms)", "to": "web" } }, "stations": { "web": { "service": "exponential(mean=1ms)" } } } } }
END
run sweep "$work/closed.json" --over /system/queueing/populations/users/customers=1..25/7 --metric 'station_throughput rate 1%' --progress none -o "$work/usl"
[ "$(sqlite3 :memory: "SELECT abs($(json "$work/usl/study.json" '$.usl.gamma') - 100) < 15")" = 1 ] && [[ $out == *"no peak inside the data"* ]]
pass_if $? "a sweep over users tells of the Universal Scalability Law, and of no peak where nothing falls" "$out"
! json "$work/rate/study.json" '$.usl' | grep -q alpha
pass_if $? "an offered load is no number of those who work"

run sweep "$work/queue.json" "${busy[@]}" -o "$work/none"
expect 2 "what to go over" "nothing to go over is refused"
run sweep "$work/queue.json" --over rate=5 --over rate=6 --over rate=7 -o "$work/none"
expect 2 "from 1 to 2 settings" "three settings make no table"
run sweep "$work/queue.json" --over rate=0..10/3 -o "$work/none"
expect 2 "a rate that is not above 0" "no load is no load"
run sweep "$work/queue.json" --over rate=1..10/1 -o "$work/none"
expect 2 "at least two different numbers" "a range of one is refused"
run sweep "$work/queue.json" --over "$service=fast,slow" -o "$work/none"
expect 2 "must be a distribution" "a value that the setting does not take is refused"
run sweep "$work/queue.json" --over /configuration/servers=1,2 -o "$work/none"
expect 2 "nothing uses the variable 'servers'" "a variable that nobody uses is refused"
run sweep "$work/queue.json" --over "${server%s}=1,2" --sensitivity -o "$work/none"
expect 2 "did you mean 'servers'?" "a setting that is mistyped is refused with the right one"
run sweep "$work/queue.json" --over "$server=1,2,many" --progress plain -o "$work/none"
expect 2 "'servers' must be" "the last value is looked at"
[[ $err != *"point 1"* ]]
pass_if $? "before the first is tried" "$err"
[ ! -e "$work/none" ]
pass_if $? "and nothing is written"
exit $bad
