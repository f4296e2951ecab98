using System.Text;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

internal static class WorkersDirectorySetup
{
    private const int LongestName = 255;

    public const string FullRemedy =
        "Look for a full disk or missing rights, then start again: nothing is left of this workspace.";

    public const string Remedy = "Make it writable, or choose another folder with .UseWorkersDirectory(path).";

    // There it is swept by 'git clean -ffdx', added by 'git add -A' and compiled with the project around it.
    public static void Check(WorkersDirectory workers, GitRepository repository)
    {
        foreach (string inside in new[] { repository.TopLevel, repository.CommonDirectory }.OfType<string>())
        {
            if (FileSearch.Contains(inside, workers.Root))
            {
                throw new IsolationException(
                    WorkspaceCodes.RootInsideRepository,
                    $"'{workers.Root}' is inside the repository.",
                    "Choose a folder outside of it with .UseWorkersDirectory(path): what is inside is "
                        + "cleaned, added and compiled with the repository."
                );
            }
        }
    }

    public static bool IsWritable(string directory)
    {
        string? folder = directory;
        while (folder is not null && !Directory.Exists(folder))
        {
            if (File.Exists(folder) || Encoding.UTF8.GetByteCount(Path.GetFileName(folder)) > LongestName)
            {
                return false;
            }

            folder = Path.GetDirectoryName(folder);
        }

        return DiskErrors.Try(() =>
            new FileStream(
                Path.Combine(folder ?? directory, $".isolation-{Guid.NewGuid():n}"),
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    Options = FileOptions.DeleteOnClose,
                }
            ).Dispose()
        );
    }

    public static IsolationFault NotWritable(WorkersDirectory workers, string why) =>
        new(
            WorkspaceCodes.RootNotWritable,
            $"Workspaces cannot be made in '{PlainText.SingleLine(workers.Root, 200)}': {why}.",
            Remedy
        );

    public static IsolationException Failed(WorkersDirectory workers, Exception e)
    {
        IsolationFault fault = DiskErrors.IsFull(e)
            ? new IsolationFault(
                WorkspaceCodes.CheckoutFailed,
                $"The files could not be written in '{PlainText.SingleLine(workers.Root, 200)}': "
                    + $"{e.Message.TrimEnd('.')}.",
                FullRemedy
            )
            : NotWritable(workers, e.Message.TrimEnd('.'));
        return new IsolationException(fault, e);
    }

    public static void Prepare(WorkersDirectory workers, GitRepository repository)
    {
        Directory.CreateDirectory(workers.Root);
        foreach ((string name, string? content) in BarrierFiles.Create(workers.Root, repository.TopLevel))
        {
            string path = Path.Combine(workers.Root, name);
            if (content is null)
            {
                File.Delete(path);
            }
            else if (!File.Exists(path) || File.ReadAllText(path) != content)
            {
                AtomicFile.Write(path, Encoding.UTF8.GetBytes(content));
            }
        }
    }

    public static void RemoveIfUnused(WorkersDirectory workers)
    {
        FileSearch.DeleteIfEmpty(workers.Trash);
        if (
            !Directory.Exists(workers.Root)
            || Directory
                .EnumerateFileSystemEntries(workers.Root)
                .Any(e => !BarrierFiles.Names.Contains(Path.GetFileName(e)))
        )
        {
            return;
        }

        SafeDelete.DeleteTree(workers.Root);
    }
}
