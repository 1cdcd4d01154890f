/** What a server's object says while a change has the server to itself. Pure. */
import type { PostgresChange } from '@larder/catalog';

/** A new one for each attempt: that of an earlier one proves nothing. */
export function handsOffMark({ metadata, status }: PostgresChange): string {
  const { tries } = status?.memo ?? {};
  return `${metadata.uid} ${typeof tries === 'number' ? tries : 0}`;
}
