/* The one function that libarchive's tar writers need from archive_write_set_format.c. */
/*
 * That file also holds the table of all formats, which would tie every writer into the program; so it is
 * left out and its message is said here, in our own words.
 */
#include "archive_platform.h"

#include <errno.h>

#include "archive.h"
#include "archive_entry.h"
#include "archive_private.h"
#include "archive_write_set_format_private.h"

void __archive_write_entry_filetype_unsupported(struct archive *archive, struct archive_entry *entry,
	const char *format)
{
	const char *path = archive_entry_pathname(entry);

	archive_set_error(archive, ARCHIVE_ERRNO_FILE_FORMAT, "%s: a %s archive cannot hold this type of file",
		path ? path : "(no name)", format);
}
