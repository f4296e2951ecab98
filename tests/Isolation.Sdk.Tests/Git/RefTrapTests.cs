using Isolation.Sdk.Git;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Git;

/// <summary>What moving a ref runs into, and what it must not do then.</summary>
public class RefTrapTests
{
    private const string Name = "refs/heads/landing";

    [IsolationTheory(Tier = Tier.Ci)]
    [InlineData("refs/heads/landing.lock")]
    [InlineData("packed-refs.lock")]
    public async Task A_lock_that_a_killed_git_left_is_named_and_never_taken_away(string file)
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync(("a.txt", "1\n"));
        string next = await bench.SideAsync(("a.txt", "2\n"));
        await bench.GitAsync("update-ref", Name, bench.Base);
        await bench.GitAsync("update-ref", "refs/isolation/item", bench.Base);
        await bench.GitAsync("pack-refs", "--all");
        string stale = Path.Combine(bench.Repository.CommonDirectory, file);
        Directory.CreateDirectory(Path.GetDirectoryName(stale)!);
        await File.WriteAllTextAsync(stale, "");
        RefTransaction landing = new RefTransaction()
            .Update(Name, next, bench.Base)
            .Delete("refs/isolation/item", bench.Base);

        IsolationException locked = await Assert.ThrowsAsync<IsolationException>(() =>
            bench.Repository.UpdateDurablyAsync(landing, CancellationToken.None)
        );

        Assert.Equal(GitCodes.Locked, locked.Code);
        Assert.Contains(Path.GetFileName(file), locked.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(stale));
        Assert.Equal(
            (bench.Base, bench.Base),
            (await bench.GitAsync("rev-parse", Name), await bench.GitAsync("rev-parse", "refs/isolation/item"))
        );

        File.Delete(stale);
        Assert.Null(await bench.Repository.UpdateDurablyAsync(landing, CancellationToken.None));
        Assert.Equal(next, await bench.GitAsync("rev-parse", Name));
    }

    [IsolationFact]
    public async Task A_stale_value_names_the_ref_and_moves_none()
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync(("a.txt", "1\n"));
        string next = await bench.SideAsync(("a.txt", "2\n"));
        await bench.GitAsync("update-ref", Name, bench.Base);
        RefTransaction stale = new RefTransaction()
            .Create("refs/isolation/item", bench.Base)
            .Update(Name, bench.Base, next);
        Assert.Equal(Name, await bench.Repository.UpdateDurablyAsync(stale, CancellationToken.None));
        Assert.Equal(bench.Base, await bench.GitAsync("rev-parse", Name));
        Assert.Empty(await bench.Repository.ListRefsAsync(default, "refs/isolation/item"));
        Assert.Equal(
            "refs/heads/none",
            await bench.Repository.UpdateDurablyAsync(
                new RefTransaction().Update("refs/heads/none", next, bench.Base),
                CancellationToken.None
            )
        );
        Assert.Equal(
            Name,
            await bench.Repository.UpdateDurablyAsync(new RefTransaction().Create(Name, next), CancellationToken.None)
        );
    }

    [IsolationFact]
    public async Task An_input_that_ends_after_prepare_moves_nothing_although_git_ends_well()
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync(("a.txt", "1\n"));
        string whole = new RefTransaction().Create(Name, bench.Base).ToInput();
        GitCommand cut = GitCommand.In(bench.Repository.CommonDirectory, "update-ref", "--stdin", "-z") with
        {
            Input = whole[..whole.IndexOf("commit\0", StringComparison.Ordinal)],
        };
        GitResult answer = await bench.Repository.Client.TryRunAsync(cut);
        Assert.True(answer.Ok);
        Assert.DoesNotContain("commit: ok", answer.Output, StringComparison.Ordinal);
        Assert.Empty(await bench.Repository.ListRefsAsync(default, Name));
        Assert.Empty(Directory.GetFiles(Path.Combine(bench.Repository.CommonDirectory, "refs", "heads"), "*.lock"));
    }

    [IsolationFact]
    public async Task A_branch_takes_commits_alone()
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync(("a.txt", "1\n"));
        await bench.GitAsync("update-ref", Name, bench.Base);
        string[] others =
        [
            await bench.GitAsync("rev-parse", bench.Base + "^{tree}"),
            await bench.GitAsync("rev-parse", bench.Base + ":a.txt"),
            new('1', 40),
        ];
        foreach (string other in others)
        {
            IsolationException refused = await Assert.ThrowsAsync<IsolationException>(() =>
                bench.Repository.UpdateDurablyAsync(
                    new RefTransaction().Update(Name, other, bench.Base),
                    CancellationToken.None
                )
            );
            Assert.Equal(GitCodes.CommandFailed, refused.Code);
            Assert.Equal(bench.Base, await bench.GitAsync("rev-parse", Name));
        }
    }

    [IsolationFact]
    public async Task What_is_to_last_is_flushed_to_the_disk()
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync(("a.txt", "1\n"));
        string trace = Path.Combine(bench.Made.Root, "trace");
        Dictionary<string, string> host = new(StringComparer.Ordinal)
        {
            ["PATH"] = Environment.GetEnvironmentVariable("PATH")!,
        };
        GitEnvironment environment = new(host, [], []);
        Assert.IsType<Dictionary<string, string>>(environment.For(remote: false))["GIT_TRACE2_EVENT"] = trace;
        GitRepository traced = bench.Repository with { Client = new GitClient(environment) };

        string commit = await traced.CommitTreeAsync(
            bench.Base + "^{tree}",
            [bench.Base],
            "Landed",
            CancellationToken.None
        );
        Assert.True(Flushes() >= 1, "The commit was not flushed.");
        Assert.Null(await traced.UpdateDurablyAsync(new RefTransaction().Create(Name, commit), CancellationToken.None));
        Assert.True(Flushes() >= 1, "The ref was not flushed.");
        string ours = await bench.SideAsync(("a.txt", "2\n"));
        Assert.IsType<MergeOutcome.Clean>(
            await bench.MergeAsync(traced, ours, await bench.SideAsync(("b.txt", "b\n")))
        );
        Assert.True(Flushes() >= 1, "The merged tree was not flushed.");

        int Flushes()
        {
            int count = File.ReadLines(trace)
                .Where(l => l.Contains("\"key\":\"fsync/hardware-flush\"", StringComparison.Ordinal))
                .Sum(l =>
                    int.Parse(
                        l[(l.LastIndexOf(":\"", StringComparison.Ordinal) + 2)..l.LastIndexOf('"')],
                        System.Globalization.CultureInfo.InvariantCulture
                    )
                );
            File.Delete(trace);
            return count;
        }
    }
}
