"$hardtack" build "$here/../../payload/hello" --offline --image-archive "$images/hello-oci.tar" -o nowhere/else/out
