/** kubectl, unmodified, against the server. Found by LARDER_TOOLS or PATH; without one the tests are skipped and say so. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findTool } from './server/find-tool.ts';
import { startTestServer, type TestServer } from './server/harness.ts';

const found = ['kubectl-1.32', 'kubectl-current', 'kubectl'].map(findTool).filter(path => path !== undefined);

if (found.length === 0) it('kubectl', { skip: 'not run: no kubectl in LARDER_TOOLS or PATH' });

const manifest = (value: string) => `apiVersion: v1
kind: ConfigMap
metadata: {name: m, labels: {app: demo}}
data: {k: "${value}"}
`;

const crd = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.ex.io}
spec:
  group: ex.io
  scope: Namespaced
  names: {plural: gadgets, kind: Gadget, shortNames: [gad]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            description: What the gadget shall be.
            properties: {size: {type: integer, minimum: 1, description: How big.}}
          status: {type: object, properties: {phase: {type: string}}}
`;

const gadget = `apiVersion: ex.io/v1
kind: Gadget
metadata: {name: g}
spec: {size: 3}
`;

for (const kubectl of found) {
  describe(kubectl.split('/').at(-1) ?? kubectl, () => {
    let server: TestServer;
    let env: NodeJS.ProcessEnv;
    const ended: (() => Promise<void>)[] = [];

    before(async () => {
      server = await startTestServer({ after: end => ended.push(end as () => Promise<void>) });
      env = { PATH: process.env.PATH, HOME: server.folder, KUBECONFIG: await server.kubeconfig() };
    });
    after(async () => {
      for (const end of ended) await end();
    });

    function run(args: string[], input = ''): Promise<{ code: number; text: string }> {
      return new Promise(resolve => {
        const child = execFile(kubectl, args, { env, timeout: 20_000 }, (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : Number(error.code ?? 1), text: `${stdout}${stderr}` });
        });
        child.stdin?.end(input);
      });
    }

    /** The text of a command that must succeed. */
    async function k(line: string, input?: string): Promise<string> {
      const { code, text } = await run(line.split(' '), input);
      assert.equal(code, 0, `kubectl ${line}: ${text}`);
      return text.trim();
    }

    it('applies, again, and shows what would change', async () => {
      assert.equal(await k('apply -f -', manifest('1')), 'configmap/m created');
      assert.equal(await k('apply -f -', manifest('1')), 'configmap/m unchanged');
      const diff = await run(['diff', '-f', '-'], manifest('2'));
      assert.equal(diff.code, 1);
      assert.match(diff.text, /\+ {2}k: "2"/);
      assert.equal(await k('apply -f -', manifest('2')), 'configmap/m configured');
    });

    it('gets in all forms', async () => {
      assert.match(await k('get cm m -o wide'), /^NAME +DATA +AGE\nm +1 +/);
      assert.match(await k('get cm m -o yaml'), /^kind: ConfigMap$/m);
      assert.equal(await k('get cm m -o jsonpath={.data.k}'), '2');
      assert.match(await k('get cm -l app=demo -o name'), /configmap\/m/);
      assert.match(await k('get all -A'), /No resources found/);
    });

    it('describes and explains', async () => {
      assert.match(await k('describe cm m'), /Labels: +app=demo/);
      assert.match(await k('explain configmap.data'), /map\[string\]string/);
      assert.match(await k('explain secret --recursive'), /stringData/);
    });

    it('patches, labels and annotates', async () => {
      for (const [type, patch] of [
        ['merge', '{"data":{"x":"1"}}'],
        ['strategic', '{"data":{"y":"1"}}'],
        ['json', '[{"op":"add","path":"/data/z","value":"1"}]'],
      ]) {
        assert.equal(await k(`patch cm m --type=${type} -p ${patch}`), 'configmap/m patched');
      }
      assert.equal(await k('label cm m tier=one'), 'configmap/m labeled');
      assert.equal(await k('annotate cm m note=two'), 'configmap/m annotated');
      assert.equal(await k('get cm m -o jsonpath={.data.x}{.data.y}{.data.z}{.metadata.labels.tier}'), '111one');
    });

    it('edits', async () => {
      const editor = join(server.folder, 'editor.sh');
      await writeFile(editor, '#!/bin/sh\nsed -i "s/k: .*/k: edited/" "$1"\n');
      await chmod(editor, 0o700);
      env.EDITOR = editor;
      assert.match(await k('edit cm m'), /configmap\/m edited/);
      assert.equal(await k('get cm m -o jsonpath={.data.k}'), 'edited');
    });

    it('applies on the server, with conflicts', async () => {
      const ssa = 'apply --server-side -f -';
      assert.equal(
        await k(`${ssa} --field-manager=one`, manifest('1').replace('name: m', 'name: ssa')),
        'configmap/ssa serverside-applied',
      );
      const refused = await run(`${ssa} --field-manager=two`.split(' '), manifest('2').replace('name: m', 'name: ssa'));
      assert.equal(refused.code, 1);
      assert.match(refused.text, /conflict with "one": \.data\.k/);
      await k(`${ssa} --field-manager=two --force-conflicts`, manifest('2').replace('name: m', 'name: ssa'));
    });

    it('serves and explains a CustomResourceDefinition that somebody applies', async () => {
      await k('apply -f -', crd);
      await k('wait --for=condition=Established crd/gadgets.ex.io --timeout=10s');
      assert.equal(await k('apply -f -', gadget), 'gadget.ex.io/g created');
      assert.match(await k('get gad'), /^NAME +SIZE\ng +3$/);
      assert.match(await k('explain gadget.spec.size'), /How big\./);
      const refused = await run(['apply', '-f', '-'], gadget.replace('size: 3', 'size: 0, color: red'));
      assert.equal(refused.code, 1);
      assert.match(refused.text, /unknown field "spec.color"/);
    });

    it('waits for conditions, values and deletions', async () => {
      await k('patch gadget g --subresource=status --type=merge -p {"status":{"phase":"Ready"}}');
      await k('wait gadget/g --for=jsonpath={.status.phase}=Ready --timeout=10s');
      const waiting = k('wait gadget/g --for=delete --timeout=10s');
      await k('delete gadget g');
      await waiting;
    });

    it('watches what changes', async () => {
      await k('create configmap seen --from-literal=a=1');
      const watching = spawn(kubectl, ['get', 'cm', 'seen', '-w', '-o', 'jsonpath={.data.a} '], { env });
      try {
        const ended = new Promise<void>(resolve => {
          let text = '';
          watching.stdout.on('data', (chunk: Buffer) => {
            text += chunk.toString();
            if (text === '1 ') void k('patch cm seen --type=merge -p {"data":{"a":"2"}}');
            if (text === '1 2 ') resolve();
          });
        });
        await ended;
      } finally {
        watching.kill();
      }
    });

    it('creates the usual kinds', async () => {
      for (const [line, made] of [
        ['create namespace den', 'namespace/den created'],
        ['create secret generic pass --from-literal=a=b', 'secret/pass created'],
        ['create job once --image=example/none -- true', 'job.batch/once created'],
        ['create cronjob often --image=example/none --schedule=@daily -- true', 'cronjob.batch/often created'],
      ] as const) {
        assert.equal(await k(line), made);
      }
      assert.match(await k('get secret pass'), /pass +Opaque +1/);
      assert.match(await k('get job once'), /once +Running +0\/1/);
      assert.match(await k('describe job once'), /Completions: +1/);
      assert.match(await k('get cronjob often'), /often +@daily +<none> +False/);
      assert.match(await k('create job now --from=cronjob/often'), /created/);
    });

    it('applies with pruning, and scales what can be scaled', async () => {
      const two = `${manifest('1').replace('name: m', 'name: p1')}---\n${manifest('1').replace('name: m', 'name: p2')}`;
      const only = '--prune -l app=demo --prune-allowlist=core/v1/ConfigMap';
      await k(`apply ${only} -f -`, two);
      assert.match(await k(`apply ${only} -f -`, manifest('1').replace('name: m', 'name: p1')), /configmap\/p2 pruned/);
      const sized = crd
        .replaceAll('gadget', 'widget')
        .replaceAll('Gadget', 'Widget')
        .replace('shortNames: [gad]', 'shortNames: [wid]')
        .replace(
          '{status: {}}',
          '{status: {}, scale: {specReplicasPath: .spec.size, statusReplicasPath: .status.size}}',
        );
      await k('apply -f -', sized);
      await k('wait --for=condition=Established crd/widgets.ex.io --timeout=30s');
      await k('apply -f -', gadget.replace('Gadget', 'Widget'));
      assert.match(await k('scale widget g --replicas=5'), /scaled/);
      assert.equal(await k('get widget g -o jsonpath={.spec.size}'), '5');
    });

    it('is refused politely what has no meaning here', async () => {
      for (const line of ['rollout status job/once', 'rollout restart cm/m', 'top pods', 'get deployments']) {
        const { code, text } = await run(line.split(' '));
        assert.equal(code, 1, line);
        assert.match(text, /error|not available/i, line);
      }
    });

    it('deletes with every cascade', async () => {
      for (const cascade of ['background', 'foreground', 'orphan']) {
        await k(`create configmap ${cascade} --from-literal=a=b`);
        assert.match(await k(`delete cm ${cascade} --cascade=${cascade} --timeout=10s`), /deleted/);
      }
      await k('create namespace gone');
      await k('delete namespace gone --timeout=10s');
    });

    it('tells who one is, what one may, and what there is', async () => {
      assert.match(await k('auth whoami'), /Username +admin/);
      assert.equal(await k('auth can-i create secrets'), 'yes');
      assert.match(await k('api-resources'), /customresourcedefinitions +crd,crds/);
      assert.match(await k('api-versions'), /^batch\/v1$/m);
      assert.match(await k('version'), /Server Version: v1\.35\.4\+larder/);
      assert.match(await k('events'), /No events found/);
      await k('create serviceaccount bob');
      assert.match(await k('create token bob'), /^[\w-]+\.[\w-]+\.[\w-]+$/);
      const may = await run(['auth', 'can-i', 'create', 'secrets', '--as', 'x']);
      assert.deepEqual([may.code, may.text.trim()], [1, 'no']);
    });
  });
}
