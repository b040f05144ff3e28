printf 'DB_PASSWORD=hunter2\nPORT=80\n' >.env
printf 'name: x\nservices:\n  web:\n    image: hardtack/hello:1.0.0\n    environment: ["P=${DB_PASSWORD}"]\n' >compose.yaml
"$hardtack" build compose.yaml --offline --image-archive "$images/hello-oci.tar"
