/** What an instance on StackGres consists of, beside its namespace and the SGCluster itself. */
import type { KubeObject } from '@larder/kube';
import { encodeBase64 } from '../../../cluster/base64.ts';
import type { DesiredComposed } from '../../../composition.ts';
import type { Parameters } from '../../parameters.ts';
import { majorOf } from '../../versions/versions.ts';
import type { Applied } from '../cluster/hold.ts';
import { labelsOf, namespaceOf } from '../cluster/place.ts';
import { CERT_MANAGER_API_VERSION, inside, STACKGRES_API_VERSION } from './kinds.ts';

type Resource = DesiredComposed['resource'];

export function profileObject(composite: KubeObject, { resources }: Applied): Resource {
  const [cpu, memory] = [resources['requests.cpu'], resources['requests.memory']];
  const requests = { ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}) };
  return object(composite, 'SGInstanceProfile', inside.profile, {
    cpu: resources['limits.cpu'],
    memory: resources['limits.memory'],
    ...(Object.keys(requests).length > 0 ? { requests } : {}),
  });
}

export function configObject(composite: KubeObject, version: string, settings: Record<string, string>): Resource {
  const sorted = Object.entries(settings).sort(([left], [right]) => (left < right ? -1 : 1));
  return object(composite, 'SGPostgresConfig', inside.config, {
    postgresVersion: String(majorOf(version)),
    'postgresql.conf': Object.fromEntries(sorted),
  });
}

/** The cluster's secret generator fills in the password: the catalog never makes one. */
export function ownerObject(composite: KubeObject): Resource {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: inside.owner,
      namespace: namespaceOf(composite),
      labels: labelsOf(composite),
      annotations: {
        'secret-generator.v1.mittwald.de/autogenerate': 'password',
        'secret-generator.v1.mittwald.de/encoding': 'hex',
        'secret-generator.v1.mittwald.de/length': '40',
      },
    },
    type: 'Opaque',
  };
}

/** SQL that makes the owner; it holds their password, so it is a Secret, and no log shows it. */
export function ownerSqlObject(composite: KubeObject, password: string): Resource {
  const literal = `'${password.replaceAll("'", "''")}'`;
  const sql = [
    "SET log_statement = 'none';",
    'SET log_min_duration_statement = -1;',
    'SET log_min_error_statement = panic;',
    "SET pg_stat_statements.track_utility = 'off';",
    "SET password_encryption = 'scram-sha-256';",
    "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'app') THEN CREATE ROLE app LOGIN; END IF; END $$;",
    `ALTER ROLE app LOGIN NOSUPERUSER NOCREATEROLE PASSWORD ${literal};`,
    '',
  ].join('\n');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: inside.ownerSql, namespace: namespaceOf(composite), labels: labelsOf(composite) },
    type: 'Opaque',
    data: { sql: encodeBase64(sql) },
  };
}

/** What the operator runs once in the new server, and again where it changed. */
export function scriptObject(composite: KubeObject, { extensions }: Parameters): Resource {
  const creating = extensions.map(
    ({ name, version }) =>
      `CREATE EXTENSION IF NOT EXISTS "${name}"${version === undefined ? '' : ` VERSION '${version}'`} CASCADE;`,
  );
  const scripts = [
    { id: 1, name: 'owner', scriptFrom: { secretKeyRef: { name: inside.ownerSql, key: 'sql' } } },
    {
      id: 2,
      name: 'database',
      script: "CREATE DATABASE app OWNER app ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;",
    },
    ...(creating.length > 0 ? [{ id: 3, name: 'extensions', database: 'app', script: creating.join('\n') }] : []),
  ];
  return object(composite, 'SGScript', inside.script, { managedVersions: true, continueOnError: false, scripts });
}

/** A certificate authority of the instance's own, and a server certificate with the endpoint in it. */
export function certificateObjects(composite: KubeObject, endpoint: string): Record<string, Resource> {
  const issuer = (name: string, spec: Record<string, unknown>): Resource =>
    certManager(composite, 'Issuer', name, spec);
  const name = composite.metadata.name;
  const privateKey = { algorithm: 'ECDSA', size: 256 };
  return {
    'root-issuer': issuer(inside.rootIssuer, { selfSigned: {} }),
    authority: certManager(composite, 'Certificate', inside.authority, {
      isCA: true,
      commonName: name,
      secretName: inside.authority,
      duration: '87600h',
      privateKey,
      issuerRef: { name: inside.rootIssuer, kind: 'Issuer' },
    }),
    issuer: issuer(inside.issuer, { ca: { secretName: inside.authority } }),
    certificate: certManager(composite, 'Certificate', inside.certificate, {
      secretName: inside.certificate,
      dnsNames: [endpoint, endpoint.replace(/\.svc$/, ''), `${endpoint}.cluster.local`, name],
      usages: ['server auth', 'digital signature'],
      privateKey,
      issuerRef: { name: inside.issuer, kind: 'Issuer' },
    }),
  };
}

function certManager(composite: KubeObject, kind: string, name: string, spec: Record<string, unknown>): Resource {
  return { ...object(composite, kind, name, spec), apiVersion: CERT_MANAGER_API_VERSION };
}

export function object(composite: KubeObject, kind: string, name: string, spec: Record<string, unknown>): Resource {
  const metadata = { name, namespace: namespaceOf(composite), labels: labelsOf(composite) };
  return { apiVersion: STACKGRES_API_VERSION, kind, metadata, spec };
}
