/** The pods of a job: made as objects, started as processes, and kept in step with how far their processes are. */
import { randomInt } from 'node:crypto';
import { kubeTime } from '@larder/controller';
import { equalJson, isNotFound, type Client } from '@larder/kube';
import type { Account } from '@larder/postgres';
import type { Home } from '../home/home.ts';
import { claimAccount } from '../servers/accounts.ts';
import { gatherLaunch, MissingConfigError } from './launch.ts';
import { isActive } from './plan-job.ts';
import { observeRun, podFolder, startRun, stopRun } from './pod-run.ts';
import { podStatus, waitingStatus } from './pod-status.ts';
import type { JobsOptions } from './run-jobs.ts';
import type { Job, Pod } from './types.ts';

const POD = { apiVersion: 'v1', kind: 'Pod' };

export class JobPods {
  readonly #client: Client;
  readonly #home: Home;
  #account: Promise<Account> | undefined;
  readonly #options: JobsOptions;
  readonly #changed: (job: Job) => void;

  /** `changed` is called when a process of the job ends. */
  constructor(options: JobsOptions, changed: (job: Job) => void) {
    this.#client = options.client;
    this.#home = options.home;
    this.#options = options;
    this.#changed = changed;
  }

  /** The job's pods, brought up to date with their processes; those that a crash kept from starting are started. */
  async observe(job: Job): Promise<Pod[]> {
    const { namespace, uid } = job.metadata;
    const labelSelector = `batch.kubernetes.io/controller-uid=${uid}`;
    const { items } = await this.#client.list<Pod>(POD, { namespace, labelSelector });
    return Promise.all(items.map(pod => (isActive(pod) ? this.#refresh(job, pod) : Promise.resolve(pod))));
  }

  /** One more pod. */
  async start(job: Job): Promise<void> {
    const { name, namespace, uid } = job.metadata;
    const { metadata = {}, spec } = job.spec.template;
    const owner = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      name,
      uid: uid ?? '',
      controller: true,
      blockOwnerDeletion: true,
    };
    const pod = await this.#client.create<Pod>({
      ...POD,
      metadata: { ...metadata, name: `${name.slice(0, 57)}-${randomName(5)}`, namespace, ownerReferences: [owner] },
      spec: { ...spec, nodeName: 'larder' },
    });
    const message = `Created pod: ${pod.metadata.name}`;
    this.#options.events.record(job, { type: 'Normal', reason: 'SuccessfulCreate', message });
    await this.#refresh(job, pod);
  }

  /** Ends a pod's process; the pod stays, as failed. */
  async stop(job: Job, name: string, because: string): Promise<void> {
    const pod = await this.#client.find<Pod>({ ...POD, name, namespace: job.metadata.namespace });
    if (!pod) return;
    const folder = podFolder(this.#home, pod);
    await stopRun(folder);
    const run = observeRun(folder);
    const ended =
      run.state === 'ended' ? run : { state: 'ended' as const, exitCode: 143, endedAt: new Date().toISOString() };
    await this.#write(pod, { ...podStatus(pod, ended), message: because });
  }

  /** Deletes a pod; who follows pods ends its process. */
  async remove(job: Job, name: string): Promise<void> {
    try {
      await this.#client.delete({ ...POD, name, namespace: job.metadata.namespace });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return;
    }
    this.#options.events.record(job, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${name}` });
  }

  async #refresh(job: Job, pod: Pod): Promise<Pod> {
    const folder = podFolder(this.#home, pod);
    if (observeRun(folder).state === 'new') {
      const waits = await this.#launch(job, pod, folder);
      if (waits !== undefined) return this.#write(pod, waitingStatus(pod, waits));
    }
    const run = observeRun(folder);
    return this.#write(
      pod,
      podStatus(pod, run.state === 'new' ? { state: 'running', startedAt: kubeTime(new Date()) } : run),
    );
  }

  /** Starts the pod's process; what it waits for when it can't start yet. */
  async #launch(job: Job, pod: Pod, folder: string): Promise<string | undefined> {
    try {
      const { launch, volumes } = await gatherLaunch(this.#client, pod);
      const account = await this.#claimAccount();
      startRun(folder, { launch: { ...launch, account }, volumes, onExit: () => this.#changed(job) });
      return undefined;
    } catch (error) {
      if (error instanceof MissingConfigError) return error.message;
      throw error;
    }
  }

  /** One for all jobs; asked for once, also when several begin at the same instant. */
  #claimAccount(): Promise<Account> {
    this.#account ??= claimAccount({ holder: this.#home.jobs }).catch((error: unknown) => {
      this.#account = undefined;
      throw error;
    });
    return this.#account;
  }

  async #write(pod: Pod, status: Pod['status']): Promise<Pod> {
    return equalJson(pod.status ?? {}, status) ? pod : this.#client.updateStatus<Pod>({ ...pod, status });
  }
}

/** As Kubernetes: no vowels and nothing that looks like another. */
function randomName(length: number): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  return Array.from({ length }, () => letters[randomInt(letters.length)]).join('');
}
