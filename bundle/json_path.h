/*
 * A place in a JSON document, and whether a value is as expected.
 *
 *     errors            a member of the document's object
 *     data.id           a member of a member
 *     data[0].name      items of arrays count from 0
 *     ["odd name"].x    a member whose name has other characters than letters, digits, - and _
 *     $                 the document itself; "$.data" is "data"
 */
#pragma once

#include "json.h"

enum { JSON_PATH_LIMIT = 500 }; /* bytes of a path */

/* CODE_INPUT for what is no path. */
int json_path_check(const char *path, struct err *err);

/* The value there; absent when there is none, or when the path is none. "" is the value itself. */
struct json json_path_find(struct json root, const char *path);

/*
 * Is the value as expected? An object has to have all expected members, and may have more; an
 * array has as many items as expected, in the same order, each as expected; texts, numbers (1 is
 * 1.0), true, false and null are equal. "1" is not 1. When it is not, the first difference is
 * added to why as a path below the value ("[0].status"; "" for the value itself).
 */
bool json_path_matches(struct json value, struct json expected, struct text *why);
