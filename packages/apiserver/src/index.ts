/** A Kubernetes-compatible API over a durable store. */
export * from './server.ts';
export * from './pod-logs.ts';
export { commitChannel, type CommitObserved } from './store/observe.ts';
export { requestChannel, watchChannel, type RequestObserved, type WatchObserved } from './http/observe.ts';
export * from './store/index.ts';
