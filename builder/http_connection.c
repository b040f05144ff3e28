/* A connection: sets one transfer up, drives it, and says why it failed. */
#include "http_connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "http_header.h"
#include "interrupt.h"
#include "message.h"
#include "monotonic.h"
#include "version.h"

enum {
	POLL_MS = 100,             /* how late an interrupt is noticed */
	PROBLEM_LIMIT = 4096,      /* of an error's body that is kept */
	DRAIN_LIMIT = 64 * 1024,   /* … and read, to use the connection again */
	BUFFER_BYTES = 256 * 1024, /* a read at most */
	LIMITED_BYTES = 16 * 1024, /* the same under --limit-rate: small steps */
	TRICKLE_BYTES = 1024,      /* less than this in twice the stall time is a stall too */
	KEPT_CONNECTIONS = 4,      /* registry, token server, CDN */
	KEEPALIVE_S = 30,
};
#define NS_PER_MS 1000000ull
#define NS_PER_S 1000000000ull

/* A transfer under way. */
struct transfer {
	struct http_connection *connection;
	const struct http_exchange *exchange;
	struct http_trust_verdict verdict;
	struct text problem;
	uint64_t drained, limit;
	uint64_t moved_ms; /* when the last byte came */
	uint64_t window_ms,
		window_bytes; /* a trickle's window: its begin and what had come by then */
	bool connected;
	bool head_complete;
	enum http_failure failure; /* decided in a callback */
	struct err err;
	char reason[CURL_ERROR_SIZE];
};

struct http_connection *http_connection_new(struct http_client *client)
{
	struct http_connection *connection = xmalloc(sizeof(*connection));
	*connection = (struct http_connection){.client = client,
		.multi = curl_multi_init(),
		.easy = curl_easy_init(),
		.buffer = xmalloc(BUFFER_BYTES)};
	BUG_ON(!connection->multi || !connection->easy); /* out of memory, as in arena.h */
	curl_multi_setopt(connection->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
	return connection;
}

void http_connection_free(struct http_connection *connection)
{
	if (!connection)
		return;
	curl_easy_cleanup(connection->easy);
	curl_multi_cleanup(connection->multi);
	free(connection->buffer);
	free(connection);
}

/* ---- the rate limit ---- */

/* Pays for bytes that came: waits until all connections together are within the limit. */
static void pay(struct http_client *client, size_t bytes)
{
	uint64_t rate = client->settings.limit_bytes_per_s;
	if (rate == 0)
		return;
	uint64_t now = monotonic_ms() * NS_PER_MS;
	pthread_mutex_lock(&client->lock);
	if (client->paid_until_ns < now)
		client->paid_until_ns = now;
	client->paid_until_ns += bytes * NS_PER_S / rate;
	uint64_t until_ms = client->paid_until_ns / NS_PER_MS;
	pthread_mutex_unlock(&client->lock);
	while (!interrupt_pending()) {
		uint64_t now_ms = monotonic_ms();
		if (now_ms >= until_ms)
			return;
		uint64_t left = until_ms - now_ms;
		monotonic_sleep_ms(left < POLL_MS ? (unsigned)left : POLL_MS);
	}
}

/* ---- what libcurl calls ---- */

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	struct http_response *response = transfer->exchange->response;
	size_t length = size * count;
	unsigned status;
	char start[16] = "";
	transfer->moved_ms = monotonic_ms();
	memcpy(start, line, length < sizeof(start) - 1 ? length : sizeof(start) - 1);
	if (sscanf(start, "HTTP/%*u.%*u %3u", &status) == 1) {
		http_header_reset(response);
		response->status = status;
	} else {
		http_header_line(response, line, length, time(NULL), transfer->exchange->arena);
	}
	return length;
}

static void fail_long(struct transfer *transfer)
{
	transfer->failure = HTTP_TOO_LONG;
	err_set(&transfer->err, CODE_INTEGRITY, "%s sends more than the %llu bytes that there are",
		transfer->exchange->url->authority, (unsigned long long)transfer->limit);
}

