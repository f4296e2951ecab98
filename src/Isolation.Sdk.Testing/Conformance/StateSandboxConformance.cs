using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;
using static Isolation.Sdk.Testing.ConformanceException;

namespace Isolation.Sdk.Testing;

/// <summary>What every <see cref="IStateSandbox"/> has to do. Checks that run commands use <c>sh</c>; where there is
/// none they fail and say so. To prove <see cref="IsolationGuarantees.Ports"/>, configure at least one port.</summary>
public abstract partial class StateSandboxConformance : AxisConformance<IStateSandbox>
{
    /// <summary>A command starts in the workspace, says what it says, and its exit code comes back.</summary>
    [Conformance]
    public Task A_command_runs_in_the_workspace() =>
        WithAsync(
            async (_, scope, work) =>
            {
                ExecResult result = await ShellAsync(scope, "pwd -P; echo error >&2; exit 7").ConfigureAwait(false);
                RequireEqual(
                    7,
                    result.ExitCode,
                    $"Exit code and error were {result.ExitCode} and '{result.Error.Trim()}'."
                );
                RequireEqual(
                    "error",
                    result.Error.Trim(),
                    $"Exit code and error were {result.ExitCode} and '{result.Error.Trim()}'."
                );
                RequireEqual(
                    Path.GetFileName(work.Path),
                    Path.GetFileName(result.Output.Trim()),
                    $"It ran in '{result.Output.Trim()}'."
                );
                Require(
                    File.Exists(Path.Combine(result.Output.Trim(), "shared.txt")),
                    $"It ran in '{result.Output.Trim()}'."
                );
            }
        );

    /// <summary>Arguments arrive as they are; there is no shell in between.</summary>
    [Conformance]
    public Task Arguments_arrive_as_they_are() =>
        WithAsync(
            async (_, scope, _) =>
            {
                string[] arguments = ["", " ", "a b", "$HOME", "\"quoted\"", "'", "*", "\\", "\u00e4\n"];
                ExecResult result = await scope
                    .ExecAsync(
                        WorkerCommand.Of("sh", ["-c", "for a; do printf '<%s>' \"$a\"; done", "sh", .. arguments])
                    )
                    .ConfigureAwait(false);
                RequireEqual(
                    string.Concat(arguments.Select(a => $"<{a}>")),
                    result.Output,
                    $"They arrived as {result.Output}"
                );
            }
        );

    /// <summary>Standard input is closed unless the command asked for it.</summary>
    [Conformance]
    public Task Standard_input_is_closed() =>
        WithAsync(
            async (_, scope, _) =>
            {
                ExecResult result = await ShellAsync(scope, "cat; echo ended").ConfigureAwait(false);
                RequireEqual("ended", result.Output.Trim(), "Something came from standard input.");
            }
        );

    /// <summary>A command that does not exist is a fault, with a code.</summary>
    [Conformance]
    public Task A_command_that_does_not_exist_is_a_fault() =>
        WithAsync(
            async (_, scope, _) =>
            {
                try
                {
                    await scope.ExecAsync(WorkerCommand.Of("no-such-command-7f3a")).ConfigureAwait(false);
                }
                catch (IsolationException)
                {
                    return;
                }

                throw new ConformanceException("Starting a command that does not exist was no IsolationException.");
            }
        );

    /// <summary>A cancelled command ends with everything it started.</summary>
    [Conformance]
    public Task A_cancelled_command_ends_with_everything_it_started() =>
        WithAsync(
            async (bench, scope, work) =>
            {
                LeakSnapshot before = await LeakAssert.SnapshotAsync(bench.Repository.Path).ConfigureAwait(false);
                using CancellationTokenSource cancel = new();
                string started = Path.Combine(work.Path, "started");
                Task<ExecResult> running = scope.ExecAsync(
                    WorkerCommand.Of("sh", "-c", "sleep 60 & echo x > started; wait"),
                    cancel.Token
                );
                await UntilAsync(() => File.Exists(started)).ConfigureAwait(false);
                await cancel.CancelAsync().ConfigureAwait(false);
                try
                {
                    await running.ConfigureAwait(false);
                    throw new ConformanceException("A cancelled command ended as if nothing had been.");
                }
                catch (OperationCanceledException) { }

                Require(
                    !(await before.FindLeaksAsync().ConfigureAwait(false)).Any(l => l.Kind == LeakKind.Process),
                    "A process outlived its cancelled command."
                );
            }
        );

