/* SPDX 2.3 of an installer. */
#include "spdx.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "contents.h"
#include "file_io.h"
#include "json_writer.h"
#include "purl.h"
#include "version.h"

#define NO_ASSERTION "NOASSERTION"
#define NAMESPACE "https://spdx.org/spdxdocs/"

enum { MTIME_AT = 136, MTIME_DIGITS = 11 }; /* of a ustar header */

struct spdx {
	const struct installer *installer;
	const struct manifest *manifest;
	struct contents contents;
	struct json_writer *w;
	struct arena *arena;
};

/* A package; what is NULL is left out or, where the format wants it, not asserted. */
struct package {
	const char *id; /* behind "SPDXRef-" */
	const char *name, *version, *file;
	const char *url;    /* of the download */
	const char *sha256; /* 64 hex digits */
	const char *license;
	const char *purl;
	const char *purpose;
	const char *comment;
};

static void add_reference(struct json_writer *w, const char *purl)
{
	if (!purl)
		return;
	json_array(w, "externalRefs");
	json_object(w, NULL);
	json_string(w, "referenceCategory", "PACKAGE-MANAGER");
	json_string(w, "referenceType", "purl");
	json_string(w, "referenceLocator", purl);
	json_end(w);
	json_end(w);
}

static void add_package(struct json_writer *w, const struct package *package)
{
	json_object(w, NULL);
	json_stringf(w, "SPDXID", "SPDXRef-%s", package->id);
	json_string(w, "name", package->name);
	json_string(w, "versionInfo", package->version);
	json_string(w, "packageFileName", package->file);
	json_string(w, "downloadLocation", package->url ? package->url : NO_ASSERTION);
	json_bool(w, "filesAnalyzed", false);
	if (package->sha256) {
		json_array(w, "checksums");
		json_object(w, NULL);
		json_string(w, "algorithm", "SHA256");
		json_string(w, "checksumValue", package->sha256);
		json_end(w);
		json_end(w);
	}
	json_string(w, "licenseConcluded", NO_ASSERTION);
	json_string(w, "licenseDeclared", package->license ? package->license : NO_ASSERTION);
	json_string(w, "copyrightText", NO_ASSERTION);
	add_reference(w, package->purl);
	json_string(w, "primaryPackagePurpose", package->purpose);
	json_string(w, "comment", package->comment);
	json_end(w);
}

/* The hex digits of "sha256:…"; of a manifest they were checked. */
static const char *hex_of(const char *digest)
{
	const char *colon = strchr(digest, ':');
	return colon ? colon + 1 : digest;
}

/* ---- the packages ---- */

static const char *document_name(const struct spdx *spdx)
{
	const struct manifest *manifest = spdx->manifest;
	return arena_printf(spdx->arena, "%s%s%s-%s", manifest->name, manifest->version ? "-" : "",
		manifest->version ? manifest->version : "", spdx->installer->layout.target);
}

static void add_installer(const struct spdx *spdx)
{
	const char *name = document_name(spdx);
	const struct manifest_text *title = &spdx->manifest->title; /* one for every language */
	add_package(
		spdx->w, &(struct package){.id = "Installer",
				 .name = spdx->manifest->name,
				 .version = spdx->manifest->version,
				 .file = spdx->manifest->installer ? MANIFEST_CONTROL_NAME : name,
				 .purpose = "INSTALL",
				 .comment = title->en ? title->en : title->zh});
}

static void add_image(const struct spdx *spdx, size_t i)
{
	const struct manifest_image *image = &spdx->manifest->images[i];
	const char *colon = strrchr(image->reference, ':');
	const char *index =
		image->index ? arena_printf(spdx->arena, ", index %s", image->index) : "";
	add_package(spdx->w, &(struct package){.id = arena_printf(spdx->arena, "Image-%zu", i + 1),
				     .name = image->reference,
				     .version = colon && !strchr(colon, '/') ? colon + 1 : NULL,
				     .sha256 = hex_of(image->pin),
				     .purl = purl_of_image(image->reference, image->pin,
					     image->architecture, spdx->arena),
				     .purpose = "CONTAINER",
				     .comment = arena_printf(spdx->arena,
					     "platform %s, config %s%s, loaded as %s",
					     manifest_platform(image, spdx->arena), image->config,
					     index, image->tag)});
}

