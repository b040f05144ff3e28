"$hardtack" fetch "$here/fixtures/web/compose.yaml" --offline
