/** `PostgresRole` and `PostgresDatabase` as CustomResourceDefinitions. Their types are in `sql-kinds.ts`. */
import type { Schema } from '@larder/kube';
import { conditionsSchema, customKind, secretReference } from '../custom-kind.ts';
import type { CustomResourceDefinition } from '../service.ts';
import { privileges, SQL_API_VERSION } from './sql-kinds.ts';

export * from './lent-server.ts';
export * from './server-secret.ts';

const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const generation: Schema = { type: 'integer', format: 'int64' };
const server = secretReference('The connection secret of the server.');

const roleSpec: Schema = {
  type: 'object',
  required: [
    'connectionSecretRef',
    'name',
    'grants',
    'createDatabase',
    'replication',
    'connectionLimit',
    'adopt',
    'writeConnectionSecretToRef',
  ],
  properties: {
    connectionSecretRef: server,
    name: { ...text, maxLength: 63, description: 'The role.' },
    grants: {
      type: 'array',
      items: {
        type: 'object',
        required: ['database', 'privilege'],
        properties: { database: text, privilege: { ...text, enum: [...privileges] } },
      },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['database'],
      description: 'What it may do, in each database.',
    },
    createDatabase: { ...flag, description: 'Whether it may create databases.' },
    replication: { ...flag, description: 'Whether it may read everything as a replica does.' },
    connectionLimit: { type: 'integer', format: 'int32', minimum: -1, description: 'Of each login; -1: none.' },
    adopt: { ...flag, description: 'Whether a role that exists already may be taken over.' },
    rotationSeconds: { ...generation, minimum: 60, description: 'How long a password stays the newest.' },
    rotationRequest: { ...text, description: 'Another text than at the last turn asks for a turn now.' },
    writeConnectionSecretToRef: secretReference('Where the credentials are written.'),
  },
};

const roleStatus: Schema = {
  type: 'object',
  properties: {
    conditions: conditionsSchema,
    observedGeneration: generation,
    username: { ...text, description: 'Who logs in now.' },
    adopted: { type: 'array', items: text, description: 'Roles that were there before; they are never dropped.' },
    rotation: { type: 'object', properties: { last: text, next: text, request: text } },
    verifiers: { type: 'object', additionalProperties: text, description: 'SHA-256 of what the server stores.' },
  },
};

const databaseSpec: Schema = {
  type: 'object',
  required: ['connectionSecretRef', 'name', 'extensions', 'adopt', 'deletionPolicy'],
  properties: {
    connectionSecretRef: server,
    name: { ...text, maxLength: 63, description: 'The database.' },
    owner: { ...text, maxLength: 63, description: 'A role that exists. Default: one of its own, which cannot log in.' },
    extensions: {
      type: 'array',
      items: { type: 'object', required: ['name'], properties: { name: text, version: text } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    },
    adopt: { ...flag, description: 'Whether a database that exists already may be taken over.' },
    deletionPolicy: { ...text, enum: ['Retain', 'Delete'], description: 'What becomes of the database.' },
  },
};

const databaseStatus: Schema = {
  type: 'object',
  properties: { conditions: conditionsSchema, observedGeneration: generation, owner: text, adopted: flag },
};

const ready = { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' } as const;
const age = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' } as const;

export const postgresRole: CustomResourceDefinition = customKind({
  apiVersion: SQL_API_VERSION,
  name: 'PostgresRole',
  schema: { required: ['spec'], properties: { spec: roleSpec, status: roleStatus } },
  columns: [
    { name: 'Role', type: 'string', jsonPath: '.spec.name' },
    ready,
    { name: 'Login', type: 'string', jsonPath: '.status.username' },
    age,
  ],
});

export const postgresDatabase: CustomResourceDefinition = customKind({
  apiVersion: SQL_API_VERSION,
  name: 'PostgresDatabase',
  schema: { required: ['spec'], properties: { spec: databaseSpec, status: databaseStatus } },
  columns: [
    { name: 'Database', type: 'string', jsonPath: '.spec.name' },
    ready,
    { name: 'Owner', type: 'string', jsonPath: '.status.owner' },
    age,
  ],
});
