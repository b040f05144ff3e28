/* `docker load` fed from the bundle, then the proof. */
#include "image_load.h"

#include <pthread.h>
#include <string.h>

#include "load_lanes.h"
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

/* What all lanes have sent; the lane on the thread of who waits shows it. */
struct load_progress {
	struct ui *ui;
	pthread_t shown_by;
	_Atomic uint64_t done;
	uint64_t total;
};

static void show_progress(struct load_progress *progress)
{
	uint64_t done = progress->done;
	if (!pthread_equal(pthread_self(), progress->shown_by))
		return;
	ui_progress(progress->ui, done < progress->total ? done : 0,
		done < progress->total ? progress->total : 0);
	/* All is said; what remains is the engine's work, which nothing can measure. */
	if (done == progress->total)
		ui_status(progress->ui, "%s", T("Docker unpacks"));
}

struct counting_sink {
	struct stream_sink sink;
	struct stream_sink *target;
	struct load_progress *progress;
};

static int count_write(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct counting_sink *counting = (struct counting_sink *)sink;
	if (stream_write(counting->target, bytes, length, err) < 0)
		return -1;
	counting->progress->done += length;
	show_progress(counting->progress);
	return 0;
}

/* A lane: its images, on a thread of its own. */
struct feed {
	const struct bundle *bundle;
	const bool *wanted;
	struct load_progress *progress;
};

static int feed_images(void *context, struct stream_sink *sink, struct err *err)
{
	const struct feed *feed = context;
	struct counting_sink counting = {
		.sink.write = count_write, .target = sink, .progress = feed->progress};
	return bundle_stream_images(feed->bundle, feed->wanted, &counting.sink, err);
}

/* words[i]: what docker said when it loaded manifest->images[i]. */
static int load_lanes(struct docker_cli *docker, const struct bundle *bundle, const bool *wanted,
	struct ui *ui, bool *ok, const char **words, struct err *err)
{
	const struct manifest *manifest = bundle_manifest(bundle);
	struct load_progress progress = {.ui = ui, .shown_by = pthread_self()};
	struct docker_load loads[LOAD_LANES_MOST];
	struct feed feeds[LOAD_LANES_MOST];
	bool *lanes[LOAD_LANES_MOST] = {(bool *)wanted};
	size_t count = 1;
	if (docker->loads_at_once > 1)
		count = load_lanes_split(manifest, wanted, docker->arena, lanes);
	for (size_t n = 0; n < count; n++) {
		feeds[n] = (struct feed){bundle, lanes[n], &progress};
		loads[n] = (struct docker_load){.feed = feed_images, .context = &feeds[n]};
		progress.total += bundle_images_size(bundle, lanes[n]);
	}
	if (docker_images_load(docker, loads, count, err) < 0)
		return err_wrap(err, "load the images");
	*ok = true;
	for (size_t n = 0; n < count; n++) {
		*ok = *ok && loads[n].ok;
		/* 28 with the containerd store exits 0 all the same; the image may even look healthy. */
		if (text_starts_with(loads[n].words, DOCKER_UNPACK_ERROR)) {
			err_set(err, CODE_DOCKER, "Docker could not unpack an image: %s",
				loads[n].words);
			return err_hint(err,
				"restart Docker and run this again; this file itself is intact");
		}
		for (size_t i = 0; i < manifest->image_count; i++)
			if (lanes[n][i])
				words[i] = loads[n].words;
	}
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
	const char **words =
		arena_alloc(docker->arena, (manifest->image_count + 1) * sizeof(*words));
	bool ok = false;
	AUTO_TEXT size = TEXT_INIT;
	ui_step_begin(ui, "load", T("Loading images: %zu"), count);
	if (count == 0) {
		ui_step_end(ui, UI_SKIPPED, "%s", T("All images are in Docker already"));
		return 0;
	}
	if (load_lanes(docker, bundle, wanted, ui, &ok, words, err) < 0)
		return -1;
	text_add_size(&size, bundle_images_size(bundle, wanted));
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
			return refused(image, why[i], words[i], err);
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
