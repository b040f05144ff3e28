mkdir mystack && touch mystack/hardtack.yaml && "$hardtack" init mystack --from "$here/fixtures/web/compose.yaml"