/* Once, before the first byte of a good body: how much may come? */
static bool begin_body(struct transfer *transfer)
{
	const struct http_exchange *exchange = transfer->exchange;
	uint64_t offset = exchange->request->offset;
	transfer->head_complete = true;
	transfer->limit = exchange->request->limit_bytes;
	if (exchange->response->status != 206 && transfer->limit <= UINT64_MAX - offset)
		transfer->limit += offset;
	if (exchange->response->content_length == UINT64_MAX ||
		exchange->response->content_length <= transfer->limit)
		return true;
	fail_long(transfer);
	return false;
}

static size_t keep_problem(struct transfer *transfer, const char *bytes, size_t length)
{
	size_t room = PROBLEM_LIMIT - transfer->problem.length;
	text_add_bytes(&transfer->problem, bytes, length < room ? length : room);
	transfer->drained += length;
	return transfer->drained > DRAIN_LIMIT ? 0 : length;
}

/* Hands the sink what was gathered; false: it said no. */
static bool hand_over(struct transfer *transfer)
{
	struct http_connection *connection = transfer->connection;
	size_t length = connection->gathered;
	connection->gathered = 0;
	if (length == 0 || stream_write(transfer->exchange->body, connection->buffer, length,
				   &transfer->err) == 0)
		return true;
	transfer->failure = HTTP_SINK;
	return false;
}

/* libcurl lends 16 KiB at a time, whatever it has read: the sink, which hashes and writes, gets
 * all of a read at once. Nothing is kept back while we wait (drive()). */
static bool gather(struct transfer *transfer, const char *bytes, size_t length)
{
	struct http_connection *connection = transfer->connection;
	if (length > BUFFER_BYTES - connection->gathered && !hand_over(transfer))
		return false;
	BUG_ON(length > BUFFER_BYTES);
	memcpy(connection->buffer + connection->gathered, bytes, length);
	connection->gathered += length;
	return true;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	struct http_response *response = transfer->exchange->response;
	size_t length = size * count;
	pay(transfer->connection->client, length);
	transfer->moved_ms = monotonic_ms();
	if (interrupt_pending())
		return CURL_WRITEFUNC_ERROR;
	if (response->status / 100 != 2)
		return keep_problem(transfer, bytes, length) ? length : CURL_WRITEFUNC_ERROR;
	if (!transfer->head_complete && !begin_body(transfer))
		return CURL_WRITEFUNC_ERROR;
	if (length > transfer->limit - response->body_bytes) {
		fail_long(transfer);
		return CURL_WRITEFUNC_ERROR;
	}
	if (transfer->exchange->body && !gather(transfer, bytes, length))
		return CURL_WRITEFUNC_ERROR;
	response->body_bytes += length;
	return length;
}

static CURLcode on_tls(CURL *easy, void *ssl_config, void *context)
{
	struct transfer *transfer = context;
	(void)easy;
	http_trust_configure(ssl_config, &transfer->verdict);
	return CURLE_OK;
}

/* ---- setting up ---- */

static struct curl_slist *add_header(struct curl_slist *list, const char *name, const char *value)
{
	AUTO_TEXT line = TEXT_INIT;
	text_addf(&line, "%s: %s", name, value);
	struct curl_slist *longer = curl_slist_append(list, line.bytes);
	BUG_ON(!longer);
	return longer;
}

static struct curl_slist *request_headers(const struct http_request *request)
{
	struct curl_slist *list = NULL;
	/* Without this line libcurl accepts anything. */
	list = add_header(list, "Accept", request->accept ? request->accept : "*/*");
	if (request->authorization)
		list = add_header(list, "Authorization", request->authorization);
	if (request->offset > 0) {
		char range[40];
		snprintf(range, sizeof(range), "bytes=%llu-", (unsigned long long)request->offset);
		list = add_header(list, "Range", range);
	}
	return list;
}

static void set_method(CURL *easy, const struct http_request *request)
{
	if (request->form) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(request->form));
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->form);
	} else if (strcmp(request->method, "HEAD") == 0) {
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	}
}

static void set_trust(CURL *easy, struct transfer *transfer)
{
	const struct http_trust *trust = &transfer->connection->client->trust;
	struct curl_blob blob = {(void *)trust->pem, trust->length + 1, CURL_BLOB_NOCOPY};
	curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
	curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO_BLOB, &blob);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, transfer);
}

