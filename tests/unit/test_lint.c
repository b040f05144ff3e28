/* Lint: every rule finds its case, and a good file has no findings. */
#include "check.h"

#include "file_io.h"
#include "lint.h"
#include "text.h"

static struct arena *arena;
static struct err err;
static struct finding_list findings;
static struct compose_project *project;

__attribute__((constructor)) static void set_up(void)
{
	arena = arena_new();
}

__attribute__((destructor)) static void tear_down(void)
{
	arena_free(arena);
}

static void lint(const char *text)
{
	err_clear(&err);
	finding_list_init(&findings, arena);
	CHECK_OK(file_write_all("compose.yaml", text, strlen(text), 0644, &err));
	project = compose_project_load(arena, "compose.yaml", NULL, NULL, &err);
	CHECK_STR(err.text, "");
	if (project)
		lint_project(project, &findings);
	finding_list_sort(&findings);
}

static const struct finding *rule(const char *name)
{
	static const struct finding none = {.text = "", .remedy = ""};
	for (size_t i = 0; i < findings.count; i++)
		if (strcmp(findings.items[i].rule, name) == 0)
			return &findings.items[i];
	return &none;
}

/* The service's lines below "services: a:" (line 3 on) break this rule in that line. */
static void finds(const char *lines, const char *name, unsigned line)
{
	AUTO_TEXT text = TEXT_INIT;
	text_addf(&text, "services:\n  a:\n%s\nvolumes: {v: , x: }\n", lines);
	lint(text.bytes);
	CHECK_STR(rule(name)->rule, name);
	CHECK_INT(rule(name)->line, line);
}

static void finds_not(const char *lines, const char *name)
{
	AUTO_TEXT text = TEXT_INIT;
	text_addf(&text, "services:\n  a:\n%s\nvolumes: {v: , x: }\n", lines);
	lint(text.bytes);
	CHECK(!rule(name)->rule);
}

TEST(a_good_file_has_no_findings)
{
	lint("services:\n"
	     "  web:\n"
	     "    image: nginx:1.27.3\n"
	     "    restart: unless-stopped\n"
	     "    ports: [\"127.0.0.1:8080:80\"]\n"
	     "    environment: {DB_PASSWORD: \"${DB_PASSWORD-}\"}\n"
	     "    depends_on: {db: {condition: service_healthy}}\n"
	     "  db:\n"
	     "    image: postgres:17.2\n"
	     "    restart: always\n"
	     "    healthcheck: {test: [CMD, pg_isready]}\n"
	     "    volumes: [data:/var/lib/postgresql/data]\n"
	     "volumes: {data: }\n");
	CHECK_INT(findings.count, 0);
}

TEST(tags_that_move_are_named)
{
	finds("    image: nginx", "floating-tag", 3);
	finds("    image: localhost:5000/nginx", "floating-tag", 3);
	finds("    image: nginx:latest", "floating-tag", 3);
	finds("    image: ghcr.io/langfuse/langfuse:2", "floating-tag", 3);
	finds("    image: postgres:16-alpine", "floating-tag", 3);
	finds_not("    image: postgres:16.4-alpine", "floating-tag");
	finds_not("    image: minio/minio:RELEASE.2025-01-20T14-49-07Z", "floating-tag");
	finds_not("    image: x:sha-1a2b3c4\n    platform: linux/amd64", "nothing");
	finds_not("    image: x@sha256:"
		  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"floating-tag");
}

TEST(open_ports_are_named_with_the_line_to_write)
{
	finds("    image: a:1.0\n    ports:\n      - \"${P:-3000}:80\"", "public-port", 5);
	CHECK_CONTAINS(rule("public-port")->remedy, "\"127.0.0.1:${P:-3000}:80\"");
	finds("    image: postgres:17.1\n    ports: [\"0.0.0.0:5432:5432\"]", "public-database", 4);
	finds_not("    image: a:1.0\n    ports: [\"127.0.0.1:1:1\"]", "public-port");
	finds("    image: a:1.0\n    ports:\n      - 22:22", "base-60-port", 5);
	finds_not("    image: a:1.0\n    ports:\n      - 80:80", "base-60-port");
	finds_not("    image: a:1.0\n    ports:\n      - '22:22'", "base-60-port");
}

TEST(secrets_in_the_file_are_named_and_never_shown)
{
	finds("    image: a:1.0\n    environment:\n      - SALT_KEY=hunter2", "weak-secret", 5);
	CHECK(!strstr(rule("weak-secret")->text, "hunter2"));
	finds("    image: a:1.0\n    environment:\n      A_SECRET: 0123456789abcdef",
		"inline-secret", 5);
	finds("    image: a:1.0\n    environment:\n      URL: postgresql://u:pw@db:5432/x",
		"inline-secret", 5);
	finds_not("    image: a:1.0\n    environment:\n      URL: postgresql://u:${PW-}@db:5432/x",
		"inline-secret");
	finds_not("    image: a:1.0\n    environment:\n      A_SECRET: ${A_SECRET-}",
		"inline-secret");
}

