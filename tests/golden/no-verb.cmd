"$hardtack"
