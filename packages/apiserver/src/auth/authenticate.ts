/** Who sends a request: by client certificate, by token, or nobody. */
import { badRequest, forbidden, unauthorized } from '@larder/kube';
import type { IncomingMessage } from 'node:http';
import { TLSSocket, type PeerCertificate } from 'node:tls';
import type { User } from '../rest/api.ts';
import type { ServiceAccountTokens } from './tokens.ts';

export const anonymous: User = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

/** @throws StatusError `Unauthorized` for a token that isn't valid; without any credentials it is `anonymous` */
export async function authenticate(request: IncomingMessage, tokens: ServiceAccountTokens): Promise<User> {
  return impersonated(request, await identified(request, tokens));
}

/** `kubectl --as`: an administrator may act as somebody else, and then has their rights only. @throws StatusError `Forbidden` */
function impersonated({ headers }: IncomingMessage, user: User): User {
  const name = headers['impersonate-user'];
  if (name === undefined) {
    // Acting as a group alone would be acting as oneself: more than was asked for.
    const others = Object.keys(headers).filter(header => header.startsWith('impersonate-'));
    if (others.length > 0) throw badRequest(`requested [${others.join(' ')}] without impersonating a user`);
    return user;
  }
  const username = String(name);
  if (!user.groups.includes('system:masters')) {
    const why = `User ${JSON.stringify(user.username)} cannot impersonate resource "users" in API group "" at the cluster scope`;
    throw forbidden({ group: '', resource: 'users' }, username, why);
  }
  const groups = [headers['impersonate-group'] ?? []].flat().flatMap(group => group.split(', '));
  return { username, groups: [...new Set([...groups, 'system:authenticated'])] };
}

async function identified(request: IncomingMessage, tokens: ServiceAccountTokens): Promise<User> {
  const user = certifiedUser(request);
  if (user) return user;
  const token = bearerToken(request);
  if (token === undefined) return anonymous;
  const found = await tokens.findUser(token);
  if (found === undefined) throw unauthorized();
  return found;
}

/** CN is the user, each O a group. Only a certificate that our CA signed counts: TLS has checked it. */
function certifiedUser({ socket }: IncomingMessage): User | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  if (!certified.has(socket)) certified.set(socket, readCertificate(socket));
  return certified.get(socket);
}

/** A connection's certificate can't change, and reading it costs as much as answering a small request. */
const certified = new WeakMap<TLSSocket, User | undefined>();

function readCertificate(socket: TLSSocket): User | undefined {
  const { subject } = socket.getPeerCertificate() as Partial<PeerCertificate>;
  const username = firstOf(subject?.CN);
  if (username === undefined) return undefined;
  const organizations = subject?.O;
  return { username, groups: [...(organizations === undefined ? [] : [organizations].flat()), 'system:authenticated'] };
}

function firstOf(name: string | string[] | undefined): string | undefined {
  const [first] = name === undefined ? [] : [name].flat();
  return first === '' ? undefined : first;
}

function bearerToken({ headers }: IncomingMessage): string | undefined {
  const found = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '');
  if (found) return found[1];
  if (headers.authorization === undefined) return undefined;
  // Another scheme, or an empty token: something was meant, and it proves nothing.
  throw unauthorized();
}
