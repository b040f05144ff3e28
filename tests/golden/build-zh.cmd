"$hardtack" build --lang zh "$here/../../payload/hello" --offline --image-archive "$images/hello-oci.tar" --target linux-arm64 --target linux-amd64 -o out/
