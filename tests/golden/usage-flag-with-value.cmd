"$hardtack" version --json=yes
