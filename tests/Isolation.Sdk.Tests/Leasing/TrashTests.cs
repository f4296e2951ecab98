using Isolation.Sdk.Leasing;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Leases;

public sealed class TrashTests
{
    [IsolationFact]
    public async Task A_move_into_the_trash_survives_others_who_take_the_empty_trash_away()
    {
        await using ThrowawayRepository place = await ThrowawayRepository.CreateAsync();
        string trash = Path.Combine(place.Root, "trash");
        string[] trees = [.. Enumerable.Range(0, 500).Select(i => Directory.CreateDirectory(Path.Combine(place.Root, $"tree-{i}")).FullName)];
        using CancellationTokenSource done = new();
        Task taking = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                try
                {
                    Directory.Delete(trash);
                }
                catch (IOException)
                {
                    // Not empty, or not there.
                }
            }
        });

        foreach (string tree in trees)
        {
            string grave = SafeDelete.MoveToTrash(tree, trash)!;
            Assert.True(Directory.Exists(grave));
            SafeDelete.Tree(grave);
        }

        await done.CancelAsync();
        await taking;
        Assert.DoesNotContain(trees, Directory.Exists);
    }
}
