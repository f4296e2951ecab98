using System.Globalization;
using System.Security.Cryptography;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk;

/// <summary>A state scope by itself: an environment, home, temp and ports of its own around any directory, without a pipeline.</summary>
/// <example>
/// <code>
/// await using IStateScope state = await IsolatedState.OpenAsync("/repos/shop");
/// ExecResult tests = await state.ExecAsync(WorkerCommand.Of("dotnet", "test"));
/// </code>
/// </example>
public static class IsolatedState
{
    private const string KeptNote = "state.kept";

    /// <summary>Opens a scope; disposing it ends every process in it and removes its folders. What a host that died left behind is removed by the next call.</summary>
    /// <param name="workingDirectory">The absolute path of the directory that commands start in; it is left as it is.</param>
    /// <param name="configure">What the scope gets beside the defaults.</param>
    /// <param name="cancellationToken">Ends the work and rolls it back.</param>
    /// <exception cref="IsolationException">ISO0402: the directory does not exist. ISO0403 to ISO0408: the options ask for what is not there.</exception>
    public static Task<IStateScope> OpenAsync(
        string workingDirectory,
        Action<ProcessSandboxOptions>? configure = null,
        CancellationToken cancellationToken = default
    ) => OpenAsync(workingDirectory, SandboxLevel.Cooperative, configure, cancellationToken);

    /// <summary>Opens a scope whose processes the kernel holds, too.</summary>
    /// <param name="workingDirectory">The absolute path of the directory that commands start in and may write; it is left as it is.</param>
    /// <param name="level">How far its processes are trusted.</param>
    /// <param name="configure">What the scope gets beside the defaults.</param>
    /// <param name="cancellationToken">Ends the work and rolls it back.</param>
    /// <exception cref="IsolationException">As above; ISO0414 to ISO0417: this machine cannot give the level.</exception>
    public static async Task<IStateScope> OpenAsync(
        string workingDirectory,
        SandboxLevel level,
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
        WorkersDirectory root = new(PrivateFolder.Ensure(Path.Combine(Path.GetTempPath(), "isolation-state-" + user)));
        IProcessConfinement? seal = level switch
        {
            SandboxLevel.Restricted => new RestrictedConfinement(),
            SandboxLevel.Sealed => new BubblewrapConfinement(TimeProvider.System),
            _ => null,
        };
        ProcessSandbox sandbox = new(options, TimeProvider.System, root, host: null, ReadGitAsync, seal);
        RepositoryRef repository = new(Path.TrimEndingDirectorySeparator(workingDirectory));
        LeaseStore store = new(root.Root, repository, TimeProvider.System);
        await SweepAsync(store, sandbox, cancellationToken).ConfigureAwait(false);
        AttemptLease lease = store.Create(
            new AttemptId("state-" + RandomNumberGenerator.GetHexString(8, lowercase: true), 1)
        );
        try
        {
            WorkspaceInfo around = new(repository.Path, "", null, "");
            return new StandaloneScope(
                await sandbox
                    .OpenAsync(new StateRequest(lease, repository, around), cancellationToken)
                    .ConfigureAwait(false),
                lease,
                KeptNote
            );
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
}
