"$hardtack" cache gc --max-size much
