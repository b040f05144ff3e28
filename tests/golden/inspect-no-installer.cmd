echo hello >file && "$hardtack" inspect file
