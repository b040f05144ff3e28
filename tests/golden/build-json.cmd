"$hardtack" build --json --no-progress "$here/../../payload/hello" --offline --image-archive "$images/hello-oci.tar" --target linux-arm64 -o out
