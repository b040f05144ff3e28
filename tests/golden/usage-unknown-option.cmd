"$hardtack" build --trget linux-amd64
