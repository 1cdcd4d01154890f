/** `PostgresServer` and `PostgresVersion` of `local.larder.dev`, as CustomResourceDefinitions. Their types are in `postgres-server.ts`. */
import type { Schema } from '@larder/kube';
import { conditionsSchema, customKind, secretReference } from '../../custom-kind.ts';
import type { CustomResourceDefinition } from '../../service.ts';
import { maintenanceStatusSchema, upgradeStatusSchema } from '../rollout/status-schema.ts';
import { monitorKind } from '../alerts/monitor-kind.ts';
import { archiveKind } from '../backup/archive-kind.ts';
import { restoreKind } from '../restore/restore-kind.ts';
import { changeKind } from '../rollout/change-kind.ts';
import { LOCAL_API_VERSION } from './postgres-server.ts';

const text: Schema = { type: 'string' };
const count: Schema = { type: 'integer', format: 'int64', minimum: 0 };
const flag: Schema = { type: 'boolean' };

const serverSpec: Schema = {
  type: 'object',
  required: [
    'version',
    'storageBytes',
    'settings',
    'extensions',
    'database',
    'owner',
    'superuserAccess',
    'allowedCIDRs',
    'apply',
    'writeConnectionSecretToRef',
  ],
  properties: {
    version: { ...text, pattern: '^[0-9]+\\.[0-9]+$', description: 'Exactly what runs or shall run, such as 17.10.' },
    storageBytes: { ...count, description: 'Bytes for the whole instance, WAL included.' },
    memoryBytes: { ...count, description: 'Hard limit for memory; absent where the claim sets none.' },
    milliCpu: { ...count, description: 'Hard limit for processors, in thousandths; absent where the claim sets none.' },
    requests: {
      type: 'object',
      properties: { memoryBytes: count, milliCpu: count },
      description: 'What the machine must have left for it, beside what all other servers request.',
    },
    settings: {
      type: 'object',
      additionalProperties: text,
      description: 'Settings of postgresql.conf: the owner’s and those that follow from the sizes.',
    },
    extensions: {
      type: 'array',
      items: { type: 'object', required: ['name'], properties: { name: text, version: text } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      description: 'Extensions to have in the database.',
    },
    database: { ...text, description: 'The database that is made at the first start.' },
    owner: { ...text, description: 'Its owner, no superuser.' },
    superuserAccess: { ...flag, description: 'Whether the credentials contain a superuser’s.' },
    allowedCIDRs: { type: 'array', items: text, description: 'Who may connect.' },
    apply: {
      type: 'string',
      enum: ['Scheduled', 'Immediate', 'Manual'],
      description: 'When a change that interrupts connections may happen.',
    },
    updates: {
      type: 'object',
      required: ['schedule', 'window', 'timeZone'],
      properties: { schedule: text, window: text, timeZone: text },
      description: 'When the maintenance windows are.',
    },
    nextMajor: {
      type: 'object',
      required: ['version', 'settings'],
      properties: {
        version: { ...text, pattern: '^[0-9]+\\.[0-9]+$' },
        settings: { type: 'object', additionalProperties: text },
      },
      description: 'A higher major version that is wanted, with its settings.',
    },
    restore: {
      type: 'object',
      required: ['storeSecretRef', 'serverName', 'backupId'],
      properties: {
        storeSecretRef: secretReference('The key to the backups, and where they are.'),
        serverName: { ...text, description: 'Whose backup, in barman’s words.' },
        backupId: { ...text, pattern: '^[0-9]{8}T[0-9]{6}$' },
        targetTime: { ...text, format: 'date-time', description: 'A moment; absent: all that is in the archive.' },
      },
      description: 'The backup that it begins with; looked at once, before its first start.',
    },
    writeConnectionSecretToRef: secretReference('Where the credentials are written.'),
  },
};

const serverStatus: Schema = {
  type: 'object',
  properties: {
    conditions: conditionsSchema,
    observedGeneration: { type: 'integer', format: 'int64' },
    version: { ...text, description: 'What runs, asked of the server.' },
    origin: {
      type: 'object',
      description: 'Where the binaries come from and what they bring; recorded at the first start.',
      properties: {
        source: { type: 'string', enum: ['npm', 'system'] },
        package: text,
        openssl: text,
        icu: text,
        collation: text,
      },
    },
    endpoint: text,
    port: { type: 'integer', format: 'int32' },
    systemIdentifier: text,
    storage: { type: 'object', properties: { used: text, size: text } },
    resources: { type: 'object', properties: { enforced: flag, message: text } },
    archiving: { ...flag, description: 'Whether its WAL is archived.' },
    pendingChanges: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          field: text,
          from: text,
          to: text,
          needs: { type: 'string', enum: ['Reload', 'Restart', 'NewServer'] },
          why: text,
          when: text,
        },
      },
    },
    maintenance: maintenanceStatusSchema,
    handsOff: { ...text, description: 'The uid of the change that has all to itself.' },
    upgrade: upgradeStatusSchema,
    lastRestart: {
      type: 'object',
      properties: {
        by: text,
        startedAt: text,
        completedAt: text,
        downtime: text,
        result: { type: 'string', enum: ['Succeeded', 'Failed'] },
        message: text,
      },
    },
  },
};

const versionSpec: Schema = {
  type: 'object',
  required: ['version', 'major', 'source', 'package', 'installed', 'endOfLife', 'supported'],
  properties: {
    version: { ...text, description: 'Such as 17.10.' },
    major: { type: 'integer', format: 'int32' },
    source: { type: 'string', enum: ['npm', 'system'], description: 'Where the binaries come from.' },
    package: { ...text, description: 'What they are called there.' },
    installed: { ...flag, description: 'Whether they are on this machine already.' },
    openssl: { ...text, description: 'The OpenSSL that they bring.' },
    icu: { ...text, description: 'The ICU that they bring.' },
    endOfLife: { ...text, description: 'The last day on which the community supports this major version.' },
    supported: { ...flag, description: 'Whether new instances may have it.' },
  },
};

export const localKinds: CustomResourceDefinition[] = [
  customKind({
    apiVersion: LOCAL_API_VERSION,
    name: 'PostgresServer',
    schema: { required: ['spec'], properties: { spec: serverSpec, status: serverStatus } },
    columns: [
      { name: 'Version', type: 'string', jsonPath: '.status.version' },
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'Endpoint', type: 'string', jsonPath: '.status.endpoint' },
      { name: 'Port', type: 'integer', jsonPath: '.status.port' },
      { name: 'Used', type: 'string', jsonPath: '.status.storage.used' },
      { name: 'Size', type: 'string', jsonPath: '.status.storage.size' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ],
  }),
  customKind({
    apiVersion: LOCAL_API_VERSION,
    name: 'PostgresVersion',
    schema: { required: ['spec'], properties: { spec: versionSpec } },
    columns: [
      { name: 'Version', type: 'string', jsonPath: '.spec.version' },
      { name: 'Source', type: 'string', jsonPath: '.spec.source' },
      { name: 'Installed', type: 'boolean', jsonPath: '.spec.installed' },
      { name: 'OpenSSL', type: 'string', jsonPath: '.spec.openssl' },
      { name: 'ICU', type: 'string', jsonPath: '.spec.icu' },
      { name: 'End-of-life', type: 'string', jsonPath: '.spec.endOfLife' },
      { name: 'Supported', type: 'boolean', jsonPath: '.spec.supported', priority: 1 },
    ],
  }),
  archiveKind,
  restoreKind,
  monitorKind,
  changeKind,
];
