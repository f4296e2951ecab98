using Isolation.Sdk.Leases;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;
using static Isolation.Sdk.Testing.ConformanceException;

namespace Isolation.Sdk.Testing;

public abstract partial class WorkspaceProviderConformance
{
    /// <summary>What one worker writes is seen by nobody else.</summary>
    [Conformance(Proves = IsolationGuarantees.Files)]
    public Task Files_of_one_are_not_the_files_of_another() =>
        PairAsync(
            async (bench, one, two) =>
            {
                await File.WriteAllTextAsync(In(one, "shared.txt"), "changed\n").ConfigureAwait(false);
                await File.AppendAllTextAsync(In(one, "src/code.txt"), "more\n").ConfigureAwait(false);
                await File.WriteAllTextAsync(In(one, "new.txt"), "new\n").ConfigureAwait(false);
                await GitAsync(one, "add", "-A").ConfigureAwait(false);
                Require(
                    !IsInside(one.Info.Path, two.Info.Path)
                        && !IsInside(two.Info.Path, one.Info.Path)
                        && !IsInside(one.Info.Path, bench.Repository.Path),
                    "One directory lies inside of another."
                );
                RequireEqual(
                    "",
                    await GitAsync(two, "status", "--porcelain").ConfigureAwait(false),
                    "Another worker's status shows the change."
                );
                RequireEqual(
                    "",
                    await bench.Repository.GitAsync(["status", "--porcelain"]).ConfigureAwait(false),
                    "The canonical checkout shows the change."
                );
                RequireEqual(
                    "code\n",
                    await File.ReadAllTextAsync(In(two, "src/code.txt")).ConfigureAwait(false),
                    "Two work trees share a file."
                );
            }
        );

    /// <summary>What one worker does to refs is seen by nobody else.</summary>
    [Conformance(Proves = IsolationGuarantees.Refs)]
    public Task Refs_of_one_are_not_the_refs_of_another() =>
        PairAsync(
            async (bench, one, two) =>
            {
                string before = await bench.Repository.GitAsync(["for-each-ref"]).ConfigureAwait(false);
                await GitAsync(one, "tag", "stray").ConfigureAwait(false);
                await GitAsync(one, "update-ref", "refs/heads/stray", "HEAD").ConfigureAwait(false);
                RequireWithout(
                    "stray",
                    (await GitAsync(two, "for-each-ref").ConfigureAwait(false)),
                    "Another worker sees the refs."
                );
                RequireEqual(
                    before,
                    await bench.Repository.GitAsync(["for-each-ref"]).ConfigureAwait(false),
                    "The repository's refs changed."
                );
            }
        );

    /// <summary>What one worker configures holds for nobody else.</summary>
    [Conformance(Proves = IsolationGuarantees.GitConfig)]
    public Task Config_of_one_is_not_the_config_of_another() =>
        PairAsync(
            async (bench, one, two) =>
            {
                await GitAsync(one, "config", "isolation.probe", "stray").ConfigureAwait(false);
                RequireWithout(
                    "isolation.probe",
                    (await GitAsync(two, "config", "--list").ConfigureAwait(false)),
                    "Another worker sees the config."
                );
                RequireWithout(
                    "isolation.probe",
                    (await bench.Repository.GitAsync(["config", "--list"]).ConfigureAwait(false)),
                    "The repository's config changed."
                );
            }
        );

    /// <summary>A hook that one worker installs runs for nobody else.</summary>
    [Conformance(Proves = IsolationGuarantees.Hooks)]
    public Task Hooks_of_one_do_not_run_for_another() =>
        PairAsync(
            async (bench, one, two) =>
            {
                string hook = Path.Combine(
                    Path.GetFullPath(
                        await GitAsync(one, "rev-parse", "--git-path", "hooks").ConfigureAwait(false),
                        one.Info.Path
                    ),
                    "pre-commit"
                );
                Directory.CreateDirectory(Path.GetDirectoryName(hook)!);
                await File.WriteAllTextAsync(hook, "#!/bin/sh\nexit 1\n").ConfigureAwait(false);
                if (!OperatingSystem.IsWindows())
                {
                    File.SetUnixFileMode(
                        hook,
                        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                    );
                }

                // A hook that refuses would make either of these throw.
                await GitAsync(two, "commit", "-q", "--allow-empty", "-m", "Mine").ConfigureAwait(false);
                await bench
                    .Repository.CommitAsync("Mine", new Dictionary<string, string> { ["mine.txt"] = "x" })
                    .ConfigureAwait(false);
            }
        );

