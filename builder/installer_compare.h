/*
 * An installer that is being made, held byte by byte against a file that exists. Nothing is
 * written; memory is two windows of 64 KiB.
 *
 * Of the file only its bytes are looked at, so that a damaged one is compared like any other. Two
 * things follow from the rest and are judged apart: the locator (it has the root), and on Mach-O
 * the header (it has the sizes, and Apple's tools change it when they sign again).
 */
#pragma once

#include <stdbool.h>

#include "installer_file.h"

/* The parts of a file in their order. */
enum compare_part {
	COMPARE_STUB, /* [header, payload), the locator left out */
	COMPARE_PAYLOAD,
	COMPARE_LINK_DATA, /* Mach-O: zeros, then __LINKEDIT up to the signature */
	COMPARE_SIGNATURE,
	COMPARE_PARTS
};

/* A part as it was made and as the file has it at the same place. */
struct compare_pair {
	bool differs;
	uint64_t first; /* offset in the file of the first difference, when it differs */
	/* Of the whole part; of the payload, whose entries have digests of their own, only of the
	 * 64 KiB in which it first differs. */
	struct sha256 ours, theirs;
};

struct installer_compare {
	struct installer_output output; /* first: give it to installer_file_put() */
	int fd;
	const char *path; /* for errors */
	uint64_t size;    /* of that file */
	struct installer_shape shape;
	uint64_t position;
	struct digest_sha256 ours, theirs; /* of the part at hand */
	struct compare_pair parts[COMPARE_PARTS];
	bool locator_differs;
	unsigned char *header; /* ours, with what follows: shape.payload_offset bytes */
	unsigned char *window; /* the two of them */
};

/* fd is open for reading and stays the caller's, as does path. */
void installer_compare_init(
	struct installer_compare *compare, int fd, const char *path, uint64_t size);
void installer_compare_clear(struct installer_compare *compare);

/* After installer_file_put(): the same bytes, all of them? */
bool installer_compare_same(struct installer_compare *compare, struct err *err);

/*
 * After installer_file_put(): is this a file that differs by nothing but its code signature, signed
 * by somebody else and whole? Program, payload and link data are the same, the header differs only
 * in the signature's length, and every page has the digest that the signature has for it.
 */
bool installer_compare_only_signature(struct installer_compare *compare);
