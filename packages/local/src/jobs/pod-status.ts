/** A pod's status from how far its process is: the fields that kubectl and controllers read. Pure. */
import type { Condition } from '@larder/kube';
import type { ContainerStatus, Pod, PodStatus } from './types.ts';

type Seen =
  { state: 'running'; startedAt: string } | { state: 'ended'; startedAt?: string; exitCode: number; endedAt: string };

export function podStatus(pod: Pod, run: Seen): PodStatus {
  const startedAt = run.startedAt && seconds(run.startedAt);
  if (run.state === 'running') return statusOf(pod, 'Running', startedAt, { running: { startedAt: startedAt! } });
  const { exitCode } = run;
  const terminated = {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt,
    finishedAt: seconds(run.endedAt),
  };
  return statusOf(pod, exitCode === 0 ? 'Succeeded' : 'Failed', startedAt, {
    terminated: withoutUndefined(terminated),
  });
}

/** Not started, since something that it names lacks. */
export function waitingStatus(pod: Pod, message: string): PodStatus {
  return statusOf(pod, 'Pending', undefined, { waiting: { reason: 'CreateContainerConfigError', message } });
}

function statusOf(
  { spec, status: before, metadata }: Pod,
  phase: NonNullable<PodStatus['phase']>,
  startTime: string | undefined,
  state: ContainerStatus['state'],
): PodStatus {
  const [{ name, image = '' } = { name: '' }] = spec.containers;
  const running = phase === 'Running';
  const completed = phase === 'Succeeded' || phase === 'Failed';
  const since = before?.conditions?.find(({ type }) => type === 'Ready');
  const ready = condition('Ready', running, completed ? 'PodCompleted' : undefined);
  const time = since?.status === ready.status ? since.lastTransitionTime : (startTime ?? metadata.creationTimestamp);
  return withoutUndefined({
    phase,
    startTime: before?.startTime ?? startTime,
    conditions: [condition('Initialized', true), ready, condition('PodScheduled', true)].map(each => ({
      ...each,
      lastTransitionTime: time,
    })),
    containerStatuses: [{ name, ready: running, started: running, restartCount: 0, image, imageID: '', state }],
  });
}

function condition(type: string, is: boolean, reason?: string): Condition {
  return withoutUndefined({ type, status: is ? 'True' : 'False', reason }) as Condition;
}

function seconds(time: string): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
