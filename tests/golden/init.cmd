cp "$here/fixtures/web/compose.yaml" . && "$hardtack" init mystack --from compose.yaml && find mystack -type f | sort && cat mystack/hardtack.yaml
