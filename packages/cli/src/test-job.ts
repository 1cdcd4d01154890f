/** Runs a Job's manifest anew and shows what it printed. */
import { waitFor, type HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { applyOne } from './commands/apply.ts';
import { CommandError } from './failure.ts';
import type { Manifest } from './manifests.ts';
import { hasCondition, reasonToWait } from './output/conditions.ts';
import type { Surroundings } from './surroundings.ts';
import { inTime } from './waiting.ts';

const TIMEOUT = 120_000;

/** A Job of that name from before is replaced: a Job runs once. @throws CommandError when it fails, with what it printed */
export async function runJob(surroundings: Surroundings, client: HttpClient, manifest: Manifest): Promise<void> {
  const { apiVersion, kind, metadata } = manifest.object;
  const ref = { apiVersion, kind, name: metadata.name, namespace: metadata.namespace ?? 'default' };
  if (await client.find(ref)) {
    await client.delete(ref, { propagationPolicy: 'Background' });
    await inTime(
      waitFor(client, ref, object => object === undefined, { timeoutMs: TIMEOUT }),
      () => ({
        message: `the job "${ref.name}" of before could not be removed`,
      }),
    );
  }
  await applyOne(surroundings, client, manifest);
  const isOver = (job: KubeObject | undefined): boolean => hasCondition(job, 'Complete') || hasCondition(job, 'Failed');
  const job = await inTime(waitFor(client, ref, isOver, { timeoutMs: TIMEOUT }), last => ({
    message: `job "${ref.name}" did not end within ${TIMEOUT / 1000} s: ${reasonToWait(last)}`,
    remedy: `larder describe job/${ref.name} -n ${ref.namespace} tells more`,
  }));
  const output = await logsOf(client, ref);
  if (hasCondition(job, 'Failed'))
    throw new CommandError(`job "${ref.name}" failed${output === '' ? '' : `; it printed:\n${output}`}`, {
      remedy: `larder describe job/${ref.name} -n ${ref.namespace} tells more`,
    });
  surroundings.print(indent(output));
  surroundings.print(`job.batch/${ref.name} complete`);
}

/** What the newest pod of a job printed; empty when there is none. */
async function logsOf(client: HttpClient, { name, namespace }: { name: string; namespace: string }): Promise<string> {
  const { items } = await client.list(
    { apiVersion: 'v1', kind: 'Pod' },
    { namespace, labelSelector: `job-name=${name}` },
  );
  const pod = items
    .sort((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))
    .at(-1);
  if (!pod) return '';
  const path = `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}/log`;
  const { status, body } = await client.transport.request({ method: 'GET', path });
  return status === 200 ? body.trimEnd() : '';
}

function indent(text: string): string {
  return text.replace(/^/gm, '  | ');
}
