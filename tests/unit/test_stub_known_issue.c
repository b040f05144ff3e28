/* Every rule finds the words that programs really write, and what it is about. */
#include "known_issue.h"

#include <ctype.h>
#include <regex.h>

#include "check.h"
#include "message.h"

struct sample {
	const char *issue;
	const char *line;
	const char *names; /* what the cause must end with, or NULL */
};

/* Lines as Docker, runc, Prisma, PostgreSQL, MySQL, Node and others write them. */
static const struct sample samples[] = {
	{"wrong-architecture", "exec /usr/local/bin/app: exec format error", NULL},
	{"wrong-architecture",
		"Error: image with reference lab/app:1.0 was found but its platform (linux/arm64) "
		"does not match the specified platform (linux/amd64)",
		"lab/app:1.0"},
	{"old-processor", "Fatal glibc error: CPU does not support x86-64-v2", NULL},
	{"old-processor", "WARNING: MongoDB 5.0+ requires a CPU with AVX support", NULL},
	{"old-processor", "Illegal instruction (core dumped)", NULL},
	{"file-watchers", "Error: ENOSPC: System limit for number of file watchers reached", NULL},
	{"file-watchers", "failed to create inotify instance: too many open files", NULL},
	{"disk-full", "FATAL: could not write to file \"x\": No space left on device", NULL},
	{"disk-full", "Error: ENOSPC, write", NULL},
	{"disk-full", "write /data: disk quota exceeded", NULL},
	{"disk-full", "ERROR:  could not extend file \"base/1/2\": wrote only 4096", NULL},
	{"out-of-memory", "FATAL ERROR: Reached heap limit - JavaScript heap out of memory", NULL},
	{"out-of-memory", "Exception in thread main java.lang.OutOfMemoryError: Java heap", NULL},
	{"out-of-memory", "fork: Cannot allocate memory", NULL},
	{"out-of-memory", "terminate called after throwing an instance of 'std::bad_alloc'", NULL},
	{"out-of-memory", "MemoryError", NULL},
	{"data-other-version", "FATAL:  database files are incompatible with server", NULL},
	{"data-other-version",
		"Error: in 18+, these Docker images are configured to store database data in a",
		NULL},
	{"data-other-version", "[ERROR] Invalid MySQL server upgrade: Cannot upgrade", NULL},
	{"data-other-version", "# Can't handle RDB format version 12", NULL},
	{"data-other-version", "Invalid featureCompatibilityVersion document in admin", NULL},
	{"data-damaged", "PANIC:  could not locate a valid checkpoint record", NULL},
	{"data-damaged", "Bad file format reading the append only file: make a backup", NULL},
	{"data-damaged", "ERROR:  invalid page in block 7 of relation base/1/2", NULL},
	{"password-of-old-data",
		"Error: P1000: Authentication failed against database server at `db`", NULL},
	{"password-of-old-data", "FATAL:  password authentication failed for user \"langfuse\"",
		"langfuse"},
	{"password-of-old-data", "Access denied for user 'app'@'172.18.0.3' (using password: YES)",
		"app"},
	{"password-of-old-data", "ReplyError: WRONGPASS invalid username-password pair", NULL},
	{"database-missing", "FATAL:  database \"langfuse\" does not exist", "\"langfuse\""},
	{"database-missing", "Error: P1003: Database `app` does not exist", NULL},
	{"database-missing", "ERROR 1049 (42000): Unknown database 'shop'", "shop"},
	{"migration-stuck", "Error: P3009", NULL},
	{"migration-stuck", "migrate found failed migrations in the target database", NULL},
	{"migration-stuck", "error: Dirty database version 7. Fix and force version.", NULL},
	{"image-missing", "no matching manifest for linux/arm64/v8 in the manifest list entries",
		"linux/arm64/v8"},
	{"image-missing", "Error response from daemon: No such image: lab/web:1", "lab/web:1"},
	{"image-missing", "pull access denied for lab/web, repository does not exist", "lab/web"},
	{"image-missing", "manifest unknown: manifest unknown", NULL},
	{"image-missing", "failed to resolve reference \"docker.io/lab/web:1\": failed to do",
		"docker.io/lab/web:1"},
	{"name-conflict",
		"Conflict. The container name \"/db\" is already in use by container \"0123\".",
		"db"},
	{"network-pool",
		"could not find an available, non-overlapping IPv4 address pool among the defaults",
		NULL},
	{"network-pool", "Pool overlaps with other one on this address space", NULL},
	{"network-pool", "all predefined address pools have been fully subnetted", NULL},
	{"port-privileged",
		"error while calling PortManager.AddPort(): cannot expose privileged port 80, you can add "
		"'net.ipv4.ip_unprivileged_port_start=80' to /etc/sysctl.conf (currently 1024), or set "
		"CAP_NET_BIND_SERVICE on rootlesskit binary, or choose a larger port number (>= 1024): listen "
		"tcp4 0.0.0.0:80: bind: permission denied",
		"80"},
	{"port-taken", "driver failed: Bind for 0.0.0.0:5432 failed: port is already allocated",
		"0.0.0.0:5432"},
	{"port-taken", "port is already allocated", NULL},
	{"port-taken", "listen tcp4 127.0.0.1:3000: bind: address already in use",
		"127.0.0.1:3000"},
	{"port-taken", "bind: Address already in use", NULL},
	{"port-taken", "Ports are not available: exposing port TCP 0.0.0.0:80 -> 0.0.0.0:0: listen",
		"0.0.0.0:80"},
	{"port-taken", "Error: listen EADDRINUSE: address already in use :::3000", ":3000"},
	{"port-taken", "bind EADDRINUSE null", NULL},
	{"crlf-script", "env: 'sh\\r': No such file or directory", NULL},
	{"crlf-script", "/bin/bash^M: bad interpreter: No such file", NULL},
	{"crlf-script", "/start.sh: line 2: $'\\x0d': command not found", NULL},
	{"mount-missing",
		"invalid mount config for type \"bind\": bind source path does not exist: "
		"/srv/x.conf",
		"/srv/x.conf"},
	{"mount-missing",
		"not a directory: unknown: Are you trying to mount a directory onto a file (or "
		"vice-versa)?",
		NULL},
	{"mount-missing", "invalid mount config for type \"volume\": invalid mount path", NULL},
	{"program-missing",
		"runc create failed: exec: \"serve\": executable file not found in $PATH: unknown",
		"serve"},
	{"program-missing",
		"exec: \"/app/serve\": stat /app/serve: no such file or directory: unknown",
		"/app/serve"},
	{"program-missing", "[FATAL tini (6)] exec /nope failed: No such file or directory",
		"/nope"},
	{"memory-maps",
		"max virtual memory areas vm.max_map_count [65530] is too low, increase to 262144",
		NULL},
	{"too-many-files", "accept: too many open files", NULL},
	{"too-many-files", "Error: EMFILE: open '/x'", NULL},
	{"read-only", "mkdir: cannot create directory '/data/x': Read-only file system", "/data/x"},
	{"read-only", "touch: Read-only file system", NULL},
	{"read-only", "Error: EROFS: read-only file system, mkdir '/app/.cache'", "/app/.cache"},
	{"permission-denied", "cat: '/etc/app.conf': Permission denied", "/etc/app.conf"},
	{"permission-denied", "PermissionError: could not open: [Errno 13] Permission denied",
		NULL},
	{"permission-denied", "Error: EACCES: permission denied, mkdir '/data/db'", "/data/db"},
	{"permission-denied", "EACCES", NULL},
	{"permission-denied",
		"FATAL:  data directory \"/var/lib/postgresql/data\" has wrong ownership",
		"/var/lib/postgresql/data"},
	{"permission-denied",
		"FATAL:  data directory \"/var/lib/postgresql/data\" has invalid permissions",
		"/var/lib/postgresql/data"},
	{"permission-denied", "chown: /bitnami/x: Operation not permitted", "/bitnami/x"},
	{"environment-masked",
		"TypeError: Cannot set property message of ZodError which has only a getter", NULL},
	{"environment-masked",
		"Cannot set property message of [object Object] which has only a getter", NULL},
	{"environment-invalid", "❌ Invalid environment variables: { SALT: [ 'Required' ] }", NULL},
	{"environment-invalid", "Missing required environment variable: SALT", "SALT"},
	{"environment-invalid", "error: Environment variable not found: DATABASE_URL.",
		"DATABASE_URL"},
	{"environment-invalid",
		"Error: Database is uninitialized and superuser password is not specified.", NULL},
	{"environment-invalid",
		"[ERROR] [Entrypoint]: Database is uninitialized and password option is not "
		"specified",
		NULL},
	{"environment-invalid", "NEXTAUTH_URL environment variable is not set", "NEXTAUTH_URL"},
	{"environment-invalid", "the environment variable SECRET_KEY_BASE must be given",
		"SECRET_KEY_BASE"},
	{"environment-invalid", "Error: CLICKHOUSE_URL is required", "CLICKHOUSE_URL"},
	{"certificate", "tls: x509: certificate signed by unknown authority",
		"x509: certificate signed by unknown authority"},
	{"certificate", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", NULL},
	{"certificate", "Error: certificate has expired", NULL},
	{"certificate", "error: certificate is not yet valid", NULL},
	{"certificate", "Error: self-signed certificate in certificate chain", NULL},
	{"certificate", "Error: self signed certificate", NULL},
	{"certificate", "unable to get local issuer certificate", NULL},
	{"database-unreachable", "Can't reach database server at `db:5432`", "db:5432"},
	{"database-unreachable", "Error: P1001", NULL},
	{"database-unreachable",
		"psql: error: connection to server at \"db\" (172.18.0.2), port 5432 failed: "
		"Connection refused",
		"\"db\" (172.18.0.2), port 5432"},
	{"database-unreachable", "FATAL:  the database system is starting up", NULL},
	{"database-unreachable", "ERROR 2002 (HY000): Can't connect to MySQL server on 'db:3306'",
		"db:3306"},
	{"migration-before-database",
		"Applying database migrations failed. This is mostly caused by the database being "
		"unavailable.",
		NULL},
	{"service-not-found", "Error: getaddrinfo ENOTFOUND db", "db"},
	{"service-not-found", "could not translate host name \"db\" to address", "db"},
	{"service-not-found", "dial tcp: lookup cache on 127.0.0.11:53: no such host", "cache"},
	{"connection-refused", "connect ECONNREFUSED 172.18.0.2:6379", "172.18.0.2:6379"},
	{"connection-refused", "dial tcp 172.18.0.4:9000: connect: connection refused",
		"172.18.0.4:9000"},
	{"connection-refused", "curl: (7) Connection refused", NULL},
	{"dependency-failed", "dependency failed to start: container app-db-1 is unhealthy",
		"app-db-1"},
	{"dependency-failed", "service \"migrate\" didn't complete successfully: exit 1",
		"migrate"},
	{"offline", "Error: getaddrinfo ENOTFOUND eu.posthog.com", "eu.posthog.com"},
	{"offline", "getaddrinfo EAI_AGAIN packages.example.org", "packages.example.org"},
	{"offline", "Temporary failure in name resolution", NULL},
	{"offline", "curl: (6) Could not resolve host: wheels.example.org", "wheels.example.org"},
	{"offline", "NameResolutionError: Failed to resolve 'huggingface.co'", "huggingface.co"},
	{"offline", "dial tcp: lookup get.docker.com on 1.1.1.1:53: no such host",
		"get.docker.com"},
	{"offline", "connect: network is unreachable", NULL},
	{"offline", "connect ENETUNREACH 1.2.3.4:443", NULL},
};

static size_t search(const char *const *log, size_t count, int http_status, const char *project,
	struct arena *arena, struct known_issue_hit *hits)
{
	struct err err = ERR_INIT;
	struct log_line items[16];
	size_t found = 0;
	for (size_t i = 0; i < count; i++)
		items[i] = (struct log_line){log[i], true};
	struct log_lines lines = {items, count};
	struct known_issue_texts texts = {.service = "web",
		.lines = &lines,
		.http_status = http_status,
		.project_json = project};
	CHECK_OK(known_issue_search(&texts, arena, hits, &found, &err));
	return found;
}

TEST(every_sample_is_known_and_named)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		AUTO(arena) arena = arena_new();
		struct known_issue_hit hits[KNOWN_ISSUE_HITS];
		size_t count = search(&samples[i].line, 1, 0, NULL, arena, hits);
		if (count == 0 || strcmp(hits[0].id, samples[i].issue) != 0)
			check_report(__FILE__, __LINE__, "%s: found %s, expected %s",
				samples[i].line, count ? hits[0].id : "nothing", samples[i].issue);
		else if (samples[i].names && !text_ends_with(hits[0].cause, samples[i].names))
			check_report(__FILE__, __LINE__, "%s: the cause \"%s\" does not name %s",
				samples[i].line, hits[0].cause, samples[i].names);
	}
}

