# expect 7: unpacks to
files = oci_files()
configuration = config((BASE, BASE))
document = manifest(configuration, [gz(BASE), gz(APP)])
files.update(layout(descriptor(MANIFEST, document, **named("lab/app:1.0"))), **blob(document), **blob(configuration))
write_tar(out, files)
