"$hardtack" build "$here/fixtures/web/compose.yaml" --offline --lang zh
