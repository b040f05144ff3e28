/* Threads: creation, attributes, keys, cancellation. */
#include "guest.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ATTR_SIGNATURE 0x54484441 /* what Darwin writes too */

/*
 * A Mac's threads have 512 KiB of stack, not Linux's 8 MiB: a program that needs more must crash
 * here too. The shims and glibc use some that libSystem does not.
 */
#define STACK_SIZE (512 << 10)
#define STACK_EXTRA (64 << 10)

static int finish(int host_error)
{
	return errno_to_darwin(host_error);
}

static pthread_attr_t *attr_of(const struct darwin_sync *attr)
{
	return attr != NULL && attr->signature == ATTR_SIGNATURE ? attr->host : NULL;
}

static int guest_attr_init(struct darwin_sync *attr)
{
	pthread_attr_t *host = malloc(sizeof(*host));

	if (host == NULL)
		return DARWIN_ENOMEM;
	attr->signature = ATTR_SIGNATURE;
	attr->host = host;
	pthread_attr_init(host);
	return finish(pthread_attr_setstacksize(host, STACK_SIZE + STACK_EXTRA));
}

static int guest_attr_destroy(struct darwin_sync *attr)
{
	pthread_attr_t *host = attr_of(attr);

	if (host == NULL)
		return DARWIN_EINVAL;
	pthread_attr_destroy(host);
	free(host);
	attr->signature = 0;
	return 0;
}

static int guest_attr_setdetachstate(struct darwin_sync *attr, int state)
{
	if (attr_of(attr) == NULL)
		return DARWIN_EINVAL;
	return finish(pthread_attr_setdetachstate(
		attr_of(attr), state == DARWIN_PTHREAD_CREATE_DETACHED ? PTHREAD_CREATE_DETACHED
								       : PTHREAD_CREATE_JOINABLE));
}

static int guest_attr_getdetachstate(const struct darwin_sync *attr, int *state)
{
	int host;

	if (attr_of(attr) == NULL)
		return DARWIN_EINVAL;
	pthread_attr_getdetachstate(attr_of(attr), &host);
	*state = host == PTHREAD_CREATE_DETACHED ? DARWIN_PTHREAD_CREATE_DETACHED
						 : DARWIN_PTHREAD_CREATE_JOINABLE;
	return 0;
}

static int guest_attr_setstacksize(struct darwin_sync *attr, size_t size)
{
	if (attr_of(attr) == NULL || size < DARWIN_PTHREAD_STACK_MIN || size % 4096 != 0)
		return DARWIN_EINVAL;
	return finish(pthread_attr_setstacksize(attr_of(attr), size + STACK_EXTRA));
}

static int guest_attr_getstacksize(const struct darwin_sync *attr, size_t *size)
{
	if (attr_of(attr) == NULL)
		return DARWIN_EINVAL;
	pthread_attr_getstacksize(attr_of(attr), size);
	*size -= STACK_EXTRA;
	return 0;
}

static int guest_attr_ignored(struct darwin_sync *attr)
{
	return attr_of(attr) != NULL ? 0 : DARWIN_EINVAL;
}

static int guest_create(
	pthread_t *thread, const struct darwin_sync *attr, void *(*start)(void *), void *argument)
{
	pthread_attr_t usual;
	int error;

	if (attr != NULL && attr_of(attr) == NULL)
		return DARWIN_EINVAL;
	if (attr != NULL)
		return finish(pthread_create(thread, attr_of(attr), start, argument));
	pthread_attr_init(&usual);
	pthread_attr_setstacksize(&usual, STACK_SIZE + STACK_EXTRA);
	error = pthread_create(thread, &usual, start, argument);
	pthread_attr_destroy(&usual);
	return finish(error);
}

static int guest_join(pthread_t thread, void **result)
{
	return finish(pthread_join(thread, result));
}

static int guest_detach(pthread_t thread)
{
	return finish(pthread_detach(thread));
}

static int guest_cancel(pthread_t thread)
{
	return finish(pthread_cancel(thread));
}

static int guest_setcancelstate(int state, int *old)
{
	int host_old, error;

	error = pthread_setcancelstate(state == DARWIN_PTHREAD_CANCEL_ENABLE
					       ? PTHREAD_CANCEL_ENABLE
					       : PTHREAD_CANCEL_DISABLE,
		&host_old);
	if (error == 0 && old != NULL)
		*old = host_old == PTHREAD_CANCEL_ENABLE ? DARWIN_PTHREAD_CANCEL_ENABLE
							 : DARWIN_PTHREAD_CANCEL_DISABLE;
	return finish(error);
}

