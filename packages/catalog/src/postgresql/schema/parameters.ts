/** `spec.parameters` of a PostgreSQLInstance: what its owner decides. A field is here only when every engine honours or refuses it. */
import type { Schema } from '@larder/kube';
import { alertsSchema } from '../alerts/schema.ts';
import { backupSchema } from '../backup/schema.ts';
import { restoreSchema, restoreStays } from '../restore/schema.ts';
import { cron, quantity, requestWithinLimit, shaped } from './rules.ts';

/** The smallest instance: a fresh one takes 40 MiB, and WAL needs room to turn. */
const storageSize = quantity({
  description:
    'How much the whole instance may occupy, WAL included: a Kubernetes quantity such as 10Gi. It may grow, never shrink.',
  least: '128Mi',
  most: '4Pi',
  example: '10Gi',
  noun: 'size',
});

function memory(description: string): Schema {
  return quantity({ description, least: '64Mi', most: '64Ti', example: '1Gi', noun: 'size' });
}

function cpu(description: string): Schema {
  return quantity({ description, least: '10m', most: '1024', example: '500m', noun: 'number of processors' });
}

const resources: Schema = {
  type: 'object',
  description: 'How large the instance is.',
  required: ['storageSize'],
  properties: {
    storageSize,
    limits: {
      type: 'object',
      description: 'The most that the instance may use.',
      properties: {
        memory: memory(
          'The most memory, such as 1Gi. It sizes shared_buffers and its like. Default: sized as for 1Gi, no limit.',
        ),
        cpu: cpu('The most processors, such as 500m or 2. It sets how many workers there are. Default: no limit.'),
      },
    },
    requests: {
      type: 'object',
      description: 'What the instance can count on. Requests that do not fit the machine are not accepted.',
      properties: {
        memory: memory('Memory that must be there, such as 512Mi.'),
        cpu: cpu('Processors that must be there, such as 250m.'),
      },
    },
  },
  'x-kubernetes-validations': [requestWithinLimit('memory'), requestWithinLimit('cpu')],
};

const updatePolicy: Schema = {
  type: 'object',
  description: 'Which PostgreSQL runs, and when it may change.',
  required: ['version'],
  properties: {
    version: shaped({
      description:
        'The PostgreSQL version, in quotes: "17" follows the newest 17.x, "17.9" stays on 17.9. It never goes below what runs.',
      pattern: '^[1-9][0-9]{0,2}([.](0|[1-9][0-9]{0,2}))?$',
      maxLength: 16,
      remedy: 'no PostgreSQL version: write a major version such as 17, or an exact one such as 17.9, in quotes',
    }),
    securityUpdates: {
      ...cron(
        'When security updates may be applied: a cron schedule in the time zone beside, the start of the maintenance window.',
      ),
      default: '00 22 * * 2',
    },
    window: {
      ...shaped({
        description:
          'How long the maintenance window is: a duration such as 1h or 90m. Nothing is begun that would not end in it.',
        pattern: '^([1-9][0-9]{0,2}m|[1-9][0-9]?h)$',
        maxLength: 4,
        remedy: 'no duration: write a number of minutes or hours, such as 90m or 2h',
      }),
      default: '1h',
    },
    timeZone: {
      ...shaped({
        description: 'The time zone of securityUpdates: an IANA name such as Europe/Zurich.',
        pattern: '^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$',
        maxLength: 64,
        remedy: 'no time zone: write an IANA name such as Europe/Zurich or UTC',
      }),
      default: 'UTC',
    },
    apply: {
      type: 'string',
      enum: ['Scheduled', 'Immediate', 'Manual'],
      default: 'Scheduled',
      description:
        'When a change that interrupts connections may happen: Scheduled in the maintenance window, Immediate at once (also when a newer minor version comes on offer), Manual never by itself. What waits is listed in status.pendingChanges.',
    },
  },
};

const extension: Schema = {
  type: 'object',
  required: ['name'],
  properties: {
    name: shaped({
      description: 'The extension, as CREATE EXTENSION calls it.',
      pattern: '^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$',
      maxLength: 63,
      remedy: 'no extension name: write it as CREATE EXTENSION has it, such as pg_trgm or uuid-ossp',
    }),
    version: shaped({
      description: 'Its version. Default: the one that comes with the server.',
      pattern: '^[0-9A-Za-z]([0-9A-Za-z._]*[0-9A-Za-z])?$',
      maxLength: 32,
      remedy: 'no extension version: write it as pg_available_extension_versions has it, such as 1.6',
    }),
  },
};

export const extensionsSchema: Schema = {
  type: 'array',
  maxItems: 64,
  items: extension,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
  description: 'Extensions that are created in the database of the claim.',
};

const ipv4 = '(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])([.](25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}/(3[0-2]|[12]?[0-9])';
const ipv6 = '[0-9a-fA-F:]*:[0-9a-fA-F:]*/(12[0-8]|1[01][0-9]|[1-9]?[0-9])';

export const parametersSchema: Schema = {
  type: 'object',
  description: 'What the owner decides.',
  required: ['resources', 'updatePolicy'],
  'x-kubernetes-validations': [restoreStays],
  properties: {
    resources,
    updatePolicy,
    alerts: alertsSchema,
    backup: backupSchema,
    restore: restoreSchema,
    deletionProtection: {
      type: 'boolean',
      default: false,
      description: 'While true, neither the claim nor its namespace can be deleted.',
    },
    settings: {
      type: 'object',
      maxProperties: 200,
      additionalProperties: { 'x-kubernetes-int-or-string': true, maxLength: 4096 },
      description:
        'Settings as in postgresql.conf, such as max_connections: 200 or work_mem: 16MB; write on, off and fractions in quotes. Those that would break the instance are not accepted.',
    },
    extensions: extensionsSchema,
    access: {
      type: 'object',
      properties: {
        superuser: {
          type: 'boolean',
          default: false,
          description:
            'Adds a superuser to the connection secret. That is a shell as the operating system user of the instance, so it is refused where instances share one.',
        },
      },
    },
    network: {
      type: 'object',
      properties: {
        allowedCIDRs: {
          type: 'array',
          maxItems: 64,
          items: shaped({
            description: 'A network such as 10.0.0.0/8, or one address such as 192.0.2.7/32.',
            pattern: `^(${ipv4}|${ipv6})$`,
            maxLength: 64,
            remedy: 'no network: write address and prefix length, such as 10.0.0.0/8 or 192.0.2.7/32',
          }),
          'x-kubernetes-list-type': 'set',
          description: 'Who may connect. Default on one machine: that machine.',
        },
      },
    },
    instances: {
      type: 'integer',
      format: 'int32',
      minimum: 1,
      maximum: 3,
      default: 1,
      description: 'How many servers hold the data, one of them writing. More than one takes a cluster.',
    },
  },
};
