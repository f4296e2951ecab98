using Isolation.Sdk.Leases;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Sandbox;

public sealed class ReleaseTests
{
    private static readonly AttemptId First = new("item", 1);

    [IsolationTheory]
    [InlineData(ReleaseMode.Remove)]
    [InlineData(ReleaseMode.Keep)]
    [InlineData(ReleaseMode.Quarantine)]
    [InlineData(ReleaseMode.KeepIfUnmerged)]
    public async Task Teardown_runs_on_every_way_out_inside_the_scope(ReleaseMode mode)
    {
        await using SandboxFixture sandbox = new();
        string script = sandbox.Script($"echo \"$ISOLATION_WORKER $1 $HOME\" >> {sandbox.Root}/torn-down");
        IStateScope scope = await sandbox.OpenAsync(o => o.Teardown.Add(script, "db_{worker}"));

        await scope.ReleaseAsync(mode);
        await scope.ReleaseAsync(mode);

        Assert.Equal(
            $"item.1 db_item.1 {scope.Info.Home}\n",
            await File.ReadAllTextAsync(Path.Combine(sandbox.Root, "torn-down"))
        );
        Assert.Equal(mode is ReleaseMode.Keep or ReleaseMode.Quarantine, Directory.Exists(scope.Info.Home));
    }

    [IsolationFact]
    public async Task A_teardown_that_fails_or_hangs_is_told_and_everything_is_released_all_the_same()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(o =>
        {
            o.Teardown.Add("false");
            o.Teardown.Add("sleep", "1301");
            o.Teardown.Add("no-such-program");
            o.TeardownTimeout = TimeSpan.FromMilliseconds(100);
        });

        IsolationException fault = await Assert.ThrowsAsync<IsolationException>(async () =>
            await scope.ReleaseAsync(ReleaseMode.Remove)
        );

        Assert.Equal(SandboxCodes.TeardownFailed, fault.Code);
        Assert.Contains("'false' ended with 1", fault.Message);
        Assert.Contains("'sleep' was ended", fault.Message);
        Assert.Contains("no-such-program", fault.Message);
        Assert.False(Directory.Exists(scope.Info.Home));
    }

    [IsolationFact]
    public async Task What_is_removed_is_the_scope_and_not_the_workspace()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync();
        string work = sandbox.Workers.WorkspaceOf(First);
        Directory.CreateSymbolicLink(Path.Combine(scope.Info.Home, "link"), work);
        await File.WriteAllTextAsync(Path.Combine(work, "file"), "x");

        await scope.DisposeAsync();

        Assert.Equal([work], Directory.GetFileSystemEntries(sandbox.Workers.For(First)));
        Assert.True(File.Exists(Path.Combine(work, "file")));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Many_scopes_released_at_once_leave_nothing()
    {
        await using SandboxFixture sandbox = new();
        ProcessSandbox state = sandbox.Create();
        List<IStateScope> scopes = [];
        for (int i = 0; i < 12; i++)
        {
            scopes.Add(await sandbox.OpenAsync(state));
        }

        await Task.WhenAll(scopes.Select(s => Task.Run(async () => await s.ReleaseAsync(ReleaseMode.Remove))));

        Assert.DoesNotContain(scopes, s => Directory.Exists(s.Info.Home) || Directory.Exists(s.Info.Temp));
        Assert.Empty(Directory.GetFileSystemEntries(sandbox.Workers.Trash));
    }

    [IsolationFact]
    public async Task A_deep_folder_gets_a_short_temp_folder_that_goes_with_the_scope()
    {
        await using SandboxFixture sandbox = new(new string('d', 60));
        IStateScope scope = await sandbox.OpenAsync();
        IStateScope kept = await sandbox.OpenAsync();
        await File.WriteAllTextAsync(Path.Combine(kept.Info.Temp, "evidence"), "x");
        Assert.InRange(scope.Info.Temp.Length, 1, ScopeFolders.MaxTempLength);

        await scope.ReleaseAsync(ReleaseMode.Remove);
        await kept.ReleaseAsync(ReleaseMode.Keep);

        Assert.False(Directory.Exists(scope.Info.Temp));
        Assert.False(Directory.Exists(kept.Info.Temp));
        Assert.True(File.Exists(Path.Combine(sandbox.Workers.For(new AttemptId("item", 2)), "tmp", "evidence")));
    }

    [IsolationFact]
    public async Task A_record_that_points_elsewhere_is_not_believed()
    {
        await using SandboxFixture sandbox = new();
        string precious = Directory.CreateDirectory(Path.Combine(sandbox.Root, "precious", "home")).Parent!.FullName;
        RecordingLease lease = new(First, sandbox.Root);
        await lease.NoteAsync("state.folder", precious);
        await lease.NoteAsync("state.marker", "0123");

        Assert.Null(await sandbox.Create().ReopenAsync(lease.Record));
        Assert.Null(await sandbox.Create().ReopenAsync(new RecordingLease(First, sandbox.Root).Record));
        Assert.True(Directory.Exists(precious));
    }

    [IsolationFact]
    public async Task A_scope_that_is_gone_is_not_found_again()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync();
        LeaseRecord record = sandbox.Lease!.Record;

        Assert.NotNull(await sandbox.Create().ReopenAsync(record));
        await scope.ReleaseAsync(ReleaseMode.Remove);

        Assert.Null(await sandbox.Create().ReopenAsync(record));
    }

    [IsolationFact]
    public async Task The_probe_says_what_is_sealed()
    {
        await using SandboxFixture sandbox = new();

        ProbeResult report = await sandbox.Create().ProbeAsync(new RepositoryRef(sandbox.Root));
        ProbeResult portable = await sandbox
            .Create(o => o.Mechanism = TreeStopMechanism.ProcessTree)
            .ProbeAsync(new RepositoryRef(sandbox.Root));

        Assert.Equal(
            IsolationGuarantees.Environment
                | IsolationGuarantees.Temp
                | IsolationGuarantees.Home
                | IsolationGuarantees.Caches
                | IsolationGuarantees.Ports
                | IsolationGuarantees.Processes,
            report.Sealed
        );
        Assert.False(portable.Sealed.HasFlag(IsolationGuarantees.Processes));
        Assert.Single(portable.Notices);
        Assert.Empty(report.Problems);
    }
}
