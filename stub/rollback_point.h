/*
 * The rollback point of an upgrade: the folder .hardtack-rollback in the installation's directory,
 * made before anything is changed and removed when the new version has proved itself, or when the
 * old one has proved itself again.
 *
 *     state.json    what was upgraded to what, how far it got; the point exists when this file does
 *     files/N       the installation's files as they were (compose file, .env, receipt, the old
 *                   control program with the old procedure …); N counts state.json's "files"
 *     data.backup   the volumes as they were (backup.h)
 *
 * Every change of state.json is on the disk, whole, before the thing that it announces is done, so
 * that whoever comes after a kill or a power cut knows what may have happened. 0700 and 0600: .env
 * is in it. Times and versions are only shown; what counts are the roots, and of which installation
 * it is: a purge that could not remove a point must not let it go back over what came after.
 */
#pragma once

#include "receipt.h"

#define ROLLBACK_FOLDER ".hardtack-rollback"

/* The data as it was before the last upgrade that succeeded, beside it. */
#define ROLLBACK_KEPT_BACKUP "before-upgrade.backup"

enum rollback_phase {
	ROLLBACK_SAVING,    /* the data backup is being written; nothing else has been done */
	ROLLBACK_SAVED,     /* and is there */
	ROLLBACK_CHANGING,  /* files and images are being replaced */
	ROLLBACK_STARTED,   /* the new containers were started, or were about to be */
	ROLLBACK_RETURNING, /* going back */
};

struct rollback_version {
	const char *version;   /* or NULL */
	const char *root;      /* of the file, hex */
	const char *installer; /* its path when it was run */
};

/* A file below the installation's directory, as it was. */
struct rollback_file {
	const char *path;
	enum {
		ROLLBACK_FILE,
		ROLLBACK_ABSENT,
		ROLLBACK_OTHER
	} kind; /* OTHER: a link and the like */
	unsigned mode;
};

struct rollback_point {
	const char *directory;         /* of the installation */
	const char *project, *compose; /* compose: the old one, below directory */
	struct rollback_version from, to;
	const char *made_at;
	const char *first_installed_at; /* the receipt's; NULL: made by an earlier hardtack */
	enum rollback_phase phase;
	bool touched; /* the new version may have changed the data: the backup counts, not the data
		       */
	struct rollback_file *files;
	size_t file_count;
	const char **loaded; /* tags that the engine did not have before */
	size_t loaded_count;
	int code; /* while RETURNING: why, an exit code and its text; 0: it was asked for */
	const char *cause; /* or NULL */
};

/* *out NULL: there is none. CODE_IO: another user's, which may not be looked at; CODE_INPUT:
 * damaged. */
int rollback_point_read(
	const char *directory, struct arena *arena, struct rollback_point **out, struct err *err);

/* Saves the files of point->files (path alone is filled in; kind and mode are found out) and then
 * writes state.json. What an earlier attempt without state.json left is swept away. */
int rollback_point_create(struct rollback_point *point, struct arena *arena, struct err *err);

/* Saves the files from this index on, as above: for those that a still newer version adds to a
 * point that is there. rollback_point_write() comes after it. */
int rollback_point_save(struct rollback_point *point, size_t first, struct err *err);

/* Writes state.json anew, durably. */
int rollback_point_write(const struct rollback_point *point, struct err *err);

/* phase, durably. */
int rollback_point_mark(struct rollback_point *point, enum rollback_phase phase, struct err *err);

/* Every file as it was; may be repeated. */
int rollback_point_put_back(const struct rollback_point *point, struct err *err);

/* state.json first, so that a half-removed point is none. Its backup goes too: see backup_keep.h.
 * CODE_IO names what stays. */
int rollback_point_remove(const char *directory, struct err *err);

/* Could this user remove it, and read its backup? CODE_IO; changes nothing. */
int rollback_point_check(const char *directory, struct err *err);

/* Where it is: DIR/.hardtack-rollback/data.backup. */
const char *rollback_point_backup(const char *directory, struct arena *arena);

/* The saved copy of a file that was there, by its path; NULL: it was not. */
const char *rollback_point_saved(
	const struct rollback_point *point, const char *path, struct arena *arena);

/* "changing": for state.json, and as the name of the step an upgrade was interrupted in. */
const char *rollback_phase_name(enum rollback_phase phase);
