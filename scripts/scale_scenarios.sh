#!/usr/bin/env bash
# Writes one scenario of the five data centres at another size, with its zone, into DIRECTORY: RATE requests/s on VPS machines (30 x 1,
# 10, 100), users and data in proportion to the rate. Nobody is hurt in it: it is for what simulating costs.
# Usage: scripts/scale_scenarios.sh RATE VPS SECONDS DIRECTORY; prints the scenario's path.
set -euo pipefail
rate=$1 vps=$2 seconds=$3 directory=$4
cd "$(dirname "$0")/.."
db=$((vps * 4 / 30))
db=$((db > 60 ? 60 : db)) # a driver knows 64 coordinators of its site
app=$((vps / 5 - db))
name=scale-$rate-$vps
mkdir -p "$directory"
root=$(realpath --relative-to "$directory" .)
sites=(DC01 DC02 DC03 DCB1 DCB2)
address() { # site's index, server's index
    echo "10.$(($1 + 1)).$(($2 / 250)).$(($2 % 250 + 1))"
}
addresses() {
    for i in "${!sites[@]}"; do
        [ "$i" = 0 ] || echo ","
        printf '"%s": [' "${sites[i]}"
        for ((k = 0; k < app; k++)); do
            [ "$k" = 0 ] || printf ', '
            printf '"%s"' "$(address "$i" "$k")"
        done
        printf ']'
    done
}
# Each live server is one of many values; an answer has eight of them.
records() {
    for i in 0 1 2; do
        for ((k = 0; k < app; k++)); do
            [ "$i$k" = 00 ] || echo ","
            printf '{"Name": "app.", "Type": "A", "SetIdentifier": "%s-%d", "MultiValueAnswer": true, "TTL": 20, ' "${sites[i]}" "$k"
            printf '"ResourceRecords": [{"Value": "%s"}]}' "$(address "$i" "$k")"
        done
    done
}
cat >"$directory/$name-zone.json" <<END
{"ResourceRecordSets": [$(records),
{"Name": "app.", "Type": "NS", "TTL": 172800, "ResourceRecords": [{"Value": "ns-1."}]},
{"Name": "app.", "Type": "SOA", "TTL": 900, "ResourceRecords": [{"Value": "ns-1. hostmaster. 1 7200 900 1209600 86400"}]}]}
END
cat >"$directory/$name.json" <<END
{
  "version": "1",
  "extends": ["$root/scenarios/topologies/five-dc.json", "$root/scenarios/conf/hardened.json"],
  "title": "$rate requests/s on $vps VPS",
  "simulation": {"warmup": "5s", "duration": "${seconds}s", "settle": "1s", "replications": 1},
  "system": {
    "nodes": {"db": {"count": $db}, "app": {"count": $app, "addresses": {$(addresses)}}},
    "route53": {"zone": "$name-zone.json"},
    "wildfly": {"keys": $((rate * 36))}
  },
  "load": {"users": {"rate": $rate, "users": $((rate * 7 + 100)), "keys": $((rate * 36))}}
}
END
echo "$directory/$name.json"
