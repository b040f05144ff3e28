"$hardtack" biuld --lang zh
