"$hardtack" version --licenses | grep ────
