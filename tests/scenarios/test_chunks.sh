#!/usr/bin/env bash
# A campaign divided for several machines: plan, work, merge, and what each refuses.
. tests/scenarios/support.sh
printf '{ "version": "1", "title": "One queue", "simulation": { "seed": 3, "warmup": "2s", "duration": "20s", "settle": "1s", "replications": 7 },
  "system": { "queueing": { "sources": { "in": { "interarrival": "exponential(mean=10ms)", "to": "web" } },
    "stations": { "web": { "service": "exponential(mean=5ms)", "to": { "out": true } } } } },
  "thresholds": { "station_busy{station:web}": ["avg<0.9"] } }' >"$work/queue.json"
cd "$work" || exit 1
quiet=(-q --progress none)
# same_results DIR: as the local run left them, to the last byte.
same_results() {
    for file in results.sqlite summary.json junit.xml journal.json report.html summary.md; do cmp -s "local/$file" "$1/$file" || { echo "$file"; return 1; }; done
}
"$dcdrill" run queue.json --set /simulation/duration=25s --confidence 0.9 "${quiet[@]}" -o local >/dev/null 2>&1
run plan queue.json --set /simulation/duration=25s --confidence 0.9 --chunks 3 -o plan
expect 0 "" "a campaign can be planned"
cp plan/plan.json kept.json
run plan queue.json --chunks 2 -o plan
expect 2 "is another plan" "another plan does not take its place"
cmp -s kept.json plan/plan.json
pass_if $? "which stays as it was"
run merge plan -o merged
expect 2 "3 of 3 chunks are missing: 0, 1, 2" "a merge names all chunks that are missing"
run work plan 3
expect 2 "the plan has chunks 0 to 2" "a chunk beyond the plan is refused"
for chunk in 2 0; do "$dcdrill" work plan $chunk "${quiet[@]}" >/dev/null 2>&1; done
run merge plan -o merged
expect 2 "1 of 3 chunks are missing: 1;" "a gap is refused"
[ ! -e merged ]
pass_if $? "and nothing is written"
run work plan 1 "${quiet[@]}" -j 1
run merge plan -o merged "${quiet[@]}"
same_results merged >said
pass_if $? "chunks in any order merge to the bytes of a run on one machine" "$err $(cat said)"
run work plan 1
[ "$status" -eq 0 ] && grep -q 'is there and whole' <<<"$out"
pass_if $? "a chunk that is there is not run again"

# --- killed at any moment
rm -rf plan/chunk-0001
for times in 1 2 3 4 5 6; do
    "$dcdrill" work plan 1 "${quiet[@]}" -j 1 >/dev/null 2>&1 &
    sleep 0.0$times
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
done
run work plan 1 "${quiet[@]}"
expect 0 "" "a chunk that was killed again and again can be gone on with"
rm -rf merged
"$dcdrill" merge plan -o merged "${quiet[@]}" >/dev/null 2>&1
same_results merged >said
pass_if $? "and nothing is lost or counted twice" "$(cat said)"
[ -z "$(find plan -name '.*unfinished')" ]
pass_if $? "nothing half-made lies about"
# one that was left with a replication of its own: it is taken over, not run again
mkdir plan/.chunk-0001.unfinished && rm -rf aside && mv plan/chunk-0001 aside
"$dcdrill" work plan 1 "${quiet[@]}" -j 1 --wall-limit 1ms >/dev/null 2>&1
"$dcdrill" work plan 1 "${quiet[@]}" >/dev/null 2>&1
cmp -s aside/results.sqlite plan/chunk-0001/results.sqlite
pass_if $? "a chunk has the same bytes whatever happened on the way"

# --- what is refused
refused() { # TEXT SENTENCE: merging ends with 2 and leaves earlier results
    run merge plan -o merged
    expect 2 "$1" "$2"
    same_results merged >/dev/null || pass_if 1 "earlier results stay: $2"
}
cp -a plan safe
head -c 3000 safe/chunk-0001/results.sqlite >plan/chunk-0001/results.sqlite
refused "chunk-0001/results.sqlite" "a chunk that was cut off is named"
rm -r plan/chunk-0001 && cp -a plan/chunk-0002 plan/chunk-0001
refused "is chunk 2, which is there twice" "a chunk that is there twice is refused"
rm -r plan && cp -a safe plan
sqlite3 plan/chunk-0001/results.sqlite "UPDATE fact SET value = 'abc' WHERE name = 'plan'"
refused "is a chunk of another plan" "a chunk of another plan is refused"
rm -r plan && cp -a safe plan
sqlite3 plan/chunk-0001/results.sqlite "UPDATE fact SET value = 'abc' WHERE name = 'build'"
refused "another build of the program" "chunks of different builds are refused"
rm -r plan && cp -a safe plan
sqlite3 plan/chunk-0001/results.sqlite "DELETE FROM run WHERE run = 2"
refused "replication 3, completed, where 2 should stand" "a chunk without one of its replications is refused"
rm -r plan && cp -a safe plan
sed -i 's/"replications":\t7/"replications":\t8/' plan/plan.json
refused "was changed since" "a plan that was changed by hand is refused"
head -c 100 safe/plan.json >plan/plan.json
refused "plan.json:" "a plan that was cut off is refused"
cp safe/plan.json plan/ && sed -i 's/mean=5ms/mean=6ms/' queue.json
refused "is not what it was when it was planned" "a scenario that has changed since is refused"
sed -i 's/mean=6ms/mean=5ms/' queue.json

# --- a recipe
if command -v parallel >/dev/null; then
    rm -rf plan merged
    "$dcdrill" plan queue.json --set /simulation/duration=25s --confidence 0.9 --chunks 3 -o plan >/dev/null
    DCDRILL=$dcdrill bash "$root/scripts/cluster/parallel.sh" plan merged >said 2>&1
    same_results merged >>said
    pass_if $? "GNU parallel runs the chunks, and they merge to the same bytes" "$(tail -n 5 said)"
    rm -rf plan/chunk-0002
    DCDRILL=$dcdrill bash "$root/scripts/cluster/parallel.sh" plan merged >said 2>&1
    same_results merged >>said && [ -e plan/chunk-0002 ]
    pass_if $? "and a second time only what is missing" "$(tail -n 5 said)"
else
    skip "GNU parallel is not installed" "GNU parallel runs the chunks"
fi
cd "$root" || exit 1
exit $bad
