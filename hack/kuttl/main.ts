/**
 * Runs kuttl suites without kuttl, on any plane:
 *   tsx hack/kuttl/main.ts [--kubeconfig FILE] test/kuttl-test.yaml      against a running one; default $KUBECONFIG or larder's
 *   tsx hack/kuttl/main.ts --temporary-plane test/kuttl-test.yaml       starts a plane of its own and removes it afterwards
 */
import { parseArgs } from 'node:util';
import { httpClient, loadConnection } from '@larder/controller';
import { runCommand } from './command.ts';
import { runCase } from './run.ts';
import type { Plane } from './run.ts';
import { readSuite, withToolsImage } from './suite.ts';
import type { Suite, TestCase } from './suite.ts';
import { findToolsImage } from '../../packages/cli/src/kubernetes/catalog.ts';
import { findKubeconfig, startTemporaryPlane } from '../temporary-plane.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kubeconfig: { type: 'string' },
    'temporary-plane': { type: 'boolean', default: false },
    test: { type: 'string' },
  },
});
const suite = readSuite(positionals[0] ?? 'test/kuttl-test.yaml');
process.exitCode = await main();

async function main(): Promise<number> {
  if (!values['temporary-plane']) return runSuite(suite, values.kubeconfig ?? findKubeconfig());
  const plane = await startTemporaryPlane();
  try {
    return await runSuite(suite, plane.kubeconfig);
  } finally {
    await plane.stop();
  }
}

async function runSuite(read: Suite, kubeconfig: string): Promise<number> {
  const client = httpClient(await loadConnection(kubeconfig));
  // Noted by the installation of the catalog on a cluster; the local plane has no such note.
  const image = process.env.LARDER_TOOLS_IMAGE ?? (await findToolsImage(client));
  const { cases, ...options } = image === undefined ? read : withToolsImage(read, image);
  const plane: Plane = {
    client,
    kubeconfig,
    isNamespaced: async kind => (await client.discovery.resourceOf(kind)).namespaced,
  };
  for (const command of options.commands) await runCommand(command, { namespace: 'default', kubeconfig });
  const wanted = cases.filter(test => !values.test || test.name === values.test);
  const failed: string[] = [];
  const queue = [...wanted];
  const worker = async (): Promise<void> => {
    for (let test = queue.shift(); test; test = queue.shift()) {
      if (!(await passes(plane, test, options.timeout))) failed.push(test.name);
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, worker));
  console.log(`${options.name}: ${wanted.length - failed.length} passed, ${failed.length} failed`);
  return failed.length === 0 && wanted.length > 0 ? 0 : 1;
}

async function passes(plane: Plane, test: TestCase, timeout: number): Promise<boolean> {
  try {
    await runCase(plane, test, { timeout, log: line => console.log(line) });
    console.log(`ok ${test.name}`);
    return true;
  } catch (error) {
    console.error(`not ok ${test.name}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
