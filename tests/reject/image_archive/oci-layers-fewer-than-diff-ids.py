# expect 3: names 3 layers, the image has 2
configuration = config((BASE, APP, APP))
document = manifest(configuration, [gz(BASE), gz(APP)])
files = layout(descriptor(MANIFEST, document, **named("lab/app:1.0")))
for data in (document, configuration, gz(BASE), gz(APP)):
    files.update(blob(data))
write_tar(out, files)
