using System.Runtime.InteropServices;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Workspaces;

public sealed partial class TrashTests
{
    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task A_move_into_the_trash_survives_others_who_take_the_empty_trash_away()
    {
        await using ThrowawayRepository place = await ThrowawayRepository.CreateAsync();
        string trash = Path.Combine(place.Root, "trash");
        string[] trees =
        [
            .. Enumerable
                .Range(0, 300)
                .Select(i => Directory.CreateDirectory(Path.Combine(place.Root, $"tree-{i}")).FullName),
        ];
        using CancellationTokenSource done = new();
        using ManualResetEventSlim begun = new();
        Thread taker = new(() =>
        {
            while (!done.IsCancellationRequested)
            {
                RemoveDirectory(trash); // Only ever an empty one.
                begun.Set();
            }
        });
        taker.Start();
        begun.Wait();

        try
        {
            foreach (string tree in trees)
            {
                string grave = SafeDelete.MoveToTrash(tree, trash)!;
                Assert.True(Directory.Exists(grave));
                SafeDelete.DeleteTree(grave);
            }
        }
        finally
        {
            await done.CancelAsync();
            taker.Join();
        }

        Assert.DoesNotContain(trees, Directory.Exists);
    }

    [LibraryImport("libc", EntryPoint = "rmdir", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RemoveDirectory(string path);
}
