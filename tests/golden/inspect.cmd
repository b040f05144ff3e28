"$hardtack" inspect "$installer"
