#!/usr/bin/env bash
# Faults of our own surroundings: a disk that is full at the n-th write, for every n; a program that is killed, and a
# replication that is, at any write; a place that takes no writes. Each time there is a message and the documented status,
# earlier results stay, what had ended is kept, and `--resume` ends with the bytes of a run that nothing disturbed.
# SURROUNDINGS=all goes on after every single n; else after some.
. tests/scenarios/support.sh
disk=$root/$build/tests/preload/failing_disk.so
[[ $build == /* ]] && disk=$build/tests/preload/failing_disk.so
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
tools=$work/tools # charts would be drawn by another program: tables are enough here
mkdir "$tools"
cat >"$work/tiny.json" <<'END'
{ "version": "1", "title": "Two replications of one queue",
  "simulation": { "warmup": "1s", "duration": "4s", "settle": "1s", "replications": 2, "sample_interval": "5s" },
  "system": { "queueing": { "sources": { "in": { "interarrival": "exponential(mean=500ms)", "to": "web" } },
                            "stations": { "web": { "service": "exponential(mean=200ms)" } } } },
  "thresholds": { "station_busy{station:web}": ["avg<0.99"] } }
END
scenario=$work/tiny.json
quiet=(-j1 -q --progress none)

# live ARGUMENT...: the program in healthy surroundings.
live() { PATH=$tools "$dcdrill" run "$scenario" "${quiet[@]}" "$@" >"$work/stdout" 2>"$work/stderr" </dev/null; }

# suffer HOW N ARGUMENT...: the program with a disk that fails so; $came says whether it came to that.
suffer() {
    local how=$1 n=$2
    shift 2
    rm -f "$work/mark"
    { # the shell would tell who is killed
        FAILING_DISK=$how FAILING_DISK_AT=$n FAILING_DISK_MARK=$work/mark FAILING_DISK_BELOW=$work/place LD_PRELOAD=$disk \
            PATH=$tools "$dcdrill" run "$scenario" "${quiet[@]}" "$@" >"$work/stdout" 2>"$work/stderr" </dev/null
        status=$?
    } 2>/dev/null
    err=$(<"$work/stderr")
    [ -e "$work/mark" ]
    came=$?
}

# differs A B: what is not the same in two output directories, but for wall-clock times; empty when nothing is.
differs() {
    local file
    for file in "$1"/*; do
        [[ $file == */run-meta.json ]] || cmp -s "$file" "$2/${file##*/}" || echo "${file##*/}"
    done
}

# fresh: the place holds earlier results of another seed.
fresh() { rm -rf "$work/place" && mkdir "$work/place" && cp -a "$work/earlier" "$work/place/out"; }

# finish HOW N: goes on as the message says, or begins anew; complains unless the bytes are those of an undisturbed run.
finish() {
    local flags=() difference
    [ -d "$work/place/.out.unfinished" ] && [ -e "$work/place/.out.unfinished/run-0000.sqlite" ] && flags=(--resume)
    [ "$(json "$work/place/out/summary.json" '$.seed')" = 1 ] && flags=(--resume)
    live -o "$work/place/out" "${flags[@]}"
    status=$?
    difference=$(differs "$work/whole" "$work/place/out")
    [ $status -le 3 ] && [ -z "$difference" ] && [ "$(ls -A "$work/place")" = out ] && [ "$(ls -A "$work/place/out")" = "$(ls -A "$work/whole")" ] ||
        complaint+="after $1 at write $2, ${flags[*]:-anew}: status $status, differs in '$difference', there: $(ls -A "$work/place" "$work/place/out") $(<"$work/stderr")"$'\n'
}

# often N: whether to go on after this one.
often() { [ "${SURROUNDINGS:-}" = all ] || [ $(($1 % $2)) -eq 0 ]; }

live -o "$work/whole"
live -o "$work/earlier" --seed 2
[ -s "$work/whole/report.html" ] && [ -s "$disk" ]
pass_if $? "there are results to compare with" "$(<"$work/stderr")"

# --- a full disk
for how in full once; do
    complaint=''
    kept=0
    fresh
    for ((n = 1; n < 2000; n++)); do
        [ $how = full ] || often "$n" 5 || continue
        suffer $how "$n" -o "$work/place/out"
        [ $came -eq 0 ] || break
        case $err in *"--resume"*) kept=$((kept + 1)) ;; esac
        if [ $how = once ] && [ $status -le 3 ] && [ -z "$err$(differs "$work/whole" "$work/place/out")" ]; then
            fresh # a second try of the same, within a library, went well
            continue
        fi
        [ $status -eq 2 ] && [[ $err == *": error: "*cannot* ]] || complaint+="$how at write $n: status $status: $err"$'\n'
        difference=$(differs "$work/earlier" "$work/place/out")
        [ -z "$difference" ] || [[ $err == *"standard output"* ]] || complaint+="$how at write $n: earlier results differ in $difference"$'\n'
        if [ -n "$difference" ] || often "$n" 10; then
            finish $how "$n"
            fresh
        fi
    done
    [ -z "$complaint" ] && [ "$n" -gt 100 ] && [ "$n" -lt 2000 ]
    pass_if $? "a disk that is full ($how) at the n-th write ends a run with a message, earlier results stay, and the rest can be resumed" "n=$n $complaint"
    [ $kept -gt 20 ]
    pass_if $? "what had ended is kept for '--resume' ($how)" "$kept times"
