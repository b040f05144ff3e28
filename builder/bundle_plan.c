/* From a project and its images to the manifest and the tar's entries. */
#include "bundle_plan.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "closure_template.h"
#include "compose_rewrite.h"
#include "digest_file.h"
#include "file_io.h"
#include "load_archive.h"
#include "project_steps.h"
#include "tar_writer.h"
#include "version.h"

/* ---- images and services ---- */

static void fill_layers(struct manifest_image *out, const struct image *image, struct arena *arena)
{
	out->layer_count = image->layer_count;
	out->layers = arena_alloc(arena, image->layer_count * sizeof(*out->layers));
	for (size_t i = 0; i < image->layer_count; i++)
		out->layers[i] = (struct manifest_layer){
			.digest = image->layers[i].blob.digest,
			.diff_id = image->layers[i].diff_id,
			.media_type = image->layers[i].media_type,
			.size_bytes = image->layers[i].blob.size_bytes,
		};
}

static void fill_image(
	struct manifest_image *out, const struct service_image *from, struct arena *arena)
{
	const struct image *image = from->image;
	*out = (struct manifest_image){
		.reference = image_reference_text(&from->reference, arena),
		.tag = image_reference_private_tag(&from->reference, image->manifest.digest, arena),
		.pin = image->manifest.digest,
		.index = image->index_digest,
		.config = image->config_blob.digest,
		.config_size = image->config_blob.size_bytes,
		.manifest_media_type = image->manifest_media_type,
		.manifest_size = image->manifest.size_bytes,
		.os = image->platform.os,
		.architecture = image->platform.architecture,
		.variant = image->platform.variant,
		.unpacked_bytes = image->unpacked_bytes,
	};
	fill_layers(out, image, arena);
}

/* Services come sorted by name, so images are in the order of their first use. */
static size_t image_index(struct bundle_plan *plan, const struct service_image *from)
{
	struct manifest *manifest = &plan->manifest;
	struct manifest_image image;
	fill_image(&image, from, plan->arena);
	for (size_t i = 0; i < manifest->image_count; i++)
		if (strcmp(manifest->images[i].tag, image.tag) == 0 &&
			strcmp(manifest->images[i].pin, image.pin) == 0)
			return i;
	manifest->images[manifest->image_count] = image;
	return manifest->image_count++;
}

static void fill_service(struct manifest_service *out, const struct service_image *from,
	size_t image, struct arena *arena)
{
	const struct compose_service *service = from->service;
	*out = (struct manifest_service){
		.name = service->name,
		.image = image,
		.active = service->active,
		.container_name = service->container_name,
		.has_healthcheck =
			!service->healthcheck_disabled &&
			(service->has_healthcheck || from->image->config.has_healthcheck),
		.port_count = service->port_count,
		.ports = arena_alloc(arena, service->port_count * sizeof(*out->ports)),
	};
	for (size_t i = 0; i < service->port_count; i++)
		out->ports[i] = (struct manifest_port){
			.host_ip = service->ports[i].host_ip_raw,
			.published = service->ports[i].published_raw,
			.target = service->ports[i].target_raw,
			.protocol = service->ports[i].protocol,
		};
}

static void plan_services(struct bundle_plan *plan, struct manifest *manifest,
	const struct service_image *images, size_t image_count)
{
	manifest->services = arena_alloc(plan->arena, image_count * sizeof(*manifest->services));
	manifest->service_count = image_count;
	for (size_t i = 0; i < image_count; i++)
		fill_service(&manifest->services[i], &images[i], image_index(plan, &images[i]),
			plan->arena);
}

/* ---- entries ---- */

struct bundle_content *bundle_plan_add(struct bundle_plan *plan, const char *path)
{
	struct bundle_content *content = ARENA_PUSH(
		plan->arena, plan->contents, plan->content_count, plan->content_capacity);
	content->path = path;
	return content;
}

static struct bundle_content *add_content(
	struct bundle_plan *plan, const char *path, unsigned mode, uint64_t size_bytes)
{
	struct bundle_content *content = bundle_plan_add(plan, path);
	content->mode = mode;
	content->size_bytes = size_bytes;
	return content;
}

static void add_bytes(struct bundle_plan *plan, const char *path, const void *bytes, size_t length)
{
	struct bundle_content *content = add_content(plan, path, 0644, length);
	content->bytes = bytes;
	content->sha256 = digest_sha256_of(bytes, length);
}

