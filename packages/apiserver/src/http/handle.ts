/** One request from its bytes to its answer; every failure becomes a Status. */
import { badRequest, StatusError } from '@larder/kube';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { anonymous, authenticate } from '../auth/authenticate.ts';
import { asStatusError } from '../errors.ts';
import type { HttpContext } from './context.ts';
import { sendPageNotFound, sendStatus, type Exchange } from './exchange.ts';
import { observeRequest } from './observe.ts';
import { handlePath } from './paths.ts';
import { handleResource } from './resources.ts';
import { parseResourcePath, partsOf } from './route.ts';

export async function handle(context: HttpContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  observeRequest(request, response);
  const exchange = exchangeOf(request, response);
  try {
    if (exchange === undefined) throw badRequest('the target of the request is not a path');
    exchange.user = await authenticate(request, context.tokens);
    await dispatch(context, exchange);
  } catch (error) {
    answerFailure(context, exchange ?? bareExchange(request, response), error);
  }
}

async function dispatch(context: HttpContext, exchange: Exchange): Promise<void> {
  if (exchange.pathname.includes('//')) return sendPageNotFound(exchange);
  const parts = partsOf(exchange.pathname);
  const resource = parseResourcePath(parts);
  if (resource) await handleResource(context, exchange, resource);
  else await handlePath(context, exchange, parts);
}

function exchangeOf(request: IncomingMessage, response: ServerResponse): Exchange | undefined {
  const target = request.url ?? '';
  if (!target.startsWith('/')) return undefined;
  const mark = target.indexOf('?');
  const pathname = mark < 0 ? target : target.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
  return { ...bareExchange(request, response), pathname, query };
}

function bareExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  const method = request.method ?? 'GET';
  return { request, response, user: anonymous, method, pathname: '/', query: new URLSearchParams(), warnings: [] };
}

function answerFailure(context: HttpContext, exchange: Exchange, error: unknown): void {
  const { request, response } = exchange;
  if (response.headersSent || response.destroyed) {
    // Too late to tell: a cut connection tells that the answer isn't whole.
    response.destroy();
    return;
  }
  const failure = asStatusError(error);
  // A Status that was meant is no fault of ours, and may quote what the client sent: a secret has no place in a log.
  if (failure.code >= 500 && !(error instanceof StatusError)) context.failed(error);
  // What is left of the body isn't read: the connection can't be used again.
  if (!request.complete) response.setHeader('Connection', 'close');
  sendStatus(exchange, failure.status);
}
