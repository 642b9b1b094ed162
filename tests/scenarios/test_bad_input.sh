#!/usr/bin/env bash
# Whatever is wrong with the input is said with its place and, where there is one, a suggestion; the
# exit status is 2, nothing half-written is left and earlier results stay as they were.
. tests/scenarios/support.sh
base=$root/scenarios/topologies/five-dc-small.json
results=$work/results
earlier=$work/earlier

# The results of an earlier run that nothing below may touch.
run run scenarios/smoke/steady.json --until 1s -n 1 -o "$results" -q --progress none
cp -a "$results" "$earlier"

# untouched SENTENCE: the earlier results are as they were, and nothing lies beside them.
untouched() {
    diff -r "$earlier" "$results" >"$work/diff" 2>&1 && [ -z "$(find "$work" -maxdepth 1 -name '.*part*')" ]
    pass_if $? "$1" "$(head -n 5 "$work/diff")$(find "$work" -maxdepth 1 -name '.*part*')"
}

# refuse TEXT SENTENCE JSON: the scenario is refused by `check` and by `run`, which writes nothing.
refuse() {
    printf '%s\n' "$3" >"$work/bad.json"
    run check "$work/bad.json"
    expect 2 "$1" "$2"
    run run "$work/bad.json" -o "$results" -q --progress none
    expect 2 "$1" "$2: 'run' refuses it, too"
    untouched "$2: earlier results stay"
}
# check TEXT SENTENCE JSON: the scenario is refused by `check`; `run` reads it in the same way.
check() {
    printf '%s\n' "$3" >"$work/bad.json"
    run check "$work/bad.json"
    expect 2 "$1" "$2"
}
head='"version": "1", "title": "t", "extends": ["'$base'"]'

run check "$work/nowhere.json"
expect 2 "nowhere.json" "a missing file is named"
run run scenarios/drills/dc03-lots.json -o "$results"
expect 2 "did you mean" "a misspelt file is suggested"
untouched "a missing file leaves earlier results alone"
refuse "bad.json:3:1" "a syntax error has its place" "{ $head,
  \"system\": { \"httpd\": { } "
refuse "bad.json:2:3: error: unknown" "a misspelt key has its place and the right one" "{ $head,
  \"methd\": [] }"
refuse "did you mean 'MaxRequestWorkers'? [/system/httpd/MaxRequestWorker]" "a misspelt field of a kind is suggested, with the pointer to it" "{ $head, \"system\": { \"httpd\": { \"MaxRequestWorker\": 3 } } }"
refuse "bad.json:3:" "a key that stands twice has its place" "{ $head,
  \"tags\": [\"a\"],
  \"tags\": [\"b\"] }"
refuse "needs a unit" "a number without its unit is refused" "{ $head, \"simulation\": { \"duration\": 30 } }"
refuse "must lie from" "a value out of its limits is refused" "{ $head, \"system\": { \"httpd\": { \"ListenBacklog\": 0 } } }"
refuse "did you mean 'node.crash'?" "an unknown fault is suggested" "{ $head, \"method\": [ { \"type\": \"action\", \"name\": \"a\", \"at\": \"1s\", \"duration\": \"1s\", \"func\": \"node.crsh\", \"target\": { \"dc\": \"DC01\" } } ] }"
refuse "bad.json:2:" "a target that matches nothing has its place" "{ $head, \"method\": [ { \"type\": \"action\", \"name\": \"a\", \"at\": \"1s\", \"duration\": \"1s\", \"func\": \"node.crash\",
  \"target\": { \"dc\": \"DC09\" } } ] }"
refuse "bad.json:2:" "a fault after the end has its place" "{ $head, \"method\": [ { \"type\": \"action\", \"name\": \"a\", 
  \"at\": \"5min\", \"duration\": \"1s\", \"func\": \"node.crash\", \"target\": { \"dc\": \"DC01\" } } ] }"
refuse "bad.json:1:" "a file that extends itself is refused" '{ "version": "1", "title": "t", "extends": ["bad.json"] }'
refuse "bad.json:2:" "a replica in a site that is not there has its place" "{ $head, \"system\": { \"cassandra\": { \"keyspaces\": { \"iot\": { \"replication\": {
  \"DC07\": 3 } } } } } }"
refuse "bad.json:2:" "a query that is none has its place" "{ $head, \"method\": [ { \"type\": \"probe\", \"name\": \"p\", \"at\": \"1s\", \"tolerance\": 1,
  \"query\": \"rate(http_reqs\" } ] }"
