/*
 * Mutexes, conditions, read-write locks, unfair locks, semaphores.
 *
 * A Darwin object is a signature and opaque bytes. Ours keeps a pointer to the C library's object
 * in them, made on first use when the object was initialised statically. One that was neither
 * initialised nor statically so (all zeros) answers EINVAL, as on a Mac.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LIVE_SIGNATURE 0x4d414348 /* initialised by a function of ours */

static int finish(int host_error)
{
	return errno_to_darwin(host_error);
}

typedef void *make_host(int64_t signature);

/* The host's object; NULL when the guest's was never initialised. */
static void *host_of(struct darwin_sync *sync, make_host *make)
{
	void *host = __atomic_load_n(&sync->host, __ATOMIC_ACQUIRE), *expected = NULL;

	if (sync->signature == LIVE_SIGNATURE || host != NULL)
		return sync->signature != 0 ? host : NULL;
	host = make(sync->signature);
	if (host == NULL || __atomic_compare_exchange_n(&sync->host, &expected, host, false,
				    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return host;
	free(host); /* another thread was first */
	return expected;
}

static void *new_mutex(int type)
{
	pthread_mutex_t *mutex = malloc(sizeof(*mutex));
	pthread_mutexattr_t attr;

	if (mutex == NULL)
		machorun_die("out of memory");
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, type);
	pthread_mutex_init(mutex, &attr);
	pthread_mutexattr_destroy(&attr);
	return mutex;
}

static void *make_mutex(int64_t signature)
{
	switch (signature) {
	case DARWIN__PTHREAD_MUTEX_SIG_init:
	case DARWIN__PTHREAD_FIRSTFIT_MUTEX_SIG_init:
		return new_mutex(PTHREAD_MUTEX_NORMAL);
	case DARWIN__PTHREAD_ERRORCHECK_MUTEX_SIG_init:
		return new_mutex(PTHREAD_MUTEX_ERRORCHECK);
	case DARWIN__PTHREAD_RECURSIVE_MUTEX_SIG_init:
		return new_mutex(PTHREAD_MUTEX_RECURSIVE);
	default:
		return NULL;
	}
}

static void *make_cond(int64_t signature)
{
	if (signature != DARWIN__PTHREAD_COND_SIG_init)
		return NULL;
	return calloc(1, sizeof(pthread_cond_t)); /* zeros are glibc's initialiser */
}

static void *make_rwlock(int64_t signature)
{
	if (signature != DARWIN__PTHREAD_RWLOCK_SIG_init)
		return NULL;
	return calloc(1, sizeof(pthread_rwlock_t));
}

static int adopt(struct darwin_sync *sync, void *host)
{
	sync->signature = LIVE_SIGNATURE;
	__atomic_store_n(&sync->host, host, __ATOMIC_RELEASE);
	return host != NULL ? 0 : DARWIN_ENOMEM;
}

static int release(struct darwin_sync *sync)
{
	if (sync->signature == 0)
		return DARWIN_EINVAL;
	free(sync->host);
	sync->host = NULL;
	sync->signature = 0;
	return 0;
}

/* --- mutexes --- */

static int guest_mutexattr_init(struct darwin_mutexattr *attr)
{
	*attr = (struct darwin_mutexattr){.signature = LIVE_SIGNATURE};
	return 0;
}

static int guest_mutexattr_destroy(struct darwin_mutexattr *attr)
{
	attr->signature = 0;
	return 0;
}

static int guest_mutexattr_settype(struct darwin_mutexattr *attr, int type)
{
	if (type < 0 || type > DARWIN_PTHREAD_MUTEX_RECURSIVE)
		return DARWIN_EINVAL;
	attr->type = type;
	return 0;
}

static int guest_mutex_init(struct darwin_sync *mutex, const struct darwin_mutexattr *attr)
{
	static const int types[] = {[DARWIN_PTHREAD_MUTEX_NORMAL] = PTHREAD_MUTEX_NORMAL,
		[DARWIN_PTHREAD_MUTEX_ERRORCHECK] = PTHREAD_MUTEX_ERRORCHECK,
		[DARWIN_PTHREAD_MUTEX_RECURSIVE] = PTHREAD_MUTEX_RECURSIVE};

	return adopt(mutex, new_mutex(types[attr != NULL ? attr->type : 0]));
}

static int guest_mutex_lock(struct darwin_sync *mutex)
{
	pthread_mutex_t *host = host_of(mutex, make_mutex);

	return host != NULL ? finish(pthread_mutex_lock(host)) : DARWIN_EINVAL;
}

static int guest_mutex_trylock(struct darwin_sync *mutex)
{
	pthread_mutex_t *host = host_of(mutex, make_mutex);

	return host != NULL ? finish(pthread_mutex_trylock(host)) : DARWIN_EINVAL;
}

static int guest_mutex_unlock(struct darwin_sync *mutex)
{
	pthread_mutex_t *host = host_of(mutex, make_mutex);

	return host != NULL ? finish(pthread_mutex_unlock(host)) : DARWIN_EINVAL;
}

/* --- conditions --- */

static int guest_cond_init(struct darwin_sync *cond, const void *attr)
{
	(void)attr;
	return adopt(cond, calloc(1, sizeof(pthread_cond_t)));
}

static int guest_cond_signal(struct darwin_sync *cond)
{
	pthread_cond_t *host = host_of(cond, make_cond);

	return host != NULL ? finish(pthread_cond_signal(host)) : DARWIN_EINVAL;
}

static int guest_cond_broadcast(struct darwin_sync *cond)
{
	pthread_cond_t *host = host_of(cond, make_cond);

	return host != NULL ? finish(pthread_cond_broadcast(host)) : DARWIN_EINVAL;
}

static int guest_cond_timedwait(
	struct darwin_sync *cond, struct darwin_sync *mutex, const struct timespec *until)
{
	pthread_cond_t *host = host_of(cond, make_cond);
	pthread_mutex_t *host_mutex = host_of(mutex, make_mutex);

	if (host == NULL || host_mutex == NULL)
		return DARWIN_EINVAL;
	return finish(until == NULL ? pthread_cond_wait(host, host_mutex)
				    : pthread_cond_timedwait(host, host_mutex, until));
}

static int guest_cond_wait(struct darwin_sync *cond, struct darwin_sync *mutex)
{
	return guest_cond_timedwait(cond, mutex, NULL);
}

static int guest_cond_timedwait_relative(
	struct darwin_sync *cond, struct darwin_sync *mutex, const struct timespec *span)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += span->tv_sec;
	until.tv_nsec += span->tv_nsec;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	return guest_cond_timedwait(cond, mutex, &until);
}

