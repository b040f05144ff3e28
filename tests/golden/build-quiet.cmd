"$hardtack" build -q "$here/../../payload/hello" --offline --image-archive "$images/hello-oci.tar" -o out/