static bool pattern_hits(const struct known_issue_pattern *pattern, const char *line)
{
	char lower[512];
	size_t length = strlen(line);
	for (size_t i = 0; i <= length; i++)
		lower[i] = (char)tolower((unsigned char)line[i]);
	if (!strstr(lower, pattern->needle))
		return false;
	if (!pattern->expression)
		return true;
	regex_t regex;
	CHECK_INT(regcomp(&regex, pattern->expression, REG_EXTENDED | REG_ICASE), 0);
	bool hit = regexec(&regex, line, 0, NULL, 0) == 0;
	CHECK(pattern->group <= regex.re_nsub);
	regfree(&regex);
	return hit;
}

TEST(every_pattern_has_a_sample_and_belongs_to_an_issue)
{
	for (const struct known_issue_pattern *p = known_issue_patterns; p->issue; p++) {
		bool hit = strcmp(p->issue, "ready-but-500") == 0, known = false;
		for (size_t i = 0; i < ARRAY_SIZE(samples) && !hit; i++)
			hit = strcmp(samples[i].issue, p->issue) == 0 &&
			      pattern_hits(p, samples[i].line);
		for (const struct known_issue *issue = known_issue_table; issue->id; issue++)
			known = known || strcmp(issue->id, p->issue) == 0;
		if (!hit || !known)
			check_report(__FILE__, __LINE__, "%s \"%s\" %s: %s", p->issue, p->needle,
				p->expression ? p->expression : "",
				known ? "no sample hits it" : "no such issue");
		for (const char *at = p->needle; *at; at++)
			CHECK(!isupper((unsigned char)*at));
	}
}

