/*
 * Inflating gzip (RFC 1952) by pushing: compressed bytes in, plain bytes to a sink. The only user
 * of zlib with gzip_inflater.c. Several members in a row are one stream, as gzip does it.
 */
#pragma once

#include "cleanup.h"
#include "stream.h"

struct gzip_inflater;

/* The sink must outlive the inflater. */
struct gzip_inflater *gzip_inflater_new(struct stream_sink *sink);
void gzip_inflater_free(struct gzip_inflater *inflater); /* NULL is legal */
AUTO_DEFINE(gzip_inflater);

/* Damaged data is CODE_INTEGRITY. */
int gzip_inflater_write(
	struct gzip_inflater *inflater, const void *bytes, size_t length, struct err *err);

/* After the last byte: CODE_INTEGRITY when the data ends inside a member or nothing came. */
int gzip_inflater_finish(struct gzip_inflater *inflater, struct err *err);
