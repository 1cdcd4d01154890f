/** `spec.parameters` of a PostgreSQLUser: who logs in where, and what they may do. */
import { parseDuration, type KubeObject, type Schema } from '@larder/kube';
import { fieldAt, textOf } from '../postgresql/fields.ts';
import { shaped } from '../postgresql/schema/rules.ts';
import { adopt, databaseName, secretName, sqlName } from '../sql/parameters.ts';
import { privileges, type DatabaseGrant } from '../sql/sql-kinds.ts';

const privilege: Schema = {
  type: 'string',
  enum: [...privileges],
  description:
    'owner does everything in the database, and what it makes belongs to the database; readwrite reads and changes rows; readonly reads. Tables and schemas made later are included.',
};

export const parametersSchema: Schema = {
  type: 'object',
  description: 'What the owner decides.',
  required: ['secretName'],
  properties: {
    secretName,
    username: sqlName('The name of the role, exactly. One claim has it on a server.', 'role'),
    usernameprefix: shaped({
      description: 'The name of the role begins with it: <usernameprefix>-<name of the composite>.',
      pattern: '^[a-zA-Z_][-a-zA-Z0-9_]*$',
      maxLength: 18,
      remedy: 'no prefix for a user: write letters, digits, - and _, at most 18, such as app',
    }),
    database: databaseName,
    privilege,
    grants: {
      type: 'array',
      maxItems: 64,
      items: { type: 'object', required: ['database', 'privilege'], properties: { database: databaseName, privilege } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['database'],
      description: 'What the user may do, in each database. database with privilege is the short form for one.',
    },
    createDatabase: { type: 'boolean', default: false, description: 'Whether the user may create databases.' },
    replication: {
      type: 'boolean',
      default: false,
      description: 'Whether the user may replicate, which reads all databases: only with access.superuser.',
    },
    connectionLimit: {
      type: 'integer',
      format: 'int32',
      minimum: 1,
      maximum: 100000,
      description:
        'How many connections each login may have at once: with rotation there are two logins. Default: no limit.',
    },
    adopt,
    rotation: shaped({
      description:
        'How often the password changes: minutes, hours or days, such as 720h or 30d. The user name changes with it. Default: never.',
      pattern: '^[1-9][0-9]{0,4}[mhd]$',
      maxLength: 6,
      remedy: 'no duration of at least a minute: write minutes, hours or days, such as 720h or 30d',
    }),
  },
  'x-kubernetes-validations': [
    {
      rule: 'has(self.username) != has(self.usernameprefix)',
      message:
        'the role needs one name: write either username, for exactly that, or usernameprefix, for <usernameprefix>-<name of the composite>',
    },
    {
      rule: 'has(self.database) == has(self.privilege)',
      message: 'database and privilege belong together: write both, or neither',
    },
    {
      rule: '!(has(self.database) && has(self.grants))',
      fieldPath: '.grants',
      message: 'database with privilege is the short form of grants: write one of the two',
    },
  ],
};

export interface UserParameters {
  secretName: string;
  name: string;
  grants: DatabaseGrant[];
  createDatabase: boolean;
  replication: boolean;
  connectionLimit: number;
  adopt: boolean;
  rotationSeconds?: number;
}

export function readUserParameters(composite: KubeObject): UserParameters {
  const at = (path: string): unknown => fieldAt(composite, `spec.parameters.${path}`);
  const { name } = composite.metadata;
  const database = textOf(at('database'));
  const short = database === '' ? [] : [{ database, privilege: at('privilege') as DatabaseGrant['privilege'] }];
  const rotation = textOf(at('rotation'));
  return {
    secretName: textOf(at('secretName')),
    name: textOf(at('username')) || `${textOf(at('usernameprefix'))}-${name}`,
    grants: (at('grants') as DatabaseGrant[] | undefined) ?? short,
    createDatabase: at('createDatabase') === true,
    replication: at('replication') === true,
    connectionLimit: Number(at('connectionLimit') ?? -1),
    adopt: at('adopt') === true,
    ...(rotation === '' ? {} : { rotationSeconds: parseDuration(rotation) / 1_000 }),
  };
}