TEST(mounts_that_bite_are_named)
{
	finds("    image: a:1.0\n    volumes:\n      - x:/data", "one-letter-volume", 5);
	CHECK_INT(rule("one-letter-volume")->severity, FINDING_ERROR);
	finds("    image: a:1.0\n    volumes: [\"/var/run/docker.sock:/s\"]", "docker-socket", 4);
	finds("    image: a:1.0\n    volumes: [\"/etc/localtime:/etc/localtime\"]", "host-path", 4);
	finds("    image: mysql:8.4\n    volumes: [\"./d:/var/lib/mysql\"]", "database-bind", 4);
}

TEST(a_bare_dependency_gets_its_lines)
{
	finds("    image: a:1.0\n    depends_on:\n      - db\n  db: {image: \"postgres:17.1\"}",
		"bare-depends-on", 5);
	CHECK_CONTAINS(rule("bare-depends-on")->remedy, "condition: service_healthy");
	CHECK_CONTAINS(rule("bare-depends-on")->remedy, "pg_isready");
	finds_not("    image: a:1.0\n    depends_on:\n      - b\n  b: {image: \"b:1.1\"}",
		"bare-depends-on");
}

TEST(the_rest_is_named_too)
{
	finds("    image: a:1.0", "no-restart", 2);
	finds("    image: a:1.0\n    container_name: x", "container-name", 4);
	finds("    image: a:1.0\n    network_mode: host", "host-network", 4);
	finds("    image: a:1.0\n    privileged: true", "privileged", 4);
	lint("version: '3.9'\nservices: {a: {image: a}}\nvolumes: {v: {external: true}}\n"
	     "networks: {n: {external: true}}\nsecrets: {s: {file: x}, t: {content: y}}\n");
	CHECK_INT(rule("obsolete-version")->line, 1);
	CHECK_INT(rule("external-volume")->line, 3);
	CHECK_INT(rule("external-network")->line, 4);
	CHECK_INT(rule("secret-file")->line, 5);
	CHECK_INT(rule("inline-secret")->line, 5);
	CHECK_OK(file_write_all("compose.override.yaml", "", 0, 0644, &err));
	lint("services: {a: {image: a}}\n");
	CHECK_STR(rule("override-file")->file, "compose.override.yaml");
	unlink("compose.override.yaml");
}

TEST(postgres_18_over_the_old_volume_is_fatal_when_it_is_certain)
{
	static const char volume[] = "    volumes: [v:/var/lib/postgresql/data]";
	AUTO_TEXT text = TEXT_INIT;
	text_addf(&text, "    image: postgres\n%s", volume);
	finds(text.bytes, "postgres-18-volume", 3);
	CHECK_INT(rule("postgres-18-volume")->severity, FINDING_WARNING);
	CHECK_CONTAINS(rule("postgres-18-volume")->remedy, "image: postgres:17");
	text_clear(&text);
	text_addf(&text, "    image: docker.io/library/postgres:18.1-alpine\n%s", volume);
	finds(text.bytes, "postgres-18-volume", 3);
	CHECK_INT(rule("postgres-18-volume")->severity, FINDING_ERROR);
	CHECK_CONTAINS(
		rule("postgres-18-volume")->remedy, "image: docker.io/library/postgres:17-alpine");
	text_clear(&text);
	text_addf(&text, "    image: postgres:17\n%s", volume);
	finds_not(text.bytes, "postgres-18-volume");
	finds_not("    image: postgres:18\n    volumes: [v:/var/lib/postgresql]",
		"postgres-18-volume");
}

TEST(the_packed_image_itself_decides_for_a_floating_tag)
{
	static const char *const old[] = {"PATH=/bin", "PG_MAJOR=17"};
	static const char *const new[] = {"PATH=/bin", "PG_MAJOR=18"};
	lint("services:\n  db:\n    image: postgres\n    volumes: [v:/var/lib/postgresql/data]\n"
	     "volumes: {v: }\n");
	const struct compose_service *db = compose_project_service(project, "db");
	finding_list_init(&findings, arena);
	lint_known_fatal(project, db, old, 2, &findings);
	CHECK_INT(findings.count, 0);
	lint_known_fatal(project, db, new, 2, &findings);
	CHECK_INT(findings.count, 1);
	CHECK_FAILS(finding_list_fail(&findings, &err), CODE_INPUT);
	CHECK_CONTAINS(err.text, "compose.yaml:3: postgres is Postgres 18");
	CHECK_CONTAINS(err.hint, "image: postgres:17");
}

TEST(findings_are_written_for_people_and_for_programs)
{
	finding_list_init(&findings, arena);
	struct finding *finding =
		finding_add(&findings, FINDING_WARNING, "r", "f", 3, "%s", "a \"b\"");
	finding_remedy(&findings, finding, "%s", "x\ny");
	AUTO_TEXT text = TEXT_INIT;
	finding_add_text(&text, finding);
	CHECK_STR(text.bytes, "f:3: warning: a \"b\" [r]\n    x\n    y\n");
	AUTO_TEXT json = TEXT_INIT;
	finding_add_json(&json, finding);
	CHECK_STR(json.bytes,
		"{\"schema\":1,\"event\":\"finding\",\"severity\":\"warning\",\"rule\":"
		"\"r\",\"file\":\"f\",\"line\":3,\"text\":\"a \\\"b\\\"\",\"remedy\":"
		"\"x\\ny\"}\n");
}
