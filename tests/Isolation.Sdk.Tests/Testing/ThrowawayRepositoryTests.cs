using System.Diagnostics;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Testing;

public sealed class ThrowawayRepositoryTests
{
    [IsolationFact]
    public async Task A_repository_has_one_commit_and_a_clean_checkout()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();

        Assert.Equal("1", await repository.GitAsync(["rev-list", "--count", "--all"]));
        Assert.Equal("main", await repository.GitAsync(["symbolic-ref", "--short", "HEAD"]));
        Assert.Equal("", await repository.GitAsync(["status", "--porcelain"]));
    }

    [IsolationFact]
    public async Task Two_repositories_share_no_file()
    {
        await using ThrowawayRepository one = await ThrowawayRepository.CreateAsync();
        await using ThrowawayRepository two = await ThrowawayRepository.CreateAsync();

        await one.CommitAsync("More", new Dictionary<string, string> { ["a/b.txt"] = "x" });

        Assert.Equal("1", await two.GitAsync(["rev-list", "--count", "--all"]));
        Assert.Equal("2", await one.GitAsync(["rev-list", "--count", "--all"]));
        await using ThrowawayRepository three = await ThrowawayRepository.CreateAsync();
        Assert.Equal("1", await three.GitAsync(["rev-list", "--count", "--all"]));
    }

    [IsolationFact]
    public async Task The_hosts_git_config_is_not_seen()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();

        Assert.Equal("", await repository.GitAsync(["config", "--list", "--global"]));
        Assert.DoesNotContain(
            "system",
            await repository.GitAsync(["config", "--list", "--show-scope"]),
            StringComparison.Ordinal
        );
    }

    [IsolationFact]
    public async Task Nothing_is_left_after_dispose()
    {
        ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        string root = repository.Root;

        await repository.DisposeAsync();

        Assert.False(Directory.Exists(root));
        Assert.False(File.Exists(root + ".lock"));
        await repository.DisposeAsync();
    }

    [IsolationFact("flock", "sleep")]
    public async Task What_a_killed_process_left_is_swept_by_the_next_and_what_a_living_one_holds_stays()
    {
        string left = Path.Combine(ThrowawayFolder.Home, "repo-" + Guid.NewGuid().ToString("n"));
        Directory.CreateDirectory(Path.Combine(left, "repo"));
        using Process holder = Process.Start(
            new ProcessStartInfo("flock", ["--no-fork", left + ".lock", "sh", "-c", "echo held; exec sleep 60"])
            {
                RedirectStandardOutput = true,
            }
        )!;
        Assert.Equal("held", await holder.StandardOutput.ReadLineAsync());

        await using (await ThrowawayRepository.CreateAsync())
        {
            Assert.True(Directory.Exists(left));
        }

        holder.Kill();
        await holder.WaitForExitAsync();
        await using (await ThrowawayRepository.CreateAsync())
        {
            Assert.False(Directory.Exists(left));
            Assert.False(File.Exists(left + ".lock"));
        }
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Many_at_once_do_not_disturb_each_other()
    {
        ThrowawayRepository[] made = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(_ => Task.Run(() => ThrowawayRepository.CreateAsync()))
        );

        Assert.Equal(16, made.Select(r => r.Root).Distinct().Count());
        foreach (ThrowawayRepository repository in made)
        {
            Assert.Equal("", await repository.GitAsync(["status", "--porcelain"]));
            await repository.DisposeAsync();
        }
    }
}
