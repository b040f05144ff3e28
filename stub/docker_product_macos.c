/* Docker on a Mac: the engine runs in a virtual machine of one of these. */
#ifdef __APPLE__
#include "docker_product.h"

#define APPLICATION(app) ((const char *const[]){"open", "-g", "-a", app, NULL})

const struct docker_product docker_products[] = {
	{"Docker Desktop", "~/.docker/run/docker.sock", "/Applications/Docker.app",
		APPLICATION("Docker"), "open -a Docker", false},
	{"OrbStack", "~/.orbstack/run/docker.sock", "/Applications/OrbStack.app",
		APPLICATION("OrbStack"), "open -a OrbStack", false},
	{"Rancher Desktop", "~/.rd/docker.sock", "/Applications/Rancher Desktop.app",
		APPLICATION("Rancher Desktop"), "open -a \"Rancher Desktop\"", false},
	{"Colima", "~/.colima/default/docker.sock", "colima",
		(const char *const[]){"colima", "start", NULL}, "colima start", false},
	{"Colima", "~/.config/colima/default/docker.sock", "colima",
		(const char *const[]){"colima", "start", NULL}, "colima start", false},
	/* Whoever made the link: Docker Desktop or OrbStack, by their settings. */
	{"Docker", "/var/run/docker.sock", NULL, NULL, NULL, false},
};
const size_t docker_product_count = ARRAY_SIZE(docker_products);
const bool docker_product_any = true;

int docker_product_hint_install(struct arena *arena, struct err *err)
{
	(void)arena;
	return err_hint(err, "get Docker Desktop (https://docs.docker.com/desktop/) or OrbStack "
			     "(https://orbstack.dev), or `brew install colima docker "
			     "docker-compose`; start it, then run this file again");
}

int docker_product_hint_compose(struct arena *arena, struct err *err)
{
	(void)arena;
	return err_hint(err, "Docker Desktop and OrbStack bring it; with Homebrew: `brew install "
			     "docker-compose`; then run this file again");
}

int docker_product_hint_permission(
	const struct docker_engine *engine, struct arena *arena, struct err *err)
{
	(void)engine, (void)arena;
	return err_hint(err, "start Docker Desktop or OrbStack as the person who is logged in, "
			     "and choose its engine: `docker context ls`, then `docker context use "
			     "NAME`");
}
#endif
