/** What is asked of both API servers, in order, and how the answers are looked at. */

/** Shell lines with `$K` for kubectl, run in a folder with the manifests; all output and every exit code is compared. */
export interface KubectlCase {
  name: string;
  lines: string[];
}

/** Requests; status, some headers and the body of every answer are compared. */
export interface HttpCase {
  name: string;
  steps: HttpStep[];
}

export interface HttpStep {
  /** `GET /api/v1/...`. `{name}` stands for a value that an earlier step of the case kept. */
  ask: string;
  /** Sent as it is when it is a text, else as JSON; `{name}` is filled in here too. */
  body?: unknown;
  /** @default application/json, or what the method's usual patch needs */
  type?: string;
  accept?: string;
  headers?: Record<string, string>;
  /** @default the administrator */
  as?: 'admin' | 'nobody';
  /** Values to keep for later steps, by where they are in the body: `{ rv: 'metadata.resourceVersion' }`. */
  keep?: Record<string, string>;
  /** Asks again until the body contains this, for what happens a moment later; the last answer is compared. */
  until?: string | RegExp;
  /** The part of the body that is compared. Pure. @default all of it */
  show?: (body: unknown) => unknown;
}

/** Answers by what was asked: `case 3: GET /api/v1/...`. */
export type Answers = Map<string, string>;
