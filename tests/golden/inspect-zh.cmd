"$hardtack" inspect --lang zh "$installer"
