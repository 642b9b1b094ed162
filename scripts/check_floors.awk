# Includes may only point to the own floor or to those that scripts/floors.txt allows. Usage: awk -f this floors.txt FILES...
FILENAME ~ /floors\.txt$/ { room = substr($1, 1, length($1) - 1); allowed[room] = ""; for (i = 2; i <= NF; i++) allowed[room] = allowed[room] " " $i " "; next }
FNR == 1 { mine = room_of(FILENAME) }
/^#include "/ {
    split($0, part, "\""); theirs = room_of(part[2])
    if (mine == "" || theirs == "" || theirs == mine) next # tests stand on no floor and see all
    rule = (mine in allowed) ? allowed[mine] : (mine ~ /^models\// ? allowed["models/*"] : "")
    if (index(rule, " " theirs " ") == 0) { printf "%s:%d: error: %s may not include %s\n", FILENAME, FNR, mine, part[2]; bad = 1 }
}
END { exit bad }
function room_of(path,   n, p) {
    n = split(path, p, "/")
    if (p[1] == "sim" && n > 2) return p[1] "/" p[2]
    if (p[1] == "models" && n > 3) return p[1] "/" p[2] "/" p[3]
    if (p[1] == "models" && n > 2) return p[1] "/" p[2]
    if (p[1] == "reports") return "reports"
    return ""
}
