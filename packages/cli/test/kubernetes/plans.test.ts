/** What an installation on a cluster decides, as values: versions, command lines, references, what is changed in manifests. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CommandError } from '../../src/failure.ts';
import { compositionsFolder, offerVersions, preferEngine } from '../../src/kubernetes/catalog.ts';
import { versionOf } from '../../src/kubernetes/cluster.ts';
import { helmArguments } from '../../src/kubernetes/crossplane.ts';
import { kindCommands, kindRegistry } from '../../src/kubernetes/kind.ts';
import { useImage } from '../../src/kubernetes/operators.ts';
import { useToolsImage } from '../../src/kubernetes/provision.ts';
import { registryFrom, skopeoArguments } from '../../src/kubernetes/registry.ts';
import { readSources } from '../../src/kubernetes/sources.ts';
import { runSteps } from '../../src/kubernetes/steps.ts';
import type { Step } from '../../src/kubernetes/steps.ts';
import { isAtLeast } from '../../src/kubernetes/versions.ts';

test('versions are compared by their numbers', () => {
  for (const [version, least, want] of [
    ['1.30', '1.30', true],
    ['v1.35.4', '1.30', true],
    ['1.9.9', '1.30', false],
    ['2.0.0', '1.20', true],
    ['1.20', '1.20.1', false],
    ['1.35.4-gke.1', '1.35', true],
  ] as const)
    assert.equal(isAtLeast(version, least), want, `${version} against ${least}`);
});

test('without a registry, or with one that is no address, nothing starts', () => {
  assert.throws(
    () => registryFrom(undefined, undefined),
    (error: CommandError) => error.exitCode === 2 && /REGISTRY=host\/path/.test(error.remedy ?? ''),
  );
  for (const wrong of ['https://host/path', 'host/path/', 'host/path:tag/x', 'host path'])
    assert.throws(() => registryFrom(wrong, undefined), CommandError, wrong);
  assert.deepEqual(registryFrom('host:5000/a/b', undefined), { push: 'host:5000/a/b', pull: 'host:5000/a/b' });
  assert.deepEqual(registryFrom('localhost:1/a', 'inside:5000/a'), { push: 'localhost:1/a', pull: 'inside:5000/a' });
});

test('only a registry on loopback is spoken to without a certificate', () => {
  assert.ok(skopeoArguments('f.tar', '127.0.0.1:5000/a:1').includes('--dest-tls-verify=false'));
  assert.ok(skopeoArguments('f.tar', 'localhost:5000/a:1').includes('--dest-tls-verify=false'));
  assert.ok(!skopeoArguments('f.tar', 'registry.example.com/a:1').includes('--dest-tls-verify=false'));
  assert.deepEqual(skopeoArguments('f.tar', 'r/a:1').slice(-2), ['docker-archive:f.tar', 'docker://r/a:1']);
});

test('helm installs a version of a repository, or an archive as it is', () => {
  const chart = { release: 'crossplane', namespace: 'n', chart: 'crossplane', version: '2.3.4' };
  assert.deepEqual(helmArguments({ ...chart, repository: 'https://charts.example.com' }, 'values.json'), [
    ...['upgrade', 'crossplane', 'crossplane', '--install', '--namespace', 'n', '--create-namespace'],
    ...['--repo', 'https://charts.example.com', '--version', '2.3.4', '--values', 'values.json'],
  ]);
  const archive = helmArguments({ ...chart, chart: '/x/crossplane-2.3.4.tgz' }, 'values.json');
  assert.ok(!archive.includes('--repo') && !archive.includes('--version'));
});

test('kind: a cluster, and a registry that both sides find', () => {
  assert.deepEqual(kindCommands.create.args.slice(0, 4), ['create', 'cluster', '--name', 'larder']);
  assert.match(kindCommands.create.input, /config_path = "\/etc\/containerd\/certs\.d"/);
  const [address] = kindRegistry.pull.split('/');
  assert.ok(kindCommands.startRegistry.args.includes('127.0.0.1:5001:5000'), 'only this machine may push');
  assert.ok(
    kindCommands.startRegistry.args.includes(address!.split(':')[0]!),
    'the container has the name that pods use',
  );
  assert.ok(kindCommands.mirror.args.at(-1)!.includes(`/etc/containerd/certs.d/${address}/hosts.toml`));
  assert.match(kindRegistry.pull, /^[^/]+\.local:5000\//, 'Crossplane speaks plain HTTP to names in .local only');
});

test('the older Crossplane gets the compositions that it can run', () => {
  assert.equal(compositionsFolder({ delivery: 'direct', isOldCrossplane: false }), 'compositions');
  assert.equal(compositionsFolder({ delivery: 'objects', isOldCrossplane: false }), 'objects/compositions');
  assert.equal(compositionsFolder({ delivery: 'objects', isOldCrossplane: true }), 'objects-1.20/compositions');
});

test('versions on offer are those of the sources file, where it has some', () => {
  const composition = () => ({
    apiVersion: 'apiextensions.crossplane.io/v1',
    kind: 'Composition',
    metadata: { name: 'postgresql' },
    spec: { pipeline: [{ input: { images: [{ version: '18.1', image: 'theirs' }] } }] },
  });
  const kept = composition();
  offerVersions(kept, undefined);
  assert.deepEqual(kept, composition());
  const changed = composition();
  offerVersions(changed, [{ version: '17.9', image: 'ours:17.9' }]);
  assert.deepEqual(changed.spec.pipeline[0]!.input.images, [{ version: '17.9', image: 'ours:17.9' }]);
});

test('the engine that was asked for runs instances whose claims ask for none; users are the same on both', () => {
  const definition = (kind = 'instance') => ({
    apiVersion: 'apiextensions.crossplane.io/v1',
    kind: 'CompositeResourceDefinition',
    metadata: { name: `xpostgresql${kind}s.syn.tools` },
    spec: { defaultCompositionRef: { name: 'postgresql' } },
  });
  const [usual, other, user] = [definition(), definition(), definition('user')];
  preferEngine(usual, 'cloudnativepg');
  preferEngine(other, 'stackgres');
  preferEngine(user, 'stackgres');
  assert.equal(user.spec.defaultCompositionRef.name, 'postgresql');
  assert.equal(usual.spec.defaultCompositionRef.name, 'postgresql');
  assert.equal(other.spec.defaultCompositionRef.name, 'postgresql-stackgres');
});

test("an operator's own image follows into the variable that names it", () => {
  const container = {
    image: 'theirs',
    env: [
      { name: 'OPERATOR_IMAGE_NAME', value: 'theirs' },
      { name: 'OTHER', value: 'x' },
    ],
  };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: { template: { spec: { containers: [container] } } },
  };
  useImage(deployment, 'ours:1');
  assert.deepEqual(container, {
    image: 'ours:1',
    env: [
      { name: 'OPERATOR_IMAGE_NAME', value: 'ours:1' },
      { name: 'OTHER', value: 'x' },
    ],
  });
  assert.equal(versionOf(deployment), '1');
});

test('a job of the tools image pulls it from the registry; other images stay', () => {
  const containers = [{ image: 'larder.dev/tools:0.1' }, { image: 'busybox' }];
  useToolsImage(
    { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j' }, spec: { template: { spec: { containers } } } },
    'r/tools:abc',
  );
  assert.deepEqual(containers, [{ image: 'r/tools:abc' }, { image: 'busybox' }]);
});

test('versions in image references', () => {
  const of = (image: string): string =>
    versionOf({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: { template: { spec: { containers: [{ image }] } } },
    });
  assert.equal(of('xpkg.crossplane.io/crossplane/crossplane:v2.3.4'), '2.3.4');
  assert.equal(of('10.0.0.1:5000/crossplane:v2.3.4@sha256:00'), '2.3.4');
  assert.equal(of('10.0.0.1:5000/crossplane'), 'unknown');
});

test('a sources file replaces what it names, and nothing unknown', () => {
  const folder = mkdtempSync(join(tmpdir(), 'larder-sources-'));
  try {
    const file = join(folder, 'sources.json');
    writeFileSync(file, JSON.stringify({ providerKubernetes: { package: 'r/p:1' } }));
    const sources = readSources(file);
    assert.equal(sources.providerKubernetes.package, 'r/p:1');
    assert.match(sources.crossplane.repository ?? '', /^https:/);
    writeFileSync(file, JSON.stringify({ crossplan: {} }));
    assert.throws(() => readSources(file), /it names "crossplan"/);
    assert.throws(() => readSources(join(folder, 'none.json')), CommandError);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('steps: what is there is left alone; a failure says which, why and where to look, and ends it', async () => {
  const ran: string[] = [];
  const told: string[] = [];
  const step = (name: string, found?: string, fails?: Error): Step => ({
    name,
    look: `kubectl get ${name}`,
    find: async () => found,
    run: async () => {
      ran.push(name);
      if (fails) throw fails;
    },
  });
  const steps = [step('a', 'version 1 is there'), step('b'), step('c', undefined, new Error('no disk')), step('d')];
  await assert.rejects(
    runSteps(steps, line => told.push(line)),
    (error: CommandError) => {
      assert.equal(error.message, 'step "c" failed: no disk');
      assert.equal(error.remedy, 'look at: kubectl get c');
      return true;
    },
  );
  assert.deepEqual(ran, ['b', 'c']);
  assert.equal(told[0], '[1/4] a: version 1 is there, left alone');
});