static struct curl_slist *set_up(CURL *easy, struct transfer *transfer)
{
	const struct http_exchange *exchange = transfer->exchange;
	const struct http_client *client = transfer->connection->client;
	const char *proxy = http_proxies_for(&client->proxies, exchange->url);
	struct curl_slist *headers = request_headers(exchange->request);
	curl_easy_reset(easy);
	curl_easy_setopt(easy, CURLOPT_URL, exchange->url->text);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "hardtack/" HARDTACK_VERSION);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, proxy ? proxy : "");
	curl_easy_setopt(easy, CURLOPT_NOPROXY, client->proxies.no_proxy);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* no waiting for a resolver that hangs */
	curl_easy_setopt(
		easy, CURLOPT_CONNECTTIMEOUT_MS, (long)client->settings.connect_timeout_ms);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_S);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE,
		client->settings.limit_bytes_per_s ? (long)LIMITED_BYTES : (long)BUFFER_BYTES);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->reason);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	set_method(easy, exchange->request);
	set_trust(easy, transfer);
	return headers;
}

/* ---- driving ---- */

/* Has it stood still, or does it only trickle? Connecting has a timeout of its own. */
static bool is_stalled(struct transfer *transfer)
{
	const struct http_settings *settings = &transfer->connection->client->settings;
	uint64_t now = monotonic_ms(), came = transfer->exchange->response->body_bytes;
	curl_off_t connected_us = 0;
	if (!transfer->connected) {
		curl_easy_getinfo(
			transfer->connection->easy, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
		transfer->connected = connected_us > 0;
		transfer->moved_ms = transfer->window_ms = now;
	}
	if (!transfer->connected)
		return false;
	if (now - transfer->moved_ms >= settings->stall_ms)
		return true;
	if (now - transfer->window_ms < 2 * (uint64_t)settings->stall_ms)
		return false;
	bool trickles =
		came - transfer->window_bytes < TRICKLE_BYTES && settings->limit_bytes_per_s == 0;
	transfer->window_ms = now;
	transfer->window_bytes = came;
	return trickles;
}

static CURLcode drive(struct transfer *transfer)
{
	struct http_connection *connection = transfer->connection;
	int running = 1, left;
	connection->gathered = 0;
	while (running) {
		if (curl_multi_perform(connection->multi, &running) != CURLM_OK)
			return CURLE_OUT_OF_MEMORY;
		if (transfer->failure != HTTP_SINK && !hand_over(transfer))
			return CURLE_WRITE_ERROR;
		if (!running)
			break;
		if (interrupt_pending())
			return CURLE_ABORTED_BY_CALLBACK;
		if (is_stalled(transfer)) {
			transfer->failure = HTTP_STALLED;
			return CURLE_ABORTED_BY_CALLBACK;
		}
		curl_multi_poll(connection->multi, NULL, 0, POLL_MS, NULL);
	}
	for (CURLMsg *message; (message = curl_multi_info_read(connection->multi, &left));)
		if (message->msg == CURLMSG_DONE)
			return message->data.result;
	return CURLE_OK;
}

/* ---- why it failed ---- */

/* "registry.example", "registry.example through the proxy proxy.example:3128". */
static const char *peer(const struct transfer *transfer)
{
	const struct http_exchange *exchange = transfer->exchange;
	const char *proxy = http_proxies_for(&transfer->connection->client->proxies, exchange->url);
	long used = 0;
	curl_easy_getinfo(transfer->connection->easy, CURLINFO_USED_PROXY, &used);
	if (!proxy || !used)
		return exchange->url->authority;
	return arena_printf(exchange->arena, T("%s through the proxy %s"), exchange->url->authority,
		http_proxy_name(proxy, exchange->arena));
}

static int fail_tls(struct transfer *transfer, struct err *err)
{
	AUTO_TEXT why = TEXT_INIT;
	http_trust_describe(&transfer->verdict, &why);
	if (why.length == 0) {
		err_set(err, CODE_NETWORK, "%s: no TLS connection: %s", peer(transfer),
			transfer->reason);
		return err_hint(err,
			"is it a registry that speaks plain http? Then: --plain-http %s",
			transfer->exchange->url->authority);
	}
	err_set(err, CODE_NETWORK, "%s: its certificate is refused: %s", peer(transfer), why.bytes);
	return err_hint(err, "a registry with a certificate of its own: --ca FILE with the "
			     "certificate of whoever signed it");
}

/* A handshake that was cut off (as a firewall does it) may go well the next time. */
static bool was_cut_in_handshake(const struct transfer *transfer)
{
	long number = 0;
	curl_easy_getinfo(transfer->connection->easy, CURLINFO_OS_ERRNO, &number);
	return number == ECONNRESET || strstr(transfer->reason, "(-0x7280)") != NULL;
}

static enum http_failure failure_of(const struct transfer *transfer, CURLcode code)
{
	switch (code) {
	case CURLE_SSL_CONNECT_ERROR:
		return was_cut_in_handshake(transfer) ? HTTP_UNREACHABLE : HTTP_TLS;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return HTTP_TLS;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_PROXY:
		return HTTP_UNREACHABLE;
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9: anything that is no HTTP */
	case CURLE_WEIRD_SERVER_REPLY:
		return HTTP_REFUSED;
	default:
		return HTTP_CUT;
	}
}

/* curl's words, unless they quote a proxy's address: that may hold a login. */
static const char *reason_of(const struct transfer *transfer, CURLcode code)
{
	const char *proxy =
		http_proxies_for(&transfer->connection->client->proxies, transfer->exchange->url);
	if (!transfer->reason[0])
		return curl_easy_strerror(code);
	if (proxy && strstr(transfer->reason, proxy))
		return T("the proxy's address is malformed, or of an unknown kind");
	return transfer->reason;
}

static int fail(struct transfer *transfer, CURLcode code, struct err *err)
{
	const char *host = peer(transfer);
	const char *reason = reason_of(transfer, code);
	*transfer->exchange->failure = transfer->failure ? transfer->failure : HTTP_STOPPED;
	if (interrupt_check(err) < 0)
		return -1;
	if (transfer->failure == HTTP_SINK || transfer->failure == HTTP_TOO_LONG) {
		*err = transfer->err;
		return -1;
	}
	if (transfer->failure == HTTP_STALLED)
		return err_set(err, CODE_NETWORK, "%s: nothing came for %u seconds", host,
			transfer->connection->client->settings.stall_ms / 1000);
	*transfer->exchange->failure = failure_of(transfer, code);
	switch (*transfer->exchange->failure) {
	case HTTP_TLS:
		return fail_tls(transfer, err);
	case HTTP_UNREACHABLE:
		err_set(err, CODE_NETWORK, "%s cannot be reached: %s", host, reason);
		return err_hint(err, "check the network; HTTPS_PROXY and NO_PROXY are honoured");
	case HTTP_REFUSED:
		return err_set(err, CODE_NETWORK, "%s does not speak HTTP: %s", host, reason);
	default:
		return err_set(
			err, CODE_NETWORK, "%s: the connection ended early: %s", host, reason);
	}
}

/* The proxy's own no, which is nothing that the registry said. */
static int check_proxy_login(struct transfer *transfer, struct err *err)
{
	if (transfer->exchange->response->status != 407)
		return 0;
	*transfer->exchange->failure = HTTP_REFUSED;
	err_set(err, CODE_NETWORK, "%s: the proxy asks for a login", peer(transfer));
	return err_hint(err, "put it into HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT");
}

int http_connection_exchange(
	struct http_connection *connection, const struct http_exchange *exchange, struct err *err)
{
	struct transfer transfer = {.connection = connection, .exchange = exchange};
	transfer.problem = TEXT_INIT;
	transfer.moved_ms = transfer.window_ms = monotonic_ms();
	http_header_reset(exchange->response);
	struct curl_slist *headers = set_up(connection->easy, &transfer);
	curl_multi_add_handle(connection->multi, connection->easy);
	CURLcode code = drive(&transfer);
	bool whole_problem =
		code == CURLE_WRITE_ERROR && transfer.drained > DRAIN_LIMIT && !interrupt_pending();
	int result = 0;
	*exchange->failure = HTTP_NO_FAILURE;
	if (code != CURLE_OK && !whole_problem)
		result = fail(&transfer, code, err);
	else
		result = check_proxy_login(&transfer, err);
	curl_multi_remove_handle(connection->multi, connection->easy);
	curl_easy_reset(connection->easy); /* no pointer of ours stays in it */
	curl_slist_free_all(headers);
	if (exchange->problem)
		*exchange->problem = arena_strndup(
			exchange->arena, transfer.problem.bytes, transfer.problem.length);
	text_clear(&transfer.problem);
	return result;
}
