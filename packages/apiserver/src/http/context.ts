/** What the HTTP layer works with. */
import type { ServiceAccountTokens } from '../auth/tokens.ts';
import type { PodLogs } from '../pod-logs.ts';
import type { Api } from '../rest/api.ts';
import type { JsonCaches } from './json-cache.ts';

export interface HttpContext {
  api: Api;
  tokens: ServiceAccountTokens;
  podLogs: PodLogs;
  cache: JsonCaches;
  version: string;
  /** Aborts when the server stops: ends watches. */
  closing: AbortSignal;
  /** Told about failures that are the server's own fault. */
  failed(error: unknown): void;
}
