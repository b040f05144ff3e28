"$hardtack" build "$here/fixtures/web/compose.yaml" --verify-against file -o file