    /// <summary>What one worker stashes is seen by nobody else.</summary>
    [Conformance(Proves = IsolationGuarantees.Stash)]
    public Task Stashes_of_one_are_not_the_stashes_of_another() =>
        PairAsync(
            async (bench, one, two) =>
            {
                await File.WriteAllTextAsync(In(one, "shared.txt"), "stashed\n").ConfigureAwait(false);
                await GitAsync(one, "stash").ConfigureAwait(false);
                RequireEqual(
                    "",
                    await GitAsync(two, "stash", "list").ConfigureAwait(false),
                    "Another worker sees the stash."
                );
                RequireEqual(
                    "",
                    await bench.Repository.GitAsync(["stash", "list"]).ConfigureAwait(false),
                    "The repository's stash changed."
                );
            }
        );

    private static string In(IWorkspace workspace, string path) => Path.Combine(workspace.Info.Path, path);

    private static Task<string> GitAsync(IWorkspace workspace, params string[] arguments) =>
        ThrowawayRepository.GitInAsync(workspace.Info.Path, arguments);

    private static bool IsInside(string path, string folder) =>
        (path + "/").StartsWith(folder + "/", StringComparison.Ordinal);

    private static WorkspaceRequest Request(ConformanceFixture<IWorkspaceProvider> bench, FakeLease lease) =>
        new(lease, bench.Repository.Reference, bench.Head);

    // The folder of all workers may stay: it is theirs, and empty.
    private static Task<LeakSnapshot> SnapshotAsync(ConformanceFixture<IWorkspaceProvider> bench) =>
        LeakAssert.SnapshotAsync(
            bench.Repository.Path,
            new LeakScope { MayAppear = [Path.GetFileName(bench.Repository.Path) + ".workers"] }
        );

    private static void AddIfAbsent(HashSet<string> absent, string path)
    {
        if (!Directory.Exists(path))
        {
            absent.Add(path);
        }
    }

    private static void Cancel(CancellationTokenSource source, bool now)
    {
        if (now)
        {
            source.Cancel();
        }
    }

    private static async Task ThrowsAsync<TException>(Func<ValueTask<IWorkspace>> acquire, string what)
        where TException : Exception
    {
        try
        {
            await acquire().ConfigureAwait(false);
        }
        catch (TException)
        {
            return;
        }

        throw new ConformanceException($"{what} did not throw {typeof(TException).Name}.");
    }

    private static async Task<IWorkspace> AcquireAsync(ConformanceFixture<IWorkspaceProvider> bench, string item) =>
        await bench
            .Axis.AcquireAsync(Request(bench, await bench.IssueAsync(item).ConfigureAwait(false)))
            .ConfigureAwait(false);

    private async Task<Capture> CaptureAsync(
        ConformanceFixture<IWorkspaceProvider> bench,
        IAttemptLease lease,
        IWorkspace workspace
    )
    {
        IStateScope scope = await OpenScopeAsync(new StateRequest(lease, bench.Repository.Reference, workspace.Info))
            .ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            return await workspace.CaptureAsync(scope).ConfigureAwait(false);
        }
    }

    private async Task OnAsync(Func<ConformanceFixture<IWorkspaceProvider>, Task> check)
    {
        ConformanceFixture<IWorkspaceProvider> bench = await StartAsync().ConfigureAwait(false);
        await using (bench.ConfigureAwait(false))
        {
            await check(bench).ConfigureAwait(false);
        }
    }

    private Task PairAsync(Func<ConformanceFixture<IWorkspaceProvider>, IWorkspace, IWorkspace, Task> check) =>
        OnAsync(async bench =>
        {
            IWorkspace one = await AcquireAsync(bench, "one").ConfigureAwait(false);
            IWorkspace two = await AcquireAsync(bench, "two").ConfigureAwait(false);
            await check(bench, one, two).ConfigureAwait(false);
            await one.ReleaseAsync(ReleaseMode.Remove).ConfigureAwait(false);
            await two.ReleaseAsync(ReleaseMode.Remove).ConfigureAwait(false);
        });
}