static void add_blob(struct bundle_plan *plan, const char *path, const struct blob_source *blob)
{
	struct bundle_content *content = add_content(plan, path, 0644, blob->size_bytes);
	content->blob = blob;
	BUG_ON(!sha256_from_digest(&content->sha256, blob->digest));
}

static int add_source(struct bundle_plan *plan, const char *path, const char *source, unsigned mode,
	struct err *err)
{
	struct stat st;
	AUTO_FD fd = open(source, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set_errno(err, CODE_INPUT, "open %s", source);
	if (!S_ISREG(st.st_mode))
		return err_set(err, CODE_INPUT, "%s is not a regular file", source);
	struct bundle_content *content = add_content(plan, path, mode, (uint64_t)st.st_size);
	content->source = source;
	return digest_file_range(fd, source, 0, content->size_bytes, &content->sha256, err);
}

static void add_template(struct manifest *manifest, const char *path, const char *target, bool fill)
{
	size_t at = manifest->template_count++;
	if (strcmp(target, ".env") == 0) { /* first by contract */
		memmove(manifest->templates + 1, manifest->templates,
			at * sizeof(*manifest->templates));
		at = 0;
	}
	manifest->templates[at] = (struct manifest_template){path, target, fill};
}

static const struct compose_rewritten *find_rewritten(
	const struct compose_rewritten *files, size_t count, const char *packed)
{
	for (size_t i = 0; i < count; i++)
		if (files[i].file->packed && strcmp(files[i].file->packed, packed) == 0)
			return &files[i];
	return NULL;
}

/* A login or a query may be a secret: neither travels. */
static const char *public_url(const char *url, struct arena *arena)
{
	const char *host = strstr(url, "://") + 3;
	const char *at = memchr(host, '@', strcspn(host, "/?#"));
	const char *rest = at ? at + 1 : host;
	return arena_printf(arena, "%.*s%.*s", (int)(host - url), url, (int)strcspn(rest, "?#"),
		rest);
}

static int plan_file(struct bundle_plan *plan, struct manifest *manifest,
	const struct closure_entry *entry, const struct compose_rewritten *rewritten,
	size_t rewritten_count, struct err *err)
{
	const char *path = arena_printf(plan->arena, MANIFEST_FILES_PREFIX "%s", entry->packed);
	const struct compose_rewritten *file;
	if (entry->kind != CLOSURE_DIRECTORY)
		manifest->files[manifest->file_count++] = entry->packed;
	switch (entry->kind) {
	case CLOSURE_DIRECTORY:
		manifest->directories[manifest->directory_count++] = entry->packed;
		return 0;
	case CLOSURE_COMPOSE:
		file = find_rewritten(rewritten, rewritten_count, entry->packed);
		BUG_ON(!file);
		add_bytes(plan, path, file->bytes, file->length);
		return 0;
	case CLOSURE_ENV:
		add_template(manifest, entry->packed, ".env", false);
		break;
	case CLOSURE_ENV_FILE:
		add_template(manifest, entry->packed, entry->packed, false);
		break;
	case CLOSURE_TEMPLATE:
		add_template(manifest, entry->packed,
			closure_template_target(plan->arena, entry->packed), true);
		break;
	case CLOSURE_DOWNLOAD:
		add_blob(plan, path, entry->blob);
		plan->contents[plan->content_count - 1].url =
			public_url(entry->download->url, plan->arena);
		return 0;
	case CLOSURE_FILE:
		break;
	}
	return add_source(plan, path, entry->source, entry->mode, err);
}

static int plan_files(struct bundle_plan *plan, struct manifest *manifest,
	const struct bundle_variant *variant, struct err *err)
{
	const struct compose_project *compose = variant->project->compose;
	const struct closure *closure = variant->closure;
	size_t service_count = manifest->service_count;
	struct compose_rewritten *rewritten;
	struct compose_image *tags = arena_alloc(plan->arena, service_count * sizeof(*tags));
	for (size_t i = 0; i < service_count; i++)
		tags[i] = (struct compose_image){manifest->services[i].name,
			plan->manifest.images[manifest->services[i].image].tag};
	if (compose_rewrite(plan->arena, compose, tags, service_count, &rewritten, err) < 0)
		return -1;
	manifest->templates =
		arena_alloc(plan->arena, closure->count * sizeof(*manifest->templates));
	manifest->directories =
		arena_alloc(plan->arena, closure->count * sizeof(*manifest->directories));
	manifest->files = arena_alloc(plan->arena, closure->count * sizeof(*manifest->files));
	for (size_t i = 0; i < closure->count; i++)
		if (plan_file(plan, manifest, &closure->entries[i], rewritten, compose->file_count,
			    err) < 0)
			return -1;
	return 0;
}

/* ---- variants ---- */

static void plan_procedure(
	struct bundle_plan *plan, struct manifest *manifest, const struct project *project)
{
	manifest->name = project->name;
	manifest->version = project->version;
	manifest->variant = project->variant;
	manifest->compose = project->compose->files[0]->packed;
	project_steps_fill(project, manifest, plan->arena);
}

static int plan_variant(struct bundle_plan *plan, struct manifest *manifest,
	const struct bundle_variant *variant, struct err *err)
{
	plan_procedure(plan, manifest, variant->project);
	plan_services(plan, manifest, variant->images, variant->image_count);
	return plan_files(plan, manifest, variant, err);
}

static int compare_contents(const void *left, const void *right)
{
	const struct bundle_content *a = left, *b = right;
	return strcmp(a->path, b->path);
}

/* What several variants install is there once. */
static int merge_files(struct bundle_plan *plan, struct err *err)
{
	size_t kept = 0;
	qsort(plan->contents, plan->content_count, sizeof(*plan->contents), compare_contents);
	for (size_t i = 0; i < plan->content_count; i++) {
		const struct bundle_content *content = &plan->contents[i];
		const struct bundle_content *last = kept ? &plan->contents[kept - 1] : NULL;
		if (!last || strcmp(last->path, content->path) != 0) {
			plan->contents[kept++] = *content;
			continue;
		}
		if (last->mode == content->mode && sha256_equal(&last->sha256, &content->sha256))
			continue;
		err_set(err, CODE_INPUT, "%s is not the same for two variants of fallback",
			content->path + strlen(MANIFEST_FILES_PREFIX));
		return err_hint(err,
			"give each variant a file of its own there: a compose file whose "
			"images come from .env is another one with another .env");
	}
	plan->content_count = kept;
	return 0;
}

static size_t count_images(const struct bundle_variant *variants, size_t count)
{
	size_t images = 0;
	for (size_t i = 0; i < count; i++)
		images += variants[i].image_count;
	return images;
}

static void add_text(struct bundle_plan *plan, const char *path, struct text *text)
{
	add_bytes(plan, path, arena_strndup(plan->arena, text->bytes, text->length), text->length);
	text_clear(text);
}

static int compare_blobs(const void *left, const void *right)
{
	const struct blob_source *const *a = left, *const *b = right;
	return strcmp((*a)->digest, (*b)->digest);
}

/* Every blob of every image, sorted to be found by its digest: 10,000 must not cost 10,000 squared. */
static size_t collect_blobs(const struct bundle_variant *variants, size_t count,
	struct arena *arena, const struct blob_source ***out)
{
	const struct blob_source **blobs = NULL;
	size_t found = 0, capacity = 0;
	for (size_t v = 0; v < count; v++) {
		for (size_t i = 0; i < variants[v].image_count; i++) {
			const struct image *image = variants[v].images[i].image;
			*ARENA_PUSH(arena, blobs, found, capacity) = &image->manifest;
			*ARENA_PUSH(arena, blobs, found, capacity) = &image->config_blob;
			for (size_t l = 0; l < image->layer_count; l++)
				*ARENA_PUSH(arena, blobs, found, capacity) = &image->layers[l].blob;
		}
	}
	if (found)
		qsort(blobs, found, sizeof(*blobs), compare_blobs);
	*out = blobs;
	return found;
}

static const struct blob_source *find_blob(
	const struct blob_source *const *blobs, size_t count, const char *digest)
{
	const struct blob_source wanted = {.digest = digest}, *key = &wanted;
	const struct blob_source *const *found =
		bsearch(&key, blobs, count, sizeof(*blobs), compare_blobs);
	BUG_ON(!found);
	return *found;
}

static void plan_images(
	struct bundle_plan *plan, const struct bundle_variant *variants, size_t variant_count)
{
	struct text index = TEXT_INIT, manifest = TEXT_INIT;
	struct load_archive_blob *blobs;
	const struct blob_source **sources;
	load_archive_index(&plan->manifest, NULL, &index);
	load_archive_manifest(&plan->manifest, NULL, &manifest);
	add_bytes(plan, LOAD_ARCHIVE_LAYOUT_PATH, load_archive_layout, strlen(load_archive_layout));
	add_text(plan, LOAD_ARCHIVE_INDEX_PATH, &index);
	add_text(plan, LOAD_ARCHIVE_MANIFEST_PATH, &manifest);
	size_t count = load_archive_blobs(&plan->manifest, NULL, plan->arena, &blobs);
	size_t source_count = collect_blobs(variants, variant_count, plan->arena, &sources);
	for (size_t i = 0; i < count; i++) {
		const struct blob_source *blob = find_blob(sources, source_count, blobs[i].digest);
		add_blob(plan, manifest_blob_path(blob->digest, plan->arena), blob);
	}
}

static int sign_manifest(struct bundle_plan *plan, const struct signing_key *key, struct err *err)
{
	struct sha256 digest = digest_sha256_of(plan->manifest_json, plan->manifest_length);
	struct signature signature;
	if (signing_key_sign(key, &digest, &signature, err) < 0)
		return -1;
	plan->signature_length =
		signature_document_encode(&key->public, &signature, plan->signature);
	return 0;
}

static void take_given_signature(struct bundle_plan *plan)
{
	struct sha256 digest = digest_sha256_of(plan->manifest_json, plan->manifest_length);
	for (size_t i = 0; plan->given && i < plan->given->count; i++) {
		struct err err = ERR_INIT;
		struct public_key signer;
		size_t length = plan->given->lengths[i];
		if (length > sizeof(plan->signature) ||
			signature_document_verify(
				&signer, plan->given->bytes[i], length, &digest, &err) < 0)
			continue;
		memcpy(plan->signature, plan->given->bytes[i], length);
		plan->signature_length = length;
	}
}

int bundle_plan_finish(struct bundle_plan *plan, const struct signing_key *key, struct err *err)
{
	struct manifest *manifest = &plan->manifest;
	manifest->entry_count = plan->content_count;
	manifest->entries =
		arena_alloc(plan->arena, plan->content_count * sizeof(*manifest->entries));
	for (size_t i = 0; i < plan->content_count; i++)
		manifest->entries[i] = (struct manifest_entry){plan->contents[i].path,
			plan->contents[i].size_bytes, plan->contents[i].sha256,
			plan->contents[i].mode, plan->contents[i].url};
	struct text json = TEXT_INIT;
	manifest_write(manifest, &json);
	plan->manifest_length = json.length;
	plan->manifest_json = arena_strndup(plan->arena, json.bytes, json.length);
	text_clear(&json);
	if (key && sign_manifest(plan, key, err) < 0)
		return -1;
	if (!key)
		take_given_signature(plan);
	plan->length = TAR_END_SIZE + tar_writer_entry_size(MANIFEST_PATH, plan->manifest_length);
	if (plan->signature_length)
		plan->length +=
			tar_writer_entry_size(SIGNATURE_MANIFEST_PATH, plan->signature_length);
	for (size_t i = 0; i < plan->content_count; i++)
		plan->length +=
			tar_writer_entry_size(plan->contents[i].path, plan->contents[i].size_bytes);
	return 0;
}

int bundle_plan_make(struct bundle_plan *plan, const struct bundle_variant *variants, size_t count,
	struct arena *arena, struct err *err)
{
	*plan = (struct bundle_plan){.arena = arena};
	struct manifest *manifest = &plan->manifest;
	manifest->builder = "hardtack " HARDTACK_VERSION;
	manifest->images =
		arena_alloc(arena, count_images(variants, count) * sizeof(*manifest->images));
	manifest->fallback_count = count - 1;
	manifest->fallback = arena_alloc(arena, count * sizeof(*manifest->fallback));
	if (plan_variant(plan, manifest, &variants[0], err) < 0)
		return -1;
	for (size_t i = 1; i < count; i++)
		if (plan_variant(plan, &manifest->fallback[i - 1], &variants[i], err) < 0)
			return err_wrap(err, "fallback %s", variants[i].project->variant);
	if (count > 1 && merge_files(plan, err) < 0)
		return -1;
	plan_images(plan, variants, count);
	return 0;
}
