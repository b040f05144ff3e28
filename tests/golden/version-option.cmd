"$hardtack" --version
