#!/usr/bin/env bash
# Folders of scenarios, baselines, comparisons, history, and the files for build servers, whose steps are followed here.
. tests/scenarios/support.sh

# queue NAME SERVICE: an M/M/1 that takes milliseconds to simulate.
queue() {
    mkdir -p "$(dirname "$1")"
    printf '{ "version": "1", "title": "One queue", "simulation": { "seed": 3, "warmup": "2s", "duration": "20s", "settle": "1s", "replications": 12 },
  "system": { "queueing": { "sources": { "in": { "interarrival": "exponential(mean=10ms)", "to": "web" } },
    "stations": { "web": { "service": "exponential(mean=%s)", "to": { "out": true } } } } },
  "thresholds": { "station_busy{station:web}": ["avg<0.9"] } }' "$2" >"$1"
}
mkdir -p "$work/project/scripts" && cd "$work/project" || exit 1
queue scenarios/smoke/one.json 5ms
queue scenarios/smoke/below/two.json 4ms
echo '{ "version": "1", "title": "Only for others to extend" }' >scenarios/smoke/base.json
here="--progress none"

# --- a folder
# shellcheck disable=SC2086
run run scenarios/smoke $here -q -o out --out junit=all.xml --out summary=all.json --out gitlab=metrics.txt
[ "$status" -le 3 ] && [ "$(json out/folder.json '$.scenarios[0].name')" = below/two ] && [ "$(json out/folder.json '$.scenarios[1].name')" = one ]
pass_if $? "a folder runs every scenario below it, and nothing that is only extended" "$err"
cmp -s out/junit.xml all.xml && [ "$(grep -c '<testsuite ' all.xml)" = 2 ] && [ "$(grep -c '</testsuites>' all.xml)" = 1 ]
pass_if $? "one JUnit file holds the suites of all"
[ "$(grep -c '^# TYPE' metrics.txt)" = 5 ] && [ -z "$(grep '^# TYPE' metrics.txt | sort | uniq -d)" ] && [ "$(grep -c '^# EOF' metrics.txt)" = 1 ] && [ "$(grep -c '^dcdrill_verdict' metrics.txt)" = 2 ]
pass_if $? "the metrics of all are one report" "$(cat metrics.txt)"
"$dcdrill" run scenarios/smoke -j 1 -q --progress none -o again >/dev/null 2>&1
cmp -s out/one/summary.json again/one/summary.json && cmp -s out/folder.json again/folder.json
pass_if $? "with any number of jobs the results are the same"
echo '{ "version": "1",' >scenarios/smoke/broken.json
run run scenarios/smoke -q --progress none -o broken
expect 2 "broken.json:2:1: error" "a broken file in a folder is told, with its place"
[ "$(json broken/folder.json '$.scenarios[1].verdict')" = "wrong input" ] && [ -e broken/one/summary.json ]
pass_if $? "and the others are run all the same"
rm scenarios/smoke/broken.json
run run scenarios/smoke -q -o other --out html=x
expect 2 "of several scenarios there are junit" "an output that cannot be put together is refused"
mkdir empty
run run empty
expect 2 "no scenario to judge" "a folder without scenarios is named"

# --- baselines
run baseline out -o baselines
[ "$status" -eq 0 ] && [ -e baselines/one.baseline.json ] && [ -e baselines/below/two.baseline.json ] && [ "$(wc -c <baselines/one.baseline.json)" -lt 20000 ]
pass_if $? "baselines are small files, one a scenario" "$err"
cp -a baselines kept
run baseline again -o baselines
[ "$status" -eq 0 ] && diff -r baselines kept >/dev/null
pass_if $? "the same results give the same bytes"
run compare out baselines --out junit=compare.xml
expect 0 "" "what has not changed is fine"
grep -qE 'cost         (not judged: .*[a-z]|.*instructions a replication, were)' "$work/stdout"
pass_if $? "the cost in instructions is judged, or the words say why not" "$out"
queue scenarios/smoke/one.json 5.5ms
"$dcdrill" run scenarios/smoke -q --progress none -o changed >/dev/null 2>&1
run compare changed baselines --out junit=compare.xml
[ "$status" -eq 4 ] || [ "$status" -eq 3 ]
pass_if $? "a slower service is not fine" "$status $out"
grep -qE 'station_wait avg .* worse$' <<<"$out" && grep -q 'the scenario has changed' <<<"$out" && grep -q '<failure message="worse' compare.xml
pass_if $? "it is told which metric is worse, by how much and since what" "$out"
run compare changed/one baselines
expect 4 "" "worse than the baseline ends with 4"
run compare changed/one baselines --exit-zero-on 4
expect 0 "" "'--exit-zero-on' forgives that"
run run scenarios/smoke/one.json -q --progress none -o single --baseline baselines
expect 4 "" "'run --baseline' compares what it ran"
run compare out/one baselines/below/two.baseline.json
expect 2 "is the baseline of another scenario" "the baseline of another scenario is refused"
sed 's/"version": "0/"version": "9/' baselines/one.baseline.json >other.json
run compare out/one other.json
expect 2 "is the baseline of another version" "the baseline of another version is refused"
head -c 700 baselines/one.baseline.json >cut.json
run compare out/one cut.json
expect 2 "cut.json:" "a baseline that was cut off is refused with its place"
cp cut.json baselines/one.baseline.json
run baseline out -o baselines
expect 2 "one.baseline.json:" "a broken baseline is not overwritten"
cmp -s cut.json baselines/one.baseline.json
pass_if $? "and stays as it was"
cp kept/one.baseline.json baselines/
sed 's/"order":"./"order":"0/' kept/one.baseline.json >baselines/one.baseline.json
run compare out/one baselines
expect 1 "" "another order of events under the same scenario and version fails until it is declared"
run baseline out -o baselines
expect 2 "say why with --declare" "a baseline does not follow a change that nobody declared"
run compare out/one baselines --declare "events of one instant are sorted"
[ "$status" -eq 0 ] && grep -q 'declared: events of one instant' <<<"$out"
pass_if $? "a declared change is judged by its metrics" "$out"
run baseline out -o baselines --declare "events of one instant are sorted"
[ "$status" -eq 0 ] && [ "$(json baselines/declared.json '$.changes[0].why')" = "events of one instant are sorted" ]
pass_if $? "the reason is kept beside the baselines" "$err"
rm -r baselines && cp -a kept baselines
rm -r changed/one
run compare changed baselines
[ "$status" -eq 3 ] && grep -q 'was the scenario removed' <<<"$out"
pass_if $? "a baseline without results is told" "$out"

