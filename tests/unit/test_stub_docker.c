/* What the engine's answers are taken to mean, with tests/fakes/docker as the engine. */
#include "docker_cli.h"

#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "file_io.h"
#include "health.h"
#include "image_proof.h"

struct fixture {
	struct arena *arena;
	struct docker_cli docker;
	struct err err;
};

/* A folder of its own with the fake and this scenario, first in PATH. */
static void fixture_begin(struct fixture *f, const char *scenario)
{
	char here[4096];
	*f = (struct fixture){.arena = arena_new()};
	struct err err = ERR_INIT;
	CHECK(getcwd(here, sizeof(here)) != NULL);
	CHECK_OK(file_write_all("scenario.json", scenario, strlen(scenario), 0600, &err));
	unlink("state.json");
	CHECK(access("docker", X_OK) == 0 || symlink(TEST_DATA "/fakes/docker", "docker") == 0);
	if (strstr(scenario, "standalone"))
		CHECK(symlink(TEST_DATA "/fakes/docker", "docker-compose") == 0);
	AUTO_FREE char *path = xprintf("%s:/usr/bin:/bin", here);
	setenv("PATH", path, 1);
	unsetenv("DOCKER_HOST");
	CHECK(docker_cli_find(&f->docker, f->arena, NULL));
}

static void fixture_end(struct fixture *f)
{
	arena_free(f->arena);
}

static void check_state(const char *scenario, enum docker_state state, const char *detail)
{
	struct fixture f;
	struct docker_engine engine;
	fixture_begin(&f, scenario);
	struct err err = ERR_INIT;
	CHECK_OK(docker_engine_probe(&f.docker, &engine, &err));
	CHECK_INT(engine.state, state);
	CHECK_CONTAINS(engine.detail, detail);
	if (state == DOCKER_READY) {
		CHECK_OK(docker_engine_check(&engine, f.arena, &err));
	} else {
		CHECK_FAILS(docker_engine_check(&engine, f.arena, &err), CODE_DOCKER);
		CHECK(err.hint[0] != '\0');
	}
	fixture_end(&f);
}

TEST(a_healthy_engine_is_ready)
{
	struct fixture f;
	struct docker_engine engine;
	fixture_begin(&f, "{\"store\":\"containerd\",\"arch\":\"arm64\"}");
	struct err err = ERR_INIT;
	CHECK_OK(docker_engine_probe(&f.docker, &engine, &err));
	CHECK_INT(engine.state, DOCKER_READY);
	CHECK_STR(engine.os, "linux");
	CHECK_STR(engine.architecture, "arm64");
	CHECK_STR(engine.version, "28.5.2");
	CHECK_STR(engine.context, "default");
	CHECK(engine.containerd_store);
	CHECK_INT(engine.cpus, 4);
	fixture_end(&f);
}

TEST(an_engine_that_is_down_is_told_from_others)
{
	check_state("{\"engine\":\"down\"}", DOCKER_NOT_RUNNING, "Cannot connect");
	check_state("{\"engine\":\"denied\"}", DOCKER_NO_PERMISSION, "permission denied");
	check_state("{\"engine\":\"broken-context\"}", DOCKER_BROKEN_CONTEXT, "nosuch");
	check_state("{\"engine\":\"half\"}", DOCKER_UNKNOWN, "Server");
	check_state("{\"endpoint\":\"tcp://10.0.0.1:2375\"}", DOCKER_REMOTE, "tcp://");
	check_state("{\"endpoint\":\"ssh://me@there\"}", DOCKER_REMOTE, "ssh://");
}

TEST(garbage_is_not_taken_for_an_engine_and_cannot_drive_the_terminal)
{
	check_state("{\"engine\":\"garbage\"}", DOCKER_UNKNOWN, "");
}

TEST(docker_host_beats_the_context)
{
	struct fixture f;
	struct docker_engine engine;
	struct err err = ERR_INIT;
	fixture_begin(&f, "{}");
	setenv("DOCKER_HOST", "tcp://127.0.0.1:2375", 1);
	CHECK_OK(docker_engine_probe(&f.docker, &engine, &err));
	unsetenv("DOCKER_HOST");
	CHECK_INT(engine.state, DOCKER_REMOTE);
	fixture_end(&f);
}

