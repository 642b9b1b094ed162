#!/usr/bin/env bash
# The program as one types it: help, mistakes in the command line, settings, JSON, pipes, replay.
. tests/scenarios/support.sh
scenario=scenarios/smoke/steady.json
short=(-n 1 -q --progress none)

# --- help and mistakes
run
expect 0 "" "without a command the program tells what it can do"
[[ $out == *"Example:"*"dcdrill run"* ]]
pass_if $? "help shows an example first" "$out"
for command in run check show replay report status list explain theory schema; do
    run $command --help
    [ "$status" -eq 0 ] && [[ $out == *"dcdrill $command"* ]]
    pass_if $? "'$command --help' tells about it"
done
run --version
[[ $out == "dcdrill "[0-9]* ]]
pass_if $? "'--version' names the version" "$out"
run rnu $scenario
expect 2 "unknown command 'rnu'; did you mean 'run'?" "a misspelt command is suggested"
run run --jbos 3 $scenario
expect 2 "--jbos" "an unknown flag is named"
run run
expect 2 "needs a scenario file" "'run' without a file says what it needs"
run run $scenario -j 0x
expect 2 "0x" "a number that is none is named"
run run $scenario -j -1
expect 2 "at least 1" "jobs have a least number"
run run $scenario --until 30
expect 2 "needs a duration with a unit" "a time needs a unit"
for flag in '--until -5s' '--until 0s' '--wall-limit 0s' '-n 0' '-j 0' '--max-replications 0' '--confidence 0'; do
    # shellcheck disable=SC2086 # a flag and its value are two words
    run run $scenario $flag
    expect 2 "must" "'$flag' is refused and not taken for nothing"
done
head -c 17000000 /dev/zero | tr '\0' ' ' >"$work/huge.json"
run check "$work/huge.json"
expect 2 "File too large" "a file of many megabytes is refused before it takes a gigabyte"
run check $scenario --set '/simulation/duration="1000000000d"'
expect 2 "malformed or too large" "a duration of a million years does not blame its unit"
run run $scenario --progress loud
expect 2 "auto, bar, plain or none" "an unknown progress mode is refused"
run run $scenario --color maybe
expect 2 "auto, always or never" "an unknown colour mode is refused"
run run $scenario --set load/users=1 "${short[@]}" -o "$work/out"
expect 2 "--set" "a pointer that is none is named"
run run $scenario --var nothing "${short[@]}" -o "$work/out"
expect 2 "--var" "a variable without a value is named"
run run $scenario --seed xyz "${short[@]}" -o "$work/out"
expect 2 "seed" "a seed that is none is named"
[ ! -e "$work/out" ]
pass_if $? "nothing is written after a mistake in the command line"
run list fualts
expect 2 "did you mean 'faults'?" "a misspelt list is suggested"
run explain node.crsh
expect 2 "did you mean 'node.crash'?" "a misspelt name is suggested"
run replay "$work/nothing"
expect 2 "nothing" "'replay' names results that are not there"

# --- what can be read
for family in faults checks metrics events kinds; do
    run list $family
    [ "$status" -eq 0 ] && [ "$(wc -l <<<"$out")" -ge 5 ]
    pass_if $? "'list $family' lists them"
done
for name in node.crash wildfly wildfly.cpu http_req_failed converges route53.health-changed; do
    run explain $name
    [ "$status" -eq 0 ] && [ -n "$out" ]
    pass_if $? "'explain $name' tells about it"
done
run explain
[ "$status" -eq 0 ] && grep -q '^#' <<<"$out"
pass_if $? "'explain' alone tells everything"
run --help
grep -qE '^  124 ' <<<"$out"
pass_if $? "help tells the exit statuses"
run schema
echo "$out" >"$work/schema.json"
[ "$(json "$work/schema.json" '$.title')" != "" ] && [ "$(sqlite3 :memory: "SELECT json_valid(CAST(readfile('$work/schema.json') AS TEXT))")" = 1 ]
pass_if $? "'schema' prints JSON"
run show scenarios/smoke/dc-lost.json --origins
grep -q 'scenarios/topologies/five-dc.json:[0-9]' <<<"$out"
pass_if $? "'show --origins' names file and line of a value"
run show scenarios/smoke/wildfly-killed.json --plan
grep -qE 'kill-wildfly: 1 targets.*wildfly@DC01-app' <<<"$out"
pass_if $? "'show --plan' names the victims that the seed picks" "$out"

