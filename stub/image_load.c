/* `docker load` fed from the bundle, then the proof. */
#include "image_load.h"

#include <string.h>

#include "message.h"

/* Checks those of the images in use that are not wanted yet. */
static int survey(struct docker_cli *docker, const struct manifest *manifest, bool all,
	enum image_proof_depth depth, bool *wanted, size_t *count, struct err *err)
{
	size_t images = manifest->image_count;
	bool *checked = arena_alloc(docker->arena, (images + 1) * sizeof(*checked));
	const char **why = arena_alloc(docker->arena, (images + 1) * sizeof(*why));
	for (size_t i = 0; i < images; i++)
		checked[i] = !wanted[i] && (all || manifest_uses_image(manifest, i, true));
	if (image_proof_check(docker, manifest->images, images, checked, depth, why, err) < 0)
		return -1;
	*count = 0;
	for (size_t i = 0; i < images; i++) {
		wanted[i] = wanted[i] || (checked[i] && why[i]);
		*count += wanted[i];
	}
	return 0;
}

void image_load_ahead(struct docker_cli *docker, const struct manifest *manifest, bool all)
{
	const char **tags =
		arena_alloc(docker->arena, (manifest->image_count + 1) * sizeof(*tags));
	size_t count = 0;
	for (size_t i = 0; i < manifest->image_count; i++)
		if (all || manifest_uses_image(manifest, i, true))
			tags[count++] = manifest->images[i].tag;
	docker_images_inspect_ahead(docker, tags, count);
	docker_image_sweep_ahead(docker);
}

int image_load_survey(struct docker_cli *docker, const struct manifest *manifest, bool all,
	bool *wanted, size_t *count, struct err *err)
{
	memset(wanted, 0, manifest->image_count * sizeof(*wanted));
	return survey(docker, manifest, all, IMAGE_PROOF_INSPECT, wanted, count, err);
}

int image_load_confirm(struct docker_cli *docker, const struct manifest *manifest, bool all,
	bool *wanted, size_t *count, struct err *err)
{
	if (docker_image_sweep_attempts(docker, err) < 0)
		return -1;
	return survey(docker, manifest, all, IMAGE_PROOF_FULL, wanted, count, err);
}

uint64_t image_load_disk(const struct bundle *bundle, const bool *wanted)
{
	const struct manifest *manifest = bundle_manifest(bundle);
	uint64_t bytes = bundle_images_size(bundle, wanted);
	for (size_t i = 0; i < manifest->image_count; i++)
		if (wanted[i])
			bytes += manifest->images[i].unpacked_bytes;
	return bytes + bytes / 20;
}

/* Counts what goes by. */
struct counting_sink {
	struct stream_sink sink;
	struct stream_sink *target;
	struct ui *ui;
	uint64_t done, total;
};

static int count_write(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct counting_sink *counting = (struct counting_sink *)sink;
	if (stream_write(counting->target, bytes, length, err) < 0)
		return -1;
	counting->done += length;
	ui_progress(counting->ui, counting->done, counting->total);
	return 0;
}

struct feed {
	const struct bundle *bundle;
	const bool *wanted;
	struct ui *ui;
	uint64_t total;
};

static int feed_images(void *context, struct stream_sink *sink, struct err *err)
{
	const struct feed *feed = context;
	struct counting_sink counting = {
		.sink.write = count_write, .target = sink, .ui = feed->ui, .total = feed->total};
	if (bundle_stream_images(feed->bundle, feed->wanted, &counting.sink, err) < 0)
		return -1;
	/* All is said; what remains is the engine's work, which nothing can measure. */
	ui_progress(feed->ui, 0, 0);
	ui_status(feed->ui, "%s", T("Docker unpacks"));
	return 0;
}

static int refused(
	const struct manifest_image *image, const char *why, const char *words, struct err *err)
{
	bool full = strstr(words, "no space left on device") != NULL;
	err_set(err, full ? CODE_DISK_FULL : CODE_DOCKER,
		"image %s did not arrive in Docker: %s; docker load: %s", image->reference, why,
		words);
	if (full)
		return err_hint(err, "make room on Docker's disk, then run this again");
	return err_hint(err, "restart Docker and run this again; this file itself is intact");
}

int image_load_run(struct docker_cli *docker, const struct bundle *bundle, const bool *wanted,
	size_t count, struct ui *ui, struct err *err)
{
	const struct manifest *manifest = bundle_manifest(bundle);
	struct feed feed = {.bundle = bundle, .wanted = wanted, .ui = ui};
	const char *words;
	bool ok;
	AUTO_TEXT size = TEXT_INIT;
	ui_step_begin(ui, "load", T("Loading images: %zu"), count);
	if (count == 0) {
		ui_step_end(ui, UI_SKIPPED, "%s", T("All images are in Docker already"));
		return 0;
	}
	feed.total = bundle_images_size(bundle, wanted);
	if (docker_image_load(docker, feed_images, &feed, &ok, &words, err) < 0)
		return err_wrap(err, "load the images");
	text_add_size(&size, feed.total);
	/* 28 with the containerd store exits 0 all the same; the image may even look healthy. */
	if (text_starts_with(words, DOCKER_UNPACK_ERROR)) {
		err_set(err, CODE_DOCKER, "Docker could not unpack an image: %s", words);
		return err_hint(
			err, "restart Docker and run this again; this file itself is intact");
	}
	ui_step_end(ui, ok ? UI_DONE : UI_WARNED, T("Images handed to Docker: %zu (%s)"), count,
		size.bytes);
	ui_step_begin(ui, "prove", "%s", T("Checking that Docker has exactly these images"));
	const char **why =
		arena_alloc(docker->arena, (manifest->image_count + 1) * sizeof(*why));
	if (image_proof_check(docker, manifest->images, manifest->image_count, wanted,
		    IMAGE_PROOF_FULL, why, err) < 0)
		return -1;
	for (size_t i = 0; i < manifest->image_count; i++) {
		const struct manifest_image *image = &manifest->images[i];
		if (!wanted[i])
			continue;
		if (why[i])
			return refused(image, why[i], words, err);
		ui_detail(ui, T("proven: %s is %s"), image->tag, image->pin);
	}
	ui_step_end(ui, UI_DONE, T("Docker has exactly these images: %zu"), count);
	return 0;
}

int image_load_smallest(
	struct docker_cli *docker, const struct bundle *bundle, struct ui *ui, struct err *err)
{
	size_t count = bundle_manifest(bundle)->image_count, smallest = 0;
	AUTO_FREE bool *wanted = xmalloc((count + 1) * sizeof(*wanted));
	uint64_t least = UINT64_MAX;
	memset(wanted, 0, (count + 1) * sizeof(*wanted));
	for (size_t i = 0; i < count; i++) {
		wanted[i] = true;
		uint64_t size = bundle_images_size(bundle, wanted);
		wanted[i] = false;
		if (size < least) {
			least = size;
			smallest = i;
		}
	}
	wanted[smallest] = count > 0;
	return image_load_run(docker, bundle, wanted, count > 0, ui, err);
}
