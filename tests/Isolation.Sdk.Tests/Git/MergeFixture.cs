using Isolation.Sdk.Git;
using Isolation.Sdk.Testing;

namespace Isolation.Sdk.Tests.Git;

/// <summary>A real repository with two lines of work, merged as the queue merges.</summary>
internal sealed class MergeFixture : IAsyncDisposable
{
    private MergeFixture(ThrowawayRepository made, GitRepository repository, string start) =>
        (Made, Repository, Base) = (made, repository, start);

    public ThrowawayRepository Made { get; }

    public GitRepository Repository { get; }

    /// <summary>The commit both sides start from.</summary>
    public string Base { get; }

    public static async Task<MergeFixture> CreateAsync(params (string Path, string Content)[] files)
    {
        ThrowawayRepository made = await ThrowawayRepository.CreateAsync();
        string start = await made.CommitAsync("Base", files.ToDictionary(f => f.Path, f => f.Content));
        return new MergeFixture(made, await GitOpener.OpenAsync(made.Path), start);
    }

    public Task<string> GitAsync(params string[] arguments) => Made.GitAsync(arguments);

    /// <summary>Commits files on top of the base; no content deletes one.</summary>
    public async Task<string> SideAsync(params (string Path, string? Content)[] files)
    {
        await GitAsync("checkout", "-q", "-f", "--detach", Base);
        foreach ((string path, _) in files.Where(f => f.Content is null))
        {
            await GitAsync("rm", "-q", "-r", "--", path);
        }

        return await Made.CommitAsync(
            "Side",
            files.Where(f => f.Content is not null).ToDictionary(f => f.Path, f => f.Content!)
        );
    }

    public Task<MergeOutcome> MergeAsync(string ours, string theirs, string label = "target") =>
        MergeAsync(Repository, ours, theirs, label);

    public async Task<MergeOutcome> MergeAsync(
        GitRepository repository,
        string ours,
        string theirs,
        string label = "target"
    )
    {
        string folder = Path.Combine(Made.Root, "merge");
        string attributes = await new GitAttributes(repository, Path.Combine(folder, "attributes")).WriteAsync(
            ours,
            CancellationToken.None
        );
        return await new GitMerge(repository, folder).RunAsync(
            (ours, label),
            (theirs, "auth.1"),
            attributes,
            CancellationToken.None
        );
    }

    public Task<string> ShowAsync(string tree, string path) => GitAsync("cat-file", "blob", $"{tree}:{path}");

    /// <summary>Takes an object out of the repository, as a damaged or partial one lacks it.</summary>
    public async Task LoseAsync(string revision)
    {
        string id = await GitAsync("rev-parse", "--verify", revision);
        File.Delete(Path.Combine(Repository.CommonDirectory, "objects", id[..2], id[2..]));
    }

    public ValueTask DisposeAsync() => Made.DisposeAsync();
}
