/** Admission rules as data: what a schema can't say, since it sees neither the name, nor what was accepted before, nor a deletion. */
import type { KindRef, KubeObject } from './objects.ts';

/** Why a write isn't admitted. `Invalid` is answered as 422 with the field as its cause, `Forbidden` as 403. */
export type Refusal =
  { reason: 'Invalid'; field: string; value: unknown; message: string } | { reason: 'Forbidden'; message: string };

/** Asked about every matching write after its schema held, dry runs too. Pure and quick. */
export interface AdmissionRule extends KindRef {
  operations: ('CREATE' | 'UPDATE' | 'DELETE')[];
  /** `object` is what shall be stored, or for `DELETE` what is there; `oldObject` is what is there on `UPDATE`. */
  refuse(object: KubeObject, oldObject?: KubeObject): Refusal | undefined;
}
