/* 先读我-README.txt: what the person needs to know before the installer can speak for itself. */
#pragma once

#include "err.h"

#define README_TEXT_NAME "\xe5\x85\x88\xe8\xaf\xbb\xe6\x88\x91-README.txt"

/* Writes it into this directory: the same bytes for every installer. */
int readme_text_write(const char *directory, struct err *err);
