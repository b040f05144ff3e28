"$hardtack" help sign --lang zh
