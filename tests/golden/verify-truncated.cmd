head -c $(($(stat -c %s "$installer") - 1000)) "$installer" >hello
"$hardtack" verify hello
