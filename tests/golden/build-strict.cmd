"$hardtack" build "$here/fixtures/floating/compose.yaml" --offline --strict
