/* manifest.json -> struct, strictly: what the builder did not write is refused. */
#include "json.h"
#include "manifest.h"

#include <string.h>

struct parser {
	struct arena *arena;
	struct manifest *manifest;
	struct err *err;
};

/* Bounds that no real bundle comes near, so that counts can be trusted afterwards. */
enum { MAX_ITEMS = 100000, MAX_VARIANTS = 16 };

static int get_array(
	struct parser *p, struct json object, const char *key, struct json *out, size_t *count)
{
	if (json_get_array(object, key, out, p->err) < 0)
		return -1;
	*count = json_count(*out);
	if (*count > MAX_ITEMS)
		return json_fail(*out, p->err, "more than %d items", MAX_ITEMS);
	return 0;
}

static int get_digest(struct parser *p, struct json object, const char *key, const char **out)
{
	struct sha256 ignored;
	if (json_get_string(object, key, out, p->err) < 0)
		return -1;
	return sha256_parse(&ignored, *out, p->err);
}

static int parse_text(
	struct parser *p, struct json object, const char *key, struct manifest_text *out)
{
	struct json text;
	if (json_get_object_or_none(object, key, &text, p->err) < 0)
		return -1;
	if (json_is_absent(text))
		return 0;
	if (json_get_string_or(text, "en", NULL, &out->en, p->err) < 0 ||
		json_get_string_or(text, "zh", NULL, &out->zh, p->err) < 0)
		return -1;
	return 0;
}

static int parse_layers(struct parser *p, struct json object, struct manifest_image *image)
{
	struct json layers, item;
	if (get_array(p, object, "layers", &layers, &image->layer_count) < 0)
		return -1;
	image->layers = arena_alloc(p->arena, image->layer_count * sizeof(*image->layers));
	struct manifest_layer *layer = image->layers;
	for (struct json_iterator it = json_items(layers); json_next(&it, &item); layer++)
		if (get_digest(p, item, "digest", &layer->digest) < 0 ||
			get_digest(p, item, "diff_id", &layer->diff_id) < 0 ||
			json_get_string(item, "media_type", &layer->media_type, p->err) < 0 ||
			json_get_u64(item, "size", &layer->size_bytes, p->err) < 0)
			return -1;
	return 0;
}

static int parse_image(struct parser *p, struct json item, struct manifest_image *image)
{
	struct json platform, manifest, config;
	struct err *err = p->err;
	if (json_get_string(item, "reference", &image->reference, err) < 0 ||
		json_get_string(item, "tag", &image->tag, err) < 0 ||
		get_digest(p, item, "pin", &image->pin) < 0 ||
		json_get_string_or(item, "index", NULL, &image->index, err) < 0 ||
		json_get_object(item, "platform", &platform, err) < 0 ||
		json_get_string(platform, "os", &image->os, err) < 0 ||
		json_get_string(platform, "architecture", &image->architecture, err) < 0 ||
		json_get_string_or(platform, "variant", NULL, &image->variant, err) < 0 ||
		json_get_object(item, "manifest", &manifest, err) < 0 ||
		json_get_string(manifest, "media_type", &image->manifest_media_type, err) < 0 ||
		json_get_u64(manifest, "size", &image->manifest_size, err) < 0 ||
		json_get_object(item, "config", &config, err) < 0 ||
		get_digest(p, config, "digest", &image->config) < 0 ||
		json_get_u64(config, "size", &image->config_size, err) < 0 ||
		json_get_u64(item, "unpacked_bytes", &image->unpacked_bytes, err) < 0)
		return -1;
	const char *colon = strrchr(image->tag, ':');
	if (!colon || strchr(colon, '/'))
		return json_fail(item, err, "the image tag %s has no tag", image->tag);
	return parse_layers(p, item, image);
}

static int parse_images(struct parser *p, struct json root)
{
	struct manifest *m = p->manifest;
	struct json images, item;
	if (get_array(p, root, "images", &images, &m->image_count) < 0)
		return -1;
	m->images = arena_alloc(p->arena, m->image_count * sizeof(*m->images));
	struct manifest_image *image = m->images;
	for (struct json_iterator it = json_items(images); json_next(&it, &item);)
		if (parse_image(p, item, image++) < 0)
			return -1;
	return 0;
}

