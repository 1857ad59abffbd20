// <sample readme-etcd>
#:package Rx.ThriftStreams.Etcd@0.1.0-*
using Hello;
using Rx.ThriftStreams;
using Rx.ThriftStreams.Etcd;

var options = new ThriftChannelOptions();
options.Discovery.UseEtcd(etcd => etcd.Endpoints.Add("http://localhost:2379"));
await using ThriftChannel channel = ThriftChannel.ForAddress("grpc+etcd://greeter", options);

await foreach (Greeting greeting in new GreeterClient(channel).GreetAsync(new Person { Name = "Ada" }))
{
    Console.WriteLine(greeting.Text);
}
// </sample readme-etcd>