static void check_compose(const char *scenario, bool expected, unsigned major, bool plugin)
{
	struct fixture f;
	struct err err = ERR_INIT;
	bool found;
	fixture_begin(&f, scenario);
	CHECK_OK(docker_compose_find(&f.docker, &found, &err));
	CHECK_INT(found, expected);
	if (found) {
		CHECK_INT(f.docker.compose_major, major);
		CHECK_INT(f.docker.compose_is_plugin, plugin);
	}
	fixture_end(&f);
}

TEST(compose_is_known_by_its_version_number)
{
	check_compose("{\"compose\":\"2.26.1\"}", true, 2, true);
	check_compose("{\"compose\":\"v2.40.3-desktop.1\"}", true, 2, true);
	check_compose("{\"compose\":\"Usage: docker\"}", false, 0, false);
	check_compose("{\"compose\":\"1.29.2\",\"standalone\":true}", true, 1, false);
}

static const struct manifest_layer layers[] = {{.digest = "sha256:b1", .diff_id = "sha256:d1"},
	{.digest = "sha256:b2", .diff_id = "sha256:d2"}};
static const struct manifest_image image = {
	.reference = "docker.io/lab/app:1.0",
	.tag = "docker.io/lab/app:1.0-0123456789ab",
	.pin = "sha256:manifest",
	.index = "sha256:index",
	.config = "sha256:config",
	.os = "linux",
	.architecture = "amd64",
	.layers = (struct manifest_layer *)layers,
	.layer_count = 2,
};

#define IMAGES(id, architecture, list)                                                           \
	"{\"images\":{\"lab/app:1.0-0123456789ab\":{\"Id\":\"" id                                \
	"\",\"Os\":\"linux\",\"Architecture\":\"" architecture "\",\"RootFS\":{\"Layers\":" list \
	"}}}"
#define BOTH "[\"sha256:d1\",\"sha256:d2\"]"

static void check_proof(const char *scenario, bool expected, const char *why_part)
{
	struct fixture f;
	struct err err = ERR_INIT;
	const char *why;
	fixture_begin(&f, scenario);
	CHECK_OK(image_proof_check(&f.docker, &image, 1, NULL, IMAGE_PROOF_FULL, &why, &err));
	CHECK_INT(why == NULL, expected);
	CHECK_CONTAINS(why ? why : "", why_part);
	fixture_end(&f);
}

TEST(an_image_is_proven_by_id_layers_platform_and_a_container)
{
	check_proof(IMAGES("sha256:config", "amd64", BOTH) "}", true, "");
	check_proof(IMAGES("sha256:manifest", "amd64", BOTH) "}", true, "");
	check_proof(IMAGES("sha256:index", "amd64", BOTH) "}", true, "");
	check_proof("{}", false, "does not have it");
	check_proof(IMAGES("sha256:other", "amd64", BOTH) "}", false, "sha256:other");
	check_proof(IMAGES("sha256:config", "amd64", "[\"sha256:d1\"]") "}", false, "layers");
	check_proof(IMAGES("sha256:config", "amd64", "[\"sha256:d2\",\"sha256:d1\"]") "}", false,
		"layers");
	check_proof(IMAGES("sha256:config", "amd64", "null") "}", false, "layers");
	check_proof(IMAGES("sha256:config", "arm64", BOTH) "}", false, "linux/arm64");
	check_proof(IMAGES("sha256:config", "amd64", BOTH) ",\"create\":\"fail\"}", false,
		"sha256:0983");
}

/* ---- asked ahead ---- */

static size_t calls_of(const char *words)
{
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	char *bytes = NULL;
	size_t length, count = 0;
	if (file_read_all("calls.jsonl", 1 << 20, arena, &bytes, &length, &err) < 0)
		return 0;
	for (const char *at = bytes; (at = strstr(at, words)); at++)
		count++;
	return count;
}

static const char *const the_tag[] = {"docker.io/lab/app:1.0-0123456789ab"};
#define INSPECT "\"image\", \"inspect\""

/* The engine is asked for this image and for what a killed run left, along with its version. */
static void begin_ahead(struct fixture *f, const char *scenario, struct docker_engine *engine)
{
	struct err err = ERR_INIT;
	unlink("calls.jsonl");
	fixture_begin(f, scenario);
	docker_images_inspect_ahead(&f->docker, the_tag, 1);
	docker_image_sweep_ahead(&f->docker);
	CHECK_OK(docker_engine_probe(&f->docker, engine, &err));
}

