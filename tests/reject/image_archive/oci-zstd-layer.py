# expect 3: compressed with zstd
configuration = config()
document = manifest(configuration, [zst(BASE), zst(APP)], layer_type=LAYER + "+zstd")
files = layout(descriptor(MANIFEST, document, **named("lab/app:1.0")))
for data in (document, configuration, zst(BASE), zst(APP)):
    files.update(blob(data))
write_tar(out, files)
