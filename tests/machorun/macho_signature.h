/*
 * Checks the ad-hoc code signature as the kernel does for pages that get mapped.
 *
 * Structure of the SuperBlob and CodeDirectory as in bsd/kern/ubc_subr.c. Page hashes of mapped
 * segments only (of __LINKEDIT too): the kernel hashes a page when it is faulted in, so an unmapped
 * payload is not its concern and stays unread here. A Mac kills the process with SIGKILL when such
 * a page is touched; this does so at once.
 */
#pragma once
#include "macho_file.h"

void macho_signature_check(const struct macho_file *file);
