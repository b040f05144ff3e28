"$hardtack" build "$here/../../payload/hello" --offline --image-archive "$images/hello-oci.tar" -q -o first && "$hardtack" build "$here/../../payload/hello" --verify-against first
