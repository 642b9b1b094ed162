#!/usr/bin/env bash
# `dcdrill theory` as one types it: families, answers in JSON, parameters from a file or a pipe, and
# what it says of parameters that have no answer.
. tests/scenarios/support.sh

run theory
expect 0 "" "without a family all are listed"
[ "$(wc -l <<<"$out")" -eq 40 ] && [[ $out == *"mmc "*"Erlang C"* ]]
pass_if $? "each family has a line" "$out"

run theory mmc
expect 0 "" "a family alone is explained"
[[ $out == *"Example:"*"dcdrill theory mmc lam="*"Source: Erlang"* ]]
pass_if $? "with example, parameters and source" "$out"
plain=$out
run theory mmc --help
[ "$status" -eq 0 ] && [ "$out" = "$plain" ]
pass_if $? "'--help' after a family explains it, too" "$out"
run explain mmc
[ "$status" -eq 0 ] && [ "$out" = "$plain" ]
pass_if $? "so does 'explain'" "$out"

run theory mmc lam=1.6 mu=1 c=2
expect 0 "" "name=value gives an answer"
printf '%s\n' "$out" >"$work/answer.json"
[[ $(json "$work/answer.json" '$.Wq') == 1.7777777* ]]
pass_if $? "the answer is JSON with the figures by name" "$out"
run theory jackson 'external=[0.5]' 'routing=[[0]]' 'mu=[1]' 'servers=[1]'
expect 0 "" "arrays are taken as JSON"

printf '{"rho": 0.8, "dist": "lognormal",\n "scv": 4}\n' >"$work/params.json"
run theory mg1 --params "$work/params.json"
expect 0 "" "parameters come from a file"
piped=$("$dcdrill" theory mg1 --params - <"$work/params.json")
[ "$piped" = "$out" ]
pass_if $? "or through a pipe, with the same answer" "$piped"

printf '{"rho": 0.8,\n "dsit": "det", "scv": -4}\n' >"$work/params.json"
run theory mg1 --params "$work/params.json"
expect 2 "params.json:2:2: error: unknown field 'dsit'; did you mean 'dist'?" "a mistake has its place"
expect 2 "params.json:2:17: error: 'scv' must lie from 0 to 1e6" "all mistakes are said at once"
run theory mg1 --params "$work/nowhere.json"
expect 2 "nowhere.json" "a file that is not there is named"
run theory mcm lam=1
expect 2 "unknown family 'mcm'; did you mean 'mmc'?" "an unknown family is suggested"
run theory mm1 lam=1.2 mu=1
expect 2 "unstable: the queue is offered 1.2 times what it can serve" "an unstable queue is refused"
run theory mm1 lam=-1 mu=1
expect 2 "'lam' must lie from" "a negative rate is refused"
run theory mm1 lam mu=1
expect 2 "'lam' is not name=value" "a word that is no parameter is named"
run theory mm1 lam=1 --params "$work/params.json"
expect 2 "not both" "words and a file exclude each other"
[ -z "$out" ]
pass_if $? "nothing is printed on standard output then" "$out"

# --- beside what was simulated
run run scenarios/theory/mm1.json -n 10 -o "$work/out" --progress none --set '/simulation/duration="20s"'
[[ $out == *"THEORY"*"station_wait{station:web} avg"*"0.00128"*"closed forms lie within"* ]]
pass_if $? "a run prints closed forms beside what it simulated" "$out"

