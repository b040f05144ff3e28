"$hardtack" help mirrors --lang zh
