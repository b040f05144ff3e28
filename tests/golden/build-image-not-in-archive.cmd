"$hardtack" build "$here/fixtures/web/compose.yaml" --offline --image-archive "$images/hello-oci.tar"
