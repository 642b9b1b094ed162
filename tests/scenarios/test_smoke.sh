#!/usr/bin/env bash
# Every scenario that ships is good; every smoke scenario ends as tests/golden/smoke.txt says, to the
# last event; every fault bites in one of them at least.
# A changed fingerprint means that the world lives differently: `make golden` writes the file anew,
# and the commit says why.
. tests/scenarios/support.sh
golden=${GOLDEN:-tests/golden/smoke.txt}
for file in scenarios/{topologies,smoke,drills,drills/cassandra,theory,disasters}/*.json; do
    [ -e "$file" ] || continue
    run check "$file"
    expect 0 "" "$file is a good scenario"
done
: >"$work/golden"
: >"$work/bitten"
: >"$work/happened"
for file in scenarios/smoke/*.json; do
    name=$(basename "$file" .json)
    run run "$file" -o "$work/$name" -q --progress none
    line="$name $status $(json "$work/$name/summary.json" '$.fingerprint')"
    echo "$line" >>"$work/golden"
    sqlite3 "$work/$name/results.sqlite" "SELECT DISTINCT func FROM fault WHERE bit > 0" >>"$work/bitten"
    sqlite3 "$work/$name/results.sqlite" "SELECT DISTINCT event FROM occurrence" >>"$work/happened"
    [ -z "${WRITE_GOLDEN:-}" ] || continue
    grep -qxF "$line" "$golden"
    pass_if $? "$name ends as it did before, to the last event" \
        "is:  $line
was: $(grep "^$name " "$golden")
The world lives differently than before. If that is meant, run 'make golden' and say why in the commit.
$err"
done
if [ -n "${WRITE_GOLDEN:-}" ]; then
    mv "$work/golden" "$golden"
    exit 0
fi
[ "$(wc -l <"$golden")" -eq "$(wc -l <"$work/golden")" ]
pass_if $? "the golden file names the smoke scenarios and nothing else"
"$dcdrill" list events | awk '{ print $1 }' >"$work/events"
untold=$(sort -u "$work/happened" | grep -vxFf "$work/events")
[ -z "$untold" ]
pass_if $? "every event that happens in a smoke scenario is one that can be named" "$untold"
for fault in $("$dcdrill" list faults | awk '{ print $1 }'); do
    grep -qxF "$fault" "$work/bitten"
    pass_if $? "$fault bites in a smoke scenario"
done
exit $bad
