"$hardtack" --help
