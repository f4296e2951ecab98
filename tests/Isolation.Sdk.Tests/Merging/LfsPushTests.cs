using System.Security.Cryptography;
using System.Text;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Merging;

public class LfsPushTests
{
    private const string Content = "what the pointer stands for\n";
    private static readonly AttemptId A = new("a", 1);
    private static readonly string Id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Content)));

    [IsolationTheory("git-lfs")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_fresh_clone_of_the_remote_checks_out_whole(bool branch)
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync((".gitattributes", "*.bin filter=lfs\n"));
        string remote = await AddRemoteAsync(bench);
        await using IMergeQueue queue = await OpenAsync(bench, branch);

        await queue.SubmitAsync(new MergeRequest(A, await WorkAsync(bench)) { Branch = "review" });
        await QueueFixture.EndAsync(queue, A);

        string clone = Path.Combine(bench.Repository.Root, "clone");
        await bench.GitAsync(
            "-c",
            "filter.lfs.smudge=git-lfs smudge -- %f",
            "-c",
            "filter.lfs.required=true",
            "clone",
            "-q",
            "-b",
            branch ? "review" : "target",
            remote,
            clone
        );
        Assert.Equal(Content, await File.ReadAllTextAsync(Path.Combine(clone, "big.bin")));
    }

    [IsolationTheory("git-lfs")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_cannot_be_uploaded_is_not_pushed_and_the_reason_is_said(bool branch)
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync((".gitattributes", "*.bin filter=lfs\n"));
        string remote = await AddRemoteAsync(bench);
        await File.WriteAllTextAsync(Path.Combine(remote, "lfs"), "no folder\n");
        string before = await bench.TargetCommitAsync();
        await using IMergeQueue queue = await OpenAsync(bench, branch);

        await queue.SubmitAsync(new MergeRequest(A, await WorkAsync(bench)) { Branch = "review" });
        MergeStatus held = await QueueFixture.UntilAsync(queue, A, s => s.State == MergeState.Held);

        Assert.Equal(MergeHoldReason.Infra, held.Hold);
        Assert.Contains("LFS files were not uploaded", held.Reason, StringComparison.Ordinal);
        Assert.Contains("git lfs push origin", held.Reason, StringComparison.Ordinal);
        Assert.Equal(before, await bench.TargetCommitAsync());
        Assert.Equal("", await ThrowawayRepository.GitInAsync(remote, ["for-each-ref"]));
    }

    private static async Task<IMergeQueue> OpenAsync(QueueFixture bench, bool branch) =>
        await MergeStrategies
            .FirstWins(o => _ = branch ? o.PushBranchesTo = "origin" : o.PushTargetTo = "origin")
            .OpenAsync(bench.Target);

    // As the filter of git-lfs leaves it: the pointer in the commit, the content in the store.
    private static async Task<Capture> WorkAsync(QueueFixture bench)
    {
        string folder = Path.Combine(bench.Common, "lfs", "objects", Id[..2], Id[2..4]);
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, Id), Content);
        return await bench.WorkAsync(
            null,
            ("big.bin", $"version https://git-lfs.github.com/spec/v1\noid sha256:{Id}\nsize {Content.Length}\n")
        );
    }

    private static async Task<string> AddRemoteAsync(QueueFixture bench)
    {
        string remote = Path.Combine(bench.Repository.Root, "remote.git");
        await bench.GitAsync("init", "-q", "--bare", remote);
        await bench.GitAsync("remote", "add", "origin", remote);
        return remote;
    }
}
