/* Compose files -> structs: interpolation, extends, include, profiles, short and long forms. */
#include "check.h"

#include <sys/stat.h>

#include "compose_project.h"
#include "file_io.h"

static struct arena *arena;
static struct err err;
static struct finding_list warnings;

__attribute__((constructor)) static void set_up(void)
{
	arena = arena_new();
}

__attribute__((destructor)) static void tear_down(void)
{
	arena_free(arena);
}

static void file(const char *path, const char *text)
{
	struct err failure = ERR_INIT;
	CHECK(file_write_all(path, text, strlen(text), 0644, &failure) == 0);
}

static struct compose_project *load_with(const struct compose_options *options)
{
	err_clear(&err);
	finding_list_init(&warnings, arena);
	return compose_project_load(arena, "compose.yaml", options, &warnings, &err);
}

static struct compose_project *load(const char *text)
{
	file("compose.yaml", text);
	struct compose_project *project = load_with(NULL);
	CHECK_STR(err.text, "");
	return project;
}

static void refused(const char *text, const char *message)
{
	file("compose.yaml", text);
	CHECK(!load_with(NULL));
	CHECK_INT(err.code, CODE_INPUT);
	CHECK_CONTAINS(err.text, message);
}

static const struct compose_service *service(struct compose_project *project, const char *name)
{
	static const struct compose_service nothing;
	const struct compose_service *found =
		project ? compose_project_service(project, name) : NULL;
	CHECK(found != NULL);
	return found ? found : &nothing;
}

TEST(an_image_knows_its_place_and_its_raw_form)
{
	file(".env", "TAG=17\n");
	struct compose_project *project = load("services:\n"
					       "  db:\n"
					       "    image: ${REG:-docker.io}/postgres:$TAG # c\n");
	const struct compose_service *db = service(project, "db");
	CHECK_STR(db->image, "docker.io/postgres:17");
	CHECK_STR(db->image_raw, "${REG:-docker.io}/postgres:$TAG");
	CHECK_INT(db->image_place.line, 3);
	CHECK_INT(db->place.line, 2);
	CHECK_STR(db->place.file->path, "compose.yaml");
	CHECK_STR(project->env_path, ".env");
	CHECK_INT(warnings.count, 0);
	CHECK(db->packed && db->active);
}

TEST(a_variable_without_a_value_is_warned_of)
{
	CHECK(load("services: {a: {image: \"x${NOPE}\"}}\n") != NULL);
	CHECK_INT(warnings.count, 1);
	CHECK_STR(warnings.items[0].rule, "unset-variable");
	CHECK_INT(warnings.items[0].line, 1);
}

TEST(merge_keys_and_aliases_are_followed)
{
	struct compose_project *project = load("x-base: &base\n"
					       "  image: base:1\n"
					       "  restart: always\n"
					       "x-env: &env {A: 1, B: 2}\n"
					       "services:\n"
					       "  a:\n"
					       "    <<: *base\n"
					       "    environment: {<<: *env, B: 3}\n"
					       "  b:\n"
					       "    <<: [{image: first}, *base]\n"
					       "  c: *base\n");
	CHECK_STR(service(project, "a")->image, "base:1");
	CHECK_INT(service(project, "a")->image_place.line, 2);
	CHECK_STR(service(project, "a")->restart, "always");
	CHECK_INT(service(project, "a")->variable_count, 2);
	CHECK_STR(service(project, "a")->environment[0].value, "3");
	CHECK_STR(service(project, "b")->image, "first");
	CHECK_STR(service(project, "b")->restart, "always");
	CHECK_STR(service(project, "c")->image, "base:1");
}

