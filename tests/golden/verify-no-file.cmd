"$hardtack" verify nowhere
