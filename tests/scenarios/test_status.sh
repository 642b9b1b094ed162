#!/usr/bin/env bash
# What an operator sees at an instant: `dcdrill status`, asked on one node, and mistakes in asking.
. tests/scenarios/support.sh
# A node of DC03 falls at 5 s for 40 s: conviction takes 19 to 25 s, and each observer decides alone.
cat >"$work/fall.json" <<JSON
{
  "version": "1", "title": "A node falls", "extends": ["$root/scenarios/smoke/cassandra-node-lost.json"],
  "simulation": { "warmup": "30s", "duration": "60s", "replications": 2 },
  "method": [
    { "type": "action", "name": "fall", "at": "5s", "duration": "40s", "func": "node.crash",
      "target": { "node": "DC03-db2" } }
  ],
  "thresholds": {}, "invariants": {}, "must-happen": {}
}
JSON

# letters NODE: the two letters of that node in the last answer.
letters() {
    sed -n "s/^\([UD?][NLJM]\)  $1 .*/\1/p" <<<"$out"
}

# --- the ring
run status "$work/fall.json" --at 4s
[ "$status" -eq 0 ] && [ "$(grep -c '^UN  ' <<<"$out")" -eq 20 ] && [ "$(grep -c '^Datacenter: ' <<<"$out")" -eq 5 ]
pass_if $? "before the fault every node is up and normal" "$out$err"
[[ $out == "Datacenter: DC01"$'\n'"================"$'\n'"Status=Up/Down"$'\n'"|/ State=Normal/Leaving/Joining/Moving"$'\n'"--  Address   Load       Tokens       Owns (effective)  Host ID                               Rack"* ]]
pass_if $? "the head of each table is that of nodetool 3.11" "$out"
sums=$(awk '/^Datacenter/ { dc = $2 } /^UN/ { sub("%", "", $5); owns[dc] += $5 } END { for (dc in owns) printf "%s=%.0f\n", dc, owns[dc] }' <<<"$out" | LC_ALL=C sort | tr '\n' ' ')
[ "$sums" = "DC01=300 DC02=300 DC03=300 DCB1=100 DCB2=100 " ]
pass_if $? "what the nodes of a site own sums to its replication factor" "$sums"
run status "$work/fall.json" --at 15s
[ "$(letters DC03-db2)" = UN ]
pass_if $? "a node that fell ten seconds ago still counts as up: nobody has been told" "$out"
run status "$work/fall.json" --at 35s --as DC01-db3
[ "$(letters DC03-db2)" = DN ] && [ "$(grep -c '^UN  ' <<<"$out")" -eq 19 ]
pass_if $? "after 30 s of silence it is down in the eyes of others" "$out"
id=$(grep 'DC03-db2' <<<"$out" | awk '{ print $6 }')
run status "$work/fall.json" --at 35s --as cassandra@DC02-db1
[[ $id =~ ^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$ ]] && [[ $out == *"$id"* ]]
pass_if $? "a host id is a random UUID and the same whoever is asked" "$id"

# --- as data
run status "$work/fall.json" --at 35s --json
cp "$work/stdout" "$work/status.json"
[ "$(json "$work/status.json" '$.asked')" = cassandra@DC01-db1 ] && [ "$(json "$work/status.json" '$.at_s')" = 35 ] &&
    [ "$(json "$work/status.json" '$.answer.datacenters[2].nodes[1].status')" = Down ]
pass_if $? "--json says the same as data, and who was asked when" "$out$err"
first=$out
run status "$work/fall.json" --at 35s --json
[ "$out" = "$first" ]
pass_if $? "the same question has the same answer"
run status "$work/fall.json" --at 35s --json --replication 1
[ "$status" -eq 0 ] && [ "$out" != "$first" ]
pass_if $? "another replication is another world" "$err"

# --- mistakes
run status "$work/fall.json"
expect 2 "needs an instant" "'status' needs an instant"
run status "$work/fall.json" --at 1h
expect 2 "all is over at" "an instant after the end is refused, and the end told"
run status "$work/fall.json" --at 10
expect 2 "needs a duration with a unit" "an instant needs a unit"
run status "$work/fall.json" --at 10s --as DC03-db9
expect 2 "nothing called 'DC03-db9' has the view 'status'; did you mean 'DC03-db" "a node that is not there is refused before anything is simulated"
run status "$work/fall.json" --at 10s --info statsu
expect 2 "unknown view 'statsu'; did you mean 'status'?" "a misspelt view is suggested"
run status "$work/fall.json" --at 10s --as DC03-db2
expect 2 "is down at 10s: it answers nobody" "a node that is down answers nobody"
run status "$work/fall.json" --at 10s --replication -1
expect 2 "counts from 0" "replications count from 0"
run status --at 10s
expect 2 "needs one scenario file" "'status' needs a scenario"
exit $bad
