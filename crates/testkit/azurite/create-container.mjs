// Makes a container in the emulator, which has no other way to get one: create-container.mjs ENDPOINT ACCOUNT KEY NAME
import { createHmac } from "node:crypto";

const [endpoint, account, key, name] = process.argv.slice(2);
const headers = { "x-ms-date": new Date().toUTCString(), "x-ms-version": "2021-12-02" };
// Microsoft's "Authorize with Shared Key": the verb, eleven headers that are empty here, ours, and the resource.
const signed = [
  "PUT",
  ...Array(11).fill(""),
  ...Object.entries(headers).map(([header, value]) => `${header}:${value}`),
  `/${account}${new URL(endpoint).pathname}/${name}`,
  "restype:container",
].join("\n");
const signature = createHmac("sha256", Buffer.from(key, "base64")).update(signed).digest("base64");
const answer = await fetch(`${endpoint}/${name}?restype=container`, {
  method: "PUT",
  headers: { ...headers, authorization: `SharedKey ${account}:${signature}` },
});
if (!answer.ok) {
  console.error(answer.status, await answer.text());
  process.exit(1);
}
