/* A sink with a thread behind it. */
#include "sink_thread.h"

#include <string.h>

#include "arena.h"

/* Pushes pieces until there are no more, or one fails. */
static void *push_pieces(void *argument)
{
	struct sink_thread *behind = argument;
	struct err err = ERR_INIT;
	pthread_mutex_lock(&behind->lock);
	for (;;) {
		while (behind->taken == behind->made && !behind->ended)
			pthread_cond_wait(&behind->changed, &behind->lock);
		if (behind->taken == behind->made)
			break;
		size_t i = behind->taken % SINK_THREAD_PIECES;
		pthread_mutex_unlock(&behind->lock);
		int status = stream_write(behind->next, behind->pieces[i], behind->lengths[i], &err);
		pthread_mutex_lock(&behind->lock);
		behind->taken++;
		pthread_cond_signal(&behind->changed);
		if (status < 0) {
			behind->failed = true;
			behind->err = err;
			break;
		}
	}
	pthread_mutex_unlock(&behind->lock);
	return NULL;
}

static int hand_over(struct sink_thread *behind, struct err *err)
{
	size_t i = behind->made % SINK_THREAD_PIECES, length = behind->filled;
	behind->filled = 0;
	if (!behind->is_threaded)
		return stream_write(behind->next, behind->pieces[i], length, err);
	pthread_mutex_lock(&behind->lock);
	behind->lengths[i] = length;
	behind->made++;
	pthread_cond_signal(&behind->changed);
	while (behind->made - behind->taken == SINK_THREAD_PIECES && !behind->failed)
		pthread_cond_wait(&behind->changed, &behind->lock);
	bool failed = behind->failed;
	pthread_mutex_unlock(&behind->lock);
	if (failed)
		*err = behind->err;
	return failed ? -1 : 0;
}

static int collect(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct sink_thread *behind = (struct sink_thread *)sink;
	const unsigned char *at = bytes;
	while (length > 0) {
		size_t part = SINK_THREAD_PIECE - behind->filled;
		if (part > length)
			part = length;
		memcpy(behind->pieces[behind->made % SINK_THREAD_PIECES] + behind->filled, at, part);
		behind->filled += part;
		at += part;
		length -= part;
		if (behind->filled == SINK_THREAD_PIECE && hand_over(behind, err) < 0)
			return -1;
	}
	return 0;
}

void sink_thread_open(struct sink_thread *behind, struct stream_sink *next)
{
	*behind = (struct sink_thread){
		.sink = {.write = collect}, .next = next, .err = ERR_INIT};
	for (size_t i = 0; i < SINK_THREAD_PIECES; i++)
		behind->pieces[i] = xmalloc(SINK_THREAD_PIECE);
	pthread_mutex_init(&behind->lock, NULL);
	pthread_cond_init(&behind->changed, NULL);
	behind->is_threaded = pthread_create(&behind->thread, NULL, push_pieces, behind) == 0;
}

int sink_thread_close(struct sink_thread *behind, int status, struct err *err)
{
	if (status == 0 && behind->filled > 0)
		status = hand_over(behind, err);
	if (behind->is_threaded) {
		pthread_mutex_lock(&behind->lock);
		behind->ended = true;
		pthread_cond_signal(&behind->changed);
		pthread_mutex_unlock(&behind->lock);
		pthread_join(behind->thread, NULL);
	}
	if (status == 0 && behind->failed) {
		*err = behind->err;
		status = -1;
	}
	for (size_t i = 0; i < SINK_THREAD_PIECES; i++)
		free(behind->pieces[i]);
	pthread_cond_destroy(&behind->changed);
	pthread_mutex_destroy(&behind->lock);
	return status;
}
