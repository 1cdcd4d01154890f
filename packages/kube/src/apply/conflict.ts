/** The answer to an apply that would change fields of other managers. */
import { goQuote } from '../go-text.ts';
import { applyConflict } from '../status.ts';
import type { StatusError } from '../status.ts';
import { pathsOf } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import type { Manager, Managers } from './managers.ts';
import { formatPath } from './path-element.ts';

/** The 409 with Kubernetes' text and one cause a field. */
export function conflictError(managers: Managers, conflicts: Map<string, FieldSet>): StatusError {
  const found = [...conflicts.keys()].sort().flatMap(identity => {
    const manager = managers.get(identity);
    if (manager === undefined) return [];
    return [{ name: describeManager(manager), paths: pathsOf(conflicts.get(identity)).map(formatPath) }];
  });
  const causes = found.flatMap(({ name, paths }) =>
    paths.map(field => ({ reason: 'FieldManagerConflict', message: `conflict with ${name}`, field })),
  );
  return applyConflict(causes, messageOf(found, causes.length));
}

function messageOf(found: { name: string; paths: string[] }[], count: number): string {
  if (count === 1) return `Apply failed with 1 conflict: conflict with ${found[0]?.name}: ${found[0]?.paths[0]}`;
  const lines = found.flatMap(({ name, paths }) => [`conflicts with ${name}:`, ...paths.map(path => `- ${path}`)]);
  return `Apply failed with ${count} conflicts: ${lines.join('\n')}`;
}

function describeManager({ name, operation, apiVersion, subresource }: Manager): string {
  const who = subresource === '' ? goQuote(name) : `${goQuote(name)} with subresource ${goQuote(subresource)}`;
  return operation === 'Update' ? `${who} using ${apiVersion}` : who;
}
