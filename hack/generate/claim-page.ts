/** The page of a claim whose conditions need no table of their own: its manifest from `service/`, its fields, its secret. */
import { readFileSync } from 'node:fs';
import type { Service } from '@larder/catalog';
import { fieldTable, generated, ruleList } from './tables.ts';

const examples: Record<string, string> = {
  PostgreSQLUser: 'prototype-user.yaml',
  PostgreSQLDatabase: 'database.yaml',
  S3Bucket: 'bucket.yaml',
  PostgreSQLOperation: 'backup.yaml',
};

export function claimKind({ definition }: Service): string {
  return definition.spec.claimNames?.kind ?? '';
}

export function claimPage(service: Service): string {
  const { spec } = service.definition;
  const kind = claimKind(service);
  const schema = spec.versions[0]!.schema.openAPIV3Schema;
  const parameters = schema.properties?.spec?.properties?.parameters ?? {};
  const keys = spec.connectionSecretKeys ?? [];
  return `${generated}

# ${kind}

\`apiVersion: ${spec.group}/v1\`, \`kind: ${kind}\`. ${schema.description ?? ''} The claim lives in a namespace; its composite
\`${spec.names.kind}\` has the same parameters.

\`\`\`yaml
${exampleOf(kind)}
\`\`\`

## spec.parameters

${fieldTable(parameters, '')}

${ruleList([schema, parameters])}

A field that isn't in this table is refused by name.
${keys.length === 0 ? '' : secretSection(service, keys)}
## status

${fieldTable(schema.properties?.status ?? {}, '')}
`;
}

function secretSection(service: Service, keys: string[]): string {
  return `
## The connection secret

In the namespace of the claim, named by \`spec.writeConnectionSecretToRef.name\`, or else \`${service.connectionSecretName('<name of the claim>')}\`. It has all its keys, or it is not there:
${keys.map(key => `\`${key}\``).join(', ')}.
`;
}

/** The claim of the manifest, without what it brings along. */
function exampleOf(kind: string): string {
  const text = readFileSync(new URL(`../../service/${examples[kind]}`, import.meta.url), 'utf8');
  const found = text.split(/^---$/m).find(document => document.includes(`kind: ${kind}`));
  return (found ?? '').trim();
}
