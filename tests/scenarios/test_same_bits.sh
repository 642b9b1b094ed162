#!/usr/bin/env bash
# The same seed gives the same results, bit by bit: for any number of jobs, with gcc and clang, for
# each level of optimisation, with and without fused multiply-add. Compared are the fingerprint, every
# byte of summary.json and journal.json and every row of results.sqlite. (The sanitizers' build is held
# to the same golden fingerprints by test_smoke.sh.) Each variant also has the golden fingerprint of
# wan-poor.json; with FULL=1 (make same-bits) there are twelve variants, each of which has those of all
# smoke scenarios.
. tests/scenarios/support.sh
if [ "$build" != build ]; then
    skip "done with the usual build" "same bits"
    exit 0
fi
scenario=scenarios/smoke/dc-lost.json
others=(scenarios/smoke/wan-poor.json)
[ -z "${FULL:-}" ] || others=(scenarios/smoke/*.json)

# live NAME COMMAND...: runs the scenario; what is to be compared goes to $work/NAME.txt.
live() {
    local name=$1
    shift
    env "${@:2}" "$1" run "$scenario" -o "$work/same" -q --progress none ${jobs:+-j "$jobs"} >/dev/null 2>"$work/$name.err"
    {
        sqlite3 "$work/same/results.sqlite" .dump
        cat "$work/same/summary.json" "$work/same/journal.json" "$work/same/junit.xml"
    } >"$work/$name.txt" 2>&1
    rm -rf "$work/same"
}

# same NAME SENTENCE: compares with the first.
same() {
    local difference
    difference=$(diff "$work/first.txt" "$work/$1.txt" | head -n 5 | cut -c 1-200)
    [ -z "$difference" ] && [ "$(wc -c <"$work/$1.txt")" -gt 10000 ]
    pass_if $? "$2" "$difference
$(head -n 5 "$work/$1.err")"
}

# golden NAME COMMAND [VARIABLE=VALUE...]: all of others end as tests/golden/smoke.txt says.
golden() {
    local name=$1 file line bad=''
    for file in "${others[@]}"; do
        env "${@:3}" "$2" run "$file" -o "$work/same" -q --progress none -j $((++turn % 3 + 1)) >/dev/null 2>"$work/$name.err"
        line="$(basename "$file" .json) $? $(json "$work/same/summary.json" '$.fingerprint')"
        grep -qxF "$line" tests/golden/smoke.txt || bad+="$line; "
        rm -rf "$work/same"
    done
    [ -z "$bad" ]
    pass_if $? "$name has the golden fingerprints, whatever the number of jobs" "other: $bad"
}

# variant FOLDER CC OPT: builds only the program.
variant() {
    make --no-print-directory -s -j "$(nproc)" BUILD="build/same/$1" CC="$2" OPT="$3" DEBUG_INFO=-g0 all >"$work/make" 2>&1 ||
        pass_if 1 "the program builds with $2 $3" "$(tail -n 5 "$work/make")"
}

turn=0
no_fma=GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX
jobs=1 live first "$dcdrill"
for jobs in 2 3; do
    live jobs "$dcdrill"
    same jobs "-j$jobs gives the same bits as -j1"
done
jobs=
live again "$dcdrill"
same again "a second run gives the same bits"
live plain "$dcdrill" "$no_fma"
same plain "a processor without fused multiply-add gives the same bits"
golden plain "$dcdrill" "$no_fma"
variant gcc-O0 gcc -O0
live gcc-O0 build/same/gcc-O0/dcdrill
same gcc-O0 "gcc -O0 gives the same bits"
golden gcc-O0 build/same/gcc-O0/dcdrill
variant gcc-O3 gcc "-O3 -march=native"
live gcc-O3 build/same/gcc-O3/dcdrill
same gcc-O3 "gcc -O3 for this very processor gives the same bits"
golden gcc-O3 build/same/gcc-O3/dcdrill
variant clang-O2 clang -O2
live clang-O2 build/same/clang-O2/dcdrill
same clang-O2 "clang -O2 gives the same bits"
golden clang-O2 build/same/clang-O2/dcdrill
if [ -n "${FULL:-}" ]; then
    variant gcc-O2 gcc -O2
    variant clang-O0 clang -O0
    variant clang-O3 clang "-O3 -march=native"
    for name in gcc-O2 clang-O0 clang-O3; do golden "$name" "build/same/$name/dcdrill"; done
    for name in {gcc,clang}-O{0,2,3}; do golden "$name-plain" "build/same/$name/dcdrill" "$no_fma"; done
fi
exit $bad
