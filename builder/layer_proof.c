/* The proof of many images' layers, on all cores. */
#include "layer_proof.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "layer_record.h"

/* A layer of an image; of those with the same bytes and diff_id one stands for all. */
struct job {
	struct image *image;
	struct image_layer *layer;
	const struct job *same; /* the one that is read: itself, or an earlier one */
	size_t order;
};

struct proof {
	struct job *jobs; /* in the order of images and layers */
	size_t count;
	const struct blob_cache *memory; /* or NULL */
	pthread_mutex_t lock;
	size_t next;
	struct job *failed; /* the first of them */
	struct err err;
};

static int compare_bytes(const struct job *a, const struct job *b)
{
	int order = strcmp(a->layer->blob.digest, b->layer->blob.digest);
	if (order == 0)
		order = strcmp(a->layer->diff_id, b->layer->diff_id);
	return order != 0 ? order : strcmp(a->layer->media_type, b->layer->media_type);
}

static int compare_jobs(const void *a, const void *b)
{
	const struct job *x = *(struct job *const *)a, *y = *(struct job *const *)b;
	int order = compare_bytes(x, y);
	return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

static void find_same(struct proof *proof)
{
	struct job **sorted = xmalloc((proof->count + 1) * sizeof(struct job *));
	for (size_t i = 0; i < proof->count; i++)
		sorted[i] = &proof->jobs[i];
	qsort(sorted, proof->count, sizeof(struct job *), compare_jobs);
	for (size_t i = 0; i < proof->count; i++)
		sorted[i]->same = i > 0 && compare_bytes(sorted[i - 1], sorted[i]) == 0
					  ? sorted[i - 1]->same
					  : sorted[i];
	free(sorted);
}

/* Jobs are handed out in order, and none behind a failed one: so the first fault is always met. */
static struct job *next_job(struct proof *proof)
{
	struct job *job = NULL;
	pthread_mutex_lock(&proof->lock);
	while (!proof->failed && !job && proof->next < proof->count) {
		job = &proof->jobs[proof->next++];
		job = job->same == job ? job : NULL;
	}
	pthread_mutex_unlock(&proof->lock);
	return job;
}

static int prove(const struct blob_cache *memory, struct image_layer *layer, struct err *err)
{
	if (memory && layer_record_recall(memory, layer))
		return 0;
	if (image_layer_verify(layer, err) < 0)
		return -1;
	if (memory)
		layer_record_keep(memory, layer);
	return 0;
}

static void *work(void *argument)
{
	struct proof *proof = argument;
	struct job *job;
	while ((job = next_job(proof))) {
		struct err err = ERR_INIT;
		if (prove(proof->memory, job->layer, &err) == 0)
			continue;
		pthread_mutex_lock(&proof->lock);
		if (!proof->failed || job->order < proof->failed->order) {
			proof->failed = job;
			proof->err = err;
		}
		pthread_mutex_unlock(&proof->lock);
	}
	return NULL;
}

static void run_threads(struct proof *proof)
{
	pthread_t threads[LAYER_PROOF_THREADS];
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t wanted = cores > 1 ? (size_t)cores - 1 : 0, started = 0;
	wanted = wanted < LAYER_PROOF_THREADS ? wanted : LAYER_PROOF_THREADS;
	while (started < wanted && started + 1 < proof->count &&
		pthread_create(&threads[started], NULL, work, proof) == 0)
		started++;
	work(proof); /* this one helps, alone when there are no others to be had */
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
}

static void collect(struct proof *proof, struct image *const *images, size_t count)
{
	size_t jobs = 0;
	for (size_t i = 0; i < count; i++)
		jobs += images[i]->layer_count;
	proof->jobs = xmalloc((jobs + 1) * sizeof(*proof->jobs));
	for (size_t i = 0; i < count; i++)
		for (size_t l = 0; l < images[i]->layer_count; l++) {
			proof->jobs[proof->count] =
				(struct job){images[i], &images[i]->layers[l], NULL, proof->count};
			proof->count++;
		}
	find_same(proof);
}

int layer_proof_run(struct image *const *images, size_t count, const struct blob_cache *memory,
	struct image **failed, struct err *err)
{
	struct proof proof = {
		.memory = memory, .lock = PTHREAD_MUTEX_INITIALIZER, .err = ERR_INIT};
	collect(&proof, images, count);
	run_threads(&proof);
	int status = proof.failed ? -1 : 0;
	if (proof.failed) {
		*failed = proof.failed->image;
		*err = proof.err;
	}
	for (size_t i = 0; i < count; i++)
		images[i]->unpacked_bytes = 0;
	for (size_t i = 0; status == 0 && i < proof.count; i++) {
		struct job *job = &proof.jobs[i];
		job->layer->unpacked_bytes = job->same->layer->unpacked_bytes;
		job->image->unpacked_bytes += job->layer->unpacked_bytes;
	}
	free(proof.jobs);
	pthread_mutex_destroy(&proof.lock);
	return status;
}
