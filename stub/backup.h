/*
 * A backup: one file with all that an installation cannot get again (docs/backup.md).
 *
 * A plain pax tar, so that its data can be had without us:
 *
 *     hardtack-backup/backup.json         first: format, project, when, volumes, what is not in
 *     hardtack-backup/receipt.json        as it lay there
 *     hardtack-backup/files/PATH          .env, rendered env files, files as they are installed
 *     hardtack-backup/volumes/NAME.tar    a volume as the engine gives it (volume_copy.h)
 *     hardtack-backup/directories/N.tar   a directory below the place that services write to
 *     hardtack-backup/hook/output         what the bundle's `backup:` hook wrote, not volumes
 *     hardtack-backup/index.json          last: all other entries with size, mode and SHA-256
 *
 * The last entry vouches for the others; headers and padding are compared with what they must be,
 * so that no flipped bit in the file goes unseen. Mode 0600: it holds passwords. Memory: bounded by
 * the number of entries, never by their sizes.
 */
#pragma once

#include "docker_cli.h"
#include "place.h"
#include "receipt.h"
#include "session.h"
#include "volume_copy.h"

#define BACKUP_FORMAT 1
#define BACKUP_PREFIX "hardtack-backup/"

/* ---- writing ---- */

struct backup_request {
	struct session *session;   /* its manifest says which env files there are, and the hook */
	const struct place *place; /* locked by the caller */
	struct docker_cli *docker; /* with compose found */
	const struct docker_engine *engine;
	const char *path;  /* of the file */
	bool replace;      /* a file of that name may be there (rollback points) */
	bool without_hook; /* copy the volumes although the bundle declares a hook */
	bool start_again;  /* services that ran when it began are started again */
	bool was_stopped;  /* a backup that was killed has stopped them: start them in any case */
	bool *stopped;     /* says whether services were stopped and are so still; or NULL */
	/* Told when services are about to be stopped, and when they run again; may be NULL. On disk
	 * before it returns, so that the next run knows what a kill has left. */
	int (*stopping)(void *context, bool stopped, struct err *err);
	void *context;
};

/* Can a backup be written there? CODE_USAGE: it is no name of a new file. Only path, place and
 * replace are looked at; backup_write() does it too. */
int backup_check_path(const struct backup_request *request, struct err *err);

/*
 * Writes the file, whole or not at all, synced, read again and compared before it gets its name,
 * which nobody else has got meanwhile (but for replace).
 *
 * In: every volume with the project's label or in one of its containers, unless it is external,
 * anonymous or of another driver; directories below the place that containers write to; the
 * receipt's (else the bundle's) files, env files. What services write elsewhere is told as a
 * warning and stands in backup.json under not_in.
 * Services are stopped while it copies, unless the hook is used; with start_again they run again
 * afterwards, also after an error or a signal. Any image of the project's serves; when
 * the engine has none, an installer loads its smallest.
 *
 * CODE_USAGE: the path will not do (exists, a directory, "-"). CODE_DISK_FULL: too little room,
 * before anything was stopped when it can be told. CODE_DOCKER, CODE_STEP: engine, hook.
 * Steps "backup-stop", "backup", "backup-verify".
 */
int backup_write(const struct backup_request *request, struct err *err);

/* ---- reading ---- */

struct backup_entry {
	const char *path; /* in the tar, with BACKUP_PREFIX */
	uint64_t size_bytes;
	unsigned mode;
	struct sha256 sha256;
	uint64_t data_offset; /* in the file */
};

struct backup_volume {
	const char *name;           /* in the engine it came from */
	const char *key;            /* in the compose file; "" when it has no label of compose */
	const char *postgres_major; /* "15"; NULL: no PG_VERSION at its top */
	struct docker_label *labels;
	size_t label_count;
	const struct backup_entry *data; /* NULL: the hook's output stands for it */
};

/* What services write to and a backup does not hold. */
struct backup_omission {
	const char *kind;        /* "external", "anonymous", "driver", "directory" */
	const char *name;        /* of the volume, or the directory's path */
	const char *service;     /* who writes there */
	const char *destination; /* where in its container */
};

struct backup_directory {
	const char *path; /* below the installation's directory */
	const struct backup_entry *data;
};

struct backup {
	int fd;
	const char *path;
	const char *name, *version; /* of the bundle; version may be NULL */
	const char *project;
	const char *directory, *created_at, *root, *builder;
	bool has_hook; /* hook_output is to be given to the bundle's restore command */
	const struct backup_entry *hook_output, *receipt;
	struct receipt_image *images; /* as they were installed */
	size_t image_count;
	struct backup_volume *volumes;
	size_t volume_count;
	struct backup_directory *directories;
	size_t directory_count;
	struct backup_omission *not_in;
	size_t not_in_count;
	struct backup_entry *entries; /* in the file's order, without index.json */
	size_t entry_count;
	struct sha256 identity; /* SHA-256 of index.json: which backup this is */
};

/* Opens and checks all of it, byte by byte, with a progress bar; nothing else is touched.
 * CODE_INPUT: no backup, or of a newer format. CODE_INTEGRITY: damaged or cut. */
int backup_open(struct backup *backup, const char *path, struct arena *arena, struct ui *ui,
	struct err *err);
void backup_close(struct backup *backup);
#define BACKUP_INIT      \
	{                \
		.fd = -1 \
	}
#define AUTO_BACKUP __attribute__((cleanup(backup_close))) struct backup

/* The entry of files/PATH, or NULL. */
const struct backup_entry *backup_find_file(const struct backup *backup, const char *path);

/* A small entry whole, NUL-terminated; hashed again as it is read. */
int backup_read_entry(const struct backup *backup, const struct backup_entry *entry,
	size_t limit_bytes, struct arena *arena, char **bytes, size_t *length, struct err *err);

/* Pushes an entry; its last chunk is withheld until the digest is right. progress (may be NULL) is
 * told each chunk's length. */
int backup_stream_entry(const struct backup *backup, const struct backup_entry *entry,
	struct stream_sink *sink, void (*progress)(void *context, uint64_t done), void *context,
	struct err *err);

/* Writes files/PATH to a path, whole or not at all, with its mode. */
int backup_extract_file(const struct backup *backup, const struct backup_entry *entry,
	const char *path, struct err *err);

/* ---- putting back ---- */

/*
 * Puts exactly the backup's volumes and directories there: the project's containers are removed,
 * each volume is removed, made anew with compose's labels and filled; a directory that is there is
 * renamed to NAME.before-restore first. Volumes that the backup does not have stay. A project of
 * another name gets volumes of its own (P_KEY). Every byte is hashed again on its way.
 * May be run again after a kill: it begins anew. The hook's output is not touched
 * (backup_restore_hook(), once the stack's service runs).
 * CODE_DOCKER also when a foreign container uses one of the volumes. Step "restore-data".
 */
int backup_restore_data(const struct backup *backup, const struct place *place,
	struct docker_cli *docker, const char *image, struct ui *ui, struct err *err);

/* The name that a volume of the backup gets in this project. */
const char *backup_volume_name(
	const struct backup_volume *volume, const char *from, const char *to, struct arena *arena);

/* An image for the helper containers: of the project's containers, else of the bundle's or the
 * backup's (may be NULL) that the engine holds. CODE_NOT_FOUND: none. */
int backup_find_image(const struct session *session, const struct place *place,
	const struct backup *backup, struct docker_cli *docker, const char **image,
	struct err *err);
