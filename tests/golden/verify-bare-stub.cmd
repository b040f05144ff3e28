"$hardtack" verify "$hardtack"
