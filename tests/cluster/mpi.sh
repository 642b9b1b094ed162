#!/usr/bin/env bash
# A run on 1, 2 and 3 ranks leaves the same bytes, with adaptive stopping too. Needs a build with MPI=1 in build/mpi.
. tests/scenarios/support.sh
program=$root/build/mpi/dcdrill
if ! command -v mpirun >/dev/null || [ ! -x "$program" ]; then
    skip "Open MPI or build/mpi/dcdrill (make MPI=1 BUILD=build/mpi) is not there" "ranks leave the same bytes"
    exit 0
fi
printf '{ "version": "1", "title": "One queue", "simulation": { "seed": 3, "warmup": "2s", "duration": "20s", "settle": "1s", "replications": 10 },
  "system": { "queueing": { "sources": { "in": { "interarrival": "exponential(mean=10ms)", "to": "web" } },
    "stations": { "web": { "service": "exponential(mean=5ms)", "to": { "out": true } } } } },
  "thresholds": { "station_busy{station:web}": ["avg<0.9"] } }' >"$work/queue.json"
cd "$work" || exit 1
# ranks N ARGUMENT...: the program on so many.
ranks() {
    local count=$1
    shift
    OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_plm_rsh_agent=/bin/false timeout 100 \
        mpirun --allow-run-as-root --oversubscribe --bind-to none -np "$count" "$program" "$@"
}
same_results() { # DIR DIR
    for file in results.sqlite summary.json junit.xml journal.json report.html summary.md; do cmp -s "$1/$file" "$2/$file" || { echo "$file"; return 1; }; done
}
if ! ranks 2 --version >said 2>&1; then
    skip "mpirun cannot start two ranks here: $(tail -n 1 said)" "ranks leave the same bytes"
    exit 0
fi
asked=(queue.json --precision 'station_wait{station:web} avg 6%' --max-replications 40 -q --progress none)
"$program" run "${asked[@]}" -o one >/dev/null 2>&1
for count in 1 2 3; do
    ranks "$count" run "${asked[@]}" -o "ranks$count" >said 2>&1
    same_results one "ranks$count" >>said
    pass_if $? "adaptive stopping on $count ranks leaves the bytes of one process" "$(tail -n 5 said)"
done
[ "$(json one/summary.json '$.replications')" -gt 10 ]
pass_if $? "which has added replications" "$(json one/summary.json '$.replications')"
ranks 3 run queue.json -n 7 -q --progress none -o fixed3 >said 2>&1
"$program" run queue.json -n 7 -q --progress none -o fixed1 >/dev/null 2>&1
same_results fixed1 fixed3 >>said
pass_if $? "and so does a fixed number" "$(tail -n 5 said)"
ranks 2 run nothing.json >said 2>&1
[ "$(grep -c 'nothing.json' said)" = 1 ]
pass_if $? "a mistake is told once, and all ranks end" "$(cat said)"
cd "$root" || exit 1
exit $bad
