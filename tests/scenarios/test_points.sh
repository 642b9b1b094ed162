#!/usr/bin/env bash
# Each of the twenty points that a model of Cassandra must hold has tests that exist and run, or a reason why it has none.
. tests/scenarios/support.sh
points=tests/scenarios/points.txt
[ "$(grep -v '^#' "$points" | cut -d'|' -f1 | tr '\n' ' ')" = "$(seq -s ' ' 1 20) " ]
pass_if $? "the list has its 20 points in order"
while IFS='|' read -r point what tests more; do
    [ "$tests" != - ] || [ "$more" != - ]
    pass_if $? "point $point, $what, has a test or a reason"
    missing=
    [ "$tests" = - ] || for test in ${tests//,/ }; do
        grep -q "START_TEST(${test#*:})" "${test%%:*}" && grep -Eq "tcase_add_.*[ (]${test#*:}[,)]" "${test%%:*}" || missing+=" $test"
    done
    while read -r file; do
        [ -f "$file" ] || missing+=" $file"
    done < <(grep -o 'scenarios/[a-z0-9/-]*\.json' <<<"$more")
    [ -z "$missing" ]
    pass_if $? "point $point: all that is named is there" "$missing"
done < <(grep -v '^#' "$points")
exit $bad
