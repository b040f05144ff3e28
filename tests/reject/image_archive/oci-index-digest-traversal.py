# expect 3: 64 lower-case hex
files = oci_files()
files["index.json"] = dump({"schemaVersion": 2, "manifests": [{"digest": "sha256:../../secret", "size": 1}]})
write_tar(out, files)
