#!/usr/bin/env bash
# A server that fails fast attracts load where a balancer counts who is busy, and nowhere else: what
# must happen in the drill is twice what half of the site's requests would be.
. tests/scenarios/support.sh
drill=scenarios/drills/lb-sinkhole.json
run run "$drill" -n 1 -o "$work/busyness" -q --progress none
expect 0 "" "by busyness the sick server gets nearly all of its site's requests"
run run "$drill" -n 1 -o "$work/requests" -q --progress none --set '/system/httpd/lbmethod="byrequests"'
expect 3 "" "by requests it gets half of them, so that what must happen does not"
exit "$bad"
