"$hardtack" build "$here/fixtures/web" --target windows-amd64
