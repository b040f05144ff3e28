"$hardtack" lint --strict "$here/fixtures/floating/compose.yaml"