TEST(what_was_asked_ahead_is_not_asked_again)
{
	struct fixture f;
	struct docker_engine engine;
	struct err err = ERR_INIT;
	struct docker_image found;
	begin_ahead(&f, IMAGES("sha256:config", "amd64", BOTH) ",\"attempts\":[\"0123456789ab\"]}",
		&engine);
	CHECK_INT(engine.state, DOCKER_READY);
	CHECK_INT(calls_of(INSPECT), 1);
	CHECK_INT(calls_of("\"ps\""), 1);
	CHECK_OK(docker_images_inspect(&f.docker, the_tag, 1, &found, &err));
	CHECK_STR(found.id, "sha256:config");
	CHECK_OK(docker_image_sweep_attempts(&f.docker, &err));
	CHECK_INT(calls_of(INSPECT), 1);
	CHECK_INT(calls_of("\"ps\""), 1);
	CHECK_INT(calls_of("\"rm\""), 1);
	fixture_end(&f);
}

TEST(an_answer_from_ahead_is_given_once)
{
	struct fixture f;
	struct docker_engine engine;
	struct err err = ERR_INIT;
	struct docker_image found;
	begin_ahead(&f, "{}", &engine);
	CHECK_OK(docker_images_inspect(&f.docker, the_tag, 1, &found, &err));
	CHECK(!found.id);
	CHECK_INT(calls_of(INSPECT), 1);
	CHECK_OK(docker_images_inspect(&f.docker, the_tag, 1, &found, &err));
	CHECK_INT(calls_of(INSPECT), 2);
	fixture_end(&f);
}

static int feed_nothing(void *context, struct stream_sink *sink, struct err *err)
{
	(void)context;
	(void)sink;
	(void)err;
	return 0;
}

TEST(what_the_engine_said_before_a_load_is_forgotten)
{
	struct fixture f;
	struct docker_engine engine;
	struct err err = ERR_INIT;
	struct docker_image found;
	struct docker_load load = {.feed = feed_nothing};
	begin_ahead(&f, "{}", &engine);
	CHECK_OK(docker_images_load(&f.docker, &load, 1, &err));
	CHECK_OK(docker_images_inspect(&f.docker, the_tag, 1, &found, &err));
	CHECK_INT(calls_of(INSPECT), 2);
	fixture_end(&f);
}

TEST(an_engine_that_is_down_has_said_nothing_ahead)
{
	struct fixture f;
	struct docker_engine engine;
	struct err err = ERR_INIT;
	struct docker_image found;
	begin_ahead(&f, "{\"engine\":\"down\"}", &engine);
	CHECK_INT(engine.state, DOCKER_NOT_RUNNING);
	size_t before = calls_of(INSPECT);
	CHECK_FAILS(docker_images_inspect(&f.docker, the_tag, 1, &found, &err), CODE_DOCKER);
	CHECK_INT(calls_of(INSPECT), before + 1);
	fixture_end(&f);
}

/* ---- loads at the same time ---- */

/* Each waits for the other one to have begun. */
static int feed_meeting(void *context, struct stream_sink *sink, struct err *err)
{
	_Atomic unsigned *begun = context;
	(void)sink;
	++*begun;
	for (unsigned tries = 0; *begun < 2; tries++) {
		if (tries == 2000)
			return err_set(err, CODE_BUG, "nobody came");
		usleep(10000);
	}
	return 0;
}

static int feed_failing(void *context, struct stream_sink *sink, struct err *err)
{
	(void)context;
	(void)sink;
	return err_set(err, CODE_INTEGRITY, "it is damaged");
}

TEST(two_loads_run_at_the_same_time_and_each_is_judged)
{
	struct fixture f;
	struct err err = ERR_INIT;
	_Atomic unsigned begun = 0;
	struct docker_load loads[] = {
		{.feed = feed_meeting, .context = &begun}, {.feed = feed_meeting, .context = &begun}};
	fixture_begin(&f, "{}");
	CHECK_OK(docker_images_load(&f.docker, loads, 2, &err));
	for (size_t i = 0; i < 2; i++) { /* of nothing, docker makes no image */
		CHECK(!loads[i].ok);
		CHECK_CONTAINS(loads[i].words, "unexpected EOF");
	}
	loads[1] = (struct docker_load){.feed = feed_failing};
	CHECK_FAILS(docker_images_load(&f.docker, loads, 2, &err), CODE_INTEGRITY);
	fixture_end(&f);
}

