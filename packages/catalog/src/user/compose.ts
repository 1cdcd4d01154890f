/** One PostgresRole for a PostgreSQLUser, and what its claim is told of it: the same on every plane. */
import type { KubeObject } from '@larder/kube';
import type { CompositionResponse } from '../composition.ts';
import { isReady, sqlConditions } from '../sql/findings.ts';
import { SQL_API_VERSION, type PostgresRole, type PostgresRoleSpec, type SecretRef } from '../sql/sql-kinds.ts';
import { readUserParameters } from './parameters.ts';

/** A new text asks for a new password now. */
export const ROTATE_ANNOTATION = 'larder.dev/rotate';

export interface ComposeUser {
  composite: KubeObject;
  /** The PostgresRole as it is. */
  role: KubeObject | undefined;
  connectionSecretRef: SecretRef;
  writeConnectionSecretToRef: SecretRef;
  /** The user's secret, as far as the role has published it. */
  details: Record<string, string> | undefined;
}

export function composeUser({ composite, role: found, details, ...refs }: ComposeUser): CompositionResponse {
  const role = found as PostgresRole | undefined;
  const { username, rotation } = role?.status ?? {};
  const { name, labels } = composite.metadata;
  const resource = {
    apiVersion: SQL_API_VERSION,
    kind: 'PostgresRole',
    metadata: { name, labels },
    spec: roleSpec(composite, refs),
  };
  return {
    composed: { role: { resource, ready: isReady(role) } },
    status: {
      ...(username === undefined ? {} : { username }),
      ...(rotation ? { rotation: { last: rotation.last, ...(rotation.next && { next: rotation.next }) } } : {}),
    },
    // The role says that it is there after its secret is: published before, both would be written twice.
    connectionDetails: username === undefined ? undefined : details,
    conditions: sqlConditions(role, 'RoleReady'),
    events: [],
    requirements: {},
  };
}

type Refs = Pick<ComposeUser, 'connectionSecretRef' | 'writeConnectionSecretToRef'>;

function roleSpec(composite: KubeObject, refs: Refs): PostgresRoleSpec {
  const { secretName: _name, ...wanted } = readUserParameters(composite);
  const request = composite.metadata.annotations?.[ROTATE_ANNOTATION];
  return { ...wanted, ...refs, ...(request === undefined ? {} : { rotationRequest: request }) };
}
