/* A second, small installer inside the installer. */
#include "control_program.h"

#include <string.h>
#include <unistd.h>

#include "bundle_writer.h"
#include "file_io.h"

/* Of the project's files it needs what describes the installation; the rest is with the person. */
static bool describes(const struct manifest *manifest, const char *name)
{
	for (size_t i = 0; i < manifest->template_count; i++)
		if (strcmp(manifest->templates[i].path, name) == 0)
			return true;
	return strcmp(manifest->compose, name) == 0 ||
	       (manifest->handoff.en && strcmp(manifest->handoff.en, name) == 0) ||
	       (manifest->handoff.zh && strcmp(manifest->handoff.zh, name) == 0);
}

static bool is_needed(const struct manifest *manifest, const char *path)
{
	const char *name = path + strlen(MANIFEST_FILES_PREFIX);
	if (!text_starts_with(path, MANIFEST_FILES_PREFIX))
		return false;
	bool needed = describes(manifest, name);
	for (size_t i = 0; i < manifest->fallback_count && !needed; i++)
		needed = describes(&manifest->fallback[i], name);
	return needed;
}

static int plan_without_images(struct bundle_plan *plan, const struct bundle_plan *whole,
	const char *installer, const struct signing_key *key, struct err *err)
{
	*plan = (struct bundle_plan){
		.arena = whole->arena, .given = whole->given, .manifest = whole->manifest};
	plan->manifest.control = NULL;
	plan->manifest.installer = installer;
	for (size_t i = 0; i < whole->content_count; i++)
		if (is_needed(&whole->manifest, whole->contents[i].path))
			*bundle_plan_add(plan, whole->contents[i].path) = whole->contents[i];
	return bundle_plan_finish(plan, key, err);
}

/* Where a name belongs among the project's files, which are sorted. */
static void move_into_place(struct bundle_plan *plan)
{
	struct bundle_content added = plan->contents[plan->content_count - 1];
	size_t at = plan->content_count - 1;
	while (at > 0 && (!text_starts_with(plan->contents[at - 1].path, MANIFEST_FILES_PREFIX) ||
				 strcmp(plan->contents[at - 1].path, added.path) > 0)) {
		plan->contents[at] = plan->contents[at - 1];
		at--;
	}
	plan->contents[at] = added;
}

static int write_program(struct control_program *program, const struct bundle_plan *plan,
	const struct stub_image *stub, struct ui *ui, struct installer_file *file, struct err *err)
{
	struct bundle_writer writer;
	program->fd = file_nameless(err);
	if (program->fd < 0 || bundle_writer_init(&writer, plan, ui, err) < 0)
		return -1;
	return installer_file_write_to(file, program->fd, MANIFEST_CONTROL_NAME, stub->target,
		stub->bytes, stub->length, &writer.payload, err);
}

int control_program_add(struct control_program *program, struct bundle_plan *plan,
	const struct stub_image *stub, const char *installer, const struct signing_key *key,
	struct ui *ui, struct err *err)
{
	static const char path[] = MANIFEST_FILES_PREFIX MANIFEST_CONTROL_NAME;
	struct bundle_plan small;
	struct installer_file file;
	for (size_t i = 0; i < plan->content_count; i++)
		if (strcmp(plan->contents[i].path, path) == 0)
			return err_set(err, CODE_INPUT,
				"the project has a file %s; that name is the control program's",
				MANIFEST_CONTROL_NAME);
	if (plan_without_images(&small, plan, installer, key, err) < 0 ||
		write_program(program, &small, stub, ui, &file, err) < 0)
		return err_wrap(err, "make the control program");
	sha256_to_digest(&file.sha256, program->digest);
	program->blob = (struct blob_source){
		.digest = program->digest,
		.size_bytes = file.size,
		.name = MANIFEST_CONTROL_NAME,
		.fd = program->fd,
	};
	struct bundle_content *content = bundle_plan_add(plan, path);
	content->mode = 0755;
	content->size_bytes = file.size;
	content->sha256 = file.sha256;
	content->blob = &program->blob;
	move_into_place(plan);
	plan->manifest.control = MANIFEST_CONTROL_NAME;
	return 0;
}

void control_program_clear(struct control_program *program)
{
	if (program->fd >= 0)
		close(program->fd);
	program->fd = -1;
}
