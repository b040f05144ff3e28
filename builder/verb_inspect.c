/* `hardtack inspect FILE`: what is in an installer, and how to load it without hardtack. */
#include "contents.h"
#include "file_io.h"
#include "inspect_tree.h"
#include "json_writer.h"
#include "message.h"
#include "options.h"
#include "spdx.h"
#include "ui_width.h"

#include <string.h>
#include <unistd.h>

static void add_load_line(struct text *out, const struct installer *installer)
{
	const struct locator *locator = &installer->layout.locator;
	text_addf(out, "tail -c +%llu ", (unsigned long long)locator->payload_offset + 1);
	AUTO_FREE char *plain = installer->path[0] == '-' ? xprintf("./%s", installer->path)
							  : xstrdup(installer->path);
	text_add_shell_word(out, plain);
	text_addf(
		out, " | head -c %llu | docker load", (unsigned long long)locator->payload_length);
}

static void add_root(struct text *out, const struct installer *installer)
{
	char hex[SHA256_HEX_LENGTH + 1];
	sha256_to_hex(&installer->layout.locator.root, hex);
	text_add(out, hex);
}

/* The fingerprint, or NULL: unsigned. */
static const char *signer_of(const struct installer *installer, struct arena *arena)
{
	char fingerprint[SHA256_DIGEST_LENGTH + 1];
	if (!bundle_signer(installer->bundle))
		return NULL;
	public_key_fingerprint(bundle_signer(installer->bundle), fingerprint);
	return arena_strdup(arena, fingerprint);
}

static void write_parts(struct json_writer *w, const struct contents *contents)
{
	json_object(w, "parts");
	json_number(w, "program", contents->program);
	json_number(w, "files", contents->files);
	json_number(w, "blobs", contents->blobs);
	json_number(w, "index", contents->index);
	json_number(w, "manifest", contents->manifest);
	json_number(w, "framing", contents->framing);
	json_number(w, "alignment", contents->alignment);
	json_number(w, "signature", contents->signature);
	json_end(w);
	json_object(w, "totals");
	json_number(w, "layers", contents->layer_count);
	json_number(w, "shared_layers", contents->shared_count);
	json_number(w, "layer_bytes", contents->layer_bytes);
	json_number(w, "unshared_bytes", contents->unshared_bytes);
	json_number(w, "unpacked_bytes", contents->unpacked_bytes);
	json_end(w);
}

/* Each layer once, with the indexes of the manifest's images that have it. */
static void write_layers(struct json_writer *w, const struct contents *contents)
{
	json_array(w, "layers");
	for (size_t i = 0; i < contents->layer_count; i++) {
		const struct contents_layer *layer = &contents->layers[i];
		json_object(w, NULL);
		json_string(w, "digest", layer->digest);
		json_number(w, "size", layer->size_bytes);
		json_array(w, "images");
		for (size_t j = 0; j < layer->image_count; j++)
			json_number(w, NULL, layer->images[j]);
		json_end(w);
		json_end(w);
	}
	json_end(w);
}

/* One object (DESIGN.md: `inspect --json` is one object): the file, then the manifest as it is. */
static int write_json(const struct installer *installer, const struct contents *contents,
	struct arena *arena, struct err *err)
{
	char *manifest;
	if (bundle_read(installer->bundle, MANIFEST_PATH, MANIFEST_LIMIT, arena, &manifest, NULL,
		    err) < 0)
		return -1;
	AUTO_TEXT out = TEXT_INIT;
	AUTO_TEXT line = TEXT_INIT;
	AUTO_TEXT root = TEXT_INIT;
	add_load_line(&line, installer);
	add_root(&root, installer);
	struct json_writer writer = json_writer_begin(&out, false), *w = &writer;
	const struct locator *locator = &installer->layout.locator;
	json_object(w, NULL);
	json_number(w, "schema", 1);
	json_string(w, "event", "inspect");
	json_string(w, "file", installer->path);
	json_number(w, "size", installer->size_bytes);
	json_string(w, "target", installer->layout.target);
	json_number(w, "payload_offset", locator->payload_offset);
	json_number(w, "payload_length", locator->payload_length);
	json_string(w, "root", root.bytes);
	json_string(w, "signer", signer_of(installer, arena));
	json_string(w, "load_line", line.bytes);
	write_parts(w, contents);
	write_layers(w, contents);
	size_t length = strlen(manifest);
	while (length && manifest[length - 1] == '\n')
		manifest[--length] = '\0';
	json_raw(w, "manifest", manifest);
	json_end(w);
	ui_write(STDOUT_FILENO, out.bytes, out.length);
	return 0;
}

