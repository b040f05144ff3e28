"$hardtack" inspect --json "$installer" | python3 -m json.tool --sort-keys --no-ensure-ascii