TEST(every_issue_has_patterns_texts_and_a_detail_that_compiles)
{
	for (const struct known_issue *issue = known_issue_table; issue->id; issue++) {
		size_t patterns = 0;
		regex_t regex;
		for (const struct known_issue_pattern *p = known_issue_patterns; p->issue; p++)
			patterns += strcmp(p->issue, issue->id) == 0;
		CHECK(patterns > 0);
		CHECK(issue->cause[0] && issue->remedy[0]);
		CHECK(!strchr(issue->cause, '%') && !strchr(issue->remedy, '%'));
		if (issue->detail) {
			CHECK_INT(regcomp(&regex, issue->detail, REG_EXTENDED), 0);
			regfree(&regex);
		}
	}
}

#define SEARCH(...)                                    \
	const char *const log_[] = {__VA_ARGS__};      \
	AUTO(arena) arena = arena_new();               \
	struct known_issue_hit hits[KNOWN_ISSUE_HITS]; \
	size_t count = search(log_, ARRAY_SIZE(log_), http_status, project, arena, hits)

TEST(the_root_stands_before_what_it_leads_to)
{
	int http_status = 0;
	const char *project = NULL;
	SEARCH("Error: getaddrinfo ENOTFOUND eu.posthog.com",
		"Applying database migrations failed. This is mostly caused by …",
		"Error: P1000: Authentication failed against database server at `db`",
		"Error: P1001: Can't reach database server at `db:5432`");
	CHECK_INT(count, 4);
	CHECK_STR(hits[0].id, "password-of-old-data");
	CHECK_STR(hits[1].id, "database-unreachable");
	CHECK_STR(hits[2].id, "migration-before-database");
	CHECK_STR(hits[3].id, "offline");
	CHECK(hits[3].note && hits[1].waits && !hits[0].waits);
}

