# expect 3: schema 1
document = dump({"schemaVersion": 1, "fsLayers": [], "history": []})
files = layout(descriptor("application/vnd.docker.distribution.manifest.v1+json", document, **named("lab/app:1.0")))
files.update(blob(document))
write_tar(out, files)
