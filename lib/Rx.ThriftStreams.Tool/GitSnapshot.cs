using System.ComponentModel;
using System.Diagnostics;
using System.Formats.Tar;

namespace Rx.ThriftStreams.Tool;

/// <summary>The <c>.thrift</c> files of a revision, in a directory that is deleted on disposal.</summary>
internal sealed class GitSnapshot : IDisposable
{
    private GitSnapshot(string root, string directory)
    {
        Root = root;
        Directory = directory;
    }

    /// <summary>The top directory of the repository.</summary>
    public string Root { get; }

    /// <summary>The directory with the files.</summary>
    public string Directory { get; }

    public static GitSnapshot? Extract(string revision, out string failure)
    {
        if (revision.Length == 0 || revision[0] == '-')
        {
            failure = $"\"{revision}\" is not a revision. Write --against git:main, or any other name that git knows.";
            return null;
        }

        using var root = new MemoryStream();
        if (!Git(System.IO.Directory.GetCurrentDirectory(), root, out failure, "rev-parse", "--show-toplevel"))
        {
            return null;
        }

        var snapshot = new GitSnapshot(
            System.Text.Encoding.UTF8.GetString(root.ToArray()).TrimEnd('\r', '\n'), System.IO.Directory.CreateTempSubdirectory("thriftstreams-git").FullName);
        using var archive = new MemoryStream();
        if (!Git(snapshot.Root, archive, out failure, "archive", "--format=tar", revision, "--", ":(top,glob)**/*.thrift"))
        {
            snapshot.Dispose();
            return null;
        }

        archive.Position = 0;
        TarFile.ExtractToDirectory(archive, snapshot.Directory, overwriteFiles: false);
        return snapshot;
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);

    private static bool Git(string directory, Stream output, out string failure, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            process.StandardOutput.BaseStream.CopyTo(output);
            process.WaitForExit();
            failure = "git " + string.Join(' ', arguments) + " failed: " + error.GetAwaiter().GetResult().Trim();
            return process.ExitCode == 0;
        }
        catch (Win32Exception exception)
        {
            failure = "git cannot be started: " + exception.Message;
            return false;
        }
    }
}
