/**
 * A PostgreSQLUser by provider-sql, for who has it: a login, and no more. It takes an existing role over by its name, knows nothing of
 * tables made later, and can't change a password without a moment in which none is valid: what a claim wants of these is refused.
 */
import type { KubeObject } from '@larder/kube';
import { decodeBase64 } from '../cluster/base64.ts';
import { claimOf } from '../cluster/claim-secret.ts';
import type { ClusterEngine, CredentialSource, EngineRequest, EngineResponse } from '../cluster/engine.ts';
import { isTrue } from '../cluster/ready.ts';
import type { CompositionCondition, DesiredComposed } from '../composition.ts';
import { userDetails } from '../postgresql/connection.ts';
import { fieldAt, textOf } from '../postgresql/fields.ts';
import { serverRequirement } from '../sql/on-cluster.ts';
import { readUserParameters, type UserParameters } from './parameters.ts';

const API_VERSION = 'postgresql.sql.crossplane.io/v1alpha1';
const SYSTEM_NAMESPACE = 'larder-system';
const SOON_SECONDS = 10;

export const userByProviderSql: ClusterEngine = {
  names: ['provider-config', 'role'],
  direct: ['provider-config', 'role'],
  holdsData: 'role',
  usages: [],
  credentials: ({ metadata }) => {
    const from = { namespace: SYSTEM_NAMESPACE, secret: `${metadata.name}-login` };
    return Object.fromEntries(
      ['username', 'password'].map((field): [string, CredentialSource] => [field, { ...from, field }]),
    );
  },
  requires: serverRequirement,
  compose,
};

function compose({ composite, composed, credentials, required }: EngineRequest): EngineResponse {
  const wanted = readUserParameters(composite);
  const refusal = refuse(composite, wanted);
  if (refusal !== undefined) return { keep: true, ...nothing, conditions: [refused(refusal)] };
  const secret = required['server-secret']?.[0];
  if (secret === undefined) return { keep: true, ...nothing, conditions: [accepted], againAfterSeconds: SOON_SECONDS };
  const role = composed.role?.resource;
  const isReady = role !== undefined && isTrue(role.status, 'Ready');
  const details = isReady ? userDetails({ ...serverFacts(secret), ...credentials }) : undefined;
  const config = {
    resource: providerConfig(composite, wanted, secret),
    ready: composed['provider-config'] !== undefined,
  };
  return {
    composed: {
      'provider-config': config,
      role: { resource: roleObject(composite, wanted), ready: details !== undefined },
    },
    status: isReady ? { username: wanted.name } : {},
    connectionDetails: details,
    conditions: [accepted],
    events: [],
  };
}

const nothing = { composed: {}, status: {}, events: [] };

const accepted: CompositionCondition = {
  type: 'Accepted',
  status: 'True',
  reason: 'Accepted',
  message: '',
  target: 'Composite',
};

function refused(message: string): CompositionCondition {
  return { ...accepted, status: 'False', reason: 'NotWithProviderSql', message, target: 'CompositeAndClaim' };
}

const superuser = { username: 'superuserUsername', password: 'superuserPassword' };

const REMEDY = 'the platform team offers it with larder-agent (composition postgresql-user)';

/** Field, value and remedy of the first wish that can't be met. */
function refuse(composite: KubeObject, wanted: UserParameters): string | undefined {
  const username = textOf(fieldAt(composite, 'spec.parameters.username'));
  const [grant] = wanted.grants;
  if (username !== '')
    return `spec.parameters.username: "${username}" may exist already, and provider-sql would take that role over without a word: write usernameprefix instead, or ${REMEDY}`;
  if (wanted.adopt)
    return `spec.parameters.adopt: "true" can not be had, since provider-sql does not look whose a role is: leave it out, or ${REMEDY}`;
  if (wanted.rotationSeconds !== undefined)
    return `spec.parameters.rotation: "${textOf(fieldAt(composite, 'spec.parameters.rotation'))}" can not be had, since provider-sql knows one login alone: leave it out, or ${REMEDY}`;
  if (grant !== undefined)
    return `spec.parameters.grants: "${grant.privilege}" on "${grant.database}" can not be had, since provider-sql gives no privileges on tables that others make later: leave it out and grant in SQL, or ${REMEDY}`;
  return undefined;
}

function providerConfig(
  composite: KubeObject,
  { secretName }: UserParameters,
  { data }: KubeObject,
): DesiredComposed['resource'] {
  const connectionSecretRef = { namespace: claimOf(composite)?.namespace ?? '', name: secretName };
  return {
    apiVersion: API_VERSION,
    kind: 'ProviderConfig',
    metadata: { name: composite.metadata.name },
    spec: {
      credentials: {
        ...{ source: 'PostgreSQLConnectionSecret', connectionSecretRef },
        // An instance of ours with access.superuser: its own login may make no roles.
        ...(fieldAt(data, 'superuserUsername') === undefined ? {} : { secretKeyMapping: superuser }),
      },
      // It can't be told an authority, so TLS is all that there is; its password is not sent without.
      sslMode: 'require',
    },
  };
}

function roleObject(composite: KubeObject, wanted: UserParameters): DesiredComposed['resource'] {
  const { name, labels } = composite.metadata;
  const { connectionLimit } = wanted;
  return {
    apiVersion: API_VERSION,
    kind: 'Role',
    metadata: { name, labels, annotations: { 'crossplane.io/external-name': wanted.name } },
    spec: {
      forProvider: {
        privileges: { login: true, createDb: wanted.createDatabase, replication: wanted.replication },
        ...(connectionLimit < 0 ? {} : { connectionLimit }),
      },
      providerConfigRef: { name },
      writeConnectionSecretToRef: { namespace: SYSTEM_NAMESPACE, name: `${name}-login` },
    },
  };
}

function serverFacts({ data }: KubeObject): Record<string, string> {
  const of = (key: string): string => decodeBase64(textOf(fieldAt(data, key)));
  const ca = decodeBase64(textOf((data as Record<string, unknown> | undefined)?.['ca.crt']));
  return {
    endpoint: of('endpoint'),
    port: of('port') || '5432',
    database: of('database') || 'postgres',
    sslmode: of('sslmode') || (ca ? 'verify-full' : 'require'),
    'ca.crt': ca,
  };
}
