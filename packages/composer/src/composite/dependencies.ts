/** Which composites care about which secrets and required objects: for watches only, rebuilt by every composite's next turn. */
import type { Requirement } from '@larder/catalog';
import { keyOf, type KubeObject } from '@larder/kube';

export interface CompositeDependencies {
  /** The name of its composition. */
  composition: string;
  requirements: Record<string, Requirement>;
  /** Keys of the secrets with composed objects' connection details. */
  secrets: string[];
}

export class Dependencies {
  readonly #byComposite = new Map<string, CompositeDependencies>();
  readonly #withoutComposition = new Set<string>();
  /** Which composed resource an object is, by uid: it is still known when somebody removes the annotation by hand. */
  readonly #roles = new Map<string, { composite: string; resourceName: string }>();

  /** It has no composition yet, and hears of every one that comes. */
  awaitComposition(composite: string): void {
    this.#withoutComposition.add(composite);
  }

  track(composite: string, dependencies: CompositeDependencies): void {
    this.#withoutComposition.delete(composite);
    this.#byComposite.set(composite, dependencies);
  }

  forget(composite: string): void {
    this.#byComposite.delete(composite);
    this.#withoutComposition.delete(composite);
    for (const [uid, role] of this.#roles) if (role.composite === composite) this.#roles.delete(uid);
  }

  requirementsOf(composite: string): Record<string, Requirement> {
    return this.#byComposite.get(composite)?.requirements ?? {};
  }

  setRole(composite: string, resourceName: string, uid: string | undefined): void {
    if (uid !== undefined) this.#roles.set(uid, { composite, resourceName });
  }

  /** The composed resource name that the object had in this composite. */
  roleOf(composite: string, uid: string | undefined): string | undefined {
    const role = uid === undefined ? undefined : this.#roles.get(uid);
    return role?.composite === composite ? role.resourceName : undefined;
  }

  /** The composites whose composed objects publish their details in this secret. */
  onSecret(secret: KubeObject): string[] {
    const key = keyOf(secret);
    return this.#where(each => each.secrets.includes(key));
  }

  /** The composites that this composition composes, and those that have none. */
  onComposition(name: string): string[] {
    return [...this.#where(each => each.composition === name), ...this.#withoutComposition];
  }

  /** The composites that required this object. */
  onRequired(object: KubeObject): string[] {
    return this.#where(each => Object.values(each.requirements).some(requirement => matches(requirement, object)));
  }

  #where(cares: (dependencies: CompositeDependencies) => boolean): string[] {
    return [...this.#byComposite].filter(([, dependencies]) => cares(dependencies)).map(([composite]) => composite);
  }
}

function matches(requirement: Requirement, { apiVersion, kind, metadata }: KubeObject): boolean {
  if (requirement.apiVersion !== apiVersion || requirement.kind !== kind) return false;
  if (requirement.namespace !== undefined && requirement.namespace !== metadata.namespace) return false;
  // By name only: an object that loses a label has changed for those who required it by that label, too.
  return 'matchName' in requirement ? requirement.matchName === metadata.name : true;
}
