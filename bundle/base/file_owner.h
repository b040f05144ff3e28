/*
 * Whose file is it? For who runs a program now with sudo and now without.
 *
 * What one user may not open is not damaged and not gone: the error names whose it is. And what root
 * makes in somebody's folder becomes his, so that he is not locked out of it afterwards.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "err.h"

/* Was it a matter of permissions (EACCES, EPERM)? */
bool file_owner_refused(const struct err *err);

/* Whose a file or folder is: a name, else the number. NULL: not to be seen. The caller frees it. */
char *file_owner_name(const char *path);

/* To an error about path whose errno was EACCES or EPERM: which part of the path refuses this user,
 * whose it is, and what to do. No hint when nothing can be said. Returns -1. */
int file_owner_hint(struct err *err, const char *path);

/* May this user use it in this way (R_OK, W_OK, X_OK)? CODE_IO with the hint; what is not there, or on a
 * disk that can only be read, is no matter of whose it is. */
int file_owner_check(const char *path, int mode, struct err *err);

/* For root alone: from now on what is made in folders of whom the directory belongs to (where it is
 * not there yet: the nearest one above it) becomes his. Nothing where that is root, and nothing in folders of a
 * third one: passwords in a file are for nobody else. */
void file_owner_follow(const char *directory);

/* Does that for a file or directory that this program has just made; fd is of it, path its name. */
void file_owner_give(int fd, const char *path);

/* open() for reading and writing, made as 0600 when it is not there, and given. */
int file_owner_open(const char *path, int flags);
