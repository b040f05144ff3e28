mkdir out && touch out/x && "$hardtack" extract "$installer" out
