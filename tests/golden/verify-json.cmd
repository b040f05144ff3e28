"$hardtack" verify --json --no-progress "$installer"
