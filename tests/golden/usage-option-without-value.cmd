"$hardtack" build --target
