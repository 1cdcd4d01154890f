/** The kinds that the API serves without anybody defining them. */
import type { ResourceDefinition } from '../resource.ts';
import { configMap, namespace, secret, serviceAccount } from './core.ts';
import { composition, compositeResourceDefinition } from './crossplane.ts';
import { customResourceDefinition } from './definitions.ts';
import { event, eventsV1Event } from './events.ts';
import { cronJob, job } from './jobs.ts';
import { lease } from './lease.ts';
import { pod } from './pod.ts';

/**
 * All of them. Nodes, Services and their like aren't served: no client that Larder answers needs them, and an empty list would
 * promise what one machine hasn't got.
 */
export const builtinResources: ResourceDefinition[] = [
  namespace,
  secret,
  configMap,
  serviceAccount,
  event,
  eventsV1Event,
  pod,
  job,
  cronJob,
  lease,
  customResourceDefinition,
  compositeResourceDefinition,
  composition,
];

export { coreEventOf, eventsV1EventOf } from './events.ts';
export { objectMetaSchema } from './meta.ts';
export { microTime, quantity } from './shapes.ts';
