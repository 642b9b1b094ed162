#!/usr/bin/env bash
# Each row of the fault catalogue about links and the front door is a fault of the program by that name, with those arguments, or says why it is none; and
# each has tests that exist and run.
. tests/scenarios/support.sh
rows=tests/scenarios/front_faults.txt
run list faults
listed=$out
while IFS='|' read -r section what func arguments tests more; do
    if [ "$func" = - ]; then
        [ "$more" != - ]
        pass_if $? "$section, $what: says why it is no fault"
    else
        run explain "$func"
        known=$(grep -oP "^\Q$func\E\.\K[^ ]+" <<<"$out" | sort | tr '\n' ' ')
        wanted=$([ "$arguments" = - ] || tr ',' '\n' <<<"$arguments" | sort | tr '\n' ' ')
        [ "$known" = "$wanted" ] && grep -q "^$func " <<<"$listed"
        pass_if $? "$section, $what: $func takes what the list says" "has '$known', listed '$wanted'"
    fi
    missing=
    for test in ${tests//,/ }; do
        grep -q "^START_TEST(${test#*:})" "${test%%:*}" && [ "$(grep -cw "${test#*:}" "${test%%:*}")" -ge 2 ] || missing+=" $test"
    done
    while read -r file; do
        [ -f "$file" ] || missing+=" $file"
    done < <(grep -o 'scenarios/[a-z0-9/-]*\.json' <<<"$more")
    [ -n "$tests" ] && [ -z "$missing" ]
    pass_if $? "$section, $what: its tests are there" "$missing"
done < <(grep -v '^#' "$rows")
# No fault of these families is missing in the list.
families='^(link|tcp|dns|app|http|jvm|lb|tls)\.'
unlisted=$(comm -23 <(awk '{print $1}' <<<"$listed" | grep -E "$families" | sort) <(grep -v '^#' "$rows" | cut -d'|' -f3 | sort -u))
[ "$unlisted" = dns.change ]
pass_if $? "all faults of these families are in the list, but for dns.change, which is what an operator does" "$unlisted"
exit $bad
