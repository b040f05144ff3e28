/*
 * `hardtack build --verify-against FILE`: is FILE what this project and its lock build? The
 * installer is made as for writing and compared (installer_compare.h); this says what came out.
 */
#pragma once

#include "bundle_writer.h"
#include "stub_image.h"

/* The target that the file is for, by its first bytes, whether or not it is intact; static.
 * CODE_INTEGRITY when it starts like none, CODE_INPUT when it cannot be opened. */
int installer_against_target(const char *path, const char **target, struct err *err);

/* The signatures of the file's manifest and of its control program's: nobody without the key could
 * make them again. None of a file that cannot be read. They lie in the arena. */
void installer_against_signatures(
	const char *path, struct given_signatures *given, struct arena *arena);

/*
 * 0 when the file is the same, or differs by nothing but a code signature of somebody else that
 * accounts for every page; else CODE_INTEGRITY, naming the first difference: the entry, the image
 * or the part of the file, with the digest of what was built here and of what the file has. All
 * differing images and files are shown first. The record is "compared".
 */
int installer_against(const char *path, const struct stub_image *stub, struct bundle_writer *writer,
	struct ui *ui, struct err *err);
