/** What each kind does beyond its schema, by its name in the store. */
import type { Strategy } from '../rest/api.ts';
import { configMapStrategy } from './config-map.ts';
import { cronJobStrategy } from './cron-job.ts';
import { customResourceDefinitionStrategy } from './custom-resource-definition.ts';
import { eventStrategy } from './event.ts';
import { jobStrategy } from './job.ts';
import { namespaceStrategy } from './namespace.ts';
import { podStrategy } from './pod.ts';
import { secretStrategy } from './secret.ts';

export const strategies: ReadonlyMap<string, Strategy> = new Map<string, Strategy>([
  ['configmaps', configMapStrategy],
  ['cronjobs.batch', cronJobStrategy],
  ['customresourcedefinitions.apiextensions.k8s.io', customResourceDefinitionStrategy],
  ['events', eventStrategy],
  ['jobs.batch', jobStrategy],
  ['namespaces', namespaceStrategy],
  ['pods', podStrategy],
  ['secrets', secretStrategy],
  ['serviceaccounts', { answersDeleted: true }],
]);
