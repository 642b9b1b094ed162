#!/usr/bin/env bash
# compare_topologies.sh BUILD [REPLICATIONS [CLIENTS]] - the five topologies of the front door under the same workload and the same faults, and
# which single element each cannot do without. Writes BUILD/topologies/: table.md, table.csv, table.html, lost.svg, elements.csv.
# CLIENTS: stock, or fast: those that try the next address after 250 ms (RFC 8305) and give a connect 2 s.
# A fault comes at 60 s and lasts 120 s. Figures are means over replications with 95 % intervals (Student's t).
set -euo pipefail
export LC_ALL=C
build=${1:-build}
replications=${2:-5}
clients=${3:-stock}
dcdrill=$PWD/$build/dcdrill
out=$build/topologies
program='{}'
if [ "$clients" = fast ]; then
    out=$build/topologies-fast
    program='{"fallback":"fast","connect_timeout":"2s"}'
fi
mkdir -p "$out/runs"
ids=(t1 t2 t3 t4 t5)
jobs=${JOBS:-$(nproc)}

file_of() { echo "$PWD/scenarios/topologies/$1"-*.json; }

# action NAME FUNC TARGET [ARGUMENTS]: one entry of "method".
action() {
    printf '{"type":"action","name":"%s","at":"60s","duration":"120s","func":"%s","target":%s%s}' \
        "$1" "$2" "$3" "${4:+,\"arguments\":$4}"
}

has_fault() { "$dcdrill" list faults | grep -q "^$1 "; }

# method TOPOLOGY FAULT: the actions, nothing where the topology has no such part.
method() {
    case $2 in
    none) echo ;;
    server-crash) action server node.crash '{"node":"DC03-app1"}' ;;
    server-hang) action server process.kill '{"node":"DC03-app1","process":"wildfly"}' '{"signal":"STOP"}' ;;
    balancer-crash)
        case $1 in
        t1 | t2) action balancer node.crash '{"node":"DC03-lb1"}' ;;
        t5) action balancer process.kill '{"node":"DC03-app1","process":"httpd"}' ;;
        esac ;;
    dc-dark) action site dc.outage '{"dc":"DC03"}' ;;
    dc-half)
        action half-a link.partition '{"link":{"from":"Europe central","to":"DC03"}}'
        echo ,
        action half-b link.partition '{"link":{"from":"Europe west","to":"DC03"}}' ;;
    directory-down)
        case $1 in
        t4) action directory node.crash '{"role":"registry"}' ;;
        t1 | t2 | t5) if has_fault dns.authority-outage; then action directory dns.authority-outage '{}'; fi ;;
        esac ;;
    bad-configuration) # whoever holds the front door's configuration ends everywhere
        case $1 in
        t1 | t2 | t5) action configuration process.kill '{"process":"httpd"}' ;;
        *) action configuration process.kill '{"process":"wildfly"}' ;;
        esac ;;
    esac
}

# simulate NAME TOPOLOGY METHOD REPLICATIONS: leaves NAME/results.sqlite.
simulate() {
    local name=$out/runs/$1 status=0
    printf '{"version":"1","title":"%s","extends":["%s"],"load":{"users":%s},"method":[%s]}\n' "$1" "$(file_of "$2")" "$program" "$3" >"$name.json"
    nice "$dcdrill" run "$name.json" -n "$4" -j "$jobs" -o "$name" -q --progress none >"$name.log" 2>&1 || status=$?
    case $status in 0 | 1 | 3) ;; *) cat "$name.log" >&2; exit "$status" ;; esac
}

# figures NAME TARGETS: one line a replication: availability while it lasts, error seconds, seconds until 50, 95 and 99 % are served,
# peak CPU of the servers that were not hit, attempts that served nobody by 1000 requests.
figures() {
    sqlite3 -separator , "$out/runs/$1/results.sqlite" <<SQL
WITH second AS (SELECT run, time_ns / 1000000000 AS t, SUM(ok) AS ok, SUM(ok + failed) AS n, SUM(attempts) AS tries
                FROM users WHERE time_ns BETWEEN 0 AND 299999999999 GROUP BY 1, 2),
     smooth AS (SELECT run, t, 1.0 * SUM(ok) OVER w / SUM(n) OVER w AS share FROM second
                WINDOW w AS (PARTITION BY run ORDER BY t ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING)),
     hit AS (SELECT DISTINCT run, targets_text AS text FROM fault),
     cpu AS (SELECT s.run, s.time_ns / 5000000000 AS step, s.component, AVG(s.value) AS level FROM sample s
             JOIN metric m ON m.id = s.metric AND m.name = 'utilisation' JOIN component c ON c.id = s.component
             WHERE c.kind = 'host' AND c.role = 'app' AND s.time_ns BETWEEN 60000000000 AND 179999999999
               AND NOT EXISTS (SELECT 1 FROM hit WHERE hit.run = s.run AND INSTR(hit.text, c.node) > 0)
             GROUP BY 1, 2, 3)
SELECT 1.0 * SUM(CASE WHEN t BETWEEN 60 AND 179 THEN ok END) / SUM(CASE WHEN t BETWEEN 60 AND 179 THEN n END),
       SUM(t >= 60 AND ok < 0.99 * n),
       MAX(0, IFNULL((SELECT MAX(t) FROM smooth WHERE run = second.run AND t >= 60 AND share < 0.50) - 59, 0)),
       MAX(0, IFNULL((SELECT MAX(t) FROM smooth WHERE run = second.run AND t >= 60 AND share < 0.95) - 59, 0)),
       MAX(0, IFNULL((SELECT MAX(t) FROM smooth WHERE run = second.run AND t >= 60 AND share < 0.99) - 59, 0)),
       IFNULL((SELECT MAX(level) FROM cpu WHERE run = second.run), 'nan'),
       1000.0 * SUM(CASE WHEN t >= 60 THEN tries - ok END) / SUM(CASE WHEN t >= 60 THEN n END)
FROM second GROUP BY run ORDER BY run;
SQL
}