enum { SERVICES_MOST = 40 };

static void add_services(struct text *out, const struct manifest *manifest, bool all)
{
	size_t count = manifest->service_count;
	size_t shown = all || count <= SERVICES_MOST ? count : SERVICES_MOST;
	text_addf(out, T("\nServices (%zu)\n"), count);
	for (size_t i = 0; i < shown; i++) {
		const struct manifest_service *service = &manifest->services[i];
		text_addf(out, "  %-20s %s", service->name,
			manifest->images[service->image].reference);
		for (size_t p = 0; p < service->port_count; p++)
			text_addf(out, "  %s:%s->%s/%s",
				service->ports[p].host_ip[0] ? service->ports[p].host_ip
							     : "0.0.0.0",
				service->ports[p].published[0] ? service->ports[p].published : "*",
				service->ports[p].target, service->ports[p].protocol);
		text_add(out, service->active ? "\n" : T("  (only with its profile)\n"));
	}
	if (shown < count)
		text_addf(out, T("  %zu more (--all shows them)\n"), count - shown);
}

static void write_text(
	const struct installer *installer, const struct contents *contents, const struct verb *verb)
{
	const struct manifest *manifest = bundle_manifest(installer->bundle);
	AUTO_TEXT out = TEXT_INIT;
	text_addf(&out, "%s%s%s  ", manifest->name, manifest->version ? " " : "",
		manifest->version ? manifest->version : "");
	text_addf(&out, "%s  ", installer->layout.target);
	text_add_size(&out, installer->size_bytes);
	const char *title = manifest_text_pick(&manifest->title);
	text_addf(&out, "%s%s\n", title[0] ? "\n" : "", title);
	text_add(&out, T("Root  "));
	add_root(&out, installer);
	const char *signer = signer_of(installer, verb->arena);
	if (signer)
		text_addf(&out, T("\nSigned by  %s\n"), signer);
	else
		text_add(&out, T("\nUnsigned\n"));
	add_services(&out, manifest, verb->options->all);
	for (size_t i = 0; i < manifest->fallback_count; i++) {
		text_addf(&out, T("\nWhen that fails: %s"), manifest->fallback[i].variant);
		add_services(&out, &manifest->fallback[i], verb->options->all);
	}
	struct inspect_tree tree = {.name = file_base_name(installer->path),
		.size_bytes = installer->size_bytes,
		.manifest = manifest,
		.contents = contents,
		.arena = verb->arena,
		.all = verb->options->all,
		.columns = ui_columns(STDOUT_FILENO)};
	inspect_tree_add(&tree, &out);
	if (!manifest->installer) {
		text_add(&out, T("\nWithout hardtack, the images load with\n  "));
		add_load_line(&out, installer);
		text_add(&out, "\n");
	}
	ui_write(STDOUT_FILENO, out.bytes, out.length);
}

/* What vouches for contents has to know them: only after every byte was checked. */
static int write_sbom(const struct verb *verb, struct err *err)
{
	AUTO_INSTALLER installer = INSTALLER_INIT;
	AUTO_TEXT out = TEXT_INIT;
	if (installer_open_verified(&installer, verb->arguments[0], verb->ui, err) < 0 ||
		spdx_add(&installer, verb->arena, &out, err) < 0)
		return -1;
	ui_write(STDOUT_FILENO, out.bytes, out.length);
	return 0;
}

int verb_inspect(struct verb *verb, struct err *err)
{
	if (verb->options->sbom)
		return write_sbom(verb, err);
	AUTO_INSTALLER installer = INSTALLER_INIT;
	struct contents contents;
	if (installer_open(&installer, verb->arguments[0], err) < 0 ||
		contents_of(&installer, verb->arena, &contents, err) < 0)
		return -1;
	if (ui_is_json(verb->ui))
		return write_json(&installer, &contents, verb->arena, err);
	write_text(&installer, &contents, verb);
	return 0;
}
