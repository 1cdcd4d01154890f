/** What a server's object asks of the major that runs, while its spec is still that of the other one: just after an upgrade, or a return. Pure. */
import type { PostgresServer } from '@larder/catalog';
import { parseVersion } from '@larder/postgres';
import type { InstanceRecord } from './record.ts';

export function withRunningMajor(object: PostgresServer, record: InstanceRecord | undefined): PostgresServer {
  const runs = record?.systemIdentifier === undefined ? undefined : record.binaries?.version;
  const { nextMajor, ...spec } = object.spec;
  if (runs === undefined || majorOf(runs) === majorOf(spec.version)) return object;
  if (nextMajor && majorOf(nextMajor.version) === majorOf(runs)) return { ...object, spec: { ...spec, ...nextMajor } };
  const { wentBack } = record ?? {};
  if (!wentBack || majorOf(wentBack.from) !== majorOf(spec.version)) return object;
  return { ...object, spec: { ...spec, version: runs, settings: wentBack.settings } };
}

function majorOf(version: string): number | undefined {
  return parseVersion(version)?.major;
}
