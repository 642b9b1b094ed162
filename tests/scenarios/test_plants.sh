#!/usr/bin/env bash
# Faults of the simulator itself, each planted into a program of its own: what leaks into the simulated
# world makes two lives of a replication part, and the first event that differs is named; a tie in an
# order and a broken law end the run. Without a plant both lives are the same.
. tests/scenarios/support.sh
if [ "$build" != build ]; then
    skip "done with the usual build (a sanitizer's allocator hides what memory held)" "planted faults"
    exit 0
fi
make --no-print-directory -s -j "$(nproc)" plants >"$work/make" 2>&1
pass_if $? "the planted programs build" "$(tail -n 5 "$work/make")"
whole=$dcdrill
scenario=scenarios/smoke/steady.json
short=(-n 1 --until 4s --set '/system/plant={}' -o "$work/out" -q --progress none)

# planted NAME: the program with that fault from now on.
planted() {
    dcdrill=$build/plants/$1/dcdrill
}

# parts NAME TEXT SENTENCE: two lives part, at an event in which TEXT stands.
parts() {
    planted "$1"
    run run "$scenario" "${short[@]}" --verify-determinism
    expect 5 "of 'plant@world'" "$3"
    [[ $err == *"one life: "*"$2"*"other life: "*"$2"* ]]
    pass_if $? "both payloads of it are told" "said: ${err:0:600}"
    [ ! -e "$work/out" ]
    pass_if $? "it leaves no results"
}

parts address "'plant.notes' of 'plant@world', detail" "order from addresses is found"
parts uninitialised "'plant.notes' of 'plant@world', detail" "a read of uninitialised memory is found"
parts clock "'plant.notes' of 'plant@world', detail" "a look at the clock on the wall is found"
parts race "'plant.notes' of 'plant@world', detail" "a race of workers is found"

planted tie
run run "$scenario" "${short[@]}"
expect 70 "compare as equal and are not" "a comparison that ties is found in any run"

planted books
run run "$scenario" "${short[@]}"
expect 70 "flow balance does not hold at 'plant@world', counter from time 2s to 3s" \
    "a broken law names station and window"

dcdrill=$whole
run run scenarios/smoke/dc-lost.json -n 2 -o "$work/once" --progress none
run run scenarios/smoke/dc-lost.json -n 2 -o "$work/twice" --progress none --verify-determinism
expect 0 "replication 1: " "without a plant both lives of each replication are the same"
cmp -s "$work/once/results.sqlite" "$work/twice/results.sqlite"
pass_if $? "a verified run leaves the same results"
exit $bad
