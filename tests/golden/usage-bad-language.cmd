"$hardtack" version --lang fr
