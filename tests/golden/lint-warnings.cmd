"$hardtack" lint "$here/fixtures/floating/compose.yaml"
