import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { SMTPServer } from 'smtp-server';
import { listen } from '../../platform/loopback.ts';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A real target of webhooks on a free port, which keeps what it gets. */
export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  close(): Promise<void>;
}

/** @param answer ends the response, at once, later or never */
export async function startReceiver(
  answer: (request: Received, response: ServerResponse) => void = (_request, response) => void response.end(),
): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    const got = { path: request.url ?? '', headers: request.headers, body };
    received.push(got);
    answer(got, response);
  });
  const url = await listen(server, '127.0.0.1', 0);
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url, received, close };
}

export interface Mail {
  readonly from: string | false;
  readonly to: readonly string[];
  readonly text: string;
  readonly secure: boolean;
  readonly user: string | null;
}

/** A real SMTP server on a free port, with TLS to switch to (a certificate that nobody vouches for) or without. */
export interface MailServer {
  readonly port: number;
  readonly mails: Mail[];
  close(): Promise<void>;
}

/** @param unknown a receiver whom it does not know */
export async function startMailServer({
  hasTls = false,
  password = null as string | null,
  unknown = null as string | null,
} = {}): Promise<MailServer> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    ...{ authOptional: password === null, disabledCommands: hasTls ? [] : ['STARTTLS'], logger: false },
    onAuth: (auth, _session, done) =>
      auth.password === password
        ? done(null, { user: auth.username })
        : done(new Error(`no such password ${auth.password}`)),
    onRcptTo: ({ address }, _session, done) =>
      address === unknown ? done(new Error(`no mailbox ${address}`)) : done(),
    onData(stream, session, done) {
      let text = '';
      stream.on('data', (piece) => {
        text += piece;
      });
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? false : mailFrom.address;
        mails.push({
          from,
          to: rcptTo.map(({ address }) => address),
          text,
          secure: session.secure,
          user: session.user ?? null,
        });
        done();
      });
    },
  });
  const port = await new Promise<number>((resolve) => {
    const listening = server.listen(0, '127.0.0.1', () => {
      const bound = listening.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : 0);
    });
  });
  return { port, mails, close: () => new Promise((resolve) => server.close(resolve)) };
}
