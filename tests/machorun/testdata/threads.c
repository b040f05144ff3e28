/* Threads, mutexes, conditions, once, keys, thread-local variables. */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "say.h"

#define THREADS 4
#define ROUNDS 2000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int counter, waiting, go, once_runs, destroyed;

static _Thread_local int initialised = 41;
static _Thread_local char zeroed[100];
static _Thread_local double aligned __attribute__((aligned(64))) = 2.5;

static void run_once(void)
{
	once_runs++;
}

static void destroy(void *value)
{
	__atomic_add_fetch(&destroyed, value != NULL, __ATOMIC_SEQ_CST);
}

static void *work(void *argument)
{
	int bad = initialised != 41 || zeroed[99] != 0 || aligned != 2.5 ||
		  ((size_t)&aligned & 63) != 0;

	initialised = (int)(size_t)argument;
	zeroed[99] = 1;
	pthread_setspecific(key, argument);
	pthread_once(&once, run_once);
	pthread_mutex_lock(&mutex);
	waiting++;
	while (!go)
		pthread_cond_wait(&condition, &mutex);
	pthread_mutex_unlock(&mutex);
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
	}
	pthread_rwlock_rdlock(&rwlock);
	bad |= initialised != (int)(size_t)argument || pthread_getspecific(key) != argument;
	pthread_rwlock_unlock(&rwlock);
	return bad ? NULL : argument;
}

static void crowd(void)
{
	pthread_t threads[THREADS];
	pthread_attr_t attributes;
	int created = 0, right = 0, ready = 0;
	void *result;

	CHECK("attributes", pthread_attr_init(&attributes) == 0 &&
				    pthread_attr_setstacksize(&attributes, 512 << 10) == 0);
	CHECK("key", pthread_key_create(&key, destroy) == 0);
	for (size_t i = 0; i < THREADS; i++)
		created += pthread_create(&threads[i], &attributes, work, (void *)(i + 1)) == 0;
	CHECK("create", created == THREADS && pthread_attr_destroy(&attributes) == 0);
	while (ready < THREADS) {
		pthread_mutex_lock(&mutex);
		ready = waiting;
		pthread_mutex_unlock(&mutex);
		sched_yield();
	}
	pthread_mutex_lock(&mutex);
	go = 1;
	pthread_cond_broadcast(&condition);
	pthread_mutex_unlock(&mutex);
	for (size_t i = 0; i < THREADS; i++)
		right += pthread_join(threads[i], &result) == 0 && result == (void *)(i + 1);
	CHECK("join", right == THREADS);
	CHECK("mutual exclusion", counter == THREADS * ROUNDS);
	CHECK("once", once_runs == 1);
	CHECK("key destructors", destroyed == THREADS);
	CHECK("own thread-locals", initialised == 41 && zeroed[99] == 0 && aligned == 2.5);
}

static void timeouts(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 50000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&mutex);
	CHECK("timed wait", pthread_cond_timedwait(&condition, &mutex, &until) == ETIMEDOUT);
	CHECK("trylock when locked", pthread_mutex_trylock(&mutex) == EBUSY);
	pthread_mutex_unlock(&mutex);
}

static void kinds(void)
{
	pthread_mutexattr_t attributes;
	pthread_mutex_t recursive, checked, dynamic;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	CHECK("recursive", pthread_mutex_init(&recursive, &attributes) == 0 &&
				   pthread_mutex_lock(&recursive) == 0 &&
				   pthread_mutex_lock(&recursive) == 0 &&
				   pthread_mutex_unlock(&recursive) == 0 &&
				   pthread_mutex_unlock(&recursive) == 0);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
	CHECK("error checking", pthread_mutex_init(&checked, &attributes) == 0 &&
					pthread_mutex_lock(&checked) == 0 &&
					pthread_mutex_lock(&checked) == EDEADLK);
	CHECK("unlock of another's",
		pthread_mutex_unlock(&checked) == 0 && pthread_mutex_unlock(&checked) == EPERM);
	CHECK("dynamic", pthread_mutex_init(&dynamic, NULL) == 0 &&
				 pthread_mutex_lock(&dynamic) == 0 &&
				 pthread_mutex_unlock(&dynamic) == 0 &&
				 pthread_mutex_destroy(&dynamic) == 0);
	pthread_mutexattr_destroy(&attributes);
}

static void *exits(void *argument)
{
	pthread_exit(argument);
}

int main(void)
{
	pthread_t thread;
	void *result = NULL;

	crowd();
	timeouts();
	kinds();
	CHECK("pthread_exit", pthread_create(&thread, NULL, exits, (void *)9) == 0 &&
				      pthread_join(thread, &result) == 0 && result == (void *)9);
	return say_done();
}
