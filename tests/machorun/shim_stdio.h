/* The guest's FILE: Darwin's own layout, with the C library's FILE behind it. */
#pragma once
#include <stdio.h>
#include "darwin_abi.h"

/* The C library's stream behind the guest's. */
FILE *stream_host(const struct darwin_file *stream);
/* Brings the flags that feof_unlocked() and ferror_unlocked() look at up to date. */
void stream_refresh(struct darwin_file *stream);
struct darwin_file *stream_stdin(void);
struct darwin_file *stream_stdout(void);
