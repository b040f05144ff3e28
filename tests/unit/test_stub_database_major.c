/* Which PostgreSQL a reference names. */
#include "database_major.h"

#include "check.h"

TEST(the_major_is_in_the_tag)
{
	CHECK_INT(database_major_of_reference("docker.io/library/postgres:17"), 17);
	CHECK_INT(database_major_of_reference("docker.io/library/postgres:17.2-alpine3.20"), 17);
	CHECK_INT(database_major_of_reference("postgres:15-bookworm"), 15);
	CHECK_INT(database_major_of_reference("docker.io/bitnami/postgresql:16.4.0"), 16);
	CHECK_INT(database_major_of_reference("docker.io/postgis/postgis:16-3.4"), 16);
}

TEST(extensions_have_versions_of_their_own_before_it)
{
	CHECK_INT(database_major_of_reference("docker.io/pgvector/pgvector:0.8.0-pg17"), 17);
	CHECK_INT(database_major_of_reference("docker.io/pgvector/pgvector:pg16"), 16);
	CHECK_INT(database_major_of_reference("docker.io/timescale/timescaledb:2.17.1-pg15"), 15);
}

TEST(what_is_not_known_is_not_guessed)
{
	CHECK_INT(database_major_of_reference("docker.io/library/postgres:latest"), 0);
	CHECK_INT(database_major_of_reference("docker.io/library/postgres"), 0);
	CHECK_INT(database_major_of_reference("docker.io/library/mysql:8"), 0);
	CHECK_INT(database_major_of_reference("ghcr.io/acme/my-postgres:17"), 0);
	CHECK_INT(database_major_of_reference("localhost:5000/web:15"), 0);
	CHECK_INT(database_major_of_reference("docker.io/library/postgres:20240101"), 0);
}
