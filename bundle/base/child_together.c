/* Children side by side: a thread each, for child_run() waits. */
#include "child_together.h"

#include <pthread.h>

struct together {
	const struct child_request *requests;
	struct child_result *results;
	size_t count;
	pthread_mutex_t lock; /* all below */
	size_t next;
	size_t failed_at; /* count: none */
	struct err err;
};

static size_t take(struct together *together)
{
	pthread_mutex_lock(&together->lock);
	size_t mine = together->next;
	together->next += mine < together->count;
	pthread_mutex_unlock(&together->lock);
	return mine;
}

static void run_some(struct together *together, bool ticks)
{
	size_t i;
	while ((i = take(together)) < together->count) {
		struct child_request request = together->requests[i];
		struct err err = ERR_INIT;
		if (!ticks)
			request.tick = NULL;
		if (child_run(&request, &together->results[i], &err) == 0)
			continue;
		pthread_mutex_lock(&together->lock);
		if (i < together->failed_at) {
			together->failed_at = i;
			together->err = err;
		}
		pthread_mutex_unlock(&together->lock);
	}
}

static void *thread_main(void *argument)
{
	run_some(argument, false);
	return NULL;
}

int child_run_together(const struct child_request *requests, struct child_result *results,
	size_t count, struct err *err)
{
	struct together together = {.requests = requests,
		.results = results,
		.count = count,
		.failed_at = count,
		.err = ERR_INIT};
	pthread_t threads[CHILD_TOGETHER_MOST - 1];
	size_t started = 0;
	pthread_mutex_init(&together.lock, NULL);
	for (size_t i = 0; i < count; i++) {
		BUG_ON(requests[i].output);
		results[i] = (struct child_result)CHILD_RESULT_INIT;
	}
	/* A thread that cannot be had is done without. */
	while (started + 1 < count && started < ARRAY_SIZE(threads) &&
		pthread_create(&threads[started], NULL, thread_main, &together) == 0)
		started++;
	run_some(&together, true);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_destroy(&together.lock);
	if (together.failed_at == count)
		return 0;
	*err = together.err;
	return -1;
}
