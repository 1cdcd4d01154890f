/** What an instance is, and one thing that changes of it. */

/** What an instance is, or shall be. */
export interface Setup {
  /** Exactly: `17.10`. */
  version: string;
  /** All of postgresql.conf that counts, those that follow from the sizes included. */
  settings: Record<string, string>;
  /** `spec.parameters` of the claim; absent where only the server is looked at. */
  parameters?: Record<string, unknown>;
}

export type Needs = 'Nothing' | 'Reload' | 'Restart' | 'NewServer';

export interface Change {
  /** Of `spec.parameters`, such as `updatePolicy.version` or `settings.work_mem`. */
  field: string;
  from: string;
  to: string;
  needs: Needs;
  why: string;
}

export const VERSION_FIELD = 'updatePolicy.version';
