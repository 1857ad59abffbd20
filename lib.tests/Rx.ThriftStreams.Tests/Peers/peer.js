// An Apache Thrift peer in Node.js: peer.js GENERATED client|server TRANSPORT PROTOCOL PLAIN|MULTIPLEXED PORT
const path = require("path");
const thrift = require("thrift");

const [generated, role, transportName, protocolName, naming, port] = process.argv.slice(2);
const KitchenSink = require(path.join(generated, "KitchenSink.js"));
const { SinkException } = require(path.join(generated, "peer_types.js"));

const transport = transportName === "framed" ? thrift.TFramedTransport : thrift.TBufferedTransport;
const protocol = { binary: thrift.TBinaryProtocol, compact: thrift.TCompactProtocol, json: thrift.TJSONProtocol }[protocolName];

const handler = {
  Fire: (what) => console.log("fired " + what),
  DoVoid: (what, result) => {
    const [command, code, reason] = what.split(":");
    result(command === "throw" ? new SinkException({ code: Number(code), reason }) : null);
  },
  EchoString: (what, result) =>
    what === "fault" ? result(new thrift.Thrift.TApplicationException(6, "boom")) : result(null, what),
  Add: (a, b, result) => result(null, a + b),
  Range: (from, to, result) => {
    const numbers = [];
    for (let i = Number(from); i < Number(to); i++) numbers.push(i);
    result(null, numbers);
  },
};

function serve() {
  let server;
  if (transportName === "http") {
    server = thrift.createWebServer({ services: { "/thrift": { transport, protocol, processor: KitchenSink, handler } } });
  } else if (naming === "multiplexed") {
    const processor = new thrift.MultiplexedProcessor();
    processor.registerProcessor("KitchenSink", new KitchenSink.Processor(handler));
    server = thrift.createMultiplexServer(processor, { transport, protocol });
  } else {
    server = thrift.createServer(KitchenSink, handler, { transport, protocol });
  }

  server.on("error", (error) => console.error("error " + error));
  server.listen(0, "127.0.0.1", function () {
    console.log("listening " + this.address().port);
  });
}

async function call() {
  const options = { transport, protocol, path: "/thrift", headers: { "Content-Type": "application/x-thrift" } };
  const connection = transportName === "http"
    ? thrift.createHttpConnection("127.0.0.1", Number(port), options)
    : thrift.createConnection("127.0.0.1", Number(port), options);
  connection.on("error", (error) => {
    console.log("error " + error);
    process.exit(1);
  });
  const create = transportName === "http" ? thrift.createHttpClient : thrift.createClient;
  const client = naming === "multiplexed"
    ? new thrift.Multiplexer().createClient("KitchenSink", KitchenSink, connection)
    : create(KitchenSink, connection);
  const ask = (method, ...args) =>
    new Promise((resolve, reject) => client[method](...args, (error, result) => (error ? reject(error) : resolve(result))));

  console.log("add " + (await ask("Add", 2, -3)));
  console.log("range [" + (await ask("Range", 1, 4)).map(Number).join(", ") + "]");
  const text = "t\u00e9xt \"\\/\n\u0001 \u{1f600}" + "x".repeat(1000);
  console.log("echo " + ((await ask("EchoString", text)) === text ? "True" : "False"));
  await ask("DoVoid", "plain");
  await ask("DoVoid", "throw:42:why").catch((error) => console.log(`declared ${error.code} ${error.reason}`));
  await ask("EchoString", "fault").catch((error) => console.log(`exception ${error.type} ${error.message}`));
  client.Fire("from node", () => {});
  console.log("add " + (await ask("Add", 2, 3)));
  if (transportName !== "http") connection.end();
}

if (role === "server") {
  serve();
} else {
  call().catch((error) => {
    console.log("failed " + error);
    process.exit(1);
  });
}
