"$hardtack" keygen key.pem >/dev/null 2>&1
"$hardtack" verify "$installer" --key key.pub.pem --lang zh
