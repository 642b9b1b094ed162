#!/usr/bin/env bash
# Looks at reports in a real browser and on paper: a drill's, and a capacity's with a sweep, an effect and a comparison beside it.
# Usage: browser.sh BUILD. Pictures and pages stay in BUILD/browser. Last line "N passed, N failed".
set -uo pipefail
export LC_ALL=C.UTF-8
build=${1:-build}
out=$build/browser
passed=0
failed=0
rm -rf "$out"
mkdir -p "$out/shots"

# note STATUS SENTENCE
note() {
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok - $2"
    else
        failed=$((failed + 1))
        echo "not ok - $2"
    fi
}

cat >"$out/queue.json" <<'END'
{ "version": "1", "title": "a queue <b>&amp; \"more\"</b>", "simulation": { "seed": 1, "warmup": "1s", "duration": "20s", "settle": "0s", "replications": 10, "sample_interval": "500ms" },
  "system": { "queueing": { "sources": { "in": { "interarrival": "exponential(mean=2ms)", "to": "pool" } }, "stations": { "pool": { "service": "exponential(mean=1ms)" } } } },
  "thresholds": { "station_sojourn": [ "p(95)<6ms" ] } }
END
service=/system/queueing/stations/pool/service
latency=(--metric 'station_sojourn p(95) 1%' --metric 'station_busy avg 1%' --progress none -q)
"$build/dcdrill" capacity "$out/queue.json" --lowest 400 --highest 600 --within 0.05 -n 5 --progress none -o "$out/queue" >"$out/queue.txt" &&
    "$build/dcdrill" sweep "$out/queue.json" --over rate=300..700/5 "${latency[@]}" -n 5 -o "$out/curve" >/dev/null &&
    "$build/dcdrill" sweep "$out/queue.json" --over rate=300..700/3 --over "$service=exponential(mean={800..1200/3}us)" "${latency[@]}" -n 3 -o "$out/map" >/dev/null &&
    "$build/dcdrill" sweep "$out/queue.json" --sensitivity --over rate=450..550/2 --over "$service=exponential(mean={900..1100/2}us)" "${latency[@]}" -n 10 -o "$out/tornado" >/dev/null
note $? "studies are made"
"$build/dcdrill" diff "$out/queue.json" --with "$service=exponential(mean=900us)" "${latency[@]}" -n 10 -o "$out/diff" >/dev/null
note $(($? == 2 || $? > 4)) "two are compared"
"$build/dcdrill" run scenarios/smoke/dc-lost.json -n 3 --progress none -o "$out/drill" >/dev/null
note $(($? == 2 || $? > 4)) "a drill is made"
"$build/dcdrill" report "$out"/{queue,curve,map,tornado,diff,drill} -o "$out/whole" --out pdf="$out/whole.pdf" >/dev/null
note $? "all of them make one report, on paper too"

# A browser that finds nothing wrong would find nothing right either: a page with every mistake.
mkdir -p "$out/wrong"
cat >"$out/wrong/report.html" <<'END'
<!DOCTYPE html><html lang="en"><title>wrong</title><h1 id="a">wrong</h1><h3 id="a">again</h3><a href="#none">nowhere</a>
<figure>no drawing</figure><p style="width:3000px">wide</p><img src="http://example.com/a.png" alt=""></html>
END
"$build/tests/browser/browser" "$out/shots" "$out/wrong/report.html" >"$out/wrong.txt"
[ "$(grep -c '^not ok' "$out/wrong.txt")" = 12 ]
note $? "a page with every mistake is found wrong in all respects"

while read -r line; do
    echo "$line"
    case $line in
    'ok '*) passed=$((passed + 1)) ;;
    'not ok '*) failed=$((failed + 1)) ;;
    esac
done < <(timeout 330 "$build/tests/browser/browser" "$out/shots" "$out"/{queue,whole,drill}/report.html || echo "not ok - the browser ended with $?")

# Every figure as it is printed in report.csv stands in the PDF, in this order or another. Spaces and breaks are those of the layout.
pdftotext -layout "$out/whole.pdf" "$out/whole.txt"
tr -d ' \n\f' <"$out/whole.txt" >"$out/pressed.txt"
missing=0
checked=0
while IFS= read -r printed; do
    for piece in "${printed%% \[*}" "$(sed -n 's/.*\(\[.*\]\).*/\1/p' <<<"$printed")"; do
        pressed=${piece// /}
        [ -n "$pressed" ] || continue
        checked=$((checked + 1))
        grep -qF -- "$pressed" "$out/pressed.txt" || { missing=$((missing + 1)) && echo "#   not in the PDF: $printed"; }
    done
done < <(sqlite3 :memory: "SELECT json_extract(f.value, '\$.printed') FROM json_each(CAST(readfile('$out/whole/report.json') AS TEXT), '\$.parts') AS p, json_each(p.value, '\$.figures') AS f")
[ $missing = 0 ] && [ $checked -gt 100 ]
note $? "the PDF carries the same $checked figures and ends"
"$build/dcdrill" report "$out/queue" -o "$out/whole" >/dev/null
[ ! -e "$out/whole/report.pdf" ]
note $? "a PDF does not outlive its page"
"$build/dcdrill" report "$out"/{queue,curve,map,tornado,diff,drill} -o "$out/whole" --out pdf="$out/again.pdf" >/dev/null
cmp -s "$out/whole.pdf" "$out/again.pdf"
note $? "the same report is printed to the same bytes"
pdffonts "$out/whole.pdf" | awk 'NR > 2 && $(NF - 4) != "yes" { bad = 1 } END { exit bad || NR < 3 }'
note $? "fonts are in the file"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
