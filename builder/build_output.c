/* Names and companions of the files that `build` writes. */
#include "build_output.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"
#include "file_io.h"
#include "message.h"
#include "readme_text.h"
#include "spdx.h"
#include "stub_image.h"

static bool is_directory(const char *path)
{
	struct stat st;
	return path[0] &&
	       (text_ends_with(path, "/") || (stat(path, &st) == 0 && S_ISDIR(st.st_mode)));
}

static int check_target(const char *const *targets, size_t i, struct err *err)
{
	if (!stub_image_find(targets[i])) {
		AUTO_TEXT known = TEXT_INIT;
		for (const struct stub_image *stub = stub_image_list(); stub->target; stub++)
			text_addf(&known, "%s%s", known.length ? ", " : "", stub->target);
		err_set(err, CODE_USAGE, "unknown target \"%s\"", targets[i]);
		return err_hint(err, "targets are: %s", known.bytes);
	}
	for (size_t j = 0; j < i; j++)
		if (strcmp(targets[i], targets[j]) == 0)
			return err_set(err, CODE_USAGE, "target %s is given twice", targets[i]);
	return 0;
}

int build_output_check_targets(const char *const *targets, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (check_target(targets, i, err) < 0)
			return -1;
	return 0;
}

int build_output_check(
	const struct options *options, const char *const *targets, size_t count, struct err *err)
{
	if (build_output_check_targets(targets, count, err) < 0)
		return -1;
	if (!options->output)
		return 0;
	if (!options->output[0])
		return err_set(err, CODE_USAGE, "-o names nothing");
	if (count > 1 && !is_directory(options->output)) {
		err_set(err, CODE_USAGE, "%zu targets need a directory", count);
		return err_hint(err, "write -o %s/", options->output);
	}
	if (text_ends_with(options->output, "/"))
		return file_make_directories(options->output, 0777, err);
	return 0;
}

const char *build_output_name(
	const struct project *project, const char *target, struct arena *arena)
{
	return project->version
		       ? arena_printf(arena, "%s-%s-%s", project->name, project->version, target)
		       : arena_printf(arena, "%s-%s", project->name, target);
}

const char *build_output_path(const struct options *options, const struct project *project,
	const char *target, struct arena *arena)
{
	const char *output = options->output ? options->output : "";
	if (output[0] && !is_directory(output))
		return output;
	const char *separator = !output[0] || text_ends_with(output, "/") ? "" : "/";
	return arena_printf(
		arena, "%s%s%s", output, separator, build_output_name(project, target, arena));
}

int build_output_digest(const char *path, const struct sha256 *sha256,
	const struct signing_key *key, struct err *err)
{
	char hex[SHA256_HEX_LENGTH + 1];
	unsigned char der[SIGNATURE_MOST_BYTES];
	struct signature signature;
	sha256_to_hex(sha256, hex);
	AUTO_FREE char *sum_path = xprintf("%s.sha256", path);
	AUTO_FREE char *sum = xprintf("%s  %s\n", hex, file_base_name(path));
	AUTO_FREE char *signature_path = xprintf("%s.sig", path);
	if (file_write_all(sum_path, sum, strlen(sum), 0644, err) < 0)
		return -1;
	if (!key)
		return 0;
	if (signing_key_sign(key, sha256, &signature, err) < 0)
		return -1;
	return file_write_all(signature_path, der, signature_encode(&signature, der), 0644, err);
}

int build_output_companions(const char *path, const struct installer_file *file,
	const struct signing_key *key, struct err *err)
{
	const char *base = file_base_name(path);
	AUTO_FREE char *signature_path = xprintf("%s.sig", path);
	AUTO_FREE char *directory =
		base == path ? xstrdup(".") : xprintf("%.*s", (int)(base - path), path);
	if (!key)
		unlink(signature_path);
	if (build_output_digest(path, &file->sha256, key, err) < 0)
		return -1;
	return readme_text_write(directory, err);
}

int build_output_sbom(const char *path, struct arena *arena, struct err *err)
{
	AUTO_INSTALLER installer = INSTALLER_INIT;
	AUTO_TEXT out = TEXT_INIT;
	AUTO_FREE char *beside = xprintf("%s.spdx.json", path);
	if (installer_open(&installer, path, err) < 0 ||
		spdx_add(&installer, arena, &out, err) < 0)
		return -1;
	return file_write_all(beside, out.bytes, out.length, 0644, err);
}

void build_output_record(struct ui *ui, const char *path, const char *target,
	const struct installer_file *file, const struct signing_key *key)
{
	char signer[SHA256_DIGEST_LENGTH + 1];
	char sha256_hex[SHA256_HEX_LENGTH + 1], root_hex[SHA256_HEX_LENGTH + 1];
	sha256_to_hex(&file->sha256, sha256_hex);
	sha256_to_hex(&file->root, root_hex);
	if (key)
		public_key_fingerprint(&key->public, signer);
	struct ui_field fields[] = {
		UI_TEXT("file", path),
		UI_TEXT("target", target),
		UI_NUMBER("size", file->size),
		UI_TEXT("sha256", sha256_hex),
		UI_TEXT("root", root_hex),
		UI_NUMBER("payload_offset", file->payload_offset),
		UI_NUMBER("payload_length", file->payload_length),
		UI_TEXT("signer", key ? signer : NULL),
	};
	UI_RECORD(ui, "built", fields, "%s", path);
}
