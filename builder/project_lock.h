/*
 * The lock of a project: read from beside the compose file, completed with what is missing,
 * written back. `lock` does it on request, `build` and `fetch` when something is not locked yet.
 *
 * A pin that is there never moves, unless an update asks for it.
 */
#pragma once

#include "image_resolve.h"
#include "image_want.h"
#include "project.h"

enum lock_change_kind {
	LOCK_ADDED,
	LOCK_MOVED,  /* another manifest than before */
	LOCK_REMOVED /* nothing in the project uses it */
};

struct lock_change {
	enum lock_change_kind kind;
	const char *name;                    /* "postgres:17", or a download's address */
	const char *platform;                /* NULL: a download */
	const char *old_digest, *new_digest; /* NULL where there is none */
};

struct project_lock {
	const char *path;
	bool exists;
	struct lock_file file;
	struct lock_change *changes; /* since it was read */
	size_t change_count, change_capacity;
};

/* Which pins may move. */
struct lock_update {
	bool all;
	const struct image_reference *images; /* these: by name, and by tag when they have one */
	size_t image_count;
};

int project_lock_read(struct project_lock *lock, const struct project *project, struct arena *arena,
	struct err *err);

/* Does the update name this image? NULL names none. */
bool project_lock_may_move(
	const struct lock_update *update, const struct image_reference *reference);

/* Does the lock have a pin for it that need not be asked for again? update may be NULL. */
bool project_lock_has(const struct project_lock *lock, const struct image_want *want,
	const struct lock_update *update);

/* Resolves what the lock lacks (and what the update names). Says on ui which image is at work. Tells
 * every image that no source gives, not only the first. */
int project_lock_images(struct project_lock *lock, struct image_resolver *resolver,
	const struct image_want *wants, size_t count, const struct lock_update *update,
	struct ui *ui, struct arena *arena, struct err *err);

/* The downloads of the project file: what it says itself, or what is locked. *unknown counts those
 * whose hash nobody knows yet. */
void project_lock_downloads(struct project_lock *lock, const struct project *project,
	const struct lock_update *update, size_t *unknown, struct arena *arena);

/* Gets those files from their own address (no mirror: there is nothing yet to hold it against),
 * and keeps them in the cache. */
int project_lock_learn_downloads(struct project_lock *lock, const struct project *project,
	const struct lock_update *update, struct network *network, struct blob_cache *cache,
	struct arena *arena, struct err *err);

/* Takes out what no service of the project names any more, on whatever platform. */
int project_lock_prune(struct project_lock *lock, const struct project *project,
	struct arena *arena, struct err *err);

/* Writes it if it differs from what is there. */
int project_lock_write(struct project_lock *lock, bool *changed, struct err *err);
