"$hardtack" lint --lang zh "$here/fixtures/floating/compose.yaml"
