"$hardtack" keygen key.pem >/dev/null 2>&1
chmod 644 key.pem
"$hardtack" sign "$installer" --key key.pem
