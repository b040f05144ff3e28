# expect 7: image's config names
configuration = config((BASE, BASE))
document = manifest(configuration, [BASE, APP], layer_type=LAYER)
files = layout(descriptor(MANIFEST, document, **named("lab/app:1.0")))
for data in (document, configuration, BASE, APP):
    files.update(blob(data))
write_tar(out, files)
