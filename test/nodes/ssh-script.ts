/**
 * Nodes whose SSH is served in this process: commands are answered by a function, and a tunnel leads to a scripted etcd. What is
 * real is the client's side: TCP, the handshake with the host key, the login with the key.
 */
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import ssh2 from "ssh2";
import { type Answer, type Asked, type Script, unlessAborted } from "./etcd-script.ts";
import { makeKey } from "./sshd.ts";

export interface Ran {
  readonly node: string;
  readonly command: string;
  readonly stdin: string;
}

/** What a command prints and ends with; text alone is stdout and 0. */
export type Shell = (ran: Ran) => string | { readonly code: number; readonly stdout?: string; readonly stderr?: string };

export interface SshNodes {
  /** The first node's port; the others follow. */
  readonly port: number;
  readonly hostKeys: readonly string[];
  readonly ran: Ran[];
  readonly asked: Asked[];
  /** Logins so far, and those that are still there. */
  readonly logins: { count: number; open: number };
  close(): Promise<void>;
}

/** Made in no time, and so are its signatures: the tests of prepare/ and those with sshd are about the kinds of keys. */
const newKey = (): string => makeKey().privateKey;

const lineOf = (privateKey: string): string => {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) throw key;
  return `${key.type} ${key.getPublicSSH().toString("base64")}`;
};

/** Who logs in. */
export const USER_KEY = newKey();
export const USER_KEY_LINE = lineOf(USER_KEY);
const HOST_KEY = newKey();

/** @param names of the nodes, at ports that follow each other on 127.0.0.1 */
export async function startNodes(names: readonly string[], etcd: Script, shell: Shell = () => ""): Promise<SshNodes> {
  const ran: Ran[] = [];
  const asked: Asked[] = [];
  const logins = { count: 0, open: 0 };
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 20_000);
    const servers = names.map((name) => serverOf(name));
    const bound = await Promise.allSettled(
      servers.map(
        (server, at) =>
          new Promise<void>((resolve, reject) => {
            server.once("error", reject);
            server.listen(base + at, "127.0.0.1", resolve);
          }),
      ),
    );
    const close = async (): Promise<void> => {
      await Promise.all(servers.map((server) => new Promise((resolve) => void server.close(resolve))));
    };
    if (bound.every(({ status }) => status === "fulfilled"))
      return {
        port: base,
        hostKeys: names.map(() => lineOf(HOST_KEY)),
        ran,
        asked,
        logins,
        close,
      };
    await close();
  }

  function serverOf(node: string): ssh2.Server {
    const http = createServer((request, response) => void hear(request, response).catch(unlessAborted));
    async function hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
      let text = "";
      for await (const chunk of request) text += String(chunk);
      const one = {
        method: request.method ?? "",
        path: request.url ?? "",
        body: text === "" ? undefined : JSON.parse(text),
        node,
      };
      asked.push(one);
      const said = etcd(one) as Answer;
      response.writeHead(said.status ?? 200).end(JSON.stringify(said.body ?? {}));
    }
    return new ssh2.Server({ hostKeys: [HOST_KEY] }, (client) => {
      client.on("error", () => undefined);
      client.on("authentication", (context) => {
        const known =
          context.method === "publickey" && `${context.key.algo} ${context.key.data.toString("base64")}` === USER_KEY_LINE;
        if (known) context.accept();
        else context.reject(["publickey"]);
      });
      client.on("ready", () => {
        logins.count++;
        logins.open++;
        client.on("close", () => logins.open--);
        client.on("tcpip", (accept, reject) => {
          if (etcd({ method: "CONNECT", path: "", body: undefined, node }) instanceof Error) return reject();
          http.emit("connection", Object.assign(accept(), { setTimeout: () => undefined, setNoDelay: () => undefined }));
        });
        client.on("session", (acceptSession) => {
          acceptSession().on("exec", (acceptExec, _reject, { command }) => {
            const channel = acceptExec();
            let stdin = "";
            channel.on("data", (chunk: Buffer) => (stdin += chunk.toString()));
            channel.on("end", () => {
              const one = { node, command, stdin };
              ran.push(one);
              const said = shell(one);
              const { code, stdout, stderr } = typeof said === "string" ? { code: 0, stdout: said, stderr: "" } : said;
              channel.write(stdout ?? "");
              channel.stderr.write(stderr ?? "");
              channel.exit(code);
              channel.end();
            });
          });
        });
      });
    });
  }
}