/* --- keys: pthread_key_t has 8 bytes on Darwin --- */

static int guest_key_create(uint64_t *key, void (*destroy)(void *))
{
	pthread_key_t host = 0;
	int error = pthread_key_create(&host, destroy);

	*key = host;
	return finish(error);
}

static int guest_key_delete(uint64_t key)
{
	return finish(pthread_key_delete((pthread_key_t)key));
}

static void *guest_getspecific(uint64_t key)
{
	return pthread_getspecific((pthread_key_t)key);
}

static int guest_setspecific(uint64_t key, const void *value)
{
	return finish(pthread_setspecific((pthread_key_t)key, value));
}

static int guest_once(struct darwin_once *once, void (*function)(void))
{
	enum { FRESH, RUNNING, DONE };
	int fresh = FRESH;

	if (once->signature != DARWIN__PTHREAD_ONCE_SIG_init)
		return DARWIN_EINVAL;
	if (__atomic_compare_exchange_n(
		    &once->state, &fresh, RUNNING, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		function();
		__atomic_store_n(&once->state, DONE, __ATOMIC_RELEASE);
	}
	while (__atomic_load_n(&once->state, __ATOMIC_ACQUIRE) != DONE)
		usleep(100);
	return 0;
}

/* --- Darwin's own --- */

static int guest_setname(const char *name)
{
	char short_name[16];

	snprintf(short_name, sizeof(short_name), "%s", name);
	return finish(pthread_setname_np(pthread_self(), short_name));
}

static int guest_getname(pthread_t thread, char *name, size_t size)
{
	return finish(pthread_getname_np(thread, name, size));
}

static int guest_threadid(pthread_t thread, uint64_t *id)
{
	if (thread != 0 && !pthread_equal(thread, pthread_self()))
		return DARWIN_ESRCH;
	*id = (uint64_t)syscall(SYS_gettid);
	return 0;
}

static int guest_main(void)
{
	return syscall(SYS_gettid) == getpid();
}

static int guest_set_qos(void)
{
	return 0;
}

static int guest_schedparam_ok(void)
{
	return 0;
}

static int guest_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	return finish(pthread_atfork(prepare, parent, child));
}

const struct shim shim_thread[] = {
	SHIM(pthread_create, guest_create),
	SHIM(pthread_join, guest_join),
	SHIM(pthread_detach, guest_detach),
	DIRECT(pthread_self),
	DIRECT(pthread_equal),
	DIRECT(pthread_exit),
	SHIM(pthread_cancel, guest_cancel),
	DIRECT(pthread_testcancel),
	SHIM(pthread_setcancelstate, guest_setcancelstate),
	SHIM(pthread_attr_init, guest_attr_init),
	SHIM(pthread_attr_destroy, guest_attr_destroy),
	SHIM(pthread_attr_setdetachstate, guest_attr_setdetachstate),
	SHIM(pthread_attr_getdetachstate, guest_attr_getdetachstate),
	SHIM(pthread_attr_setstacksize, guest_attr_setstacksize),
	SHIM(pthread_attr_getstacksize, guest_attr_getstacksize),
	SHIM(pthread_attr_setscope, guest_attr_ignored),
	SHIM(pthread_attr_setguardsize, guest_attr_ignored),
	SHIM(pthread_attr_set_qos_class_np, guest_attr_ignored),
	SHIM(pthread_key_create, guest_key_create),
	SHIM(pthread_key_delete, guest_key_delete),
	SHIM(pthread_getspecific, guest_getspecific),
	SHIM(pthread_setspecific, guest_setspecific),
	SHIM(pthread_once, guest_once),
	SHIM(pthread_setname_np, guest_setname),
	SHIM(pthread_getname_np, guest_getname),
	SHIM(pthread_threadid_np, guest_threadid),
	SHIM(pthread_main_np, guest_main),
	SHIM(pthread_set_qos_class_self_np, guest_set_qos),
	SHIM(pthread_setschedparam, guest_schedparam_ok),
	SHIM(pthread_atfork, guest_atfork),
	DIRECT(sched_yield),
	SHIM_END,
};
