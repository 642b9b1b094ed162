#!/usr/bin/env bash
# man.sh PROGRAM - prints the manual page, made from what `dcdrill --help` tells, so that it cannot differ.
set -euo pipefail
export LC_ALL=C
program=$1
version=$("$program" --version | cut -d' ' -f2)
cat <<EOF
.TH DCDRILL 1 "" "dcdrill $version" "User Commands"
.SH NAME
dcdrill \- simulate data centres and break them: does the promise still hold?
.SH SYNOPSIS
.B dcdrill
.I COMMAND
.RI [ FILE... ]
.RI [ FLAG... ]
EOF
"$program" --help | gawk '
    function clean(text) { gsub(/\\/, "\\\\", text); gsub(/-/, "\\-", text); sub(/^\./, "\\\\\\&.", text); return text }
    NR == 1 { print ".SH DESCRIPTION"; print clean($0); next }
    /^Usage:/ || /^$/ { next }
    /^[A-Z][a-z ]+:$/ { sub(/:$/, ""); print ".SH " toupper($0); section = $0; next }
    section == "Example" { print ".B " clean($0); next }
    { # what is named, two spaces or more, what it does
        line = $0
        sub(/^ +/, "", line)
        count = split(line, parts, /  +/)
        name = parts[1]
        for (i = 2; i < count; i++) name = name " " parts[i]
        print ".TP"; print ".B " clean(name)
        if (count > 1) print clean(parts[count])
    }'
cat <<'EOF'
.SH ENVIRONMENT
.TP
.B DCDRILL_SEED, DCDRILL_JOBS, DCDRILL_COLOR
As the flags of the same names, which are stronger. A file
.I .dcdrill.json
in the working directory with seed, jobs or color is weaker than both.
.TP
.B NO_COLOR
When not empty, no colours unless a flag asks for them.
.SH FILES
.TP
.I out/NAME/
Results of a run: summary.json, journal.json, results.sqlite, junit.xml, report.html, summary.md and run\-meta.json; of a study: study.json, study.csv, study.txt, report.html, report.json, report.csv, report.txt, report.pdf and run\-meta.json.
.TP
.I ../share/dcdrill/scenarios/
Scenarios that came with the program, seen from its folder; they can be named from anywhere, as in the example.
EOF
