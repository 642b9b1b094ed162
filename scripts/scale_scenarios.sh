#!/usr/bin/env bash
# Writes the five data centres at other sizes: scenarios/capacity/scale-RATE-VPS.json, RATE requests/s on VPS machines, users and data
# in proportion to the rate, lines in proportion to the machines (a link stands for all ports of a site: with the one that 30 VPS
# have, networks within the sites of 3,000 would be asked for twice what they carry), and their zones,
# scenarios/conf/scale-VPS-zone.json. Nobody is hurt in them, they are for what simulating costs; but 27,500 requests/s are the main
# scenario, ten times as large, with all that happens in it.
# Usage: scripts/scale_scenarios.sh [--check]; with --check, only says which files are not what it would write.
set -euo pipefail
cd "$(dirname "$0")/.."
sizes=("100 30 5 200" "1000 30 5 60" "1000 300 5 30" "10000 300 5 10" "27500 300 5 900" "100000 3000 2 2") # rate, VPS, warm-up, seconds
sites=(DC01 DC02 DC03 DCB1 DCB2)

address() { # site's index, server's index: the health checks know the first two
    if [ "$2" -lt 2 ]; then
        echo "192.0.2.$((($1 + 1) * 10 + $2 + 1))"
    else
        echo "10.$(($1 + 1)).$(($2 / 250)).$(($2 % 250 + 1))"
    fi
}

addresses() { # servers a site
    for i in "${!sites[@]}"; do
        [ "$i" = 0 ] || echo ","
        printf '      "%s": [' "${sites[i]}"
        for ((k = 0; k < $1; k++)); do
            [ "$k" = 0 ] || printf ', '
            printf '"%s"' "$(address "$i" "$k")"
        done
        printf ']'
    done
}

zone() { # servers a site; each live one is one of many values, an answer has eight of them
    echo '{"ResourceRecordSets": ['
    for i in 0 1 2; do
        for ((k = 0; k < $1; k++)); do
            printf '{"Name": "app.", "Type": "A", "SetIdentifier": "%s-%d", "MultiValueAnswer": true, "TTL": 20, ' "${sites[i]}" "$k"
            printf '"ResourceRecords": [{"Value": "%s"}], "HealthCheckId": "hc-%s"},\n' "$(address "$i" "$k")" "${sites[i],,}"
        done
    done
    echo '{"Name": "app.", "Type": "NS", "TTL": 172800, "ResourceRecords": [{"Value": "ns-1."}]},'
    echo '{"Name": "app.", "Type": "SOA", "TTL": 900, "ResourceRecords": [{"Value": "ns-1. hostmaster. 1 7200 900 1209600 86400"}]}]}'
}

scenario() { # rate, VPS, warm-up and length in seconds, servers a site, nodes of the store a site
    local base='"../topologies/five-dc.json", "../conf/hardened.json"'
    [ "$1" != 27500 ] || base='"../drills/dc03-lost.json"'
    cat <<END
{
  "version": "1",
  "extends": [$base],
  "title": "$1 requests/s on $2 VPS",
  "description": "For what simulating costs; written by scripts/scale_scenarios.sh.",
  "simulation": { "warmup": "$3s", "duration": "$4s", "settle": "0s", "replications": 1 },
  "system": {
    "nodes": { "db": { "count": $6 }, "app": { "count": $5, "addresses": {
$(addresses "$5") } } },
    "wan": { "link": { "rate": "$(($2 / 30))Gbit/s" }, "lan": { "rate": "$(($2 / 30))Gbit/s" } },
    "route53": { "zone": "../conf/scale-$2-zone.json" },
    "wildfly": { "keys": $(($1 * 36)) }
  },
  "load": { "users": { "rate": $1, "users": $(($1 * 7 + 100)), "keys": $(($1 * 36)) } }
}
END
}

write_all() { # into the folder of scenarios
    local rate vps warmup seconds db app last=
    mkdir -p "$1/capacity" "$1/conf"
    for size in "${sizes[@]}"; do
        read -r rate vps warmup seconds <<<"$size"
        db=$((vps * 4 / 30)) app=$((vps / 5 - vps * 4 / 30))
        scenario "$rate" "$vps" "$warmup" "$seconds" "$app" "$db" >"$1/capacity/scale-$rate-$vps.json"
        [ "$vps" = "$last" ] || zone "$app" >"$1/conf/scale-$vps-zone.json"
        last=$vps
    done
}

if [ "${1:-}" = --check ]; then
    fresh=$(mktemp -d)
    trap 'rm -r "$fresh"' EXIT
    write_all "$fresh"
    bad=0
    for file in "$fresh"/*/scale-*.json scenarios/*/scale-*.json; do
        name=$(basename "$(dirname "$file")")/$(basename "$file")
        cmp -s "$fresh/$name" "scenarios/$name" ||
            { echo "scenarios/$name: error: not what scripts/scale_scenarios.sh writes: run it"; bad=1; }
    done
    exit $bad
fi
write_all scenarios
