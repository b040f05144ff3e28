mkdir p && printf 'name: x\nservices:\n  web:\n    image: hardtack/hello:1.0.0\n    volumes: ["../secret:/s:ro"]\n' >p/compose.yaml && echo s >secret
"$hardtack" build p/compose.yaml --offline --image-archive "$images/hello-oci.tar"
