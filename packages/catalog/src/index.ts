/** The catalog: the services on offer. Pure: no I/O, no clock, no randomness. */
export * from './composition.ts';
export * from './service.ts';
export * from './services.ts';
export * from './postgresql/connection.ts';
export * from './postgresql/engines/local-kinds.ts';
export * from './postgresql/engines/postgres-server.ts';
export * from './postgresql/backup/archive-kind.ts';
export * from './postgresql/restore/restore-kind.ts';
export * from './postgresql/versions/end-of-life.ts';
export * from './sql/sql-definitions.ts';
export * from './sql/sql-kinds.ts';
export * from './cluster/settings.ts';
export * from './bucket/connection.ts';
export * from './operation/postgres-backup.ts';
export * from './bucket/local-bucket.ts';
export * from './postgresql/image-catalog.ts';
