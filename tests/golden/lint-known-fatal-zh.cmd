"$hardtack" lint --lang zh "$here/fixtures/postgres18/compose.yaml"
