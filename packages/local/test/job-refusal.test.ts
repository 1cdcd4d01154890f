/** What can't run on this plane is said with its name, and what can runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findRefusal } from '../src/jobs/refusal.ts';
import type { Container, JobSpec, PodSpec } from '../src/jobs/types.ts';

function spec(container: Partial<Container> = {}, pod: Partial<PodSpec> = {}, job: Partial<JobSpec> = {}): JobSpec {
  const containers = [{ name: 'sql', image: 'larder.dev/tools:0.1', ...container }];
  return { template: { spec: { containers, ...pod } }, ...job };
}

const cases: { name: string; spec: JobSpec; want: RegExp | undefined }[] = [
  { name: 'the tools image with a tag', spec: spec(), want: undefined },
  { name: 'the tools image without a tag', spec: spec({ image: 'larder.dev/tools' }), want: undefined },
  { name: 'its program', spec: spec({ command: ['larder-sql', '-c', 'select 1'] }), want: undefined },
  {
    name: 'another image',
    spec: spec({ image: 'postgres:17' }),
    want: /cannot run image "postgres:17".*larder\.dev\/tools/,
  },
  { name: 'an image that begins alike', spec: spec({ image: 'larder.dev/tools-evil' }), want: /cannot run image/ },
  {
    name: 'another program',
    spec: spec({ command: ['sh', '-c', 'x'] }),
    want: /cannot run command "sh".*"larder-sql"/,
  },
  { name: 'init containers', spec: spec({}, { initContainers: [{}] }), want: /initContainers/ },
  {
    name: 'two containers',
    spec: spec({}, { containers: [{ name: 'a' }, { name: 'b' }] }),
    want: /more than one container/,
  },
  { name: 'indexed completion', spec: spec({}, {}, { completionMode: 'Indexed' }), want: /completionMode: "Indexed"/ },
  { name: 'a pod failure policy', spec: spec({}, {}, { podFailurePolicy: {} }), want: /podFailurePolicy/ },
  {
    name: 'a host path',
    spec: spec({}, { volumes: [{ name: 'v', hostPath: { path: '/' } }] }),
    want: /volume "v": only secret, configMap and emptyDir/,
  },
  {
    name: 'a secret volume',
    spec: spec({}, { volumes: [{ name: 'v', secret: { secretName: 's' } }] }),
    want: undefined,
  },
  {
    name: 'a sub-path',
    spec: spec({ volumeMounts: [{ name: 'v', mountPath: '/v', subPath: '../..' }] }),
    want: /subPath/,
  },
  ...['../../evil', '..', '/etc', 'a/b', 'A', '', 'a\0b', 'x'.repeat(64)].flatMap(name => [
    {
      name: `a volume called ${JSON.stringify(name)}, whatever let it be stored`,
      spec: spec({}, { volumes: [{ name, emptyDir: {} }] }),
      want: /volume name .*: it must be a DNS label/,
    },
    {
      name: `a mount of ${JSON.stringify(name)}, whatever let it be stored`,
      spec: spec({ volumeMounts: [{ name, mountPath: '/v' }] }),
      want: /volume name .*: it must be a DNS label/,
    },
  ]),
  {
    name: 'a mount of a volume that is not there',
    spec: spec({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
    want: /volumeMount "v": no volume has this name/,
  },
];
for (const { name, spec, want } of cases)
  test(`${want ? 'refused' : 'run'}: ${name}`, () => {
    const refusal = findRefusal(spec);
    if (want) assert.match(refusal?.message ?? '', want);
    else assert.equal(refusal, undefined);
  });