TEST(a_masked_environment_error_shows_the_lines_that_name_the_variable)
{
	int http_status = 0;
	const char *project = NULL;
	SEARCH("❌ Invalid environment variables: {", "  SALT: [ 'Required' ],", "}",
		"TypeError: Cannot set property message of ZodError which has only a getter");
	CHECK_STR(hits[0].id, "environment-masked");
	CHECK_CONTAINS(hits[0].cause, "not the processor");
	CHECK_CONTAINS(hits[0].more[0], "Invalid environment variables");
	CHECK_CONTAINS(hits[0].more[1], "SALT");
	CHECK_INT(count, 2);
}

TEST(ready_counts_only_when_it_answers_500)
{
	int http_status = 500;
	const char *project = NULL;
	SEARCH(" ✓ Ready in 2.1s");
	CHECK_INT(count, 1);
	CHECK_STR(hits[0].id, "ready-but-500");
	CHECK_INT(search(log_, 1, 0, NULL, arena, hits), 0);
	CHECK_INT(search(log_, 1, 404, NULL, arena, hits), 0);
}

TEST(the_last_run_beats_earlier_ones)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct known_issue_hit hits[KNOWN_ISSUE_HITS];
	size_t count;
	struct log_line items[] = {{"exec /x: exec format error", false},
		{"Can't reach database server at `db:5432`", true},
		{"Can't reach database server at `old:1`", false}};
	struct log_lines lines = {items, 3};
	struct known_issue_texts texts = {.lines = &lines};
	CHECK_OK(known_issue_search(&texts, arena, hits, &count, &err));
	CHECK_INT(count, 2);
	CHECK_STR(hits[0].id, "database-unreachable");
	CHECK_CONTAINS(hits[0].cause, "db:5432");
	CHECK_STR(hits[1].id, "wrong-architecture");
}

