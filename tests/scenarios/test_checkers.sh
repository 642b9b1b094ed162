#!/usr/bin/env bash
# What the checkers prove in whole runs, and that they name it: with a site that is cut off and then
# loses power, and with statements at SERIAL.
. tests/scenarios/support.sh

# query NAME SQL: one value of a run's results.
query() {
    sqlite3 "$work/$1/results.sqlite" "$2"
}

run run scenarios/drills/cassandra/site-power-lost-periodic.json -n 2 -o "$work/periodic" --progress none
[ "$status" -eq 0 ] && [ "$(query periodic "SELECT min(value) > 0 FROM total WHERE name = 'writes_lost'")" = 1 ]
pass_if $? "with a periodic commit log acknowledged writes are lost, as the drill is to show" "status $status; $out"
proofs=$(query periodic "SELECT proof FROM finding WHERE invariant = 'no-lost-acked-write'")
whole='^version [0-9]+ of key [0-9]+, asked for at [0-9.]+ s by request [0-9]+ of session [0-9]+, was acknowledged at [0-9.]+ s by DC03; at 30.000000 s its last copy was destroyed, the newest left was version [0-9]+(; at 30.000000 s DC[B0-9]+-db[1-4] missed, and gets no hint of, version [0-9]+)*(; at 30.000000 s DC03-db[1-4] lost version [0-9]+){3}; by then (.*version [0-9]+|nothing) is on '
[ -n "$proofs" ] && ! grep -qvE "$whole" <<<"$proofs"
pass_if $? "each proof says who wrote what when, who acknowledged it, which replicas lost it, who holds what" "$(grep -vE "$whole" <<<"$proofs" | head -2)"
[ "$(wc -l <<<"$proofs")" -eq "$(query periodic "SELECT count(DISTINCT proof) FROM finding WHERE invariant = 'no-lost-acked-write'")" ]
pass_if $? "no proof is told twice"
run run scenarios/drills/cassandra/site-power-lost-batch.json -n 1 -o "$work/batch" --progress none
[ "$status" -eq 0 ] && [ "$(query batch "SELECT value FROM total WHERE name = 'writes_lost'")" = 0.0 ]
pass_if $? "with a commit log in batch mode none is lost" "status $status; $out"

run run scenarios/drills/cassandra/serial-one-order.json -n 1 -o "$work/serial" --progress none
[ "$status" -eq 0 ] && [ "$(query serial "SELECT value > 1000 FROM total WHERE name = 'serial_statements'")" = 1 ]
pass_if $? "thousands of statements at SERIAL have an order, though a site was cut off" "status $status; $out"
run run scenarios/drills/cassandra/serial-mixed.json -n 1 -o "$work/mixed" --progress none
proofs=$(query mixed "SELECT proof FROM finding WHERE invariant = 'linearizable'")
[ "$status" -eq 1 ] && [[ $proofs == *"no order of these "*" statements on key "*" explains what was found: (1) "*" through DC"* ]]
pass_if $? "mixed with plain writes and LOCAL_SERIAL they have none, and the proof says which" "status $status; ${proofs:0:300}"

cat >"$work/zombies.json" <<END
{ "version": "1", "title": "A node is away for longer than gc_grace", "extends": ["$root/scenarios/topologies/five-dc-small.json"],
  "simulation": { "duration": "60s", "replications": 1 },
  "system": { "cassandra": { "gc_grace_seconds": "10s", "tombstone_compaction": "constant(2s)", "max_hint_window": "1s", "consistency": { "read": "LOCAL_ONE" } } },
  "load": { "users": { "keys": 2000, "mix": { "read": 0.5, "write": 0.3, "delete": 0.2 } } },
  "method": [ { "type": "action", "name": "node-away", "at": "5s", "duration": "25s", "func": "node.crash", "target": { "dc": "DC02", "role": "db", "mode": "one" } } ],
  "invariants": { "stays-deleted": { "check": "no-resurrected-delete" } } }
END
run run "$work/zombies.json" -n 1 -o "$work/zombies" --progress none
proofs=$(query zombies "SELECT proof FROM finding WHERE invariant = 'no-resurrected-delete'")
[ "$status" -eq 1 ] && [[ $proofs == *"(a delete), asked for at "*", was acknowledged at "*", and its tombstone was purged; "*" purged the tombstone of version "* ]]
pass_if $? "a node that was away for longer than gc_grace brings deleted data back, and the proof names who purged what" "status $status; ${proofs:0:300}"
exit $bad