# --- history
for revision in a b c; do run history history.sqlite out --commit $revision; done
[ "$status" -eq 0 ] && grep -q '^3 revisions, 0 changes' <<<"$out"
pass_if $? "the history keeps what was measured at each revision" "$out$err"
cp out/one/results.sqlite stranger.sqlite
run history stranger.sqlite out --commit d
expect 2 "is no history of dcdrill" "results are not taken for a history"
env -u GITHUB_SHA -u CI_COMMIT_SHA -u GIT_COMMIT "$dcdrill" history history.sqlite out >"$work/stdout" 2>"$work/stderr"
status=$? err=$(cat "$work/stderr")
expect 2 "--commit" "the revision must be named"

# --- build servers: the steps of the files that users copy, in a project of their own
queue scenarios/smoke/one.json 5ms
mkdir -p build && ln -s "$dcdrill" build/dcdrill && printf 'all:\n' >Makefile
printf '#!/bin/sh\n' >scripts/deps.sh && chmod +x scripts/deps.sh
# steps FILE: the shell of each step of a workflow for GitHub, one file each in order of its steps.
steps() {
    awk -v to="$work/step" '
        /^      - / { on = 0 }
        /^        run: \|$/ { n++; on = 1; next }
        /^        run: / { n++; sub(/^        run: /, ""); print > (to n); on = 0; next }
        on && /^          / { sub(/^          /, ""); print > (to n); next }
        { on = 0 }' "$1"
}
follow() { # the steps of GitHub's file; the worst status in $status
    rm -f "$work"/step*
    status=0
    steps "$root/scripts/ci/github-actions.yml"
    for step in $(seq 1 "$(find "$work" -name 'step[0-9]*' | wc -l)"); do
        GITHUB_SHA=abc GITHUB_STEP_SUMMARY=$work/summary.md bash -eo pipefail "$work/step$step" >>"$work/log" 2>&1 || status=$?
    done
}
rm -rf out history.sqlite baselines && cp -a kept baselines
follow
[ "$status" -eq 0 ] && [ "$(find "$work" -name 'step[0-9]*' | wc -l)" = 4 ] && [ -e out/compare.xml ] && [ -e history.sqlite ] && grep -q '^::group::' "$work/log" && grep -q 'Against the baseline: fine' "$work/summary.md"
pass_if $? "the steps for GitHub end well when nothing has changed" "$(tail -n 20 "$work/log")"
queue scenarios/smoke/one.json 9.5ms
follow
[ "$status" -ne 0 ] && grep -qE '^::error file=scenarios/smoke/one.json,line=4,title=threshold station_busy' "$work/log"
pass_if $? "and fail at the threshold's own line when it is broken" "$status $(grep '^::' "$work/log")"
# The script of GitLab's job, line by line as GitLab joins them.
awk '/^  script:/ { on = 1; next } /^  [a-z]/ { on = 0 } on { sub(/^    - /, ""); print }' "$root/scripts/ci/gitlab-ci.yml" >"$work/gitlab"
queue scenarios/smoke/one.json 5.5ms
CI_COMMIT_SHA=def bash -eo pipefail "$work/gitlab" >"$work/log" 2>&1
status=$?
[ $status -eq 3 ] || [ $status -eq 4 ]
pass_if $? "GitLab's job ends with what its file allows to fail when something is worse" "$status $(tail -n 5 "$work/log")"
[ "$(grep -c 'def' <(sqlite3 history.sqlite 'SELECT DISTINCT revision FROM trend'))" = 1 ] && [ -e out/metrics.txt ] && [ -e out/junit.xml ]
pass_if $? "and leaves the reports that its file names"
cd "$root" || exit 1
exit $bad
