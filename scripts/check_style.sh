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
grep -nE '\b(TODO|FIXME|XXX|HACK)\b' "${files[@]}" && bad=1
grep -nE '.{121,}' "${files[@]}" && say "lines over 120 columns"
if command -v clang-format >/dev/null; then
    clang-format --dry-run --Werror "${files[@]}" 2>&1 | grep 'error:' | head -n 20 && bad=1
fi
exit $bad
