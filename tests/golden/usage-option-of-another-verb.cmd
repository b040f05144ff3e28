"$hardtack" verify --target linux-amd64 "$installer"
