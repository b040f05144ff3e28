mkdir -p cache/blobs/sha256; echo x >cache/blobs/sha256/0000000000000000000000000000000000000000000000000000000000000000
HARDTACK_CACHE=cache "$hardtack" cache verify --lang zh
