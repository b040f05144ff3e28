"$hardtack" lint "$here/fixtures/postgres18/compose.yaml"
