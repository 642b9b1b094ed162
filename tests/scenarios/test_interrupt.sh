#!/usr/bin/env bash
# Ctrl-C, a limit of time and a replication that dies: what was seen so far is kept and marked.
. tests/scenarios/support.sh
long=(run scenarios/smoke/steady.json --set '/simulation/duration="4h"' -n 2 -j2 -q --progress none)

# begin NAME: starts a long run; $runner is its process.
begin() {
    "$dcdrill" "${long[@]}" -o "$work/$1" >"$work/$1.out" 2>"$work/$1.err" </dev/null &
    runner=$!
    for _ in $(seq 100); do
        [ "$(children | wc -l)" -ge 2 ] && break
        sleep 0.1
    done
    sleep 1.5
}

# The processes that the runner started: "PID (name) state PPID ..." of each process there is.
children() {
    cat /proc/[0-9]*/stat 2>/dev/null | sed -nE "s/^([0-9]+) \\(.*\\) [A-Z] $runner .*/\\1/p"
}

# end STATUS NAME SENTENCE: waits for it.
end() {
    wait "$runner"
    status=$?
    err=$(cat "$work/$2.err")
    [ "$status" -eq "$1" ]
    pass_if $? "$3" "exit status $status, expected $1: $err"
}

begin stopped
kill -INT "$runner"
end 130 stopped "Ctrl-C ends a run with status 130"
[[ $err == *interrupted* ]]
pass_if $? "and it is told" "$err"
[ "$(json "$work/stopped/summary.json" '$.ended')" = interrupted ] && [ "$(json "$work/stopped/journal.json" '$.status')" = interrupted ]
pass_if $? "what was seen so far is kept and marked as interrupted"
[ "$(sqlite3 "$work/stopped/results.sqlite" 'SELECT count(*) FROM run')" = 2 ] && [ "$(json "$work/stopped/summary.json" '$.requests')" -gt 0 ]
pass_if $? "of every replication that had begun"
[ "$(json "$work/stopped/summary.json" '$.verdict')" != pass ]
pass_if $? "an interrupted run never passes"

begin terminated
kill -TERM "$runner"
end 143 terminated "a request to terminate ends a run with status 143"

begin twice
for child in $(children); do kill -STOP "$child"; done # these would not end by themselves
kill -INT "$runner"
sleep 0.5
kill -INT "$runner"
end 130 twice "a second Ctrl-C ends at once what does not end by itself"
[ ! -e "$work/twice" ] && [ -z "$(find "$work" -name '*.part*')" ]
pass_if $? "and leaves nothing half-written" "$(ls -a "$work")"

long+=(--wall-limit 2s)
begin limited
end 124 limited "a limit of wall time ends a run with status 124"
[ "$(json "$work/limited/summary.json" '$.ended')" = interrupted ]
pass_if $? "what was seen until then is kept"
unset 'long[-1]' 'long[-1]'

begin died
victim=$(children | head -n 1)
kill -KILL "$victim"
sleep 0.3
kill -INT "$runner"
wait "$runner"
status=$?
err=$(cat "$work/died.err")
[ "$status" -ge 70 ] && [ -z "$(find "$work" -name '*.part*')" ]
pass_if $? "a replication that dies leaves nothing half-written" "exit status $status: $err"
long=(run scenarios/smoke/steady.json --set '/simulation/duration="4h"' -n 1 -q --progress none)
"$dcdrill" "${long[@]}" -o "$work/dead" >/dev/null 2>"$work/dead.err" </dev/null &
runner=$!
sleep 1
kill -SEGV "$(children)"
end 70 dead "a replication that dies is an internal error"
[[ $err == *"replay scenarios/smoke/steady.json 0"* ]]
pass_if $? "and the message ends with the command that repeats it" "$err"
exit $bad
