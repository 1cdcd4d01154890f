/**
 * What a composition is: a pure function from what was observed to what is wanted. The shapes follow Crossplane's
 * `RunFunctionRequest` and `RunFunctionResponse`, so that one function serves the composer in-process and Crossplane over gRPC.
 */
import type { Condition, KindRef, KubeObject } from '@larder/kube';

/** A composed object as it is now, with the connection details it published. */
export interface ObservedComposed {
  resource: KubeObject;
  connectionDetails: Record<string, string>;
}

/** Objects a composition wants to read but doesn't own: one by name, or all that carry the labels. */
export type Requirement = KindRef & { namespace?: string } & (
    { matchName: string } | { matchLabels: Record<string, string> }
  );

export interface CompositionRequest {
  composite: KubeObject;
  /** By composed resource name: stable for ever, renaming one deletes a database. */
  composed: Record<string, ObservedComposed>;
  /** By requirement name; absent until the caller has looked, empty when nothing matched. */
  required: Record<string, KubeObject[]>;
  /** Settings of the plane, from the Composition's pipeline; the local plane has none. */
  input?: Record<string, unknown>;
}

export interface DesiredComposed {
  resource: Omit<KubeObject, 'metadata'> & { metadata: Partial<KubeObject['metadata']> };
  ready: boolean;
}

/** A condition that the composition sets. `CompositeAndClaim` shows it on the claim too. */
export interface CompositionCondition extends Pick<Condition, 'type' | 'status' | 'reason' | 'message'> {
  target: 'Composite' | 'CompositeAndClaim';
}

export interface CompositionEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  target: 'Composite' | 'CompositeAndClaim';
}

export interface CompositionResponse {
  composed: Record<string, DesiredComposed>;
  /** Replaces the composition's share of the composite's status; the composer copies it to the claim. */
  status: Record<string, unknown>;
  /** All keys of the connection secret, or absent: it is written whole or not at all. */
  connectionDetails?: Record<string, string>;
  conditions: CompositionCondition[];
  events: CompositionEvent[];
  /** When these change, or lack in the request, the caller looks them up and calls again. */
  requirements: Record<string, Requirement>;
  /** Call again after so many seconds, though nothing that is composed changed. @default the caller's */
  againAfterSeconds?: number;
}

export type Composition = (request: CompositionRequest) => CompositionResponse;