TEST(the_bundles_rules_come_first_and_speak_both_languages)
{
	int http_status = 0;
	const char *project =
		"[{\"service\":\"other\",\"match\":\"denied\",\"cause\":\"x\",\"remedy\":\"y\"},"
		"{\"service\":\"web\",\"match\":\"code [0-9]+$\",\"cause\":{\"en\":\"e\",\"zh\":"
		"\"因\"},\"remedy\":{\"en\":\"r\"}},"
		"{\"match\":\"f(x\",\"cause\":\"fixed\",\"remedy\":\"z\"}]";
	SEARCH("EACCES: permission denied, code 12", "in f(x now");
	CHECK_INT(count, 2);
	CHECK_STR(hits[0].id, "project");
	CHECK_STR(hits[0].cause, "e");
	CHECK_STR(hits[0].remedy, "r");
	CHECK_STR(hits[1].cause, "fixed");
	message_set_language(MESSAGE_ZH);
	search(log_, 2, 0, project, arena, hits);
	message_set_language(MESSAGE_EN);
	CHECK_STR(hits[0].cause, "因");
	CHECK_STR(hits[0].remedy, "r");
}

TEST(rules_that_no_builder_wrote_are_refused)
{
	static const char *const bad[] = {
		"{", "[{\"match\":1}]", "[{\"match\":\"x\",\"cause\":{\"en\":2}}]"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err err = ERR_INIT;
		AUTO(arena) arena = arena_new();
		struct known_issue_hit hits[KNOWN_ISSUE_HITS];
		size_t count;
		struct known_issue_texts texts = {.project_json = bad[i]};
		CHECK_FAILS(known_issue_search(&texts, arena, hits, &count, &err), CODE_INTEGRITY);
	}
}

TEST(harmless_lines_are_no_issue)
{
	int http_status = 0;
	const char *project = NULL;
	SEARCH("listening on 0.0.0.0:3000", "0 errors, 0 warnings",
		"ERROR: permission denied for table x",
		"All migrations have been successfully applied.", "✓ Ready in 2.1s",
		"GET /api/public/health 200", "no space for jokes");
	CHECK_INT(count, 0);
}
