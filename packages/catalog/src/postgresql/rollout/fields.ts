/** What a change of each field of the claim takes by itself. Version and settings, and what follows from sizes, are in server-changes.ts. */
import type { Schema } from '@larder/kube';
import { isRecord, textOf } from '../fields.ts';
import { parametersSchema } from '../schema/parameters.ts';
import type { Change } from './change.ts';

/** Every field of `spec.parameters`; a test walks the schema. All take effect at once: what restarts a server is a setting or the version. */
export const fieldNotes: Record<string, string> = {
  'resources.storageSize': 'growing never interrupts',
  'resources.limits.memory': 'the limit holds at once; settings that follow from it are listed beside',
  'resources.limits.cpu': 'the limit holds at once; settings that follow from it are listed beside',
  'resources.requests.memory': 'it is reserved at once',
  'resources.requests.cpu': 'it is reserved at once',
  'updatePolicy.securityUpdates': 'the next window is another',
  'updatePolicy.window': 'the next window is another',
  'updatePolicy.timeZone': 'the next window is another',
  'updatePolicy.apply': 'it decides when the other changes happen',
  extensions: 'extensions are created while the server runs',
  'access.superuser': 'the secret gets, or loses, the superuser',
  'network.allowedCIDRs': 'new connections are let in or kept out',
  instances: 'servers come or go beside the one that runs',
  deletionProtection: 'it holds at once',
  backup: 'backups follow it from now on',
  alerts: 'alerts follow it from now on',
  restore: 'it is looked at once, before the first start',
};

/** In the server's own table of changes, not here. */
const ELSEWHERE = new Set(['updatePolicy.version', 'settings']);

export function fieldChanges(before: Record<string, unknown>, after: Record<string, unknown>): Change[] {
  const [from, to] = [leavesOf(before), leavesOf(after)];
  const fields = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
  const said = (leaves: Record<string, string>, field: string): string => leaves[field] ?? defaultOf(field) ?? 'unset';
  return fields
    .filter(field => said(from, field) !== said(to, field))
    .map(field => ({
      field,
      from: said(from, field),
      to: said(to, field),
      needs: 'Nothing',
      why: noteOf(field) ?? 'it holds at once',
    }));
}

/** The note of the field, or of the nearest that it is in. */
export function noteOf(field: string): string | undefined {
  const keys = field.replaceAll('[]', '').split('.');
  for (let length = keys.length; length > 0; length--) {
    const note = fieldNotes[keys.slice(0, length).join('.')];
    if (note !== undefined) return note;
  }
  return undefined;
}

/** What holds where nothing is said: writing it down changes nothing. */
function defaultOf(field: string): string | undefined {
  const node = field
    .split('.')
    .reduce<Schema | undefined>((schema, name) => schema?.properties?.[name], parametersSchema);
  return node?.default === undefined || isRecord(node.default) ? undefined : textOf(node.default);
}

function leavesOf(value: unknown, path = ''): Record<string, string> {
  if (ELSEWHERE.has(path) || value === undefined) return {};
  if (!isRecord(value)) return { [path]: typeof value === 'object' ? JSON.stringify(value) : textOf(value) };
  const below = Object.entries(value).map(([name, each]) => leavesOf(each, path === '' ? name : `${path}.${name}`));
  return Object.assign({}, ...below) as Record<string, string>;
}
