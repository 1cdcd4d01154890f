/**
 * What an engine on a cluster is: it says which objects an instance consists of, and knows nothing of how they get there. `deliver`
 * makes a composition of it.
 */
import type { KubeObject } from '@larder/kube';
import type { CompositionResponse, DesiredComposed, Requirement } from '../composition.ts';
import type { LentServerSpec } from '../sql/lent-server.ts';
import { SERVER_SECRET } from '../sql/server-secret.ts';
import type { PlaneSettings } from './settings.ts';

/** A composed object as it is in the cluster of the databases. */
export interface Seen {
  resource: KubeObject;
  /** What was last wanted, since the object itself could not be read: its status lacks. */
  unread: boolean;
}

export interface EngineRequest {
  composite: KubeObject;
  composed: Record<string, Seen>;
  /** By name of the credential; what can't be read yet lacks. */
  credentials: Record<string, string>;
  /** What the engine asked for, by the name of its requirement; absent until somebody has looked. */
  required: Record<string, KubeObject[]>;
  settings: PlaneSettings;
}

/** A field of a Secret in the cluster of the databases. */
export interface CredentialSource {
  namespace: string;
  secret: string;
  field: string;
}

export interface EngineResponse extends Omit<CompositionResponse, 'requirements'> {
  /** Everything that is there stays as it is, since the wish can't be met; `composed` is empty. */
  keep?: boolean;
  /** A server whose superuser's rights the agent may use for the users and databases of its connection secret. */
  lends?: Lending;
}

/** What the agent must know of a server; whose connection secret leads to it is added where that is known. */
export interface Lending extends Omit<LentServerSpec, 'connectionSecret'> {
  labels: Record<string, string>;
}

export interface ClusterEngine {
  /** Names of all that it may compose, of this release and earlier ones. Stable for ever: renaming one deletes a database. */
  names: readonly string[];
  /** Names of what lies in the control cluster, however the rest is delivered. */
  direct?: readonly string[];
  /** Beginnings of names for what is done once, such as an upgrade: each occasion has a name of its own. */
  occasions?: readonly string[];
  /** The composed object with the data: once there it is never left out of an answer. */
  holdsData: string;
  /** Which is deleted only after which: `of` stays until `by` is gone. */
  usages: readonly { of: string; by: string }[];
  /** What to read, by name of the credential. */
  credentials(composite: KubeObject, settings: PlaneSettings): Record<string, CredentialSource>;
  /** Whether they are there, by what holds the data; always, when absent. An Object that reads a Secret which lacks can't even be deleted. */
  hasCredentials?(seen: KubeObject): boolean;
  /** Other objects to read, in the control cluster. */
  requires?(composite: KubeObject): Record<string, Requirement>;
  compose(request: EngineRequest): EngineResponse;
}

/** The annotation in which an engine notes on an object what it was made of. */
export const appliedAnnotation = 'larder.dev/applied';

/** An object as it is, without what only the cluster may write: composing it changes nothing. */
export function asObserved(resource: KubeObject): DesiredComposed['resource'] {
  const { apiVersion, kind, metadata, status: _status, ...content } = resource;
  const { name, namespace, labels, annotations, finalizers = [] } = metadata;
  const ours = finalizers.filter(each => each === SERVER_SECRET.finalizer);
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels ? { labels: withoutForeign(labels) } : {}),
      ...(annotations ? { annotations: withoutForeign(annotations) } : {}),
      ...(ours.length > 0 ? { finalizers: ours } : {}),
    },
    ...content,
  };
}

/** Under which an object is known to whoever carries it. Ours where we said it, the same where a provider did. */
export const externalNameAnnotation = 'crossplane.io/external-name';

const foreign = /^(kubectl\.)?kubernetes\.io\/|(^|\.)(crossplane|cnpg|stackgres)\.io\//;

/** What Crossplane, kubectl and the operators write about an object is theirs. */
function withoutForeign(entries: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entries).filter(([key]) => key === externalNameAnnotation || !foreign.test(key)),
  );
}
