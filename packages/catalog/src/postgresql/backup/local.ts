/** The backups of an instance on this machine: one PostgresArchive, and what its owner sees of it. */
import type { Condition, KubeObject } from '@larder/kube';
import type { CompositionCondition, DesiredComposed } from '../../composition.ts';
import { ownersOwn } from '../engines/acceptance.ts';
import { LOCAL_API_VERSION } from '../engines/postgres-server.ts';
import { fieldAt, textOf } from '../fields.ts';
import type { PostgresArchive, PostgresArchiveSpec } from './archive-kind.ts';
import { readBackup, type BackupWish } from './wish.ts';

/** Nothing when no backups are wanted. It never keeps an instance from being ready. */
export function composeArchive(composite: KubeObject): Record<string, DesiredComposed> {
  const wish = readBackup(composite);
  if (!wish.enabled) return {};
  return { archive: archiveAs(composite, archiveSpec(composite, wish)) };
}

export function archiveAs(composite: KubeObject, spec: PostgresArchiveSpec): DesiredComposed {
  const { name, labels, annotations } = composite.metadata;
  const metadata = { name, labels: ownersOwn(labels), annotations: ownersOwn(annotations) };
  return { resource: { apiVersion: LOCAL_API_VERSION, kind: 'PostgresArchive', metadata, spec }, ready: true };
}

function archiveSpec(composite: KubeObject, wish: BackupWish): PostgresArchiveSpec {
  const { keeps } = wish;
  const namespace = textOf(fieldAt(composite, 'spec.claimRef.namespace'));
  const name = textOf(fieldAt(composite, 'spec.claimRef.name'));
  return {
    schedule: wish.schedule,
    ...('count' in keeps ? { keepLast: keeps.count } : { retentionSeconds: keeps.seconds }),
    keepAfterDeletionSeconds: wish.keepAfterDeletion.seconds,
    ...(wish.store === undefined ? {} : { store: wish.store }),
    ...(namespace === '' || name === '' ? {} : { claim: { namespace, name } }),
    ...(wish.drill ? { drill: wish.drill } : {}),
  };
}

/** The claim's status: what applies, and what is there. */
export function backupStatus(composite: KubeObject, archive: PostgresArchive | undefined): Record<string, unknown> {
  const wish = readBackup(composite);
  if (!wish.enabled) return { backup: { enabled: false, message: 'No backups are made: backup.enabled is false.' } };
  const { backups, recoverable, backupStore, progress, nextBackup, drill } = archive?.status ?? {};
  return {
    backup: {
      enabled: true,
      schedule: wish.schedule,
      keeps: 'count' in wish.keeps ? `the last ${wish.keeps.count}` : wish.keeps.text,
      keepAfterDeletion: wish.keepAfterDeletion.text,
      ...(nextBackup === undefined ? {} : { next: nextBackup }),
      ...(progress === undefined ? {} : { message: progress }),
    },
    ...(backups && backups.length > 0 ? { backups } : {}),
    ...(recoverable ? { recoverable } : {}),
    ...(backupStore ? { backupStore } : {}),
    ...(drill || wish.drill ? { drill: { ...drill, ...(wish.drill ? { schedule: wish.drill.schedule } : {}) } } : {}),
  };
}

/** What is well stays on the composite, the rest goes up to the claim. */
export function backupConditions(composite: KubeObject, archive: PostgresArchive | undefined): CompositionCondition[] {
  if (!readBackup(composite).enabled) return [];
  const seen = archive?.status?.conditions ?? [];
  const always = (['BackupHealthy', 'ArchiveHealthy'] as const).map(type => {
    const found = seen.find(condition => condition.type === type);
    return found ? asSeen(found) : pending(type);
  });
  // Nothing is said of drills before there was one, nor of a secret that could be written.
  return [...always, ...seen.filter(({ type }) => ['DrillHealthy', 'BackupSecretWritten'].includes(type)).map(asSeen)];
}

function asSeen({ type, status, reason, message = '' }: Condition): CompositionCondition {
  return { type, status, reason, message, target: status === 'True' ? 'Composite' : 'CompositeAndClaim' };
}

function pending(type: 'BackupHealthy' | 'ArchiveHealthy'): CompositionCondition {
  const message =
    type === 'BackupHealthy'
      ? 'The first backup is made as soon as the server runs.'
      : 'WAL is archived as soon as the server runs.';
  return { type, status: 'Unknown', reason: 'Starting', message, target: 'CompositeAndClaim' };
}
