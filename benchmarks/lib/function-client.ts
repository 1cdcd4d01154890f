/** Calls a composition function as Crossplane does, over one connection with mutual TLS. Sends and gets bytes, so that little of the time is the client's. */
import { FunctionRunnerServiceService } from '@crossplane-org/function-sdk-typescript';
import { credentials, makeGenericClientConstructor } from '@grpc/grpc-js';

export const { path: functionPath } = FunctionRunnerServiceService.runFunction;

const same = (bytes: Buffer): Buffer => bytes;

/** A method that leaves messages as they are. */
export const asBytes = {
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
};

export interface FunctionClient {
  call(request: Buffer): Promise<Buffer>;
  close(): void;
}

/** @param pair of the client, signed by the authority `ca` */
export function openFunctionClient(port: number, ca: string, pair: { cert: string; key: string }): FunctionClient {
  const Client = makeGenericClientConstructor({}, 'FunctionRunnerService');
  const secure = credentials.createSsl(Buffer.from(ca), Buffer.from(pair.key), Buffer.from(pair.cert));
  const client = new Client(`127.0.0.1:${port}`, secure, { 'grpc.ssl_target_name_override': 'localhost' });
  return {
    call: request =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(functionPath, same, same, request, (error, response) => {
          if (error) reject(error);
          else resolve(response!);
        });
      }),
    close: () => client.close(),
  };
}
