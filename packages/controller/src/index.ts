/** What every reconciler needs, on any Kubernetes API. */
export * from './logger.ts';
export * from './conditions.ts';
export * from './keys.ts';
export * from './finalizers.ts';
export * from './backoff.ts';
export * from './work-queue.ts';
export * from './reflector.ts';
export * from './shared-reads.ts';
export * from './informer.ts';
export type { Watch } from './watch-set.ts';
export * from './controller.ts';
export * from './event-recorder.ts';
export * from './wait-for.ts';
export * from './http/connection.ts';
export * from './http/transport.ts';
export * from './http/discovery.ts';
export * from './http/http-client.ts';
export { objectOfAnswer } from './http/answers.ts';
