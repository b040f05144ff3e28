# expect 3: too wide
files = oci_files()
inner = json.loads(files["index.json"])["manifests"][0]
inner["platform"] = {"os": "linux", "architecture": "arm64"}
for level in range(3):
    document = index(*[inner] * 100)
    files.update(blob(document))
    inner = descriptor(INDEX, document)
files["index.json"] = index(inner)
write_tar(out, files)
