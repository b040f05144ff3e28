/* Published ports: free, ours already, or whose; at a terminal another one may be chosen. */
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "number.h"
#include "port_owner.h"
#include "preflight_check.h"

enum { ANSWER_LIMIT = 64, SEARCH = 200, UNPRIVILEGED = 1024 };

/* The process that holds a container's published port on Linux. */
#define DOCKER_PROXY "docker-proxy"

static bool is_ours(const struct preflight *preflight, unsigned number, bool udp)
{
	for (size_t i = 0; i < preflight->container_count; i++) {
		const struct docker_container *container = &preflight->containers[i];
		for (size_t j = 0; j < container->published_count; j++)
			if (container->published[j].port == number &&
				container->published[j].udp == udp)
				return true;
	}
	return false;
}

/* Most ports are ours already or no container's: one question for all. */
static int any_published(struct preflight *preflight, bool *any, struct err *err)
{
	struct arena *arena = preflight->session->arena;
	const char **filters = arena_alloc(arena, (preflight->port_count + 1) * sizeof(*filters));
	size_t count = 0;
	*any = true;
	if (preflight->engine.state != DOCKER_READY)
		return 0;
	for (size_t i = 0; i < preflight->port_count; i++) {
		const struct port *port = &preflight->ports[i];
		if (port->first && !(port->first == port->last &&
				     is_ours(preflight, port->first, port->udp)))
			filters[count++] = arena_printf(arena, "publish=%u-%u%s", port->first,
				port->last, port->udp ? "/udp" : "");
	}
	return docker_containers_match(&preflight->docker, filters, count, true, any, err);
}

/* Why a port cannot be had, as an error's text; *taken false when it can. ask: some container may
 * publish it. */
static int look(struct preflight *preflight, const struct port *port, unsigned number, bool ask,
	bool *taken, struct err *problem, struct err *err)
{
	const char *name = NULL, *project = "";
	long pid = 0;
	bool ready = preflight->engine.state == DOCKER_READY;
	enum port_state state = port_try(port->host_ip, number, port->udp);
	*taken = false;
	if (state == PORT_NO_ADDRESS) {
		*taken = true;
		err_set(problem, CODE_PREFLIGHT,
			"this machine has no address %s (port %u of service %s)", port->host_ip,
			number, port->service);
		return 0;
	}
	if ((state == PORT_FREE && !ready) || is_ours(preflight, number, port->udp))
		return 0;
	/* Without a proxy process, Docker's ports are only known to Docker. */
	if (ready && ask &&
		docker_port_owner(&preflight->docker, number, port->udp, &name, &project, err) < 0)
		return -1;
	if ((state == PORT_FREE && !name) ||
		(name && strcmp(project, preflight->place->project) == 0))
		return 0;
	*taken = true;
	if (name && *project)
		return err_set(problem, CODE_PREFLIGHT,
			       "port %u of service %s is taken by the container %s (project %s)",
			       number, port->service, name, project),
		       0;
	if (name)
		return err_set(problem, CODE_PREFLIGHT,
			       "port %u of service %s is taken by the container %s", number,
			       port->service, name),
		       0;
	bool known = port_owner_find(number, port->udp, preflight->session->arena, &name, &pid);
	if (!ready && (!known || strcmp(name, DOCKER_PROXY) == 0)) {
		/* It may well be our own: that is looked at when Docker can be asked. */
		*taken = false;
		return 0;
	}
	if (known)
		return err_set(problem, CODE_PREFLIGHT,
			       "port %u of service %s is taken by %s (process %ld)", number,
			       port->service, name, pid),
		       0;
	err_set(problem, CODE_PREFLIGHT, "port %u of service %s is taken by another program",
		number, port->service);
	return 0;
}

static bool is_planned(const struct preflight *preflight, unsigned number, bool udp)
{
	for (size_t i = 0; i < preflight->port_count; i++)
		if (preflight->ports[i].udp == udp && number >= preflight->ports[i].first &&
			number <= preflight->ports[i].last)
			return true;
	return false;
}

/* The next one up that is free and that no other service of ours wants; 0: none near. */
static int find_free(struct preflight *preflight, const struct port *port, unsigned number,
	unsigned *found, struct err *err)
{
	unsigned at = number < UNPRIVILEGED ? number + 8000 : number;
	*found = 0;
	for (unsigned i = 1; i <= SEARCH && at + i <= 65535; i++) {
		const char *name = NULL, *project;
		if (is_planned(preflight, at + i, port->udp) ||
			port_try(port->host_ip, at + i, port->udp) != PORT_FREE)
			continue;
		if (preflight->engine.state == DOCKER_READY &&
			docker_port_owner(
				&preflight->docker, at + i, port->udp, &name, &project, err) < 0)
			return -1;
		if (name)
			continue;
		*found = at + i;
		return 0;
	}
	return 0;
}

