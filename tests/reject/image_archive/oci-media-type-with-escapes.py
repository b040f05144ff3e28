# expect 3: "\x1b[31m"
configuration = config((BASE,))
document = manifest(configuration, [gz(BASE)], layer_type="\x1b[31m")
files = layout(descriptor(MANIFEST, document, **named("lab/app:1.0")))
for data in (document, configuration):
    files.update(blob(data))
write_tar(out, files)
