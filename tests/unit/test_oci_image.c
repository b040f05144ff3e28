/* Image documents: what is read from them, and the reject corpus tests/reject/oci. */
#include "check.h"

#include <dirent.h>
#include <stdlib.h>

#include "digest.h"
#include "file_io.h"
#include "oci_image.h"

#define D1 "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define D2 "sha256:2222222222222222222222222222222222222222222222222222222222222222"

TEST(an_index_tells_its_manifests_apart)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct oci_index index;
	static const char text[] =
		"{\"schemaVersion\":2,\"mediaType\":\"" OCI_MEDIA_INDEX "\",\"manifests\":["
		"{\"mediaType\":\"" OCI_MEDIA_MANIFEST "\",\"digest\":\"" D1 "\",\"size\":7,"
		"\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\",\"variant\":\"v8\"},"
		"\"annotations\":{\"org.opencontainers.image.ref.name\":\"1.0\","
		"\"io.containerd.image.name\":\"docker.io/a/b:1.0\"}},"
		"{\"digest\":\"" D2 "\",\"size\":8,\"platform\":{\"os\":\"unknown\","
		"\"architecture\":\"unknown\"}},"
		"{\"digest\":\"" D2 "\",\"size\":8,\"annotations\":{"
		"\"vnd.docker.reference.type\":\"attestation-manifest\"}}]}";
	CHECK_OK(oci_index_parse(text, strlen(text), "index", arena, &index, &err));
	CHECK_INT(index.count, 3);
	CHECK_STR(index.manifests[0].digest, D1);
	CHECK_INT(index.manifests[0].size_bytes, 7);
	CHECK_STR(index.manifests[0].ref_name, "1.0");
	CHECK_STR(index.manifests[0].image_name, "docker.io/a/b:1.0");
	CHECK_STR(oci_platform_text(&index.manifests[0].platform, arena), "linux/arm64/v8");
	CHECK(!index.manifests[0].is_attestation);
	CHECK(index.manifests[1].is_attestation);
	CHECK(index.manifests[2].is_attestation);
}

TEST(a_config_tells_platform_layers_and_settings)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct oci_config config;
	static const char text[] =
		"{\"os\":\"linux\",\"architecture\":\"arm\",\"variant\":\"v7\",\"config\":{"
		"\"Env\":[\"PATH=/bin\",\"PG_MAJOR=17\"],\"Volumes\":{\"/var/lib/postgresql/"
		"data\":{}},"
		"\"ExposedPorts\":{\"5432/tcp\":{}},\"Healthcheck\":{\"Test\":[\"CMD\",\"x\"]}},"
		"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" D1 "\",\"" D2 "\"]}}";
	CHECK_OK(oci_config_parse(text, strlen(text), "config", arena, &config, &err));
	CHECK_STR(oci_platform_text(&config.platform, arena), "linux/arm/v7");
	CHECK_INT(config.diff_id_count, 2);
	CHECK_STR(config.diff_ids[1], D2);
	CHECK_STR(oci_config_env(&config, "PG_MAJOR"), "17");
	CHECK(!oci_config_env(&config, "PG"));
	CHECK_STR(config.volumes[0], "/var/lib/postgresql/data");
	CHECK_STR(config.exposed_ports[0], "5432/tcp");
	CHECK(config.has_healthcheck);
	static const char least[] = "{\"os\":\"linux\",\"architecture\":\"amd64\",\"variant\":\"\","
				    "\"config\":null,\"rootfs\":{\"diff_ids\":null}}";
	CHECK_OK(oci_config_parse(least, strlen(least), "config", arena, &config, &err));
	CHECK(!config.platform.variant && !config.has_healthcheck && config.diff_id_count == 0);
}

TEST(a_healthcheck_of_none_is_none)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct oci_config config;
	static const char text[] = "{\"os\":\"linux\",\"architecture\":\"arm64\",\"config\":{"
				   "\"Healthcheck\":{\"Test\":[\"NONE\"]}},\"rootfs\":{}}";
	CHECK_OK(oci_config_parse(text, strlen(text), "config", arena, &config, &err));
	CHECK(!config.has_healthcheck);
}

