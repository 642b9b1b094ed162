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

# --- other views
run status "$work/fall.json" --at 35s --info tpstats
[[ $out == "Pool Name                         Active   Pending      Completed   Blocked  All time blocked"$'\n'"ReadStage  "* ]] && [[ $out == *"Message type           Dropped"* ]]
pass_if $? "thread pools are printed as nodetool does" "$out$err"
[ "$(awk '/^MutationStage/ { print ($4 > 0) }' <<<"$out")" = 1 ]
pass_if $? "mutations that were done count as completed" "$out"
run status "$work/fall.json" --at 35s --info netstats
[[ $out == "Mode: NORMAL"$'\n'"Not sending any streams."* ]]
pass_if $? "a node at rest is in mode NORMAL and sends no streams" "$out$err"
form='Read Repair Statistics:
Attempted: N
Mismatch (Blocking): N
Mismatch (Background): N
Pool Name                    Active   Pending      Completed   Dropped
Large messages                  n/aNNNN
Small messages                  n/aNNNN
Gossip messages                 n/aNNNN'
form=${form//NNNN/ N N N}
[ "$(sed -n '3,$p' <<<"$out" | sed 's/  *[0-9][0-9]*/ N/g')" = "$form" ]
pass_if $? "read repairs and messages are printed as nodetool 3.11 does" "$out"
run status "$work/fall.json" --at 35s --info gossipinfo
[ "$(grep -c '^  heartbeat:' <<<"$out")" -eq 20 ]
pass_if $? "gossip is remembered of every node, dead ones too" "$out$err"
run status "$work/fall.json" --at 35s --info describering
[ "$(grep -c 'TokenRange(start_token:' <<<"$out")" -eq 640 ]
pass_if $? "20 nodes of 32 tokens make 640 ranges" "$err"
form='^.TokenRange\(start_token:-?[0-9]+, end_token:-?[0-9]+, endpoints:\[[^]]+\], rpc_endpoints:\[[^]]+\], endpoint_details:\[(EndpointDetails\(host:[^,]+, datacenter:DC[^,]+, rack:RACK01\)(, )?){11}\]\)$'
[ "$(grep -cE "$form" <<<"$out")" -eq 640 ] && [[ $out == "Schema Version:"????????-????-3* ]] && [ "$(sed -n 2p <<<"$out")" = "TokenRange: " ]
pass_if $? "a range is printed as nodetool 3.11 does" "$(head -c 600 <<<"$out")"

run status "$root/scenarios/drills/cassandra/schema-disagreement.json" --at 90s --info describecluster
[ "$(grep -c '^		[0-9a-f-]*: \[' <<<"$out")" -eq 2 ]
pass_if $? "after a change of the schema that a site missed two versions are shown" "$out$err"
run status "$root/scenarios/drills/cassandra/schema-disagreement.json" --at 90s --info gossipinfo
[ "$(grep '^  SCHEMA:' <<<"$out" | sort -u | wc -l)" -eq 2 ]
pass_if $? "gossip tells of both" "$out$err"

# --- tokens of a real ring
# token_file FILE: a scenario that reads its tokens from there.
token_file() {
    printf '{ "version": "1", "title": "t", "extends": ["%s/fall.json"], "system": { "cassandra": { "token_file": "%s" } } }' "$work" "$1" >"$work/dump.json"
}
run status "$work/fall.json" --at 1s --info ring
cp "$work/stdout" "$work/ring.txt"
printf '  Warning: "nodetool ring" is used to output all the tokens of a node.\n' >>"$work/ring.txt"
first=$out
token_file ring.txt
run status "$work/dump.json" --at 1s --info ring --seed 99
[ "$status" -eq 0 ] && [ "$out" = "$first" ]
pass_if $? "a ring is read from what nodetool ring printed, whatever the seed" "$err"
# broken NAME SED-SCRIPT TEXT SENTENCE: the dump with a mistake is refused with its place.
broken() {
    sed "$2" "$work/ring.txt" >"$work/$1.txt"
    token_file "$1.txt"
    run check "$work/dump.json"
    expect 2 "$1.txt:$3" "$4"
}
line=$(grep -n '^DC02-db1 ' "$work/ring.txt" | head -1 | cut -d: -f1)
broken number "${line}s/-\?[0-9]\{15,\}/12x/" "$line:74: error: '12x' is no token" "a token that is no number is told with its place"
broken range "${line}s/-\?[0-9]\{15,\}/9223372036854775808/" "$line:74: error: '9223372036854775808' is no token" "a token beyond 2^63 - 1 is refused"
broken twice "${line}p" "$((line + 1)):74: error: the token " "a token that stands there twice is refused"
broken address "${line}s/DC02-db1/DC02-dbl/" "$line:1: error: no Cassandra node of 'DC02' has the address or name 'DC02-dbl'; did you mean" "an address that no node has is refused"
broken site "s/Datacenter: DC02/Datacenter: DC2/" "$(grep -n 'Datacenter: DC02' "$work/ring.txt" | cut -d: -f1):13: error: there is no data centre 'DC2'; did you mean 'DC02'?" "a data centre that is not there is refused"
broken rack "${line}s/RACK01/RACK07/" "$line:11: error: 'DC02-db1' is in rack 'RACK07' here, but in 'RACK01' in the scenario" "another rack than the scenario's is refused"
broken count "${line}d" "$(grep -n '^DC02-db1 ' "$work/ring.txt" | sed -n 2p | awk -F: '{ print $1 - 1 }'):1: error: 'DC02-db1' has 31 tokens in this dump, but 'num_tokens' is 32" "a node with a token too few is refused"
broken missing "/^DC02-db1 /d" "1:1: error: 'DC02-db1' has no token in this dump" "a node without tokens is refused"
broken short "${line}s/  *[^ ]* *\$//" "$line:1: error: not a row of 'nodetool ring'" "a row that lacks a column is refused"
token_file nowhere.txt
run check "$work/dump.json"
expect 2 "cannot read the token dump" "a dump that is not there is told"

# --- changes of the ring
# change METHOD: a scenario with these actions.
change() {
    printf '{ "version": "1", "title": "t", "extends": ["%s/scenarios/smoke/ring-change.json"], "method": [%s], "must-happen": {} }' "$root" "$1" >"$work/change.json"
}
# told NAME AT FUNC NODE [PROCESS [DEAD]]: one action.
told() {
    printf '{ "type": "action", "name": "%s", "at": "%s", "func": "%s", "target": { "node": "%s", "process": "%s" }' "$1" "$2" "$3" "$4" "${5:-cassandra}"
    [ -z "${6:-}" ] || printf ', "arguments": { "dead": "%s" }' "$6"
    printf ' }'
}
run status scenarios/smoke/ring-change.json --at 30s
[ "$(letters DC01-db4)" = UJ ]
pass_if $? "a node that bootstraps is up and joining in the eyes of others" "$out$err"
run status scenarios/smoke/ring-change.json --at 30s --as DC01-db4 --info netstats
[[ $out == "Mode: JOINING"* ]]
pass_if $? "the node itself says that it joins" "$out$err"
run status scenarios/smoke/ring-change.json --at 70s
[ "$(letters DC01-db4)" = UN ] && [ "$(letters DC03-db3)" = UL ] && [ "$(letters DC02-db2)" = DN ] && [[ $out != *DC02-db4* ]]
pass_if $? "who joined is normal, who leaves is leaving, who stands outside is not shown" "$out$err"
run status scenarios/smoke/ring-change.json --at 70s --info gossipinfo
[ "$(grep -c '^  STATUS:LEAVING,-\?[0-9]*$' <<<"$out")" -eq 1 ] && [ "$(grep -A9 '^DC03-db3$' <<<"$out" | grep -c LEAVING)" -eq 1 ]
pass_if $? "gossip tells that a node leaves" "$(grep STATUS <<<"$out" | sort | uniq -c)"
run status scenarios/smoke/ring-change.json --at 70s --info gossipinfo --set '/system/cassandra/storage={"modelled":true}'
[ "$(grep -c '^  LOAD:[0-9.]*$' <<<"$out")" -ge 18 ]
pass_if $? "gossip tells the load of each" "$out"
change "$(told a 5s ops.decommission DC01-db1), $(told b 60s ops.decommission DC01-db2)"
run check "$work/change.json"
expect 2 "'DC01-db2' cannot leave: 'DC01' would have 2 nodes for 3 replicas" "a site cannot shrink below its replication factor"
change "$(told a 5s ops.bootstrap DC01-db4), $(told b 20s ops.bootstrap DC02-db4)"
run check "$work/change.json"
expect 2 "'DC01-db4' and 'DC02-db4' would change the ring at once" "two joins at once are refused before the run"
change "$(told a 5s ops.bootstrap DC01-db1)"
run check "$work/change.json"
expect 2 "a seed: seeds do not bootstrap" "a seed cannot bootstrap"
change "$(told a 5s ops.replace DC01-db4 cassandra DC02-db2)"
run check "$work/change.json"
expect 2 "'DC01-db4' cannot take the place of 'DC02-db2', which is no other member of 'DC01'" "only a member of the same site can be replaced"
change "$(told a 5s ops.bootstrap DC01-db4), $(told b 90s ops.decommission DC01-db4)"
run check "$work/change.json"
expect 2 "'DC01-db4' joins or leaves a second time" "a node changes the ring once in a run"
change "$(told a 5s ops.drain DC01-app1 wildfly)"
run check "$work/change.json"
expect 2 "'ops.drain' cannot be done by 'wildfly@DC01-app1', which is a wildfly" "an order that a kind does not understand is refused"

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
