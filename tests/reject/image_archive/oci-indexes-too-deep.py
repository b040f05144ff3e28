# expect 3: nested too deep
files = oci_files()
inner = json.loads(files["index.json"])["manifests"][0]
for level in range(6):
    document = index(inner)
    files.update(blob(document))
    inner = descriptor(INDEX, document)
files["index.json"] = index(inner)
write_tar(out, files)