done

# --- a program that is killed, anywhere
for how in kill worker; do
    complaint=''
    fresh
    for ((n = 1; n < 2000; n++)); do
        often "$n" 13 || continue
        suffer $how "$n" -o "$work/place/out"
        [ $came -eq 0 ] || break
        case $status in
        137) ;;
        70)
            [[ $err == *"died of signal 9"*"dcdrill replay"* ]] || complaint+="$how at write $n: $err"$'\n'
            if [ -e "$work/place/.out.unfinished" ]; then complaint+="$how at write $n: unfinished results stay"$'\n'; fi
            ;;
        *) complaint+="$how at write $n: status $status: $err"$'\n' ;;
        esac
        [ -s "$work/place/out/summary.json" ] || complaint+="$how at write $n: no results stand there"$'\n'
        finish "$how" "$n"
        fresh
    done
    [ -z "$complaint" ] && [ "$n" -gt 50 ] && [ "$n" -lt 2000 ]
    pass_if $? "a process that is killed ($how) at the n-th write leaves old or new results, and the rest can be resumed" "n=$n $complaint"
done

# --- a replication that dies, looked at
fresh
suffer worker 20 -n 4 -o "$work/place/out"
[ $status -eq 70 ] && [[ $err == *"replication 0 died of signal 9"* ]]
pass_if $? "a replication that is killed is told with its number and status 70" "$status $err"
[ "$(sqlite3 "$work/place/out/results.sqlite" 'SELECT group_concat(ended) FROM run ORDER BY run')" = errored,completed,completed,completed ]
pass_if $? "the others are kept, and the results say which died" "$(sqlite3 "$work/place/out/results.sqlite" 'SELECT * FROM run')"
[ "$(json "$work/place/out/summary.json" '$.ended')$(json "$work/place/out/summary.json" '$.verdict')$(json "$work/place/out/summary.json" '$.replications')" = erroredinconclusive3 ]
pass_if $? "figures count the three that ended, and nothing passes" "$(head -c 600 "$work/place/out/summary.json")"
grep -q '<error message="it died of signal 9' "$work/place/out/junit.xml"
pass_if $? "build servers see an error" "$(head -c 600 "$work/place/out/junit.xml")"

# --- more replications, another scenario
live -o "$work/more" -n 4
live -o "$work/place/out" --resume -n 4
difference=$(differs "$work/more" "$work/place/out")
[ -z "$difference" ]
pass_if $? "'--resume' runs what is missing" "$difference $(<"$work/stderr")"
live -o "$work/place/out" --resume -n 4 --set '/system/queueing/stations/web/servers=2'
status=$?
err=$(<"$work/stderr")
expect 2 "holds replications of another scenario" "replications of another scenario are not gone on with"
[ -z "$(differs "$work/more" "$work/place/out")" ]
pass_if $? "and stay as they were"
live -o "$work/none" --resume
[ $? -le 3 ] && grep -q "holds nothing to go on with" "$work/stderr" && [ -z "$(differs "$work/whole" "$work/none")" ]
pass_if $? "'--resume' of nothing is a run, and says so" "$(<"$work/stderr")"

# --- no exchange of names; a place that is taken; a place that takes nothing
FAILING_DISK_NO_SWAP=1 suffer full 100000 -o "$work/none" --seed 3
[ "$(json "$work/none/summary.json" '$.seed')" = 3 ] && [ -z "$(find "$work" -name '.none*')" ]
pass_if $? "where names cannot be exchanged results are replaced in two steps" "$status $err"
mkdir "$work/.none.unfinished" && exec 9<"$work/.none.unfinished" && flock 9
run run "$scenario" "${quiet[@]}" -o "$work/none"
expect 2 "another process is writing" "two processes do not write to one place"
exec 9<&-
fresh
suffer readonly 0 -o "$work/place/out"
expect 2 "Read-only file system" "a read-only place ends a run with a message"
[ -z "$(differs "$work/earlier" "$work/place/out")" ] && [ "$(ls -A "$work/place")" = out ]
pass_if $? "and stays as it was"
exit $bad
