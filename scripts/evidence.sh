#!/usr/bin/env bash
# Runs scenarios/drills/dc03-lost.json as shipped and with one setting taken back at a time, and its two stock siblings; prints the table of
# README's section "Which settings make the difference". Usage: scripts/evidence.sh [REPLICATIONS] (default 10).
set -euo pipefail
cd "$(dirname "$0")/.."
replications=${1:-10}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
row() { # title, drill, then --set arguments
    local title=${1//\'/\'\'} drill=scenarios/drills/$2.json # SQL doubles quotes
    shift 2
    build/dcdrill run "$drill" -n "$replications" -o "$out/run" -q "$@" >/dev/null || true
    sqlite3 "$out/run/results.sqlite" "
        SELECT '| $title | ' ||
          coalesce((SELECT printf('%.4f %%', 100 * observed) FROM checked WHERE name = 'http_req_failed' AND condition NOT LIKE '% in %'), '-') || ' | ' ||
          coalesce((SELECT printf('%.2f %%', 100 * observed) FROM checked WHERE name = 'http_req_failed' AND condition LIKE '% in %'), '-') || ' | ' ||
          coalesce((SELECT printf('%.0f ms [%.0f, %.0f]', 1000 * observed, 1000 * low, 1000 * high) FROM checked WHERE name = 'http_req_duration'), '-') || ' | ' ||
          coalesce((SELECT printf('%.0f s', observed) FROM checked WHERE name = 'outage_duration'), '-') || ' | ' ||
          (SELECT printf('%.0f', sum(value)) FROM total WHERE name = 'writes_lost') || ' | ' ||
          coalesce((SELECT printf('%.0f %%', 100 * observed) FROM checked WHERE name = 'utilisation' AND labels LIKE '%dc:%'), '-') || ' |'"
    rm -rf "$out/run"
}
echo "| $replications replications each | failed | worst 10 s | p99 in the fault | longest outage of a region | writes lost | busiest application tier |"
echo "| --- | --- | --- | --- | --- | --- | --- |"
row "as shipped" dc03-lost
row "one address in each answer" dc03-lost --set /system/route53/zone=scenarios/conf/route53-four-spread.json
row "no second address tried" dc03-lost --set /load/users/fallback=none
row "read timeout of 10 s" dc03-lost --set /load/users/read_timeout=10s
row "no retries" dc03-lost --set /load/users/retries=0
row "no second coordinator asked" dc03-lost --set /system/wildfly/driver/speculative_executions=0
row "httpd started before WildFly can work" dc03-lost --set /system/httpd/start_after_checks=0
row "httpd's processes started as needed" dc03-lost --set /system/httpd/StartServers=3 --set /system/httpd/MinSpareThreads=75 --set /system/httpd/MaxSpareThreads=250
row "health checks of threshold 3, TTL 60 s" dc03-lost --set /system/route53/health_checks/FailureThreshold=3 --set /system/route53/ttl=60s
row "stock balancer (60 s timeouts, no checks)" dc03-lost --set '/system/httpd={"AsyncRequestWorkerFactor": 32}'
row "stock limit of 1,200 connections" dc03-lost --set /system/httpd/AsyncRequestWorkerFactor=2
row "commit log synced every 10 s" dc03-lost --set /system/cassandra/commitlog_sync=periodic
row "DNS failover alone" dc03-lost-dns-only
row "stock defaults everywhere" dc03-lost-stock