static int guest_attr_nothing(void)
{
	return 0;
}

/* --- read-write locks --- */

static int guest_rwlock_init(struct darwin_sync *lock, const void *attr)
{
	(void)attr;
	return adopt(lock, calloc(1, sizeof(pthread_rwlock_t)));
}

typedef int rwlock_operation(pthread_rwlock_t *lock);

static int with_rwlock(struct darwin_sync *lock, rwlock_operation *operation)
{
	pthread_rwlock_t *host = host_of(lock, make_rwlock);

	return host != NULL ? finish(operation(host)) : DARWIN_EINVAL;
}

static int guest_rwlock_rdlock(struct darwin_sync *lock)
{
	return with_rwlock(lock, pthread_rwlock_rdlock);
}

static int guest_rwlock_wrlock(struct darwin_sync *lock)
{
	return with_rwlock(lock, pthread_rwlock_wrlock);
}

static int guest_rwlock_unlock(struct darwin_sync *lock)
{
	return with_rwlock(lock, pthread_rwlock_unlock);
}

/* --- os_unfair_lock: a 32-bit word --- */

static bool guest_unfair_trylock(uint32_t *lock)
{
	uint32_t free_value = 0;

	return __atomic_compare_exchange_n(
		lock, &free_value, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void guest_unfair_lock(uint32_t *lock)
{
	while (!guest_unfair_trylock(lock))
		sched_yield();
}

static void guest_unfair_unlock(uint32_t *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

/* --- semaphores: Darwin has named ones only; sem_init fails with ENOSYS --- */

void *guest_sem_open(const char *name, int flags, const void *arguments);
void *guest_sem_open(const char *name, int flags, const void *arguments)
{
	sem_t *semaphore = sem_open(name, open_from_darwin(flags),
		(mode_t)guest_va_slot(arguments, 0), (unsigned)guest_va_slot(arguments, 1));

	return semaphore == SEM_FAILED ? (void *)-1 : semaphore;
}

static int guest_sem_init(void)
{
	return guest_fail(DARWIN_ENOSYS);
}

const struct shim shim_sync[] = {
	SHIM(pthread_mutexattr_init, guest_mutexattr_init),
	SHIM(pthread_mutexattr_destroy, guest_mutexattr_destroy),
	SHIM(pthread_mutexattr_settype, guest_mutexattr_settype),
	SHIM(pthread_mutex_init, guest_mutex_init),
	SHIM(pthread_mutex_destroy, release),
	SHIM(pthread_mutex_lock, guest_mutex_lock),
	SHIM(pthread_mutex_trylock, guest_mutex_trylock),
	SHIM(pthread_mutex_unlock, guest_mutex_unlock),
	SHIM(pthread_cond_init, guest_cond_init),
	SHIM(pthread_cond_destroy, release),
	SHIM(pthread_cond_signal, guest_cond_signal),
	SHIM(pthread_cond_broadcast, guest_cond_broadcast),
	SHIM(pthread_cond_wait, guest_cond_wait),
	SHIM(pthread_cond_timedwait, guest_cond_timedwait),
	SHIM(pthread_cond_timedwait_relative_np, guest_cond_timedwait_relative),
	SHIM(pthread_condattr_init, guest_attr_nothing),
	SHIM(pthread_condattr_destroy, guest_attr_nothing),
	SHIM(pthread_rwlock_init, guest_rwlock_init),
	SHIM(pthread_rwlock_destroy, release),
	SHIM(pthread_rwlock_rdlock, guest_rwlock_rdlock),
	SHIM(pthread_rwlock_wrlock, guest_rwlock_wrlock),
	SHIM(pthread_rwlock_unlock, guest_rwlock_unlock),
	SHIM(os_unfair_lock_lock, guest_unfair_lock),
	SHIM(os_unfair_lock_trylock, guest_unfair_trylock),
	SHIM(os_unfair_lock_unlock, guest_unfair_unlock),
	VARIADIC(sem_open),
	SHIM(sem_init, guest_sem_init),
	DIRECT(sem_close),
	DIRECT(sem_unlink),
	DIRECT(sem_wait),
	DIRECT(sem_trywait),
	DIRECT(sem_post),
	SHIM_END,
};
