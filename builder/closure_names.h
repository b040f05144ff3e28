/*
 * Names that are one name on a Mac.
 *
 * Mac disks keep upper and lower case but do not tell them apart (APFS, as macOS sets it up): of
 * "App.txt" and "app.txt" the second would silently take the first one's place at the installation.
 * Only ASCII letters are compared; what APFS folds beyond them is left to the extraction.
 */
#pragma once

#include "compose_closure.h"

/* Refuses the closure when two of its names differ in case only. */
int closure_names_check(const struct closure *closure, struct err *err);