static int parse_ports(struct parser *p, struct json object, struct manifest_service *service)
{
	struct json ports, item;
	if (get_array(p, object, "ports", &ports, &service->port_count) < 0)
		return -1;
	service->ports = arena_alloc(p->arena, service->port_count * sizeof(*service->ports));
	struct manifest_port *port = service->ports;
	for (struct json_iterator it = json_items(ports); json_next(&it, &item); port++)
		if (json_get_string(item, "host_ip", &port->host_ip, p->err) < 0 ||
			json_get_string(item, "published", &port->published, p->err) < 0 ||
			json_get_string(item, "target", &port->target, p->err) < 0 ||
			json_get_string(item, "protocol", &port->protocol, p->err) < 0)
			return -1;
	return 0;
}

static int parse_services(struct parser *p, struct json root)
{
	struct manifest *m = p->manifest;
	struct json services, item;
	if (get_array(p, root, "services", &services, &m->service_count) < 0)
		return -1;
	m->services = arena_alloc(p->arena, m->service_count * sizeof(*m->services));
	struct manifest_service *service = m->services;
	for (struct json_iterator it = json_items(services); json_next(&it, &item); service++) {
		uint64_t image;
		if (json_get_string(item, "name", &service->name, p->err) < 0 ||
			json_get_u64(item, "image", &image, p->err) < 0 ||
			json_get_bool(item, "active", &service->active, p->err) < 0 ||
			json_get_bool(item, "has_healthcheck", &service->has_healthcheck, p->err) <
				0 ||
			json_get_string_or(item, "container_name", NULL, &service->container_name,
				p->err) < 0 ||
			parse_ports(p, item, service) < 0)
			return -1;
		if (image >= m->image_count)
			return json_fail(item, p->err, "there is no image number %llu",
				(unsigned long long)image);
		service->image = (size_t)image;
	}
	return 0;
}

static int parse_strings(
	struct parser *p, struct json root, const char *key, const char ***out, size_t *count)
{
	struct json array, item;
	if (get_array(p, root, key, &array, count) < 0)
		return -1;
	const char **string = *out = arena_alloc(p->arena, *count * sizeof(**out));
	for (struct json_iterator it = json_items(array); json_next(&it, &item);)
		if (json_as_string(item, string++, p->err) < 0)
			return -1;
	return 0;
}

static int check_relative(struct parser *p, struct json item, const char *path)
{
	if (!manifest_is_safe_path(path))
		return json_fail(item, p->err, "the path \"%s\" leaves the bundle", path);
	return 0;
}

static int parse_directories(struct parser *p, struct json root)
{
	struct manifest *m = p->manifest;
	if (parse_strings(p, root, "directories", &m->directories, &m->directory_count) < 0)
		return -1;
	for (size_t i = 0; i < m->directory_count; i++)
		if (check_relative(p, root, m->directories[i]) < 0)
			return -1;
	return 0;
}

static int parse_templates(struct parser *p, struct json root)
{
	struct manifest *m = p->manifest;
	struct json templates, item;
	if (get_array(p, root, "templates", &templates, &m->template_count) < 0)
		return -1;
	m->templates = arena_alloc(p->arena, m->template_count * sizeof(*m->templates));
	struct manifest_template *template = m->templates;
	for (struct json_iterator it = json_items(templates); json_next(&it, &item); template ++)
		if (json_get_string(item, "path", &template->path, p->err) < 0 ||
			json_get_string(item, "target", &template->target, p->err) < 0 ||
			json_get_bool_or(item, "fill", false, &template->fill, p->err) < 0 ||
			check_relative(p, item, template->target) < 0)
			return -1;
	return 0;
}

static int parse_entry(struct parser *p, struct json item, struct manifest_entry *entry)
{
	const char *hex, *mode;
	if (json_get_string(item, "path", &entry->path, p->err) < 0 ||
		json_get_u64(item, "size", &entry->size_bytes, p->err) < 0 ||
		json_get_string(item, "sha256", &hex, p->err) < 0 ||
		json_get_string(item, "mode", &mode, p->err) < 0 ||
		json_get_string_or(item, "url", NULL, &entry->url, p->err) < 0)
		return -1;
	if (check_relative(p, item, entry->path) < 0)
		return -1;
	if (!sha256_from_hex(&entry->sha256, hex))
		return json_fail(item, p->err, "\"%s\" is not a SHA-256", hex);
	if (strcmp(mode, "0644") != 0 && strcmp(mode, "0755") != 0)
		return json_fail(item, p->err, "the mode \"%s\" is neither 0644 nor 0755", mode);
	entry->mode = mode[1] == '7' ? 0755 : 0644;
	return 0;
}

