"$hardtack" verify "$here"
