/*
 * Asks a registry through registry_client.h and prints what came: for tests of logins, proxies and
 * faults, without the verbs around them.
 *
 *     ask_registry [--ca FILE] [--plain HOST] [--limit-rate N] [--stall MS] [--connect MS]
 *                  [--offset N] [--size N] [--times N] [--pause MS] [--threads N] WHAT HOST …
 *
 *     manifest HOST REPOSITORY REFERENCE     blob HOST REPOSITORY DIGEST
 *     file URL                               ping HOST
 *
 * The bytes go to stdout; stderr has "failure KIND RETRY_MS", the text and the hint, and with
 * --offset whether it began anew. Exits with the error's code.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "message.h"
#include "messages_builder.h"
#include "messages_bundle.h"
#include "monotonic.h"
#include "registry_client.h"

enum { MOST_THREADS = 16 };

struct wish {
	const char *verb, *host, *repository, *name;
	unsigned long offset, size, times, pause_ms, threads;
	const char *plain[8];
	struct http_settings settings;
};

struct output {
	struct stream_sink sink;
	bool silent;
};

static int write_out(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	if (!((struct output *)sink)->silent && fwrite(bytes, 1, length, stdout) != length)
		return err_set_errno(err, CODE_IO, "standard output");
	return 0;
}

static int ask(const struct wish *wish, struct registry *registry,
	struct http_connection *connection, struct output *output, struct registry_failure *failure,
	struct err *err)
{
	AUTO(arena) arena = arena_new();
	struct image_source source = {
		.host = wish->host, .repository = wish->repository, .name = wish->host};
	struct registry_manifest manifest;
	uint64_t number = 0;
	bool restarted = false;
	int result;
	if (strcmp(wish->verb, "manifest") == 0) {
		result = registry_get_manifest(
			registry, connection, &source, wish->name, arena, &manifest, failure, err);
		if (result == 0) {
			fprintf(stderr, "%s %s\n", manifest.digest, manifest.media_type);
			result = write_out(&output->sink, manifest.bytes, manifest.length, err);
		}
	} else if (strcmp(wish->verb, "blob") == 0) {
		result = registry_get_blob(registry, connection, &source, wish->name, wish->size,
			wish->offset, &restarted, &output->sink, failure, err);
	} else if (strcmp(wish->verb, "file") == 0) {
		result = registry_get_file(registry, connection, wish->host, wish->size,
			wish->offset, &restarted, &number, &output->sink, failure, err);
	} else {
		result = registry_ping(registry, connection, &source, &number, failure, err);
	}
	if (wish->offset)
		fprintf(stderr, "restarted %d\n", restarted);
	return result;
}

static void on_notice(void *context, const char *text)
{
	(void)context;
	fprintf(stderr, "notice: %s\n", text);
}

struct worker {
	pthread_t thread;
	const struct wish *wish;
	struct registry *registry;
	struct http_client *client;
	struct registry_failure failure;
	struct err err;
	int result;
};

static void *work(void *context)
{
	struct worker *worker = context;
	AUTO(http_connection) connection = http_connection_new(worker->client);
	for (unsigned long i = 0; i < worker->wish->times; i++) {
		struct output output = {{write_out}, i > 0 || worker->wish->threads > 1};
		if (i > 0)
			monotonic_sleep_ms((unsigned)worker->wish->pause_ms);
		worker->result = ask(worker->wish, worker->registry, connection, &output,
			&worker->failure, &worker->err);
		if (worker->result < 0)
			break;
	}
	return NULL;
}

static int run(const struct wish *wish, struct registry_failure *failure, struct err *err)
{
	AUTO(http_client) client = NULL;
	AUTO(registry) registry = NULL;
	static struct worker workers[MOST_THREADS];
	int result = 0;
	if (http_client_new(&client, &wish->settings, err) < 0 ||
		registry_new(&registry, client, NULL, err) < 0)
		return -1;
	registry_on_notice(registry, on_notice, NULL);
	for (unsigned long i = 0; i < wish->threads; i++) {
		workers[i] = (struct worker){.wish = wish, .registry = registry, .client = client};
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			abort();
	}
	for (unsigned long i = 0; i < wish->threads; i++) {
		pthread_join(workers[i].thread, NULL);
		if (workers[i].result < 0) {
			*err = workers[i].err;
			*failure = workers[i].failure;
			result = -1;
		}
	}
	return result;
}

/* Takes an option with its value; false when it is none. */
static bool take_option(struct wish *wish, const char *name, const char *value)
{
	unsigned long number = strtoul(value, NULL, 10);
	if (strcmp(name, "--ca") == 0)
		wish->settings.ca_file = value;
	else if (strcmp(name, "--plain") == 0)
		wish->plain[wish->settings.plain.count++] = value;
	else if (strcmp(name, "--limit-rate") == 0)
		wish->settings.limit_bytes_per_s = number;
	else if (strcmp(name, "--stall") == 0)
		wish->settings.stall_ms = (unsigned)number;
	else if (strcmp(name, "--connect") == 0)
		wish->settings.connect_timeout_ms = (unsigned)number;
	else if (strcmp(name, "--offset") == 0)
		wish->offset = number;
	else if (strcmp(name, "--size") == 0)
		wish->size = number;
	else if (strcmp(name, "--times") == 0)
		wish->times = number;
	else if (strcmp(name, "--pause") == 0)
		wish->pause_ms = number;
	else if (strcmp(name, "--threads") == 0 && number <= MOST_THREADS)
		wish->threads = number;
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	static const char *const kinds[] = {"ok", "transient", "limited", "unauthorized",
		"forbidden", "missing", "wrong", "local"};
	struct wish wish = {.size = 1ul << 40, .times = 1, .threads = 1};
	struct registry_failure failure = {0};
	struct err err = ERR_INIT;
	int at = 1;
	wish.settings.plain.items = wish.plain;
	interrupt_install();
	message_register(messages_bundle);
	message_register(messages_builder);
	enum message_language language;
	if (message_language_parse(getenv("LANG"), &language) == 0)
		message_set_language(language);
	while (at + 1 < argc && take_option(&wish, argv[at], argv[at + 1]))
		at += 2;
	if (argc - at < 2)
		return CODE_USAGE;
	wish.verb = argv[at];
	wish.host = argv[at + 1];
	wish.repository = argc - at > 2 ? argv[at + 2] : "";
	wish.name = argc - at > 3 ? argv[at + 3] : "";
	int result = run(&wish, &failure, &err);
	if (fflush(stdout) != 0)
		return CODE_IO;
	if (result == 0)
		return 0;
	fprintf(stderr, "failure %s %llu\n%s\n%s\n", kinds[failure.kind],
		(unsigned long long)failure.retry_after_ms, err.text, err.hint);
	return err.code;
}
