#!/usr/bin/env bash
# What `make lint` holds: floors, lengths, format, banned words. Prints each finding; exit 1 when there is one.
set -uo pipefail
export LC_ALL=C
bad=0
mapfile -t files < <(git ls-files --cached --others --exclude-standard '*.c' '*.h')
say() { echo "$1"; bad=1; }
gawk -f scripts/check_floors.awk scripts/floors.txt "${files[@]}" || bad=1
for file in "${files[@]}"; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 600 ] || say "$file:1: error: $lines lines, at most 600"
    head -n 1 "$file" | grep -qE '^/\* [a-z0-9_]+\.[ch] - ' || say "$file:1: error: the first line is a comment 'name.c - purpose'"
done
# A function's body stands between a line '{' and a line '}' at the left margin.
gawk 'FNR == 1 { start = 0 } /^\{$/ { start = FNR } /^\}$/ && start { if (FNR - start - 1 > 70) { printf "%s:%d: error: function of %d lines, at most 70\n", FILENAME, start, FNR - start - 1; bad = 1 } start = 0 } END { exit bad }' "${files[@]}" || bad=1
# Results go through the results, messages through DiagList and GError: only the program and the pages print.
mapfile -t silent < <(printf '%s\n' "${files[@]}" | grep -E '^(sim|models)/' | grep -v '^sim/cli/')
grep -nE '(^|[^_a-z])(printf|fprintf|puts|fputs|putchar|perror)\(' "${silent[@]}" && say "printing outside of sim/cli and reports"
# Order in the world is never a matter of ties.
grep -nE '\b(qsort|g_(ptr_)?array_sort|g_list_sort|g_slist_sort)[a-z_]*\(' models -r --include='*.c' && say "sort with sim/base/sort.h"
grep -nE '\b(qsort|g_(ptr_)?array_sort|g_list_sort|g_slist_sort)[a-z_]*\(' sim/world -r --include='*.c' && say "sort with sim/base/sort.h"
# Whoever adds a kind adds tests of it.
for kind in $(scripts/list_kinds.sh | sed -nE 's/^extern const Kind ([a-z0-9_]+);/\1/p'); do
    name=${kind%_kind}
    grep -rqE "\b($kind|${name}s?)\b" tests --include='test_*.c' || say "models: error: no test mentions the kind '$name'"
done
for scenario in scenarios/*/*.json; do
    grep -q '"title"' "$scenario" || [[ $scenario == scenarios/@(conf|data)/* ]] || say "$scenario:1: error: no title"
done
if command -v shellcheck >/dev/null; then
    printf '%s\0' .ci/run scripts/*.sh tests/*/*.sh | xargs -0 -P "$(nproc)" -n 12 shellcheck -x || bad=1
fi
grep -nE '\b(TODO|FIXME|XXX|HACK)\b' "${files[@]}" && bad=1
grep -nE '.{121,}' "${files[@]}" && say "lines over 120 columns"
if command -v clang-format >/dev/null; then
    misformed=$(printf '%s\0' "${files[@]}" | xargs -0 -P "$(nproc)" -n 80 clang-format --dry-run --Werror 2>&1 | grep 'error:' | head -n 20)
    [ -z "$misformed" ] || say "$misformed"
fi
exit $bad
