/** A CustomResourceDefinition as far as serving it needs: its shape, and whether its names are free. Pure. */
import type { CustomResourceDefinition, DefinitionNames } from '@larder/kube';

export type Crd = CustomResourceDefinition;

export const crdResource = 'customresourcedefinitions.apiextensions.k8s.io';

/** Holds a deleted definition until its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

export function isEstablished(crd: Crd): boolean {
  return crd.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') === true;
}

export function storageVersionOf(crd: Crd): string | undefined {
  return crd.spec.versions.find(version => version.storage)?.name;
}

interface NamesOutcome {
  names: DefinitionNames;
  conflict?: { reason: string; message: string };
}

/** Which of the asked names the definition gets, given those of the others in its group. A name it has it keeps. */
export function acceptNames(crd: Crd, others: readonly Crd[]): NamesOutcome {
  const used = usedNames(crd, others);
  const { names: asked } = crd.spec;
  const had = crd.status?.acceptedNames;
  const taken = (name: string | undefined, own: string | undefined, by: Set<string>) =>
    name !== undefined && name !== own && by.has(name);
  const names: DefinitionNames = { ...asked };
  let conflict: NamesOutcome['conflict'];
  const refuse = (reason: string, name: string) => {
    conflict = { reason, message: `${JSON.stringify(name)} is already in use` };
  };
  for (const [field, reason, by] of nameFields(used)) {
    const name = asked[field];
    if (!taken(name, had?.[field], by)) continue;
    refuse(reason, name ?? '');
    names[field] = had?.[field] ?? '';
  }
  const short = asked.shortNames?.find(name => !had?.shortNames?.includes(name) && used.resources.has(name));
  if (short !== undefined) {
    refuse('ShortNamesConflict', short);
    delete names.shortNames;
    if (had?.shortNames?.length) names.shortNames = had.shortNames;
  }
  return { names, ...(conflict && { conflict }) };
}

interface UsedNames {
  resources: Set<string>;
  kinds: Set<string>;
}

type NameField = 'plural' | 'singular' | 'kind' | 'listKind';

function nameFields({ resources, kinds }: UsedNames): [NameField, string, Set<string>][] {
  return [
    ['plural', 'PluralConflict', resources],
    ['singular', 'SingularConflict', resources],
    ['kind', 'KindConflict', kinds],
    ['listKind', 'ListKindConflict', kinds],
  ];
}

function usedNames(crd: Crd, others: readonly Crd[]): UsedNames {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const other of others) {
    const accepted = other.status?.acceptedNames;
    if (accepted === undefined || other.spec.group !== crd.spec.group || other.metadata.name === crd.metadata.name)
      continue;
    for (const name of [accepted.plural, accepted.singular, ...(accepted.shortNames ?? [])]) resources.add(name ?? '');
    for (const kind of [accepted.kind, accepted.listKind]) kinds.add(kind ?? '');
  }
  resources.delete('');
  kinds.delete('');
  return { resources, kinds };
}
