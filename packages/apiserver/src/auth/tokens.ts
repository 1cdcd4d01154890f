/** ServiceAccount tokens: JWTs that the server signs, and believes while the account they name exists. Tokens are never logged. */
import { jwtVerify, SignJWT } from 'jose';
import { createPrivateKey, createPublicKey, randomUUID, type KeyObject } from 'node:crypto';
import type { KubeObject } from '@larder/kube';
import type { User } from '../rest/api.ts';
import type { Store } from '../store/store.ts';

export const issuer = 'https://kubernetes.default.svc.cluster.local';

export interface TokenRequest {
  audiences: string[];
  expirationSeconds: number;
}

export interface IssuedToken {
  token: string;
  expiresAt: Date;
}

export class ServiceAccountTokens {
  readonly #store: Store;
  readonly #now: () => Date;
  readonly #key: KeyObject;
  readonly #algorithm: string;

  /** @param pem the private key: RSA, or EC on P-256 */
  constructor(store: Store, pem: string, now: () => Date) {
    this.#store = store;
    this.#now = now;
    this.#key = createPrivateKey(pem);
    this.#algorithm = this.#key.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256';
  }

  async issue(account: KubeObject, { audiences, expirationSeconds }: TokenRequest): Promise<IssuedToken> {
    const { namespace = '', name, uid } = account.metadata;
    const issuedAt = Math.floor(this.#now().getTime() / 1000);
    const expiresAt = issuedAt + expirationSeconds;
    const claims = { 'kubernetes.io': { namespace, serviceaccount: { name, uid } } };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: this.#algorithm, kid: 'larder' })
      .setIssuer(issuer)
      .setSubject(usernameOf(namespace, name))
      .setAudience(audiences)
      .setIssuedAt(issuedAt)
      .setNotBefore(issuedAt)
      .setExpirationTime(expiresAt)
      .setJti(randomUUID())
      .sign(this.#key);
    return { token, expiresAt: new Date(expiresAt * 1000) };
  }

  /** Whose token it is; `undefined` when it isn't valid now, or its account is gone. */
  async findUser(token: string): Promise<User | undefined> {
    const claims = await this.#verify(token);
    if (claims === undefined) return undefined;
    const { namespace, serviceaccount } = claims;
    const stored = this.#store.get({ resource: 'serviceaccounts', namespace, name: serviceaccount.name });
    if (stored === undefined || stored.value.metadata.uid !== serviceaccount.uid) return undefined;
    return {
      username: usernameOf(namespace, serviceaccount.name),
      uid: serviceaccount.uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    };
  }

  async #verify(token: string): Promise<AccountClaims | undefined> {
    try {
      const { payload } = await jwtVerify(token, createPublicKey(this.#key), {
        issuer,
        audience: issuer,
        algorithms: [this.#algorithm],
        currentDate: this.#now(),
      });
      const claims = payload['kubernetes.io'];
      return isAccountClaims(claims) ? claims : undefined;
    } catch {
      // Whatever is wrong with it, it proves nobody's identity.
      return undefined;
    }
  }
}

interface AccountClaims {
  namespace: string;
  serviceaccount: { name: string; uid: string };
}

function isAccountClaims(claims: unknown): claims is AccountClaims {
  const { namespace, serviceaccount } = (claims ?? {}) as Partial<AccountClaims>;
  return (
    typeof namespace === 'string' && typeof serviceaccount?.name === 'string' && typeof serviceaccount.uid === 'string'
  );
}

function usernameOf(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}
