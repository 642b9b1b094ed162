# shellcheck shell=bash disable=SC2034 # what is set here is read by those who source it
# support.sh - what the tests of the program share: sourced, run from the project's root.
set -uo pipefail
export LC_ALL=C.UTF-8
unset DCDRILL_SEED DCDRILL_JOBS DCDRILL_COLOR NO_COLOR GITHUB_ACTIONS
build=${BUILD:-build}
root=$PWD
dcdrill=$root/$build/dcdrill
[[ $build == /* ]] && dcdrill=$build/dcdrill
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
status=0 out='' err=''

# pass_if STATUS SENTENCE [DETAIL]: one line of TAP for a status of 0 or another.
pass_if() {
    if [ "$1" -eq 0 ]; then
        echo "ok - $2"
    else
        echo "not ok - $2"
        bad=1
        if [ -n "${3:-}" ]; then printf '%s\n' "$3" | sed 's/^/#   /'; fi
    fi
}

# run ARGUMENT...: runs the program; afterwards $status, $out and $err hold what came of it.
run() {
    "$dcdrill" "$@" >"$work/stdout" 2>"$work/stderr" </dev/null
    status=$?
    out=$(cat "$work/stdout")
    err=$(cat "$work/stderr")
}

# expect STATUS TEXT SENTENCE: what the last run gave; TEXT stands in its messages.
expect() {
    local good=0
    [ "$status" -eq "$1" ] || good=1
    [[ $err == *"$2"* ]] || good=1
    pass_if $good "$3" "exit status $status, expected $1 and '$2'; said: ${err:0:600}"
}

# json FILE POINTER: one value of a JSON file, by the sqlite3 shell (no other reader is needed).
json() {
    sqlite3 :memory: "SELECT json_extract(CAST(readfile('$1') AS TEXT), '$2')"
}

# skip REASON SENTENCE: said, and neither passed nor failed.
skip() {
    echo "# skip - $2: $1"
}
