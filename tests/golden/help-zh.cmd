"$hardtack" --lang zh --help
