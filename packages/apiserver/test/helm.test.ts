/** helm, unmodified, against the server: the life of a release. Found by LARDER_TOOLS or PATH; without it the test is not run and says so. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { findTool } from './server/find-tool.ts';
import { startTestServer } from './server/harness.ts';

const helm = findTool('helm');

/** What the chart asks for is a claim; a kind of that name is enough here. */
const claims = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'postgresqlinstances.syn.tools' },
  spec: {
    group: 'syn.tools',
    scope: 'Namespaced',
    names: { plural: 'postgresqlinstances', kind: 'PostgreSQLInstance' },
    versions: [
      {
        ...{ name: 'v1', served: true, storage: true, subresources: { status: {} } },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        },
      },
    ],
  },
};

const chart = {
  'Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 0.1.0\n',
  'values.yaml': 'motd: hello\nsize: 1Gi\n',
  'templates/all.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-motd}
data: {text: {{ .Values.motd | quote }}}
---
apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}-key}
stringData: {token: "{{ .Values.motd }}"}
---
apiVersion: syn.tools/v1
kind: PostgreSQLInstance
metadata: {name: {{ .Release.Name }}}
spec: {parameters: {resources: {storageSize: {{ .Values.size }}}, updatePolicy: {version: "17"}}}
`,
};

it(
  'helm installs, upgrades, rolls back and uninstalls a release',
  { skip: helm ? false : 'not run: no helm' },
  async t => {
    const server = await startTestServer(t);
    const kubeconfig = await server.kubeconfig();
    const folder = join(server.folder, 'chart');
    await mkdir(join(folder, 'templates'), { recursive: true });
    for (const [name, text] of Object.entries(chart)) await writeFile(join(folder, name), text);
    const made = await server.ask('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: claims });
    assert.equal(made.code, 201, made.text);
    const env = { PATH: process.env.PATH, HOME: server.folder, KUBECONFIG: kubeconfig };
    const run = (...args: string[]) =>
      new Promise<string>((resolve, reject) => {
        execFile(helm ?? '', args, { env, timeout: 120_000 }, (error, stdout, stderr) => {
          if (error) reject(new Error(`helm ${args.join(' ')}: ${stdout}${stderr}`));
          else resolve(stdout);
        });
      });
    const motd = async () => {
      const { body } = await server.ask('GET', '/api/v1/namespaces/default/configmaps/shop-motd');
      return (body as { data?: { text: string } }).data?.text;
    };

    assert.match(await run('install', 'shop', folder, '--wait', '--timeout', '60s'), /STATUS: deployed\nREVISION: 1/);
    assert.equal(await motd(), 'hello');
    const claim = await server.ask('GET', '/apis/syn.tools/v1/namespaces/default/postgresqlinstances/shop');
    assert.equal(claim.code, 200);
    assert.match(
      await run('upgrade', 'shop', folder, '--set', 'motd=bye,size=2Gi', '--wait', '--timeout', '60s'),
      /REVISION: 2/,
    );
    assert.equal(await motd(), 'bye');
    assert.match(await run('list', '-A'), /^shop\s+default\s+2\s+.*deployed\s+shop-0\.1\.0/m);
    assert.match(await run('history', 'shop'), /^1\s+.*superseded/m);
    await run('rollback', 'shop', '1', '--wait', '--timeout', '60s');
    assert.equal(await motd(), 'hello');
    assert.match(await run('status', 'shop'), /REVISION: 3/);
    assert.match(await run('get', 'manifest', 'shop'), /kind: PostgreSQLInstance/);
    await assert.rejects(run('install', 'shop', folder), /cannot re-use a name/);
    assert.match(await run('uninstall', 'shop', '--wait', '--timeout', '60s'), /uninstalled/);
    assert.equal(await motd(), undefined);
    assert.doesNotMatch(await run('list', '-A'), /shop/);
  },
);
