mkdir empty && "$hardtack" build empty
