/* What of an installation goes into a backup, and what does not. Looks only; nothing is changed. */
#pragma once

#include "backup.h"

struct backup_plan {
	struct backup_volume *volumes; /* data is filled in by who writes it */
	size_t volume_count, volume_capacity;
	const char **directories; /* below the place's directory */
	size_t directory_count, directory_capacity;
	const char **files; /* likewise; regular files that are there */
	size_t file_count, file_capacity;
	struct backup_omission *not_in;
	size_t not_in_count, not_in_capacity;
	bool running;     /* a service runs */
	const char **ran; /* ids of the services' containers that do, as they were started */
	size_t ran_count;
	uint64_t bytes;    /* estimate of the file; directories are not reckoned */
	const char *image; /* for helpers; NULL: nothing is to be copied */
};

/* receipt: of what is installed, or NULL: then the bundle's own files. Data is reached through an
 * image: when Docker has none, an installer verifies itself and loads its smallest, and its control
 * program ends with CODE_NOT_FOUND. */
int backup_plan_make(struct backup_plan *plan, struct session *session, const struct place *place,
	const struct receipt *receipt, struct docker_cli *docker, struct err *err);

/* The same without what takes time: no Postgres, no estimate, no image. */
int backup_plan_look(struct backup_plan *plan, const struct session *session,
	const struct place *place, struct docker_cli *docker, struct err *err);

/* A warning for each thing that is not in. */
void backup_plan_warn(const struct backup_omission *not_in, size_t count, struct ui *ui);
