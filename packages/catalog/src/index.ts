/** The catalog: the services on offer. Pure: no I/O, no clock, no randomness. */
export * from './composition.ts';
export * from './postgresql/engines/postgres-server.ts';
