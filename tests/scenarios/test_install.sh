#!/usr/bin/env bash
# What is installed works from anywhere: program, scenarios, manual page. What is generated is current.
. tests/scenarios/support.sh
"$dcdrill" explain | diff - models/REFERENCE.md >"$work/diff"
pass_if $? "models/REFERENCE.md is what the program tells: 'make docs' writes it" "$(head -n 5 "$work/diff")"
"$dcdrill" schema | diff - scenarios/schema.json >"$work/diff"
pass_if $? "scenarios/schema.json is what the program tells: 'make docs' writes it" "$(head -n 5 "$work/diff")"

help=$(make --no-print-directory -s help)
unsaid=
read -ra targets < <(sed -nE 's/^\.PHONY: (.*)/\1/p' Makefile)
for target in "${targets[@]}"; do
    case $target in FORCE | help | tests | fuzz-programs) continue ;; esac
    grep -qE "^$target +[a-z]" <<<"$help" || unsaid+=" $target"
done
[ -z "$unsaid" ] && grep -qE '^help +list' <<<"$help"
pass_if $? "'make help' tells about every target that one types" "untold:$unsaid"
make --no-print-directory -s BUILD="$build" -o "$build/dcdrill" DESTDIR="$work/root" PREFIX=/opt/dcdrill install >"$work/make" 2>&1
pass_if $? "'make install' takes PREFIX and DESTDIR" "$(tail -n 5 "$work/make")"
top=$work/root/opt/dcdrill
[ -x "$top/bin/dcdrill" ] && cmp -s "$top/bin/dcdrill" "$build/dcdrill"
pass_if $? "the program is installed"
diff <(cd "$root" && find scenarios -name '*.json' | sort) <(cd "$top/share/dcdrill" && find scenarios -name '*.json' | sort)
pass_if $? "all scenarios are installed"
page=$top/share/man/man1/dcdrill.1
missing=
for word in run check show replay report list explain schema; do
    grep -q "^\.B $word" "$page" || missing+=" $word"
done
for flag in $("$dcdrill" --help | grep -oE -- '--[a-z-]+' | sort -u); do
    grep -qF -- "${flag//-/\\-}" "$page" || missing+=" $flag"
done
[ -z "$missing" ] && head -n 1 "$page" | grep -q '^\.TH DCDRILL 1 '
pass_if $? "the manual page has every command and every flag" "missing:$missing"
if command -v groff >/dev/null; then
    complaints=$(groff -ww -man -Tascii "$page" 2>&1 >/dev/null)
    [ -z "$complaints" ]
    pass_if $? "groff has no complaint about the manual page" "$complaints"
fi
mkdir "$work/elsewhere"
cd "$work/elsewhere" || exit 1
dcdrill=$top/bin/dcdrill
run run scenarios/smoke/steady.json -n 1 -q --progress none
expect 3 "" "an installed scenario runs from anywhere"
[ -s out/steady/report.html ]
pass_if $? "and leaves its results where the user is" "$(find . | head)"
exit $bad
