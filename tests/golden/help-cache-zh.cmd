"$hardtack" help cache --lang zh
