# compare_topologies.gnuplot - requests lost by fault and topology with 95 % intervals. `data`, `picture`: files.
set terminal svg size 1000,480 font "sans,13" background "white"
set output picture
set style data histograms
set style histogram errorbars gap 2 linewidth 1
set style fill solid 0.8 border -1
set ylabel "requests lost while the fault lasts, %"
set yrange [0:*]
set grid y
set key top left
set xtics rotate by -20
plot data using 2:3:xtic(1) title "T1 one balancer", '' using 4:5 title "T2 pair", '' using 6:7 title "T3 list in the client", \
    '' using 8:9 title "T4 registry", '' using 10:11 title "T5 balancers by DNS"