static int list(struct preflight *preflight, struct err *err)
{
	return port_list(preflight->session->manifest, &preflight->env->variables,
		preflight->session->arena, &preflight->ports, &preflight->port_count, err);
}

int preflight_check_answer(
	void *context, const char *name, const char *answer, struct err *problem, struct err *err)
{
	struct preflight *preflight = context;
	for (size_t i = 0; i < preflight->port_count && !preflight->skip_ports; i++) {
		const struct port *port = &preflight->ports[i];
		uint64_t number;
		bool taken;
		if (!port->variable || strcmp(port->variable, name) != 0)
			continue;
		if (port->last == port->first &&
			(!number_parse_u64(answer, &number) || number == 0 || number > 65535))
			return err_set(problem, CODE_USAGE, "\"%s\" is not a port: 1 to 65535",
				       answer),
			       0;
		if (port->last != port->first || number == port->first)
			continue; /* looked at already */
		if (look(preflight, port, (unsigned)number, true, &taken, problem, err) < 0)
			return -1;
		if (taken)
			return 0;
	}
	return 0;
}

/* Can the person choose another one right here? Not when the installation fails anyway. */
static bool may_move(const struct preflight *preflight, const struct port *port)
{
	return preflight_may_ask(preflight) && port->variable && port->first == port->last &&
	       !env_files_has_old(preflight->env, port->variable);
}

static int move_port(struct preflight *preflight, const struct port *port, unsigned number,
	const struct err *problem, struct err *err)
{
	struct ui *ui = preflight->session->ui;
	const char *name = port->variable;
	char preset[16] = "", answer[ANSWER_LIMIT];
	struct err why = *problem;
	unsigned other;
	if (find_free(preflight, port, number, &other, err) < 0)
		return -1;
	if (other)
		snprintf(preset, sizeof(preset), "%u", other);
	AUTO_FREE char *question = xprintf(T("Another port for %s"), port->service);
	while (why.code != CODE_OK) {
		preflight_warning(preflight, "port", &why);
		err_clear(&why);
		if (ui_ask(ui, question, *preset ? preset : NULL, false, answer, sizeof(answer),
			    err) < 0 ||
			preflight_check_answer(preflight, name, answer, &why, err) < 0)
			return -1;
		if (why.code == CODE_OK &&
			strcmp(answer, arena_printf(preflight->session->arena, "%u", number)) == 0)
			why = *problem;
	}
	if (env_files_answer(preflight->env, preflight->session, name, answer, err) < 0)
		return -1;
	return list(preflight, err);
}

static int hint(struct preflight *preflight, const struct port *port, unsigned number,
	struct err *problem, struct err *err)
{
	unsigned other;
	if (!port->variable)
		return err_hint(problem, "stop that one, then run this file again"), 0;
	/* A backup's .env is not there yet to be changed. */
	if (env_files_has_old(preflight->env, port->variable) && !preflight->restoring)
		return err_hint(problem,
			       "stop that one, or change %s in %s, then run this file again",
			       port->variable, preflight->place->env_file),
		       0;
	if (find_free(preflight, port, number, &other, err) < 0)
		return -1;
	err_hint(problem, "stop that one, or choose another port: --set %s=%u", port->variable,
		other ? other : number + 1);
	return 0;
}

static int check_port(
	struct preflight *preflight, const struct port *port, unsigned number, bool *ask, struct err *err)
{
	struct err problem = ERR_INIT;
	bool taken;
	if (look(preflight, port, number, *ask, &taken, &problem, err) < 0)
		return -1;
	if (!taken)
		return 0;
	*ask = true; /* the numbers of others may change with it */
	if (may_move(preflight, port))
		return move_port(preflight, port, number, &problem, err);
	if (hint(preflight, port, number, &problem, err) < 0)
		return -1;
	preflight_error(preflight, "port", &problem);
	return 0;
}

int preflight_check_ports(struct preflight *preflight, struct err *err)
{
	struct err problem = ERR_INIT;
	bool ask;
	if (!preflight->place)
		return 0;
	if (list(preflight, &problem) < 0) {
		preflight_error(preflight, "port", &problem);
		return 0;
	}
	if (!preflight->skip_ports && any_published(preflight, &ask, err) < 0)
		return -1;
	for (size_t i = 0; i < preflight->port_count && !preflight->skip_ports; i++) {
		/* A copy: choosing another port makes the list anew. */
		struct port port = preflight->ports[i];
		for (unsigned n = port.first; n != 0 && n <= port.last; n++)
			if (check_port(preflight, &port, n, &ask, err) < 0)
				return -1;
	}
	return 0;
}