TEST(a_manifest_is_written_as_always_and_read_back)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	AUTO_TEXT text = TEXT_INIT;
	struct oci_descriptor config = {
		.media_type = OCI_MEDIA_CONFIG, .digest = D1, .size_bytes = 3};
	struct oci_descriptor layers[2] = {
		{.media_type = OCI_MEDIA_LAYER, .digest = D2, .size_bytes = 4},
		{.media_type = OCI_MEDIA_LAYER_GZIP, .digest = D1, .size_bytes = 5},
	};
	oci_manifest_write(&config, layers, 2, &text);
	CHECK_STR(text.bytes,
		"{\"schemaVersion\":2,\"mediaType\":\"" OCI_MEDIA_MANIFEST
		"\",\"config\":{\"mediaType\":\"" OCI_MEDIA_CONFIG "\",\"digest\":\"" D1
		"\",\"size\":3},\"layers\":[{\"mediaType\":\"" OCI_MEDIA_LAYER "\",\"digest\":\"" D2
		"\",\"size\":4},{\"mediaType\":\"" OCI_MEDIA_LAYER_GZIP "\",\"digest\":\"" D1
		"\",\"size\":5}]}");
	struct oci_manifest manifest;
	CHECK_OK(oci_manifest_parse(text.bytes, text.length, "m", arena, &manifest, &err));
	CHECK_STR(manifest.config.digest, D1);
	CHECK_INT(manifest.layer_count, 2);
	CHECK_STR(manifest.layers[1].media_type, OCI_MEDIA_LAYER_GZIP);
	CHECK(manifest.is_image);
}

TEST(layer_types_are_told_apart)
{
	CHECK_INT(oci_layer_kind(OCI_MEDIA_LAYER), OCI_LAYER_TAR);
	CHECK_INT(oci_layer_kind(DOCKER_MEDIA_LAYER_GZIP), OCI_LAYER_TAR_GZIP);
	CHECK_INT(
		oci_layer_kind("application/vnd.oci.image.layer.v1.tar+zstd"), OCI_LAYER_TAR_ZSTD);
	CHECK_INT(oci_layer_kind("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
		OCI_LAYER_FOREIGN);
	CHECK_INT(oci_layer_kind("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"),
		OCI_LAYER_FOREIGN);
	CHECK_INT(oci_layer_kind("application/vnd.in-toto+json"), OCI_LAYER_UNKNOWN);
	CHECK_INT(oci_layer_kind(""), OCI_LAYER_UNKNOWN);
}

TEST(every_document_of_the_reject_corpus_is_refused)
{
	AUTO(arena) arena = arena_new();
	const char *folder = TEST_DATA "/reject/oci";
	DIR *dir = opendir(folder);
	int count = 0;
	for (struct dirent *file; dir && (file = readdir(dir));) {
		struct err err = ERR_INIT;
		char *bytes;
		size_t length;
		struct oci_index index;
		struct oci_manifest manifest;
		struct oci_config config;
		int result = 0;
		if (file->d_name[0] == '.')
			continue;
		CHECK_OK(file_read_all(arena_printf(arena, "%s/%s", folder, file->d_name), 1 << 20,
			arena, &bytes, &length, &err));
		if (strncmp(file->d_name, "index-", 6) == 0)
			result = oci_index_parse(bytes, length, "doc", arena, &index, &err);
		else if (strncmp(file->d_name, "manifest-", 9) == 0)
			result = oci_manifest_parse(bytes, length, "doc", arena, &manifest, &err);
		else
			result = oci_config_parse(bytes, length, "doc", arena, &config, &err);
		if (result == 0 || err.code != CODE_INPUT)
			check_report(__FILE__, __LINE__, "%s: %d, code %d, %s", file->d_name,
				result, err.code, err.text);
		count++;
	}
	if (dir)
		closedir(dir);
	CHECK(count >= 25);
}
