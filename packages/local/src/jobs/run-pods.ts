/** Follows pods: ends the process of one that is deleted, and says of one that no job made that nothing here runs it. */
import { kubeTime, refOfKey, runController, setCondition } from '@larder/controller';
import { podFolder, podsWithFolder, removeRun } from './pod-run.ts';
import { findRefusal, TOOLS_IMAGE } from './refusal.ts';
import type { JobsOptions } from './run-jobs.ts';
import type { Pod } from './types.ts';

const POD = { apiVersion: 'v1', kind: 'Pod' };

/** Resolves when the signal has aborted and no work is under way. */
export async function runPods(options: JobsOptions): Promise<void> {
  const controller = runController({
    ...options,
    name: 'pods',
    watches: [{ kind: POD }],
    reconcile: key => reconcilePod(options, key),
  });
  // Pods that were deleted while no plane ran.
  for (const { metadata } of podsWithFolder(options.home)) controller.enqueue(`${metadata.namespace}/${metadata.name}`);
  await controller.stopped;
}

async function reconcilePod(
  { client, home, events, clock = () => new Date() }: JobsOptions,
  key: string,
): Promise<void> {
  const ref = refOfKey(POD, key);
  const pod = await client.find<Pod>(ref);
  if (!pod || pod.metadata.deletionTimestamp !== undefined) {
    await removeRun(podFolder(home, { metadata: ref }));
    return;
  }
  const owned = pod.metadata.ownerReferences?.some(owner => owner.kind === 'Job' && owner.controller);
  if (owned || pod.status?.conditions?.some(({ type }) => type === 'PodScheduled')) return;
  const refusal = findRefusal({ template: { spec: pod.spec } });
  const message =
    refusal?.message ?? `cannot run a pod by itself: this plane runs Jobs and CronJobs of image "${TOOLS_IMAGE}"`;
  const unschedulable = { type: 'PodScheduled', status: 'False' as const, reason: 'Unschedulable', message };
  const conditions = setCondition(pod.status?.conditions ?? [], unschedulable, clock());
  await client.updateStatus<Pod>({ ...pod, status: { phase: 'Pending', startTime: kubeTime(clock()), conditions } });
  events.record(pod, { type: 'Warning', reason: 'FailedScheduling', message });
}
