"$hardtack" build "$here/../../payload/hello" --offline --image-archive nowhere.tar
