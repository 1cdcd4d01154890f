/** The mark of what is ours, as the comment of a role or database in the server's own catalogue. */
import type { KubeObject } from '@larder/kube';

const PREFIX = 'larder.dev';

/** Names the object, so that another claim, or another plane, is told whose it is. */
export function markOf({ kind, metadata }: KubeObject): string {
  return `${PREFIX} ${kind} ${metadata.name} ${metadata.uid ?? ''}`;
}

export type Owner = 'ours' | 'nobody' | 'another';

/** Whose a role or database with that comment is. */
export function ownerBy(comment: string | null, object: KubeObject): Owner {
  if (comment === markOf(object)) return 'ours';
  return comment?.startsWith(`${PREFIX} ${object.kind} `) ? 'another' : 'nobody';
}

/** Whether any plane made the database that has this comment. */
export function isOursByComment(comment: string | null): boolean {
  return comment?.startsWith(`${PREFIX} PostgresDatabase `) ?? false;
}
