"$hardtack" build "$here/../../payload/hello" --offline --image-archive "$images/hello-oci.tar" --platform linux/s390x
