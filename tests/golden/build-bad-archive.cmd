echo "not a tar" >images.tar
"$hardtack" build "$here/../../payload/hello" --offline --image-archive images.tar
