"$hardtack" cache ls && "$hardtack" cache verify && "$hardtack" cache gc
