/** As much of PostgreSQL's protocol as it takes to stand between a client that wants to log in and a session that has. Pure. */

const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
const PROTOCOL_3 = 3;

/** Undefined while the client's first message isn't whole. One byte: no encryption; more: it is logged in. */
export function answerToStartup(message: Buffer, parameters: Record<string, string>): Buffer | undefined {
  if (message.length < 8 || message.length < message.readUInt32BE(0)) return undefined;
  const code = message.readUInt32BE(4);
  if (code === SSL_REQUEST || code === GSS_REQUEST) return Buffer.from('N');
  if (code >>> 16 !== PROTOCOL_3) throw new Error(`cannot speak protocol ${code >>> 16}.${code & 0xffff}`);
  const word = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  };
  return Buffer.concat([
    frame('R', word(0)),
    ...Object.entries(parameters).map(([name, value]) => frame('S', Buffer.from(`${name}\0${value}\0`))),
    frame('K', Buffer.concat([word(0), word(0)])),
    frame('Z', Buffer.from('I')),
  ]);
}

/** The messages that are whole, and what has come of the next one. */
export function frames(bytes: Buffer): { whole: Buffer[]; rest: Buffer } {
  const whole: Buffer[] = [];
  let at = 0;
  while (bytes.length - at >= 5) {
    const end = at + 1 + bytes.readUInt32BE(at + 1);
    if (end > bytes.length) break;
    whole.push(bytes.subarray(at, end));
    at = end;
  }
  return { whole, rest: bytes.subarray(at) };
}

/** Whether the server says something to a client's message before it reads the next one: to a query, a call and a sync. */
export function isAnswered(message: Buffer): boolean {
  return ['Q', 'S', 'F'].includes(String.fromCharCode(message[0] ?? 0));
}

function frame(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
