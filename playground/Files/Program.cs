using System.Diagnostics;
using Files;
using Rx.ThriftStreams;
using Rx.ThriftStreams.AspNetCore;

const int Size = 64 * 1024 * 1024;
const long Largest = 1024L * 1024 * 1024;
DirectoryInfo folder = Directory.CreateTempSubdirectory("files");
ThriftServer? server = null;
try
{
    byte[] photo = new byte[Size];
    new Random(1).NextBytes(photo);
    server = await StartAsync("127.0.0.1:0");
    string endpoint = server.Endpoint.ToString();
    await using ThriftChannel channel = ThriftChannel.ForAddress($"grpc://{endpoint}");
    var store = new FileStoreClient(channel);

    // Half way the server is stopped, as in a deployment, and starts again.
    var half = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    long previous = 0;
    Task<Stored> upload = new Uploader(store).UploadAsync("photo.raw", new MemoryStream(photo), position =>
    {
        if (position < previous || (position == 0 && previous > 0))
        {
            Console.WriteLine($"The upload continues at {position * 100 / Size} %.");
        }

        previous = position;
        if (position >= Size / 2)
        {
            half.TrySetResult();
        }
    });
    await half.Task;
    Console.WriteLine("Half of the file is sent; the server restarts.");
    await server.DisposeAsync();
    server = await StartAsync(endpoint);
    Stored stored = await upload;
    Console.WriteLine($"{stored.Size} bytes are stored.");

    var watch = Stopwatch.StartNew();
    var copy = new MemoryStream(Size);
    await foreach (Piece piece in store.DownloadAsync(new Start { Name = "photo.raw", Offset = 0 }))
    {
        using ThriftPooledBinary data = piece.Data;
        copy.Write(data.Span);
    }

    Console.WriteLine($"Downloaded in {watch.ElapsedMilliseconds} ms: {(copy.ToArray().AsSpan().SequenceEqual(photo) ? "equal" : "different")}.");
}
finally
{
    if (server is not null)
    {
        await server.DisposeAsync();
    }

    folder.Delete(recursive: true);
}

Task<ThriftServer> StartAsync(string endpoint) => ThriftServer.StartAsync(endpoint, server => server
    .AddService<IFileStore>(new FileStoreService(folder.FullName, Largest))
    .Configure(options => options.ShutdownTimeout = TimeSpan.Zero));
