using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Runners;

internal sealed class ProcessRunner(string file, IReadOnlyList<string> arguments, TimeSpan? pollInterval = null)
    : IAgentRunner
{
    private const int MaxFinalReads = 64;
    private const string Where = "The runner's command";
    private readonly TimeSpan _poll = pollInterval ?? TimeSpan.FromMilliseconds(200);

    public static IReadOnlyList<IsolationFault> Check(string? file, IReadOnlyList<string?>? arguments) =>
        string.IsNullOrWhiteSpace(file) || (arguments ?? []).Prepend(file).Any(a => a is null || a.Contains('\0'))
            ?
            [
                new IsolationFault(
                    RunningCodes.EmptyCommand,
                    "The runner's command is empty or holds a NUL character.",
                    "Give a program and its arguments, for example RunProcess(\"claude\", \"-p\", \"{instructions}\")."
                ),
            ]
            :
            [
                .. (arguments ?? [])
                    .Prepend(file)
                    .SelectMany(a => PlaceholderTemplate.Check(a!, Where, null, RunningCodes.UnknownPlaceholder)),
            ];

    public async Task<RunResult> RunAsync(IsolatedWorker worker, CancellationToken cancellationToken)
    {
        StateInfo state = worker.State;
        string folder = Path.Combine(state.Temp, ".isolation");
        Directory.CreateDirectory(folder);
        RunnerProtocol protocol = new(worker);
        using LineTail events = new(Path.Combine(folder, "events.jsonl"));
        using InboxFile inbox = new(Path.Combine(folder, "inbox.jsonl"));
        Dictionary<string, string> values = PlaceholderTemplate.Values(
            worker.Id,
            worker.Item,
            worker.Workspace.Path,
            state.Home,
            state.Temp,
            state.Ports
        );
        values["briefing"] = worker.Context.BriefingFile;
        // Values are put in after the arguments were told apart: a value is always part of one argument.
        string Fill(string text) => PlaceholderTemplate.Fill(text, values, Where, RunningCodes.UnknownPort);
        Dictionary<string, string> variables = new()
        {
            [RunnerProtocol.EventsVariable] = events.Path,
            [RunnerProtocol.InboxVariable] = inbox.Path,
        };
        if (worker.ActivityContext is { } trace && trace != default)
        {
            variables["TRACEPARENT"] = Telemetry.ToTraceParent(trace);
        }

        WorkerCommand command = new(Fill(file), [.. arguments.Select(Fill)])
        {
            LogFile = worker.Parts.OutputFile,
            Environment = variables,
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
                    stopped = process.StopAsync(worker.Parts.StopGrace).AsTask();
                }

                if (!more)
                {
                    await PauseAsync(
                            exit,
                            worker.Parts.Time,
                            stopped is null ? worker.Stopping : default,
                            cancellationToken
                        )
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

            return protocol.Result
                ?? MapExit(await exit.ConfigureAwait(false), end, stopped is not null, worker.Parts.OutputFile);
        }
        catch (OperationCanceledException)
        {
            await process.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
            throw;
        }
    }

    private static RunResult MapExit(ExecResult exit, ExecResult end, bool stopped, string output) =>
        (exit.ExitCode, stopped) switch
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
            (int code, _) => new RunResult.Failed(
                $"The runner's process ended with exit code {OutputTail.Describe(code, new FileInfo(output))}"
            ),
        };

    private async Task PauseAsync(
        Task exit,
        TimeProvider time,
        CancellationToken stopping,
        CancellationToken cancellationToken
    )
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
