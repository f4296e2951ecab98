using System.Collections.Concurrent;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

/// <summary>The state of one worker, as processes of the host's own user: kept apart by environment, folders and sessions, not by the kernel.</summary>
internal sealed class ProcessScope : IStateScope
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private readonly ScopeResources _parts;
    private readonly SecretMask _mask;
    private readonly Dictionary<string, string> _environment;
    private readonly ConcurrentDictionary<WorkerProcess, bool> _running = new();
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _number;
    private int _releasing;

    public ProcessScope(ScopeResources parts, StateInfo info)
    {
        _parts = parts;
        Info = info;
        _mask = new SecretMask(info.Environment.Where(e => e.Secret).Select(e => e.Value));
        _environment = info.Environment.ToDictionary(
            e => e.Name,
            e => e.Value,
            OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal
        );
    }

    public StateInfo Info { get; }

    public ValueTask<IWorkerProcess> StartAsync(WorkerCommand command, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        cancellationToken.ThrowIfCancellationRequested();
        return Volatile.Read(ref _releasing) == 0
            ? StartCoreAsync(command)
            : throw new IsolationException(
                SandboxCodes.ScopeReleased,
                $"The state of {_parts.Attempt} has been released; nothing starts in it any more.",
                "Start commands before the worker ends."
            )
            {
                Attempt = _parts.Attempt,
            };
    }

    public async ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _releasing, 1) == 1)
        {
            await _released.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        IsolationException? failed = null;
        try
        {
            await StopAllAsync(Grace).ConfigureAwait(false);
            failed = await TearDownAsync(cancellationToken).ConfigureAwait(false);
            await StopAllAsync(TimeSpan.Zero).ConfigureAwait(false);
            await _parts.EndEverythingAsync().ConfigureAwait(false);
        }
        finally
        {
            // Whatever could not be ended: its folders and ports must not stay behind with it.
            _parts.Release(keepFolders: mode is ReleaseMode.Keep or ReleaseMode.Quarantine);
            _released.SetResult();
        }

        if (failed is not null)
        {
            throw failed;
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

    private async ValueTask<IWorkerProcess> StartCoreAsync(WorkerCommand command)
    {
        string directory = command.Directory ?? _parts.Workspace;
        if (!Path.IsPathFullyQualified(directory) || !Directory.Exists(directory))
        {
            throw new IsolationException(
                SandboxCodes.CommandNotStarted,
                $"'{directory}' is not an absolute path of a directory that exists.",
                "Give the full path of a directory, or none for the workspace."
            )
            {
                Attempt = _parts.Attempt,
            };
        }

        _parts.Folders.Restore();
        string marker = ProcessMarker.Of(_parts.Marker, Interlocked.Increment(ref _number));
        Dictionary<string, string> environment = new(_environment, _environment.Comparer);
        foreach ((string name, string value) in command.Environment)
        {
            environment[name] = value;
        }

        environment[ProcessMarker.Variable] = marker;
        string program = CommandPath.Find(command.File, directory, environment);
        BoundedLog? log = command.LogFile is { } file
            ? new BoundedLog(file, _parts.Options.LogLimitBytes, _mask)
            : null;
        try
        {
            ProcessSpec launch = new(program, command.Arguments, directory, environment, command.OpenInput, log);
            launch = (_parts.Seal?.Apply(launch) ?? launch) with { Limits = _parts.Options.Limits };
            launch = launch with { Groups = _parts.MakeGroups(marker.TrimEnd('.'), launch.HasKeeper) };
            ChildProcess started = _parts.Native
                ? await LinuxChildProcess
                    .StartAsync(
                        launch,
                        marker,
                        _parts.Cgroup?.TryCreateChild(marker.TrimEnd('.')),
                        Path.Combine(_parts.Folders.Runtime, marker + ChildStarter.GateSuffix),
                        _parts.Time
                    )
                    .ConfigureAwait(false)
                : await PortableChildProcess.StartAsync(launch, _parts.Time).ConfigureAwait(false);
            LimitWatchdog watch = new(
                _parts.Options.Limits,
                [_parts.Workspace, _parts.Folders.Home, _parts.Folders.Cache, _parts.Folders.Temp],
                launch.Groups,
                _parts.Time
            );
            WorkerProcess process = new(started, log, watch, ended => _running.TryRemove(ended, out _));
            _running[process] = true;
            return process;
        }
        catch
        {
            log?.Dispose();
            throw;
        }
    }

    private Task StopAllAsync(TimeSpan grace) =>
        Task.WhenAll(_running.Keys.Select(process => process.StopAsync(grace).AsTask()));

    private async Task<IsolationException?> TearDownAsync(CancellationToken cancellationToken)
    {
        List<string> failures = [];
        foreach (WorkerCommand command in _parts.Teardowns)
        {
            using CancellationTokenSource limit = new(_parts.Options.TeardownTimeout, _parts.Time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
                limit.Token,
                cancellationToken
            );
            string log = Path.Combine(_parts.Folders.Log, "teardown.log");
            try
            {
                IWorkerProcess process = await StartCoreAsync(command with { LogFile = log }).ConfigureAwait(false);
                await using (process.ConfigureAwait(false))
                {
                    ExecResult exit = await process.Exit.WaitAsync(either.Token).ConfigureAwait(false);
                    if (exit.ExitCode != 0)
                    {
                        failures.Add($"'{command.File}' ended with {exit.ExitCode}");
                    }
                }
            }
            catch (OperationCanceledException)
            {
                failures.Add($"'{command.File}' was ended after {_parts.Options.TeardownTimeout}");
            }
            catch (IsolationException e)
            {
                failures.Add(e.Fault.Message);
            }
        }

        return failures.Count == 0
            ? null
            : new IsolationException(
                SandboxCodes.TeardownFailed,
                $"The teardown of {_parts.Attempt} failed: {_mask.Mask(string.Join("; ", failures))}.",
                "What it was to remove (a test database, say) may still be there; remove it by hand."
            )
            {
                Attempt = _parts.Attempt,
            };
    }
}