    /// <summary>An open that fails or is cancelled leaves nothing behind.</summary>
    [Conformance]
    public Task A_cancelled_open_leaves_nothing_behind() =>
        OnAsync(async bench =>
        {
            int notes = 0;
            FakeLease counted = await bench.IssueAsync("counted", (_, _) => notes++).ConfigureAwait(false);
            await (
                await bench
                    .Axis.OpenAsync(await RequestAsync(bench, counted).ConfigureAwait(false))
                    .ConfigureAwait(false)
            )
                .ReleaseAsync(ReleaseMode.Remove)
                .ConfigureAwait(false);
            Require(notes > 0, "Nothing was noted in the lease.");
            for (int at = 0; at <= notes; at++)
            {
                using CancellationTokenSource cancel = new();
                int left = at;
                FakeLease lease = await bench
                    .IssueAsync($"item-{at}", (_, _) => CancelIf(cancel, --left == 0))
                    .ConfigureAwait(false);
                StateRequest request = await RequestAsync(bench, lease).ConfigureAwait(false);
                CancelIf(cancel, at == 0);
                string folder = Path.GetDirectoryName(request.Workspace.Path)!;
                string[] before = Directory.GetFileSystemEntries(folder);
                try
                {
                    await (await bench.Axis.OpenAsync(request, cancel.Token).ConfigureAwait(false))
                        .ReleaseAsync(ReleaseMode.Remove)
                        .ConfigureAwait(false);
                    Require(at > 0, "A token that was cancelled before did not end the open.");
                }
                catch (OperationCanceledException) { }

                string[] behind = [.. Directory.GetFileSystemEntries(folder).Except(before)];
                RequireEqual(0, behind.Length, $"Left behind: {string.Join(", ", behind)}.");
            }
        });

    /// <summary>A release removes the scope's folders and ends its processes; a second one does nothing.</summary>
    [Conformance]
    public Task A_second_release_does_nothing() =>
        OnAsync(async bench =>
        {
            FakeLease lease = await bench.IssueAsync("one").ConfigureAwait(false);
            IStateScope scope = await bench
                .Axis.OpenAsync(await RequestAsync(bench, lease).ConfigureAwait(false))
                .ConfigureAwait(false);
            Require(
                Directory.Exists(scope.Info.Home) && Directory.Exists(scope.Info.Temp),
                "Home or temp does not exist."
            );
            await scope.ReleaseAsync(ReleaseMode.Remove).ConfigureAwait(false);
            Require(
                !Directory.Exists(scope.Info.Home) && !Directory.Exists(scope.Info.Temp),
                "Home or temp outlived its removal."
            );
            await scope.ReleaseAsync(ReleaseMode.Remove).ConfigureAwait(false);
            await scope.DisposeAsync().ConfigureAwait(false);
        });

    /// <summary>A scope whose process died is found again from its lease, and can be removed.</summary>
    [Conformance]
    public Task A_scope_is_found_again_after_a_crash() =>
        OnAsync(async bench =>
        {
            FakeLease lease = await bench.IssueAsync("one").ConfigureAwait(false);
            IStateScope lost = await bench
                .Axis.OpenAsync(await RequestAsync(bench, lease).ConfigureAwait(false))
                .ConfigureAwait(false);
            IWorkerProcess orphan = await lost.StartAsync(WorkerCommand.Of("sh", "-c", "exec sleep 60"))
                .ConfigureAwait(false);
            IStateSandbox other = await CreateAsync(bench.Repository).ConfigureAwait(false);
            IStateScope? found = await other
                .ReopenAsync(lease.ToRecord(bench.Repository.Reference))
                .ConfigureAwait(false);
            Require(found is not null, "The lease did not lead back to the scope.");
            await found!.ReleaseAsync(ReleaseMode.Remove).ConfigureAwait(false);
            Require(!Directory.Exists(lost.Info.Home), "The home outlived its removal.");
            await EndsAsync(orphan.Exit, "A process outlived the removal of the scope it ran in.")
                .ConfigureAwait(false);
            Require(
                await other.ReopenAsync(lease.ToRecord(bench.Repository.Reference)).ConfigureAwait(false) is null,
                "A removed scope was found again."
            );
        });

