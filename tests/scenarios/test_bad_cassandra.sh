#!/usr/bin/env bash
# What cannot be of a Cassandra cluster is refused before the run, with place and reason: replication, settings, changes of the ring,
# repairs. Token dumps that do not fit: test_status.sh.
. tests/scenarios/support.sh
head='"version": "1", "title": "t", "extends": ["'$root'/scenarios/topologies/five-dc-small.json"]'

# All of one file are told at once.
cat >"$work/bad.json" <<JSON
{ $head, "system": { "cassandra": {
  "keyspaces": { "iot": { "replication": {
    "DC08": 3,
    "DC01": 9 } } },
  "num_token": 16,
  "commitlog_sync": "bach",
  "phi_convict_threshold": 3,
  "write_request_timeout": 2000 } } }
JSON
run check "$work/bad.json"
expect 2 "bad.json:3:5: error: unknown data centre 'DC08'; did you mean 'DC01'?" "replication that names an unknown site is refused"
expect 2 "bad.json:4:13: error: keyspace 'iot' wants 9 replicas in 'DC01', where 4 nodes run cassandra" "more replicas than nodes are refused"
expect 2 "bad.json:5:3: error: unknown field 'num_token'; did you mean 'num_tokens'?" "an unknown key is refused"
expect 2 "bad.json:6:3: error: 'commitlog_sync' must be one of 'periodic', 'batch'; did you mean 'batch'?" "an unknown value is refused"
expect 2 "bad.json:7:3: error: 'phi_convict_threshold' must lie from 5 to 16" "a value that Cassandra refuses is refused"
expect 2 "bad.json:8:3: error: 'write_request_timeout' needs a unit" "a time without its unit is refused"

cat >"$work/bad.json" <<JSON
{ $head, "system": { "cassandra": {
  "hinted_handoff_disabled_datacenters": ["DC08"],
  "hint_overload": "as_design",
  "back_pressure_strategy": { "flow": "fast", "high_ratio": 1.5 } } } }
JSON
run check "$work/bad.json"
expect 2 "'hint_overload' must be one of 'as_coded', 'as_designed'; did you mean 'as_designed'?" "a mistyped choice is refused"
expect 2 "'back_pressure_strategy.flow' must be one of 'FAST', 'SLOW'" "a flow that does not exist is refused"
expect 2 "'back_pressure_strategy.high_ratio' must lie from 0 to 1" "a ratio above 1 is refused"
sed -i '/hint_overload\|back_pressure/d; s/\["DC08"\],/["DC08"] } } }/' "$work/bad.json"
run check "$work/bad.json"
expect 2 "there is no data centre 'DC08'; did you mean 'DC01'?" "hints that are disabled for an unknown site are refused"

printf '{ %s, "system": { "cassandra": { "allocate_tokens_for_keyspace": "itt" } } }\n' "$head" >"$work/bad.json"
run check "$work/bad.json"
expect 2 "there is no keyspace 'itt' to allocate tokens for; did you mean 'iot'?" "tokens for an unknown keyspace are refused"

# method ACTIONS: a scenario with them, each on a line of its own from line 2 on.
method() {
    local actions
    actions=$(printf '%s,\n' "$@")
    printf '{ %s, "simulation": { "warmup": "5s", "duration": "5min" }, "method": [\n%s ] }\n' "$head" "${actions%,}" >"$work/bad.json"
    run check "$work/bad.json"
}
# told NAME FUNC AT DURATION TARGET [ARGUMENTS]: one action.
told() {
    printf '{ "type": "action", "name": "%s", "func": "%s", "at": "%s", "duration": "%s", "target": { %s, "process": "cassandra" }' "$1" "$2" "$3" "$4" "$5"
    [ -z "${6:-}" ] || printf ', "arguments": { %s }' "$6"
    printf ' }'
}
one='"node": "DC01-db1"' near='"node": "DC01-db2"' far='"node": "DC03-db3"' all='"role": "db", "mode": "all"'

method "$(told a ops.decommission 5s 1s "$one")" "$(told b ops.decommission 90s 1s "$near")"
expect 2 "bad.json:3:1: error: 'DC01-db2' cannot leave: 'DC01' would have 2 nodes for 3 replicas" "a decommission below the replication factor is refused"
method "$(told a ops.bootstrap 5s 1s '"node": "DC01-db4"')" "$(told b ops.bootstrap 20s 1s '"node": "DC02-db4"')"
expect 2 "bad.json:3:1: error: 'DC01-db4' and 'DC02-db4' would change the ring at once" "two joins at once are refused"
method "$(told a ops.bootstrap 5s 1s '"node": "DC01-db3"')" "$(told b ops.bootstrap 90s 1s '"node": "DC01-db4"')"
expect 2 "'DC01' is to hold 3 replicas but has 2 nodes in the ring" "more replicas than nodes of the ring are refused while others stand outside"
method "$(told a ops.repair 5s 60s "$one")" "$(told b ops.repair 30s 60s "$far")"
expect 2 "bad.json:3:1: error: repairs overlap: 'DC01-db1' and 'DC03-db3' are to repair common ranges" "repairs of common ranges at the same time are refused"
method "$(told a ops.repair 5s 60s "$one")" "$(told b ops.repair 30s 60s "$one" '"primary_range": true')"
expect 2 "bad.json:3:1: error: repairs overlap: 'DC01-db1' and 'DC01-db1'" "a node is not repaired twice at once"
method "$(told a ops.repair 5s 60s "$all")"
expect 2 "bad.json:2:1: error: repairs overlap: " "all nodes at once are refused"
method "$(told a ops.repair 5s 60s "$all" '"primary_range": true')"
expect 0 "" "all nodes at once are taken when each repairs its primary ranges"
method "$(told a ops.repair 5s 20s "$one")" "$(told b ops.repair 30s 60s "$far")"
expect 0 "" "one repair after the other is taken"
method "$(told a ops.repair 5s 20s '"node": "DC01-app1"' | sed 's/"cassandra"/"wildfly"/')"
expect 2 "'ops.repair' cannot be done by 'wildfly@DC01-app1'" "what is no Cassandra node is not repaired"
method "$(told a ops.alter-schema 5s 1s "$one" '"adds": "humidity", "drops": "humidity"')" "$(told b ops.alter-schema 9s 1s "$near")"
expect 2 "bad.json:2:1: error: a change of the schema needs one of 'adds' and 'drops', the name of a column" "a change of the schema that adds and drops is refused"
expect 2 "bad.json:3:1: error: a change of the schema needs one" "one that says neither is refused"
method "$(told a ops.alter-schema 5s 1s "$one" '"add": "humidity"')"
expect 2 "unknown field 'add'; did you mean 'adds'?" "a mistyped argument is refused"
method "$(told a ops.alter-schema 5s 1s "$one" '"adds": "humidity"')"
expect 0 "" "a column that is added is taken"
exit $bad
