/*
 * Ownership by scope: AUTO_FREE, AUTO_FD and AUTO(type) release at the end of the block;
 * TAKE() is the only way out of it.
 */
#pragma once

#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free(void *slot)
{
	free(*(void **)slot);
}

static inline void cleanup_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define AUTO_FREE __attribute__((cleanup(cleanup_free)))
#define AUTO_FD __attribute__((cleanup(cleanup_fd))) int

/* `AUTO(bundle) b = NULL;` calls bundle_free(b) at the end of the block; the type must have been
 * named once with AUTO_DEFINE(bundle). bundle_free(NULL) is legal. */
#define AUTO_DEFINE(type)                                     \
	static inline void cleanup_##type(struct type **slot) \
	{                                                     \
		type##_free(*slot);                           \
	}                                                     \
	struct type
#define AUTO(type) __attribute__((cleanup(cleanup_##type))) struct type *

/* Hands the value over and leaves the slot empty. */
#define TAKE(slot)                                \
	({                                        \
		__typeof__(slot) taken_ = (slot); \
		(slot) = NULL;                    \
		taken_;                           \
	})
#define TAKE_FD(slot)                \
	({                           \
		int taken_ = (slot); \
		(slot) = -1;         \
		taken_;              \
	})

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
