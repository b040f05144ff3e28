/* manifest.json as bytes: the same struct gives the same document everywhere. */
#include "json_writer.h"
#include "manifest.h"

static void write_text(struct json_writer *w, const char *key, const struct manifest_text *text)
{
	if (!text->en && !text->zh)
		return;
	json_object(w, key);
	json_string(w, "en", text->en);
	json_string(w, "zh", text->zh);
	json_end(w);
}

static void write_strings(
	struct json_writer *w, const char *key, const char *const *strings, size_t count)
{
	json_array(w, key);
	for (size_t i = 0; i < count; i++)
		json_string(w, NULL, strings[i]);
	json_end(w);
}

static void write_layer(struct json_writer *w, const struct manifest_layer *layer)
{
	json_object(w, NULL);
	json_string(w, "digest", layer->digest);
	json_number(w, "size", layer->size_bytes);
	json_string(w, "media_type", layer->media_type);
	json_string(w, "diff_id", layer->diff_id);
	json_end(w);
}

static void write_image(struct json_writer *w, const struct manifest_image *image)
{
	json_object(w, NULL);
	json_string(w, "reference", image->reference);
	json_string(w, "tag", image->tag);
	json_string(w, "pin", image->pin);
	json_string(w, "index", image->index);
	json_object(w, "platform");
	json_string(w, "os", image->os);
	json_string(w, "architecture", image->architecture);
	json_string(w, "variant", image->variant);
	json_end(w);
	json_object(w, "manifest");
	json_string(w, "media_type", image->manifest_media_type);
	json_number(w, "size", image->manifest_size);
	json_end(w);
	json_object(w, "config");
	json_string(w, "digest", image->config);
	json_number(w, "size", image->config_size);
	json_end(w);
	json_number(w, "unpacked_bytes", image->unpacked_bytes);
	json_array(w, "layers");
	for (size_t i = 0; i < image->layer_count; i++)
		write_layer(w, &image->layers[i]);
	json_end(w);
	json_end(w);
}

static void write_service(struct json_writer *w, const struct manifest_service *service)
{
	json_object(w, NULL);
	json_string(w, "name", service->name);
	json_number(w, "image", service->image);
	json_bool(w, "active", service->active);
	json_bool(w, "has_healthcheck", service->has_healthcheck);
	if (service->container_name)
		json_string(w, "container_name", service->container_name);
	json_array(w, "ports");
	for (size_t i = 0; i < service->port_count; i++) {
		const struct manifest_port *port = &service->ports[i];
		json_object(w, NULL);
		json_string(w, "host_ip", port->host_ip);
		json_string(w, "published", port->published);
		json_string(w, "target", port->target);
		json_string(w, "protocol", port->protocol);
		json_end(w);
	}
	json_end(w);
	json_end(w);
}

static void write_entry(struct json_writer *w, const struct manifest_entry *entry)
{
	char hex[SHA256_HEX_LENGTH + 1];
	sha256_to_hex(&entry->sha256, hex);
	json_object(w, NULL);
	json_string(w, "path", entry->path);
	json_number(w, "size", entry->size_bytes);
	json_string(w, "sha256", hex);
	json_stringf(w, "mode", "%04o", entry->mode);
	json_string(w, "url", entry->url);
	json_end(w);
}

static void write_libraries(struct json_writer *w, const struct manifest *manifest)
{
	if (!manifest->library_count)
		return;
	json_array(w, "libraries");
	for (size_t i = 0; i < manifest->library_count; i++) {
		const struct manifest_library *library = &manifest->libraries[i];
		json_object(w, NULL);
		json_string(w, "name", library->name);
		json_string(w, "version", library->version);
		json_string(w, "license", library->license);
		json_string(w, "url", library->url);
		json_string(w, "sha256", library->sha256);
		json_end(w);
	}
	json_end(w);
}

static void write_steps(struct json_writer *w, const struct manifest *manifest)
{
	json_array(w, "steps");
	for (size_t i = 0; i < manifest->step_count; i++) {
		json_object(w, NULL);
		json_raw(w, manifest->steps[i].kind, manifest->steps[i].json);
		json_end(w);
	}
	json_end(w);
}

static void write_templates(struct json_writer *w, const struct manifest *manifest)
{
	json_array(w, "templates");
	for (size_t i = 0; i < manifest->template_count; i++) {
		json_object(w, NULL);
		json_string(w, "path", manifest->templates[i].path);
		json_string(w, "target", manifest->templates[i].target);
		if (manifest->templates[i].fill)
			json_bool(w, "fill", true);
		json_end(w);
	}
	json_end(w);
	write_strings(w, "directories", manifest->directories, manifest->directory_count);
	write_strings(w, "profiles", manifest->profiles, manifest->profile_count);
}

/* What a variant says of itself, and the manifest of its first choice. */
static void write_procedure(struct json_writer *w, const struct manifest *manifest)
{
	json_array(w, "services");
	for (size_t i = 0; i < manifest->service_count; i++)
		write_service(w, &manifest->services[i]);
	json_end(w);
	write_steps(w, manifest);
	write_text(w, "handoff", &manifest->handoff);
	if (manifest->preflight_json)
		json_raw(w, "preflight", manifest->preflight_json);
	if (manifest->known_issues_json)
		json_raw(w, "known_issues", manifest->known_issues_json);
	if (manifest->backup_json)
		json_raw(w, "backup", manifest->backup_json);
}

static void write_fallback(struct json_writer *w, const struct manifest *manifest)
{
	if (manifest->fallback_count == 0)
		return;
	write_strings(w, "files", manifest->files, manifest->file_count);
	json_array(w, "fallback");
	for (size_t i = 0; i < manifest->fallback_count; i++) {
		const struct manifest *variant = &manifest->fallback[i];
		json_object(w, NULL);
		json_string(w, "name", variant->variant);
		json_string(w, "version", variant->version);
		write_text(w, "title", &variant->title);
		json_string(w, "compose", variant->compose);
		write_templates(w, variant);
		write_procedure(w, variant);
		write_strings(w, "files", variant->files, variant->file_count);
		json_end(w);
	}
	json_end(w);
}

void manifest_write(const struct manifest *manifest, struct text *out)
{
	struct json_writer writer = json_writer_begin(out, false), *w = &writer;
	json_object(w, NULL);
	json_number(w, "schema", MANIFEST_SCHEMA);
	json_string(w, "name", manifest->name);
	json_string(w, "version", manifest->version);
	write_text(w, "title", &manifest->title);
	json_string(w, "builder", manifest->builder);
	json_string(w, "compose", manifest->compose);
	json_string(w, "control", manifest->control);
	json_string(w, "installer", manifest->installer);
	write_templates(w, manifest);
	json_array(w, "images");
	for (size_t i = 0; i < manifest->image_count; i++)
		write_image(w, &manifest->images[i]);
	json_end(w);
	write_procedure(w, manifest);
	write_fallback(w, manifest);
	write_libraries(w, manifest);
	json_array(w, "entries");
	for (size_t i = 0; i < manifest->entry_count; i++)
		write_entry(w, &manifest->entries[i]);
	json_end(w);
	json_end(w);
}