# Means and half-widths of each column.
summarise() {
    awk -F, -v head="$1" '
        BEGIN { split("0 12.706 4.303 3.182 2.776 2.571 2.447 2.365 2.306 2.262", q, " ") }
        { for (i = 1; i <= NF; i++) { x[i, NR] = $i } columns = NF }
        END {
            printf "%s,%d", head, NR
            for (i = 1; i <= columns; i++) {
                sum = 0; squares = 0; used = 0
                for (k = 1; k <= NR; k++) { if (x[i, k] != "nan") { sum += x[i, k]; used++ } }
                mean = used ? sum / used : 0
                for (k = 1; k <= NR; k++) { if (x[i, k] != "nan") { squares += (x[i, k] - mean) ^ 2 } }
                if (used < 1) { printf ",nan,nan" }
                else if (used < 2) { printf ",%.6g,nan", mean }
                else { printf ",%.6g,%.6g", mean, (used <= 10 ? q[used] : 2) * sqrt(squares / (used - 1) / used) }
            }
            printf "\n"
        }'
}

faults=(none server-crash server-hang balancer-crash dc-dark dc-half directory-down bad-configuration)
echo "topology,fault,n,available,available_hw,error_s,error_s_hw,p50_s,p50_s_hw,p95_s,p95_s_hw,p99_s,p99_s_hw,peak_cpu,peak_cpu_hw,wasted_per_1000,wasted_per_1000_hw" >"$out/table.csv"
for id in "${ids[@]}"; do
    for fault in "${faults[@]}"; do
        actions=$(method "$id" "$fault")
        if [ -z "$actions" ] && [ "$fault" != none ]; then continue; fi
        simulate "$id-$fault" "$id" "$actions" "$replications"
        figures "$id-$fault" | summarise "$id,$fault" >>"$out/table.csv"
    done
done

# Each host, site and the name service alone, for 120 s: who is still not served in the last 30 s of it?
echo "topology,element,n,served_at_the_end" >"$out/elements.csv"
cut_one() { # TOPOLOGY ELEMENT METHOD
    simulate "$1-cut" "$1" "$3" 2
    sqlite3 -separator , "$out/runs/$1-cut/results.sqlite" "SELECT '$1', '$2', COUNT(DISTINCT run), ROUND(1.0 * SUM(ok) / SUM(ok + failed), 4)
        FROM users WHERE time_ns BETWEEN 150000000000 AND 179999999999" >>"$out/elements.csv"
}
for id in "${ids[@]}"; do
    database=$out/runs/$id-none/results.sqlite
    for node in $(sqlite3 "$database" "SELECT node FROM component WHERE kind = 'host' ORDER BY id"); do
        cut_one "$id" "host $node" "$(action cut node.crash "{\"node\":\"$node\"}")"
    done
    for dc in $(sqlite3 "$database" "SELECT DISTINCT dc FROM component WHERE kind = 'host' ORDER BY dc"); do
        cut_one "$id" "site $dc" "$(action cut dc.outage "{\"dc\":\"$dc\"}")"
    done
    actions=$(method "$id" directory-down)
    if [ -n "$actions" ]; then cut_one "$id" "$([ "$id" = t4 ] && echo all registries || echo DNS provider)" "$actions"; fi
done
awk -v out="$out" -v replications="$replications" -v clients="$clients" -f scripts/compare_topologies.awk "$out/elements.csv" "$out/table.csv"
gnuplot -e "data='$out/lost.data'; picture='$out/lost.svg'" scripts/compare_topologies.gnuplot
echo "$out/table.md $out/table.html $out/table.csv $out/elements.csv $out/lost.svg"
