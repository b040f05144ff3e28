// npm's langfuse 3.39.2, the last of that package, speaks the protocol of server v2.
// (@langfuse/tracing and @langfuse/otel do not: they send OpenTelemetry, which v2 answers with 404.)
// npm 的 langfuse 3.39.2 是该包的最后一版，与 v2 服务端匹配；@langfuse/tracing、@langfuse/otel 不匹配（404）。
import { readFileSync } from "node:fs";
import net from "node:net";
import { Langfuse } from "langfuse";

// localhost may be ::1 first; the server listens on 127.0.0.1. Node 18 tries only the first by itself.
net.setDefaultAutoSelectFamily?.(true);

for (const line of readFileSync(new URL("../.env", import.meta.url), "utf8").split("\n")) {
  const [, name, value] = line.match(/^([A-Z_]+)=["']?(.*?)["']?\s*$/) ?? [];
  if (name) process.env[name] = value;
}

const langfuse = new Langfuse({
  baseUrl: process.env.LANGFUSE_HOST,
  publicKey: process.env.LANGFUSE_PUBLIC_KEY,
  secretKey: process.env.LANGFUSE_SECRET_KEY,
});

const trace = langfuse.trace({ name: "node-example", input: "Does tracing work?" });
trace.generation({ name: "ask-model", model: "none", input: "Does tracing work?" }).end({ output: "It does." });
trace.update({ output: "It does." });
await langfuse.flushAsync(); // failures are only logged, so read it back
const stored = await langfuse.fetchTrace(trace.id);
if (stored?.data?.id !== trace.id) {
  console.error("not stored: see the message above, and run check.py");
  process.exit(1);
}
console.log(trace.getTraceUrl());
