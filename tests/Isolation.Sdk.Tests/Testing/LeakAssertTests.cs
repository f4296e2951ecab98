using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Testing;

public sealed class LeakAssertTests : IAsyncLifetime
{
    private static readonly LeakScope AtOnce = new() { Grace = TimeSpan.Zero };
    private ThrowawayRepository _repository = null!;

    public async Task InitializeAsync() => _repository = await ThrowawayRepository.CreateAsync();

    public async Task DisposeAsync() => await _repository.DisposeAsync();

    [IsolationFact]
    public async Task Nothing_new_is_no_leak() =>
        await (await LeakAssert.SnapshotAsync(_repository.Path)).AssertNothingLeakedAsync();

    [IsolationFact]
    public async Task A_worktree_a_branch_and_a_ref_are_each_named()
    {
        LeakSnapshot before = await LeakAssert.SnapshotAsync(_repository.Path, AtOnce);
        string tree = Path.Combine(_repository.Root, "extra");
        await _repository.GitAsync(["worktree", "add", "-q", "-b", "stray", tree]);
        await _repository.GitAsync(["update-ref", "refs/isolation/attempts/a/1", "HEAD"]);

        LeakException leaked = await Assert.ThrowsAsync<LeakException>(() => before.AssertNothingLeakedAsync());

        Assert.Equal(
            [LeakKind.Worktree, LeakKind.Branch, LeakKind.Ref, LeakKind.File],
            leaked.Leaks.Select(l => l.Kind)
        );
        Assert.Contains(tree, leaked.Message, StringComparison.Ordinal);
        Assert.Contains("refs/heads/stray", leaked.Message, StringComparison.Ordinal);
        Assert.Contains("refs/isolation/attempts/a/1", leaked.Message, StringComparison.Ordinal);
    }

    [IsolationFact]
    public async Task A_branch_that_moved_is_a_leak()
    {
        LeakSnapshot before = await LeakAssert.SnapshotAsync(_repository.Path, AtOnce);
        string commit = await _repository.CommitAsync("More", new Dictionary<string, string> { ["a"] = "b" });

        Leak leak = Assert.Single(await before.FindLeaksAsync());

        Assert.Equal(new Leak(LeakKind.Branch, $"refs/heads/main {commit}"), leak);
    }

    [IsolationFact]
    public async Task A_lease_is_a_leak()
    {
        LeakSnapshot before = await LeakAssert.SnapshotAsync(_repository.Path, AtOnce);
        using var lease = new Isolation.Sdk.Leases.LeaseStore(
            Path.Combine(_repository.Path, ".git"),
            _repository.Reference,
            TimeProvider.System
        ).Create(new AttemptId("a", 1));

        Assert.Equal(new Leak(LeakKind.Lease, "a.1"), Assert.Single(await before.FindLeaksAsync()));
    }

    [IsolationFact(Tools.Linux, "sleep")]
    public async Task A_process_is_found_by_its_directory_its_command_line_and_its_marker()
    {
        LeakSnapshot before = await LeakAssert.SnapshotAsync(
            _repository.Path,
            new LeakScope { Grace = TimeSpan.Zero, ProcessMarker = "LEAK_ASSERT_TEST" }
        );
        Process[] started =
        [
            Process.Start(new ProcessStartInfo("sleep", ["60"]) { WorkingDirectory = _repository.Path })!,
            Process.Start(new ProcessStartInfo("sh", ["-c", "read x < /dev/zero", _repository.Path]))!,
            Process.Start(
                new ProcessStartInfo("sleep", ["61"])
                {
                    WorkingDirectory = "/",
                    Environment = { ["LEAK_ASSERT_TEST"] = "1" },
                }
            )!,
        ];
        try
        {
            string[] found =
            [
                .. (await before.FindLeaksAsync()).Where(l => l.Kind == LeakKind.Process).Select(l => l.What),
            ];

            Assert.All(started, p =>
                Assert.Contains(found, f =>
                    f.StartsWith(string.Create(CultureInfo.InvariantCulture, $"pid {p.Id} "), StringComparison.Ordinal)
                )
            );
            Assert.Equal(3, found.Length);
        }
        finally
        {
            foreach (Process process in started)
            {
                process.Kill();
                await process.WaitForExitAsync();
                process.Dispose();
            }
        }

        await before.AssertNothingLeakedAsync();
    }

    [IsolationFact]
    public async Task A_port_that_is_listened_on_is_a_leak()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        LeakSnapshot before = await LeakAssert.SnapshotAsync(
            _repository.Path,
            new LeakScope { Grace = TimeSpan.Zero, Ports = [port] }
        );
        using TcpListener again = new(IPAddress.Loopback, port);
        again.Start();

        Assert.Equal(LeakKind.Port, Assert.Single(await before.FindLeaksAsync()).Kind);
    }

    [IsolationFact]
    public async Task A_file_in_a_watched_folder_is_a_leak_unless_it_may_appear()
    {
        LeakSnapshot before = await LeakAssert.SnapshotAsync(
            _repository.Path,
            new LeakScope { Grace = TimeSpan.Zero, MayAppear = ["repo.workers"] }
        );
        Directory.CreateDirectory(_repository.Path + ".workers");
        string stray = Path.Combine(_repository.Root, "stray.tmp");
        await File.WriteAllTextAsync(stray, "");

        Assert.Equal(new Leak(LeakKind.File, stray), Assert.Single(await before.FindLeaksAsync()));
    }
}