/* The uncompressed layer's digest is in each image that has it. */
static const struct manifest_layer *find_layer(
	const struct spdx *spdx, const struct contents_layer *layer)
{
	const struct manifest_image *image = &spdx->manifest->images[layer->images[0]];
	for (size_t l = 0; l < image->layer_count; l++)
		if (strcmp(image->layers[l].digest, layer->digest) == 0)
			return &image->layers[l];
	return NULL;
}

static void add_layer(const struct spdx *spdx, const struct contents_layer *layer)
{
	const struct manifest_layer *full = find_layer(spdx, layer);
	const char *hex = hex_of(layer->digest);
	add_package(spdx->w,
		&(struct package){.id = arena_printf(spdx->arena, "Layer-%s", hex),
			.name = layer->digest,
			.file = manifest_blob_path(layer->digest, spdx->arena),
			.sha256 = hex,
			.purpose = "ARCHIVE",
			.comment = arena_printf(spdx->arena, "%llu bytes, %s, uncompressed %s",
				(unsigned long long)layer->size_bytes, full->media_type,
				full->diff_id)});
}

static bool is_file(const struct manifest_entry *entry)
{
	return text_starts_with(entry->path, MANIFEST_FILES_PREFIX);
}

static void add_file(const struct spdx *spdx, size_t i)
{
	const struct manifest_entry *entry = &spdx->manifest->entries[i];
	char hex[SHA256_HEX_LENGTH + 1];
	sha256_to_hex(&entry->sha256, hex);
	add_package(spdx->w,
		&(struct package){.id = arena_printf(spdx->arena, "File-%zu", i + 1),
			.name = entry->path + strlen(MANIFEST_FILES_PREFIX),
			.file = entry->path,
			.url = entry->url,
			.sha256 = hex,
			.purl = entry->url ? purl_of_download(entry->url, spdx->arena) : NULL,
			.purpose = "FILE",
			.comment = arena_printf(
				spdx->arena, "%llu bytes", (unsigned long long)entry->size_bytes)});
}

static const char *program_version(const struct spdx *spdx)
{
	const char *space = strrchr(spdx->manifest->builder, ' ');
	return space ? space + 1 : spdx->manifest->builder;
}

static void add_program(const struct spdx *spdx)
{
	const char *version = program_version(spdx);
	add_package(spdx->w,
		&(struct package){.id = "Program",
			.name = "hardtack",
			.version = version,
			.license = "Apache-2.0",
			.purl = purl_generic("hardtack", version, spdx->arena),
			.purpose = "APPLICATION",
			.comment = spdx->manifest->library_count
					   ? "the program at the start of the file"
					   : "the program at the start of the file; of which "
					     "libraries it is made, this file does not say"});
	for (size_t i = 0; i < spdx->manifest->library_count; i++) {
		const struct manifest_library *library = &spdx->manifest->libraries[i];
		add_package(spdx->w,
			&(struct package){
				.id = arena_printf(spdx->arena, "Library-%s", library->name),
				.name = library->name,
				.version = library->version,
				.url = library->url,
				.sha256 = library->sha256,
				.license = library->license,
				.purl = purl_generic(library->name, library->version, spdx->arena),
				.purpose = "LIBRARY"});
	}
}

static void add_packages(const struct spdx *spdx)
{
	const struct manifest *manifest = spdx->manifest;
	json_array(spdx->w, "packages");
	add_installer(spdx);
	for (size_t i = 0; i < manifest->image_count && !manifest->installer; i++)
		add_image(spdx, i);
	for (size_t i = 0; i < spdx->contents.layer_count; i++)
		add_layer(spdx, &spdx->contents.layers[i]);
	for (size_t i = 0; i < manifest->entry_count; i++)
		if (is_file(&manifest->entries[i]))
			add_file(spdx, i);
	add_program(spdx);
	json_end(spdx->w);
}

/* ---- how they belong together ---- */

