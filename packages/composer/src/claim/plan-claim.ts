/** What a claim wants written: first on itself, then its composite. Decides, touches nothing. */
import { equalJson, type KindRef } from '@larder/kube';
import {
  argumentsFor,
  claimUidAnnotation,
  finalizer,
  label,
  protectedAnnotation,
  secretUidAnnotation,
  type Claim,
  type Composite,
} from '../crossplane.ts';
import { claimSpecFields, compositeSpecFields, propagatedFields } from '../definition/standard-fields.ts';

export interface BindingInput {
  claim: Claim;
  compositeKind: KindRef;
  /** A composite that was made for this claim, when the claim itself has forgotten which. */
  bound?: string;
  /** The name for a new composite. */
  freshName: string;
  /** The composition that a new composite of this claim will choose, where that is known. */
  composition?: string;
  /** The connection secret's name when the claim has none; absent: the kind has no connection details. */
  secretName?: string;
}

/**
 * The merge patch that the claim needs before anything is made for it: its finalizer, the name of its composite, decided
 * once, and that of its secret. `undefined` when all is there.
 */
export function planBinding(input: BindingInput): Record<string, unknown> | undefined {
  const { claim, compositeKind, bound, freshName, secretName } = input;
  const { finalizers = [], resourceVersion } = claim.metadata;
  const name = claim.spec.resourceRef?.name ?? bound ?? freshName;
  const resourceRef = { apiVersion: compositeKind.apiVersion, kind: compositeKind.kind, name };
  const spec: Record<string, unknown> = {};
  if (!equalJson(claim.spec.resourceRef, resourceRef)) spec.resourceRef = resourceRef;
  if (saysComposition(input)) spec.compositionRef = { name: input.composition };
  if (claim.spec.writeConnectionSecretToRef === undefined && secretName !== undefined) {
    spec.writeConnectionSecretToRef = { name: secretName };
  }
  const held = finalizers.includes(finalizer.claim);
  if (held && Object.keys(spec).length === 0) return undefined;
  return { metadata: { resourceVersion, ...(!held && { finalizers: [...finalizers, finalizer.claim] }) }, spec };
}

/** A composite that is there has chosen for itself. */
function saysComposition({ claim, bound, composition }: BindingInput): boolean {
  const { resourceRef, compositionRef } = claim.spec;
  return composition !== undefined && [resourceRef, bound, compositionRef].every(each => each === undefined);
}

/** The composite as the claim's side of server-side apply: everything the claim says about it, nothing else. */
export function planComposite(claim: Claim): Record<string, unknown> {
  const { apiVersion, kind, metadata, spec } = claim;
  const { namespace = '', name } = metadata;
  const composite = spec.resourceRef?.name ?? '';
  const annotations = {
    ...withoutReserved(metadata.annotations ?? {}),
    ...(metadata.uid !== undefined && { [claimUidAnnotation]: metadata.uid }),
  };
  return {
    apiVersion: spec.resourceRef?.apiVersion,
    kind: spec.resourceRef?.kind,
    metadata: {
      name: composite,
      labels: {
        ...withoutReserved(metadata.labels ?? {}),
        [label.composite]: composite,
        [label.claimName]: name,
        [label.claimNamespace]: namespace,
      },
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec: {
      ...Object.fromEntries(Object.entries(spec).filter(([field]) => !keptBack.has(field))),
      claimRef: { apiVersion, kind, namespace, name },
    },
  };
}

/** Why the composite can't be this claim's; `undefined` when it can. One that nobody has may be bound. */
export function refusalToBind(claim: Claim, composite: Composite): string | undefined {
  const { claimRef } = composite.spec;
  if (claimRef === undefined || isBoundTo(composite, claim)) return undefined;
  const other = `${claimRef.namespace}/${claimRef.name}`;
  const isOurOwn = composite.metadata.annotations?.[claimUidAnnotation] === claim.metadata.uid;
  // Ours whose reference was edited: with another name its data would be out of reach.
  const remedy =
    isOurOwn && claim.metadata.uid !== undefined
      ? `it was, until somebody changed its spec.claimRef; put that back: kubectl edit ${argumentsFor(composite)}`
      : 'name another one in spec.resourceRef.name';
  return (
    `refusing to operate on composite resource "${composite.metadata.name}" that is not bound to this claim: ` +
    `bound to claim "${other}"; ${remedy}`
  );
}

/** Made for this very claim, not for an earlier one of the same name. One that doesn't say is older than the question. */
export function isMadeFor(composite: Composite, claim: Claim): boolean {
  const uid = composite.metadata.annotations?.[claimUidAnnotation];
  return isBoundTo(composite, claim) && (uid === undefined || uid === claim.metadata.uid);
}

export function isBoundTo(composite: Composite, claim: Claim): boolean {
  const { claimRef } = composite.spec;
  const { name, namespace } = claim.metadata;
  return claimRef?.name === name && claimRef.namespace === namespace && claimRef.kind === claim.kind;
}

/** Fields of `spec` that are Crossplane's and not for the composite: a claim must not be able to slip it any. */
const keptBack = new Set(
  [...Object.keys(claimSpecFields()), ...Object.keys(compositeSpecFields())].filter(
    field => !propagatedFields.includes(field),
  ),
);

/** Without `kubernetes.io/` and `*.kubernetes.io/` (and k8s.io): those are about the claim. Nor what only the plane may say. */
function withoutReserved(entries: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).filter(([key]) => !isReserved(key)));
}

const ourOwn: ReadonlySet<string> = new Set([secretUidAnnotation, claimUidAnnotation, protectedAnnotation]);

function isReserved(key: string): boolean {
  if (ourOwn.has(key)) return true;
  const slash = key.indexOf('/');
  if (slash < 0) return false;
  return /(^|\.)(kubernetes|k8s)\.io$/.test(key.slice(0, slash));
}