static int parse_entries(struct parser *p, struct json root)
{
	struct manifest *m = p->manifest;
	struct json entries, item;
	if (get_array(p, root, "entries", &entries, &m->entry_count) < 0)
		return -1;
	m->entries = arena_alloc(p->arena, m->entry_count * sizeof(*m->entries));
	struct manifest_entry *entry = m->entries;
	for (struct json_iterator it = json_items(entries); json_next(&it, &item);)
		if (parse_entry(p, item, entry++) < 0)
			return -1;
	return 0;
}

static const char *json_text(struct parser *p, struct json value)
{
	AUTO_TEXT text = TEXT_INIT;
	json_write(&text, value);
	return arena_strdup(p->arena, text.bytes);
}

static int parse_steps(struct parser *p, struct json root)
{
	struct manifest *m = p->manifest;
	struct json steps, item, parameters;
	if (get_array(p, root, "steps", &steps, &m->step_count) < 0)
		return -1;
	m->steps = arena_alloc(p->arena, m->step_count * sizeof(*m->steps));
	struct manifest_step *step = m->steps;
	for (struct json_iterator it = json_items(steps); json_next(&it, &item); step++) {
		struct json_iterator members = json_items(item);
		if (json_count(item) != 1 ||
			!json_next_member(&members, &step->kind, &parameters) ||
			!json_is_object(parameters))
			return json_fail(item, p->err, "a step has exactly one kind");
		step->json = json_text(p, parameters);
	}
	return 0;
}

static int parse_optional_documents(struct parser *p, struct json root)
{
	struct json preflight, known_issues, backup;
	if (json_get_object_or_none(root, "preflight", &preflight, p->err) < 0 ||
		json_get_array_or_none(root, "known_issues", &known_issues, p->err) < 0 ||
		json_get_object_or_none(root, "backup", &backup, p->err) < 0)
		return -1;
	if (!json_is_absent(preflight))
		p->manifest->preflight_json = json_text(p, preflight);
	if (!json_is_absent(known_issues))
		p->manifest->known_issues_json = json_text(p, known_issues);
	if (!json_is_absent(backup))
		p->manifest->backup_json = json_text(p, backup);
	return 0;
}

static int parse_libraries(struct parser *p, struct json root)
{
	struct manifest *m = p->manifest;
	struct json libraries, item;
	if (json_get_array_or_none(root, "libraries", &libraries, p->err) < 0)
		return -1;
	if (json_is_absent(libraries))
		return 0;
	if (get_array(p, root, "libraries", &libraries, &m->library_count) < 0)
		return -1;
	m->libraries = arena_alloc(p->arena, m->library_count * sizeof(*m->libraries));
	struct manifest_library *library = m->libraries;
	for (struct json_iterator it = json_items(libraries); json_next(&it, &item); library++)
		if (json_get_string(item, "name", &library->name, p->err) < 0 ||
			json_get_string(item, "version", &library->version, p->err) < 0 ||
			json_get_string(item, "license", &library->license, p->err) < 0 ||
			json_get_string_or(item, "url", NULL, &library->url, p->err) < 0 ||
			json_get_string_or(item, "sha256", NULL, &library->sha256, p->err) < 0)
			return -1;
	return 0;
}

/* A file below hardtack/files/ that the manifest says is there. */
static int check_file(
	struct parser *p, struct json item, const struct manifest *bundle, const char *path)
{
	if (!path)
		return 0;
	const char *full = arena_printf(p->arena, MANIFEST_FILES_PREFIX "%s", path);
	if (!manifest_find_entry(bundle, full))
		return json_fail(item, p->err, "%s is not among the entries", full);
	return 0;
}

/* The files that p->manifest names, in the bundle that root describes. */
static int check_files(struct parser *p, struct json item, const struct manifest *bundle)
{
	const struct manifest *m = p->manifest;
	for (size_t i = 0; i < m->template_count; i++)
		if (check_file(p, item, bundle, m->templates[i].path) < 0)
			return -1;
	if (check_file(p, item, bundle, m->compose) < 0 ||
		check_file(p, item, bundle, m->control) < 0 ||
		check_file(p, item, bundle, m->handoff.en) < 0 ||
		check_file(p, item, bundle, m->handoff.zh) < 0)
		return -1;
	return 0;
}

