#!/usr/bin/env bash
# A zone editor's view: `dcdrill dns` answers as the name servers do at an instant and says why.
. tests/scenarios/support.sh
# Nuremberg is dark from 10 s on; with the fast check and one failure each it is noticed within 14 s.
cat >"$work/dark.json" <<JSON
{
  "version": "1", "title": "Nuremberg is dark", "extends": ["$root/scenarios/topologies/five-dc-small.json"],
  "simulation": { "duration": "60s", "replications": 1 },
  "system": { "route53": { "health_checks": { "RequestInterval": 10, "FailureThreshold": 1 }, "propagation": "1s" } },
  "load": { "users": { "rate": 5 } },
  "method": [
    { "type": "action", "name": "dark", "at": "10s", "duration": "45s", "func": "dc.outage", "target": { "dc": "DC03" } }
  ],
  "thresholds": { "http_req_failed": ["rate<1"] }
}
JSON

run dns "$work/dark.json" --at 9s --from "Europe west"
[ "$status" -eq 0 ] && grep -q 'status: NOERROR' <<<"$out" && grep -q 'flags: qr aa rd; QUERY: 1, ANSWER: 1' <<<"$out" && grep -qP '^app\.\t60\tIN\tA\t192\.0\.2\.31$' <<<"$out"
pass_if $? "Europe is answered Nuremberg with the full time to live before the fault" "$out$err"
run dns "$work/dark.json" --at 40s --from "Europe west"
grep -qP '^app\.\t60\tIN\tA\t192\.0\.2\.41$' <<<"$out"
pass_if $? "Europe is answered London when Nuremberg has been noticed to be dark" "$out$err"
grep -q '^;    nuremberg .* PRIMARY .* 192.0.2.31 .*UNHEALTHY by hc-dc03' <<<"$out" && grep -q '^;  \* backup .*SECONDARY' <<<"$out"
pass_if $? "it says which records were there, which was chosen, and by which check" "$out"
grep -A1 '^;  hc-dc03 (DC03): unhealthy' <<<"$out" | grep -q ' 0 of 16 checkers say healthy'
pass_if $? "it says how the checkers voted" "$out"
run dns "$work/dark.json" --at 40s --from "North America east" --json
[ "$(json "$work/stdout" '$.answer.status')" = NOERROR ] && grep -q '"value":.*"192.0.2.[12]1"' <<<"$out" && grep -q '"votes_unhealthy"' <<<"$out"
pass_if $? "the same as data" "$out$err"
first=$out
run dns "$work/dark.json" --at 40s --from "North America east" --json
[ "$out" = "$first" ]
pass_if $? "asked twice it answers the same" "$out"
run dns "$work/dark.json" --at 9s --name nowhere.app
grep -q 'status: NXDOMAIN' <<<"$out" && grep -q 'resolvers keep this for 900 s' <<<"$out"
pass_if $? "a name that is not there is NXDOMAIN, for as long as the SOA says" "$out"
run dns "$work/dark.json" --at 9s --type TXT
grep -q 'status: NOERROR' <<<"$out" && grep -q 'ANSWER: 0' <<<"$out"
pass_if $? "a type that is not there is an empty answer" "$out"
run dns "$work/dark.json" --at 9s --name nowhere.example
grep -q 'status: REFUSED' <<<"$out" && grep -q 'flags: qr rd; QUERY: 1, ANSWER: 0, AUTHORITY: 0' <<<"$out"
pass_if $? "a name of another zone is refused without a word of authority" "$out"
run dns "$work/dark.json" --at 9s --type XX
expect 2 "no records of type 'XX'; there are: A, AAAA, CAA" "a type that no zone has is refused with the list of those"
run dns "$work/dark.json" --at 9s --name a..app
expect 2 "'a..app' is no domain name: a label between two dots is empty" "what is no name is refused"
run dns "$work/dark.json" --at 9s --type NS
[ "$(grep -cP '^app\.\t172800\tIN\tNS\tns-' <<<"$out")" -eq 4 ]
pass_if $? "other types are answered too" "$out"
run dns "$work/dark.json" --at 9s --from "Europe wst"
expect 2 "did you mean 'Europe west'" "a place that is not there is refused with a suggestion"
run dns "$work/dark.json" --from BR
expect 2 "needs an instant" "without an instant there is nothing to look at"

# --- who still goes to the dark site, beside the closed form
# Their closed form knows one law of propagation, the usual one.
cat >"$work/usual.json" <<JSON
{ "version": "1", "title": "The usual propagation", "extends": ["$work/dark.json"], "system": { "route53": { "propagation": null } } }
JSON
run run "$work/usual.json" -n 2 -o "$work/run" --progress none -q
count=$(sqlite3 "$work/run/results.sqlite" "SELECT count(*) FROM theory WHERE family = 'dns-caches' AND metric LIKE 'stale{after:%,at:users/%,dc:DC03,fault:dc.outage}'")
[ "$count" -ge 9 ]
pass_if $? "for each population a closed form of who still goes to the dark site stands beside the run" "$count rows"
places=$(sqlite3 "$work/run/results.sqlite" "SELECT DISTINCT substr(metric, instr(metric, 'at:') + 3, instr(metric, ',dc:') - instr(metric, 'at:') - 3) FROM theory WHERE family = 'dns-caches' ORDER BY 1" | tr '\n' ';')
[ "$places" = "users/East Asia;users/Europe central;users/Europe west;" ]
pass_if $? "these are the populations that the site answers for" "$places"
means=$(sqlite3 "$work/run/results.sqlite" "SELECT (SELECT avg(observed) > 0.85 FROM theory WHERE family = 'dns-caches' AND predicted > 0.95), (SELECT avg(observed) < 0.3 FROM theory WHERE family = 'dns-caches' AND predicted < 0.1 AND observed IS NOT NULL)")
[[ $means == "1|1" || $means == "1|" ]]
pass_if $? "before the answer changes they all go there, and long after few do" "$means"

# The short form of make dns-stale: one population, quick checks, three replications, of which one is up to 3 points off: 2 points are held there, 5 here.
cat >"$work/short.json" <<JSON
{ "version": "1", "title": "Who still goes to a dead site, in a minute", "extends": ["$PWD/scenarios/theory/dns-stale.json"],
  "simulation": { "warmup": "180s", "duration": "105s", "settle": "0s" },
  "system": { "route53": { "health_checks": { "RequestInterval": 10, "FailureThreshold": 1 } } },
  "method": [ { "type": "action", "name": "lose-dc03", "at": "20s", "func": "dc.outage", "target": { "dc": "DC03" } } ],
  "load": { "users": { "rate": 200, "users": 2000, "regions": { "Europe central": 1, "Europe west": null, "East Asia": null } } } }
JSON
run run "$work/short.json" -n 3 -o "$work/short" --progress none -q
off=$(sqlite3 "$work/short/results.sqlite" "SELECT COUNT(*) || ' shares, ' || SUM(ABS(observed - predicted) > 0.05) || ' far off, most ' || printf('%.3f', MAX(ABS(observed - predicted))) FROM theory WHERE metric LIKE 'stale{after_change:%'")
[[ $off == "5 shares, 0 far off,"* ]]
pass_if $? "since the new answers as many still go there as caches let, within 5 points" "$off"
exit $bad
