using System.Collections.Concurrent;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

internal sealed class ProcessScope : IStateScope
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private readonly ScopeResources _resources;
    private readonly bool _reopened;
    private readonly SecretMask _mask;
    private readonly Dictionary<string, string> _environment;
    private readonly ConcurrentDictionary<WorkerProcess, bool> _running = new();
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _number;
    private int _releasing;

    public ProcessScope(ScopeResources resources, StateInfo? info)
    {
        _resources = resources;
        _reopened = info is null;
        Info = info ?? new StateInfo(resources.Folders.Home, resources.Folders.Temp, [], new Dictionary<string, int>());
        _mask = new SecretMask(Info.Environment.Where(e => e.Secret).Select(e => e.Value));
        _environment = Info.Environment.ToDictionary(
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
        return _reopened || Volatile.Read(ref _releasing) != 0
            ? throw Fault(
                SandboxCodes.ScopeReleased,
                $"The state of {_resources.Attempt} has been released; nothing starts in it any more.",
                "Start commands before the worker ends."
            )
            : StartCoreAsync(command);
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
            await _resources.Launcher.EndAllAsync().ConfigureAwait(false);
        }
        finally
        {
            // Whatever could not be ended: its folders and ports must not stay behind with it.
            _resources.Release(keepFolders: mode is ReleaseMode.Keep or ReleaseMode.Quarantine);
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
        string directory = command.Directory ?? _resources.Workspace;
        if (!Path.IsPathFullyQualified(directory) || !Directory.Exists(directory))
        {
            throw Fault(
                SandboxCodes.CommandNotStarted,
                $"'{directory}' is not an absolute path of a directory that exists.",
                "Give the full path of a directory, or none for the workspace."
            );
        }

        _resources.Folders.Restore();
        string marker = ProcessMark.CommandMarker(_resources.Marker, Interlocked.Increment(ref _number));
        Dictionary<string, string> environment = new(_environment, _environment.Comparer);
        foreach ((string name, string value) in command.Environment)
        {
            environment[name] = value;
        }

        environment[ProcessMark.Variable] = marker;
        ProcessSpec spec = new(
            CommandPath.Find(command.File, directory, environment),
            command.Arguments,
            directory,
            environment,
            marker
        )
        {
            OpenInput = command.OpenInput,
            MergeError = command.LogFile is not null,
        };
        BoundedLog? log = command.LogFile is { } file
            ? new BoundedLog(file, _resources.Options.Limits.MaxLogBytes, _mask)
            : null;
        try
        {
            ChildProcess child = await _resources
                .Launcher.StartAsync(spec, _resources.Confinement)
                .ConfigureAwait(false);
            WorkerProcess process = new(child, log, ended => _running.TryRemove(ended, out _));
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
        TimeSpan timeout = _resources.Options.TeardownTimeout;
        string log = Path.Combine(_resources.Folders.Log, "teardown.log");
        List<string> failures = [];
        foreach (WorkerCommand command in _resources.Teardowns)
        {
            using CancellationTokenSource limit = new(timeout, _resources.Time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
                limit.Token,
                cancellationToken
            );
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
                failures.Add($"'{command.File}' was ended after {timeout}");
            }
            catch (IsolationException e)
            {
                failures.Add(e.Fault.Message);
            }
        }

        return failures.Count == 0
            ? null
            : Fault(
                SandboxCodes.TeardownFailed,
                $"The teardown of {_resources.Attempt} failed: {_mask.Mask(string.Join("; ", failures))}.",
                "What it was to remove (a test database, say) may still be there; remove it by hand."
            );
    }

    private IsolationException Fault(string code, string message, string remedy) =>
        new(code, message, remedy) { Attempt = _resources.Attempt };
}
