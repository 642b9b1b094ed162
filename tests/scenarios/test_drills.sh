#!/usr/bin/env bash
# Cassandra's failure catalogue: every row is there, each with a scenario, a test or the reason why there is neither; the drills that are
# named here run, and all of them in `make drills-cassandra`.
. tests/scenarios/support.sh
catalogue=tests/scenarios/catalogue.txt
mapfile -t files < <(grep -l '"catalogue"' scenarios/drills/cassandra/*.json)
for file in "${files[@]}"; do
    grep -o '"row-[0-9][0-9]"' "$file" | tr -dc '0-9\n' | sed 's/^0//' >>"$work/rows"
    [ "$(grep -c '"row-[0-9][0-9]"' "$file")" -eq 1 ]
    pass_if $? "$file names its row"
done
[ "$(grep -v '^#' "$catalogue" | cut -d'|' -f1 | tr '\n' ' ')" = "$(seq -s ' ' 1 37) " ]
pass_if $? "the catalogue has its 37 rows in order"
while IFS='|' read -r row fault tests missing; do
    [ "$tests" != - ] || [ "$missing" != - ] || grep -qx "$row" "$work/rows"
    pass_if $? "row $row, $fault, has a scenario, a test or a reason"
    [ "$tests" != - ] || continue
    for test in ${tests//,/ }; do
        grep -q "START_TEST(${test#*:})" "${test%%:*}"
        pass_if $? "row $row: $test is a test"
    done
done < <(grep -v '^#' "$catalogue")
for name in pair-cut site-power-lost-periodic; do
    run run "scenarios/drills/cassandra/$name.json" -o "$work/$name" -q --progress none
    [ "$status" -eq 0 ]
    pass_if $? "$name shows what it must" "$out"
done
run run scenarios/theory/everywhere.json -o "$work/everywhere" -q --progress none
[ "$status" -eq 0 ]
pass_if $? "without faults every write is on all eleven replicas within one maximal round trip" "$out"
run run scenarios/drills/cassandra/site-power-lost-batch.json --set /invariants/durability/expect=broken -o "$work/held" -q --progress none
[ "$status" -eq 1 ] && [[ $out == *"it held, but the drill is to show how it breaks"* ]]
pass_if $? "a drill that is to break something fails when it holds" "$status: $out"
exit $bad
