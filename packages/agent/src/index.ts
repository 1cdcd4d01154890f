/** On a cluster: what a composition can't do, as a Deployment of two replicas. */
export * from './agent.ts';
export * from './in-cluster.ts';
export * from './log.ts';
export * from './own-ports.ts';
export { LeaseLostError, whileLeading, type LeaseOptions } from './lease.ts';
