# compare_topologies.awk - elements.csv and table.csv to table.md, table.html and lost.data in folder `out`.
BEGIN {
    FS = ","
    split("t1 t2 t3 t4 t5", ids, " ")
    label["t1"] = "T1 one balancer"; label["t2"] = "T2 pair, shared address"; label["t3"] = "T3 list in the client"
    label["t4"] = "T4 registry"; label["t5"] = "T5 balancers by DNS"
    md = out "/table.md"; html = out "/table.html"
    method = (clients == "fast" ? "Clients that try the next address after 250 ms. " : "Clients with stock settings. ") "Means over n = " replications " replications with half-widths of 95 % intervals (Student's t). The fault comes at 60 s and lasts 120 s. " \
        "Available: share of requests that succeeded after the users' own retries while it lasted. Error seconds: seconds of the 240 s from the fault " \
        "on in which under 99 % did. p50, p95, p99: after how long so many of the requests succeed for good (centred windows of 5 s; 120 and more: " \
        "only the repair helped). Peak CPU: highest mean over 5 s of a server that was not hit. Wasted: attempts that served nobody, by 1,000 requests. " \
        "An interval of 0 says that all replications agree, not that the truth is known."
}
FNR == 1 { next }
FILENAME ~ /elements.csv$/ {
    if ($4 < 0.5) { alone[$1] = alone[$1] (alone[$1] == "" ? "" : "; ") $2 sprintf(" (%.0f %%)", 100 * $4) }
    else if ($4 < 0.99) { hurts[$1] = hurts[$1] (hurts[$1] == "" ? "" : "; ") $2 sprintf(" (%.1f %%)", 100 * $4) }
    next
}
{ rows[++count] = $0 }
function value(mean, half, format, factor) {
    if (mean == "nan") { return "-" }
    return sprintf(format, factor * mean) (half == "nan" ? "" : " ± " sprintf(format, factor * half))
}
END {
    print "# Five topologies of the front door\n\n" method "\n" > md
    print "| topology | fault | available % | error s | p50 s | p95 s | p99 s | peak CPU % | wasted / 1,000 |" > md
    print "|---|---|---|---|---|---|---|---|---|" > md
    print "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Five topologies</title><style>body{font:15px sans-serif;max-width:75em;margin:2em auto}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2em .5em;text-align:right}td:nth-child(-n+2){text-align:left}</style></head><body><h1>Five topologies of the front door</h1><p>" method "</p><p><img src=\"lost.svg\" alt=\"Lost requests by fault and topology\"></p><table><tr><th>topology</th><th>fault</th><th>available %</th><th>error s</th><th>p50 s</th><th>p95 s</th><th>p99 s</th><th>peak CPU %</th><th>wasted / 1,000</th></tr>" > html
    for (r = 1; r <= count; r++) {
        split(rows[r], f, ",")
        line = label[f[1]] "|" f[2] "|" value(f[4], f[5], "%.2f", 100) "|" value(f[6], f[7], "%.1f", 1) "|" value(f[8], f[9], "%.1f", 1) "|" \
            value(f[10], f[11], "%.1f", 1) "|" value(f[12], f[13], "%.1f", 1) "|" value(f[14], f[15], "%.0f", 100) "|" value(f[16], f[17], "%.1f", 1)
        cells = line
        gsub(/\|/, " | ", line)
        print "| " line " |" > md
        gsub(/\|/, "</td><td>", cells)
        print "<tr><td>" cells "</td></tr>" > html
        lost[f[2], f[1]] = 100 * (1 - f[4]); half[f[2], f[1]] = f[5] == "nan" ? 0 : 100 * f[5]
        if (!(f[2] in seen) && f[2] != "none") { seen[f[2]] = 1; order[++faults] = f[2] }
    }
    print "</table><h2>Cutting each element in turn</h2><ul>" > html
    print "\n## Cutting each element in turn (120 s, 2 replications): share served in its last 30 s\n" > md
    for (i = 1; i <= 5; i++) {
        text = (alone[ids[i]] == "" ? "no single point of failure among its hosts and sites" : "cannot do without: " alone[ids[i]]) \
            (hurts[ids[i]] == "" ? "" : "; loses users without: " hurts[ids[i]])
        print "- " label[ids[i]] ": " text > md
        print "<li>" label[ids[i]] ": " text "</li>" > html
    }
    print "</ul></body></html>" > html
    for (k = 1; k <= faults; k++) {
        printf "%s", order[k] > (out "/lost.data")
        for (i = 1; i <= 5; i++) {
            key = order[k] SUBSEP ids[i]
            printf " %s %s", (key in lost ? lost[key] : "nan"), (key in lost ? half[key] : "nan") > (out "/lost.data")
        }
        print "" > (out "/lost.data")
    }
}
