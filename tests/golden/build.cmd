"$hardtack" build "$here/../../payload/hello" --offline --image-archive "$images/hello-oci.tar" -o out/ && ls out | cat && cat out/*.txt