TEST(extends_merges_by_composes_rules)
{
	mkdir("sub", 0755);
	file("sub/common.yml", "services:\n"
			       "  root: {image: root:1, environment: [A=1, B=1]}\n"
			       "  base:\n"
			       "    extends: root\n"
			       "    env_file: base.env\n"
			       "    volumes: [./data:/data]\n"
			       "    ports: [\"80:80\"]\n"
			       "    command: [a]\n");
	struct compose_project *project =
		load("services:\n"
		     "  web:\n"
		     "    extends: {service: base, file: sub/common.yml}\n"
		     "    environment: {B: 2}\n"
		     "    ports: [\"81:81\"]\n"
		     "    volumes: [v:/data]\n"
		     "  two:\n"
		     "    extends: {service: web}\n"
		     "    image: two:2\n"
		     "volumes: {v: }\n");
	const struct compose_service *web = service(project, "web");
	CHECK_STR(web->image, "root:1");
	CHECK_STR(web->image_place.file->path, "sub/common.yml");
	CHECK_INT(web->variable_count, 2);
	CHECK_STR(web->environment[1].value, "2");
	CHECK_INT(web->port_count, 2);
	CHECK_INT(web->mount_count, 1);
	CHECK_INT(web->mounts[0].kind, COMPOSE_VOLUME_NAMED);
	CHECK_INT(web->env_file_count, 1);
	CHECK_STR(web->env_files[0].base->directory, "sub");
	CHECK_STR(service(project, "two")->image, "two:2");
	CHECK_INT(service(project, "two")->port_count, 2);
	CHECK_INT(project->file_count, 2);
	CHECK_STR(project->files[1]->packed, "sub/common.yml");
}

TEST(include_reads_other_projects_with_their_own_env)
{
	mkdir("inc", 0755);
	file(".env", "WHO=outer\n");
	file("inc/.env", "WHO=inner\nONLY=inner\n");
	file("inc/c.yml", "services: {i: {image: \"i:${WHO}-${ONLY}\"}}\n");
	file("inc/over.yml", "services: {i: {restart: always}}\n");
	struct compose_project *project = load("include:\n"
					       "  - path: [inc/c.yml, inc/over.yml]\n"
					       "services: {a: {image: a, depends_on: [i]}}\n");
	CHECK_STR(service(project, "i")->image, "i:outer-inner");
	CHECK_STR(service(project, "i")->restart, "always");
	CHECK_INT(project->file_count, 3);
	CHECK_INT(project->include_env_file_count, 1);
	CHECK_STR(project->include_env_files[0].path, "inc/.env");
	unlink(".env");
}

TEST(ports_are_taken_apart)
{
	file(".env", "P=9000\nMAP=1:2\n");
	struct compose_project *project =
		load("services:\n"
		     "  a:\n"
		     "    image: a\n"
		     "    ports:\n"
		     "      - 3000\n"
		     "      - \"127.0.0.1:${P:-80}:80/udp\"\n"
		     "      - \"[::1]:81:81\"\n"
		     "      - \"8000-8002:9000-9002\"\n"
		     "      - $MAP\n"
		     "      - {target: 5, published: \"${P}\", host_ip: 0.0.0.0}\n"
		     "      - \"127.0.0.1::6\"\n"
		     "      - \"3000\"\n");
	const struct compose_service *a = service(project, "a");
	CHECK_INT(a->port_count, 7);
	CHECK_INT(a->ports[0].target_begin, 3000);
	CHECK_INT(a->ports[0].published_begin, 0);
	CHECK_STR(a->ports[1].host_ip, "127.0.0.1");
	CHECK_INT(a->ports[1].published_begin, 9000);
	CHECK_STR(a->ports[1].published_raw, "${P:-80}");
	CHECK_STR(a->ports[1].target_raw, "80");
	CHECK_STR(a->ports[1].protocol, "udp");
	CHECK_STR(a->ports[2].host_ip, "::1");
	CHECK_INT(a->ports[3].published_end, 8002);
	CHECK_INT(a->ports[4].published_begin, 1);
	CHECK_INT(a->ports[4].target_begin, 2);
	CHECK_STR(a->ports[5].published_raw, "${P}");
	CHECK_STR(a->ports[5].host_ip, "0.0.0.0");
	CHECK_STR(a->ports[6].host_ip, "127.0.0.1");
	CHECK_INT(a->ports[6].published_begin, 0);
	unlink(".env");
}

