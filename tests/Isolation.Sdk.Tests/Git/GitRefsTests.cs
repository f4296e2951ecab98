using Isolation.Sdk.Git;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Git;

public class GitRefsTests
{
    [IsolationFact]
    public async Task Refs_move_all_or_none()
    {
        await using ThrowawayRepository made = await ThrowawayRepository.CreateAsync();
        GitRepository repository = await GitOpener.OpenAsync(made.Path);
        string first = (await repository.TryResolveCommitAsync("HEAD"))!;
        string second = await made.CommitAsync("Second", new Dictionary<string, string> { ["a"] = "1" });
        Assert.True(
            await repository.TryUpdateAsync(
                new RefTransaction().Create("refs/isolation/a", first).Create("refs/isolation/b", first)
            )
        );
        Assert.False(
            await repository.TryUpdateAsync(
                new RefTransaction().Update("refs/isolation/a", second, first).Create("refs/isolation/b", second)
            )
        );
        Assert.False(
            await repository.TryUpdateAsync(
                new RefTransaction().Update("refs/isolation/a", second, first).Verify("refs/isolation/b", second)
            )
        );
        Assert.False(
            await repository.TryUpdateAsync(
                new RefTransaction()
                    .Update("refs/isolation/a", second, first)
                    .Verify("refs/isolation/b", repository.NullId)
            )
        );
        Assert.False(
            await repository.TryUpdateAsync(new RefTransaction().Update("refs/isolation/none", second, first))
        );
        Assert.Equal(first, (await repository.ListRefsAsync(default, "refs/isolation"))["refs/isolation/a"]);
        Assert.True(
            await repository.TryUpdateAsync(
                new RefTransaction()
                    .Update("refs/isolation/a", second, first)
                    .Verify("refs/isolation/c", repository.NullId)
                    .Delete("refs/isolation/b", first)
            )
        );
        Assert.Equal(["refs/isolation/a"], (await repository.ListRefsAsync(default, "refs/isolation")).Keys);
    }

    [IsolationTheory]
    [InlineData("no-such")]
    [InlineData("--all")]
    [InlineData("HEAD^{tree}")]
    [InlineData("")]
    [InlineData("a b\nc")]
    public async Task What_means_no_commit_resolves_to_none(string revision)
    {
        await using ThrowawayRepository made = await ThrowawayRepository.CreateAsync();
        GitRepository repository = await GitOpener.OpenAsync(made.Path);
        Assert.Null(await repository.TryResolveCommitAsync(revision));
    }
}
