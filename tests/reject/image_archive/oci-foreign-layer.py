# expect 3: foreign
configuration = config((BASE,))
document = manifest(configuration, [gz(BASE)], layer_type="application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
files = layout(descriptor(MANIFEST, document, **named("lab/app:1.0")))
for data in (document, configuration):
    files.update(blob(data))
write_tar(out, files)