refuse "did you mean 'http_reqs'?" "a metric that nobody measures is suggested" "{ $head, \"method\": [ { \"type\": \"probe\", \"name\": \"p\", \"at\": \"1s\", \"tolerance\": 1, \"query\": \"rate(http_req[2s])\" } ] }"
refuse "unknown metric" "a threshold on an unknown metric is refused" "{ $head, \"thresholds\": { \"http_req_fialed\": [\"rate<1\"] } }"
check "unknown metric 'zzz'; 'dcdrill list metrics' tells all" "a metric that nothing is like is told where to look" "{ $head, \"thresholds\": { \"zzz\": [\"max<1\"] } }"
check "'above' of 'cassandra.convictions' must be a plain number" "a count is not compared with a size" "{ $head, \"method\": [ { \"type\": \"action\", \"name\": \"a\", \"duration\": \"1s\", \"func\": \"node.crash\", \"target\": { \"dc\": \"DC01\" }, \"when\": { \"event\": \"cassandra.convictions\", \"above\": \"1MiB\" } } ] }"
check "unknown event 'client.reroutd'; did you mean 'client.rerouted'? [/must-happen/m/event]" "an event that nothing tells is suggested" "{ $head, \"must-happen\": { \"m\": { \"event\": \"client.reroutd\" } } }"
check "unknown kind for 'utilisation' 'hots'; did you mean 'host'?" "a threshold on a kind that does not measure it is suggested" "{ $head, \"thresholds\": { \"utilisation{kind:hots}\": [\"max<1\"] } }"
check "unknown component for 'utilisation' 'host@DC01-db9'; did you mean 'host@DC01-db1'?" "a threshold on a component that is not there is suggested" "{ $head, \"thresholds\": { \"utilisation{component:host@DC01-db9}\": [\"max<1\"] } }"
check "has all these labels together" "labels that exclude each other are refused" "{ $head, \"thresholds\": { \"utilisation{role:app,node:DC01-db1}\": [\"max<1\"] } }"
check "nothing in this system measures 'station_wait'" "a metric that no component of the system has is refused" "{ $head, \"thresholds\": { \"station_wait{station:web}\": [\"avg<1s\"] } }"
check "unknown data centre 'DC9'; there are 'DC01'" "a probe of a site that is not there is refused" "{ $head, \"method\": [ { \"type\": \"probe\", \"name\": \"p\", \"at\": \"1s\", \"tolerance\": 1, \"query\": \"rate(http_reqs{dc=\\\"DC9\\\"}[2s])\" } ] }"
check "unknown label 'rol'; did you mean 'role'?" "a misspelt label of a probe is suggested" "{ $head, \"method\": [ { \"type\": \"probe\", \"name\": \"p\", \"at\": \"1s\", \"tolerance\": 1, \"query\": \"max(utilisation{rol=\\\"app\\\"}[2s])\" } ] }"
check "'http_reqs' has no label 'node'" "a label that a metric has not is refused" "{ $head, \"method\": [ { \"type\": \"probe\", \"name\": \"p\", \"at\": \"1s\", \"tolerance\": 1, \"query\": \"rate(http_reqs{node=\\\"DC01-db1\\\"}[2s])\" } ] }"
check "unknown role for 'utilisation' 'apps'; did you mean 'app'?" "a probe of a role that is not there is suggested" "{ $head, \"method\": [ { \"type\": \"probe\", \"name\": \"p\", \"at\": \"1s\", \"tolerance\": 1, \"query\": \"max(utilisation{role=\\\"apps\\\"}[2s])\" } ] }"
head='"version": "1", "title": "t", "extends": ["'$root'/scenarios/theory/mm1.json"]'
check "unknown station for 'station_wait' 'wbe'; did you mean 'web'? [/thresholds/station_wait{station:wbe}]" "a misspelt station is suggested" "{ $head, \"thresholds\": { \"station_wait{station:wbe}\": [\"avg<1s\"] } }"
head='"version": "1", "title": "t", "extends": ["'$base'"]'
refuse "bad.json:2:" "settings of one node group have their place" "{ $head, \"system\": { \"nodes\": { \"app\": { \"settings\": { \"wildfly\": {
  \"cpu\": \"soon\" } } } } } }"
refuse "bad.json:2:" "settings of one link have their place" "{ $head, \"system\": { \"wan\": { \"links\": { \"DC01-DC02\": {
  \"los\": 0.1 } } } } }"
refuse "bad.json:2:" "an unreadable zone has its place" "{ $head, \"system\": { \"route53\": {
  \"zone\": \"no-zone.json\" } } }"
echo '{ "ResourceRecordSets": [ { "Name": "app.", "Type": "A" } ] }' >"$work/zone.json"
refuse "zone.json" "a zone that says nothing is named" "{ $head, \"system\": { \"route53\": { \"zone\": \"zone.json\" } } }"
sed 's/"HealthCheckId": "hc-dc01"/"HealthCheckId": "hc-dc99"/' scenarios/conf/route53-geo-failover.json >"$work/zone.json"
cp scenarios/conf/health-checks.json "$work/"
refuse "hc-dc99" "a health check that names nothing is named" "{ $head, \"system\": { \"route53\": { \"zone\": \"zone.json\" } } }"
head -c 100 scenarios/conf/route53-geo-failover.json >"$work/zone.json"
refuse "zone.json" "half a zone is named" "{ $head, \"system\": { \"route53\": { \"zone\": \"zone.json\" } } }"

printf '{ %s, "simulation": { "duration": 3 }, "methd": [], "system": { "httpd": { "Listn": 1 } } }' "$head" >"$work/bad.json"
run check "$work/bad.json"
[ "$(grep -c 'error:' <<<"$err")" -ge 3 ]
pass_if $? "all mistakes are shown at once" "$err"
printf '{ %s }' "$head" | "$dcdrill" check - >"$work/stdout" 2>&1
pass_if $? "'-' reads standard input" "$(cat "$work/stdout")"
printf '{ %s, "methd": 1 }' "$head" | "$dcdrill" check - >"$work/stdout" 2>&1
grep -q "^-:1:\|stdin" "$work/stdout"
pass_if $? "mistakes on standard input have their place" "$(cat "$work/stdout")"
exit $bad
