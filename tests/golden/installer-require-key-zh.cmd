"$hardtack" keygen key.pem >/dev/null 2>&1
"$installer" verify --require-key key.pub.pem --lang zh
