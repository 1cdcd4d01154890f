/** What can be asked of a kind, path by path, in terms that both versions of OpenAPI can be written from. */
import type { ResourceDefinition } from '../resource.ts';

export interface Parameter {
  name: string;
  type: 'string' | 'integer' | 'boolean';
  description: string;
}

export interface Operation {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As `x-kubernetes-action` names it. */
  action: 'list' | 'post' | 'get' | 'put' | 'patch' | 'delete' | 'deletecollection';
  id: string;
  description: string;
  body?: 'object' | 'patch' | 'deleteOptions';
  answer: 'object' | 'list' | 'status';
  query: readonly Parameter[];
}

export interface Endpoint {
  path: string;
  /** The names in the path. */
  parameters: readonly Parameter[];
  operations: Operation[];
}

const text = (name: string, description: string): Parameter => ({ name, type: 'string', description });
const number = (name: string, description: string): Parameter => ({ name, type: 'integer', description });
const flag = (name: string, description: string): Parameter => ({ name, type: 'boolean', description });

const namespace = text('namespace', 'The namespace of the object.');
const objectName = text('name', 'The name of the object.');
const pretty = text('pretty', 'Ignored.');
const dryRun = text('dryRun', 'All: answer as if, and write nothing.');

const reading = [pretty];
const writing = [
  pretty,
  dryRun,
  text('fieldManager', 'Who writes; kept with the fields it sets.'),
  text('fieldValidation', 'What becomes of unknown and duplicate fields: Ignore, Warn or Strict.'),
];
const applying = [...writing, flag('force', 'With an apply: take fields from other managers.')];
const deleting = [
  pretty,
  dryRun,
  number('gracePeriodSeconds', 'How long the deletion may take.'),
  flag('orphanDependents', 'Deprecated: use propagationPolicy.'),
  text('propagationPolicy', 'What becomes of dependents: Orphan, Background or Foreground.'),
];
const listing = [
  pretty,
  flag('allowWatchBookmarks', 'With a watch: send bookmarks now and then.'),
  text('continue', 'Where the page begins: what the page before said.'),
  text('fieldSelector', 'Only objects with these values in their fields.'),
  text('labelSelector', 'Only objects with these labels.'),
  number('limit', 'The size of a page.'),
  text('resourceVersion', 'The state to show, or to watch from.'),
  text('resourceVersionMatch', 'How exactly that state is meant.'),
  flag('sendInitialEvents', 'With a watch: begin with what is there.'),
  number('timeoutSeconds', 'How long the call may last.'),
  flag('watch', 'Send what changes instead of a list.'),
];

/** All paths of a kind. */
export function endpointsOf(definition: ResourceDefinition): Endpoint[] {
  const { group, version, plural, namespaced, kind } = definition;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const base = namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
  const scope = namespaced ? [namespace] : [];
  const name = { prefix: `${capitalised(group === '' ? 'core' : group)}${capitalised(version)}`, namespaced, kind };
  const collection: Endpoint = { path: base, parameters: scope, operations: collectionOperations(name) };
  const item: Endpoint = {
    path: `${base}/{name}`,
    parameters: [objectName, ...scope],
    operations: itemOperations(name, ''),
  };
  const endpoints = [collection, item];
  if (definition.status === true)
    endpoints.push({ ...item, path: `${item.path}/status`, operations: statusOperations(name) });
  if (namespaced) endpoints.push({ path: `${root}/${plural}`, parameters: [], operations: [listEverywhere(name)] });
  return endpoints;
}

interface Naming {
  prefix: string;
  namespaced: boolean;
  kind: string;
}

const capitalised = (words: string): string =>
  words
    .split(/[.-]/)
    .map(word => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

/** Named as Kubernetes names operations: `listCoreV1NamespacedSecret`. */
const idOf = (verb: string, { prefix, namespaced, kind }: Naming, suffix = ''): string =>
  `${verb}${prefix}${namespaced ? 'Namespaced' : ''}${kind}${suffix}`;

function collectionOperations(name: Naming): Operation[] {
  const { kind } = name;
  const list = { method: 'get', action: 'list', answer: 'list', query: listing } as const;
  const create = { method: 'post', action: 'post', answer: 'object', body: 'object', query: writing } as const;
  const clear = { method: 'delete', action: 'deletecollection', answer: 'status', body: 'deleteOptions' } as const;
  return [
    { ...list, id: idOf('list', name), description: `list or watch objects of kind ${kind}` },
    { ...create, id: idOf('create', name), description: `create a ${kind}` },
    {
      ...clear,
      id: idOf('delete', { ...name, prefix: `${name.prefix}Collection` }),
      description: `delete a collection of ${kind}`,
      query: [...deleting, ...listing.filter(({ name: parameter }) => !['pretty', 'watch'].includes(parameter))],
    },
  ];
}

function itemOperations(name: Naming, suffix: string): Operation[] {
  const remove = { method: 'delete', action: 'delete', answer: 'status', body: 'deleteOptions' } as const;
  return [
    ...statusOperations(name, suffix),
    { ...remove, id: idOf('delete', name), description: `delete a ${name.kind}`, query: deleting },
  ];
}

function statusOperations(name: Naming, suffix = 'Status'): Operation[] {
  const what = suffix === '' ? `the specified ${name.kind}` : `status of the specified ${name.kind}`;
  const read = { method: 'get', action: 'get', answer: 'object', query: reading } as const;
  const replace = { method: 'put', action: 'put', answer: 'object', body: 'object', query: writing } as const;
  const patch = { method: 'patch', action: 'patch', answer: 'object', body: 'patch', query: applying } as const;
  return [
    { ...read, id: idOf('read', name, suffix), description: `read ${what}` },
    { ...replace, id: idOf('replace', name, suffix), description: `replace ${what}` },
    { ...patch, id: idOf('patch', name, suffix), description: `partially update ${what}` },
  ];
}

const listEverywhere = (name: Naming): Operation => ({
  method: 'get',
  action: 'list',
  answer: 'list',
  query: listing,
  id: idOf('list', { ...name, namespaced: false }, 'ForAllNamespaces'),
  description: `list or watch objects of kind ${name.kind}`,
});
