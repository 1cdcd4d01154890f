/** The kinds that users and databases compose: `sql.larder.dev/v1alpha1`, on every plane. `@larder/sql` reconciles them. */
import type { Condition, KubeObject } from '@larder/kube';

export const SQL_API_VERSION = 'sql.larder.dev/v1alpha1';

export interface SecretRef {
  namespace: string;
  name: string;
}

export const privileges = ['owner', 'readwrite', 'readonly'] as const;
export type Privilege = (typeof privileges)[number];

export interface DatabaseGrant {
  database: string;
  privilege: Privilege;
}

/** Who may log in to one server. Cluster-scoped. */
export interface PostgresRole extends KubeObject {
  apiVersion: typeof SQL_API_VERSION;
  kind: 'PostgresRole';
  spec: PostgresRoleSpec;
  status?: PostgresRoleStatus;
}

export interface PostgresRoleSpec {
  /** A connection secret: any server's. */
  connectionSecretRef: SecretRef;
  /** The role. With rotation it can't log in; its logins are `<name>_a` and `<name>_b`. */
  name: string;
  grants: DatabaseGrant[];
  createDatabase: boolean;
  replication: boolean;
  /** Of each login; -1: none. */
  connectionLimit: number;
  /** A role that exists and isn't ours may be taken over. */
  adopt: boolean;
  /** How long a password is the newest one; absent: for ever. */
  rotationSeconds?: number;
  /** Any other text than at the last turn asks for a turn now. */
  rotationRequest?: string;
  /** Where the credentials are written. */
  writeConnectionSecretToRef: SecretRef;
}

export interface PostgresRoleStatus {
  conditions?: Condition[];
  observedGeneration?: number;
  /** Who logs in now. */
  username?: string;
  /** Roles that were there before, and are never dropped. */
  adopted?: string[];
  rotation?: { last: string; next: string; request?: string };
  /** SHA-256 of what the server stores for each login: tells when somebody changes a password by hand. */
  verifiers?: Record<string, string>;
}

/** One database on one server. Cluster-scoped. */
export interface PostgresDatabase extends KubeObject {
  apiVersion: typeof SQL_API_VERSION;
  kind: 'PostgresDatabase';
  spec: PostgresDatabaseSpec;
  status?: PostgresDatabaseStatus;
}

export interface PostgresDatabaseSpec {
  connectionSecretRef: SecretRef;
  name: string;
  /** A role that exists; absent: `<name>_owner`, which is made and can't log in. */
  owner?: string;
  extensions: { name: string; version?: string }[];
  adopt: boolean;
  deletionPolicy: 'Retain' | 'Delete';
}

export interface PostgresDatabaseStatus {
  conditions?: Condition[];
  observedGeneration?: number;
  owner?: string;
  /** The database was there before, and is never dropped. */
  adopted?: boolean;
}
