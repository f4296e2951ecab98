using Isolation.Sdk.Platform;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Platform;

public sealed class SafeDeleteTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("isolation-delete-").FullName;

    private string Outside => Path.Combine(_folder, "outside");

    public SafeDeleteTests()
    {
        Directory.CreateDirectory(Path.Combine(Outside, "deep"));
        File.WriteAllText(Path.Combine(Outside, "deep", "precious"), "1");
    }

    [IsolationFact]
    public void Links_are_removed_and_never_followed()
    {
        string tree = Directory.CreateDirectory(Path.Combine(_folder, "tree", "inner")).Parent!.FullName;
        Directory.CreateSymbolicLink(Path.Combine(tree, "folder"), Outside);
        File.CreateSymbolicLink(Path.Combine(tree, "inner", "file"), Path.Combine(Outside, "deep", "precious"));
        File.CreateSymbolicLink(Path.Combine(tree, "inner", "dangling"), "/not/there");
        Directory.CreateSymbolicLink(Path.Combine(tree, "inner", "itself"), tree);
        File.WriteAllText(Path.Combine(tree, "a\nb \u00fc"), "");
        SafeDelete.DeleteTree(tree);
        Assert.False(Directory.Exists(tree));
        Assert.Equal("1", File.ReadAllText(Path.Combine(Outside, "deep", "precious")));
    }

    [IsolationFact]
    public void A_link_in_place_of_the_tree_is_removed_alone()
    {
        string link = Path.Combine(_folder, "link");
        Directory.CreateSymbolicLink(link, Outside);
        SafeDelete.DeleteTree(link);
        Assert.Null(new FileInfo(link).LinkTarget);
        Directory.CreateSymbolicLink(link, Outside);
        Assert.Null(SafeDelete.MoveToTrash(link, Path.Combine(_folder, "trash")));
        Assert.Null(new FileInfo(link).LinkTarget);
        Assert.Equal("1", File.ReadAllText(Path.Combine(Outside, "deep", "precious")));
    }

    [IsolationFact]
    public void What_is_not_there_is_no_error_and_a_name_in_the_trash_is_free_at_once()
    {
        string path = Path.Combine(_folder, "tree");
        SafeDelete.DeleteTree(path);
        Assert.Null(SafeDelete.MoveToTrash(path, Path.Combine(_folder, "trash")));
        Directory.CreateDirectory(path);
        Assert.NotNull(SafeDelete.MoveToTrash(path, Path.Combine(_folder, "trash")));
        Assert.False(Directory.Exists(path));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Several_delete_one_tree_at_once_and_none_of_them_trips()
    {
        for (int round = 0; round < 20; round++)
        {
            string tree = Path.Combine(_folder, "shared");
            for (int folder = 0; folder < 20; folder++)
            {
                string inner = Directory.CreateDirectory(Path.Combine(tree, $"{folder}", "a", "b")).FullName;
                File.WriteAllText(Path.Combine(inner, "file"), "");
                Directory.CreateSymbolicLink(Path.Combine(inner, "link"), Outside);
            }

            using Barrier start = new(4);
            await Task.WhenAll(
                Enumerable
                    .Range(0, 4)
                    .Select(_ =>
                        Task.Factory.StartNew(
                            () =>
                            {
                                start.SignalAndWait();
                                SafeDelete.DeleteTree(tree);
                            },
                            TaskCreationOptions.LongRunning
                        )
                    )
            );
            Assert.False(Directory.Exists(tree));
        }

        Assert.Equal("1", File.ReadAllText(Path.Combine(Outside, "deep", "precious")));
    }

    public void Dispose() => SafeDelete.DeleteTree(_folder);
}
