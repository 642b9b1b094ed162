#!/usr/bin/env bash
# scale.sh BUILD - the table of `make scale`: what a request costs to simulate, by size, and the memory. The largest takes some minutes.
set -euo pipefail
build=${1:-build}
sizes=(100-30 1000-30 1000-300 10000-300 100000-3000)
"$build/tests/bench/scale" "${sizes[@]/#/scenarios/capacity/scale-}"
