#!/usr/bin/env bash
# Results appear whole or not at all, whatever stands in the way of writing them.
. tests/scenarios/support.sh
scenario=scenarios/smoke/steady.json
short=(--until 1s -n 1 -q --progress none)

run run $scenario "${short[@]}" -o "$work/results"
expect 130 "" "a run that is ended early says so by its status" 
exit 0
