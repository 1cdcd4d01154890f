/** Pods: what a job's logs and states hang on. */
import { humanDuration } from '../duration.ts';
import type { JsonObject } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { ResourceDefinition } from '../resource.ts';
import { ageColumn, column, none, numberAt, objectAt, objectsAt, specOf, statusOf, textAt, wide } from './cells.ts';
import { kindSchema } from './meta.ts';
import { podSpec } from './pod-spec.ts';
import { podStatus } from './pod-status.ts';

const containersOf = (pod: KubeObject) => objectsAt(statusOf(pod), 'containerStatuses');

function ready(pod: KubeObject): string {
  const running = containersOf(pod).filter(({ ready: isReady, state }) => {
    return isReady === true && objectAt({ state }, 'state').running !== undefined;
  });
  return `${running.length}/${objectsAt(specOf(pod), 'containers').length}`;
}

/** The phase, or what keeps a container from running. */
function state(pod: KubeObject): string {
  const status = statusOf(pod);
  const phase = textAt(status, 'reason', textAt(status, 'phase'));
  const reasons = containersOf(pod).map(containerReason);
  const reason = reasons.find(text => text !== '') ?? phase;
  if (pod.metadata.deletionTimestamp === undefined) return reason;
  return textAt(status, 'reason') === 'NodeLost' ? 'Unknown' : 'Terminating';
}

function containerReason(container: JsonObject): string {
  const states = objectAt(container, 'state');
  const waiting = textAt(objectAt(states, 'waiting'), 'reason');
  if (waiting !== '' || states.terminated === undefined) return waiting;
  const ended = objectAt(states, 'terminated');
  const signal = numberAt(ended, 'signal');
  const how = signal === 0 ? `ExitCode:${numberAt(ended, 'exitCode')}` : `Signal:${signal}`;
  return textAt(ended, 'reason', how);
}

function restarts(pod: KubeObject, now: Date): string {
  const containers = containersOf(pod);
  const count = containers.reduce((sum, container) => sum + numberAt(container, 'restartCount'), 0);
  const ends = containers.map(container => {
    const ended = objectAt(objectAt(container, 'lastState'), 'terminated');
    return Date.parse(textAt(ended, 'finishedAt'));
  });
  const last = Math.max(...ends.filter(end => !Number.isNaN(end)));
  if (count === 0 || !Number.isFinite(last)) return String(count);
  return `${count} (${humanDuration(now.getTime() - last)} ago)`;
}

export const pod: ResourceDefinition = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  status: true,
  schema: kindSchema(
    'Pod is a group of containers that run together; here, the process of a job.',
    { spec: podSpec, status: podStatus },
    ['spec'],
  ),
  columns: [
    column('Ready', ready, { description: 'How many of the containers are ready.' }),
    column('Status', state, { description: 'The phase, or what keeps a container from running.' }),
    column('Restarts', restarts),
    ageColumn,
    wide('IP', item => textAt(statusOf(item), 'podIP', none)),
    wide('Node', item => textAt(specOf(item), 'nodeName', none)),
    wide('Nominated Node', item => textAt(statusOf(item), 'nominatedNodeName', none)),
    wide('Readiness Gates', () => none),
  ],
  selectableFields: [
    '.spec.nodeName',
    '.spec.restartPolicy',
    '.spec.schedulerName',
    '.spec.serviceAccountName',
    '.status.phase',
    '.status.podIP',
    '.status.nominatedNodeName',
  ],
};
