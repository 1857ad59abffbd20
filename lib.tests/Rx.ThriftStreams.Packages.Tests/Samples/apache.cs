// <sample readme-apache>
#:package Rx.ThriftStreams.Apache@0.1.0-*
using System.Text;
using Hello;
using Rx.ThriftStreams.Apache;
using Thrift;
using Thrift.Protocol;
using Thrift.Transport.Client;

using var transport = new TMemoryBufferTransport(new TConfiguration());
await ThriftProtocolBridge.WriteAsync(new Person { Name = "Ada" }, new TJsonProtocol(transport), CancellationToken.None);
Console.WriteLine(Encoding.UTF8.GetString(transport.GetBuffer().AsSpan(0, transport.Length)));
// </sample readme-apache>
