using System.Globalization;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Runners;

/// <summary>Runs a command per worker, in the worker's state. Exit code 0 means done, another one failed, unless the process says otherwise by the protocol.</summary>
internal sealed class ProcessRunner(
    string file,
    IReadOnlyList<string> arguments,
    ProcessRunnerOptions options,
    TimeProvider time
) : IAgentRunner
{
    private const int MaxFinalReads = 64;
    private readonly CommandTemplate _template = new(file, arguments);
    private readonly TimeSpan _grace = options.StopGrace;
    private readonly TimeSpan _poll = options.PollInterval;

    /// <summary>What is wrong with a command, before anything runs.</summary>
    public static IReadOnlyList<IsolationFault> Check(string? file, IReadOnlyList<string>? arguments) =>
        CommandTemplate.Check(file, arguments);

    public async Task<RunResult> RunAsync(IsolatedWorker worker, CancellationToken cancellationToken)
    {
        StateInfo state = worker.State;
        string folder = Path.Combine(state.Temp, ".isolation");
        Directory.CreateDirectory(folder);
        RunnerProtocol protocol = new(worker);
        using LineTail events = new(Path.Combine(folder, "events.jsonl"));
        using InboxFile inbox = new(Path.Combine(folder, "inbox.jsonl"));
        (string program, string[] filled) = _template.Fill(worker);
        WorkerCommand command = new(program, filled)
        {
            LogFile = worker.OutputFile,
            Environment = new Dictionary<string, string>
            {
                [RunnerProtocol.EventsVariable] = events.Path,
                [RunnerProtocol.InboxVariable] = inbox.Path,
            },
        };
        IWorkerProcess process = await worker.StartAsync(command, cancellationToken).ConfigureAwait(false);
        await using (process.ConfigureAwait(false))
        {
            return await FollowAsync(worker, process, protocol, events, inbox, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<RunResult> FollowAsync(
        IsolatedWorker worker,
        IWorkerProcess process,
        RunnerProtocol protocol,
        LineTail events,
        InboxFile inbox,
        CancellationToken cancellationToken
    )
    {
        Task<ExecResult>? stopped = null;
        Task<ExecResult> exit = process.Exit;
        try
        {
            while (!exit.IsCompleted)
            {
                bool more = await events
                    .ReadAsync(l => protocol.HandleLineAsync(l, cancellationToken), last: false, cancellationToken)
                    .ConfigureAwait(false);
                inbox.WritePending(worker.Inbox);
                if (stopped is null && worker.Stopping.IsCancellationRequested)
                {
                    stopped = process.StopAsync(_grace).AsTask();
                }

                if (!more)
                {
                    await PauseAsync(exit, stopped is null ? worker.Stopping : default, cancellationToken)
                        .ConfigureAwait(false);
                }
            }

            // Nothing of it may outlive the run, and nothing may write while the rest is read.
            ExecResult end = stopped is null
                ? await process.StopAsync(TimeSpan.Zero).ConfigureAwait(false)
                : await stopped.ConfigureAwait(false);
            for (
                int i = 0;
                i < MaxFinalReads
                    && await events
                        .ReadAsync(l => protocol.HandleLineAsync(l, cancellationToken), last: true, cancellationToken)
                        .ConfigureAwait(false);
                i++
            )
            {
                // A flood of reports ends somewhere, even if the file does not.
            }

            return protocol.Result ?? MapExit((await exit.ConfigureAwait(false)).ExitCode, end, stopped is not null);
        }
        catch (OperationCanceledException)
        {
            await process.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
            throw;
        }
    }

    private static RunResult MapExit(int code, ExecResult end, bool stopped) =>
        (code, stopped) switch
        {
            (0, _) => new RunResult.Done(),
            _ when end.Limit is { } limit => new RunResult.Failed(
                $"It passed its limit {limit} ({end.LimitMechanism}) and was ended."
            ),
            (_, true) => new RunResult.Failed(
                end.Forced
                    ? "It was asked to stop, did not finish in time, and was ended by force."
                    : "It was asked to stop and ended without a result."
            ),
            _ => new RunResult.Failed(
                string.Create(CultureInfo.InvariantCulture, $"The runner's process ended with exit code {code}.")
            ),
        };

    private async Task PauseAsync(Task exit, CancellationToken stopping, CancellationToken cancellationToken)
    {
        using CancellationTokenSource wake = CancellationTokenSource.CreateLinkedTokenSource(
            stopping,
            cancellationToken
        );
        Task delay = Task.Delay(_poll, time, wake.Token);
        await Task.WhenAny(exit, delay).ConfigureAwait(false);
        await wake.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
