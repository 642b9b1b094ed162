#!/usr/bin/env bash
# Each lint warns where it should, at the setting's place, and is silent where it should be.
. tests/scenarios/support.sh
cat >"$work/calm.json" <<'JSON'
{
  "version": "1",
  "title": "Three sites of three copies",
  "simulation": { "warmup": "1s", "duration": "20s", "settle": "0s", "replications": 1 },
  "system": {
    "datacenters": { "DC01": {}, "DC02": {}, "DC03": {} },
    "wan": { "rtt": { "DC01-DC02": "44ms", "DC01-DC03": "92ms", "DC02-DC03": "113ms" } },
    "nodes": { "db": { "count": 3, "runs": ["cassandra"] } },
    "cassandra": {
      "keyspaces": { "iot": { "replication": { "class": "NetworkTopologyStrategy", "DC01": 3, "DC02": 3, "DC03": 3 } } },
      "consistency": { "read": "LOCAL_QUORUM", "write": "LOCAL_QUORUM" },
      "commitlog_sync": "batch"
    }
  },
  "method": [
    { "type": "action", "name": "lose", "at": "1s", "duration": "10s", "func": "dc.outage", "target": { "dc": "DC02" } }
  ]
}
JSON
calm=$work/calm.json
seen=()

run check "$calm" --strict
expect 0 "" "a scenario without reproach is silent"
[ -z "$err" ]
pass_if $? "not a word" "$err"

# warns NAME WHERE TEXT --set...: the lint warns at that line and column with that text, in check alone and refused by --strict.
warns() {
    local name=$1 place=$2 text=$3
    shift 3
    seen+=("$name")
    run check "$calm" "$@"
    [ "$status" -eq 0 ] && [[ $err == *"$place"*"warning: "*"$text"*"($name)"* ]]
    pass_if $? "$name warns: $text" "status $status: $err"
    run check "$calm" --strict "$@"
    [ "$status" -eq 2 ]
    pass_if $? "--strict refuses it" "status $status: $err"
}
silent() {
    local name=$1
    shift
    run check "$calm" "$@"
    [ "$status" -eq 0 ] && [[ $err != *"($name)"* ]]
    pass_if $? "$name is silent with: $*" "$err"
}

replication=/system/cassandra/keyspaces/iot/replication
warns single-copy "" "'DC03' holds one copy" --set $replication/DC03=1
silent single-copy --set $replication/DC03=2
warns two-copies "" "a quorum of the two copies in 'DC03' is both" --set $replication/DC03=2
silent two-copies --set $replication/DC03=1
warns far-level "" "reads at QUORUM wait for other data centres: 9 copies in 3" --set /system/cassandra/consistency/read=QUORUM
warns far-level "" "writes at EACH_QUORUM fail everywhere" --set /system/cassandra/consistency/write=EACH_QUORUM
warns far-level "" "writes at ALL fail while any replica" --set /system/cassandra/consistency/write=ALL
warns far-level "" "a write at ANY may live in a hint only" --set /system/cassandra/consistency/write=ANY
silent far-level --set /system/cassandra/consistency/read=LOCAL_ONE
silent far-level --set /system/cassandra/consistency/read=QUORUM --set $replication/DC02=0 --set $replication/DC03=0
warns no-overlap "" "reads of 1 and writes of 2 out of 3" --set /system/cassandra/consistency/read=LOCAL_ONE
silent no-overlap --set /system/cassandra/consistency/read=LOCAL_ONE --set /system/cassandra/consistency/write=ALL
warns short-timeout "" "copies far away are acknowledged after 113ms" --set /system/cassandra/write_request_timeout=100ms
warns short-timeout "" "answers from far away take 113ms" --set /system/cassandra/read_request_timeout=100ms
silent short-timeout --set /system/cassandra/read_request_timeout=150ms
warns hint-window "$calm:16:" "it lasts 10s, but hints are kept for 9s" --set /system/cassandra/max_hint_window=9s
warns hint-window "" "no hints are kept while 'lose' lasts" --set /system/cassandra/hinted_handoff_enabled=false
silent hint-window --set /system/cassandra/max_hint_window=11s
silent hint-window --set /system/cassandra/max_hint_window=9s --set /method/0/duration=8s
silent hint-window --set /system/cassandra/max_hint_window=9s --set '/method/0={"type":"action","name":"cut","at":"1s","duration":"15s","func":"link.partition","target":{"link":{"from":"DC01","to":"DC02"}}}'
warns hint-window "" "it lasts 15s" --set /system/cassandra/max_hint_window=9s --set '/method/0={"type":"action","name":"cut","at":"1s","duration":"15s","func":"dc.isolate","target":{"dc":"DC02"}}'
warns grace "$calm:16:" "it lasts 10s, but tombstones are kept for 9s" --set /system/cassandra/gc_grace_seconds=9s
silent grace --set /system/cassandra/gc_grace_seconds=10s
warns unsynced "" "'lose' takes from its nodes what they acknowledged in the last 10s" --set /system/cassandra/commitlog_sync=periodic
silent unsynced --set /system/cassandra/commitlog_sync=periodic --set '/method/0/arguments={"unsynced_writes":"kept"}'
pause='/method/0={"type":"action","name":"pause","at":"1s","duration":"DURATION","func":"node.pause","target":{"role":"db","dc":"DC01","mode":"one"}}'
warns split-views "" "a pause of 20 s lies where some nodes convict and others do not" --set "${pause/DURATION/20s}"
silent split-views --set "${pause/DURATION/10s}"
silent split-views --set "${pause/DURATION/30s}"
warns repair-interval "" "repairs come every 11d, but tombstones are kept for 10d" --set '/system/cassandra/repair={"interval":"11d"}'
silent repair-interval --set '/system/cassandra/repair={"interval":"9d"}'
hosts='/system/host={"clock_offset":"700ms","steal":"none"}'
warns clock-skew "" "1.4s behind that of" --set /system/cassandra/cross_node_timeout=true --set "$hosts"
silent clock-skew --set "$hosts"
silent clock-skew --set /system/cassandra/cross_node_timeout=true
app='/system/nodes/app={"count":1,"in":"DC01","runs":["wildfly"],"settings":{"wildfly":{"batch_statements":BATCH}}}'
warns batch-size "" "a logged batch of 64 statements is 18.8 KiB" --set "${app/BATCH/64}" --set '/system/wildfly={}'
silent batch-size --set "${app/BATCH/17}" --set '/system/wildfly={}'

