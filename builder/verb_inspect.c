/* `hardtack inspect FILE`: what is in an installer, and how to load it without hardtack. */
#include "installer_open.h"
#include "json_writer.h"
#include "message.h"
#include "options.h"

#include <stdio.h>
#include <string.h>

/* A path as a shell word. */
static void add_shell_word(struct text *out, const char *word)
{
	if (word[0] &&
		strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "0123456789._/-+:@%") == strlen(word) &&
		word[0] != '-') {
		text_add(out, word);
		return;
	}
	text_add(out, "'");
	for (; *word; word++) {
		if (*word == '\'')
			text_add(out, "'\\''");
		else
			text_add_bytes(out, word, 1);
	}
	text_add(out, "'");
}

static void add_load_line(struct text *out, const struct installer *installer)
{
	const struct locator *locator = &installer->layout.locator;
	text_addf(out, "tail -c +%llu ", (unsigned long long)locator->payload_offset + 1);
	AUTO_FREE char *plain = installer->path[0] == '-' ? xprintf("./%s", installer->path)
							  : xstrdup(installer->path);
	add_shell_word(out, plain);
	text_addf(
		out, " | head -c %llu | docker load", (unsigned long long)locator->payload_length);
}

static void add_root(struct text *out, const struct installer *installer)
{
	char hex[SHA256_HEX_LENGTH + 1];
	sha256_to_hex(&installer->layout.locator.root, hex);
	text_add(out, hex);
}

static uint64_t image_bytes(const struct manifest_image *image)
{
	uint64_t sum = image->manifest_size + image->config_size;
	for (size_t i = 0; i < image->layer_count; i++)
		sum += image->layers[i].size_bytes;
	return sum;
}

/* One object (DESIGN.md: `inspect --json` is one object): the file, then the manifest as it is. */
static int write_json(const struct installer *installer, struct arena *arena, struct err *err)
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
	json_string(w, "load_line", line.bytes);
	size_t length = strlen(manifest);
	while (length && manifest[length - 1] == '\n')
		manifest[--length] = '\0';
	json_raw(w, "manifest", manifest);
	json_end(w);
	fputs(out.bytes, stdout);
	return 0;
}

static void add_images(struct text *out, const struct manifest *manifest, struct arena *arena)
{
	text_addf(out, T("\nImages (%zu)\n"), manifest->image_count);
	for (size_t i = 0; i < manifest->image_count; i++) {
		const struct manifest_image *image = &manifest->images[i];
		text_addf(out, "  %s  %s  ", image->reference, manifest_platform(image, arena));
		text_add_size(out, image_bytes(image));
		text_addf(out, "\n    %s\n    %s\n", image->pin, image->tag);
		for (size_t l = 0; l < image->layer_count; l++) {
			text_addf(out, "    %-8.19s… ", image->layers[l].digest);
			text_add_size(out, image->layers[l].size_bytes);
			text_add(out, "\n");
		}
	}
}

static void add_services(struct text *out, const struct manifest *manifest)
{
	text_addf(out, T("\nServices (%zu)\n"), manifest->service_count);
	for (size_t i = 0; i < manifest->service_count; i++) {
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
}

static void add_files(struct text *out, const struct manifest *manifest)
{
	text_add(out, T("\nFiles\n"));
	for (size_t i = 0; i < manifest->entry_count; i++) {
		const struct manifest_entry *entry = &manifest->entries[i];
		if (!text_starts_with(entry->path, MANIFEST_FILES_PREFIX))
			continue;
		text_addf(out, "  %04o ", entry->mode);
		text_add_printable(out, entry->path + strlen(MANIFEST_FILES_PREFIX),
			strlen(entry->path) - strlen(MANIFEST_FILES_PREFIX));
		text_add(out, "  ");
		text_add_size(out, entry->size_bytes);
		text_add(out, "\n");
	}
}

static void write_text(const struct installer *installer, struct arena *arena)
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
	text_add(&out, "\n");
	add_services(&out, manifest);
	add_images(&out, manifest, arena);
	add_files(&out, manifest);
	text_add(&out, T("\nWithout hardtack, the images load with\n  "));
	add_load_line(&out, installer);
	text_add(&out, "\n");
	fputs(out.bytes, stdout);
}

int verb_inspect(struct verb *verb, struct err *err)
{
	AUTO_INSTALLER installer = INSTALLER_INIT;
	if (installer_open(&installer, verb->arguments[0], err) < 0)
		return -1;
	if (ui_is_json(verb->ui))
		return write_json(&installer, verb->arena, err);
	write_text(&installer, verb->arena);
	return 0;
}
