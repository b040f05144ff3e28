/* Settings of the network from all who may say something about them, and clients made of them. */
#include "network.h"

#include <string.h>

#include "interrupt.h"
#include "number.h"
#include "transfer_rate.h"
#include "user_config.h"

enum { STANDARD_JOBS = 4, MOST_JOBS = 64, PROBE_MS = 5000 };

/* A variable that is set and not empty, or NULL. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

static int add_mirrors(struct network *network, const struct options *options,
	const struct project_file *file, const struct user_config *config, struct arena *arena,
	struct err *err)
{
	const char *list = variable("HARDTACK_MIRRORS");
	for (size_t i = 0; i < options->mirrors.count; i++)
		if (mirror_policy_add(&network->policy, arena, options->mirrors.items[i],
			    "--mirror", err) < 0)
			return -1;
	if (list &&
		mirror_policy_add_list(&network->policy, arena, list, "HARDTACK_MIRRORS", err) < 0)
		return -1;
	if (file)
		mirror_policy_append(&network->policy, arena, &file->mirrors);
	mirror_policy_append(&network->policy, arena, &config->mirrors);
	return 0;
}

static int check_plain(const struct options *options, struct err *err)
{
	for (size_t i = 0; i < options->plain_http.count; i++) {
		const char *host = options->plain_http.items[i];
		if (!*host || strpbrk(host, " \t\n,/@?#"))
			return err_set(err, CODE_USAGE, "--plain-http: \"%s\" is not HOST or HOST:PORT", host);
	}
	return 0;
}

static void add_plain(struct option_list *list, const char *host, struct arena *arena)
{
	*ARENA_PUSH(arena, list->items, list->count, list->capacity) = host;
}

/* Hosts that somebody named as plain: all count, since each was named by a person. */
static void add_plain_hosts(struct network *network, const struct options *options,
	const struct user_config *config, struct arena *arena)
{
	static const char between[] = ", \t\n";
	struct option_list *list = &network->settings.plain;
	const char *hosts = variable("HARDTACK_PLAIN_HTTP"), *host;
	size_t next = 0;
	for (size_t i = 0; i < options->plain_http.count; i++)
		add_plain(list, options->plain_http.items[i], arena);
	for (size_t length; hosts && (hosts += strspn(hosts, between), *hosts); hosts += length) {
		length = strcspn(hosts, between);
		add_plain(list, arena_strndup(arena, hosts, length), arena);
	}
	for (size_t i = 0; i < config->plain_http.count; i++)
		add_plain(list, config->plain_http.items[i], arena);
	while (mirror_policy_plain_host(&network->policy, &next, arena, &host))
		add_plain(list, host, arena);
}

static int set_rate(struct network *network, const struct options *options,
	const struct user_config *config, struct err *err)
{
	const char *text =
		options->limit_rate ? options->limit_rate : variable("HARDTACK_LIMIT_RATE");
	if (!text) {
		network->settings.limit_bytes_per_s = config->limit_rate_bytes_per_s;
		return 0;
	}
	return transfer_rate_parse(text, &network->settings.limit_bytes_per_s, err);
}

static int set_jobs(struct network *network, const struct options *options,
	const struct user_config *config, struct err *err)
{
	const char *text = variable("HARDTACK_JOBS");
	uint64_t jobs = options->jobs;
	if (!jobs && text && (!number_parse_u64(text, &jobs) || jobs == 0))
		jobs = UINT64_MAX;
	if (!jobs)
		jobs = config->jobs ? config->jobs : STANDARD_JOBS;
	if (jobs > MOST_JOBS)
		return err_set(err, CODE_USAGE, "%s must be a number from 1 to %d",
			options->jobs ? "--jobs" : "HARDTACK_JOBS", (int)MOST_JOBS);
	network->jobs = (unsigned)jobs;
	return 0;
}

int network_settings(struct network *network, const struct options *options,
	const struct project_file *file, struct arena *arena, struct err *err)
{
	struct user_config config;
	*network = (struct network){0};
	if (user_config_read(arena, &config, err) < 0 ||
		add_mirrors(network, options, file, &config, arena, err) < 0 ||
		check_plain(options, err) < 0 || set_rate(network, options, &config, err) < 0 ||
		set_jobs(network, options, &config, err) < 0)
		return -1;
	add_plain_hosts(network, options, &config, arena);
	const char *ca = options->ca_file ? options->ca_file : variable("HARDTACK_CA");
	network->settings.ca_file = ca ? ca : config.ca_file;
	return 0;
}

int network_open(struct network *network, const struct options *options,
	const struct project_file *file, struct arena *arena, struct err *err)
{
	if (network_settings(network, options, file, arena, err) < 0)
		return -1;
	/* From here on long work looks at the flag, so that all files are left as they should be.
	 */
	interrupt_install();
	struct http_settings probe = network->settings;
	probe.connect_timeout_ms = PROBE_MS;
	probe.stall_ms = PROBE_MS;
	if (http_client_new(&network->http, &network->settings, err) < 0 ||
		http_client_new(&network->probe, &probe, err) < 0)
		return -1;
	return registry_new(&network->registry, network->http, NULL, err);
}

/* One at a time (credential.h), so that the list needs no lock. */
static void on_notice(void *context, const char *text)
{
	struct network *network = context;
	struct option_list *list = &network->notices;
	if (pthread_equal(pthread_self(), network->owner))
		ui_warning(network->ui, NULL, "%s", text);
	else
		*ARENA_PUSH(network->arena, list->items, list->count, list->capacity) =
			arena_strdup(network->arena, text);
}

void network_warn_through(struct network *network, struct ui *ui)
{
	network->ui = ui;
	network->arena = arena_new();
	network->owner = pthread_self();
	registry_on_notice(network->registry, on_notice, network);
}

void network_close(struct network *network)
{
	for (size_t i = 0; i < network->notices.count; i++)
		ui_warning(network->ui, NULL, "%s", network->notices.items[i]);
	network->notices = (struct option_list){0};
	arena_free(TAKE(network->arena));
	registry_free(TAKE(network->registry));
	http_client_free(TAKE(network->probe));
	http_client_free(TAKE(network->http));
	interrupt_release();
}