# What drivers ask for counts, not what nobody asks for; batches only where somebody writes them.
drill() {
    local file=$1 name=$2 text=$3
    shift 3
    run check "scenarios/drills/cassandra/$file.json" "$@"
    if [ -n "$text" ]; then
        [ "$status" -eq 0 ] && [[ $err == *"warning: $text"*"($name)"* ]]
    else
        [ "$status" -eq 0 ] && [[ $err != *"($name)"* ]]
    fi
    pass_if $? "$file: $name ${text:+warns}${text:-is silent} $*" "$err"
}
drill site-lost-quorum far-level "writes at QUORUM wait for other data centres: 11 copies in 5"
drill serial-one-order far-level "reads at SERIAL wait for other data centres: 11 copies in 5"
drill site-lost-local-quorum far-level ""
drill site-lost-local-quorum far-level "" --set /system/cassandra/consistency/write=ALL
drill site-lost-local-quorum no-overlap "reads of 1 and writes of 2 out of 3" --set /system/wildfly/driver/read_consistency=LOCAL_ONE
drill disk-full batch-size ""
drill batch-log-piles-up batch-size "a logged batch of 4 statements is 7.8 KiB" --set /system/cassandra/mutation_size=2000B
sed 's/"count": 3, "runs"/"count": { "*": 3 }, "settings": { "cassandra": { "rack": "A" } }, "runs"/; s/"nodes": {/"nodes": { "db2": { "count": 1, "runs": ["cassandra"], "settings": { "cassandra": { "rack": "B" } } },/' \
    "$calm" >"$work/racks.json"
calm=$work/racks.json
warns few-racks "" "3 copies in 'DC01' on 2 racks"

run run "$work/calm.json" --set $replication/DC03=1 -o "$work/out" --progress none
[ "$(grep -c single-copy <<<"$err")" -eq 1 ]
pass_if $? "'run' says it once" "$err"

store=/system/cassandra/storage
warns compaction-headroom "" "of data on a disk of 40 GB" --set $store='{"modelled": true}' --set /system/cassandra/data_size=20GB
silent compaction-headroom --set $store='{"modelled": true}' --set /system/cassandra/data_size=10GB
silent compaction-headroom --set $store='{"modelled": true, "compaction": "LeveledCompactionStrategy"}' --set /system/cassandra/data_size=20GB
silent compaction-headroom --set /system/cassandra/data_size=20GB
warns commitlog-space "" "the commit log may take 12.0 GB, more than a quarter" --set $store='{"modelled": true, "commitlog_total_space": "12GB"}'
silent commitlog-space --set $store='{"modelled": true}'
warns disk-policy "" "with 'ignore' a node that cannot write stays up" --set $store='{"modelled": true, "disk_failure_policy": "ignore"}'
warns disk-policy "" "with 'stop_commit' a node whose commit log finds no room" --set $store='{"modelled": true, "commit_failure_policy": "stop_commit"}'
silent disk-policy --set $store='{"modelled": true, "disk_failure_policy": "die"}'
warns storage-off "" "do nothing" --set $store='{"page_cache": "1GB"}'
silent storage-off --set $store='{"modelled": false, "page_cache": "1GB"}'
for name in $("$dcdrill" list lints | awk '{ print $1 }'); do
    printf '%s\n' "${seen[@]}" | grep -qxF "$name"
    pass_if $? "lint '$name' has a test"
done
exit $bad
