/**
 * Records what runs with this release, for later ones to be held against: `tsx packages/catalog/test/cluster/record.ts 0.1.0`, once, before
 * a release. What is recorded is never changed.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CompositionRequest } from '@larder/catalog';
import { engines, settled, wellKnown, withPolicy, type Situation } from './requests.ts';

const situations: Omit<Situation, 'engine'>[] = [
  {},
  { parameters: withPolicy({ apply: 'Immediate' }) },
  { parameters: { ...wellKnown, resources: { storageSize: '100Gi', limits: { memory: '16Gi', cpu: '8' } } } },
  { parameters: { ...wellKnown, instances: 3, settings: { max_connections: 500, work_mem: '16MB' } } },
  { parameters: { ...wellKnown, extensions: [{ name: 'hstore' }], access: { superuser: true } } },
];

const [, , release = ''] = process.argv;
if (!/^\d+\.\d+\.\d+$/.test(release))
  throw new Error('say which release: tsx packages/catalog/test/cluster/record.ts 0.1.0');
const recorded: CompositionRequest[] = engines.flatMap(engine => situations.map(one => settled({ engine, ...one })));
const objects = settled({ engine: 'cloudnativepg', way: 'Object' });
const file = fileURLToPath(new URL(`recorded/${release}.json`, import.meta.url));
writeFileSync(file, `${JSON.stringify([...recorded, objects])}\n`, { flag: 'wx' });
