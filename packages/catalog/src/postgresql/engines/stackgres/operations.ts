/**
 * What is done once: an SGDbOps for a minor upgrade or a restart. Each has a name made of what it is for, so that it never runs twice.
 * `timeout` is never set: StackGres 1.18 compares it the wrong way round and fails at once, with the upgrade under way.
 */
import type { KubeObject } from '@larder/kube';
import type { Seen } from '../../../cluster/engine.ts';
import { conditionOf, isTrue } from '../../../cluster/ready.ts';
import type { CompositionCondition, DesiredComposed } from '../../../composition.ts';
import type { Parameters } from '../../parameters.ts';
import { object } from './objects.ts';

export const occasions = ['upgrade-', 'restart-'] as const;

export interface Wanting {
  composite: KubeObject;
  wanted: Parameters;
  composed: Record<string, Seen>;
  /** The version to upgrade to now. */
  upgradeTo?: string;
  /** The note of what the servers have to restart for now. */
  restartFor?: string;
}

/** The operations that are to be there: those that are due, and those under way. */
export function operations(wanting: Wanting): Record<string, DesiredComposed> {
  const { upgradeTo, restartFor, composed } = wanting;
  const due = [
    ...(upgradeTo === undefined ? [] : [upgradeName(upgradeTo)]),
    ...(restartFor === undefined ? [] : [`restart-${fingerprint(restartFor)}`]),
  ];
  const underWay = Object.keys(composed).filter(name => isOperation(name) && !isFinished(composed[name]?.resource));
  // Nothing keeps StackGres from running two at a time, so the next waits for the one that runs.
  const names =
    underWay.length > 0 ? [...underWay, ...due.filter(name => composed[name] !== undefined)] : due.slice(0, 1);
  return Object.fromEntries(
    [...new Set(names)].map(name => [name, { resource: operation(wanting, name), ready: true }]),
  );
}

/** How the last one ended, where it didn't end well. Failed goes before Completed: both can be true. */
export function operationConditions(composed: Record<string, Seen>): CompositionCondition[] {
  return Object.entries(composed).flatMap(([name, { resource }]): CompositionCondition[] => {
    if (!isOperation(name) || !isTrue(resource.status, 'Failed')) return [];
    const { reason = 'OperationFailed', message = '' } = conditionOf(resource.status, 'Failed') ?? {};
    const said = `SGDbOps "${resource.metadata.name}" failed${message === '' ? '' : `: ${message}`}. Set updatePolicy.apply to Scheduled and back to Immediate to try again.`;
    return [{ type: 'OperationHealthy', status: 'False', reason, message: said, target: 'CompositeAndClaim' }];
  });
}

function operation({ composite, wanted, composed, upgradeTo }: Wanting, name: string): DesiredComposed['resource'] {
  const seen = composed[name]?.resource;
  // Its spec can't be changed once it is there.
  if (seen) return object(composite, 'SGDbOps', seen.metadata.name, seen.spec as Record<string, unknown>);
  const method = wanted.instances > 1 ? 'ReducedImpact' : 'InPlace';
  const spec = name.startsWith('upgrade-')
    ? { op: 'minorVersionUpgrade', minorVersionUpgrade: { postgresVersion: upgradeTo, method } }
    : { op: 'restart', restart: { method } };
  return object(composite, 'SGDbOps', name, { sgCluster: composite.metadata.name, ...spec });
}

function isOperation(name: string): boolean {
  return occasions.some(start => name.startsWith(start));
}

function isFinished(resource: KubeObject | undefined): boolean {
  return isTrue(resource?.status, 'Failed') || isTrue(resource?.status, 'Completed');
}

function upgradeName(version: string): string {
  return `upgrade-${version.replace('.', '-')}`;
}

/** Eight digits that tell one note from another. Not for secrets. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
