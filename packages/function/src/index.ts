/** Serves the catalog to Crossplane: a composition function over gRPC with mutual TLS. */
export * from './run.ts';
export * from './server.ts';
