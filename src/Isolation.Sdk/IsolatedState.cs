using System.Globalization;
using System.Security.Cryptography;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk;

/// <summary>A state scope without a pipeline: an environment, home, temp folder and ports around any
/// directory.</summary>
/// <example>
/// <code>
/// await using IStateScope state = await IsolatedState.OpenAsync("/repos/shop");
/// ExecResult tests = await state.ExecAsync(WorkerCommand.Of("dotnet", "test"));
/// </code>
/// </example>
public static class IsolatedState
{
    private const string KeptNote = "state.kept";

    /// <summary>Opens a scope. Disposing it ends every process in it and removes its folders. The next call removes
    /// what a host that died left behind.</summary>
    /// <param name="workingDirectory">The absolute path of the directory that commands start in and may write; it is
    /// left as it is.</param>
    /// <param name="level">How far the kernel holds its processes.</param>
    /// <param name="configure">A delegate to change the options.</param>
    /// <param name="cancellationToken">A token to cancel the operation and roll it back.</param>
    /// <exception cref="IsolationException">ISO0402: the directory does not exist. ISO0403 to ISO0408, ISO0424: the
    /// options ask for what is not there. ISO0414 to ISO0417: this machine cannot provide the level.</exception>
    public static async Task<IStateScope> OpenAsync(
        string workingDirectory,
        SandboxLevel level = SandboxLevel.Cooperative,
        Action<ProcessSandboxOptions>? configure = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(workingDirectory);
        if (!Path.IsPathFullyQualified(workingDirectory) || !Directory.Exists(workingDirectory))
        {
            throw new IsolationException(
                SandboxCodes.CommandNotStarted,
                $"'{workingDirectory}' is not an absolute path of a directory that exists.",
                "Give the full path of a directory."
            );
        }

        ProcessSandboxOptions options = new();
        configure?.Invoke(options);
        string user = OperatingSystem.IsWindows()
            ? "user"
            : LinuxProcess.EffectiveUser().ToString(CultureInfo.InvariantCulture);
        WorkersDirectory root = new(
            ScopeFolders.EnsureOwn(Path.Combine(Path.GetTempPath(), "isolation-state-" + user))
        );
        ProcessSandbox sandbox = new(
            options,
            TimeProvider.System,
            root,
            ReadGitAsync,
            IProcessConfinement.Create(level, options.Parts, TimeProvider.System)
        );
        RepositoryRef repository = new(Path.TrimEndingDirectorySeparator(workingDirectory));
        LeaseStore store = new(root.Root, repository, TimeProvider.System);
        await SweepAsync(store, sandbox, cancellationToken).ConfigureAwait(false);
        AttemptLease lease = store.Create(
            new AttemptId("state-" + RandomNumberGenerator.GetHexString(8, lowercase: true), 1)
        );
        try
        {
            StateRequest request = new(lease, repository, new WorkspaceInfo(repository.Path, "", null, ""));
            return new LeasedScope(await sandbox.OpenAsync(request, cancellationToken).ConfigureAwait(false), lease);
        }
        catch
        {
            lease.Complete();
            throw;
        }
    }

    private static async Task SweepAsync(LeaseStore store, ProcessSandbox sandbox, CancellationToken cancellationToken)
    {
        foreach (LeaseRecord record in store.List().Where(r => !r.Notes.ContainsKey(KeptNote)))
        {
            if (store.TryTakeOver(record) is { } abandoned)
            {
                if (await sandbox.ReopenAsync(abandoned.Record, cancellationToken).ConfigureAwait(false) is { } left)
                {
                    await left.ReleaseAsync(ReleaseMode.Remove, cancellationToken).ConfigureAwait(false);
                }

                abandoned.Complete();
            }
        }
    }

    private static async Task<WorkerGitConfig> ReadGitAsync(RepositoryRef around, CancellationToken cancellationToken)
    {
        try
        {
            return await WorkerGitConfig.ReadAsync(around, cancellationToken).ConfigureAwait(false);
        }
        catch (IsolationException e) when (e.Code is GitCodes.NotARepository or GitCodes.GitMissing)
        {
            return WorkerGitConfig.None;
        }
    }

    private sealed class LeasedScope(IStateScope scope, AttemptLease lease) : IStateScope
    {
        private int _released;

        public StateInfo Info => scope.Info;

        public ValueTask<IWorkerProcess> StartAsync(
            WorkerCommand command,
            CancellationToken cancellationToken = default
        ) => scope.StartAsync(command, cancellationToken);

        public async ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default)
        {
            if (Interlocked.Exchange(ref _released, 1) == 1)
            {
                return;
            }

            bool keep = mode is ReleaseMode.Keep or ReleaseMode.Quarantine;
            if (keep)
            {
                await lease.NoteAsync(KeptNote, "yes", CancellationToken.None).ConfigureAwait(false);
            }

            try
            {
                await scope.ReleaseAsync(mode, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                if (keep)
                {
                    lease.Dispose();
                }
                else
                {
                    lease.Complete();
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await ReleaseAsync(ReleaseMode.KeepIfUnmerged).ConfigureAwait(false);
            }
            catch (IsolationException e) when (e.Code == SandboxCodes.TeardownFailed)
            {
                // Everything is released all the same; whoever wants to know calls ReleaseAsync.
            }
        }
    }
}