# The utilisation law of the hosts of the database and of the application, at each of five sites.
run run scenarios/smoke/steady.json -n 4 -j 1 -o "$work/steady" --progress none
for role in db app; do
    near=$(sqlite3 "$work/steady/results.sqlite" "SELECT count(*) FROM theory WHERE family = 'utilisation law'
        AND metric LIKE 'utilisation{dc:%,role:$role,phase:baseline}' AND predicted > 0 AND abs(observed / predicted - 1) < 0.08")
    [ "$near" = 5 ]
    pass_if $? "hosts of the role $role are as busy as work times cost says" "$out"
done
[[ $out == *"utilisation{dc:DC03,role:db,phase:baseline}"* ]] && grep -q 'utilisation law' "$work/steady/report.html"
pass_if $? "terminal and report show it" "$out"
[[ $out == *"ratio of replications, Student t with skewness, n = 240 in 4 replications"* ]] && grep -q '| Simulated | | Method |' "$work/steady/summary.md"
pass_if $? "with n and method, in Markdown too" "$out"
bare=$(sqlite3 :memory: "SELECT count(*) || ' ' || sum(json_extract(value, '\$.method') IS NULL OR
    (json_extract(value, '\$.low') IS NULL AND json_extract(value, '\$.why') IS NULL)) FROM
    json_tree(CAST(readfile('$work/steady/summary.json') AS TEXT), '\$.metrics') WHERE type = 'object' AND json_type(value, '\$.value') IS NOT NULL")
[[ $bare == ????" 0" ]]
pass_if $? "thousands of figures of summary.json have a method, and an interval or why not" "$bare"
[[ $out == *"within its tolerance in all 24 looks in 4 replications"*"the least to the most that was seen"* ]]
pass_if $? "what a probe shows, and its interval, is said" "$out"
run run scenarios/smoke/steady.json -n 1 -o "$work/stored" --progress none --set '/system/cassandra/storage={"modelled": true}' --until 5s
[ "$(sqlite3 "$work/stored/results.sqlite" "SELECT sum(metric LIKE '%role:db%') || ' ' || sum(metric LIKE '%role:app%')
    FROM theory WHERE family = 'utilisation law'")" = '0 5' ]
pass_if $? "where flushes and compaction cost CPU too, nothing is foretold" "$out"
run run scenarios/topologies/t2-balancer-pair.json -n 1 -o "$work/paired" --progress none --until 5s
[ "$(sqlite3 "$work/paired/results.sqlite" "SELECT count(*) || ' ' || sum(metric LIKE '%role:app%')
    FROM theory WHERE metric LIKE 'utilisation%'")" = '5 3' ]
pass_if $? "balancers are foretold with them, for keepalived takes no CPU" "$out"

# A consistency level while a node is down: EACH_QUORUM fails for the keys of one of London's four nodes.
run run scenarios/drills/cassandra/backup-node-lost-each-quorum.json -n 2 -j 1 -o "$work/refused" --progress none --until 45s
near=$(sqlite3 "$work/refused/results.sqlite" "SELECT count(*) || ' ' || sum(abs(predicted - 0.2708) < 0.0001 AND
    abs(observed / predicted - 1) < 0.35) FROM theory WHERE family = 'k of n replicas' AND aggregate = 'refused'")
[ "$near" = '6 6' ]
pass_if $? "the share of statements without enough replicas is that of the ranges which lost them" "$near $out"

summary=$work/out/summary.json
[ "$(json "$summary" '$.theory[3].metric')" = 'station_wait{station:web}' ] &&
    [ "$(json "$summary" '$.theory[3].family')" = mm1 ] &&
    [ "$(json "$summary" '$.theory[3].predicted')" = 0.00128 ] &&
    [ "$(json "$summary" '$.theory[3].within')" = 1 ]
pass_if $? "summary.json holds them, with family and whether the interval holds it"
question=$(json "$summary" '$.theory[3].question')
# shellcheck disable=SC2086 # the question is several words
run theory mm1 $question
expect 0 "" "the question that it names can be asked again"
grep -q 'mm1 lam=2500' "$work/out/summary.md" && grep -q 'Beside theory' "$work/out/report.html"
pass_if $? "so do both forms of the report"
[ "$(sqlite3 "$work/out/results.sqlite" 'SELECT count(*) FROM theory')" -eq 9 ]
pass_if $? "the results keep them as rows"
exit $bad
