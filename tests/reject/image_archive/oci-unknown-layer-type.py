# expect 3: unknown media type
configuration = config((BASE,))
document = manifest(configuration, [gz(BASE)], layer_type="text/plain")
files = layout(descriptor(MANIFEST, document, **named("lab/app:1.0")))
for data in (document, configuration):
    files.update(blob(data))
write_tar(out, files)
