/**
 * `npm run render -- claim.yaml`: prints what a claim composes, without any cluster, and says what is wrong with it where the real
 * definitions are at hand. Options: --engine, --version (the only one on offer), --delivery Direct|Object, --crossplane 1|2,
 * --observed FILE (a YAML map of composed name to object).
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { PlaneSettings } from '@larder/catalog';
import type { KubeObject } from '@larder/kube';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { settingsFor } from '../generate/crossplane/compositions.ts';
import { faultsOf, findSchemas } from './crds.ts';
import { withDefaults } from './objects.ts';
import { render } from './simulate.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string', default: 'cloudnativepg' },
    version: { type: 'string' },
    delivery: { type: 'string', default: 'Direct' },
    crossplane: { type: 'string', default: '2' },
    observed: { type: 'string' },
  },
});
const [file] = positionals;
if (file === undefined) {
  console.error(
    'usage: npm run render -- claim.yaml [--engine stackgres] [--version 17.9] [--delivery Object] [--observed FILE]',
  );
  process.exit(2);
}

const engine = values.engine as 'cloudnativepg' | 'stackgres';
const settings = settingsOf();
const schemas = findSchemas();
let faults = 0;
for (const claim of claimsIn(file)) {
  const answer = render({
    claim: withDefaults(claim),
    engine,
    settings,
    ...(values.observed ? { observed: observedIn(values.observed) } : {}),
  });
  console.log(stringify({ conditions: answer.conditions, status: answer.status, requirements: answer.requirements }));
  for (const [name, { resource, ready }] of Object.entries(answer.composed)) {
    console.log(
      `---\n# ${name}: ${ready ? 'ready' : 'not ready'}${judged(resource as KubeObject)}\n${stringify(resource)}`,
    );
  }
}
process.exit(faults > 0 ? 1 : 0);

function settingsOf(): PlaneSettings {
  const delivery =
    values.delivery === 'Object'
      ? ({ kind: 'Object', providerConfig: 'larder' } as const)
      : ({ kind: 'Direct' } as const);
  const usual = settingsFor(engine, { crossplane: values.crossplane === '1' ? 1 : 2, delivery });
  return values.version === undefined ? usual : { ...usual, images: [{ version: values.version }] };
}

function claimsIn(path: string): KubeObject[] {
  return parseAllDocuments(readFileSync(path, 'utf8'))
    .map(document => document.toJS() as KubeObject | null)
    .filter(object => object?.apiVersion.startsWith('syn.tools/')) as KubeObject[];
}

function observedIn(path: string): Record<string, { resource: KubeObject; connectionDetails: Record<string, string> }> {
  const objects = parse(readFileSync(path, 'utf8')) as Record<string, KubeObject>;
  return Object.fromEntries(
    Object.entries(objects).map(([name, resource]) => [name, { resource, connectionDetails: {} }]),
  );
}

function judged(resource: KubeObject): string {
  const found = faultsOf(resource, schemas);
  if (!found) return `, not validated: the definition of ${resource.kind} is not at hand (set LARDER_CRDS)`;
  faults += found.length;
  return found.map(fault => `\n# WRONG: ${fault}`).join('');
}