static void check_loads_at_once(const char *scenario, unsigned expected)
{
	struct fixture f;
	struct docker_engine engine;
	struct err err = ERR_INIT;
	fixture_begin(&f, scenario);
	CHECK_OK(docker_engine_probe(&f.docker, &engine, &err));
	CHECK_INT(f.docker.loads_at_once, expected);
	fixture_end(&f);
}

TEST(only_a_classic_store_is_given_two_loads_at_once)
{
	check_loads_at_once("{}", 2);
	check_loads_at_once("{\"store\":\"containerd\"}", 1);
	check_loads_at_once("{\"driver\":\"overlay\"}", 1); /* Podman's */
	check_loads_at_once("{\"cpus\":1}", 1);
	check_loads_at_once("{\"engine\":\"down\"}", 0);
}

TEST(a_proof_asks_for_image_and_container_at_once)
{
	struct fixture f;
	struct err err = ERR_INIT;
	const char *why;
	unlink("calls.jsonl");
	fixture_begin(&f, "{}");
	CHECK_OK(image_proof_check(&f.docker, &image, 1, NULL, IMAGE_PROOF_FULL, &why, &err));
	CHECK_CONTAINS(why ? why : "", "does not have it");
	CHECK_INT(calls_of(INSPECT), 1);
	CHECK_INT(calls_of("\"create\""), 1);
	fixture_end(&f);
}

/* ---- health ---- */

static struct manifest_service services[] = {
	{.name = "db", .active = true}, {.name = "web", .active = true}, {.name = "extra"}};
static const struct manifest manifest = {.name = "p", .services = services, .service_count = 3};

static int wait_with(const char *scenario, uint64_t timeout_ms, struct err *err, char *culprit)
{
	struct fixture f;
	struct health health;
	const struct health_service *found = NULL;
	struct ui_settings settings = {.mode = UI_PLAIN, .quiet = true};
	AUTO(ui) ui = ui_new(&settings);
	fixture_begin(&f, scenario);
	health_init(&health, &f.docker, &manifest, "p", f.arena);
	CHECK_INT(health_look(&health, false, err), 0);
	/* What `up` does to the fake. */
	static const char up[] = "{\"images\":{},\"looks\":0,\"up\":1}";
	CHECK_INT(file_write_all("state.json", up, sizeof(up) - 1, 0600, err), 0);
	int status = health_wait(&health, timeout_ms, ui, &found, err);
	snprintf(culprit, 32, "%s", found ? found->name : "");
	fixture_end(&f);
	return status;
}

#define HEALTHY_DB "{\"service\":\"db\",\"health\":\"healthy\"}"

TEST(healthy_and_finished_services_are_ready)
{
	struct err err = ERR_INIT;
	char culprit[32];
	CHECK_OK(wait_with("{\"containers\":[[{\"service\":\"db\",\"health\":\"starting\"}],"
			   "[" HEALTHY_DB ",{\"service\":\"web\",\"status\":\"exited\"}]]}",
		10000, &err, culprit));
}

TEST(a_service_without_healthcheck_must_stay_up)
{
	struct err err = ERR_INIT;
	char culprit[32];
	CHECK_FAILS(wait_with("{\"containers\":[[" HEALTHY_DB ",{\"service\":\"web\"}]]}", 1000,
			    &err, culprit),
		CODE_UNHEALTHY);
	CHECK_STR(culprit, "web");
	err_clear(&err);
	CHECK_OK(wait_with(
		"{\"containers\":[[" HEALTHY_DB ",{\"service\":\"web\"}]]}", 9000, &err, culprit));
}

TEST(a_rising_restart_count_is_a_crash_loop_even_while_it_runs)
{
	struct err err = ERR_INIT;
	char culprit[32];
#define WEB(count) "[" HEALTHY_DB ",{\"service\":\"web\",\"restarts\":" count ",\"exit\":1}]"
	CHECK_FAILS(wait_with("{\"containers\":[" WEB("1") "," WEB("2") "," WEB("3") "]}", 30000,
			    &err, culprit),
		CODE_CRASH_LOOP);
	CHECK_STR(culprit, "web");
	CHECK_CONTAINS(err.text, "web crashes again and again");
}

