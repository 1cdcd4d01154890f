/** A Kubernetes-compatible API over a durable store. */
export * from './server.ts';
export * from './pod-logs.ts';
export * from './store/index.ts';