    /// <summary>A lease that notes nothing of this sandbox's leads nowhere.</summary>
    [Conformance]
    public Task A_strangers_lease_leads_nowhere() =>
        OnAsync(async bench =>
        {
            FakeLease lease = new("stranger");
            await lease.NoteAsync("somebody.else", bench.Repository.Path).ConfigureAwait(false);
            Require(
                await bench.Axis.ReopenAsync(lease.ToRecord(bench.Repository.Reference)).ConfigureAwait(false) is null,
                "A stranger's lease led to a scope."
            );
        });

    private static void CancelIf(CancellationTokenSource source, bool now)
    {
        if (now)
        {
            source.Cancel();
        }
    }

    private static Task<ExecResult> ShellAsync(IStateScope scope, string script) =>
        scope.ExecAsync(WorkerCommand.Of("sh", "-c", script));

    private static async Task UntilAsync(Func<bool> holds)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (!holds())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, limit.Token).ConfigureAwait(false);
        }
    }

    private static async Task EndsAsync(Task task, string otherwise)
    {
        try
        {
            await task.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new ConformanceException(otherwise);
        }
    }

    private static async Task<StateRequest> RequestAsync(ConformanceFixture<IStateSandbox> bench, FakeLease lease)
    {
        string work = Path.Combine(bench.Repository.Path + ".workers", lease.Attempt.ToString(), "work");
        await bench.Repository.GitAsync(["worktree", "add", "-q", "--detach", work]).ConfigureAwait(false);
        string gitDirectory = (
            await ThrowawayRepository.GitInAsync(work, ["rev-parse", "--absolute-git-dir"]).ConfigureAwait(false)
        ).Trim();
        return new StateRequest(
            lease,
            bench.Repository.Reference,
            new WorkspaceInfo(work, gitDirectory, null, bench.Head)
        );
    }

    private static bool CanBind(int port)
    {
        try
        {
            using TcpListener listener = new(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task OnAsync(Func<ConformanceFixture<IStateSandbox>, Task> check)
    {
        ConformanceFixture<IStateSandbox> bench = await StartAsync().ConfigureAwait(false);
        await using (bench.ConfigureAwait(false))
        {
            await check(bench).ConfigureAwait(false);
        }
    }

    private Task WithAsync(Func<ConformanceFixture<IStateSandbox>, IStateScope, WorkspaceInfo, Task> check) =>
        OnAsync(async bench =>
        {
            StateRequest request = await RequestAsync(bench, await bench.IssueAsync("one").ConfigureAwait(false))
                .ConfigureAwait(false);
            IStateScope scope = await bench.Axis.OpenAsync(request).ConfigureAwait(false);
            await using (scope.ConfigureAwait(false))
            {
                await check(bench, scope, request.Workspace).ConfigureAwait(false);
                await scope.ReleaseAsync(ReleaseMode.Remove).ConfigureAwait(false);
            }
        });

    private Task PairAsync(Func<ConformanceFixture<IStateSandbox>, IStateScope, IStateScope, Task> check) =>
        WithAsync(
            async (bench, one, _) =>
            {
                IStateScope two = await bench
                    .Axis.OpenAsync(
                        await RequestAsync(bench, await bench.IssueAsync("two").ConfigureAwait(false))
                            .ConfigureAwait(false)
                    )
                    .ConfigureAwait(false);
                await using (two.ConfigureAwait(false))
                {
                    await check(bench, one, two).ConfigureAwait(false);
                    await two.ReleaseAsync(ReleaseMode.Remove).ConfigureAwait(false);
                }
            }
        );
}