# --- JSON, colours and pipes
run run $scenario "${short[@]}" -o "$work/out" --json
printf '%s\n' "$out" >"$work/printed.json"
cmp -s "$work/printed.json" "$work/out/summary.json"
pass_if $? "'--json' prints summary.json and nothing else" "$(diff "$work/printed.json" "$work/out/summary.json" | head -n 5)"
run run $scenario "${short[@]}" -o "$work/out"
! grep -q $'\033' <<<"$out"
pass_if $? "no colours where there is no terminal"
run run $scenario "${short[@]}" -o "$work/out" --color always
grep -q $'\033' <<<"$out"
pass_if $? "'--color always' colours all the same"
DCDRILL_COLOR=always run run $scenario "${short[@]}" -o "$work/out" --no-color
! grep -q $'\033' <<<"$out"
pass_if $? "a flag is stronger than the environment"
if command -v script >/dev/null; then
    NO_COLOR=1 script -qec "$dcdrill run $scenario -n 1 -q -o $work/out" /dev/null >"$work/tty" 2>&1 </dev/null
    ! grep -q $'\033\[3' "$work/tty" && grep -q CHECK "$work/tty"
    pass_if $? "NO_COLOR takes the colours from a terminal" "$(head -n 5 "$work/tty")"
fi
"$dcdrill" schema 2>"$work/stderr" | head -c 100 >/dev/null
status=${PIPESTATUS[0]}
[ "$status" -le 1 ] && [ "$(wc -l <"$work/stderr")" -le 1 ]
pass_if $? "a pipe that closes early ends the program quietly" "exit status $status: $(cat "$work/stderr")"
"$dcdrill" list metrics >/dev/full 2>"$work/stderr"
status=$?
err=$(cat "$work/stderr")
expect 2 "cannot write to standard output" "a full disk behind standard output is told"

# --- settings: flags, environment, .dcdrill.json
mkdir "$work/project"
cd "$work/project" || exit 1
seed_of() { json "$work/out/summary.json" '$.seed'; }
echo '{ "seed": 5, "jobs": 1 }' >.dcdrill.json
run run "$root/$scenario" "${short[@]}" --until 1s -o "$work/out"
[ "$(seed_of)" = 5 ] && [ "$(json "$work/out/run-meta.json" '$.jobs')" = 1 ]
pass_if $? ".dcdrill.json sets seed and jobs" "$err"
DCDRILL_SEED=6 DCDRILL_JOBS=3 run run "$root/$scenario" "${short[@]}" --until 1s -o "$work/out"
[ "$(seed_of)" = 6 ] && [ "$(json "$work/out/run-meta.json" '$.jobs')" = 3 ]
pass_if $? "the environment is stronger than .dcdrill.json" "$err"
DCDRILL_SEED=6 run run "$root/$scenario" "${short[@]}" --until 1s -o "$work/out" -s 7 -j2
[ "$(seed_of)" = 7 ] && [ "$(json "$work/out/run-meta.json" '$.jobs')" = 2 ]
pass_if $? "flags are stronger than the environment" "$err"
DCDRILL_JOBS=many run run "$root/$scenario" "${short[@]}" -o "$work/out"
expect 2 "'many'" "a wrong value in the environment is named"
echo '{ "sed": 5 }' >.dcdrill.json
run run "$root/$scenario" "${short[@]}" -o "$work/out"
expect 2 ".dcdrill.json:1:3: error: unknown setting 'sed'; did you mean 'seed'?" "a misspelt setting is suggested"
rm .dcdrill.json
cd "$root" || exit 1

# --- one more time
run run scenarios/smoke/dc-lost.json -n 2 -q --progress none -o "$work/out" --set '/load/users/retries=2' --seed 0xbeef
grep -qF -- "--set /load/users/retries=2" <<<"$out" && grep -qF -- "--seed 0xbeef -n 2" <<<"$out"
pass_if $? "the summary ends with the command that repeats the run" "$(tail -n 1 <<<"$out")"
grep -qE '^  t=5\.0 +lose-dc03 +dc\.outage: applied to 6, bit 6' <<<"$out" && grep -qE '^  t=15\.0 +dc\.restored' <<<"$out"
pass_if $? "the summary tells what was done and what happened when" "$out"
grep -q "'DC03' came back from 'lose-dc03' before it could serve" "$work/out/summary.md" && grep -q "before it could serve" "$work/out/report.html"
pass_if $? "the report tells of a site whose web servers are back before its applications"
first=$(sqlite3 "$work/out/results.sqlite" 'SELECT fingerprint FROM run WHERE run = 1')
run replay "$work/out" 1
[ "$status" -eq 0 ] && grep -q "fingerprint $first" <<<"$out"
pass_if $? "'replay' repeats one replication to the last event" "was $first, exit status $status: $out $err"
run replay "$work/out" 0 --trace 7 --until 1s
[[ $err == *"the fingerprint is compared with none: this replay was cut by '--until'"* ]]
pass_if $? "a replay that was cut says that it compared nothing" "$err"
[ "$(grep -c '^t=' <<<"$out")" -ge 3 ]
pass_if $? "'replay --trace' shows the path of one request" "$out"
sqlite3 "$work/out/results.sqlite" "UPDATE run SET fingerprint = '0000000000000001'"
run replay "$work/out" 1
expect 5 "have changed since" "a replay that ends differently says so"

