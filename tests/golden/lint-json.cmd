"$hardtack" lint --json "$here/fixtures/floating/compose.yaml"
