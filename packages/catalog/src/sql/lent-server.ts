/**
 * `LentServer`: on a cluster, the record of whose connection secret leads to a server on which the agent may use the superuser's rights.
 * Only compositions write it; it is cluster-scoped, so that nobody who owns a namespace can.
 */
import type { KubeObject, Schema } from '@larder/kube';
import { customKind } from '../custom-kind.ts';
import type { CustomResourceDefinition } from '../service.ts';
import { SQL_API_VERSION } from './sql-kinds.ts';

export interface LentServer extends KubeObject {
  apiVersion: typeof SQL_API_VERSION;
  kind: 'LentServer';
  spec: LentServerSpec;
}

export interface LentServerSpec {
  /** Which Secret lends the rights: the one with this uid, in this namespace. */
  connectionSecret: { namespace: string; uid: string };
  host: string;
  port: number;
  /** PEM; the server's certificate is verified against it and the host. */
  ca: string;
  /** That was made with the server. */
  database: string;
  /** Roles that are nobody's to claim. */
  reserved: string[];
  /** The owner has the superuser too. */
  superuserAccess: boolean;
  /** Where the superuser's name and password are, and under which keys. */
  loginSecretRef: { namespace: string; name: string; usernameKey: string; passwordKey: string };
}

const text: Schema = { type: 'string', minLength: 1 };

function record(properties: Record<string, Schema>, description: string): Schema {
  return { type: 'object', required: Object.keys(properties), properties, description };
}

export const lentServer: CustomResourceDefinition = customKind({
  apiVersion: SQL_API_VERSION,
  name: 'LentServer',
  schema: {
    required: ['spec'],
    properties: {
      spec: record(
        {
          connectionSecret: record({ namespace: text, uid: text }, 'Which Secret lends the rights.'),
          host: { ...text, description: 'Within the certificate of the server.' },
          port: { type: 'integer', format: 'int32', minimum: 1, maximum: 65535 },
          ca: { ...text, description: 'The authority of the certificate, in PEM.' },
          database: { ...text, description: 'The database that was made with the server.' },
          reserved: { type: 'array', items: text, description: "Roles that are nobody's to claim." },
          superuserAccess: { type: 'boolean', description: 'Whether the owner has the superuser too.' },
          loginSecretRef: record(
            { namespace: text, name: text, usernameKey: text, passwordKey: text },
            "Where the superuser's name and password are.",
          ),
        },
        'A server, and how to log in to it.',
      ),
    },
  },
  columns: [
    { name: 'Host', type: 'string', jsonPath: '.spec.host' },
    { name: 'Namespace', type: 'string', jsonPath: '.spec.connectionSecret.namespace' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});