printf '{ "version": "1", "extends": ["%s"], "configuration": { "peak_rate": { "type": "env", "key": "PEAK", "env_var_type": "int", "default": 50 } } }' "$root/$scenario" >"$work/env.json"
PEAK=60 run run "$work/env.json" "${short[@]}" -o "$work/out"
[ "$(json "$work/out/journal.json" '$.experiment.configuration.peak_rate')" = 60 ]
pass_if $? "the journal keeps what the environment said"
run replay "$work/out" 0
expect 0 "" "a run can be repeated without its environment"

# --- several scenarios, tags, exit statuses
run run scenarios/smoke/steady.json scenarios/smoke/dc-lost-stock.json scenarios/smoke/bites-nothing.json -n 2 -q --progress none -o "$work/several"
expect 1 "" "the worst of several scenarios decides"
[ -e "$work/several/steady/summary.json" ] && [ -e "$work/several/bites-nothing/summary.json" ]
pass_if $? "each of several scenarios has its own directory"
[[ $err != *warning:* ]]
pass_if $? "'-q' keeps warnings to itself" "$err"
run check scenarios/smoke/dc-lost-stock.json -q
[[ $status -eq 0 && $err == *warning:* ]]
pass_if $? "which are what 'check' is asked for" "$err"
printf '{ "version": "1", "extends": ["%s"], "thresholds": null, "invariants": null, "runtime": null, "steady-state-hypothesis": null }' "$root/scenarios/smoke/steady.json" >"$work/nothing.json"
run run "$work/nothing.json" "${short[@]}" -q -o "$work/nothing"
[[ $status -eq 0 && $out == *"nothing was checked: the scenario does not say what must hold"* ]]
pass_if $? "a scenario that asks nothing says so" "$out $err"
# --- build servers
printf '{ "version": "1", "extends": ["%s/scenarios/smoke/steady.json"], "title": "50%% more, less: fine",\n  "thresholds": { "http_reqs": [\n    "count>1000000"] },\n  "must-happen": { "m": { "event": "dc.restored" } } }' "$root" >"$work/ci.json"
GITHUB_STEP_SUMMARY=$work/step.md run run "$work/ci.json" -n 2 -q --progress none -o "$work/out" --out github=- --out gitlab="$work/metrics.txt" --confidence 0.9
expect 1 "OBSERVED (90% CI)" "'--confidence' sets the level of intervals"
[ "$(sqlite3 "$work/out/results.sqlite" "SELECT value FROM fact WHERE name = 'confidence'")" = 0.9 ]
pass_if $? "and is kept with the results"
grep -qF "::group::$work/ci.json  50%25 more, less: fine" <<<"$out" && grep -qF "::endgroup::" <<<"$out"
pass_if $? "'--out github=-' groups a scenario" "$out"
grep -qE "^::error file=$work/ci.json,line=3,title=threshold http_reqs count>1000000::[0-9.,]+; " <<<"$out"
pass_if $? "and puts an error at the threshold's line" "$out"
grep -qE "^::warning file=$work/ci.json,line=4,title=must-happen m dc.restored count>=1::" <<<"$out"
pass_if $? "and a warning at what could not be judged" "$out"
cmp -s "$work/step.md" "$work/out/summary.md"
pass_if $? "and appends the summary to the job's"
grep -qE '^dcdrill_verdict\{scenario="[^"]+",check="threshold http_reqs count>1000000"\} 2$' "$work/metrics.txt" && [ "$(tail -n 1 "$work/metrics.txt")" = "# EOF" ]
pass_if $? "'--out gitlab=PATH' writes a metrics report" "$(cat "$work/metrics.txt")"
[ "$(grep -cE '^dcdrill_(low|high)\{.*http_reqs count>1000000"\} [0-9]' "$work/metrics.txt")" = 2 ]
pass_if $? "with both ends of the interval" "$(cat "$work/metrics.txt")"
run run "$work/ci.json" -o "$work/out" --confidence 95
expect 2 "'--confidence' must lie from 0.5 to 0.9999" "a level that is none is refused"
run run scenarios/smoke/bites-nothing.json -n 2 -q --progress none -o "$work/out" --exit-zero-on 3,4
expect 0 "" "'--exit-zero-on' forgives"
run run scenarios/smoke/steady.json "${short[@]}" -o "$work/skipped" --skip smoke
[ "$status" -eq 0 ] && [ ! -e "$work/skipped" ]
pass_if $? "'--skip' leaves out what has the tag"
run run $scenario -n 1 --progress plain -o "$work/out"
grep -q 'baseline' <<<"$err"
pass_if $? "'--progress plain' writes lines" "$err"
exit $bad
