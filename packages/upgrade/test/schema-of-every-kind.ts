/** A schema with an object of every kind that an upgrade carries, as its owner makes it. */
export const EVERY_KIND = `
CREATE SCHEMA shop;
SET search_path = shop;
CREATE TYPE colour AS ENUM ('red', 'green');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE pair AS (a int, b text);
CREATE TABLE writes (id bigserial PRIMARY KEY, writer text NOT NULL, number bigint NOT NULL, at timestamptz DEFAULT clock_timestamp());
CREATE TABLE "Odd ""Name; --" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, c colour DEFAULT 'red', p positive, both_of pair);
CREATE TABLE keyless (a int, b text, c jsonb, d bytea, e float8, f numeric, g interval, h int[]);
CREATE TABLE parted (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE parted_2 PARTITION OF parted DEFAULT;
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (extra text, PRIMARY KEY (id)) INHERITS (parent);
CREATE TABLE computed (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED);
CREATE TABLE referring (id int PRIMARY KEY, writes_id bigint REFERENCES writes (id) ON DELETE CASCADE, UNIQUE (writes_id));
CREATE TABLE t (t text PRIMARY KEY);
CREATE INDEX ON writes (writer, number) WHERE number > 0;
CREATE STATISTICS both_columns ON writer, number FROM writes;
CREATE VIEW seen AS SELECT writer, count(*) FROM writes GROUP BY writer;
CREATE MATERIALIZED VIEW counted AS SELECT writer, count(*) FROM writes GROUP BY writer;
CREATE MATERIALIZED VIEW counted_again AS SELECT sum(count) FROM counted;
CREATE MATERIALIZED VIEW empty_yet AS SELECT 1 AS one WITH NO DATA;
CREATE SEQUENCE loose START 1000 INCREMENT 7;
SELECT nextval('loose');
CREATE SEQUENCE untouched START 5;
CREATE FUNCTION body_with_semicolons(n int) RETURNS int LANGUAGE plpgsql AS $f$ BEGIN PERFORM 1; RETURN n; END; $f$;
CREATE FUNCTION standard_body(n int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN n > 0 THEN 1 ELSE 0 END; SELECT n; END;
CREATE PROCEDURE nothing() LANGUAGE sql AS 'SELECT 1; SELECT '';''';
CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.b := coalesce(NEW.b, '') || '!'; RETURN NEW; END $$;
CREATE TRIGGER touches BEFORE INSERT ON keyless FOR EACH ROW EXECUTE FUNCTION touched();
CREATE RULE nothing_else AS ON UPDATE TO parent DO ALSO (SELECT 1; SELECT 2);
ALTER TABLE computed ENABLE ROW LEVEL SECURITY;
CREATE POLICY none ON computed USING (id > 100);
COMMENT ON TABLE writes IS E'a comment with ; and \\n-- a line\\n\\\\restrict me';
INSERT INTO "Odd ""Name; --" (c, p, both_of) VALUES ('green', 3, ROW(1, 'x; y')), ('red', NULL, NULL);
INSERT INTO keyless VALUES (1, 'x', '{"b": 1, "a": [1, 2]}', '\\xdeadbeef', 0.1, 1.10, '1 day 02:03:04', '{1,NULL,3}'), (1, 'x', NULL, NULL, 'NaN', 'NaN', NULL, NULL);
INSERT INTO parted VALUES (1, '2025-06-01'), (2, '2030-01-01');
INSERT INTO parent VALUES (1);
INSERT INTO child VALUES (2, 'y');
INSERT INTO computed (id) VALUES (1), (200);
INSERT INTO t VALUES ('t');
REFRESH MATERIALIZED VIEW counted;
`;

/** Roles and rights, as the plane makes them for claims. */
export const ROLES = `
CREATE ROLE reader LOGIN PASSWORD 'SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$q0W8h7ohKWv8yLOlzKzWvvXL9Jt5rXSJvnTTeaJ2zV8=:0nQ4K8cLJXgOJlDZCYAzbmRBnqGb7lBz7HRg8l2XjPY=' CONNECTION LIMIT 7;
CREATE ROLE "Group" NOLOGIN;
CREATE ROLE deputy NOLOGIN CREATEROLE;
GRANT "Group" TO deputy WITH ADMIN OPTION;
GRANT "Group" TO reader;
ALTER ROLE reader SET search_path TO shop, "$user", public;
ALTER ROLE reader IN DATABASE app SET statement_timeout = '5s';
ALTER DATABASE app SET work_mem = '8MB';
COMMENT ON ROLE reader IS 'a mark; of somebody';
`;

export const RIGHTS = `
SET search_path = shop;
GRANT USAGE ON SCHEMA shop TO "Group";
GRANT SELECT ON writes TO "Group" WITH GRANT OPTION;
GRANT SELECT (a, b), UPDATE (b) ON keyless TO reader;
GRANT USAGE ON SEQUENCE loose TO reader;
REVOKE EXECUTE ON FUNCTION body_with_semicolons FROM PUBLIC;
GRANT EXECUTE ON FUNCTION body_with_semicolons TO reader;
REVOKE ALL ON PROCEDURE nothing FROM PUBLIC, app;
REVOKE USAGE ON TYPE colour FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO reader;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
RESET SESSION AUTHORIZATION;
SET ROLE "Group";
GRANT SELECT ON shop.writes TO deputy;
RESET ROLE;
`;
