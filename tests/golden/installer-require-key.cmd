"$hardtack" keygen key.pem >/dev/null 2>&1
"$installer" install --yes --require-key key.pub.pem
