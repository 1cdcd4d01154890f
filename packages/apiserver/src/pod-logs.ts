/** Where the logs of pods come from. The server knows the API of `kubectl logs`, not what runs. */
import { resourceNotFound, type KubeObject } from '@larder/kube';

export interface PodLogOptions {
  container?: string;
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  /** RFC 3339 */
  sinceTime?: string;
  limitBytes?: number;
  /** Ends a log that is followed. */
  signal: AbortSignal;
}

export interface PodLogs {
  /** The log's text in pieces of any size. @throws StatusError when there is none, before the first piece */
  read(pod: KubeObject, options: PodLogOptions): AsyncIterable<string | Uint8Array>;
}

export const noPodLogs: PodLogs = {
  read() {
    throw resourceNotFound();
  },
};
