"""An Apache Thrift peer in Python: peer.py GENERATED client|server TRANSPORT PROTOCOL PLAIN|MULTIPLEXED PORT"""
import sys

generated, role, transport_name, protocol_name, naming, port = sys.argv[1:]
sys.path.insert(0, generated)

from peer import KitchenSink  # noqa: E402
from peer.ttypes import SinkException  # noqa: E402
from thrift.protocol import TBinaryProtocol, TCompactProtocol, TJSONProtocol, TMultiplexedProtocol  # noqa: E402
from thrift.server import THttpServer, TServer  # noqa: E402
from thrift.Thrift import TApplicationException  # noqa: E402
from thrift.TMultiplexedProcessor import TMultiplexedProcessor  # noqa: E402
from thrift.transport import THttpClient, TSocket, TTransport  # noqa: E402

PROTOCOLS = {
    "binary": lambda: TBinaryProtocol.TBinaryProtocolFactory(strictRead=False, strictWrite=True),
    "oldbinary": lambda: TBinaryProtocol.TBinaryProtocolFactory(strictRead=False, strictWrite=False),
    "compact": TCompactProtocol.TCompactProtocolFactory,
    "json": TJSONProtocol.TJSONProtocolFactory,
}
protocols = PROTOCOLS[protocol_name]()


class Handler:
    def Fire(self, what):
        print("fired " + what, flush=True)

    def DoVoid(self, what):
        if what.startswith("throw:"):
            _, code, reason = what.split(":")
            raise SinkException(int(code), reason)

    def EchoString(self, what):
        if what == "fault":
            raise TApplicationException(TApplicationException.INTERNAL_ERROR, "boom")
        return what

    def Add(self, a, b):
        return a + b

    def Range(self, from_, to):
        return list(range(from_, to))


def serve():
    processor = KitchenSink.Processor(Handler())
    if naming == "multiplexed":
        several = TMultiplexedProcessor()
        several.registerProcessor("KitchenSink", processor)
        processor = several
    if transport_name == "http":
        server = THttpServer.THttpServer(processor, ("127.0.0.1", 0), protocols)
        print("listening %d" % server.httpd.server_address[1], flush=True)
        server.serve()
        return
    listener = TSocket.TServerSocket("127.0.0.1", 0)
    listener.listen()
    print("listening %d" % listener.handle.getsockname()[1], flush=True)
    listener.listen = lambda: None
    transports = TTransport.TFramedTransportFactory() if transport_name == "framed" else TTransport.TBufferedTransportFactory()
    TServer.TThreadedServer(processor, listener, transports, protocols, daemon=True).serve()


def call():
    if transport_name == "http":
        transport = THttpClient.THttpClient("http://127.0.0.1:%s/thrift" % port)
    else:
        socket = TSocket.TSocket("127.0.0.1", int(port))
        transport = TTransport.TFramedTransport(socket) if transport_name == "framed" else TTransport.TBufferedTransport(socket)
    protocol = protocols.getProtocol(transport)
    if naming == "multiplexed":
        protocol = TMultiplexedProtocol.TMultiplexedProtocol(protocol, "KitchenSink")
    client = KitchenSink.Client(protocol)
    transport.open()
    print("add %d" % client.Add(2, -3))
    print("range %s" % client.Range(1, 4))
    text = "t\u00e9xt \"\\/\n\u0001 \U0001f600" + "x" * 1000
    print("echo %s" % (client.EchoString(text) == text))
    client.DoVoid("plain")
    try:
        client.DoVoid("throw:42:why")
    except SinkException as error:
        print("declared %d %s" % (error.code, error.reason))
    try:
        client.EchoString("fault")
    except TApplicationException as error:
        print("exception %d %s" % (error.type, error.message))
    client.Fire("from python")
    print("add %d" % client.Add(2, 3))
    transport.close()


serve() if role == "server" else call()
