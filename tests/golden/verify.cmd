"$hardtack" verify "$installer"
