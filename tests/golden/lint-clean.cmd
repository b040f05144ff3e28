"$hardtack" lint "$here/../../payload/hello"
