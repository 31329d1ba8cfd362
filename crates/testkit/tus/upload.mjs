// Sends a file with tus-js-client, as its documentation says: upload.mjs CLIENT ENDPOINT TOKEN FILE NAME ALBUM
import { createReadStream, statSync } from "node:fs";
import { createRequire } from "node:module";

const [client, endpoint, token, file, name, album] = process.argv.slice(2);
const tus = createRequire(`${client}/`)("tus-js-client");
const upload = new tus.Upload(createReadStream(file), {
  endpoint,
  uploadSize: statSync(file).size,
  headers: { Authorization: `Bearer ${token}` },
  metadata: { filename: name, album },
  retryDelays: Array(40).fill(100),
  onError: (error) => {
    console.error(String(error));
    process.exit(1);
  },
  onSuccess: () => console.log(upload.url),
});
upload.start();