static void relate(struct json_writer *w, const char *from, const char *kind, const char *to)
{
	json_object(w, NULL);
	json_stringf(w, "spdxElementId", "SPDXRef-%s", from);
	json_string(w, "relationshipType", kind);
	json_stringf(w, "relatedSpdxElement", "SPDXRef-%s", to);
	json_end(w);
}

/* A layer that an image has twice is one relationship. */
static void relate_layers(const struct spdx *spdx)
{
	for (size_t i = 0; i < spdx->contents.layer_count; i++) {
		const struct contents_layer *layer = &spdx->contents.layers[i];
		const char *to = arena_printf(spdx->arena, "Layer-%s", hex_of(layer->digest));
		for (size_t j = 0; j < layer->image_count; j++)
			relate(spdx->w,
				arena_printf(spdx->arena, "Image-%zu", layer->images[j] + 1),
				"CONTAINS", to);
	}
}

static void add_relationships(const struct spdx *spdx)
{
	const struct manifest *manifest = spdx->manifest;
	struct json_writer *w = spdx->w;
	json_array(w, "relationships");
	relate(w, "DOCUMENT", "DESCRIBES", "Installer");
	relate(w, "Installer", "CONTAINS", "Program");
	for (size_t i = 0; i < manifest->library_count; i++)
		relate(w, "Program", "STATIC_LINK",
			arena_printf(spdx->arena, "Library-%s", manifest->libraries[i].name));
	for (size_t i = 0; i < manifest->image_count && !manifest->installer; i++)
		relate(w, "Installer", "CONTAINS", arena_printf(spdx->arena, "Image-%zu", i + 1));
	relate_layers(spdx);
	for (size_t i = 0; i < manifest->entry_count; i++)
		if (is_file(&manifest->entries[i]))
			relate(w, "Installer", "CONTAINS",
				arena_printf(spdx->arena, "File-%zu", i + 1));
	json_end(w);
}

/* ---- the document ---- */

/* The time that the payload's first entry carries: digits of its ustar header. */
static int read_time(const struct spdx *spdx, char out[32], struct err *err)
{
	char digits[MTIME_DIGITS + 1] = {0};
	struct tm tm;
	if (file_pread(spdx->installer->fd, spdx->installer->path, digits, MTIME_DIGITS,
		    spdx->installer->layout.locator.payload_offset + MTIME_AT, err) < 0)
		return -1;
	time_t seconds = (time_t)strtoull(digits, NULL, 8);
	if (!gmtime_r(&seconds, &tm) || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return err_set(err, CODE_INTEGRITY, "its entries have no time");
	return 0;
}

static const char *document_namespace(const struct spdx *spdx)
{
	char root[SHA256_HEX_LENGTH + 1];
	sha256_to_hex(&spdx->installer->layout.locator.root, root);
	return arena_printf(spdx->arena, NAMESPACE "%s-%s-%s", spdx->manifest->name,
		spdx->installer->layout.target, root);
}

int spdx_add(
	const struct installer *installer, struct arena *arena, struct text *out, struct err *err)
{
	char created[32];
	struct json_writer writer = json_writer_begin(out, false);
	struct spdx spdx = {.installer = installer,
		.manifest = bundle_manifest(installer->bundle),
		.w = &writer,
		.arena = arena};
	if (read_time(&spdx, created, err) < 0)
		return -1;
	contents_measure_layers(spdx.manifest, arena, &spdx.contents);
	json_object(&writer, NULL);
	json_string(&writer, "spdxVersion", "SPDX-2.3");
	json_string(&writer, "dataLicense", "CC0-1.0");
	json_string(&writer, "SPDXID", "SPDXRef-DOCUMENT");
	json_string(&writer, "name", document_name(&spdx));
	json_string(&writer, "documentNamespace", document_namespace(&spdx));
	json_object(&writer, "creationInfo");
	json_string(&writer, "created", created);
	json_array(&writer, "creators");
	json_string(&writer, NULL, "Tool: hardtack-" HARDTACK_VERSION);
	json_end(&writer);
	json_end(&writer);
	add_packages(&spdx);
	add_relationships(&spdx);
	json_end(&writer);
	return 0;
}
