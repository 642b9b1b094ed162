#!/usr/bin/env bash
# bench_peers.sh BUILD - holds our engine against what Debian packages of other simulators, on the hold model and M/M/1, in the same
# run: ns-3 (libns3-dev), SimGrid (libsimgrid-dev, libboost-dev), SimPy (python3-simpy). Says which are missing; fails when one that
# is there is faster in any row. PEERS_ROOT names the folder of packages that are unpacked, not installed (dpkg -x).
set -euo pipefail
build=${1:-build}
root=${PEERS_ROOT:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
libraries=()
for folder in "$root"/usr/lib/*-linux-gnu; do libraries+=("$folder"); done
if [ -n "$root" ]; then
    LD_LIBRARY_PATH=$(IFS=:; echo "${libraries[*]}")
    export LD_LIBRARY_PATH PYTHONPATH=$root/usr/lib/python3/dist-packages
fi

# compile NAME LIBRARY: the peer's program, or nothing when it does not compile.
compile() {
    "${CXX:-g++}" -std=c++17 -O2 -I. -I"$root/usr/include" "tests/bench/peers/$1_peer.cpp" -o "$work/$1" \
        "${libraries[@]/#/-L}" "${libraries[@]/#/-Wl,-rpath-link,}" "-l$2" >"$work/$1.log" 2>&1
}

missing() { echo "missing: $1 (packages $2)"; }

"$build/tests/bench/bench_engine" "$work/bench.json" hold | sed -nE 's/^(.*[^ ]) +([0-9.e+]+) ns .*/dcdrill\t\1\t\2/p' >"$work/rows"
"$build/tests/bench/bench_engine" "$work/bench.json" M/M/1 | sed -nE 's/^(.*[^ ]) +([0-9.e+]+) ns .*/dcdrill\t\1\t\2/p' >>"$work/rows"
if compile ns3 ns3-core; then
    for scheduler in MapScheduler PriorityQueueScheduler; do
        "$work/ns3" "ns3::$scheduler" | sed "s/^/ns-3 ${scheduler%Scheduler}\t/" >>"$work/rows"
    done
else
    missing ns-3 libns3-dev
fi
if compile simgrid simgrid; then
    for pending in 100 1000 10000 100000 1000000; do
        "$work/simgrid" $pending "hold, $pending pending" 2>"$work/said" | sed 's/^/SimGrid\t/' >>"$work/rows"
    done
    "$work/simgrid" 0 "M/M/1 customer, engine" 2>"$work/said" | sed 's/^/SimGrid\t/' >>"$work/rows"
else
    missing SimGrid "libsimgrid-dev, libboost-dev"
fi
if python3 -c 'import SimPy.Simulation' 2>"$work/said"; then
    python3 tests/bench/peers/simpy_peer.py | sed 's/^/SimPy\t/' >>"$work/rows"
else
    missing SimPy python3-simpy
fi
awk -F '\t' '
    $1 == "dcdrill" { ours[$2] = $3 }
    { printf "%-24s %-28s %10.1f ns %8.1f times ours%s\n", $1, $2, $3, $3 / ours[$2], $3 < ours[$2] ? "  FASTER" : "" }
    $3 < ours[$2] { bad = 1 }
    END { exit bad }' "$work/rows"
