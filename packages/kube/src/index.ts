/** Kubernetes as plain data. No I/O, no clock. */
export * from './objects.ts';
export * from './client.ts';
export * from './resource.ts';
export * from './schema.ts';
