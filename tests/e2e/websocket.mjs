// A WebSocket client for text messages, as far as WebDriver BiDi needs one: Node 20 has none of its own.

import { randomBytes } from "node:crypto";
import { request } from "node:http";

/** Connects; the result has `send(text)`, `close()` and calls `heard(text)` for each message. */
export async function connect(address, heard) {
  const url = new URL(address);
  const socket = await new Promise((resolve, reject) => {
    const asked = request({
      host: url.hostname, port: url.port, path: url.pathname,
      headers: { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": 13, "Sec-WebSocket-Key": randomBytes(16).toString("base64") },
    });
    asked.once("upgrade", (_response, socket) => resolve(socket));
    asked.once("response", (response) => reject(new Error(`no WebSocket: ${response.statusCode}`)));
    asked.once("error", reject);
    asked.end();
  });
  let buffer = Buffer.alloc(0);
  let parts = [];
  const frame = (opcode, payload) => {
    const size = payload.length;
    const head = size < 126 ? Buffer.from([0x80 | opcode, 0x80 | size]) : size < 65_536 ? Buffer.from([0x80 | opcode, 0xfe, size >> 8, size & 255]) : null;
    if (!head) throw new Error("the message is too long");
    const mask = randomBytes(4);
    socket.write(Buffer.concat([head, mask, payload.map((byte, index) => byte ^ mask[index & 3])]));
  };
  socket.on("data", (data) => {
    buffer = Buffer.concat([buffer, data]);
    while (buffer.length >= 2) {
      const short = buffer[1] & 127;
      const at = short === 127 ? 10 : short === 126 ? 4 : 2;
      if (buffer.length < at) return;
      const size = short === 127 ? Number(buffer.readBigUInt64BE(2)) : short === 126 ? buffer.readUInt16BE(2) : short;
      if (buffer.length < at + size) return;
      const [opcode, last, payload] = [buffer[0] & 15, buffer[0] & 128, buffer.subarray(at, at + size)];
      buffer = buffer.subarray(at + size);
      if (opcode === 9) frame(10, payload);
      if (opcode > 2) continue;
      parts.push(payload);
      if (last) heard(Buffer.concat(parts.splice(0)).toString());
    }
  });
  return { send: (text) => frame(1, Buffer.from(text)), close: () => socket.destroy() };
}
