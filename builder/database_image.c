/* The table of known databases. */
#include "database_image.h"

#include <stddef.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"

#define POSTGRES_CHECK \
	"test: [\"CMD-SHELL\", \"pg_isready -U $${POSTGRES_USER:-postgres} -h 127.0.0.1\"]"
#define REDIS_CHECK "test: [\"CMD\", \"redis-cli\", \"ping\"]"
#define MYSQL_CHECK "test: [\"CMD-SHELL\", \"mysqladmin ping -h 127.0.0.1 --silent\"]"
#define MONGO_CHECK \
	"test: [\"CMD\", \"mongosh\", \"--quiet\", \"--eval\", \"db.runCommand('ping').ok\"]"

static const struct database_image table[] = {
	{"postgres", "/var/lib/postgresql/data", 5432, POSTGRES_CHECK},
	{"postgis", "/var/lib/postgresql/data", 5432, POSTGRES_CHECK},
	{"pgvector", "/var/lib/postgresql/data", 5432, POSTGRES_CHECK},
	{"timescaledb", "/var/lib/postgresql/data", 5432, POSTGRES_CHECK},
	{"postgresql", "/bitnami/postgresql", 5432, POSTGRES_CHECK},
	{"mysql", "/var/lib/mysql", 3306, MYSQL_CHECK},
	{"mariadb", "/var/lib/mysql", 3306,
		"test: [\"CMD\", \"healthcheck.sh\", \"--connect\", \"--innodb_initialized\"]"},
	{"mongo", "/data/db", 27017, MONGO_CHECK},
	{"redis", "/data", 6379, REDIS_CHECK},
	{"valkey", "/data", 6379, "test: [\"CMD\", \"valkey-cli\", \"ping\"]"},
	{"clickhouse-server", "/var/lib/clickhouse", 8123,
		"test: [\"CMD-SHELL\", \"wget -qO- http://127.0.0.1:8123/ping\"]"},
	{"elasticsearch", "/usr/share/elasticsearch/data", 9200,
		"test: [\"CMD-SHELL\", \"curl -fs http://127.0.0.1:9200/_cluster/health\"]"},
	{"opensearch", "/usr/share/opensearch/data", 9200,
		"test: [\"CMD-SHELL\", \"curl -fs http://127.0.0.1:9200/_cluster/health\"]"},
	{"rabbitmq", "/var/lib/rabbitmq", 5672,
		"test: [\"CMD\", \"rabbitmq-diagnostics\", \"-q\", \"ping\"]"},
};

const struct database_image *database_image_find(const char *image)
{
	const char *slash = strrchr(image, '/');
	const char *name = slash ? slash + 1 : image;
	size_t length = strcspn(name, ":@");
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strlen(table[i].repository) == length &&
			memcmp(table[i].repository, name, length) == 0)
			return &table[i];
	return NULL;
}

bool database_image_keeps(const char *image, const char *path)
{
	const struct database_image *database = image ? database_image_find(image) : NULL;
	if (database && strcmp(database->data, path) == 0)
		return true;
	/* Longer paths speak for themselves; "/data" is anything's. */
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strcmp(table[i].data, "/data") != 0 && strcmp(table[i].data, path) == 0)
			return true;
	return strcmp(path, "/var/lib/postgresql") == 0;
}
