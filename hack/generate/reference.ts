/** Writes docs/reference/*.md from the catalog: `npx tsx hack/generate/reference.ts`. A test says when they are stale. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  backupKind,
  connectionSecretKeys,
  drillKind,
  localKinds,
  postgresDatabase,
  postgresRole,
  services,
  type CustomResourceDefinition,
} from '@larder/catalog';
import { format, resolveConfig } from 'prettier';
import { factsOf, majorsWithFacts } from '../../packages/catalog/src/postgresql/facts/facts.ts';
import { refusalReasons } from '../../packages/catalog/src/postgresql/refused.ts';
import { closedReason } from '../../packages/catalog/src/postgresql/settings/check.ts';
import { claimKind, claimPage } from './claim-page.ts';
import { fieldTable, generated, ruleList, sentence } from './tables.ts';

export const referenceFolder = fileURLToPath(new URL('../../docs/reference', import.meta.url));

/** The pages by file name, formatted. */
export async function renderReference(): Promise<Record<string, string>> {
  const pages = {
    'postgresqlinstance.md': instancePage(),
    'settings.md': settingsPage(),
    'local-kinds.md': kindsPage('Kinds of the local plane', 'The local plane makes them; people only look.', [
      ...localKinds,
      backupKind,
      drillKind,
    ]),
    'sql-kinds.md': kindsPage(
      'Kinds of users and databases',
      'PostgreSQLUser and PostgreSQLDatabase claims make them; people only look.',
      [postgresRole, postgresDatabase],
    ),
    ...Object.fromEntries(
      services.slice(1).map(service => [`${claimKind(service).toLowerCase()}.md`, claimPage(service)]),
    ),
  };
  const config = await resolveConfig(join(referenceFolder, 'postgresqlinstance.md'));
  const entries = Object.entries(pages).map(async ([name, text]) => {
    return [name, await format(text, { ...config, parser: 'markdown' })] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function instancePage(): string {
  const { definition } = services[0]!;
  const schema = definition.spec.versions[0]!.schema.openAPIV3Schema;
  const parameters = schema.properties?.spec?.properties?.parameters ?? {};
  return `${generated}

# PostgreSQLInstance

\`apiVersion: syn.tools/v1\`, \`kind: PostgreSQLInstance\`. A PostgreSQL server. The claim lives in a namespace; its composite
\`XPostgreSQLInstance\` has the same parameters.

\`\`\`yaml
apiVersion: syn.tools/v1
kind: PostgreSQLInstance
metadata:
  name: postgres1
  namespace: my-app
spec:
  parameters:
    resources:
      storageSize: 10Gi
      limits:
        memory: 1Gi
    updatePolicy:
      version: '17'
\`\`\`

## spec.parameters

${fieldTable(parameters, '')}

${ruleList([schema])}

A field that isn't in this table is refused by name.

## Beside the parameters

| field | meaning |
|---|---|
| \`spec.writeConnectionSecretToRef.name\` | The connection secret, in the claim's namespace. Default: \`<name of the claim>-connection\`. |
| \`spec.compositionRef.name\` | Who meets the claim. Default: \`${definition.spec.defaultCompositionRef?.name}\`. |
| \`spec.compositeDeletePolicy\` | \`Foreground\` (default): the claim is gone when everything it made is. \`Background\`: at once. |

## The connection secret

It has all its keys, or it is not there.

| key | meaning |
|---|---|
${connectionSecretKeys.map(key => `| \`${key}\` | ${keyMeanings[key] ?? ''} |`).join('\n')}

## status

${fieldTable(schema.properties?.status ?? {}, '')}

## Conditions

A claim that is well has \`Synced\` and \`Ready\` alone. The others come onto the claim while they have something to say; the composite always has them.

| type | status | reason | meaning |
|---|---|---|---|
| \`Synced\` | True | \`ReconcileSuccess\` | What was asked for was handed on. |
| | False | \`ReconcileError\` | It could not be; the message has the cause. |
| \`Ready\` | True | \`Available\` | A login with the credentials of the connection secret worked. |
| | False | \`Waiting\` | Not yet, or not any more. |
| \`ServerReady\` | False | | Why the server can't be logged in to, in its own words. |
| \`Accepted\` | Unknown | \`VersionsNotListed\` | The plane has only just started and doesn't know its PostgreSQL versions yet. |
${Object.entries(refusalReasons)
  .map(([reason, meaning]) => `| \`Accepted\` | False | \`${reason}\` | ${meaning} |`)
  .join('\n')}

With \`Accepted=False\` the message has field, value and remedy, and whatever was accepted before stays as it is.
`;
}

const keyMeanings: Record<string, string> = {
  endpoint: 'Host name or address. It is in the certificate of the server.',
  port: 'Its port, the same for as long as the instance lives.',
  username: 'The login: owner of the database, no superuser.',
  password: 'Its password.',
  database: 'The database.',
  'ca.crt': 'The authority that signed the certificate of the server, in PEM.',
  uri: 'All of it for libpq and its like, with `sslmode=require`, since a URI can not carry the authority.',
  jdbcUri: 'The same for JDBC.',
  sslmode: '`verify-full`: how to connect with `ca.crt` at hand.',
  superuserUsername: 'With `access.superuser`: a superuser.',
  superuserPassword: 'With `access.superuser`: its password.',
};

function settingsPage(): string {
  const names = [...new Set(majorsWithFacts.flatMap(major => Object.keys(factsOf(major).settings)))].sort();
  const closed = new Map<string, string[]>();
  const open: string[] = [];
  for (const name of names) {
    const major = majorsWithFacts.findLast(one => factsOf(one).settings[name] !== undefined) ?? 17;
    const why = closedReason(name, factsOf(major).settings[name] ?? { context: '' });
    if (why === undefined) open.push(name);
    else closed.set(why, [...(closed.get(why) ?? []), name]);
  }
  const code = (items: string[]): string => items.map(item => `\`${item}\``).join(', ');
  return `${generated}

# Settings and extensions

\`spec.parameters.settings\` of a PostgreSQLInstance takes settings as \`postgresql.conf\` does. Each is checked, before it is used, against what
PostgreSQL ${majorsWithFacts.map(major => factsOf(major).version).join(', ')} know (name, type, unit, range), against what would break the instance, and against its size.
Some are accepted with safe values alone, such as \`fsync: "on"\`; the message then says which.

## What can be set

${code(open)}

## What can not be set

| settings | why |
|---|---|
${[...closed].map(([why, list]) => `| ${code(list)} | ${sentence(why.replace('can not be set: it ', '').replace('. Leave it out', ''))} |`).join('\n')}

## Extensions

| PostgreSQL | extensions |
|---|---|
${majorsWithFacts.map(major => `| ${major} | ${code(Object.keys(factsOf(major).extensions))} |`).join('\n')}
`;
}

function kindsPage(title: string, who: string, kinds: CustomResourceDefinition[]): string {
  const { group, versions } = kinds[0]!.spec;
  return `${generated}

# ${title}

\`${group}/${versions[0]?.name}\`, cluster-scoped. ${who}
${kinds.map(kindSection).join('\n')}`;
}

function kindSection({ spec: { names, versions } }: CustomResourceDefinition): string {
  const schema = versions[0]?.schema.openAPIV3Schema ?? {};
  const status = schema.properties?.status;
  return `
## ${names.kind}

${fieldTable(schema.properties?.spec ?? {}, 'spec.')}
${status ? `\n${fieldTable(status, 'status.')}` : ''}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of Object.entries(await renderReference())) {
    const file = join(referenceFolder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(file);
  }
}
