/** Namespaces, secrets, config maps and service accounts. */
import type { ResourceDefinition } from '../resource.ts';
import { ageColumn, column, countAt, statusOf, textAt } from './cells.ts';
import { conditions, kindSchema, localObjectReference, objectReference } from './meta.ts';
import { base64, choice, described, flag, list, map, object, text, withDefault } from './shapes.ts';

const immutable = described(flag, 'Once true, data cannot be changed, only deleted with the object.');

export const namespace: ResourceDefinition = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  namespaced: false,
  status: true,
  schema: kindSchema('Namespace provides a scope for names.', {
    spec: object({ finalizers: described(list(text), 'Must be empty before the namespace is removed.') }),
    status: object({ phase: choice('Active', 'Terminating'), conditions }),
  }),
  columns: [
    column('Status', item => textAt(statusOf(item), 'phase'), { description: 'The status of the namespace' }),
    ageColumn,
  ],
  selectableFields: ['.status.phase'],
};

export const secret: ResourceDefinition = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  namespaced: true,
  schema: kindSchema('Secret holds data that few should read.', {
    immutable,
    data: described(map(base64), 'The data, each value base64-encoded.'),
    stringData: described(map(text), 'Data as plain text, for writing only: it is merged into data.'),
    type: described(withDefault(text, 'Opaque'), 'What the data is for.'),
  }),
  columns: [column('Type', item => textAt(item, 'type')), column('Data', item => countAt(item, 'data')), ageColumn],
  selectableFields: ['.type'],
};

export const configMap: ResourceDefinition = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  namespaced: true,
  schema: kindSchema('ConfigMap holds configuration data for others to read.', {
    immutable,
    data: described(map(text), 'The data as text.'),
    binaryData: described(map(base64), 'The data that is no text, base64-encoded.'),
  }),
  columns: [column('Data', item => countAt(item, 'data') + countAt(item, 'binaryData')), ageColumn],
};

export const serviceAccount: ResourceDefinition = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  shortNames: ['sa'],
  namespaced: true,
  schema: kindSchema('ServiceAccount is an identity for programs.', {
    secrets: list(objectReference, { keys: ['name'], merge: 'name' }),
    imagePullSecrets: list(localObjectReference),
    automountServiceAccountToken: flag,
  }),
  columns: [ageColumn],
};
