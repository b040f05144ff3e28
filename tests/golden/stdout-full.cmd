"$hardtack" version >/dev/full
