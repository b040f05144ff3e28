# expect 3: artifact
configuration = dump({})
document = manifest(configuration, [APP], config_type="application/vnd.cncf.helm.config.v1+json")
files = layout(descriptor(MANIFEST, document, **named("lab/app:1.0")))
for data in (document, configuration, APP):
    files.update(blob(data))
write_tar(out, files)