TEST(volumes_are_told_apart)
{
	struct compose_project *project = load(
		"services:\n"
		"  a:\n"
		"    image: a\n"
		"    tmpfs: /run:size=1m\n"
		"    volumes:\n"
		"      - data:/data:ro\n"
		"      - ./conf:/conf\n"
		"      - /anon\n"
		"      - x:/x\n"
		"      - {type: bind, source: ./b, target: /b, bind: {create_host_path: true}}\n"
		"      - {type: bind, source: ./c, target: /c, read_only: true}\n"
		"      - {type: tmpfs, target: /t}\n");
	const struct compose_service *a = service(project, "a");
	CHECK_INT(a->mount_count, 8);
	CHECK_INT(a->mounts[0].kind, COMPOSE_VOLUME_NAMED);
	CHECK(a->mounts[0].read_only);
	CHECK_INT(a->mounts[1].kind, COMPOSE_VOLUME_BIND);
	CHECK_INT(a->mounts[2].kind, COMPOSE_VOLUME_ANONYMOUS);
	CHECK(a->mounts[3].one_letter);
	CHECK(!a->mounts[4].must_exist);
	CHECK(a->mounts[5].must_exist && a->mounts[5].read_only);
	CHECK_INT(a->mounts[6].kind, COMPOSE_VOLUME_TMPFS);
	CHECK_STR(a->mounts[7].target, "/run");
}

TEST(the_rest_of_a_service_is_read)
{
	struct compose_project *project =
		load("name: My.App\n"
		     "version: '3.9'\n"
		     "services:\n"
		     "  a:\n"
		     "    image: a\n"
		     "    platform: linux/amd64\n"
		     "    container_name: box\n"
		     "    network_mode: host\n"
		     "    privileged: true\n"
		     "    pull_policy: always\n"
		     "    env_file:\n"
		     "      - one.env\n"
		     "      - {path: two.env, required: false, format: raw}\n"
		     "    environment: [A, B=, C=x=y]\n"
		     "    depends_on: {b: {condition: service_healthy}, job: {condition: "
		     "service_completed_successfully}}\n"
		     "    configs: [c1, {source: c2, target: /x}]\n"
		     "    secrets: [s1]\n"
		     "    deploy: {replicas: 3, restart_policy: {condition: any}}\n"
		     "  b:\n"
		     "    image: b\n"
		     "    build: .\n"
		     "    restart: no\n"
		     "    healthcheck: {test: [CMD, x]}\n"
		     "    depends_on: [job]\n"
		     "  job: {image: j, healthcheck: {test: NONE}}\n"
		     "configs: {c1: {file: ./c1}, c2: {content: \"x\"}}\n"
		     "secrets: {s1: {environment: S}}\n"
		     "volumes: {v: {external: true, name: other}}\n");
	const struct compose_service *a = service(project, "a");
	CHECK_STR(project->name, "My.App");
	CHECK_INT(project->name_place.line, 1);
	CHECK_STR(project->version, "3.9");
	CHECK_STR(a->platform, "linux/amd64");
	CHECK_STR(a->container_name, "box");
	CHECK_STR(a->network_mode, "host");
	CHECK(a->privileged);
	CHECK_STR(a->pull_policy, "always");
	CHECK_STR(a->restart, "always");
	CHECK_INT(a->replicas, 3);
	CHECK_INT(a->env_file_count, 2);
	CHECK(!a->env_files[1].required && a->env_files[1].raw);
	CHECK_INT(a->variable_count, 3);
	CHECK(!a->environment[0].value);
	CHECK_STR(a->environment[1].value, "");
	CHECK_STR(a->environment[2].value, "x=y");
	CHECK_INT(a->depends_on[0].condition, COMPOSE_HEALTHY);
	CHECK_INT(a->config_count, 2);
	CHECK_STR(a->configs[1].target, "/x");
	CHECK_STR(a->secrets[0].source, "s1");
	const struct compose_service *b = service(project, "b");
	CHECK(b->has_build && b->has_healthcheck && b->depends_on[0].bare);
	CHECK_INT(b->build_place.line, 21);
	CHECK_STR(b->restart, "no");
	CHECK(service(project, "job")->healthcheck_disabled);
	CHECK(service(project, "job")->awaited_to_complete);
	CHECK_STR(project->configs[0].path, "./c1");
	CHECK(project->volumes[0].external);
	CHECK_STR(project->volumes[0].label, "other");
}