TEST(one_restart_while_the_database_comes_up_is_forgiven)
{
	struct err err = ERR_INIT;
	char culprit[32];
	CHECK_OK(wait_with("{\"containers\":[[{\"service\":\"db\",\"health\":\"starting\"},{"
			   "\"service\":\"web\",\"status\":\"restarting\",\"restarts\":4,"
			   "\"health\":\"starting\"}],"
			   "[" HEALTHY_DB
			   ",{\"service\":\"web\",\"restarts\":4,\"health\":\"healthy\"}]]}",
		10000, &err, culprit));
}

TEST(a_service_that_ended_badly_is_named_at_once)
{
	struct err err = ERR_INIT;
	char culprit[32];
	CHECK_FAILS(wait_with("{\"containers\":[[" HEALTHY_DB ",{\"service\":\"web\",\"status\":"
			      "\"exited\",\"exit\":137,\"oom\":true}]]}",
			    30000, &err, culprit),
		CODE_UNHEALTHY);
	CHECK_CONTAINS(err.text, "137 (out of memory)");
	err_clear(&err);
	CHECK_FAILS(
		wait_with("{\"containers\":[[" HEALTHY_DB ",{\"service\":\"web\",\"status\":"
			  "\"created\",\"exit\":128,\"error\":\"port is already allocated\"}]]}",
			30000, &err, culprit),
		CODE_UNHEALTHY);
	CHECK_CONTAINS(err.text, "port is already allocated");
}

TEST(a_missing_container_and_a_failing_healthcheck_run_out_of_time)
{
	struct err err = ERR_INIT;
	char culprit[32];
	CHECK_FAILS(wait_with("{\"containers\":[[" HEALTHY_DB "]]}", 500, &err, culprit),
		CODE_UNHEALTHY);
	CHECK_STR(culprit, "web");
	err_clear(&err);
	CHECK_FAILS(wait_with("{\"containers\":[[" HEALTHY_DB ",{\"service\":\"web\",\"health\":"
			      "\"unhealthy\"}]]}",
			    500, &err, culprit),
		CODE_UNHEALTHY);
	CHECK_CONTAINS(err.text, "healthcheck fails");
}

TEST(podman_tells_the_owner_of_a_port_though_it_knows_no_filter_for_it)
{
	struct fixture f;
	struct err err = ERR_INIT;
	const char *name, *project;
	fixture_begin(&f, "{\"podman\":true,\"owners\":{\"9000\":\"lonely \",\"8088\":\"other-web-1 other\"}}");
	CHECK_OK(docker_port_owner(&f.docker, 8088, false, &name, &project, &err));
	CHECK_STR(name, "other-web-1");
	CHECK_STR(project, "other");
	CHECK_OK(docker_port_owner(&f.docker, 9000, false, &name, &project, &err));
	CHECK_STR(name, "lonely");
	CHECK_STR(project, "");
	CHECK_OK(docker_port_owner(&f.docker, 8088, true, &name, &project, &err));
	CHECK(!name);
	CHECK_OK(docker_port_owner(&f.docker, 80, false, &name, &project, &err));
	CHECK(!name);
	const char *filter = "publish=8088-8088";
	bool any = false;
	CHECK_OK(docker_containers_match(&f.docker, &filter, 1, true, &any, &err));
	CHECK(any);
	fixture_end(&f);
}

TEST(the_owner_of_a_port_is_named)
{
	struct fixture f;
	struct err err = ERR_INIT;
	const char *name, *project;
	fixture_begin(&f, "{\"owners\":{\"8088\":\"other-web-1 other\",\"9000\":\"lonely \"}}");
	CHECK_OK(docker_port_owner(&f.docker, 8088, false, &name, &project, &err));
	CHECK_STR(name, "other-web-1");
	CHECK_STR(project, "other");
	CHECK_OK(docker_port_owner(&f.docker, 9000, false, &name, &project, &err));
	CHECK_STR(project, "");
	CHECK_OK(docker_port_owner(&f.docker, 1, false, &name, &project, &err));
	CHECK(!name);
	fixture_end(&f);
}
