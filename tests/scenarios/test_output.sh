#!/usr/bin/env bash
# Results appear whole or not at all, whatever stands in the way of writing them.
. tests/scenarios/support.sh
scenario=scenarios/smoke/steady.json
short=(-n 1 -q --progress none)

# nothing_else SENTENCE: no half-made directory lies about.
nothing_else() {
    local found
    found=$(find "$work" -name '*.part*' -o -name '*.old-*')
    [ -z "$found" ]
    pass_if $? "$1" "$found"
}

# same_as_before FOLDER SENTENCE
same_as_before() {
    diff -r "$work/before" "$1" >"$work/diff" 2>&1
    pass_if $? "$2" "$(head -n 5 "$work/diff")"
}

run run $scenario "${short[@]}" -o "$work/results"
for file in journal.json summary.json results.sqlite junit.xml report.html summary.md run-meta.json; do
    [ -s "$work/results/$file" ]
    pass_if $? "a run writes $file"
done
for file in journal.json summary.json run-meta.json; do
    [ "$(sqlite3 :memory: "SELECT json_valid(CAST(readfile('$work/results/$file') AS TEXT))")" = 1 ]
    pass_if $? "$file is JSON"
done
[ "$(sqlite3 "$work/results/results.sqlite" 'PRAGMA integrity_check')" = ok ]
pass_if $? "results.sqlite is whole"
! grep -rqE "$(date -u +%Y-%m-%d)T" "$work/results/summary.json" "$work/results/journal.json" "$work/results/report.html" "$work/results/junit.xml"
pass_if $? "wall-clock times stand in run-meta.json only"
! grep -qE '(src|href)="https?:' "$work/results/report.html"
pass_if $? "report.html needs nothing from outside"
cp -a "$work/results" "$work/before"

# --- places that cannot be written
echo mine >"$work/results/notes.txt"
run run $scenario "${short[@]}" -o "$work/results"
[ "$(cat "$work/results/notes.txt" 2>&1)" = mine ]
pass_if $? "what somebody put beside the results stays there"
rm -f "$work/results/notes.txt"
mkdir "$work/theirs" && echo precious >"$work/theirs/file"
run run $scenario "${short[@]}" -o "$work/theirs"
expect 2 "holds no results of dcdrill" "a directory of somebody else is refused"
[ "$(cat "$work/theirs/file")" = precious ]
pass_if $? "and stays as it was"
run run $scenario "${short[@]}" -o "$work/theirs/file"
expect 2 "name another directory" "a file in the way is refused"
run run $scenario "${short[@]}" -o "$work/theirs/file/below"
expect 2 "cannot make the directory" "a directory below a file is refused"
mkdir "$work/empty"
for place in . '' ..; do
    (cd "$work/empty" && run run "$root/$scenario" "${short[@]}" -o "$place" && expect 2 "name a directory" "'-o $place' is refused before the run" && exit $bad) || bad=1
done
mkdir "$work/elsewhere" && ln -s elsewhere "$work/link"
run run $scenario "${short[@]}" --until 1s -o "$work/link"
run run $scenario "${short[@]}" --until 1s -o "$work/link"
[ -L "$work/link" ] && [ -s "$work/elsewhere/summary.json" ]
pass_if $? "results go where a link points, and the link stays" "$(ls -la "$work")"
run run $scenario "${short[@]}" -o /proc/dcdrill
expect 2 "cannot make the directory '/proc" "a directory that cannot be made is named"
if [ "$(id -u)" -eq 0 ]; then
    skip "root may write everywhere" "a directory without permission is refused"
else
    mkdir "$work/closed" && chmod 555 "$work/closed"
    run run $scenario "${short[@]}" -o "$work/closed/out"
    expect 2 "Permission denied" "a directory without permission is refused"
fi

# --- a full disk
cp -a "$work/before" "$work/kept" && cp -a "$work/before" "$work/results.1"
(ulimit -f 300 && "$dcdrill" run $scenario "${short[@]}" -o "$work/kept") >/dev/null 2>"$work/stderr"
status=$?
err=$(cat "$work/stderr")
expect 2 "error" "a file that may not grow ends the run with a message"
same_as_before "$work/kept" "earlier results stay when a file may not grow"
nothing_else "nothing half-written is left when a file may not grow"

# --- results that are locked or broken
mkfifo "$work/statements"
sqlite3 "$work/results.1/results.sqlite" <"$work/statements" &
exec 3>"$work/statements"
printf 'BEGIN EXCLUSIVE;\n.system touch %s\n' "$work/locked" >&3
for ((tries = 0; tries < 600; tries++)); do [ -e "$work/locked" ] && break; sleep 0.1; done
run report "$work/results.1"
expect 2 "locked" "results that another process holds locked are refused with the reason"
exec 3>&-
wait
head -c 5000 "$work/before/results.sqlite" >"$work/results.1/results.sqlite"
cp "$work/results.1/report.html" "$work/page"
run report "$work/results.1"
expect 2 "results.sqlite" "broken results are named"
cmp -s "$work/page" "$work/results.1/report.html"
pass_if $? "and the page that was there stays"
run report "$work/nothing"
expect 2 "nothing" "results that are not there are named"
run report "$work/results"
expect 0 "" "a report can be written again from its results"
cmp -s "$work/before/report.html" "$work/results/report.html"
pass_if $? "and is the same to the last byte"

run report "$work/results" -o "$work/deep/new"
expect 0 "" "a report goes into a directory that is not there yet"
cmp -s "$work/results/report.html" "$work/deep/new/report.html"
pass_if $? "and is the same there"
run report "$work/results" -o "$work/results/report.html"
expect 2 "cannot make the directory" "a report cannot go below a file"
[ "$(sqlite3 "$work/results/results.sqlite" "SELECT count(*) FROM total WHERE name = 'staleness_most_at' AND run IN (SELECT run FROM total WHERE name = 'staleness_most' AND value = 0)")" = 0 ]
pass_if $? "the instant of the stalest read is not told when no read was stale"

# --- copies
run run $scenario "${short[@]}" -o "$work/results" --out html=- --json
expect 2 "only one of --json and --out KIND=-" "two outputs cannot share standard output"
run run $scenario "${short[@]}" -o "$work/results" --out summary="$work/copy.json" --out journal=-
cmp -s "$work/copy.json" "$work/results/summary.json"
pass_if $? "'--out summary=PATH' writes a copy"
grep -q chaoslib-version <<<"$out"
pass_if $? "'--out journal=-' prints it"
for kind in summary junit html md; do
    run run $scenario "${short[@]}" -o "$work/results" --out $kind=-
    case $kind in summary) file=summary.json ;; junit) file=junit.xml ;; html) file=report.html ;; md) file=summary.md ;; esac
    cmp -s "$work/stdout" "$work/results/$file"
    pass_if $? "'--out $kind=-' prints $file and nothing else"
    grep -q CHECK "$work/stderr"
    pass_if $? "'--out $kind=-' leaves the summary to standard error"
done
run run $scenario "${short[@]}" -o "$work/results" --out sumary=x
expect 2 "KIND=PATH" "an unknown kind of output is refused before the run"
refused=${err:-$out}
refused=${refused##*KIND=PATH with } help=$("$dcdrill" run --help | grep -e "--out=")
missing=
for kind in ${refused//,/ }; do
    [[ $kind == or || $help == *"$kind"* ]] || missing+=" $kind"
done
[[ $refused == *pdf* && -z $missing ]]
pass_if $? "help lists every kind of output that may be asked for" "$missing"
same_as_before "$work/before" "nothing was run for it"
nothing_else "no half-made directory lies about in the end"
exit $bad