TEST(profiles_decide_what_travels_and_what_starts)
{
	file("compose.yaml", "services:\n"
			     "  a: {image: a}\n"
			     "  d: {image: d, profiles: [debug], depends_on: [e]}\n"
			     "  e: {image: e, profiles: [other]}\n"
			     "  f: {image: f, profiles: [third]}\n");
	struct compose_project *project = load_with(NULL);
	CHECK(service(project, "f")->packed && !service(project, "f")->active);
	static const char *const profiles[] = {"debug"};
	struct compose_options options = {.profiles = profiles, .profile_count = 1};
	project = load_with(&options);
	CHECK(service(project, "d")->active && service(project, "e")->active);
	CHECK(!service(project, "f")->packed);
	static const char *const variables[] = {"COMPOSE_PROFILES=third,debug"};
	options = (struct compose_options){.variables = variables, .variable_count = 1};
	project = load_with(&options);
	CHECK(service(project, "f")->active && service(project, "d")->active);
}

TEST(an_env_template_counts_as_its_defaults)
{
	file("env.template", "P={{port 8088}}\nS={{secret hex 32}}\nQ={{ask \"x\" default q}}\n");
	file("compose.yaml", "services: {a: {image: \"a:${Q}\", ports: [\"${P}:80\"]}}\n");
	struct compose_options options = {.env_file = "env.template"};
	struct compose_project *project = load_with(&options);
	CHECK_STR(service(project, "a")->image, "a:q");
	CHECK_INT(service(project, "a")->ports[0].published_begin, 8088);
}

TEST(bad_projects_are_refused_with_their_line)
{
	refused("", "compose.yaml:1: this is not a compose file");
	refused("a: 1\n", "no services are defined");
	refused("services:\n  a:\n", "compose.yaml:2: the service \"a\" is empty");
	refused("services:\n  a: {image: \"${X:?must be set}\"}\n",
		"compose.yaml:2: the required variable X has no value: must be set");
	refused("services:\n  a: {image: a, depends_on: [zz]}\n",
		"compose.yaml:2: the service \"a\" depends on \"zz\", which is not defined");
	refused("services:\n  a:\n    extends: b\n", "compose.yaml:3: there is no service \"b\"");
	refused("services:\n  a: {extends: b}\n  b: {extends: a}\n", "in a circle");
	refused("services:\n  a:\n    extends: {file: no.yml, service: x}\n",
		"compose.yaml:3: there is no file no.yml");
	refused("include: [../x.yml]\nservices: {a: {image: a}}\n",
		"compose.yaml:1: ../x.yml lies outside the project directory");
	refused("include: [compose.yaml]\nservices: {a: {image: a}}\n", "in a circle");
	refused("include: [\"https://example.com/x.yml\"]\n", "something remote");
	refused("services:\n  a:\n    image: [x]\n", "compose.yaml:3: image must be a text");
	refused("services:\n  a:\n    ports: [\"99999:1\"]\n",
		"compose.yaml:3: \"99999:1\" is not a port");
	refused("services:\n  a:\n    ports: [\"1-3:1-2\"]\n", "is not a port");
	refused("services:\n  a:\n    ports: [\"http\"]\n", "is not a port");
	refused("services:\n  a:\n    volumes: [\"a:/b:ro:x\"]\n", "is not a volume");
	refused("services:\n  a: {privileged: maybe}\n", "must be true or false");
	refused("services: [a]\n", "compose.yaml:1: services must be a mapping");
	refused("services:\n  a: {image: a, <<: 3}\n", "compose.yaml:2: a merge key");
	refused("services:\n  a: {image: a, depends_on: {a: {condition: never}}}\n",
		"unknown condition \"never\"");
}

TEST(a_missing_file_is_named)
{
	err_clear(&err);
	CHECK(!compose_project_load(arena, "no/such.yaml", NULL, NULL, &err));
	CHECK_INT(err.code, CODE_INPUT);
	CHECK_CONTAINS(err.text, "no/such.yaml");
}