static int parse_layout(struct parser *p, struct json object)
{
	struct manifest *m = p->manifest;
	if (parse_templates(p, object) < 0 || parse_directories(p, object) < 0 ||
		parse_strings(p, object, "profiles", &m->profiles, &m->profile_count) < 0)
		return -1;
	return 0;
}

static int parse_procedure(struct parser *p, struct json object)
{
	if (parse_services(p, object) < 0 || parse_steps(p, object) < 0 ||
		parse_text(p, object, "handoff", &p->manifest->handoff) < 0 ||
		parse_optional_documents(p, object) < 0)
		return -1;
	return 0;
}

static int parse_variant(struct parser *p, struct json item, const struct manifest *bundle)
{
	struct manifest *m = p->manifest;
	struct err *err = p->err;
	m->images = bundle->images;
	m->image_count = bundle->image_count;
	if (json_get_string(item, "name", &m->variant, err) < 0 ||
		json_get_string_or(item, "version", NULL, &m->version, err) < 0 ||
		parse_text(p, item, "title", &m->title) < 0 ||
		json_get_string(item, "compose", &m->compose, err) < 0 ||
		parse_layout(p, item) < 0 || parse_procedure(p, item) < 0 ||
		parse_strings(p, item, "files", &m->files, &m->file_count) < 0)
		return -1;
	if (!manifest_is_variant_name(m->variant))
		return json_fail(item, err, "\"%s\" is no name of a variant", m->variant);
	for (const struct manifest *other = bundle->fallback; other < m; other++)
		if (strcmp(other->variant, m->variant) == 0)
			return json_fail(item, err, "the variant %s is there twice", m->variant);
	return check_files(p, item, bundle);
}

static int parse_fallback(struct parser *p, struct json root)
{
	struct manifest *m = p->manifest;
	struct json fallback, item;
	if (json_get_array_or_none(root, "fallback", &fallback, p->err) < 0)
		return -1;
	m->fallback_count = json_count(fallback);
	if (m->fallback_count == 0)
		return 0;
	if (m->fallback_count > MAX_VARIANTS)
		return json_fail(fallback, p->err, "more than %d items", MAX_VARIANTS);
	if (parse_strings(p, root, "files", &m->files, &m->file_count) < 0)
		return -1;
	m->fallback = arena_alloc(p->arena, m->fallback_count * sizeof(*m->fallback));
	struct parser variant = {p->arena, m->fallback, p->err};
	for (struct json_iterator it = json_items(fallback); json_next(&it, &item);
		variant.manifest++)
		if (parse_variant(&variant, item, m) < 0)
			return -1;
	return 0;
}

static int parse_root(struct parser *p, struct json root)
{
	struct manifest *m = p->manifest;
	struct err *err = p->err;
	uint64_t schema;
	if (json_get_u64(root, "schema", &schema, err) < 0)
		return -1;
	if (schema != MANIFEST_SCHEMA)
		return json_fail(root, err, "schema %llu, this program knows %d",
			(unsigned long long)schema, MANIFEST_SCHEMA);
	if (json_get_string(root, "name", &m->name, err) < 0 ||
		json_get_string_or(root, "version", NULL, &m->version, err) < 0 ||
		parse_text(p, root, "title", &m->title) < 0 ||
		json_get_string(root, "builder", &m->builder, err) < 0 ||
		json_get_string(root, "compose", &m->compose, err) < 0 ||
		json_get_string_or(root, "control", NULL, &m->control, err) < 0 ||
		json_get_string_or(root, "installer", NULL, &m->installer, err) < 0 ||
		parse_layout(p, root) < 0 || parse_images(p, root) < 0 ||
		parse_procedure(p, root) < 0 || parse_libraries(p, root) < 0 ||
		parse_entries(p, root) < 0 ||
		check_files(p, root, m) < 0)
		return -1;
	return parse_fallback(p, root);
}

int manifest_parse(const char *json, size_t length, struct arena *arena, struct manifest **out,
	struct err *err)
{
	struct parser parser = {arena, ARENA_NEW(arena, struct manifest), err};
	struct json root;
	if (json_parse(json, length, "manifest.json", MANIFEST_LIMIT, arena, &root, err) < 0 ||
		parse_root(&parser, root) < 0) {
		err->code = CODE_INTEGRITY;
		return -1;
	}
	*out = parser.manifest;
	return 0;
}
