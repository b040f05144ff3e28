"$hardtack" sign "$installer"
